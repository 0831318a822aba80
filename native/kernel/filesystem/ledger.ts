/**
 * What kept snapshots hold beyond the tree that they were taken of, counted without looking at any of it.
 *
 * Every piece of content has a birth, the epoch in which it became part of the tree; each kept snapshot ends an epoch. What
 * the tree lets go of is free when it was born after the last kept snapshot. Else that snapshot still holds it, and it goes
 * to the list of what died since, by birth. When a snapshot is forgotten, its successor's list tells what only it held: what
 * was born after its predecessor. A restore begins another branch at the snapshot, so that snapshots are a tree; one at which
 * several branches begin stays charged until only one of them is left, also when it is forgotten.
 */

/** One kept snapshot of a ledger. */
export class Kept {
  readonly children = new Set<Kept>()
  /** Forgotten, and still there because several branches begin at it. */
  forgotten = false

  constructor(
    readonly epoch: number,
    /** Bytes of content that the tree was charged for. */
    readonly content: number,
    public parent: Kept | undefined,
    /** What its predecessor has and it has not. */
    readonly died: Deaths
  ) {}

  /** Bytes that it has and its predecessor has not, and bytes that ended between the two. */
  get extra(): number {
    return this.content - (this.parent?.content ?? 0) + this.died.bytes
  }
}

/** Bytes of content by birth. */
class Deaths {
  private readonly births = new Map<number, number>()
  bytes = 0

  add(birth: number, bytes: number): void {
    this.births.set(birth, (this.births.get(birth) ?? 0) + bytes)
    this.bytes += bytes
  }

  /** The snapshot between is gone: what only it held is free, and what died before it died before this one. */
  absorb(gone: Kept): void {
    const before = gone.parent?.epoch ?? -1
    for (const [birth, bytes] of this.births) {
      if (birth <= before) continue
      this.births.delete(birth)
      this.bytes -= bytes
    }
    for (const [birth, bytes] of gone.died.births) this.add(birth, bytes)
  }
}

export class Ledger {
  /** The epoch that content of now is born in. */
  epoch = 0
  /** The kept snapshot that the tree comes from. */
  private last: Kept | undefined
  private died = new Deaths()
  private extras = 0
  private count = 0

  /** Whether no snapshot is kept. */
  get empty(): boolean {
    return this.count === 0
  }

  /** Bytes that kept snapshots hold and the tree has let go of. */
  get retained(): number {
    return Math.max(0, this.extras + this.died.bytes - (this.last?.content ?? 0))
  }

  /** Whether content of that birth is part of a kept snapshot. */
  holds(birth: number): boolean {
    return this.last !== undefined && birth <= this.last.epoch
  }

  /** The tree has let go of content. */
  release(birth: number, bytes: number): void {
    if (this.holds(birth)) this.died.add(birth, bytes)
  }

  /** A snapshot is kept of the tree as it is, with that many bytes of content. */
  keep(content: number): Kept {
    const kept = new Kept(this.epoch++, content, this.last, this.died)
    this.last?.children.add(kept)
    this.died = new Deaths()
    this.last = kept
    this.extras += kept.extra
    this.count++
    return kept
  }

  forget(kept: Kept): void {
    kept.forgotten = true
    this.collapse(kept)
  }

  /** The tree is now what a kept snapshot holds; or has, for all that is known, nothing in common with any. */
  restore(kept: Kept | undefined): void {
    const left = this.last
    this.last = kept
    this.died = new Deaths()
    this.epoch++
    if (left !== undefined) this.collapse(left)
  }

  /** Takes forgotten snapshots out of the tree of snapshots, from this one upwards, where no two branches need them. */
  private collapse(from: Kept): void {
    for (let at: Kept | undefined = from; at?.forgotten === true;) {
      const isLast: boolean = this.last === at
      if (at.children.size + (isLast ? 1 : 0) > 1) return
      const { children, parent }: Kept = at
      this.extras -= at.extra
      this.count--
      parent?.children.delete(at)
      if (isLast) {
        this.died.absorb(at)
        this.last = parent
        return
      }
      for (const child of children) {
        this.extras -= child.extra
        child.died.absorb(at)
        child.parent = parent
        parent?.children.add(child)
        this.extras += child.extra
        return
      }
      at = parent
    }
  }
}
