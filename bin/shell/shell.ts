/** `agent-os shell`: an interactive shell in a fresh VM, at the terminal of this computer. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as NodeSidecar from "../../layers/node/NodeSidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { ExitCode, Failure, usage } from "../exit.ts"
import { say } from "../output.ts"
import { audited, type Follow } from "../run/audit.ts"
import { configOf, inFreshVm, planVm, tellChanges, type VmFlags, type VmPlan } from "../run/vm.ts"
import { connect, type Ended, hostSize, isTerminal } from "./hostTerminal.ts"

const NO_TERMINAL =
  "a shell needs a terminal, and standard input and output are none; a command runs with: agent-os run -c COMMAND, " +
  "and a script with: agent-os run SCRIPT, or agent-os run - for standard input"

/** A login shell, as a terminal begins with: it reads /etc/profile. */
const converse = (vm: VmShape, { env, flags }: VmPlan): Effect.Effect<Ended, Failure> =>
  Effect.scoped(Effect.flatMap(
    vm.processes.openTerminal({
      ...hostSize(),
      command: "bash",
      args: ["-l"],
      env,
      cwd: Option.getOrUndefined(flags.cwd),
      term: process.env["TERM"] ?? "dumb",
      unread: "suspend"
    }),
    connect
  )).pipe(
    Effect.mapError((error) =>
      error._tag === "Failure" ? error : new Failure({ exitCode: ExitCode.failed, message: error.message })
    )
  )

const inVm = (plan: VmPlan, follow: Follow) =>
  inFreshVm(plan, follow, {
    config: configOf(plan),
    quiet: false,
    run: (vm) => converse(vm, plan),
    tell: ({ signal }, changes) =>
      Effect.zipRight(
        signal === undefined ? Effect.void : say(`the shell died of ${signal}`),
        tellChanges(plan, changes)
      )
  })

/** Talks to a shell until it ends; gives its exit code. */
export const shell = (flags: VmFlags): Effect.Effect<number, Failure> =>
  Effect.gen(function*() {
    if (!isTerminal()) return yield* usage(NO_TERMINAL)
    const plan = yield* planVm(flags)
    const { outcome } = yield* audited(flags.audit, (follow) => Effect.scoped(inVm(plan, follow)))
    return outcome.exitCode
  }).pipe(
    Effect.provide(NodeSidecar.layerWith({ idleTimeToLive: 0 })),
    Effect.catchAll((error) =>
      Effect.fail(
        error._tag === "Failure" ? error : new Failure({ exitCode: ExitCode.failed, message: error.message })
      )
    )
  )
