/** The inputs of a script: JSON texts or lines, from files or standard input, as they come. */
import type { ProgramContext, Reader } from "../program.ts"
import type { Settings } from "./options.ts"
import { BadJson, JsonReader } from "./reader.ts"
import type { Value } from "./values.ts"
import { boundedText, wellFormed } from "./values.ts"

/** The values of a tree as jq streams them: paths with what is there, and where something ends. */
function* events(value: Value, path: ReadonlyArray<Value> = [], top = true): Generator<Value> {
  const entries: ReadonlyArray<readonly [Value, Value]> = Array.isArray(value)
    ? (value as ReadonlyArray<Value>).map((each, at) => [at, each] as const)
    : typeof value === "object" && value !== null && "entries" in value && !Array.isArray(value)
    ? (value as { entries: () => Array<[string, Value]> }).entries()
    : []
  if (entries.length === 0) yield [path, value]
  else {
    for (const [key, each] of entries) yield* events(each, [...path, key], false)
    yield [[...path, entries[entries.length - 1][0]]]
  }
  void top
}

export class Inputs {
  /** Files that could not be read, and texts that were no JSON, end with this code. */
  failed = 0
  filename: string | null = null
  private readonly json = new JsonReader()
  private readonly decoder = new TextDecoder()
  private readonly waiting: Array<string>
  private reader: Reader | undefined
  private done = false
  private readonly raw: boolean
  private lines: Array<string> = []
  private rest = ""
  private lineCount = 0
  private queue: Iterator<Value> | undefined
  private slurped = false

  constructor(private readonly context: ProgramContext, private readonly settings: Settings) {
    this.raw = settings.flags.has("raw-input")
    this.waiting = settings.files.length === 0 ? ["-"] : [...settings.files]
  }

  get line(): number {
    return this.raw ? this.lineCount : this.json.line
  }

  /** The next one; undefined at the end. Throws `BadJson`. */
  async next(): Promise<Value | undefined> {
    if (this.settings.flags.has("slurp")) return this.slurp()
    return this.settings.flags.has("stream") ? this.event() : this.one()
  }

  private async event(): Promise<Value | undefined> {
    for (;;) {
      const event = this.queue?.next()
      if (event !== undefined && event.done !== true) return event.value
      const value = await this.one()
      if (value === undefined) return undefined
      this.queue = events(value)
    }
  }

  private async slurp(): Promise<Value | undefined> {
    if (this.slurped) return undefined
    this.slurped = true
    if (this.raw) {
      let text = ""
      for (let piece = await this.text(); piece !== undefined; piece = await this.text()) {
        text = boundedText(text + piece)
      }
      return wellFormed(text)
    }
    const values: Array<Value> = []
    const next = () => this.settings.flags.has("stream") ? this.event() : this.one()
    for (let value = await next(); value !== undefined; value = await next()) {
      values.push(value)
      const tick = this.context.tick()
      if (tick !== undefined) await tick
    }
    return values
  }

  private async one(): Promise<Value | undefined> {
    if (this.raw) return this.rawLine()
    for (;;) {
      const found = this.json.next()
      if (found !== undefined) return found.value
      if (this.done) return undefined
      const text = await this.text()
      if (text === undefined) this.json.end()
      else this.json.add(text)
      if (text === undefined) this.done = true
    }
  }

  private async rawLine(): Promise<Value | undefined> {
    for (;;) {
      const line = this.lines.pop()
      if (line !== undefined) {
        this.lineCount++
        return line
      }
      if (this.done) return undefined
      const text = await this.text()
      if (text === undefined) {
        this.done = true
        if (this.rest !== "") this.lines = [this.rest]
        continue
      }
      const lines = (this.rest + text).split("\n")
      this.rest = boundedText(lines.pop()!)
      this.lines = lines.reverse()
    }
  }

  /** More text; undefined after the last file. */
  private async text(): Promise<string | undefined> {
    for (;;) {
      if (this.reader === undefined) {
        const name = this.waiting.shift()
        if (name === undefined) {
          const rest = this.decoder.decode()
          return rest === "" ? undefined : rest
        }
        await this.open(name)
        continue
      }
      try {
        const bytes = await this.reader.read()
        if (bytes !== undefined) return this.decoder.decode(bytes, { stream: true })
      } catch (error) {
        await this.blame(this.filename ?? "<stdin>", error)
      }
      await this.reader.close()
      this.reader = undefined
    }
  }

  private async open(name: string): Promise<void> {
    try {
      this.reader = await this.context.open(name)
      this.filename = this.settings.files.length === 0 ? null : name
    } catch (error) {
      await this.blame(name, error)
    }
  }

  private async blame(name: string, error: unknown): Promise<void> {
    await this.context.complain(`error: Could not open ${name}: ${this.context.reason(error)}`)
    this.failed = 2
  }

  /** After a text that was no JSON there is no more. */
  stop(): void {
    this.done = true
    this.waiting.length = 0
  }
}

export { BadJson }
