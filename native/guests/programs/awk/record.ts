/** The current record and its fields. They are cut when they are first asked for, and joined when the whole is. */
import { characters } from "../../bash/text.ts"
import type { Regex } from "../text/regex.ts"
import type { Value } from "./values.ts"
import { Fatal, Input } from "./values.ts"

const MAX_FIELDS = 10_000_000

/** How text is cut into fields. */
export type Separator =
  | { readonly kind: "blanks" | "characters" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "regex"; readonly regex: Regex; readonly newlines: boolean }
  /** What matches is a field. */
  | { readonly kind: "content"; readonly regex: Regex }
  | { readonly kind: "widths"; readonly widths: ReadonlyArray<number> }

const BLANKS = /[ \t\n]+/

/** The parts of a text; `seps` hears what was between them. */
export const cut = (text: string, by: Separator, seps?: Array<string>): Array<string> => {
  if (text === "") return []
  switch (by.kind) {
    case "blanks": {
      const trimmed = text.replace(/^[ \t\n]+|[ \t\n]+$/g, "")
      seps?.push(...trimmed.match(/[ \t\n]+/g) ?? [])
      return trimmed === "" ? [] : trimmed.split(BLANKS)
    }
    case "characters":
      return Array.from(characters(text))
    case "text": {
      const parts = text.split(by.text)
      seps?.push(...Array.from({ length: parts.length - 1 }, () => by.text))
      return parts
    }
    case "regex":
      return cutByRegex(text, by.regex, seps)
    case "content":
      return contents(text, by.regex, seps)
    case "widths": {
      const parts: Array<string> = []
      let at = 0
      for (const width of by.widths) {
        if (at >= text.length) break
        parts.push(text.slice(at, at + width))
        at += width
      }
      return parts
    }
  }
}

const cutByRegex = (text: string, regex: Regex, seps: Array<string> | undefined): Array<string> => {
  const parts: Array<string> = []
  let start = 0
  for (let at = 0; at <= text.length;) {
    const span = regex.find(text, at)
    if (span === undefined) break
    if (span.end === span.start) {
      at = span.end + 1
      continue
    }
    parts.push(text.slice(start, span.start))
    seps?.push(text.slice(span.start, span.end))
    start = at = span.end
    if (parts.length > MAX_FIELDS) throw new Fatal("too many fields")
  }
  parts.push(text.slice(start))
  return parts
}

/** Fields by what they consist of. An empty match that touches the field before it is none. */
const contents = (text: string, regex: Regex, seps: Array<string> | undefined): Array<string> => {
  const parts: Array<string> = []
  let last = -1
  for (let at = 0; at <= text.length;) {
    const span = regex.find(text, at)
    if (span === undefined) break
    if (span.start === span.end && span.start === last) {
      at = span.start + 1
      continue
    }
    if (last >= 0) seps?.push(text.slice(last, span.start))
    parts.push(text.slice(span.start, span.end))
    at = last = span.end
  }
  return parts
}

export class CurrentRecord {
  private whole = ""
  /** The whole has changed since the fields were cut; the fields since the whole was joined. */
  private uncut = false
  private unjoined = false
  private fields: Array<Value> = []
  /** The record as a value, made once. */
  private value: Input | undefined

  constructor(
    private readonly separator: () => Separator,
    private readonly joiner: () => string,
    private readonly text: (value: Value) => string
  ) {}

  set(text: string): void {
    this.whole = text
    this.value = undefined
    this.uncut = true
    this.unjoined = false
  }

  /** Cuts by the separator of now, before it changes. */
  settle(): void {
    if (!this.uncut) return
    this.uncut = false
    this.fields = cut(this.whole, this.separator())
  }

  get all(): string {
    if (this.unjoined) {
      this.whole = this.fields.map((field) => typeof field === "string" ? field : this.text(field)).join(this.joiner())
      this.unjoined = false
      this.value = undefined
    }
    return this.whole
  }

  get count(): number {
    this.settle()
    return this.fields.length
  }

  set count(count: number) {
    this.settle()
    if (!(count >= 0)) throw new Fatal("NF set to negative value")
    if (count > MAX_FIELDS) throw new Fatal(`NF set to more than ${MAX_FIELDS}`)
    while (this.fields.length < count) this.fields.push("")
    this.fields.length = count
    this.unjoined = true
  }

  get(number: number): Value {
    const index = Math.trunc(number)
    if (index === 0) return this.value ??= new Input(this.all)
    if (!(index > 0)) throw new Fatal(`attempt to access field ${number}`)
    this.settle()
    const field = this.fields[index - 1]
    // cut fields are plain text until they are used
    return typeof field === "string" ? this.fields[index - 1] = new Input(field) : field
  }

  /** The text of a field, without more than that. */
  getText(number: number): string {
    const index = Math.trunc(number)
    if (index === 0) return this.all
    if (!(index > 0)) throw new Fatal(`attempt to access field ${number}`)
    this.settle()
    const field = this.fields[index - 1]
    return typeof field === "string" ? field : field instanceof Input ? field.text : this.text(field)
  }

  put(number: number, value: Value): void {
    const index = Math.trunc(number)
    if (index === 0) return this.set(this.text(value))
    if (!(index > 0)) throw new Fatal(`attempt to access field ${number}`)
    if (index > MAX_FIELDS) throw new Fatal(`attempt to access field ${number}`)
    this.settle()
    while (this.fields.length < index) this.fields.push("")
    // a string that is assigned does not look like a number
    this.fields[index - 1] = typeof value === "string" ? new Assigned(value) : value
    this.unjoined = true
  }
}

/** A string that a program has put into a field. */
class Assigned extends Input {
  override get number(): number | undefined {
    return undefined
  }
}
