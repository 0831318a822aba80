/**
 * Work in steps. A generator of steps pauses after each share of work that is short enough for the kernel's thread;
 * whatever else the kernel does may happen between two steps, so that what was looked at before a pause must be looked
 * at again, unless it belongs to a snapshot.
 */
import { Fault } from "../fault.ts"
import { Needs } from "./foreign/needs.ts"
import type { Operation } from "./operation.ts"
import type { Tree } from "./tree.ts"

export type Steps<A = void> = Generator<Pause, A, void>

/**
 * Between two steps: nothing, when the work goes on with its VM's next turn; or what it waits for, when others go on
 * meanwhile; or what it needs of a foreign filesystem, which whoever performs the operation brings (see
 * foreign/perform.ts) and which comes no further.
 */
export type Pause = Wait | Needs | void

/** Something that is not there yet. */
export class Wait {
  /** `park` is called once, with what is to be called once, when the work can go on; that may be at once. */
  constructor(readonly park: (resume: () => void) => void) {}
}

/** Anything that goes step by step. What it gives on the way, beside its pauses, is of type `P`. */
export type Work<A = void, P = never> = Iterator<P | Pause, A>

export const isPause = (value: unknown): value is Pause =>
  value === undefined || value instanceof Wait || value instanceof Needs

/**
 * Starts something and waits for its end. `start` is given how to settle it, with what becomes of the wait: a value or,
 * in `fail`, what it throws. Whoever settles it must do so in bounded time, also when the VM goes away.
 */
export function* waitFor<A>(
  start: (settle: { readonly succeed: (value: A) => void; readonly fail: (thrown: unknown) => void }) => void
): Steps<A> {
  let outcome: (() => A) | undefined
  let wake: (() => void) | undefined
  const settle = (run: () => A) => {
    if (outcome !== undefined) return
    outcome = run
    wake?.()
  }
  start({
    succeed: (value) => settle(() => value),
    fail: (thrown) =>
      settle(() => {
        throw thrown
      })
  })
  // whoever performs this work may get to park it only when the outcome is there
  while (outcome === undefined) yield new Wait((resume) => outcome === undefined ? void (wake = resume) : resume())
  return (outcome as () => A)()
}

/** Units of work in one step. A unit is about two microseconds: an inode looked at, a name taken out. */
export const STEP_UNITS = 256
/** Bytes that are copied in the time of one step. */
export const STEP_BYTES = 256 * 1024

/** Does all of the work at once. It must be work that does not wait. */
export const finish = <A>(steps: Steps<A>): A => {
  for (;;) {
    const result = steps.next()
    if (result.done === true) return result.value
    if (result.value !== undefined) steps.throw(new Error("this work waits for something"))
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
      yield result.value
      if (hold.lost) steps.throw(op.fault("ECANCELED"))
    }
  } finally {
    hold.release()
  }
}

/** Goes through work that somebody has begun, passing its pauses on. */
export function* passing<A>(work: Work<A>): Steps<A> {
  for (;;) {
    const result = work.next()
    if (result.done === true) return result.value
    yield result.value
  }
}

/** Takes the first step of work; gives what is left of it. */
export const begun = (work: Work): Work | undefined => {
  const { done, value } = work.next()
  return done === true ? undefined : value === undefined ? work : rest(value, work)
}

function* rest<A>(pause: Pause, work: Work<A>): Steps<A> {
  yield pause
  return yield* passing(work)
}

/** Does something that may need what is not here yet, as often as it takes. It must change nothing before that. */
export function* ready<A>(run: () => A): Steps<A> {
  for (;;) {
    try {
      return run()
    } catch (thrown) {
      if (!(thrown instanceof Needs)) throw thrown
      yield thrown
    }
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
