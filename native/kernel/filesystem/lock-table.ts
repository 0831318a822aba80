/**
 * Advisory locks as flock(2) has them: of an inode as a whole, shared or exclusive, held by an open file description
 * until it gives them up or is closed. They bind only who asks for them.
 */
import type { LimitFact } from "../fault.ts"

export type LockKind = "shared" | "exclusive"

/** Who holds or waits for a lock: compared by identity. */
export type LockOwner = object

/** What became of a wait. `closed`: the description is, or its tree was restored. `released`: the whole VM. */
export type LockOutcome = "granted" | "closed" | "released"

/** Requests that may wait at a time, over all inodes of a VM. */
export const MAX_LOCK_WAITERS = 1024

/** The limit on them, as errors tell it. */
export const lockWaitersLimit: LimitFact = { name: "lockWaiters", value: MAX_LOCK_WAITERS }

interface Waiter {
  readonly owner: LockOwner
  readonly kind: LockKind
  readonly settle: (outcome: LockOutcome) => void
}

interface Lock {
  readonly holders: Map<LockOwner, LockKind>
  readonly waiters: Set<Waiter>
}

/** Settles waiters when nothing else is half done: what hears of it may call back. */
const settleAll = (waiters: ReadonlyArray<Waiter>, outcome: LockOutcome): void => {
  for (const { settle } of waiters) settle(outcome)
}

export class LockTable {
  /** By the tree, then by inode number. */
  private readonly trees = new Map<object, Map<number, Lock>>()
  private waiting = 0

  /** Requests that wait. */
  get waiters(): number {
    return this.waiting
  }

  /** Whether no more may. */
  get full(): boolean {
    return this.waiting >= MAX_LOCK_WAITERS
  }

  private find(tree: object, ino: number): Lock | undefined {
    return this.trees.get(tree)?.get(ino)
  }

  private make(tree: object, ino: number): Lock {
    const locks = this.trees.get(tree) ?? new Map<number, Lock>()
    this.trees.set(tree, locks)
    const lock: Lock = { holders: new Map(), waiters: new Set() }
    locks.set(ino, lock)
    return lock
  }

  private tidy(tree: object, ino: number, lock: Lock): void {
    if (lock.holders.size > 0 || lock.waiters.size > 0) return
    const locks = this.trees.get(tree)
    locks?.delete(ino)
    if (locks?.size === 0) this.trees.delete(tree)
  }

  private static admits(lock: Lock, owner: LockOwner, kind: LockKind): boolean {
    for (const [holder, held] of lock.holders) {
      if (holder !== owner && (kind === "exclusive" || held === "exclusive")) return false
    }
    return true
  }

  /** Gives the lock to those who can have it now, in the order in which they came. */
  private serve(tree: object, ino: number, lock: Lock): void {
    const served: Array<Waiter> = []
    for (const waiter of lock.waiters) {
      if (!LockTable.admits(lock, waiter.owner, waiter.kind)) continue
      lock.waiters.delete(waiter)
      lock.holders.set(waiter.owner, waiter.kind)
      served.push(waiter)
    }
    this.waiting -= served.length
    this.tidy(tree, ino, lock)
    settleAll(served, "granted")
  }

  /**
   * Takes the lock if nobody's stands against it. Like Linux, it gives up a lock of the other kind first: a conversion
   * that must not wait, and cannot be had, has lost what there was.
   */
  take(tree: object, ino: number, owner: LockOwner, kind: LockKind): boolean {
    if (this.find(tree, ino)?.holders.get(owner) === kind) return true
    this.drop(tree, ino, owner)
    const lock = this.find(tree, ino) ?? this.make(tree, ino)
    const admitted = LockTable.admits(lock, owner, kind)
    if (admitted) lock.holders.set(owner, kind)
    this.tidy(tree, ino, lock)
    return admitted
  }

  /** Waits for a lock that could not be taken, when the table is not full. The result withdraws the request. */
  wait(
    tree: object,
    ino: number,
    owner: LockOwner,
    kind: LockKind,
    settle: (outcome: LockOutcome) => void
  ): () => void {
    const lock = this.find(tree, ino) ?? this.make(tree, ino)
    const waiter: Waiter = { owner, kind, settle }
    lock.waiters.add(waiter)
    this.waiting++
    return () => {
      if (!lock.waiters.delete(waiter)) return
      this.waiting--
      this.tidy(tree, ino, lock)
    }
  }

  /** Gives up what an owner holds. */
  drop(tree: object, ino: number, owner: LockOwner): void {
    const lock = this.find(tree, ino)
    if (lock?.holders.delete(owner) === true) this.serve(tree, ino, lock)
  }

  private leave(lock: Lock, of: (waiter: Waiter) => boolean): Array<Waiter> {
    const left = [...lock.waiters].filter(of)
    for (const waiter of left) lock.waiters.delete(waiter)
    this.waiting -= left.length
    return left
  }

  /** An owner is closed: what it holds is free, and what waits for it in vain is told so. */
  close(tree: object, ino: number, owner: LockOwner): void {
    const lock = this.find(tree, ino)
    if (lock === undefined) return
    const left = this.leave(lock, (waiter) => waiter.owner === owner)
    lock.holders.delete(owner)
    this.serve(tree, ino, lock)
    settleAll(left, "closed")
  }

  /** A tree is restored: whatever was open in it is closed. */
  forget(tree: object): void {
    const locks = this.trees.get(tree)
    if (locks === undefined) return
    this.trees.delete(tree)
    for (const lock of locks.values()) settleAll(this.leave(lock, () => true), "closed")
  }

  /** The VM goes away. */
  release(): void {
    const all = [...this.trees.values()].flatMap((locks) => [...locks.values()])
    this.trees.clear()
    for (const lock of all) settleAll(this.leave(lock, () => true), "released")
  }
}
