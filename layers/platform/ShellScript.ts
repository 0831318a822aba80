/**
 * Commands of `@effect/platform` as text for the shell of a VM.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/platform/Command"
import type { PlatformError } from "@effect/platform/Error"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { badArgument } from "./PlatformErrors.ts"
import { absolute } from "./VmPath.ts"

/** Nothing in such a word means anything to the shell. */
const PLAIN = /^[\w./:@+,-]+$/

const reserved = new Set([
  ...["if", "then", "else", "elif", "fi", "for", "select", "while", "until", "do", "done", "case", "esac", "in"],
  ...["function", "time", "coproc"]
])

/**
 * A word that the shell takes as it is, whatever is in it.
 *
 * @since 0.1.0
 * @category conversions
 */
export const quote = (word: string): string =>
  PLAIN.test(word) && !reserved.has(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/**
 * A command that is ready to run.
 *
 * @since 0.1.0
 * @category models
 */
export interface ShellScript {
  readonly text: string
  /** The words of a command that needs no shell. */
  readonly argv: readonly [string, ...Array<string>] | undefined
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string>>
  /** What errors call it. */
  readonly label: string
  readonly stages: ReadonlyArray<Stage>
}

/**
 * One command of a pipeline.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stage {
  /** The program, unless a shell looks for it. */
  readonly program: string | undefined
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string>>
}

/**
 * What errors call a command.
 *
 * @since 0.1.0
 * @category conversions
 */
export const labelOf = (command: Command.Command): string =>
  Command.flatten(command).map((stage) => [stage.command, ...stage.args].join(" ")).join(" | ")

/**
 * What the VM cannot honour, or `undefined`.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkCommand = (command: Command.Command): PlatformError | undefined => {
  for (const { args, command: program, cwd, env, gid, uid } of Command.flatten(command)) {
    const refuse = (description: string) => badArgument({ module: "Command", method: "spawn" }, description)
    if (Option.isSome(uid) || Option.isSome(gid)) {
      return refuse("a command of a VM runs as the user of the VM: uid and gid cannot be set")
    }
    if (program === "") return refuse("a command must not be empty")
    const texts = [program, ...args, ...HashMap.keys(env), ...HashMap.values(env), ...Option.toArray(cwd)]
    if (texts.some((text) => text.includes("\0"))) {
      return refuse("a command, its arguments, its directory and its environment must not contain null bytes")
    }
  }
  return undefined
}

/**
 * The script of a command that has passed its check. `cwd` is where it runs when it does not say so itself, `directory`
 * where its relative directories begin.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromCommand = (
  command: Command.Command,
  places: { readonly cwd: string | undefined; readonly directory: string }
): ShellScript => {
  const commands = Command.flatten(command)
  const label = labelOf(command)
  const stages = commands.map((command) => ({
    program: command.shell === false ? command.command : undefined,
    cwd: Option.match(command.cwd, { onNone: () => places.cwd, onSome: (cwd) => directoryOf(places.directory, cwd) }),
    env: Object.fromEntries(command.env)
  }))
  if (commands.length > 1) {
    const text = commands.map((command, i) => stageText(command, stages[i])).join(" | ")
    return { text, argv: undefined, cwd: undefined, env: {}, label, stages }
  }
  const [only] = commands
  const { cwd, env } = stages[0]
  const argv = only.shell === false ? [only.command, ...only.args] as const : undefined
  return only.extendEnv
    ? { text: only.shell === true ? joined(only) : words(only), argv, cwd, env, label, stages }
    : { text: `${envPrefix(only)}${words(only)}`, argv: undefined, cwd, env: {}, label, stages }
}

/** As the command sees it: without a trailing slash. */
const directoryOf = (from: string, cwd: string): string => {
  const directory = absolute(from, cwd)
  return directory !== "/" && directory.endsWith("/") ? directory.slice(0, -1) : directory
}

/** In a pipeline every command has its own directory and environment. */
const stageText = (command: Command.StandardCommand, { cwd }: Stage): string => {
  const text = `${envPrefix(command)}${words(command)}`
  return cwd === undefined ? text : `( cd ${quote(cwd)} && ${text} )`
}

const envPrefix = ({ env, extendEnv }: Command.StandardCommand): string => {
  if (extendEnv && HashMap.isEmpty(env)) return ""
  const settings = HashMap.toEntries(env).map(([name, value]) => ` ${quote(`${name}=${value}`)}`).join("")
  return `env${extendEnv ? "" : " -i"}${settings} `
}

/** The words of a command; a shell gets its script as one word. */
const words = (command: Command.StandardCommand): string => {
  const { args, shell } = command
  if (shell === false) return [command.command, ...args].map(quote).join(" ")
  return `${shell === true ? "sh" : quote(shell)} -c ${quote(joined(command))}`
}

/** As Node hands a command to a shell: nothing is quoted. */
const joined = ({ args, command }: Command.StandardCommand): string => [command, ...args].join(" ")
