/** Records of a stream: lines, paragraphs, or what a character or an expression separates. */
import { decodeText } from "../../bash/text.ts"
import type { Reader } from "../program.ts"
import type { Regex } from "../text/regex.ts"
import { Fatal } from "./values.ts"

/** What ends a record. */
export type Terminator =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paragraph" }
  | { readonly kind: "regex"; readonly regex: Regex }

/** Characters of one record. */
const MAX_RECORD = 64 * 1024 * 1024

interface Found {
  readonly text: string
  readonly end: string
}

/** Bytes at the end that begin a character and do not complete it. */
const incomplete = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
  }
  return 0
}

export class Records {
  private text = ""
  private at = 0
  private ended = false
  private rest: Uint8Array = new Uint8Array(0)
  /** What ended the last record. */
  terminator = ""

  constructor(private readonly reader: Reader) {}

  /** The next record; undefined at the end. A promise when more must be read. */
  next(by: Terminator): string | undefined | Promise<string | undefined> {
    const found = this.find(by)
    return found === undefined && !this.ended ? this.more(by) : this.take(found)
  }

  close(): Promise<void> | undefined {
    return this.reader.close()
  }

  private take(found: Found | undefined): string | undefined {
    this.terminator = found?.end ?? ""
    return found?.text
  }

  private async more(by: Terminator): Promise<string | undefined> {
    for (;;) {
      await this.fill()
      const found = this.find(by)
      if (found !== undefined || this.ended) return this.take(found)
    }
  }

  private async fill(): Promise<void> {
    const chunk = await this.reader.read()
    const kept = this.text.slice(this.at)
    this.at = 0
    if (chunk === undefined) {
      this.text = kept + decodeText(this.rest)
      this.rest = new Uint8Array(0)
      this.ended = true
      return
    }
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    const cut = bytes.length - incomplete(bytes)
    // a copy: the chunk is a view of what others use again
    this.rest = bytes.slice(cut)
    this.text = kept + decodeText(bytes.subarray(0, cut))
    if (this.text.length > MAX_RECORD) throw new Fatal(`record above ${MAX_RECORD} characters`)
  }

  private find(by: Terminator): Found | undefined {
    const { text } = this
    if (by.kind === "paragraph") return this.paragraph()
    if (this.at >= text.length) return undefined
    if (by.kind === "text") {
      const end = text.indexOf(by.text, this.at)
      return end < 0 ? this.last() : this.cut(end, end + by.text.length)
    }
    const span = by.regex.find(text, this.at)
    if (span === undefined || span.end === span.start) return this.last()
    // what reaches the end may go on in what follows
    if (span.end === text.length && !this.ended) return undefined
    return this.cut(span.start, span.end)
  }

  private cut(end: number, next: number): Found {
    const found = { text: this.text.slice(this.at, end), end: this.text.slice(end, next) }
    this.at = next
    return found
  }

  /** What has no terminator, at the end. */
  private last(): Found | undefined {
    if (!this.ended) return undefined
    const end = this.text.length
    // a newline at the very end is not part of the last record, whatever separates records
    return this.cut(end, end)
  }

  /** Records between blank lines; those at the beginning do not count. */
  private paragraph(): Found | undefined {
    while (this.text[this.at] === "\n") this.at++
    if (this.at >= this.text.length) return undefined
    const end = this.text.indexOf("\n\n", this.at)
    if (end < 0) {
      if (!this.ended) return undefined
      const stop = this.text.endsWith("\n") ? this.text.length - 1 : this.text.length
      return this.cut(stop, this.text.length)
    }
    let next = end + 2
    while (this.text[next] === "\n") next++
    if (next === this.text.length && !this.ended) return undefined
    return this.cut(end, next)
  }
}
