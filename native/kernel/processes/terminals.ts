/** The terminals of a VM, as data: which numbers are in use, and by which command of the host. */
import type { TerminalSize } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"

/** Of a window, in characters; as TIOCSWINSZ takes it. */
const MAX_SIDE = 65_535

export const pathOf = (number: number): string => `/dev/pts/${number}`

export const isSize = ({ columns, rows }: TerminalSize): boolean =>
  [columns, rows].every((side) => Number.isInteger(side) && side >= 1 && side <= MAX_SIDE)

export class Terminals {
  /** The numbers in use, with the time since when. */
  private readonly numbers = new Map<number, bigint>()

  constructor(private readonly limit: number, private readonly now: () => bigint) {}

  /** The numbers in use, in order, with the time since when. */
  list(): ReadonlyArray<readonly [number: number, openedAt: bigint]> {
    return Array.from(this.numbers).sort(([a], [b]) => a - b)
  }

  /** Takes the lowest free number; gives its path. Throws `Fault` ENOSPC when there are as many as there may be. */
  take(): string {
    if (this.numbers.size >= this.limit) {
      throw new Fault("ENOSPC", "open", "/dev/ptmx", undefined, { name: "ptys", value: this.limit })
    }
    let number = 0
    while (this.numbers.has(number)) number++
    this.numbers.set(number, this.now())
    return pathOf(number)
  }

  free(path: string): void {
    this.numbers.delete(Number(path.slice(path.lastIndexOf("/") + 1)))
  }

  clear(): void {
    this.numbers.clear()
  }
}
