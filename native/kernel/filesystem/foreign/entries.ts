/**
 * The names in a foreign directory, as far as they are known. They look like the names of any directory; asking for what
 * is not known throws `Needs`.
 */
import { hashString } from "../hash.ts"
import type { Owner } from "../owner.ts"
import { PersistentMap } from "../persistent-map.ts"
import type { Base } from "./base.ts"

/**
 * Under an overlay: nothing is known until all is. The object then stands for the names as they were found, whichever
 * trees and snapshots hold it; a change makes a map of its own.
 */
export class ListedEntries extends PersistentMap<number> {
  private all: PersistentMap<number> | undefined

  constructor(private readonly base: Base, private readonly ino: number) {
    super(undefined, undefined, 0, hashString)
  }

  fill(all: PersistentMap<number>): void {
    this.all ??= all
  }

  private get listed(): PersistentMap<number> {
    return this.all ?? this.base.needList(this.ino)
  }
  override get settled(): PersistentMap<number> | undefined {
    return this.all
  }
  override get size(): number {
    return this.listed.size
  }
  override get(name: string): number | undefined {
    return this.listed.get(name)
  }
  override has(name: string): boolean {
    return this.listed.has(name)
  }
  override set(owner: Owner, name: string, ino: number): PersistentMap<number> {
    return this.listed.set(owner, name, ino)
  }
  override delete(owner: Owner, name: string): PersistentMap<number> {
    return this.listed.delete(owner, name)
  }
  override forEach(f: (ino: number, name: string) => void): void {
    this.listed.forEach(f)
  }
  override entries(): Array<readonly [string, number]> {
    return this.listed.entries()
  }
  override *[Symbol.iterator](): Generator<readonly [string, number], void> {
    yield* this.listed
  }
}

interface Name {
  /** `undefined`: there is no such name. */
  readonly ino: number | undefined
  readonly at: number
}

/** Of a live directory: each name as it was found last, good for the operation that asked. Changed in place. */
export class LiveEntries extends PersistentMap<number> {
  private readonly names = new Map<string, Name>()
  private listedAt = -1

  constructor(private readonly base: Base, private readonly ino: number) {
    super(undefined, undefined, 0, hashString)
  }

  /** What was found under a name. */
  put(name: string, ino: number | undefined, at: number): void {
    this.names.set(name, { ino, at })
  }

  /** The inode that a name stood for when it was looked at last. */
  last(name: string): number | undefined {
    return this.names.get(name)?.ino
  }

  /** Every name has been put; those put before are gone. */
  listed(at: number): void {
    for (const [name, known] of this.names) if (known.at < at) this.names.delete(name)
    this.listedAt = at
  }

  private get all(): Map<string, Name> {
    return this.base.isFresh(this.listedAt) ? this.names : this.base.needList(this.ino)
  }
  override get size(): number {
    let size = 0
    for (const { ino } of this.all.values()) if (ino !== undefined) size++
    return size
  }
  override get(name: string): number | undefined {
    const known = this.names.get(name)
    if (known !== undefined && this.base.isFresh(known.at)) return known.ino
    return this.base.isFresh(this.listedAt) ? undefined : this.base.needName(this.ino, name)
  }
  override has(name: string): boolean {
    return this.get(name) !== undefined
  }
  override set(_: Owner, name: string, ino: number): this {
    this.put(name, ino, this.base.now)
    return this
  }
  override delete(_: Owner, name: string): this {
    this.put(name, undefined, this.base.now)
    return this
  }
  override forEach(f: (ino: number, name: string) => void): void {
    for (const [name, ino] of this) f(ino, name)
  }
  override entries(): Array<readonly [string, number]> {
    return Array.from(this)
  }
  override *[Symbol.iterator](): Generator<readonly [string, number], void> {
    for (const [name, { ino }] of Array.from(this.all)) if (ino !== undefined) yield [name, ino]
  }
}
