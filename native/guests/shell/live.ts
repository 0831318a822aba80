/**
 * Live output. just-bash returns what a script printed when the script has ended; this rewrites the parsed script so
 * that each statement in an output-carrying position redirects what it prints to the process's private devices, from
 * where it leaves at once. Redirections are prepended, so those of the script win.
 *
 * Left alone: function bodies and command substitutions (their output is somebody's input, or leaves when the caller
 * ends), and everything from the first top-level statement on that may redirect the shell itself: `exec` with
 * redirections would be overruled by ours, and `eval`, `source` and `.` may bring one. What those print comes at the
 * end.
 */
import type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from "just-bash"
import type { LivePaths } from "./devices.ts"

type Redirection = SimpleCommandNode["redirections"][number]
type WordPart = WordNode["parts"][number]

/** Which of a statement's outputs still lead to the process's own. */
interface Open {
  readonly stdout: boolean
  readonly stderr: boolean
}

/** Statements nested deeper than this are left alone; the parser has a limit of its own, this one is for our stack. */
const MAX_DEPTH = 200

const SHELL_CHANGING = new Set(["exec", "eval", "source", "."])
/** Commands that print nothing and steer the shell: not worth a redirection. */
const SILENT = new Set(["break", "continue"])

const literalOf = (word: WordNode | null): string | undefined =>
  word !== null && word.parts.length === 1 && word.parts[0].type === "Literal" ? word.parts[0].value : undefined

/**
 * A part whose expansion can print or fail. just-bash hands on such messages beside the redirections of a command, so
 * the command needs a group around it to catch them.
 */
const canSpeak = (part: WordPart): boolean => {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "Escaped":
    case "Glob":
    case "TildeExpansion":
      return false
    case "DoubleQuoted":
      return part.parts.some(canSpeak)
    case "ParameterExpansion":
      return part.operation !== null
    default:
      return true
  }
}

const wordSpeaks = (word: WordNode): boolean => word.parts.some(canSpeak)

const commandSpeaks = (command: SimpleCommandNode): boolean =>
  command.name === null
  || literalOf(command.name) === undefined
  || command.args.some(wordSpeaks)
  || command.assignments.some((assignment) =>
    assignment.array !== null || (assignment.value !== null && wordSpeaks(assignment.value))
  )

/** The text of a word that has no expansions, however quoted. */
const plainText = (word: WordNode | null): string => {
  let text = ""
  for (const part of word?.parts ?? []) {
    if (part.type === "Literal" || part.type === "SingleQuoted" || part.type === "Escaped") text += part.value
    else if (part.type === "DoubleQuoted" && part.parts.every((inner) => inner.type === "Literal")) {
      for (const inner of part.parts) text += inner.type === "Literal" ? inner.value : ""
    } else return ""
  }
  return text
}

/** Whether a node anywhere contains a command that can redirect the shell itself. Iterative: scripts nest at will. */
const changesShell = (root: object): boolean => {
  const pending: Array<unknown> = [root]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== "object" || node === null) continue
    if (Array.isArray(node)) {
      for (const item of node) pending.push(item)
      continue
    }
    if ((node as { readonly type?: unknown }).type === "SimpleCommand") {
      const command = node as SimpleCommandNode
      const name = plainText(command.name)
      if (SHELL_CHANGING.has(name)) return true
      const indirect = name === "command" || name === "builtin"
      if (indirect && command.args.some((arg) => SHELL_CHANGING.has(plainText(arg)))) return true
    }
    for (const value of Object.values(node)) if (typeof value === "object") pending.push(value)
  }
  return false
}

const group = (body: StatementNode, redirections: Array<Redirection>): CommandNode => ({
  type: "Group",
  body: [body],
  redirections
})

const statementOf = (pipeline: PipelineNode): StatementNode => ({
  type: "Statement",
  pipelines: [pipeline],
  operators: [],
  background: false
})

const pipelineOf = (command: CommandNode): PipelineNode => ({ type: "Pipeline", commands: [command], negated: false })

/** The outputs that a compound command's own redirections leave open, or none if they are beyond this reckoning. */
const openAfter = (redirections: ReadonlyArray<Redirection>, open: Open): Open => {
  let { stderr, stdout } = open
  for (const { fd, fdVariable, operator } of redirections) {
    if (fdVariable !== undefined) return { stdout: false, stderr: false }
    if ((operator === "<" || operator.startsWith("<<")) && (fd === null || fd === 0)) continue
    if (operator !== ">" && operator !== ">>" && operator !== ">|") return { stdout: false, stderr: false }
    if (fd === null || fd === 1) stdout = false
    else if (fd === 2) stderr = false
    else return { stdout: false, stderr: false }
  }
  return { stdout, stderr }
}

class Rewriter {
  constructor(private readonly paths: LivePaths) {}

  private target(path: string): WordNode {
    return { type: "Word", parts: [{ type: "SingleQuoted", value: path }] }
  }

  private redirections(open: Open): Array<Redirection> {
    const result: Array<Redirection> = []
    if (open.stdout) {
      result.push({ type: "Redirection", fd: 1, operator: ">>", target: this.target(this.paths.stdout) })
    }
    if (open.stderr) {
      result.push({ type: "Redirection", fd: 2, operator: ">>", target: this.target(this.paths.stderr) })
    }
    return result
  }

  statements(statements: ReadonlyArray<StatementNode>, open: Open, depth: number): Array<StatementNode> {
    return statements.map((statement) => this.statement(statement, open, depth))
  }

  private statement(statement: StatementNode, open: Open, depth: number): StatementNode {
    if (depth > MAX_DEPTH || statement.deferredError !== undefined) return statement
    return { ...statement, pipelines: statement.pipelines.map((pipeline) => this.pipeline(pipeline, open, depth)) }
  }

  private pipeline(pipeline: PipelineNode, open: Open, depth: number): PipelineNode {
    if (pipeline.timed === true) {
      // The times are printed by the pipeline itself: only a group around it catches them.
      const inner = { ...pipeline, negated: false }
      return { ...pipelineOf(group(statementOf(inner), this.redirections(open))), negated: pipeline.negated }
    }
    const last = pipeline.commands.length - 1
    return {
      ...pipeline,
      commands: pipeline.commands.map((command, index) => {
        const piped = pipeline.pipeStderr?.[index] === true
        const still = { stdout: open.stdout && index === last, stderr: open.stderr && !piped }
        return this.command(command, still, depth + 1)
      })
    }
  }

  private command(command: CommandNode, open: Open, depth: number): CommandNode {
    if (command.type === "FunctionDef" || (!open.stdout && !open.stderr)) return command
    const added = this.redirections(open)
    if (command.type === "SimpleCommand") {
      const name = literalOf(command.name)
      if (name !== undefined && SILENT.has(name)) return command
      return commandSpeaks(command)
        ? group(statementOf(pipelineOf(command)), added)
        : { ...command, redirections: [...added, ...command.redirections] }
    }
    const inner = openAfter(command.redirections, open)
    const body = inner.stdout || inner.stderr ? this.compound(command, inner, depth) : command
    return { ...body, redirections: [...added, ...command.redirections] }
  }

  private compound(command: Exclude<CommandNode, { type: "SimpleCommand" }>, open: Open, depth: number) {
    const list = (statements: ReadonlyArray<StatementNode>) => this.statements(statements, open, depth)
    switch (command.type) {
      case "If":
        return {
          ...command,
          clauses: command.clauses.map((clause) => ({ condition: list(clause.condition), body: list(clause.body) })),
          elseBody: command.elseBody === null ? null : list(command.elseBody)
        }
      case "For":
      case "CStyleFor":
      case "Subshell":
      case "Group":
        return { ...command, body: list(command.body) }
      case "While":
      case "Until":
        return { ...command, condition: list(command.condition), body: list(command.body) }
      case "Case":
        return { ...command, items: command.items.map((item) => ({ ...item, body: list(item.body) })) }
      default:
        return command
    }
  }
}

/** The script with live output. The given tree is not changed. */
export const withLiveOutput = (script: ScriptNode, paths: LivePaths): ScriptNode => {
  const rewriter = new Rewriter(paths)
  const open = { stdout: true, stderr: true }
  const cut = script.statements.findIndex((statement) => changesShell(statement))
  const live = cut < 0 ? script.statements : script.statements.slice(0, cut)
  return { ...script, statements: [...rewriter.statements(live, open, 0), ...script.statements.slice(live.length)] }
}
