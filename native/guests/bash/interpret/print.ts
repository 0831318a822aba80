/** Functions as `declare -f` shows them, and commands as `jobs` does: bash's own layouts of the syntax tree. */
import type * as Ast from "unbash"
import type { ShellFunction } from "../state/shell.ts"

class Printer {
  /** Here-documents whose text follows the line under way. */
  private pending: Array<string> = []

  constructor(
    private readonly source: string,
    /** Outside functions what a semicolon separates stays on one line. */
    private readonly inline = false
  ) {}

  private text(node: { readonly pos: number; readonly end: number }): string {
    return this.source.slice(node.pos, node.end)
  }

  list(statements: ReadonlyArray<Ast.Statement>, indent: number): string {
    if (this.inline) return `${" ".repeat(indent)}${this.onOneLine(statements, indent)}\n`
    return statements.map((statement, index) => {
      const isLast = index === statements.length - 1
      const line = this.statement(statement, indent)
      const end = statement.background === true ? " &" : isLast ? "" : ";"
      const here = this.pending.splice(0).join("")
      return `${" ".repeat(indent)}${line}${here === "" ? end : statement.background === true ? " &" : ""}${
        here === "" ? "\n" : `\n${here}\n`
      }`
    }).join("")
  }

  private onOneLine(statements: ReadonlyArray<Ast.Statement>, indent: number): string {
    return statements.map((statement, index) => {
      const end = statement.background === true ? " &" : index === statements.length - 1 ? "" : ";"
      return this.statement(statement, indent) + end
    }).join(" ")
  }

  statement({ command }: Ast.Statement, indent: number): string {
    if (command.type !== "AndOr") return this.pipeline(command, indent)
    return command.commands.map((each, index) =>
      (index === 0 ? "" : ` ${command.operators[index - 1]} `) + this.pipeline(each, indent)
    ).join("")
  }

  pipeline(node: Ast.PipelineNode, indent: number): string {
    if (node.type !== "Pipeline") return this.command(node, indent)
    const prefix = node.prefixes.map((each) =>
      each.type === "Negation" ? "! " : each.posix === undefined ? "time " : "time -p "
    ).join("")
    return prefix + node.commands.map((each, index) => {
      const operator = index === 0 ? "" : node.operators[index - 1] === "|&" ? " 2>&1 | " : " | "
      return operator + this.command(each, indent)
    }).join("")
  }

  private redirect(node: Ast.Redirection): string {
    if (node.type === "HereDoc") {
      const mark = node.delimiter?.text ?? ""
      this.pending.push(`${node.body.text}${node.delimiter?.value ?? ""}\n`)
      return ` ${node.operator}${mark}`
    }
    const descriptor = node.descriptor === undefined
      ? node.operator === ">&" ? "1" : node.operator === "<&" ? "0" : ""
      : node.descriptor.type === "FileDescriptor"
      ? String(node.descriptor.value)
      : `{${node.descriptor.name}}`
    const target = node.target?.text ?? ""
    const isDuplicate = node.operator === ">&" || node.operator === "<&"
    return ` ${descriptor}${node.operator}${isDuplicate ? "" : " "}${target}`
  }

  command(node: Ast.CommandNode, indent: number): string {
    if (node.type !== "Command") return this.compound(node, indent)
    const words = [
      ...node.prefix.filter((each) => each.type === "Assignment").map(({ text }) => text),
      ...(node.name === undefined ? [] : [node.name.text]),
      ...node.args.map(({ text }) => text)
    ]
    const redirects = node.redirects.map((each) => this.redirect(each)).join("")
    return words.length === 0 ? redirects.trimStart() : words.join(" ") + redirects
  }

  private body(body: Ast.CompoundList, indent: number, terminate = true): string {
    const text = this.list(body.commands, indent + 4)
    return terminate ? text.replace(/([^&\n])\n$/, "$1;\n") : text
  }

  private compound(node: Exclude<Ast.CommandNode, Ast.Command>, indent: number): string {
    const pad = " ".repeat(indent)
    const inline = (list: Ast.CompoundList) =>
      this.list(list.commands, indent).trim().replaceAll(";\n", "; ").replace(/\s*\n\s*/g, " ")
    switch (node.type) {
      case "BraceGroup":
        if (this.inline) return `{ ${this.onOneLine(node.body.commands, indent)}; }`
        return `{ \n${this.body(node.body, indent, false)}${pad}}`
      case "Subshell":
        if (this.inline) return `( ${this.onOneLine(node.body.commands, indent)} )`
        return `( ${this.list(node.body.commands, indent + 4).trim()} )`
      case "If": {
        const nested = node.elif.map(({ clause, then }) =>
          `${pad}else\n${pad}    if ${inline(clause)}; then\n${this.body(then, indent + 4)}`
        )
        const otherwise = node.else === undefined
          ? ""
          : `${pad}${" ".repeat(4 * node.elif.length)}else\n${this.body(node.else, indent + 4 * node.elif.length)}`
        const ends = node.elif.map((_, index) => `${pad}${" ".repeat(4 * (node.elif.length - index))}fi;\n`).join("")
        return `if ${inline(node.clause)}; then\n${this.body(node.then, indent)}${
          nested.join("")
        }${otherwise}${ends}${pad}fi`
      }
      case "While":
        return `${node.kind} ${inline(node.clause)}; do\n${this.body(node.body, indent)}${pad}done`
      case "For":
      case "Select": {
        const words = node.wordlist === undefined
          ? " in \"$@\""
          : ` in${node.wordlist.map(({ text }) => ` ${text}`).join("")}`
        return `${node.type === "For" ? "for" : "select"} ${node.name.text}${words};\n${pad}do\n${
          this.body(node.body, indent)
        }${pad}done`
      }
      case "ArithmeticFor": {
        const [a, b, c] = [node.initialize, node.test, node.update].map((each) =>
          each === undefined ? "" : this.text(each)
        )
        return `for ((${a}; ${b}; ${c}))\n${pad}do\n${this.body(node.body, indent)}${pad}done`
      }
      case "Case": {
        const items = node.items.map((item) =>
          `${pad}    ${item.pattern.map(({ text }) => text).join(" | ")})\n${
            this.list(item.body.commands, indent + 8)
          }${pad}    ${item.terminator ?? ";;"}\n`
        )
        return `case ${node.word.text} in \n${items.join("")}${pad}esac`
      }
      case "TestCommand":
        return this.text(node).replace(/^\[\[\s*/, "[[ ").replace(/\s*\]\]$/, " ]]")
      case "ArithmeticCommand":
        return `((${node.body}))`
      case "Redirected":
        return this.compound(node.command, indent) + node.redirects.map((each) => this.redirect(each)).join("")
      case "Function":
        return `function ${node.name.text} () \n${pad}${
          node.body.type === "CompoundList" ? "" : this.compound(node.body, indent)
        }`
      case "Coproc":
        return this.text(node)
    }
  }

  definition(name: string, body: Ast.Function["body"]): string {
    if (body.type === "CompoundList") return `${name} () \n{ \n${this.list(body.commands, 4)}}\n`
    const isGroup = body.type === "BraceGroup" || (body.type === "Redirected" && body.command.type === "BraceGroup")
    const text = this.compound(body, isGroup ? 0 : 4)
    const here = this.pending.splice(0).map((each) => `${each}\n`).join("")
    return isGroup ? `${name} () \n${text}\n${here}` : `${name} () \n{ \n    ${text}\n${here}}\n`
  }
}

/** A command, or a list of them, as a job is shown. Here-documents are left out. */
export const printJob = (source: string, node: Ast.CommandNode | Ast.AndOr | Ast.Pipeline): string => {
  const printer = new Printer(source, true)
  if (node.type === "AndOr") return printer.statement({ command: node } as Ast.Statement, 0)
  if (node.type !== "Pipeline") return printer.command(node, 0)
  return printer.pipeline({ ...node, prefixes: [] }, 0)
}

export const printFunction = ({ name, node, unit }: ShellFunction): string =>
  new Printer(unit.source).definition(name, node.body)
