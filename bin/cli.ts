/** The command line of `agent-os`. */
import * as Args from "@effect/cli/Args"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { doctor } from "./doctor/doctor.ts"
import { ExitCode, Failure, signalCodes, usage } from "./exit.ts"
import { say } from "./output.ts"
import type { Flags } from "./run/run.ts"
import { run } from "./run/run.ts"
import { shell } from "./shell/shell.ts"
import { version } from "./version.ts"

// what they mean is told in help.ts
const vmOptions = {
  mount: Options.repeated(Options.text("mount")),
  exclude: Options.repeated(Options.text("exclude")),
  cwd: Options.optional(Options.text("cwd")),
  env: Options.repeated(Options.text("env")),
  limit: Options.repeated(Options.text("limit")),
  permissions: Options.optional(Options.text("permissions")),
  audit: Options.optional(Options.text("audit")),
  writeBack: Options.boolean("write-back"),
  noChanges: Options.boolean("no-changes")
}

const runOptions = {
  ...vmOptions,
  command: Options.optional(Options.withAlias(Options.text("command"), "c")),
  timeout: Options.optional(Options.text("timeout")),
  json: Options.boolean("json"),
  show: Options.repeated(Options.text("show")),
  stdin: Options.boolean("stdin")
}

/** Stands for the operand `-`, at which the parser would stop to look for flags. */
const DASH = "\0-"

/** The script, and its arguments. */
const operands = Args.repeated(Args.text())

/** How the command shall end; set once, by what it did. */
let exitCode = 0

const finish = (code: number) => Effect.sync(() => void (exitCode = code))

/** Arguments after `--` belong to the script, whatever they look like. */
const runCommand = (forScript: ReadonlyArray<string>) =>
  Command.make("run", { ...runOptions, operands }, ({ operands, ...flags }) =>
    Effect.gen(function*() {
      const stray = operands.find((operand) => operand.startsWith("-"))
      if (stray !== undefined) {
        return yield* usage(`unknown flag ${stray}; flags of the script itself go after --; see agent-os run --help`)
      }
      const named = operands.map((operand) => operand === DASH ? "-" : operand)
      const given: Flags = { ...flags, operands: [...named, ...forScript] }
      yield* Effect.flatMap(run(given), finish)
    }))

const shellCommand = Command.make(
  "shell",
  { ...vmOptions, operands },
  ({ operands, ...flags }) =>
    operands.length > 0
      ? usage(`a shell takes no arguments, and there is ${operands[0]}; see agent-os shell --help`)
      : Effect.flatMap(shell(flags), finish)
)

const doctorCommand = Command.make(
  "doctor",
  { json: Options.boolean("json") },
  ({ json }) => Effect.flatMap(doctor(json), finish)
)

const replayCommand = Command.make(
  "replay",
  { operands },
  // it brings the kernel along, which the other commands have in another process
  ({ operands }) =>
    Effect.promise(() => import("./replay/replay.ts")).pipe(
      Effect.flatMap(({ replay }) => replay(operands)),
      Effect.flatMap(finish)
    )
)

const mcpCommand = Command.make(
  "mcp",
  {
    mount: Options.repeated(Options.text("mount")),
    exclude: Options.repeated(Options.text("exclude")),
    env: Options.repeated(Options.text("env")),
    limit: Options.repeated(Options.text("limit")),
    permissions: Options.optional(Options.text("permissions")),
    http: Options.optional(Options.text("http"))
  },
  // it brings the protocol along, which the other commands have no use for
  (flags) => Effect.flatMap(Effect.promise(() => import("./mcp/mcp.ts")), ({ mcp }) => mcp(flags))
)

const isRun = (words: ReadonlyArray<string>): boolean => words.find((word) => !word.startsWith("-")) === "run"

const program = (words: ReadonlyArray<string>) => {
  const at = isRun(words) ? words.indexOf("--") : -1
  const [ours, forScript] = at === -1 ? [words, []] : [words.slice(0, at), words.slice(at + 1)]
  const root = Command.make("agent-os").pipe(
    Command.withSubcommands([runCommand(forScript), shellCommand, doctorCommand, replayCommand, mcpCommand])
  )
  return Command.run(root, { name: "agent-os", version: version() })([
    "node",
    "agent-os",
    ...ours.map((word) => word === "-" ? DASH : word)
  ])
}

const colours = /\u001b\[[0-9;]*m/g

const withoutColours = (stream: NodeJS.WriteStream, print: Console.Console["log"]): Console.Console["log"] =>
  stream.isTTY && process.env["NO_COLOR"] === undefined
    ? print
    : (...parts) => print(...parts.map((part) => typeof part === "string" ? part.replace(colours, "") : part))

/** Messages about flags come with colours, which are for terminals only. */
const withPlainConsole = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(effect, {
      ...console,
      log: withoutColours(process.stdout, console.log),
      error: withoutColours(process.stderr, console.error)
    })
  )

/** What failed is told in one line; that nobody reads the output, or that a signal came, in none. */
const explain = (cause: Cause.Cause<Failure | ValidationError.ValidationError | Error>) =>
  Effect.gen(function*() {
    if (Cause.isInterruptedOnly(cause)) return
    const error = Cause.squash(cause)
    exitCode = error instanceof Failure ? error.exitCode : ExitCode.failed
    // what is wrong with the flags has been printed already
    if (ValidationError.isValidationError(error)) return
    const message = error instanceof Error ? error.message : String(error)
    if (message !== "") yield* say(message)
  })

export const main = (): void => {
  let signalled: string | undefined
  for (const signal of Object.keys(signalCodes)) process.once(signal, () => (signalled ??= signal))
  // the terminal has gone: the command is ended as by the other signals, of which the runtime takes care itself
  process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))
  program(process.argv.slice(2)).pipe(
    Effect.catchAllCause(explain),
    Effect.provide(Layer.mergeAll(
      NodeContext.layer,
      CliConfig.layer({ showBuiltIns: false }),
      Logger.replace(Logger.defaultLogger, Logger.prettyLogger({ stderr: true }))
    )),
    withPlainConsole,
    NodeRuntime.runMain({
      disableErrorReporting: true,
      // standard input may be open still, and must not keep the command alive
      teardown: (exit) =>
        process.exit(
          signalled !== undefined ? signalCodes[signalled] : Exit.isSuccess(exit) ? exitCode : ExitCode.failed
        )
    })
  )
}
