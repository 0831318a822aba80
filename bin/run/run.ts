/** `agent-os run`: one script in one VM. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as NodeSidecar from "../../layers/node/NodeSidecar.ts"
import type { ProcessesError } from "../../services/Processes.ts"
import type { Sidecar } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { defaultLimits } from "../../src/config/Limits.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import type { ProcessError } from "../../src/errors/ProcessError.ts"
import type { Change } from "../../src/VmSnapshot.ts"
import { ExitCode, Failure, usage } from "../exit.ts"
import { say, toStdout } from "../output.ts"
import { audited, type Follow } from "./audit.ts"
import { encode, reported, type RunReport } from "./report.ts"
import type { Script } from "./script.ts"
import * as ScriptFile from "./script.ts"
import * as Settings from "./settings.ts"
import { collecting, type Sink, streaming } from "./sink.ts"
import { configOf, inFreshVm, planVm, tellChanges, type VmFlags, type VmPlan } from "./vm.ts"

/** The flags and arguments, as they were given. */
export interface Flags extends VmFlags {
  readonly command: Option.Option<string>
  readonly timeout: Option.Option<string>
  readonly json: boolean
  readonly show: ReadonlyArray<string>
  readonly stdin: boolean
  /** The script, unless a command is given, and the arguments. */
  readonly operands: ReadonlyArray<string>
}

/** All that a run needs to know. */
interface Plan extends VmPlan {
  readonly flags: Flags
  readonly script: Script
  readonly args: ReadonlyArray<string>
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
    const vm = yield* planVm(flags)
    const timeout = Option.isNone(flags.timeout) ? undefined : yield* Settings.parseDuration(flags.timeout.value)
    const script = Option.isSome(flags.command) ? { command: flags.command.value } : yield* ScriptFile.load(first)
    const args = Option.isSome(flags.command) ? flags.operands : others
    return { ...vm, flags, script, args, timeout }
  })

/** The script is there whatever the policy says of writing it. */
const withScript = (plan: Plan): VmConfigInput => {
  const { file } = plan.script
  const config = configOf(plan)
  return file === undefined ? config : { ...config, rootFilesystem: { bootstrapEntries: [entryOf(file)] } }
}

const entryOf = ({ content, path }: NonNullable<Script["file"]>) => ({
  path,
  type: "file" as const,
  mode: "0755",
  uid: USER,
  gid: USER,
  content: Buffer.from(content).toString("base64"),
  encoding: "base64" as const
})

/** The VM's user. */
const USER = 1000

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
    yield* tellChanges(plan, changes)
  })

const inVm = (plan: Plan, sink: Sink, follow: Follow) =>
  Effect.gen(function*() {
    const { flags } = plan
    const { vm, ...ended } = yield* inFreshVm(plan, follow, {
      config: withScript(plan),
      quiet: flags.json,
      run: (vm) => execute(vm, plan, sink),
      tell: (outcome, changes) => tell(outcome, plan, changes)
    })
    const shown = yield* readShown(vm, flags.show)
    if (!flags.json) yield* Effect.forEach(shown, toStdout, { discard: true })
    return { ...ended, shown }
  })

/** The same with the audit, if it is to be written; ends when the VM is gone. */
const inAudit = (plan: Plan, sink: Sink) =>
  audited(plan.flags.audit, (follow) => Effect.scoped(inVm(plan, sink, follow)))

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

const asJson = (plan: Plan): Effect.Effect<number, Failure, Sidecar> => {
  const sink = collecting(plan.limits.outputBytes ?? defaultLimits().outputBytes)
  return inAudit(plan, sink).pipe(
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
    return (yield* inAudit(planned, streaming)).outcome.exitCode
  }).pipe(
    Effect.provide(NodeSidecar.layerWith({ idleTimeToLive: 0 })),
    Effect.catchAll((error) =>
      Effect.fail(
        error._tag === "Failure" ? error : new Failure({ exitCode: ExitCode.failed, message: error.message })
      )
    )
  )
