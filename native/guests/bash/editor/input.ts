/**
 * Keys from what was typed and from macros. Sequences that have been bound come before those that the editor has by itself,
 * but a longer one before a shorter.
 */
import { decodeText } from "../text.ts"
import { decodeKey, type Key } from "./keys.ts"
import type { Binding, KeyTree } from "./readline.ts"
import type { EditorState } from "./state.ts"

/** Macros inside each other, as readline has it, and bytes of all that are under way. */
const MAX_MACROS = 16
const MAX_WAITING = 64 * 1024

/** A key that the editor knows, or one that was bound; `more` bytes are needed, or it may be another after some time. */
export type Next =
  | { readonly kind: "key"; readonly key: Key }
  | { readonly kind: "bound"; readonly binding: Binding | "none"; readonly text: string }
  | { readonly kind: "more" }
  | { readonly kind: "ambiguous" }

interface Match {
  readonly binding: Binding | "none" | undefined
  readonly end: number
  /** The bytes end inside a sequence. */
  readonly isOpen: boolean
}

const matchAt = (bytes: Uint8Array, at: number, tree: KeyTree): Match => {
  let binding: Match["binding"]
  let end = at
  let node: KeyTree | undefined = tree
  for (let place = at;; place++) {
    if (place === bytes.length) return { binding, end, isOpen: node.next.size > 0 }
    node = node.next.get(bytes[place])
    if (node === undefined) return { binding, end, isOpen: false }
    if (node.binding !== undefined) {
      binding = node.binding
      end = place + 1
    }
  }
}

/** Text as far as no key of it has been bound. */
const textBefore = (bytes: Uint8Array, at: number, end: number, tree: KeyTree): number => {
  for (let place = at + 1; place < end; place++) {
    if ((bytes[place] & 0xc0) !== 0x80 && tree.next.has(bytes[place])) return place
  }
  return end
}

export class KeyInput {
  private at = 0
  /** How many bytes are left where each macro under way ends. */
  private ends: Array<number> = []
  /** Bytes that were typed last, and how many of them are left: behind all that is from macros. */
  private typed = 0
  private typedLeft = 0

  constructor(private bytes: Uint8Array) {}

  private get left(): number {
    return this.bytes.length - this.at
  }

  /** What was typed. */
  add(typed: Uint8Array): void {
    this.ends = this.ends.map((end) => end + typed.length)
    this.bytes = this.left === 0 ? typed : Buffer.concat([this.bytes.subarray(this.at), typed])
    this.at = 0
    this.typed = this.typedLeft = typed.length
  }

  private advance(to: number): void {
    this.at = to
    this.typedLeft = Math.min(this.typedLeft, this.left)
  }

  /** The keys of a macro come first; false when there are too many inside each other. */
  push(keys: string): boolean {
    if (this.ends.length >= MAX_MACROS || this.left + keys.length > MAX_WAITING) {
      this.advance(this.bytes.length - (this.ends[0] ?? this.left))
      this.ends = []
      return false
    }
    this.ends.push(this.left)
    this.bytes = Buffer.concat([Buffer.from(keys, "latin1"), this.bytes.subarray(this.at)])
    this.at = 0
    return true
  }

  /** Keeps what was typed last; how many bytes that is. */
  take(): number {
    const { typed } = this
    this.typed = this.typedLeft = 0
    return typed
  }

  /** Leaves what is left of the bytes that were typed last to others; how many of them have been used. */
  release(): number {
    const kept = this.typedLeft
    this.bytes = this.bytes.subarray(0, this.bytes.length - kept)
    this.ends = this.ends.map((end) => Math.max(0, end - kept))
    return this.take() - kept
  }

  /** What has not been taken. */
  rest(): Uint8Array {
    return this.bytes.slice(this.at)
  }

  /** The next key. `hurried`: nothing has followed for some time. */
  next(state: EditorState, tree: KeyTree, hurried: boolean): Next {
    while (this.ends.length > 0 && this.left <= this.ends.at(-1)!) this.ends.pop()
    const { at, bytes } = this
    const key = decodeKey(bytes, at, state.pasting)
    const isPlain = tree.next.size === 0 || at >= bytes.length || state.pasting || state.quoting || state.prefix
    if (isPlain) {
      if (key === undefined) return { kind: "more" }
      this.advance(key.end)
      return { kind: "key", key: key.key }
    }
    const match = matchAt(bytes, at, tree)
    const isWhole = match.binding !== undefined || key !== undefined
    if (!hurried && (match.isOpen || (match.binding !== undefined && key === undefined))) {
      return { kind: isWhole ? "ambiguous" : "more" }
    }
    if (match.binding !== undefined) {
      const isKnown = key !== undefined && key.key.name !== "text" && key.key.name !== "unknown"
      if (!isKnown || key.end <= match.end) {
        this.advance(match.end)
        return { kind: "bound", binding: match.binding, text: decodeText(bytes.subarray(at, match.end)) }
      }
    }
    if (key === undefined) return { kind: "more" }
    const end = key.key.name === "text" ? textBefore(bytes, at, key.end, tree) : key.end
    this.advance(end)
    return { kind: "key", key: end === key.end ? key.key : { name: "text", text: decodeText(bytes.subarray(at, end)) } }
  }
}
