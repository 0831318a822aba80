/** Lines one at a time, and programs that go through their inputs so. */
import type { LineReader, ProgramContext } from "../program.ts"
import { eachInput } from "./stream.ts"

/** One line at a time of a batching reader. */
export class Lines {
  private batch: Array<string> = []
  private at = 0
  constructor(private readonly reader: LineReader) {}

  /** The line just given was the last and had no end. */
  get unterminated(): boolean {
    return this.reader.unterminated && this.at >= this.batch.length
  }

  async next(): Promise<string | undefined> {
    if (this.at >= this.batch.length) {
      const batch = await this.reader.next()
      if (batch === undefined) return undefined
      this.batch = batch
      this.at = 0
    }
    return this.batch[this.at++]
  }
}

/** Prints what `change` makes of each line of the inputs; the last one ends as it did. */
export const mapLines = (
  context: ProgramContext,
  names: ReadonlyArray<string>,
  change: (text: string) => string
): Promise<number> =>
  eachInput(context, names, async (reader) => {
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      const text = batch.map(change).join("\n")
      await context.stdout.write(lines.unterminated ? text : `${text}\n`)
    }
  })
