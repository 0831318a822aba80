/**
 * File content: a size and chunks of at most 64 KiB, persistent like everything in a tree (see owner.ts).
 *
 * A missing chunk, or the part of a chunk beyond its length, reads as zeros. Data handed in is copied, unless it is given
 * away (`adopt`); data handed out is a fresh array that nothing else refers to. The allocation is charged by the bytes in use; the buffer of a growing
 * chunk may have up to twice as many, so that appending line by line copies each byte only a few times.
 *
 * Content may lie over the pages of a foreign file: where it has no chunk, and up to `covered`, those show through.
 */
import { CHUNK_BYTES, isWholeChunk, memoryFor } from "../../../src/wire/ChunkMemory.ts"
import type { Pages } from "./foreign/pages.ts"
import type { Account, Owner } from "./owner.ts"
import { RadixTrie } from "./radix-trie.ts"
import { ready, STEP_BYTES, type Steps } from "./steps.ts"

export const CHUNK_SIZE = CHUNK_BYTES
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

const noBytes = new Uint8Array(0)

/** Slack up to which a shortened chunk keeps its buffer. */
const KEEP_BYTES = 64

export class Content {
  private constructor(
    private readonly owner: Owner | undefined,
    private bytes: number,
    private chunks: RadixTrie<Chunk>,
    private stored: number,
    readonly pages: Pages | undefined = undefined,
    private covered = 0,
    /** The epoch in which it became the content of its file: no part of it was born there earlier. */
    private since = 0
  ) {}

  static readonly empty = new Content(undefined, 0, RadixTrie.empty<Chunk>(), 0)

  /** The content of a foreign file as it is. */
  static over(pages: Pages): Content {
    return new Content(undefined, pages.size, RadixTrie.empty<Chunk>(), 0, pages, pages.size)
  }

  get size(): number {
    return this.bytes
  }

  /** Bytes held by chunks: the size less its holes. */
  get allocated(): number {
    return this.pages === undefined ? this.stored : Math.min(this.bytes, this.stored + this.covered)
  }

  /** Whether two contents are one and the same state, without looking at any byte. */
  static same(a: Content, b: Content): boolean {
    return a === b ||
      (a.bytes === b.bytes && a.chunks === b.chunks && a.pages === b.pages && a.covered === b.covered)
  }

  /** The same content as that of another file, from now on. */
  heldSince(account: Account): Content {
    const { epoch } = account.ledger
    return new Content(undefined, this.bytes, this.chunks, this.stored, this.pages, this.covered, epoch)
  }

  private birth(chunk: Chunk): number {
    return Math.max(chunk.owner.epoch, this.since)
  }

  private isFreeable(chunk: Chunk, account: Account): boolean {
    return chunk.owner.account === account && !account.ledger.holds(this.birth(chunk))
  }

  private editable(owner: Owner): Content {
    return this.owner === owner
      ? this
      : new Content(owner, this.bytes, this.chunks, this.stored, this.pages, this.covered, this.since)
  }

  /** Bytes of a chunk's range that show through from below where there is no chunk. */
  private below(index: number): number {
    return this.pages === undefined ? 0 : Math.max(0, Math.min(CHUNK_SIZE, this.covered - index * CHUNK_SIZE))
  }

  /** Throws `Needs` where pages of the range are missing. */
  private require(offset: number, end: number): void {
    this.pages?.require(
      Math.floor(offset / CHUNK_SIZE),
      Math.ceil(end / CHUNK_SIZE) - 1,
      (index) => this.below(index) > 0 && this.chunks.get(index) === undefined
    )
  }

  /** The bytes from `offset`, at most `length` of them. */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.bytes, offset + length)
    if (end <= offset) return new Uint8Array(0)
    this.require(offset, end)
    const out = new Uint8Array(end - offset)
    for (let position = offset; position < end;) {
      const index = Math.floor(position / CHUNK_SIZE)
      const within = position - index * CHUNK_SIZE
      const wanted = Math.min(CHUNK_SIZE - within, end - position)
      const chunk = this.chunks.get(index)
      const below = chunk === undefined ? this.below(index) : 0
      const bytes = chunk?.bytes ?? (below > within ? this.pages!.get(index) : noBytes)
      const length = chunk?.length ?? Math.min(below, bytes.length)
      if (length > within) out.set(bytes.subarray(within, Math.min(length, within + wanted)), position - offset)
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
      cost += Math.max(chunk?.length ?? this.below(index), within + wanted)
      if (chunk !== undefined && this.isFreeable(chunk, account)) cost -= chunk.length
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

  /** What of that becomes free when the content is let go of: the rest is part of kept snapshots. */
  freeable(account: Account): number {
    if (this.stored === 0) return 0
    let freeable = 0
    this.chunks.forEach((chunk) => {
      if (this.isFreeable(chunk, account)) freeable += chunk.length
    })
    return freeable
  }

  /** The tree lets go of the content; gives what its account is no longer charged for it. */
  release(account: Account): number {
    const charged = this.charged(account)
    if (charged > 0) this.chunks.forEach((chunk) => this.letGo(chunk, account))
    return charged
  }

  private letGo(chunk: Chunk, account: Account): number {
    if (chunk.owner.account !== account) return 0
    account.ledger.release(this.birth(chunk), chunk.length)
    return chunk.length
  }

  private replace(allocation: Allocation, index: number, old: Chunk | undefined, chunk: Chunk): void {
    this.stored += chunk.length - (old?.length ?? 0)
    allocation.bytes += chunk.length
    if (old !== undefined) allocation.bytes -= this.letGo(old, allocation.owner.account)
    this.chunks = this.chunks.set(allocation.owner, index, chunk)
  }

  private writeChunk(allocation: Allocation, index: number, within: number, data: Uint8Array): void {
    const old = this.chunks.get(index)
    const end = within + data.length
    const below = old === undefined ? this.below(index) : 0
    const length = Math.max(old?.length ?? below, end)
    if (old !== undefined && old.owner === allocation.owner && old.bytes.length >= length) {
      if (within > old.length) old.bytes.fill(0, old.length, within)
      old.bytes.set(data, within)
      allocation.bytes += length - old.length
      this.stored += length - old.length
      old.length = length
      return
    }
    const growing = old !== undefined && length > old.length
    const bytes = memoryFor(growing ? Math.min(CHUNK_SIZE, Math.max(length, 2 * old.length)) : length)
    if (old !== undefined && (within > 0 || end < old.length)) bytes.set(old.bytes.subarray(0, old.length))
    if (below > 0 && (within > 0 || end < below)) bytes.set(this.pages!.get(index).subarray(0, below))
    bytes.set(data, within)
    this.replace(allocation, index, old, new Chunk(allocation.owner, bytes, length))
  }

  /** The content with a copy of `data` at `offset`; what lies between the end and `offset` reads as zeros. */
  write(allocation: Allocation, offset: number, data: Uint8Array): Content {
    if (data.length === 0) return this
    this.requireEdges(offset, offset + data.length)
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

  /**
   * The content with `data` itself as its next chunk, where it is just that: a whole chunk, in memory of its own. Nobody else
   * may refer to it.
   */
  adopt(allocation: Allocation, data: Uint8Array): Content | undefined {
    if (!isWholeChunk(data) || this.bytes % CHUNK_SIZE !== 0) return undefined
    const content = this.editable(allocation.owner)
    const index = this.bytes / CHUNK_SIZE
    content.replace(allocation, index, content.chunks.get(index), new Chunk(allocation.owner, data, CHUNK_SIZE))
    content.bytes += CHUNK_SIZE
    return content
  }

  /** Throws `Needs` where a write keeps a part of a page that is missing. */
  requireEdges(offset: number, end: number): void {
    if (this.pages === undefined) return
    const first = Math.floor(offset / CHUNK_SIZE)
    const last = Math.floor((end - 1) / CHUNK_SIZE)
    if (offset > first * CHUNK_SIZE || end < first * CHUNK_SIZE + this.below(first)) this.require(offset, offset + 1)
    if (end < last * CHUNK_SIZE + this.below(last)) this.require(end - 1, end)
  }

  private dropFrom(allocation: Allocation, first: number): void {
    if (first === 0) {
      allocation.bytes -= this.release(allocation.owner.account)
      this.chunks = RadixTrie.empty()
      this.stored = 0
      return
    }
    const gone: Array<number> = []
    this.chunks.forEach((chunk, index) => {
      gone.push(index)
      this.stored -= chunk.length
      allocation.bytes -= this.letGo(chunk, allocation.owner.account)
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
    return chunk !== undefined && !this.isFreeable(chunk, account) && chunk.length > within ? within : 0
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
      content.covered = Math.min(content.covered, size)
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
    for (let index = 0; index * CHUNK_SIZE < this.covered; index++) {
      if (this.chunks.get(index) !== undefined) continue
      const bytes = yield* ready(() => this.read(index * CHUNK_SIZE, CHUNK_SIZE))
      copy = copy.write(allocation, index * CHUNK_SIZE, bytes)
      if (++copied % STEP_CHUNKS === 0) yield
    }
    for (const [index, chunk] of this.chunks.entries()) {
      copy = copy.write(allocation, index * CHUNK_SIZE, chunk.bytes.subarray(0, chunk.length))
      if (++copied % STEP_CHUNKS === 0) yield
    }
    copy = copy.editable(allocation.owner)
    copy.bytes = this.bytes
    return copy
  }
}
