/** Lines of input: SQL that is run when a statement is complete, and commands. */
import { WasiFault } from "../wasm/channel.ts"
import { runCommand } from "./commands.ts"
import { Failed } from "./failure.ts"
import type { Session } from "./session.ts"
import { Lines, O_RDONLY } from "./streams.ts"
import type { Scan } from "./text.ts"
import { isComplete, scan, START } from "./text.ts"

/** Files that are read within each other. */
const MAX_DEPTH = 25
const MAIN_PROMPT = "sqlite> "
const MORE_PROMPT = "   ...> "

/** Whether a line stands for a semicolon. */
const isTerminator = (line: string): boolean => /^\s*(?:\/|go)\s*$/i.test(line)

class Input {
  private errors = 0
  private sql = ""
  private startLine = 0
  private state: Scan = START

  constructor(
    private readonly session: Session,
    private readonly lines: Lines,
    private readonly interactive: boolean
  ) {}

  /** Reads to the end; whether there was no error. */
  run(): boolean {
    const { interactive, lines, session } = this
    while (this.errors === 0 || !session.settings.bail || interactive) {
      if (interactive) session.print(this.sql === "" ? MAIN_PROMPT : MORE_PROMPT)
      const line = lines.next()
      if (line === undefined) {
        if (interactive) session.print("\n")
        break
      }
      if (!this.take(line.replace(/\r$/, ""))) return this.errors === 0
    }
    if (this.sql !== "" && (this.errors === 0 || !session.settings.bail)) this.runSql()
    return this.errors === 0
  }

  /** Deals with a line; false when it ends the input. */
  private take(given: string): boolean {
    let line = given
    if (this.state.inside === "" && this.sql !== "" && isTerminator(line) && isComplete(`${this.sql};`)) line = ";"
    this.state = scan(line, this.state)
    if (this.sql === "") {
      if (this.isBlank) {
        this.echo(line)
        this.state = START
        return true
      }
      if (line.startsWith(".") || line.startsWith("#")) return this.command(line)
      this.sql = line.trimStart()
      this.startLine = this.lines.count
    } else this.sql += `\n${line}`
    const complete = this.state.inside === "" && this.state.ended
    if (complete && isComplete(this.sql)) {
      this.echo(this.sql)
      this.runSql()
    } else if (this.isBlank) {
      this.echo(this.sql)
      this.sql = ""
      this.state = START
    }
    return true
  }

  private get isBlank(): boolean {
    return this.state.inside === "" && !this.state.dark
  }

  private command(line: string): boolean {
    this.echo(line)
    this.state = START
    if (!line.startsWith(".")) return true
    const outcome = runCommand(this.session, line)
    if (outcome === 1) this.errors++
    return outcome !== 2
  }

  private echo(text: string): void {
    if (this.session.settings.echo) this.session.print(`${text}\n`)
  }

  private runSql(): void {
    const { interactive, session, sql, startLine } = this
    this.sql = ""
    this.state = START
    try {
      session.execute(sql)
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      this.errors++
      const kind = error.stage === "prepare" ? "Parse error" : "Runtime error"
      session.complain(`${kind}${interactive ? "" : ` near line ${startLine}`}: ${error.message}${error.context}`)
    }
    if (!session.once) return
    session.once = false
    session.output = "stdout"
    session.streams.redirect(undefined)
  }
}

/** Reads all of a descriptor; whether there was no error. */
export const readInput = (session: Session, fd: number, interactive = false): boolean =>
  new Input(session, new Lines(session.streams, fd), interactive).run()

/** Reads a file; gives 0, or 1 after an error. */
export const readFile = (session: Session, args: ReadonlyArray<string>): number => {
  const [file] = args
  if (args.length !== 1) {
    session.complain("Usage: .read FILE")
    return 1
  }
  if (file.startsWith("|")) {
    session.complain("Error: pipes are not supported in this OS")
    return 1
  }
  let fd: number
  try {
    fd = session.streams.open(file, O_RDONLY)
  } catch (error) {
    if (!(error instanceof WasiFault)) throw error
    session.complain(`Error: cannot open "${file}"`)
    return 1
  }
  if (session.depth >= MAX_DEPTH) {
    session.complain(`Input nesting limit (${MAX_DEPTH}) reached at line 1. Check recursion.`)
    session.streams.close(fd)
    return 1
  }
  session.depth++
  try {
    return readInput(session, fd) ? 0 : 1
  } finally {
    session.depth--
    session.streams.close(fd)
  }
}
