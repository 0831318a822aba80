/**
 * Random bytes from a seed, for a kernel in the process of a test.
 *
 * @since 0.1.0
 */
import * as Utils from "effect/Utils"

/**
 * @since 0.1.0
 * @category random
 */
export class SeededRandom {
  private readonly source: Utils.PCGRandom

  constructor(seed: number) {
    this.source = new Utils.PCGRandom(seed)
  }

  /** Fills an array. */
  readonly fill = (target: Uint8Array): void => {
    for (let at = 0; at < target.length; at++) target[at] = this.source.integer(256)
  }

  /** A UUID of version 4. */
  readonly uuid = (): string => {
    const bytes = new Uint8Array(16)
    this.fill(bytes)
    bytes[6] = (bytes[6] & 0x0f) | 0x40
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  /** From 0 up to, but not including, the bound. */
  readonly below = (bound: number): number => this.source.integer(bound)

  /** From 0 up to, but not including, 1. */
  readonly number = (): number => this.source.number()
}
