/** Work of which only one part is done at a time, in the order in which it was asked for. */
import { type Steps, waitFor } from "../steps.ts"

export class Turns {
  private taken = false
  private readonly waiting: Array<() => void> = []

  /** Whether a part is being done. */
  get busy(): boolean {
    return this.taken
  }

  private release(): void {
    const next = this.waiting.shift()
    if (next === undefined) this.taken = false
    else next()
  }

  *take<A>(run: () => Steps<A>): Steps<A> {
    if (this.taken) yield* waitFor<void>(({ succeed }) => void this.waiting.push(() => succeed()))
    this.taken = true
    try {
      return yield* run()
    } finally {
      this.release()
    }
  }
}
