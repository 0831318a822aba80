/**
 * The calls to the outside that a VM has under way: so many at once, each with a deadline, all of them ended when the VM
 * is. Those above the number wait for their turn.
 */
import { Fault } from "../../fault.ts"
import { type Steps, waitFor } from "../steps.ts"

/** Calls of one VM that are under way at once. */
export const MAX_CALLS = 64

/** A call to the outside: told how it ends, gives what withdraws it. */
export type Call<A> = (settle: {
  readonly succeed: (value: A) => void
  readonly fail: (fault: Fault) => void
}) => () => void

export class Calls {
  private readonly running = new Set<() => void>()
  private readonly waiting: Array<() => void> = []
  private closed = false

  constructor(private readonly after: (milliseconds: number, run: () => void) => () => void) {}

  *call<A>(syscall: string, timeoutMs: number, call: Call<A>): Steps<A> {
    while (this.running.size >= MAX_CALLS && !this.closed) {
      yield* waitFor<void>(({ succeed }) => void this.waiting.push(succeed))
    }
    return yield* waitFor<A>(({ fail, succeed }) => this.begin(syscall, timeoutMs, call, succeed, fail))
  }

  private begin<A>(
    syscall: string,
    timeoutMs: number,
    call: Call<A>,
    succeed: (value: A) => void,
    fail: (fault: Fault) => void
  ): void {
    if (this.closed) return fail(new Fault("ECANCELED", syscall))
    let withdraw = () => {}
    const end = (settle: () => void) => {
      if (!this.running.delete(stop)) return
      cancelTimer()
      settle()
      this.waiting.shift()?.()
    }
    const giveUp = (errno: "ECANCELED" | "ETIMEDOUT") =>
      end(() => {
        withdraw()
        fail(new Fault(errno, syscall))
      })
    const stop = () => giveUp("ECANCELED")
    const cancelTimer = this.after(timeoutMs, () => giveUp("ETIMEDOUT"))
    this.running.add(stop)
    withdraw = call({
      succeed: (value) => end(() => succeed(value)),
      fail: (fault) => end(() => fail(fault))
    })
  }

  /** Ends all of them, and refuses new ones. */
  close(): void {
    this.closed = true
    for (const stop of Array.from(this.running)) stop()
    for (const wake of this.waiting.splice(0)) wake()
  }
}
