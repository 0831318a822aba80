/** What a script leaves in the history, when it has switched that on. */
import type { Statement } from "unbash"
import type { Shell } from "../state/shell.ts"
import { joined } from "./joining.ts"
import { historyRules, historySize } from "./settings.ts"

const enter = (shell: Shell, line: string): boolean =>
  line !== "" && shell.history.enter(line, Math.floor(Date.now() / 1000), historyRules(shell), historySize(shell))

/** Takes note of the lines of a script as its statements come to be run, each command once. */
export class ScriptLines {
  /** Where the next line begins that has not been seen. */
  private seen = 0

  constructor(private readonly source: string, private readonly statements: ReadonlyArray<Statement>) {}

  /** Lines without a command: comments. */
  only(shell: Shell): void {
    if (!shell.options.has("history")) return
    for (const line of this.source.split("\n")) enter(shell, line)
  }

  /** Everything up to the end of the lines in which a statement stands; kept if the history is on. */
  reach(shell: Shell, index: number): void {
    const { pos } = this.statements[index]
    if (pos < this.seen) return
    const start = this.source.lastIndexOf("\n", pos - 1) + 1
    const before = this.source.slice(this.seen, Math.max(this.seen, start))
    const end = this.endOf(index)
    this.seen = end + 1
    shell.history.hasCurrent = false
    if (!shell.options.has("history")) return
    for (const line of before.split("\n")) enter(shell, line)
    const [first, ...more] = this.source.slice(start, end).split("\n")
    const entered = enter(shell, first)
    shell.history.hasCurrent = entered && more.length === 0
    if (!entered || more.length === 0) return
    shell.history.replaceLast(more.reduce((kept, line) => line === "" ? kept : joined(shell, kept, line), first))
  }

  /** The end of the last line of a statement and of all that begin on its lines. */
  private endOf(index: number): number {
    const lineEnd = (at: number) => {
      const found = this.source.indexOf("\n", at)
      return found < 0 ? this.source.length : found
    }
    let end = lineEnd(this.statements[index].end)
    for (let next = index + 1; next < this.statements.length && this.statements[next].pos < end; next++) {
      end = Math.max(end, lineEnd(this.statements[next].end))
    }
    return end
  }
}
