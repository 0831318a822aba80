/**
 * Work in steps. A generator of steps pauses after each share of work that is short enough for the kernel's thread;
 * whatever else the kernel does may happen between two steps, so that what was looked at before a pause must be looked
 * at again, unless it belongs to a snapshot.
 */
import { Fault } from "../fault.ts"
import type { Operation } from "./operation.ts"
import type { Tree } from "./tree.ts"

export type Steps<A = void> = Generator<void, A, void>

/** Units of work in one step. A unit is about two microseconds: an inode looked at, a name taken out. */
export const STEP_UNITS = 256
/** Bytes that are copied in the time of one step. */
export const STEP_BYTES = 256 * 1024

/** Does all of the work at once. */
export const finish = <A>(steps: Steps<A>): A => {
  for (;;) {
    const result = steps.next()
    if (result.done === true) return result.value
  }
}

/** Counts work, and tells when a step has had its share of it. */
export class Pace {
  private left = STEP_UNITS

  spend(units = 1): boolean {
    this.left -= units
    if (this.left > 0) return false
    this.left = STEP_UNITS
    return true
  }
}

/** The trees that an operation of several steps works on: none of them is unmounted meanwhile. */
export class Hold {
  private readonly held: Array<{ readonly tree: Tree; readonly generation: number }> = []

  add(tree: Tree): void {
    tree.hold(tree.rootIno)
    this.held.push({ tree, generation: tree.generation })
  }

  /** Whether a tree has been restored, which ends what was under way in it. */
  get lost(): boolean {
    return this.held.some(({ generation, tree }) => tree.generation !== generation)
  }

  release(): void {
    for (const { generation, tree } of this.held) if (tree.generation === generation) tree.release(tree.rootIno)
  }
}

/** Runs an operation with a hold that ends with it. When a tree is restored meanwhile, the operation is canceled. */
export function* holding<A>(op: Operation, run: (hold: Hold) => Steps<A>): Steps<A> {
  const hold = new Hold()
  const steps = run(hold)
  try {
    for (;;) {
      const result = steps.next()
      if (result.done === true) return result.value
      yield
      if (hold.lost) steps.throw(op.fault("ECANCELED"))
    }
  } finally {
    hold.release()
  }
}

/** A single step. */

export function* once<A>(run: () => A): Steps<A> {
  return run()
}

type Compare<A> = (a: A, b: A) => number

/** Merges the sorted runs of `from` that begin at `start` and `middle` into `to`. */
function* merge<A>(
  from: ReadonlyArray<A>,
  to: Array<A>,
  start: number,
  middle: number,
  end: number,
  compare: Compare<A>,
  pace: Pace
): Steps {
  let left = start
  let right = middle
  for (let at = start; at < end; at++) {
    const takeLeft = left < middle && (right >= end || compare(from[left], from[right]) <= 0)
    to[at] = takeLeft ? from[left++] : from[right++]
    if (pace.spend()) yield
  }
}

/** The values in order. Short lists are sorted at once. */
export function* sorted<A>(values: Array<A>, compare: Compare<A>): Steps<Array<A>> {
  const run = STEP_UNITS
  if (values.length <= run) return values.sort(compare)
  const pace = new Pace()
  let from: Array<A> = []
  for (let at = 0; at < values.length; at += run) {
    for (const value of values.slice(at, at + run).sort(compare)) from.push(value)
    yield
  }
  let to = new Array<A>(values.length)
  for (let width = run; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length)
      yield* merge(from, to, start, middle, Math.min(start + 2 * width, values.length), compare, pace)
    }
    const spare = from
    from = to
    to = spare
  }
  return from
}

/** Whether something thrown is a fault with one of these numbers. */
export const isFault = (thrown: unknown, ...errnos: ReadonlyArray<string>): thrown is Fault =>
  thrown instanceof Fault && errnos.includes(thrown.errno)
