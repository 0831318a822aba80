/** What programs have set at a terminal and not put back: the cursor hidden, another screen, marks around what is pasted. */

/** Modes that are on to begin with. */
const initiallyOn: ReadonlySet<number> = new Set([7, 25])
/** Modes that are looked after; at most so many. */
const MAX_MODES = 64
/** Longest piece of a sequence that is kept until its rest comes. */
const MAX_PIECE = 64

const sequence = /\x1b\[\?([\d;]+)([hl])/g

export class Modes {
  private readonly changed = new Map<number, boolean>()
  private rest = ""
  private coloured = false
  private keypad = false

  /** Takes notice of what is shown. */
  see(bytes: Uint8Array): void {
    // only what steers the terminal counts, which is ASCII
    const text = this.rest + Buffer.from(bytes).toString("latin1")
    for (const [, numbers, end] of text.matchAll(sequence)) {
      for (const number of numbers.split(";").map(Number)) this.set(number, end === "h")
    }
    if (text.includes("\x1b[")) this.coloured = true
    const keypad = Math.max(text.lastIndexOf("\x1b="), text.lastIndexOf("\x1b>"))
    if (keypad >= 0) this.keypad = text[keypad + 1] === "="
    const open = text.lastIndexOf("\x1b")
    this.rest = open >= 0 && text.length - open < MAX_PIECE && !/^\x1b(?:\[[^@-~]*[@-~]|[^[])/.test(text.slice(open))
      ? text.slice(open)
      : ""
  }

  private set(number: number, on: boolean): void {
    if (on === initiallyOn.has(number)) this.changed.delete(number)
    else if (this.changed.size < MAX_MODES) this.changed.set(number, on)
  }

  /** What brings the terminal back to where it was; empty when it is there. */
  get undo(): string {
    const modes = Array.from(this.changed, ([number, on]) => `\x1b[?${number}${on ? "l" : "h"}`).reverse().join("")
    return modes + (this.keypad ? "\x1b>" : "") + (this.coloured ? "\x1b[0m" : "")
  }
}
