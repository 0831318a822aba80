/** The lines that sed edits, over all its files, with a look ahead to know the last one. */
import type { ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"

export interface Line {
  readonly text: string
  /** It ends with a newline. */
  readonly ended: boolean
}

export class Input {
  private batch: ReadonlyArray<string> = []
  private at = 0
  private reader: Reader | undefined
  private lines: ReturnType<Reader["lines"]> | undefined
  private next = 0
  /** The name of the file of the current line. */
  name = "-"
  number = 0
  status = 0

  constructor(
    private readonly context: ProgramContext,
    private readonly names: ReadonlyArray<string>,
    private readonly delimiter: number
  ) {}

  /** Makes sure that the next line is at hand, if there is one. */
  private fill(): boolean | Promise<boolean> {
    return this.at < this.batch.length ? true : this.load()
  }

  private async load(): Promise<boolean> {
    for (;;) {
      const batch = await this.lines?.next().catch(async (error: unknown) => {
        await this.complain(`read error on ${this.name}`, error)
        return undefined
      })
      if (batch !== undefined) {
        this.batch = batch
        this.at = 0
        return true
      }
      await this.reader?.close()
      this.reader = undefined
      this.lines = undefined
      if (this.next >= this.names.length) return false
      const name = this.names[this.next++]
      try {
        const { type } = name === "-" || name.startsWith("/dev/")
          ? { type: "file" }
          : await this.context.sys("stat", this.context.path(name))
        if (type === "directory") {
          throw new ProgramFailure(`read error on ${name}: Is a directory`, 4)
        }
        this.reader = await this.context.open(name)
        this.lines = this.reader.lines(this.delimiter)
        this.name = name
      } catch (error) {
        if (error instanceof ProgramFailure) throw error
        await this.complain(`can't read ${name}`, error)
      }
    }
  }

  private async complain(subject: string, error: unknown): Promise<void> {
    await this.context.blame(subject, error)
    this.status = 2
  }

  read(): Line | undefined | Promise<Line | undefined> {
    const filled = this.fill()
    return typeof filled === "boolean" ? this.take() : filled.then((there) => there ? this.take() : undefined)
  }

  private take(): Line {
    const text = this.batch[this.at++]
    this.number++
    return { text, ended: !(this.lines?.unterminated === true && this.at >= this.batch.length) }
  }

  isLast(): boolean | Promise<boolean> {
    const filled = this.fill()
    return typeof filled === "boolean" ? !filled : filled.then((there) => !there)
  }
}
