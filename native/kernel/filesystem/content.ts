/**
 * File content: a size and chunks of at most 64 KiB, persistent like everything in a tree (see owner.ts).
 *
 * A missing chunk, or the part of a chunk beyond its length, reads as zeros. Data handed in is copied; data handed out
 * is a fresh array that nothing else refers to. The allocation is charged by the bytes in use; the buffer of a growing
 * chunk may have up to twice as many, so that appending line by line copies each byte only a few times.
 */
import type { Account, Owner } from "./owner.ts"
import { RadixTrie } from "./radix-trie.ts"
import { STEP_BYTES, type Steps } from "./steps.ts"

export const CHUNK_SIZE = 64 * 1024
/** Largest size of a file, as on ext4. Beyond it: EFBIG. */
export const MAX_FILE_SIZE = 2 ** 44

/** Chunks that are copied in the time of one step. */
const STEP_CHUNKS = STEP_BYTES / CHUNK_SIZE

/** Who changes content, and what that allocates: `bytes` goes up and down with the chunks of `owner.account`. */
export interface Allocation {
  readonly owner: Owner
  bytes: number
}

class Chunk {
  constructor(readonly owner: Owner, readonly bytes: Uint8Array, public length: number) {}
}

/** Slack up to which a shortened chunk keeps its buffer. */
const KEEP_BYTES = 64

export class Content {
  private constructor(
    private readonly owner: Owner | undefined,
    private bytes: number,
    private chunks: RadixTrie<Chunk>,
    private stored: number
  ) {}

  static readonly empty = new Content(undefined, 0, RadixTrie.empty<Chunk>(), 0)

  get size(): number {
    return this.bytes
  }

  /** Bytes held by chunks: the size less its holes. */
  get allocated(): number {
    return this.stored
  }

  /** Whether two contents are one and the same state, without looking at any byte. */
  static same(a: Content, b: Content): boolean {
    return a === b || (a.bytes === b.bytes && a.chunks === b.chunks)
  }

  private editable(owner: Owner): Content {
    return this.owner === owner ? this : new Content(owner, this.bytes, this.chunks, this.stored)
  }

  /** The bytes from `offset`, at most `length` of them. */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.bytes, offset + length)
    if (end <= offset) return new Uint8Array(0)
    const out = new Uint8Array(end - offset)
    for (let position = offset; position < end;) {
      const index = Math.floor(position / CHUNK_SIZE)
      const within = position - index * CHUNK_SIZE
      const wanted = Math.min(CHUNK_SIZE - within, end - position)
      const chunk = this.chunks.get(index)
      if (chunk !== undefined && chunk.length > within) {
        out.set(chunk.bytes.subarray(within, Math.min(chunk.length, within + wanted)), position - offset)
      }
      position += wanted
    }
    return out
  }

  /** What `write` of `length` bytes at `offset` would add to the allocation of `account`; may be negative. */
  cost(account: Account, offset: number, length: number): number {
    let cost = 0
    for (let position = offset; position < offset + length;) {
      const index = Math.floor(position / CHUNK_SIZE)
      const within = position - index * CHUNK_SIZE
      const wanted = Math.min(CHUNK_SIZE - within, offset + length - position)
      const chunk = this.chunks.get(index)
      cost += Math.max(chunk?.length ?? 0, within + wanted)
      if (chunk !== undefined && chunk.owner.account === account) cost -= chunk.length
      position += wanted
    }
    return cost
  }

  /** What `account` is charged for this content. */
  charged(account: Account): number {
    if (this.stored === 0) return 0
    let charged = 0
    this.chunks.forEach((chunk) => {
      if (chunk.owner.account === account) charged += chunk.length
    })
    return charged
  }

  private replace(allocation: Allocation, index: number, old: Chunk | undefined, chunk: Chunk): void {
    this.stored += chunk.length - (old?.length ?? 0)
    allocation.bytes += chunk.length
    if (old !== undefined && old.owner.account === allocation.owner.account) allocation.bytes -= old.length
    this.chunks = this.chunks.set(allocation.owner, index, chunk)
  }

  private writeChunk(allocation: Allocation, index: number, within: number, data: Uint8Array): void {
    const old = this.chunks.get(index)
    const end = within + data.length
    const length = Math.max(old?.length ?? 0, end)
    if (old !== undefined && old.owner === allocation.owner && old.bytes.length >= length) {
      if (within > old.length) old.bytes.fill(0, old.length, within)
      old.bytes.set(data, within)
      allocation.bytes += length - old.length
      this.stored += length - old.length
      old.length = length
      return
    }
    const growing = old !== undefined && length > old.length
    const bytes = new Uint8Array(growing ? Math.min(CHUNK_SIZE, Math.max(length, 2 * old.length)) : length)
    if (old !== undefined && (within > 0 || end < old.length)) bytes.set(old.bytes.subarray(0, old.length))
    bytes.set(data, within)
    this.replace(allocation, index, old, new Chunk(allocation.owner, bytes, length))
  }

  /** The content with a copy of `data` at `offset`; what lies between the end and `offset` reads as zeros. */
  write(allocation: Allocation, offset: number, data: Uint8Array): Content {
    if (data.length === 0) return this
    const content = this.editable(allocation.owner)
    for (let taken = 0; taken < data.length;) {
      const position = offset + taken
      const index = Math.floor(position / CHUNK_SIZE)
      const within = position - index * CHUNK_SIZE
      const length = Math.min(CHUNK_SIZE - within, data.length - taken)
      content.writeChunk(allocation, index, within, data.subarray(taken, taken + length))
      taken += length
    }
    content.bytes = Math.max(content.bytes, offset + data.length)
    return content
  }

  private dropFrom(allocation: Allocation, first: number): void {
    if (first === 0) {
      allocation.bytes -= this.charged(allocation.owner.account)
      this.chunks = RadixTrie.empty()
      this.stored = 0
      return
    }
    const gone: Array<number> = []
    this.chunks.forEach((chunk, index) => {
      gone.push(index)
      this.stored -= chunk.length
      if (chunk.owner.account === allocation.owner.account) allocation.bytes -= chunk.length
    }, first)
    for (const index of gone) this.chunks = this.chunks.delete(allocation.owner, index)
  }

  private shorten(allocation: Allocation, index: number, length: number): void {
    const old = this.chunks.get(index)
    if (old === undefined || old.length <= length) return
    // A mostly empty buffer is given back, or a guest could hold 64 KiB for one byte of its allowance.
    if (old.owner === allocation.owner && old.bytes.length <= 2 * length + KEEP_BYTES) {
      allocation.bytes -= old.length - length
      this.stored -= old.length - length
      old.length = length
    } else {
      this.replace(allocation, index, old, new Chunk(allocation.owner, old.bytes.slice(0, length), length))
    }
  }

  /** What `truncate` to `size` would add to the allocation of `account`: a shared chunk that is cut must be copied. */
  truncateCost(account: Account, size: number): number {
    const index = Math.floor(size / CHUNK_SIZE)
    const within = size - index * CHUNK_SIZE
    const chunk = size < this.bytes && within > 0 ? this.chunks.get(index) : undefined
    return chunk !== undefined && chunk.owner.account !== account && chunk.length > within ? within : 0
  }

  /** The content cut or extended (by a hole) to `size`. */
  truncate(allocation: Allocation, size: number): Content {
    if (size === this.bytes) return this
    const content = this.editable(allocation.owner)
    if (size < this.bytes) {
      const whole = Math.floor(size / CHUNK_SIZE)
      const within = size - whole * CHUNK_SIZE
      content.dropFrom(allocation, within === 0 ? whole : whole + 1)
      if (within > 0) content.shorten(allocation, whole, within)
    }
    content.bytes = size
    return content
  }

  /**
   * A copy that shares nothing with this content, charged to `allocation`, made in steps. Holes stay holes. This content
   * must not be changed meanwhile.
   */
  *duplicate(allocation: Allocation): Steps<Content> {
    let copy = Content.empty
    let copied = 0
    for (const [index, chunk] of this.chunks.entries()) {
      copy = copy.write(allocation, index * CHUNK_SIZE, chunk.bytes.subarray(0, chunk.length))
      if (++copied % STEP_CHUNKS === 0) yield
    }
    copy = copy.editable(allocation.owner)
    copy.bytes = this.bytes
    return copy
  }
}
