/** What an interactive shell remembers from one line to the next, besides its history. */
import type { ExpansionMemory } from "../history/expansion.ts"

export class Conversation {
  /** How many commands have been read. */
  commands = 0
  /** The command at which it was last said that there are stopped jobs: the next `exit` ends the shell. */
  warnedAt = -1
  /** Ends of input in a row, for `ignoreeof`. */
  ends = 0
  /** What `!` refers to besides the history. */
  readonly expansion: ExpansionMemory = { from: "", to: "", matched: "" }
  /** What was cut in the lines so far, and searched for. */
  kills: ReadonlyArray<string> = []
  lastSearch = ""
  /** Keys of a macro that has ended a line before its own end. */
  waiting: Uint8Array = new Uint8Array(0)
}
