/** The VM of a run or of a shell: what the flags make of it, and what is told and written back when its work is done. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { defaultLimits } from "../../src/config/Limits.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import type { Change, VmSnapshot } from "../../src/VmSnapshot.ts"
import type { Failure } from "../exit.ts"
import { usage } from "../exit.ts"
import { toStderr } from "../output.ts"
import type { Follow } from "./audit.ts"
import { changeLines } from "./report.ts"
import type { Mount } from "./settings.ts"
import * as Settings from "./settings.ts"
import * as WriteBacks from "./writeBacks.ts"

/** The flags about the VM, as they were given. */
export interface VmFlags {
  readonly mount: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly cwd: Option.Option<string>
  readonly env: ReadonlyArray<string>
  readonly limit: ReadonlyArray<string>
  readonly permissions: Option.Option<string>
  readonly audit: Option.Option<string>
  readonly writeBack: boolean
  readonly noChanges: boolean
}

/** What they mean. */
export interface VmPlan {
  readonly flags: VmFlags
  readonly mounts: ReadonlyArray<Mount>
  readonly env: Record<string, string>
  readonly limits: NonNullable<VmConfigInput["limits"]>
  readonly permissions: VmConfigInput["permissions"]
}

export const planVm = (flags: VmFlags): Effect.Effect<VmPlan, Failure> =>
  Effect.gen(function*() {
    const mounts = yield* Effect.forEach(flags.mount, Settings.parseMount)
    if (flags.writeBack && !mounts.some(({ writable }) => writable)) {
      return yield* usage("--write-back needs a writable mount, as in --mount .:/work:rw")
    }
    const env = yield* Settings.parseEnv(flags.env)
    const limits = yield* Settings.parseLimits(flags.limit)
    const permissions = Option.isNone(flags.permissions)
      ? undefined
      : yield* Settings.parsePermissions(flags.permissions.value)
    return { flags, mounts, env, limits, permissions }
  })

export const configOf = ({ flags, limits, mounts, permissions }: VmPlan): VmConfigInput => ({
  limits,
  ...(permissions === undefined ? {} : { permissions }),
  ...(Option.isSome(flags.audit) ? { audit: "all" } : {}),
  // what is written stays in the VM, unless it is written back
  mounts: Settings.mountsOf(mounts, flags.exclude)
})

/** What is compared at the end: the root filesystem and the writable mounts, as they are before the work begins. */
const keepStates = (vm: VmShape, mounts: ReadonlyArray<Mount>) =>
  Effect.all([
    vm.snapshot,
    ...mounts.filter(({ writable }) => writable).map(({ path }) => vm.snapshotMount(path))
  ])

const changesSince = (vm: VmShape, states: ReadonlyArray<VmSnapshot>) =>
  Effect.map(Effect.forEach(states, vm.diff), (changes): Array<Change> => changes.flat())

/** Lists what has changed, if that is asked for. */
export const tellChanges = ({ flags }: VmPlan, changes: ReadonlyArray<Change>): Effect.Effect<void> => {
  const lines = flags.noChanges ? [] : changeLines(changes)
  return lines.length === 0 ? Effect.void : toStderr(`\n${lines.join("\n")}\n`)
}

/** What is done in a VM, and what is said of it. */
export interface Work<A, E, R> {
  readonly config: VmConfigInput
  /** Nothing is said. */
  readonly quiet: boolean
  readonly run: (vm: VmShape) => Effect.Effect<A, E, R>
  /** Tells people how it ended, before anything is written back. */
  readonly tell: (outcome: A, changes: ReadonlyArray<Change>) => Effect.Effect<void>
}

/** Works in a fresh VM, finds what has changed, and writes it back if that is asked for. The VM lives on in the Scope. */
export const inFreshVm = <A extends { readonly exitCode: number }, E, R>(
  plan: VmPlan,
  follow: Follow,
  { config, quiet, run, tell }: Work<A, E, R>
) =>
  Effect.gen(function*() {
    const { flags, limits, mounts } = plan
    const baselines = flags.writeBack
      ? yield* WriteBacks.capture(mounts, flags.exclude, limits.inodes ?? defaultLimits().inodes)
      : []
    const vm = yield* Vm.make(config)
    yield* follow(vm.audit)
    const states = yield* keepStates(vm, mounts)
    const outcome = yield* run(vm)
    const changes = yield* changesSince(vm, states)
    if (!quiet) yield* tell(outcome, changes)
    const wroteBack = flags.writeBack
      ? yield* WriteBacks.apply(vm, baselines, states, outcome.exitCode, quiet)
      : undefined
    return { vm, outcome, changes, wroteBack }
  })
