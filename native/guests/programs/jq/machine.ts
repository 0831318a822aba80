/**
 * The machine that runs a script. What is to be done next is in its registers, what follows a value is a chain of
 * continuations that never change, and what to try when there is no further value is a stack of forks: nothing recurses,
 * so that a script may be left and resumed after any step, and both structures have a bound.
 */
import type { Value } from "./values.ts"
import { boundedArray, JqError, OutOfBounds } from "./values.ts"

/** Where a value was found, for `path(...)` and assignments; undefined when nobody asks. */
export class Path {
  constructor(readonly parent: Path | undefined, readonly key: Value) {}

  static readonly root = new Path(undefined, null)
  /** Of a value that was made, not found. */
  static readonly none = new Path(undefined, null)

  keys(): Array<Value> {
    const keys: Array<Value> = []
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    for (let path: Path = this; path.parent !== undefined; path = path.parent) keys.push(path.key)
    return keys.reverse()
  }
}

export type Where = Path | undefined

/** What the names of a script stand for, innermost first. */
export interface Env {
  readonly value: Value | Closure | Label
  readonly next: Env | undefined
}

export type Scope = Env | undefined

export class Closure {
  /** The environment of a function holds the function itself, so it is known after it. */
  env: Scope

  constructor(readonly node: Node, env: Scope, readonly params: ReadonlyArray<Param> = []) {
    this.env = env
  }
}

export interface Param {
  readonly value: boolean
  /** Whether the body calls it as a function. */
  called: boolean
}

export class Label {}

/** `break` on its way out. */
export class Break {
  constructor(readonly label: Label) {}
}

export type Direct = (env: Scope, input: Value) => Value

export interface Node {
  /** How to get the one value of an expression that always has one and needs no further steps. */
  readonly direct: Direct | undefined
  readonly start: (machine: Machine, env: Scope, input: Value, where: Where, next: Continuation) => void
  /** The keys of a path that is known without looking, from the input. */
  readonly keys?: ((env: Scope, input: Value) => ReadonlyArray<Value>) | undefined
}

const MAX_DEPTH = 400_000
const MAX_FORKS = 400_000

export class Continuation {
  readonly depth: number

  constructor(next: Continuation | undefined, readonly resume: (value: Value, where: Where) => void) {
    this.depth = next === undefined ? 0 : next.depth + 1
    if (this.depth > MAX_DEPTH) throw new OutOfBounds("the script calls too deeply")
  }
}

export class Fork {
  constructor(
    /** What to do when everything after it has been tried. */
    readonly retry: () => void,
    /** Whether it takes the error; then it has said what to do next. */
    readonly caught?: (error: JqError | Break) => boolean,
    /** Errors from here on are not for that fork. */
    readonly skips?: Fork
  ) {}
}

/** Why the machine stands still. */
export type Stop = "steps" | "output" | "end" | "error" | "input" | "halt"

export class Machine {
  private readonly forks: Array<Fork> = []
  private node: Node | undefined
  private env: Scope
  private next!: Continuation
  private stop: Stop | undefined = "end"
  value: Value = null
  private where: Where
  /** What was not caught. */
  error: JqError | Break | undefined
  /** The exit code of `halt`, and what it prints. */
  halted: { readonly status: number; readonly message: Value | undefined } | undefined
  /** What waits for the next input. */
  private waiting: ((value: Value | undefined) => void) | undefined

  /** Begins with a new input. */
  begin(node: Node, env: Scope, input: Value): void {
    this.forks.length = 0
    this.stop = undefined
    this.error = undefined
    this.eval(
      node,
      env,
      input,
      undefined,
      new Continuation(undefined, (value) => {
        this.value = value
        this.stop = "output"
      })
    )
  }

  /** Works for so many steps at most. */
  run(steps: number): Stop {
    if (this.stop === "output") {
      this.stop = undefined
      this.back()
    }
    for (let left = steps; left > 0; left--) {
      if (this.stop !== undefined) return this.stop
      try {
        this.step()
      } catch (error) {
        this.raise(error)
      }
    }
    return this.stop ?? "steps"
  }

  private step(): void {
    const { node } = this
    if (node === undefined) {
      this.next.resume(this.value, this.where)
      return
    }
    if (this.where === undefined && node.direct !== undefined) {
      this.value = node.direct(this.env, this.value)
      this.node = undefined
      return
    }
    node.start(this, this.env, this.value, this.where, this.next)
  }

  eval(node: Node, env: Scope, input: Value, where: Where, next: Continuation): void {
    this.node = node
    this.env = env
    this.value = input
    this.where = where
    this.next = next
  }

  emit(next: Continuation, value: Value, where: Where): void {
    this.node = undefined
    this.next = next
    this.value = value
    this.where = where
  }

  /** A value that was made: it has no place. */
  make(next: Continuation, value: Value, where: Where): void {
    this.emit(next, value, where === undefined ? undefined : Path.none)
  }

  /** Every value of an expression, wherever it was. */
  each(node: Node, env: Scope, input: Value, next: Continuation, then: (value: Value) => void): void {
    if (node.direct !== undefined) {
      then(node.direct(env, input))
      return
    }
    this.eval(node, env, input, undefined, new Continuation(next, then))
  }

  fork(fork: Fork): Fork {
    if (this.forks.length >= MAX_FORKS) throw new OutOfBounds("the script has too many alternatives left")
    this.forks.push(fork)
    return fork
  }

  get height(): number {
    return this.forks.length
  }

  /** Gives up the forks above. */
  cut(height: number): void {
    this.forks.length = height
  }

  /** There is no further value here: on to what was left to try. */
  back(): void {
    for (;;) {
      const fork = this.forks.pop()
      if (fork === undefined) {
        this.stop = "end"
        return
      }
      if (fork.skips === undefined) {
        fork.retry()
        return
      }
    }
  }

  private raise(thrown: unknown): void {
    let error = thrown
    const skipped = new Set<Fork>()
    for (;;) {
      if (error instanceof RangeError) error = new OutOfBounds("the values are nested too deeply")
      if (!(error instanceof JqError || error instanceof Break)) throw error
      try {
        return this.unwind(error, skipped)
      } catch (another) {
        // what was to handle it has failed in its turn
        error = another
      }
    }
  }

  private unwind(error: JqError | Break, skipped: Set<Fork>): void {
    for (let fork = this.forks.pop(); fork !== undefined; fork = this.forks.pop()) {
      if (fork.skips !== undefined) skipped.add(fork.skips)
      else if (fork.caught !== undefined && !skipped.has(fork) && fork.caught(error)) return
    }
    this.error = error
    this.stop = "error"
  }

  /** Waits for the driver to bring the next input. */
  await(then: (value: Value | undefined) => void): void {
    this.waiting = then
    this.stop = "input"
  }

  /** The next input, or none. */
  give(value: Value | undefined): void {
    const { waiting } = this
    this.waiting = undefined
    this.stop = undefined
    try {
      waiting?.(value)
    } catch (error) {
      this.raise(error)
    }
  }

  halt(status: number, message: Value | undefined): void {
    this.halted = { status, message }
    this.stop = "halt"
  }

  /** All values of an expression in an array. */
  collect(
    node: Node,
    env: Scope,
    input: Value,
    next: Continuation,
    then: (values: ReadonlyArray<Value>) => void
  ): void {
    const values: Array<Value> = []
    this.fork(new Fork(() => then(values)))
    this.eval(
      node,
      env,
      input,
      undefined,
      new Continuation(next, (value) => {
        values.push(value)
        if ((values.length & 0xffff) === 0) boundedArray(values)
        this.back()
      })
    )
  }
}
