/** The main input: the files of the command line one after the other, with assignments between them. */
import type { Records } from "./records.ts"
import { Records as RecordReader } from "./records.ts"
import type { Pending, Runtime } from "./runtime.ts"
import type { AwkArray } from "./values.ts"
import { Fatal } from "./values.ts"

export interface FileRules {
  readonly begin: () => Pending<unknown>
  readonly end: () => Pending<unknown>
  /** Rules for each file may pass one over that cannot be opened. */
  readonly any: boolean
}

const ASSIGNMENT = /^([A-Za-z_]\w*)=([\s\S]*)$/

export class MainInput {
  private current: Records | undefined
  private position = 1
  private files = 0
  private done = false
  /** 2 when something could not be read. */
  status = 0

  constructor(
    private readonly runtime: Runtime,
    private readonly argv: () => AwkArray,
    private readonly count: () => number,
    private readonly assign: (name: string, value: string) => void,
    private readonly rules: FileRules
  ) {}

  /** The text of the next record; undefined when there is none. */
  next(): Pending<string | undefined> {
    const { current, runtime } = this
    if (current === undefined) return this.slowly()
    const text = current.next(runtime.terminator)
    if (text instanceof Promise || text === undefined) return this.slowly(text)
    runtime.rt = current.terminator
    return text
  }

  private async slowly(pending?: Promise<string | undefined>): Promise<string | undefined> {
    const { runtime } = this
    for (let text = await pending;;) {
      if (text !== undefined) {
        runtime.rt = this.current!.terminator
        return text
      }
      await this.skip()
      if (!await this.open()) return undefined
      try {
        text = await this.current!.next(runtime.terminator)
      } catch (error) {
        await this.complain(error)
        text = undefined
      }
    }
  }

  private async complain(error: unknown): Promise<void> {
    const { context, filename } = this.runtime
    await context.complain(
      `warning: error reading input file \`${this.runtime.text(filename)}': ${context.reason(error)}`
    )
    this.status = 2
  }

  /** Leaves the current file. */
  async skip(): Promise<void> {
    const { current } = this
    if (current === undefined) return
    await this.rules.end()
    this.current = undefined
    await current.close()
  }

  /** Opens the next file; false when there is none. */
  private async open(): Promise<boolean> {
    while (!this.done) {
      const name = this.following()
      if (name === undefined) {
        this.done = true
        break
      }
      const assignment = ASSIGNMENT.exec(name)
      if (assignment !== null) {
        this.assign(assignment[1], assignment[2])
        continue
      }
      this.files++
      if (await this.enter(name)) return true
    }
    if (this.files > 0) return false
    this.files++
    return this.enter("-")
  }

  private following(): string | undefined {
    while (this.position < this.count()) {
      const key = String(this.position++)
      const argv = this.argv()
      const name = argv.has(key) ? this.runtime.text(argv.get(key)) : ""
      if (name !== "") return name
    }
    return undefined
  }

  private async enter(name: string): Promise<boolean> {
    const { context } = this.runtime
    this.runtime.filename = name === "-" ? "" : name
    this.runtime.fnr = 0
    try {
      if (name !== "-" && !name.startsWith("/dev/")) {
        const { type } = await context.sys("stat", context.path(name))
        if (type === "directory") {
          await context.complain(`warning: command line argument \`${name}' is a directory: skipped`)
          return false
        }
      }
      this.current = new RecordReader(await context.open(name === "/dev/stdin" ? "-" : name))
    } catch (error) {
      const problem = `cannot open file \`${name}' for reading: ${context.reason(error)}`
      if (!this.rules.any) throw new Fatal(problem)
      await context.complain(`warning: ${problem}`)
      this.status = 2
      return false
    }
    await this.rules.begin()
    return true
  }
}
