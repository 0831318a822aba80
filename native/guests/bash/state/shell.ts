/** The state of one shell: data only, copied when the shell forks. */
import type { CommandNode, Function as FunctionNode, ParsedScript } from "unbash"
import type { CompletionSpec } from "../completion/specs.ts"
import type { Readline } from "../editor/readline.ts"
import { History } from "../history/history.ts"
import type { Machine } from "../machine.ts"
import { Unit } from "../parse/script.ts"
import type { Process } from "../processes/process.ts"
import { encodeText } from "../text.ts"
import type { Conversation } from "./conversation.ts"
import { installDynamic } from "./dynamic.ts"
import { Jobs } from "./jobs.ts"
import { Options } from "./options.ts"
import { Variables } from "./variables.ts"

export interface ShellFunction {
  readonly name: string
  readonly node: FunctionNode
  readonly unit: Unit
  readonly file: string
}

export interface Call {
  readonly name: string
  readonly file: string
  /** Where it was called from. */
  readonly line: number
}

/** A jump that is under way: lists and loops end until it has reached its target. */
export type Flow =
  | { readonly kind: "break" | "continue"; levels: number }
  | { readonly kind: "return"; readonly before: number; readonly status: number }

export interface GetoptsState {
  index: number
  offset: number
}

export class Shell {
  variables = new Variables()
  functions = new Map<string, ShellFunction>()
  exportedFunctions = new Set<string>()
  options = new Options()
  /** By signal name without SIG, or EXIT, ERR, DEBUG, RETURN; an empty string ignores. */
  traps = new Map<string, string>()
  /** Traps of the parent, which a subshell shows but does not run. */
  inheritedTraps: ReadonlyMap<string, string> = new Map()
  aliases = new Map<string, string>()
  jobs = new Jobs()
  parameters: ReadonlyArray<string> = []
  name = "bash"
  /** What error messages begin with. */
  prefix = "bash"
  file = "main"
  unit: Unit = new Unit("")
  position = 0
  status = 0
  pipeStatus: ReadonlyArray<number> = [0]
  substitutionStatus: number | undefined
  lastArgument = ""
  /** The command that is run, or was when the trap under way began. */
  command: { readonly node: CommandNode; readonly unit: Unit; readonly head: string | undefined } | undefined
  trapDepth = 0
  cwd = "/"
  umask = 0o022
  loopDepth = 0
  calls: ReadonlyArray<Call> = []
  /** Scripts inside each other. */
  evaluationDepth = 0
  sourceDepth = 0
  flow: Flow | undefined
  /** Function calls inside each other where the ERR trap was set: deeper ones do not run it. */
  errTrapDepth = 0
  /** Above zero where `set -e` and the ERR trap do not apply. */
  conditionDepth = 0
  subshellLevel = 0
  directoryStack: ReadonlyArray<string> = []
  getopts: GetoptsState = { index: 1, offset: 0 }
  startedAt = 0
  random = 1
  runningTrap = false
  /** Remembered program paths with the number of uses, for `hash`. */
  hashed = new Map<string, { path: string; hits: number }>()
  coprocesses = new Map<string, number>()
  history = new History()
  /** What `complete` has been told, by the command's name; `-D`, `-E` and `-I` stand for the default, an empty line, and a command's name. */
  completions = new Map<string, CompletionSpec>()
  /** The options of the completion under way, while a function of it runs. */
  completionOptions: Set<string> | undefined
  /** What `bind` and the init file make of the editor, from when it is first needed on. */
  readline: Readline | undefined
  /** Process substitutions of the command under way. */
  readonly substitutions: Array<{ readonly fd: number; readonly process: Process }> = []
  /** Nothing follows the command that is run next: a program may take the shell's process over. */
  isTail = false
  /** `exec` without a command has just run: its redirections stay. */
  keepsRedirections = false
  /** The process that `wait -n` has seen the end of. */
  lastWaited: number | undefined
  isPosix = false
  /** Whether it is the shell that a command of the host started. */
  isMain = false
  /** What it ends with when an expansion fails: that of `-c` with 127, as the stages of its pipelines; a subshell with 1. */
  fatalStatus = 1
  /** Where its script came from: `-c`, a file, or standard input. */
  origin: "command" | "script" | "input" = "command"
  /** Whether it is a command substitution, which tells of nobody's death. */
  isSubstitution = false
  /** Whether it talks to somebody: it tells of its jobs, and an interrupt ends the command line, not the shell. */
  isInteractive = false
  /** Whether each job is a process group of its own: under `set -m`, but not in a subshell. */
  jobControl = false
  /** Signals that the shell ignores for itself; what it starts does not. */
  readonly ownIgnored = new Set<number>()
  /** Signals that it hears of without a trap. */
  readonly ownCaught = new Set<number>()
  /** What an interactive shell remembers. */
  conversation: Conversation | undefined
  /** Messages name no line: those of an interactive shell, and of its subshells. */
  isTerse = false

  constructor(readonly machine: Machine, public process: Process, readonly shellPid: number) {
    installDynamic(this)
  }

  get line(): number {
    return this.unit.line(this.position)
  }

  /** A copy for a child process. */
  fork(process: Process): Shell {
    const child = new Shell(this.machine, process, this.shellPid)
    const { dynamic } = child.variables
    child.variables = this.variables.fork()
    for (const [name, value] of dynamic) if (this.variables.dynamic.has(name)) child.variables.dynamic.set(name, value)
    child.functions = new Map(this.functions)
    child.exportedFunctions = new Set(this.exportedFunctions)
    child.options = this.options.copy()
    child.aliases = this.aliases
    child.parameters = this.parameters
    child.name = this.name
    child.prefix = this.prefix
    child.file = this.file
    child.unit = this.unit
    child.position = this.position
    child.status = this.status
    child.pipeStatus = this.pipeStatus
    child.lastArgument = this.lastArgument
    child.command = this.command
    child.cwd = this.cwd
    child.umask = this.umask
    child.loopDepth = this.loopDepth
    child.calls = this.calls
    child.evaluationDepth = this.evaluationDepth
    child.sourceDepth = this.sourceDepth
    child.conditionDepth = this.conditionDepth
    child.subshellLevel = this.subshellLevel + 1
    child.directoryStack = this.directoryStack
    child.getopts = { ...this.getopts }
    child.startedAt = this.startedAt
    child.random = (Math.random() * 0x7fffffff) | 1
    child.hashed = new Map(this.hashed)
    child.jobs = this.jobs.fork()
    child.isPosix = this.isPosix
    child.isTerse = this.isTerse
    child.completions = this.completions
    child.readline = this.readline
    if (this.history.size > 0) child.history = this.history.copy()
    child.origin = this.origin
    this.forkTraps(child)
    bindEvaluate(child)
    return child
  }

  /** Ignored signals stay ignored; other traps are only shown, until the child sets its own. */
  private forkTraps(child: Shell): void {
    for (const [name, action] of this.traps) {
      if (action === "") child.traps.set(name, action)
      else if (
        (name === "ERR" && this.options.has("errtrace")) || (name === "DEBUG" && this.options.has("functrace"))
      ) {
        child.traps.set(name, action)
      }
    }
    child.inheritedTraps = this.traps.size > 0 ? this.traps : this.inheritedTraps
  }

  /** Notes what BASH_COMMAND shows: in a trap, the command that was run before it. Of a loop it is the head. */
  running(node: CommandNode, head?: string): void {
    if (this.trapDepth === 0) this.command = { node, unit: this.unit, head }
  }

  /** What a message of the shell begins with. */
  where(line = this.line): string {
    if (this.isTerse) return `${this.name.slice(this.name.lastIndexOf("/") + 1)}: `
    return `${this.prefix}: line ${line}: `
  }

  /** Writes to a descriptor; resolves when there is room again. */
  write(fd: number, text: string): Promise<void> | undefined {
    return this.process.descriptors.require(fd).write(this.process, encodeText(text))
  }

  /** Says something on standard error; nobody is told if that cannot be. */
  async complain(message: string, line?: number): Promise<void> {
    await this.tell(`${this.where(line)}${message}\n`)
  }

  async tell(text: string): Promise<void> {
    try {
      await this.write(2, text)
    } catch (error) {
      this.process.check()
      if (error instanceof RangeError) throw error
    }
  }
}

/** Integer variables evaluate what they are given; who evaluates is set by the expander. */
let evaluator: (shell: Shell, text: string) => string = (_, text) => text

export const setEvaluator = (evaluate: (shell: Shell, text: string) => string): void => {
  evaluator = evaluate
}

export const bindEvaluate = (shell: Shell): void => {
  shell.variables.evaluate = (text) => evaluator(shell, text)
}

export type { ParsedScript }
