/**
 * The processes of a VM as `@effect/platform` CommandExecutor. It behaves as Node's does, with these differences:
 *
 * - A pipeline is one pipeline of the VM's shell, and all of its commands write to the same `stderr`.
 * - A program is looked for in the VM, among its commands and in its files; the shell's own commands are found too.
 * - `stdin("inherit")` is empty; so is the input of `string`, `lines`, `stream` and `exitCode`, which nobody can feed.
 * - Output that is `"inherit"`ed goes to Effect's Console, line by line.
 * - `uid` and `gid` are refused.
 * - `string`, `lines` and `exitCode` drop the output that they do not return, so that it holds no command up.
 *
 * @since 0.1.0
 */
import type * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ProcessesShape } from "../../services/Processes.ts"
import { limitLines, limitTotal } from "./OutputLimit.ts"
import { failedCall, platformError } from "./PlatformErrors.ts"
import type { ShellScript, Stage } from "./ShellScript.ts"
import { checkCommand, fromCommand, labelOf, quote } from "./ShellScript.ts"
import * as VmProcess from "./VmProcess.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Where commands run that do not say so; `undefined` is the home of the VM's user. */
  readonly cwd: string | undefined
  /** Where relative directories of commands begin. */
  readonly directory: string
  readonly maxOutputBytes: number
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  processes: ProcessesShape,
  fileSystem: FileSystem.FileSystem,
  options: Options
): CommandExecutor.CommandExecutor => {
  const spawn = spawner(processes, fileSystem, options)
  const stream = (command: Command.Command) =>
    Stream.unwrapScoped(Effect.map(spawn(command, { stderr: "discard" }), (process) => process.stdout))
  const limited = (command: Command.Command) => limitTotal(stream(command), labelOf(command), options.maxOutputBytes)
  return {
    ...CommandExecutor.makeExecutor((command) => spawn(command, {})),
    exitCode: (command) =>
      Effect.scoped(
        Effect.flatMap(spawn(command, { stdout: "discard", stderr: "discard" }), (process) => process.exitCode)
      ),
    stream,
    string: (command, encoding) => Stream.mkString(text(limited(command), encoding)),
    lines: (command, encoding) =>
      Effect.map(Stream.runCollect(Stream.splitLines(text(limited(command), encoding))), Chunk.toArray),
    streamLines: (command, encoding) =>
      Stream.splitLines(text(limitLines(stream(command), labelOf(command), options.maxOutputBytes), encoding))
  }
}

type Spawn = (
  command: Command.Command,
  /** Outputs that nobody can ask for: then nobody can feed the input either. */
  unread: { readonly stdout?: "discard"; readonly stderr?: "discard" }
) => Effect.Effect<CommandExecutor.Process, PlatformError, Scope.Scope>

const spawner = (processes: ProcessesShape, fileSystem: FileSystem.FileSystem, options: Options): Spawn =>
  Effect.fnUntraced(function*(command, unread) {
    const refused = checkCommand(command)
    if (refused !== undefined) return yield* refused
    const script = fromCommand(command, options)
    const isProgram = yield* Effect.forEach(script.stages, (stage) => checkStage(processes, fileSystem, script, stage))
    const { stderr, stdin, stdout } = wiringOf(command)
    const alone = unread.stderr === "discard"
    // a program alone is the process itself; anything else is a shell's
    const argv = isProgram[0] && script.argv !== undefined ? script.argv : ["sh", "-c", script.text] as const
    return yield* VmProcess.start(processes, { ...script, argv }, {
      stdin: stdin === "inherit" || (stdin === "pipe" && alone) ? "none" : stdin,
      stdout: stdout === "inherit" ? stdout : unread.stdout ?? stdout,
      stderr: stderr === "inherit" ? stderr : unread.stderr ?? stderr
    })
  })

/** The input of the first command and the outputs of the last. */
const wiringOf = (command: Command.Command): Pick<Command.StandardCommand, "stdin" | "stdout" | "stderr"> => {
  let first = command
  while (first._tag === "PipedCommand") first = first.left
  let last = command
  while (last._tag === "PipedCommand") last = last.right
  return { stdin: first.stdin, stdout: last.stdout, stderr: last.stderr }
}

/**
 * Whether a command is a program that can be started by its name. One that cannot start at all fails as such: to the shell
 * it is one that ran and said 127.
 */
const checkStage = Effect.fnUntraced(function*(
  processes: ProcessesShape,
  fileSystem: FileSystem.FileSystem,
  script: ShellScript,
  { cwd, env, program }: Stage
) {
  if (cwd !== undefined) yield* fileSystem.access(cwd)
  if (program === undefined) return false
  // most commands, without asking the shell
  const plain = !program.includes("/") && env.PATH === undefined
  if (plain && (yield* Effect.orElseSucceed(fileSystem.exists(`/bin/${program}`), () => false))) return true
  const origin = { module: "Command", method: "spawn", pathOrDescriptor: script.label } as const
  const name = quote(program)
  const find = `type ${name} >/dev/null 2>&1 && exit 0; [ -e ${name} ] && exit 126; exit 127`
  const { exitCode } = yield* Effect.mapError(
    processes.exec(find, { cwd, env }),
    (error) => platformError(origin, error)
  )
  // the shell's own commands are no programs
  if (exitCode === 0) return program.includes("/")
  const exists = exitCode === 126 && program.includes("/")
  return yield* failedCall(origin, exists ? "EACCES" : "ENOENT", `spawn ${program}`)
})

const text = <E>(bytes: Stream.Stream<Uint8Array, E>, encoding?: string) => Stream.decodeText(bytes, encoding)
