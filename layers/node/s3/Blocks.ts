/**
 * The blocks of files: objects that are written once and never change, so that what was read of one stays true. Blocks that
 * are read in order are fetched whole, and the last of them kept; other reads fetch what they need.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { inOwnFiber } from "../../../src/OwnFiber.ts"
import { newName } from "./Commits.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type { StoreError } from "./StoreError.ts"

/**
 * A block, and how many bytes it has.
 *
 * @since 0.1.0
 * @category models
 */
export interface Block {
  readonly name: string
  readonly length: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Blocks {
  readonly write: (bytes: Uint8Array) => Effect.Effect<Block, StoreError>
  /** A part of a block. `inOrder`: the rest of it will be read next. */
  readonly read: (
    block: Block,
    offset: number,
    length: number,
    inOrder: boolean
  ) => Effect.Effect<Uint8Array, StoreError>
  /** Removes blocks, some time soon, as far as that is possible. */
  readonly discard: (names: Iterable<string>) => Effect.Effect<void>
  /** Removes blocks that nothing has referred to for a day, such as those of a host that died while it wrote. */
  readonly sweep: <E>(referred: Effect.Effect<ReadonlySet<string>, E>) => Effect.Effect<void, StoreError | E>
}

const DIRECTORY = "blocks/"
/** Bytes of blocks that are kept for the reads to come, unless one block is larger. */
const CACHE_BYTES = 32 * 1024 * 1024
/** Removals that wait; more are left to a sweep. */
const MAX_DISCARDED = 16_384
const CONCURRENCY = 4
const DAY_MS = 86_400_000
/** Pages of a sweep: a million blocks. */
const MAX_PAGES = 1000

/** The blocks that were read last, by name. */
class Cache {
  private readonly blocks = new Map<string, Uint8Array>()
  private bytes = 0

  get(name: string): Uint8Array | undefined {
    const found = this.blocks.get(name)
    if (found !== undefined) {
      this.blocks.delete(name)
      this.blocks.set(name, found)
    }
    return found
  }

  add(name: string, block: Uint8Array): void {
    this.remove(name)
    for (const old of this.blocks.keys()) {
      if (this.bytes + block.length <= CACHE_BYTES) break
      this.remove(old)
    }
    this.blocks.set(name, block)
    this.bytes += block.length
  }

  remove(name: string): void {
    this.bytes -= this.blocks.get(name)?.length ?? 0
    this.blocks.delete(name)
  }
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (store: ObjectStore, prefix: string): Effect.Effect<Blocks, never, Scope.Scope> =>
  Effect.gen(function*() {
    const cache = new Cache()
    const keyOf = (name: string) => `${prefix}${DIRECTORY}${name}`
    const remove = (name: string) => Effect.ignore(store.remove(keyOf(name)))
    const removeAll = (names: Iterable<string>) =>
      inOwnFiber(Effect.forEach(names, remove, { concurrency: CONCURRENCY, discard: true }))
    const discarded = yield* Queue.dropping<string>(MAX_DISCARDED)
    yield* Effect.forkScoped(Effect.forever(Effect.flatMap(
      Queue.takeBetween(discarded, 1, 64),
      removeAll
    )))
    return {
      write: (bytes) =>
        Effect.flatMap(newName, (name) => Effect.as(store.put(keyOf(name), bytes), { name, length: bytes.length })),
      read: ({ length: all, name }, offset, length, inOrder) =>
        Effect.suspend(() => {
          const kept = cache.get(name)
          if (kept !== undefined) return Effect.succeed(kept.subarray(offset, offset + length))
          if (!inOrder || length === all) return store.range(keyOf(name), offset, length)
          return Effect.map(store.range(keyOf(name), 0, all), (block) => {
            cache.add(name, block)
            return block.subarray(offset, offset + length)
          })
        }),
      discard: (names) =>
        Effect.suspend(() => {
          const all = Array.from(names)
          for (const name of all) cache.remove(name)
          return Effect.asVoid(Queue.offerAll(discarded, all))
        }),
      sweep: (referred) =>
        Effect.gen(function*() {
          const old: Array<string> = []
          let next: string | undefined
          for (let page = 0; page < MAX_PAGES; page++) {
            const listing = yield* store.list(`${prefix}${DIRECTORY}`, next)
            for (const { key, modifiedMs } of listing.objects) {
              // by the store's own clock; what has no time is left alone
              if (listing.nowMs - modifiedMs > DAY_MS) old.push(key.slice(prefix.length + DIRECTORY.length))
            }
            next = listing.next
            if (next === undefined || old.length > MAX_DISCARDED) break
          }
          if (old.length === 0) return
          const names = yield* referred
          yield* removeAll(old.filter((name) => !names.has(name)))
        })
    }
  })
