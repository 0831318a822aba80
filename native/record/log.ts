/**
 * The log of a sidecar: everything that came into it from outside, in order, and a mark of everything that it did. With the
 * former it can be run again; with the latter the two runs are compared.
 */
import { createHash } from "node:crypto"

/** What comes in: bytes of a connection, its beginning and end, timers, turns of the event loop, workers and what they say. */
export type InputKind =
  | "open"
  | "bytes"
  | "ended"
  | "timer"
  | "later"
  | "acquired"
  | "refused"
  | "message"
/** What it does: bytes to a connection, and the state of a tree when its VM ends. */
export type OutputKind = "sent" | "closed" | "root"

export interface Entry {
  readonly kind: InputKind | OutputKind
  /** Which connection, timer or worker, counted from 0. */
  readonly index: number
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** The bytes that came, or the hash of what was said or done. */
  readonly body: Uint8Array
  /** What it was, in short. */
  readonly note: string
}

export interface Header {
  readonly version: number
  readonly sidecarId: string
  readonly seed: number
}

export const LOG_VERSION = 2
const MAGIC = "agent-os recording\n"
const MAX_HEADER = 64 * 1024
const MAX_NOTE = 120
const MAX_NOTE_BYTES = 255
/** The mark of the last entry, which tells what was before it. */
const END = 255
/** Longest recording, in bytes. */
export const MAX_LOG = 1024 * 1024 * 1024

const kinds: ReadonlyArray<Entry["kind"]> = [
  "open",
  "bytes",
  "ended",
  "timer",
  "later",
  "acquired",
  "refused",
  "message",
  "sent",
  "closed",
  "root"
]
const ENTRY_BYTES = 1 + 4 + 8 + 4 + 1

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export type LogFaultReason = "NotARecording" | "Version" | "CutOff" | "Damaged"

/** What is wrong with the bytes of a recording. */
export class LogFault {
  constructor(readonly reason: LogFaultReason, readonly detail: string) {}
}

export const hashOf = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest().subarray(0, 16))
}

const noteBytes = new Uint8Array(MAX_NOTE_BYTES)

/** Bytes of an entry; also what the hash of all events is made of. */
const encodeEntry = (mark: number, { body, index, note, time }: Omit<Entry, "kind">): Uint8Array => {
  // whole characters only: what is read must be what was written
  const { written } = encoder.encodeInto(note.slice(0, MAX_NOTE), noteBytes)
  const bytes = new Uint8Array(ENTRY_BYTES + written + body.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = mark
  view.setUint32(1, index, true)
  view.setBigUint64(5, time, true)
  view.setUint32(13, body.length, true)
  bytes[17] = written
  bytes.set(noteBytes.subarray(0, written), ENTRY_BYTES)
  bytes.set(body, ENTRY_BYTES + written)
  return bytes
}

/** Takes entries one by one; gives the whole at any time. */
export class LogWriter {
  private readonly parts: Array<Uint8Array> = []
  private bytes = 0
  private readonly hash = createHash("sha256")
  count = 0
  /** Whether the recording became too long; then it ends before. */
  overflow = false

  constructor(private readonly header: Header) {}

  append(entry: Entry): void {
    const bytes = encodeEntry(kinds.indexOf(entry.kind), entry)
    this.bytes += bytes.length
    if (this.bytes > MAX_LOG) this.overflow = true
    if (this.overflow) return
    this.hash.update(bytes)
    this.count++
    this.parts.push(bytes)
  }

  /** Of all events so far, as hexadecimal digits. */
  get eventHash(): string {
    return this.hash.copy().digest("hex")
  }

  /** `whole`: nothing more will come. */
  toBytes(whole: boolean): Uint8Array {
    const header = encoder.encode(`${MAGIC}${JSON.stringify(this.header)}\n`)
    const end = encodeEntry(END, {
      index: this.count,
      time: 0n,
      body: this.hash.copy().digest(),
      note: whole && !this.overflow ? WHOLE : "so far"
    })
    return new Uint8Array(Buffer.concat([header, ...this.parts, end]))
  }
}

const WHOLE = "whole"

export interface Log {
  readonly header: Header
  readonly entries: ReadonlyArray<Entry>
  /** Whether more may have happened than was recorded. */
  readonly whole: boolean
  /** Of all events as they were recorded, as hexadecimal digits. */
  readonly eventHash: string
}

interface Marked extends Omit<Entry, "kind"> {
  readonly mark: number
  readonly end: number
}

const decodeEntry = (bytes: Uint8Array, view: DataView, at: number, count: number): Marked => {
  const cutOff = () => new LogFault("CutOff", `the recording is cut off after event ${count - 1}`)
  if (at + ENTRY_BYTES > bytes.length) throw cutOff()
  const mark = bytes[at]
  if (mark !== END && kinds[mark] === undefined) throw damaged(`event ${count} is of no known kind`)
  const noteEnd = at + ENTRY_BYTES + bytes[at + 17]
  const end = noteEnd + view.getUint32(at + 13, true)
  if (end > bytes.length) throw cutOff()
  return {
    mark,
    index: view.getUint32(at + 1, true),
    time: view.getBigUint64(at + 5, true),
    note: decoder.decode(bytes.subarray(at + ENTRY_BYTES, noteEnd)),
    body: bytes.subarray(noteEnd, end),
    end
  }
}

const damaged = (how: string): LogFault => new LogFault("Damaged", `the recording is damaged: ${how}`)

/** Reads a recording; throws `LogFault`. Whether events were changed shows when they are run again. */
export const readLog = (bytes: Uint8Array): Log => {
  const text = decoder.decode(bytes.subarray(0, MAX_HEADER))
  const headerEnd = text.indexOf("\n", MAGIC.length)
  if (!text.startsWith(MAGIC) || headerEnd < 0) throw new LogFault("NotARecording", "this is no recording")
  const header = readHeader(text.slice(MAGIC.length, headerEnd))
  const entries: Array<Entry> = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = encoder.encode(text.slice(0, headerEnd + 1)).length;;) {
    const { end, mark, ...entry } = decodeEntry(bytes, view, at, entries.length)
    at = end
    if (mark !== END) {
      entries.push({ kind: kinds[mark], ...entry })
      continue
    }
    if (end !== bytes.length) throw damaged("there is something after its end")
    if (entry.index !== entries.length) throw damaged(`it has ${entries.length} events of ${entry.index}`)
    return { header, entries, whole: entry.note === WHOLE, eventHash: Buffer.from(entry.body).toString("hex") }
  }
}

const readHeader = (text: string): Header => {
  let header: Partial<Header> | null
  try {
    header = JSON.parse(text)
  } catch {
    throw damaged("its header cannot be read")
  }
  const { seed, sidecarId, version } = header ?? {}
  if (version !== LOG_VERSION) {
    throw new LogFault("Version", `the recording has version ${version}, this is ${LOG_VERSION}: record anew`)
  }
  if (typeof seed !== "number" || typeof sidecarId !== "string") throw damaged("its header lacks something")
  return { version, sidecarId, seed }
}
