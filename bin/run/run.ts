/** `agent-os run`: one script in one VM. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as NodeSidecar from "../../layers/node/NodeSidecar.ts"
import type { ProcessesError } from "../../services/Processes.ts"
import type { Sidecar } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { defaultLimits } from "../../src/config/Limits.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import type { ProcessError } from "../../src/errors/ProcessError.ts"
import type { Change, VmSnapshot } from "../../src/VmSnapshot.ts"
import { ExitCode, Failure, usage } from "../exit.ts"
import { say, toStderr, toStdout } from "../output.ts"
import { changeLines, encode, reported, type RunReport } from "./report.ts"
import type { Script } from "./script.ts"
import * as ScriptFile from "./script.ts"
import type { Mount } from "./settings.ts"
import * as Settings from "./settings.ts"
import { collecting, type Sink, streaming } from "./sink.ts"
import * as WriteBacks from "./writeBacks.ts"

/** The flags and arguments, as they were given. */
export interface Flags {
  readonly command: Option.Option<string>
  readonly mount: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly cwd: Option.Option<string>
  readonly env: ReadonlyArray<string>
  readonly timeout: Option.Option<string>
  readonly limit: ReadonlyArray<string>
  readonly json: boolean
  readonly writeBack: boolean
  readonly show: ReadonlyArray<string>
  readonly noChanges: boolean
  readonly stdin: boolean
  /** The script, unless a command is given, and the arguments. */
  readonly operands: ReadonlyArray<string>
}

/** All that a run needs to know. */
interface Plan {
  readonly flags: Flags
  readonly script: Script
  readonly args: ReadonlyArray<string>
  readonly mounts: ReadonlyArray<Mount>
  readonly env: Record<string, string>
  readonly limits: NonNullable<VmConfigInput["limits"]>
  readonly timeout: Duration.Duration | undefined
}

interface Outcome {
  readonly exitCode: number
  readonly signal?: string
  readonly timedOut?: true
}

const plan = (flags: Flags): Effect.Effect<Plan, Failure> =>
  Effect.gen(function*() {
    const [first, ...others] = flags.operands
    if (Option.isNone(flags.command) && first === undefined) {
      return yield* usage(
        "what shall run? Give a script, `-` for standard input, or -c COMMAND; see agent-os run --help"
      )
    }
    if (flags.stdin && first === "-" && Option.isNone(flags.command)) {
      return yield* usage("--stdin: standard input is the script already")
    }
    const mounts = yield* Effect.forEach(flags.mount, Settings.parseMount)
    if (flags.writeBack && !mounts.some(({ writable }) => writable)) {
      return yield* usage("--write-back needs a writable mount, as in --mount .:/work:rw")
    }
    const env = yield* Settings.parseEnv(flags.env)
    const limits = yield* Settings.parseLimits(flags.limit)
    const timeout = Option.isNone(flags.timeout) ? undefined : yield* Settings.parseDuration(flags.timeout.value)
    const script = Option.isSome(flags.command) ? { command: flags.command.value } : yield* ScriptFile.load(first)
    return { flags, script, args: Option.isSome(flags.command) ? flags.operands : others, mounts, env, limits, timeout }
  })

const configOf = ({ flags, limits, mounts }: Plan): VmConfigInput => ({
  limits,
  mounts: mounts.map(({ hostPath, path, writable }) => ({
    path,
    plugin: { id: "host_dir", config: { hostPath, readOnly: !writable, exclude: flags.exclude } }
  }))
})

const stdin = Stream.fromAsyncIterable(
  process.stdin as AsyncIterable<Uint8Array>,
  () => new Failure({ exitCode: ExitCode.failed, message: "standard input cannot be read" })
)

const timedOut = (error: ProcessesError | Failure): error is ProcessError =>
  error._tag === "ProcessError" && error.reason === "TimedOut"

/** Runs the script to its end, its output going to the sink as it comes. */
const execute = (vm: VmShape, { args, env, flags, script, timeout }: Plan, sink: Sink) =>
  vm.processes.run(script.command, {
    args,
    env,
    cwd: Option.getOrUndefined(flags.cwd),
    stdin: flags.stdin ? stdin : undefined,
    timeout
  }).pipe(
    Stream.runFoldEffect({ exitCode: 0 } as Outcome, (outcome, event) => {
      switch (event._tag) {
        case "Started":
          return Effect.succeed(outcome)
        case "Stdout":
          return Effect.as(sink.stdout(event.bytes), outcome)
        case "Stderr":
          return Effect.as(sink.stderr(event.bytes), outcome)
        case "Exited":
          return Effect.succeed({
            exitCode: event.exitCode,
            ...(event.signal === undefined ? {} : { signal: event.signal })
          })
      }
    }),
    Effect.catchIf(timedOut, () => Effect.succeed<Outcome>({ exitCode: ExitCode.timedOut, timedOut: true }))
  )

/** What is compared at the end: the root filesystem and the writable mounts, as they are before the script runs. */
const keepStates = (vm: VmShape, mounts: ReadonlyArray<Mount>) =>
  Effect.all([
    vm.snapshot,
    ...mounts.filter(({ writable }) => writable).map(({ path }) => vm.snapshotMount(path))
  ])

const changesSince = (vm: VmShape, states: ReadonlyArray<VmSnapshot>) =>
  Effect.map(Effect.forEach(states, vm.diff), (changes): Array<Change> => changes.flat())

const readShown = (vm: VmShape, paths: ReadonlyArray<string>) =>
  Effect.forEach(paths, (path) =>
    Effect.mapError(
      vm.filesystem.readFile(path),
      (error) => new Failure({ exitCode: ExitCode.failed, message: `--show ${path}: ${error.message}` })
    ))

/** Tells people how the run ended; the script's own output has been given already. */
const tell = (outcome: Outcome, plan: Plan, changes: ReadonlyArray<Change>) =>
  Effect.gen(function*() {
    if (outcome.timedOut) yield* say(`the script was stopped after ${Option.getOrElse(plan.flags.timeout, () => "")}`)
    else if (outcome.signal !== undefined) yield* say(`the script died of ${outcome.signal}`)
    if (plan.flags.noChanges) return
    const lines = changeLines(changes)
    if (lines.length > 0) yield* toStderr(`\n${lines.join("\n")}\n`)
  })

const inVm = (plan: Plan, sink: Sink) =>
  Effect.gen(function*() {
    const { flags, mounts, script } = plan
    const baselines = flags.writeBack
      ? yield* WriteBacks.capture(mounts, flags.exclude, plan.limits.inodes ?? defaultLimits().inodes)
      : []
    const vm = yield* Vm.make(configOf(plan))
    if (script.file !== undefined) {
      yield* vm.filesystem.writeFile(script.file.path, script.file.content)
      yield* vm.filesystem.chmod(script.file.path, 0o755)
    }
    const states = yield* keepStates(vm, mounts)
    const outcome = yield* execute(vm, plan, sink)
    const changes = yield* changesSince(vm, states)
    if (!flags.json) yield* tell(outcome, plan, changes)
    const wroteBack = flags.writeBack
      ? yield* WriteBacks.apply(vm, baselines, states, outcome.exitCode, flags.json)
      : undefined
    const shown = yield* readShown(vm, flags.show)
    if (!flags.json) yield* Effect.forEach(shown, toStdout, { discard: true })
    return { outcome, changes, wroteBack, shown }
  })

type Ended = Effect.Effect.Success<ReturnType<typeof inVm>>

const reportOf = (sink: Sink, flags: Flags, { changes, outcome, shown, wroteBack }: Ended): RunReport => {
  const { truncated, ...output } = sink.kept()
  return {
    ...outcome,
    ...output,
    ...(truncated ? { truncated } : {}),
    ...(flags.noChanges ? {} : { changes: changes.map(reported) }),
    ...(wroteBack === undefined ? {} : { wroteBack }),
    ...(flags.show.length === 0
      ? {}
      : { shown: flags.show.map((path, at) => ({ path, content: Buffer.from(shown[at]).toString("utf8") })) })
  }
}

interface Reportable {
  readonly _tag: string
  readonly message: string
}

const failedReport = (sink: Sink, error: Reportable): RunReport => {
  const { truncated, ...output } = sink.kept()
  const conflicts = "conflicts" in error
    ? error.conflicts as ReadonlyArray<{ path: string; reason: string }>
    : undefined
  return {
    exitCode: ExitCode.failed,
    ...output,
    ...(truncated ? { truncated } : {}),
    error: { tag: error._tag, message: error.message, ...(conflicts === undefined ? {} : { conflicts }) }
  }
}

const asJson = (plan: Plan): Effect.Effect<number, Failure, Sidecar | Scope.Scope> => {
  const sink = collecting(plan.limits.outputBytes ?? defaultLimits().outputBytes)
  return inVm(plan, sink).pipe(
    Effect.map((ended) => reportOf(sink, plan.flags, ended)),
    Effect.catchAll((error) => Effect.succeed(failedReport(sink, error))),
    Effect.flatMap((report) => Effect.as(toStdout(`${encode(report)}\n`), report.exitCode))
  )
}

/** Runs a script as the flags say; gives the exit code. */
export const run = (flags: Flags): Effect.Effect<number, Failure> =>
  Effect.gen(function*() {
    const planned = yield* plan(flags)
    if (flags.json) return yield* asJson(planned)
    return (yield* inVm(planned, streaming)).outcome.exitCode
  }).pipe(
    Effect.scoped,
    Effect.provide(NodeSidecar.layerWith({ idleTimeToLive: 0 })),
    Effect.catchAll((error) =>
      Effect.fail(
        error._tag === "Failure" ? error : new Failure({ exitCode: ExitCode.failed, message: error.message })
      )
    )
  )
