import type { Value } from "./values.ts"
import { toNumber } from "./values.ts"

/** Numbers between 0 and 1 from a seed (mulberry32). */
export class Random {
  private state = 0
  seed: Value = 0

  start(seed: Value): void {
    this.seed = seed
    this.state = Math.trunc(toNumber(seed)) >>> 0
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
