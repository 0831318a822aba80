/**
 * Values that nobody but the tool may see, kept out of what is written down about a call.
 *
 * @since 0.1.0
 */

const REDACTED = "[redacted]"

/**
 * A value with those of some keys left out, at any depth.
 *
 * @since 0.1.0
 * @category conversions
 */
export const redacted = (value: unknown, keys: ReadonlyArray<string>): unknown => {
  if (keys.length === 0 || typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map((item) => redacted(item, keys))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, keys.includes(key) ? REDACTED : redacted(item, keys)])
  )
}

/**
 * An edited value of which only what is redacted was shown to the editor: what was left as it was shown is what it was.
 *
 * @since 0.1.0
 * @category conversions
 */
export const restored = (edited: unknown, original: unknown, keys: ReadonlyArray<string>): unknown => {
  if (keys.length === 0 || typeof edited !== "object" || edited === null) return edited
  const within = (key: string | number): unknown =>
    typeof original === "object" && original !== null && Object.hasOwn(original, key)
      ? (original as Record<string | number, unknown>)[key]
      : undefined
  if (Array.isArray(edited)) return edited.map((item, index) => restored(item, within(index), keys))
  return Object.fromEntries(
    Object.entries(edited).map(([key, item]) => {
      const before = within(key)
      const unchanged = item === REDACTED && keys.includes(key) && before !== undefined
      return [key, unchanged ? before : restored(item, before, keys)]
    })
  )
}

/** A run of so many characters of a longer value gives it away. */
const RUN = 8
/** UTF-16 units of values that are looked for; where there are more, nothing is told. */
const MAX_UNITS = 16_384
/** UTF-16 units of a text that are kept. */
const MAX_TEXT = 4096

/**
 * The values of redacted keys in the inputs of a call, to be hidden in texts about it: wherever one of them stands, as it
 * is or as JSON writes it, or a run of eight characters of one. Of objects below such a key the keys are hidden too.
 *
 * @since 0.1.0
 * @category models
 */
export class Secrets {
  private readonly short = new Set<string>()
  private readonly runs = new Set<string>()
  private units = 0

  constructor(inputs: ReadonlyArray<unknown>, private readonly keys: ReadonlyArray<string>) {
    if (keys.length > 0) { for (const input of inputs) this.search(input) }
  }

  private search(value: unknown): void {
    if (typeof value !== "object" || value === null) return
    for (const [key, item] of Object.entries(value)) {
      if (!Array.isArray(value) && this.keys.includes(key)) this.keep(item)
      else this.search(item)
    }
  }

  private keep(value: unknown): void {
    if (typeof value !== "object" || value === null) return this.add(String(value))
    for (const [key, item] of Object.entries(value)) {
      if (!Array.isArray(value)) this.add(key)
      this.keep(item)
    }
  }

  private add(text: string): void {
    this.addOne(text)
    const escaped = JSON.stringify(text).slice(1, -1)
    if (escaped !== text) this.addOne(escaped)
  }

  private addOne(text: string): void {
    this.units += text.length
    if (text === "" || this.units > MAX_UNITS) return
    if (text.length < RUN) this.short.add(text)
    else for (let at = 0; at + RUN <= text.length; at++) this.runs.add(text.slice(at, at + RUN))
  }

  /** A text without them, and not longer than 4,096 characters. */
  hide(text: string): string {
    if (this.keys.length === 0) return text.slice(0, MAX_TEXT)
    if (this.units > MAX_UNITS) return REDACTED
    // one that begins before the end is found whole
    const looked = text.slice(0, MAX_TEXT + RUN)
    const hidden = new Uint8Array(looked.length)
    for (const secret of this.short) {
      for (let at = looked.indexOf(secret); at >= 0; at = looked.indexOf(secret, at + 1)) {
        hidden.fill(1, at, at + secret.length)
      }
    }
    for (let at = 0; this.runs.size > 0 && at + RUN <= looked.length; at++) {
      if (this.runs.has(looked.slice(at, at + RUN))) hidden.fill(1, at, at + RUN)
    }
    let shown = ""
    for (let at = 0; at < Math.min(MAX_TEXT, looked.length); at++) {
      if (hidden[at] === 0) shown += looked[at]
      else if (at === 0 || hidden[at - 1] === 0) shown += REDACTED
    }
    return shown
  }
}
