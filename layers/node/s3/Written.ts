/**
 * A file that is being written: the blocks that were touched, until the tree has them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { inOwnFiber } from "../../../src/OwnFiber.ts"
import { CodedError } from "../hostdir/BeneathRoot.ts"
import type { Block, Blocks } from "./Blocks.ts"
import type { StoreError } from "./StoreError.ts"
import type { Content, FileNode } from "./Tree.ts"

/**
 * Where a part of a file is: in memory, in a block, or nowhere, which is zeros.
 *
 * @since 0.1.0
 * @category models
 */
export type Source = Uint8Array | Block | undefined

/** Bytes of one block, with room to grow. */
interface Buffered {
  bytes: Uint8Array
  length: number
}

const CONCURRENCY = 4
const nothing = new Uint8Array(0)

/**
 * @since 0.1.0
 * @category models
 */
export class WrittenFile {
  readonly blockSize: number
  size: number
  private readonly buffers = new Map<number, Buffered>()
  /** Blocks that are in the store, and that the tree does not know yet. */
  private readonly stored = new Map<number, Block>()
  /** Blocks of the tree, by place; what is not here has been replaced or cut off. */
  private readonly kept = new Map<number, Block>()

  mtimeMs: number
  /** Whether the tree was asked to take it as it was: then it may have blocks that are replaced here. */
  attempted = false

  constructor(readonly ino: number, readonly path: string, node: FileNode, blockSize: number) {
    const { content, mtimeMs, size } = node
    this.size = size
    this.mtimeMs = mtimeMs
    this.blockSize = content.inline === undefined ? content.blockSize : blockSize
    if (content.inline === undefined) {
      content.blocks.forEach((name, index) => {
        if (name !== null) this.kept.set(index, { name, length: this.lengthOf(index) })
      })
      return
    }
    for (let at = 0; at < size; at += blockSize) {
      const bytes = content.inline.slice(at, at + blockSize)
      this.buffers.set(at / blockSize, { bytes, length: bytes.length })
    }
  }

  /** Bytes that are held. */
  get held(): number {
    let total = 0
    for (const { bytes } of this.buffers.values()) total += bytes.length
    return total
  }

  /** Names of blocks that are of use to this file only. */
  get names(): ReadonlyArray<string> {
    return Array.from(this.stored.values(), ({ name }) => name)
  }

  private lengthOf(index: number): number {
    return Math.min(this.blockSize, this.size - index * this.blockSize)
  }

  /** Where a block is now. What is in memory is a copy. */
  source(index: number, from: number, to: number): Source {
    const buffer = this.buffers.get(index)
    return buffer === undefined
      ? this.stored.get(index) ?? this.kept.get(index)
      : buffer.bytes.slice(Math.min(from, buffer.length), Math.min(to, buffer.length))
  }

  /** A block in memory with room for a number of bytes, loaded if it has something that is not to be overwritten. */
  private buffer(blocks: Blocks, index: number, room: number, load: boolean): Effect.Effect<Buffered, StoreError> {
    return Effect.gen(this, function*() {
      let buffer = this.buffers.get(index)
      if (buffer === undefined) {
        const there = this.stored.get(index) ?? this.kept.get(index)
        const found = load && there !== undefined ? yield* blocks.read(there, 0, there.length, false) : nothing
        // what was read may be shared
        buffer = { bytes: found.slice(), length: found.length }
        this.buffers.set(index, buffer)
      }
      if (buffer.bytes.length < room) {
        const grown = new Uint8Array(Math.min(this.blockSize, Math.max(room, 2 * buffer.bytes.length)))
        grown.set(buffer.bytes.subarray(0, buffer.length))
        buffer.bytes = grown
      }
      return buffer
    })
  }

  /** Sets the size; what comes in between is zeros. Every block has all of its bytes, or does not exist. */
  resize(blocks: Blocks, size: number): Effect.Effect<void, StoreError> {
    return Effect.gen(this, function*() {
      const edge = Math.min(size, this.size)
      const last = Math.floor(edge / this.blockSize)
      const rest = edge - last * this.blockSize
      const exists = this.buffers.has(last) || this.stored.has(last) || this.kept.has(last)
      if (size !== this.size && rest > 0 && exists) {
        const length = Math.min(this.blockSize, size - last * this.blockSize)
        const buffer = yield* this.buffer(blocks, last, length, true)
        buffer.bytes.fill(0, rest)
        buffer.length = length
      }
      if (size < this.size) {
        for (const map of [this.buffers, this.stored, this.kept]) {
          for (const index of map.keys()) if (index * this.blockSize >= size) map.delete(index)
        }
      }
      this.size = size
    })
  }

  write(blocks: Blocks, offset: number, content: Uint8Array): Effect.Effect<void, StoreError> {
    return Effect.gen(this, function*() {
      if (content.length === 0) return
      const end = offset + content.length
      if (end > this.size) yield* this.resize(blocks, end)
      for (let at = offset; at < end;) {
        const index = Math.floor(at / this.blockSize)
        const start = index * this.blockSize
        const length = this.lengthOf(index)
        const to = Math.min(end, start + length)
        const buffer = yield* this.buffer(blocks, index, length, at > start || to < start + length)
        buffer.bytes.set(content.subarray(at - offset, to - offset), at - start)
        buffer.length = length
        at = to
      }
    })
  }

  /** Brings what is in memory into the store; `small` content stays, for the manifest. Gives blocks that it has no more. */
  store(blocks: Blocks, inlineThreshold: number): Effect.Effect<ReadonlyArray<string>, StoreError> {
    if (this.size <= inlineThreshold) return Effect.succeed([])
    return Effect.map(
      inOwnFiber(Effect.forEach(
        Array.from(this.buffers),
        ([index, { bytes, length }]) =>
          Effect.map(blocks.write(bytes.subarray(0, length)), (block) => {
            const old = this.stored.get(index)
            this.stored.set(index, block)
            this.buffers.delete(index)
            return old === undefined || this.attempted ? [] : [old.name]
          }),
        { concurrency: CONCURRENCY }
      )),
      (old) => old.flat()
    )
  }

  /** All of small content. */
  small(blocks: Blocks): Effect.Effect<Content, StoreError> {
    return Effect.gen(this, function*() {
      const inline = new Uint8Array(this.size)
      for (let index = 0; index * this.blockSize < this.size; index++) {
        const source = this.source(index, 0, this.blockSize)
        if (source === undefined) continue
        const bytes = source instanceof Uint8Array ? source : yield* blocks.read(source, 0, source.length, false)
        inline.set(bytes, index * this.blockSize)
      }
      return { inline }
    })
  }

  /**
   * What the file has become, given what it is in the tree by now. `ESTALE` when somebody else has replaced what was not
   * written here.
   */
  merged(now: Content): Content {
    const count = Math.ceil(this.size / this.blockSize)
    const blocks: Array<string | null> = []
    for (let index = 0; index < count; index++) {
      const kept = this.stored.has(index) ? undefined : this.kept.get(index)?.name
      if (kept !== undefined && (now.inline !== undefined || now.blocks[index] !== kept)) throw new CodedError("ESTALE")
      blocks.push(this.stored.get(index)?.name ?? kept ?? null)
    }
    return { blockSize: this.blockSize, blocks }
  }
}
