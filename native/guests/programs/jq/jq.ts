/** jq: the language of 1.7 on JSON texts. */
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { SyntaxProblem } from "./ast.ts"
import { Compiler } from "./compile.ts"
import { toText } from "./formats.ts"
import { Inputs } from "./inputs.ts"
import type { Layout } from "./json.ts"
import { serialize } from "./json.ts"
import { library } from "./library.ts"
import type { Node } from "./machine.ts"
import { Break, Machine } from "./machine.ts"
import { memoryIsLow } from "./memory.ts"
import type { Settings } from "./options.ts"
import { CommandLine, USAGE, Version } from "./options.ts"
import { Parser } from "./parser.ts"
import { BadJson } from "./reader.ts"
import type { Value } from "./values.ts"
import { OutOfBounds, truthy } from "./values.ts"

/** Steps between two looks at the clock. */
const STEPS = 200
/** Looks at the clock between two at the memory. */
const LOOKS_PER_MEMORY = 200
const excerpt = (script: string): string => script.length > 500 ? `${script.slice(0, 500)}...` : script

class Run {
  private readonly machine = new Machine()
  private readonly inputs: Inputs
  private readonly node: Node
  private readonly layout: Layout
  private readonly said: Array<string> = []
  private looks = 0
  private status = 0
  /** What was last printed, for `-e`. */
  private last: Value | undefined

  constructor(private readonly context: ProgramContext, private readonly settings: Settings) {
    const { flags, indent } = settings
    this.inputs = new Inputs(context, settings)
    this.layout = {
      indent: indent === "tab" ? "\t" : indent === 0 ? undefined : " ".repeat(indent),
      sorted: flags.has("sort-keys"),
      ascii: flags.has("ascii-output"),
      colored: flags.has("color-output") && !flags.has("monochrome-output")
    }
    this.node = this.compile()
  }

  private compile(): Node {
    const { script = ".", variables } = this.settings
    const around = {
      filename: () => this.inputs.filename,
      line: () => this.inputs.line,
      say: (text: string) => void this.said.push(text)
    }
    try {
      const { defs, main } = Parser.program(script)
      const whole = defs.reduceRight((rest, def) => ({ kind: "def" as const, def, rest }), main)
      return new Compiler(library(variables, around)).compile(whole, undefined)
    } catch (error) {
      const problem = error instanceof RangeError ? new SyntaxProblem("the script is nested too deeply", 1) : error
      if (!(problem instanceof SyntaxProblem)) throw error
      const hint = problem.message.startsWith("syntax error") ? " (Unix shell quoting issues?)" : ""
      throw new ProgramFailure(
        `error: ${problem.message}${hint} at <top-level>, line ${problem.line}:\n${
          excerpt(script)
        }\njq: 1 compile error`,
        3
      )
    }
  }

  async run(): Promise<number> {
    const nothing = this.settings.flags.has("null-input")
    for (let first = true;; first = false) {
      let input: Value | undefined = null
      if (!nothing || !first) {
        if (nothing) break
        try {
          input = await this.inputs.next()
        } catch (error) {
          if (!(error instanceof BadJson)) throw error
          await this.badInput(error)
          break
        }
      }
      if (input === undefined) break
      // only how the last input went counts
      this.status = 0
      this.machine.begin(this.node, undefined, input)
      const halted = await this.process()
      if (halted !== undefined) return halted
    }
    return this.exitStatus()
  }

  private exitStatus(): number {
    if (this.inputs.failed !== 0) return this.inputs.failed
    if (this.status !== 0) return this.status
    if (!this.settings.flags.has("exit-status")) return 0
    return this.last === undefined ? 4 : truthy(this.last) ? 0 : 1
  }

  private async badInput(error: BadJson): Promise<void> {
    this.inputs.stop()
    this.status = 2
    await this.context.stdout.flush()
    await this.context.stderr.write(`jq: error (at ${this.place}): ${error.message}\n`)
    await this.context.stderr.flush()
  }

  private get place(): string {
    const { line } = this.inputs
    if (this.settings.flags.has("null-input") && line === 0) return "<unknown>"
    return `${this.inputs.filename ?? "<stdin>"}:${line}`
  }

  /** Runs the script on one input; the exit code when it halts all. */
  private async process(): Promise<number | undefined> {
    const { context, machine } = this
    for (;;) {
      const stop = machine.run(STEPS)
      if (this.said.length > 0) await this.tell()
      const tick = context.tick()
      if (tick !== undefined) await tick
      if (++this.looks % LOOKS_PER_MEMORY === 0 && memoryIsLow()) throw new OutOfBounds("memory exhausted")
      switch (stop) {
        case "steps":
          break
        case "output": {
          const pending = this.print(machine.value)
          if (pending !== undefined) await pending
          break
        }
        case "input":
          await this.feed()
          break
        case "error":
          await this.uncaught()
          return undefined
        case "halt":
          return this.halt()
        default:
          return undefined
      }
    }
  }

  private async feed(): Promise<void> {
    try {
      this.machine.give(await this.inputs.next())
    } catch (error) {
      if (!(error instanceof BadJson)) throw error
      await this.badInput(error)
      this.machine.give(undefined)
    }
  }

  private async tell(): Promise<void> {
    await this.context.stdout.flush()
    await this.context.stderr.write(this.said.splice(0).join(""))
    await this.context.stderr.flush()
  }

  private print(value: Value): Promise<void> | undefined {
    const { context: { stdout }, settings: { flags } } = this
    this.last = value
    const raw = flags.has("raw-output") || flags.has("join-output") || flags.has("raw-output0")
    const text = raw && typeof value === "string" && !flags.has("ascii-output") ? value : serialize(value, this.layout)
    const end = flags.has("raw-output0") ? "\0" : flags.has("join-output") ? "" : "\n"
    const pending = stdout.write(`${flags.has("seq") ? "\x1e" : ""}${text}${end}`)
    return flags.has("unbuffered") ? stdout.flush() : pending
  }

  private async uncaught(): Promise<void> {
    const { error } = this.machine
    this.status = 5
    const value = error instanceof Break || error === undefined ? "break" : error.value
    const text = typeof value === "string" ? `: ${value}` : ` (not a string): ${serialize(value)}`
    await this.context.stdout.flush()
    await this.context.stderr.write(`jq: error (at ${this.place})${text}\n`)
    await this.context.stderr.flush()
  }

  private async halt(): Promise<number> {
    const { message, status } = this.machine.halted!
    if (message !== undefined) {
      await this.context.stdout.flush()
      await this.context.stderr.write(typeof message === "string" ? message : `${toText(message)}\n`)
    }
    return status
  }
}

export const jq: Program = async (context) => {
  let settings: Settings
  try {
    settings = await new CommandLine(context).run()
  } catch (error) {
    if (!(error instanceof Version)) throw error
    await context.stdout.line("jq-1.7.1")
    return 0
  }
  if (settings.script === undefined) {
    await context.stderr.write(USAGE)
    return 2
  }
  try {
    return await new Run(context, settings).run()
  } catch (error) {
    if (!(error instanceof OutOfBounds || error instanceof RangeError)) throw error
    const reason = error instanceof OutOfBounds ? error.message : "the values are nested too deeply"
    throw new ProgramFailure(`error: ${reason}`, 5)
  }
}
