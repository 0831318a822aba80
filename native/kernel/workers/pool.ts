/**
 * A warm pool of guest workers: a few are always loaded and ready, a taken one is replaced in the background, and no
 * more than `max` live at once; who asks beyond that waits in line. A worker serves one VM and is never given out
 * again.
 */
import type { ResourceLimits } from "node:worker_threads"
import { Fault } from "../fault.ts"
import { GuestWorker } from "./guest-worker.ts"

export interface WorkerPoolOptions {
  readonly program: URL | string
  /** Workers kept ready. */
  readonly warm: number
  /** Workers alive at once, warm ones included. */
  readonly max: number
  /** Workers that are started at the same time. Default 2: more would only take the processors from those that run. */
  readonly starting?: number | undefined
  /** Callers that may wait for a worker; one more is refused. */
  readonly maxWaiting?: number | undefined
  readonly resourceLimits?: ResourceLimits | undefined
  /** Told of every worker that died while it was being made ready. */
  readonly onWarmFailure?: ((error: Error) => void) | undefined
}

export interface WorkerPoolStats {
  readonly warm: number
  readonly warming: number
  readonly inUse: number
  readonly waiting: number
}

interface Waiter {
  readonly resolve: (worker: GuestWorker) => void
  readonly reject: (error: unknown) => void
}

/** Failures in a row after which those who wait are told instead of waiting for ever. */
const MAX_FAILURES = 5
const FIRST_BACK_OFF_MS = 50
/** How long the replacement of a worker waits: its start must not slow the first steps of the one that was taken. */
const REPLACE_AFTER_MS = 25
const LONGEST_BACK_OFF_MS = 5_000
const DEFAULT_MAX_WAITING = 1_024
const DEFAULT_STARTING = 2

/** Where workers come from. */
export type Workers = Pick<WorkerPool, "acquire" | "stats">

export class WorkerPool {
  private readonly warm: Array<GuestWorker> = []
  private readonly warming = new Set<GuestWorker>()
  private readonly inUse = new Set<GuestWorker>()
  private readonly waiting = new Set<Waiter>()
  private failures = 0
  private backOff: ReturnType<typeof setTimeout> | undefined
  private replacement: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(private readonly options: WorkerPoolOptions) {
    this.refill()
  }

  /** A worker nobody has used. It counts as in use until it is dead. */
  acquire(signal?: AbortSignal): Promise<GuestWorker> {
    if (this.closed) return Promise.reject(new Fault("ECANCELED", "spawn"))
    if (signal?.aborted === true) return Promise.reject(new Fault("ECANCELED", "spawn"))
    const worker = this.waiting.size === 0 ? this.takeWarm() : undefined
    if (worker !== undefined) {
      this.replaceSoon()
      return Promise.resolve(worker)
    }
    const bound = this.options.maxWaiting ?? DEFAULT_MAX_WAITING
    if (this.waiting.size >= bound) {
      return Promise.reject(
        new Fault("EAGAIN", "spawn", undefined, undefined, { name: "workers", value: this.options.max })
      )
    }
    return this.wait(signal)
  }

  stats(): WorkerPoolStats {
    return {
      warm: this.warm.length,
      warming: this.warming.size,
      inUse: this.inUse.size,
      waiting: this.waiting.size
    }
  }

  /** Kills every worker, refuses who waits, and resolves when all are dead. */
  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.backOff)
    clearTimeout(this.replacement)
    this.refuseAll(new Fault("ECANCELED", "spawn"))
    await Promise.all([...this.warm, ...this.warming, ...this.inUse].map((worker) => worker.kill()))
  }

  private wait(signal: AbortSignal | undefined): Promise<GuestWorker> {
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.waiting.delete(waiter)
        reject(new Fault("ECANCELED", "spawn"))
      }
      const settle = <A>(done: (value: A) => void) => (value: A) => {
        signal?.removeEventListener("abort", cancel)
        done(value)
      }
      const waiter: Waiter = { resolve: settle(resolve), reject: settle(reject) }
      signal?.addEventListener("abort", cancel, { once: true })
      this.waiting.add(waiter)
      // After a pause of failures a new caller is a reason to try again at once.
      this.refill()
    })
  }

  private takeWarm(): GuestWorker | undefined {
    for (;;) {
      const worker = this.warm.shift()
      if (worker === undefined) return undefined
      if (worker.isDead) continue
      this.inUse.add(worker)
      return worker
    }
  }

  private alive(): number {
    return this.warm.length + this.warming.size + this.inUse.size
  }

  /** Starts as many workers as are wanted and allowed. */
  private refill(): void {
    if (this.closed || this.backOff !== undefined) return
    // who waits comes first: a spare one that starts beside theirs would slow it
    const wanted = Math.max(this.options.warm, this.waiting.size)
    while (
      this.warm.length + this.warming.size < wanted && this.alive() < this.options.max &&
      this.warming.size < (this.options.starting ?? DEFAULT_STARTING)
    ) this.start()
  }

  private start(): void {
    const worker = new GuestWorker(this.options)
    this.warming.add(worker)
    worker.ready.then(
      () => {
        this.warming.delete(worker)
        this.failures = 0
        this.warm.push(worker)
        this.serve()
      },
      (error: Error) => {
        this.warming.delete(worker)
        if (!this.closed) this.failed(error)
      }
    )
    worker.onceDead(() => {
      this.inUse.delete(worker)
      const index = this.warm.indexOf(worker)
      if (index >= 0) this.warm.splice(index, 1)
      this.refill()
    })
  }

  private serve(): void {
    for (const waiter of this.waiting) {
      const worker = this.takeWarm()
      if (worker === undefined) break
      this.waiting.delete(waiter)
      waiter.resolve(worker)
    }
    if (this.waiting.size > 0) this.refill()
    else this.replaceSoon()
  }

  /** Fills the pool up again a little later. */
  private replaceSoon(): void {
    this.replacement ??= setTimeout(() => {
      this.replacement = undefined
      this.refill()
    }, REPLACE_AFTER_MS).unref()
  }

  /** A worker died before it was ready: try again later, and say so to those who wait when it goes on. */
  private failed(error: Error): void {
    this.failures++
    this.options.onWarmFailure?.(error)
    if (this.failures >= MAX_FAILURES) {
      this.refuseAll(new Error(`guest workers do not start: ${error.message}`))
    }
    if (this.backOff !== undefined) return
    const pause = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (this.failures - 1))
    this.backOff = setTimeout(() => {
      this.backOff = undefined
      // Nobody waits and it keeps failing: the next caller will try again.
      if (this.failures < MAX_FAILURES || this.waiting.size > 0) this.refill()
    }, pause)
    this.backOff.unref()
  }

  private refuseAll(error: unknown): void {
    const waiters = [...this.waiting]
    this.waiting.clear()
    for (const waiter of waiters) waiter.reject(error)
  }
}
