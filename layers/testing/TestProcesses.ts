/**
 * Processes that a test writes: commands with what they answer. Nothing runs. What is spawned goes by its words, with a
 * blank between each two. Shell sessions have their order, and no state.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type {
  ExecOptions,
  ExecResult,
  ProcessesError,
  ProcessesShape,
  ProcessEvent,
  RunOptions,
  SpawnOptions
} from "../../services/Processes.ts"
import { Processes } from "../../services/Processes.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import * as FakeHandles from "./FakeHandles.ts"
import * as FakeSessions from "./FakeSessions.ts"

/**
 * How a command ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reply {
  readonly stdout?: string | undefined
  readonly stderr?: string | undefined
  readonly exitCode?: number | undefined
  /** How long it takes, on the Clock. */
  readonly delay?: Duration.DurationInput | undefined
}

/**
 * Which commands: this one, those that match, or those of which the function says so.
 *
 * @since 0.1.0
 * @category models
 */
export type Pattern = string | RegExp | ((command: string) => boolean)

/**
 * A command that was run, with what it was run with.
 *
 * @since 0.1.0
 * @category models
 */
export type Run =
  | { readonly method: "exec"; readonly command: string; readonly options: ExecOptions<any, any> }
  | { readonly method: "run"; readonly command: string; readonly options: RunOptions<any, any> }
  | {
    readonly method: "spawn"
    /** Program and arguments, with a blank between each two. */
    readonly command: string
    readonly args: ReadonlyArray<string>
    readonly options: SpawnOptions
  }

/**
 * @since 0.1.0
 * @category models
 */
export interface TestProcessesShape {
  /** What a command answers from now on; the latest that matches counts. A failure of the effect is that of the command. */
  readonly on: (
    pattern: Pattern,
    reply: Reply | ((run: Run) => Effect.Effect<Reply, ProcessesError>)
  ) => Effect.Effect<void>
  /** The commands so far, oldest first; at most the latest 10,000. */
  readonly runs: Effect.Effect<ReadonlyArray<Run>>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestProcesses
  extends Context.Tag("effect-agent-os/testing/TestProcesses")<TestProcesses, TestProcessesShape>()
{}

interface Rule {
  readonly matches: (command: string) => boolean
  readonly reply: (run: Run) => Effect.Effect<Reply, ProcessesError>
}

const matcher = (pattern: Pattern): Rule["matches"] =>
  typeof pattern === "string"
    ? (command) => command === pattern
    : pattern instanceof RegExp
    ? (command) => pattern.test(command)
    : pattern

const notFound: Rule = {
  matches: () => true,
  reply: ({ command }) =>
    Effect.succeed({ exitCode: 127, stderr: `bash: ${command.split(" ")[0]}: command not found\n` })
}

const answer = (
  rules: ReadonlyArray<Rule>,
  sessions: FakeSessions.FakeSessions,
  run: Run
): Effect.Effect<ExecResult, ProcessesError> => {
  const rule = rules.findLast(({ matches }) => matches(run.command)) ?? notFound
  const { session, timeout } = run.method === "spawn" ? {} as ExecOptions : run.options
  const replied = Effect.flatMap(rule.reply(run), ({ delay, exitCode = 0, stderr = "", stdout = "" }) => {
    const result = Effect.succeed({ exitCode, stdout, stderr })
    return delay === undefined ? result : Effect.delay(result, delay)
  })
  const ended = sessions.within(run.command, session, replied)
  return timeout === undefined ? ended : Effect.timeoutFail(ended, {
    duration: Duration.decode(timeout),
    onTimeout: () =>
      new ProcessError({
        reason: "TimedOut",
        command: run.command,
        stdout: "",
        stderr: "",
        detail: "as the test has it"
      })
  })
}

const MAX_RUNS = 10_000

const encoder = new TextEncoder()

const eventsOf = (pid: number, { exitCode, stderr, stdout }: ExecResult): ReadonlyArray<ProcessEvent> => [
  ...(stdout === "" ? [] : [{ _tag: "Stdout", bytes: encoder.encode(stdout) } as const]),
  ...(stderr === "" ? [] : [{ _tag: "Stderr", bytes: encoder.encode(stderr) } as const]),
  { _tag: "Exited", pid, exitCode }
]

/**
 * Without a rule for it a command is not found: exit code 127.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Processes | TestProcesses> = Layer.effectContext(Effect.sync(() => {
  const rules: Array<Rule> = []
  const runs: Array<Run> = []
  const sessions = FakeSessions.make()
  let nextPid = 2
  const begin = (run: Run) =>
    Effect.suspend(() => {
      runs.push(run)
      if (runs.length > MAX_RUNS) runs.shift()
      return answer(rules, sessions, run)
    })
  const processes: ProcessesShape = {
    ...FakeHandles.make(
      ({ args, command, options }) => begin({ method: "spawn", command: [command, ...args].join(" "), args, options }),
      () => nextPid++
    ),
    sessions: sessions.sessions,
    dropSession: sessions.dropSession,
    exec: (command, options = {}) => begin({ method: "exec", command, options }),
    run: (command, options = {}) =>
      Stream.suspend(() => {
        const pid = nextPid++
        return Stream.concat(
          Stream.succeed<ProcessEvent>({ _tag: "Started", pid }),
          Stream.flatMap(Stream.fromEffect(begin({ method: "run", command, options })), (result) =>
            Stream.fromIterable(eventsOf(pid, result)))
        )
      })
  }
  const control: TestProcessesShape = {
    on: (pattern, reply) =>
      Effect.sync(() => {
        rules.push({
          matches: matcher(pattern),
          reply: typeof reply === "function" ? reply : () => Effect.succeed(reply)
        })
      }),
    runs: Effect.sync(() => Array.from(runs))
  }
  return Context.make(Processes, processes).pipe(Context.add(TestProcesses, control))
}))

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
