/**
 * How operations are performed where foreign filesystems are mounted. An operation that needs something of the outside
 * begins again once it is here, as long as it has changed nothing; what it changes in a live filesystem is told to the
 * outside after each step, and the operation fails as the outside does.
 */
import { Fault } from "../../fault.ts"
import { isPause, type Pause, ready, type Steps, type Work } from "../steps.ts"
import { Tree } from "../tree.ts"
import type { Calls } from "./calls.ts"
import type { JournalEntry } from "./journal.ts"
import { Needs } from "./needs.ts"
import type { Port } from "./port.ts"
import { TRANSFER_BYTES } from "./port.ts"
import type { Turns } from "./turns.ts"

/** How often an operation may find something missing. A path has at most as many names. */
const MAX_ATTEMPTS = 4096

/** A live filesystem that can be written. */
export interface Writable {
  readonly tree: Tree
  readonly port: Port
  /** The outside is told by one operation at a time. */
  readonly turns: Turns
}

/** What performing needs to know of a VM. */
export interface Performer {
  readonly calls: Calls
  readonly epochs: { now: number; since: number }
  readonly writables: () => ReadonlyArray<Writable>
}

type Parts<A, P> = Generator<P | Pause, A, void>

class Performance {
  private readonly since: number
  private changed = false

  constructor(private readonly performer: Performer) {
    this.since = ++performer.epochs.now
  }

  /** Runs a part of the operation: what is known from now on counts for it. */
  within<A>(run: () => A): A {
    this.performer.epochs.since = this.since
    const before = Tree.changes
    try {
      return run()
    } finally {
      if (Tree.changes !== before) this.changed = true
    }
  }

  *drive<A, P>(start: () => Work<A, P>, again: boolean): Parts<A, P> {
    for (let attempt = 0;; attempt++) {
      try {
        return yield* this.attempt(start)
      } catch (thrown) {
        if (!(thrown instanceof Needs)) throw thrown
        if (!again || this.changed || attempt >= MAX_ATTEMPTS) throw new Fault("EIO", "lookup")
        yield* thrown.fill(this.performer.calls)
      }
    }
  }

  private *attempt<A, P>(start: () => Work<A, P>): Parts<A, P> {
    const work = this.within(start)
    try {
      for (let result = this.within(() => work.next());; result = yield* this.next(work, result.value)) {
        yield* this.tell()
        if (result.done === true) return result.value
      }
    } finally {
      work.return?.()
    }
  }

  private *next<A, P>(work: Work<A, P>, pause: P | Pause): Parts<IteratorResult<P | Pause, A>, P> {
    if (!(pause instanceof Needs)) {
      // what was given cannot be given again
      if (!isPause(pause)) this.changed = true
      yield pause
      return this.within(() => work.next())
    }
    try {
      yield* pause.fill(this.performer.calls)
    } catch (thrown) {
      return this.within(() => (work as Parts<A, P>).throw(thrown))
    }
    return this.within(() => work.next())
  }

  private *tell(): Steps {
    for (const { port, tree, turns } of this.performer.writables()) {
      if (tree.journal?.pending !== true) continue
      const entries = tree.journal.take()
      yield* turns.take(function*(this: Performance) {
        try {
          for (const entry of entries) yield* this.send(port, entry)
        } catch (thrown) {
          tree.discard()
          tree.base!.invalidate()
          throw thrown
        }
        if (!tree.journal!.pending) tree.handOver()
      }.bind(this))
    }
  }

  /** Content that is larger than one transfer goes in pieces. */
  private *send(port: Port, { change, source }: JournalEntry): Steps {
    const { calls } = this.performer
    if (source === undefined) return yield* this.pieces(port, change)
    const first = yield* this.load(() => source.read(0, TRANSFER_BYTES))
    yield* port.change(calls, { ...change, content: first })
    for (let offset = first.length; offset < source.size; offset += TRANSFER_BYTES) {
      const content = yield* this.load(() => source.read(offset, TRANSFER_BYTES))
      yield* port.change(calls, { kind: "write", path: change.path, offset, content })
    }
  }

  private *pieces(port: Port, change: JournalEntry["change"]): Steps {
    const { content, offset } = change
    const { calls } = this.performer
    if (content === undefined || content.length <= TRANSFER_BYTES) return yield* port.change(calls, change)
    for (let at = 0; at < content.length; at += TRANSFER_BYTES) {
      yield* port.change(calls, { ...change, offset: offset! + at, content: content.subarray(at, at + TRANSFER_BYTES) })
    }
  }

  private *load<A>(run: () => A): Steps<A> {
    const steps = ready(() => this.within(run))
    for (let result = steps.next();; result = steps.next()) {
      if (result.done === true) return result.value
      if (result.value instanceof Needs) yield* result.value.fill(this.performer.calls)
    }
  }
}

/** Performs an operation to its end. Without `again`, it is begun only once. */
export const perform = <A, P>(performer: Performer, start: () => Work<A, P>, again: boolean): Parts<A, P> =>
  new Performance(performer).drive(start, again)
