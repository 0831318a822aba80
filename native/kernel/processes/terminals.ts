/** The terminals of a VM, as data: which numbers are in use, and by which command of the host. */
import type { TerminalSize } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"

/** Of a window, in characters; as TIOCSWINSZ takes it. */
const MAX_SIDE = 65_535

export const pathOf = (number: number): string => `/dev/pts/${number}`

export const isSize = ({ columns, rows }: TerminalSize): boolean =>
  [columns, rows].every((side) => Number.isInteger(side) && side >= 1 && side <= MAX_SIDE)

export class Terminals {
  private readonly numbers = new Set<number>()

  constructor(private readonly limit: number) {}

  /** The numbers in use, in order. */
  list(): ReadonlyArray<number> {
    return Array.from(this.numbers).sort((a, b) => a - b)
  }

  /** Takes the lowest free number; gives its path. Throws `Fault` ENOSPC when there are as many as there may be. */
  take(): string {
    if (this.numbers.size >= this.limit) {
      throw new Fault("ENOSPC", "open", "/dev/ptmx", undefined, { name: "ptys", value: this.limit })
    }
    let number = 0
    while (this.numbers.has(number)) number++
    this.numbers.add(number)
    return pathOf(number)
  }

  free(path: string): void {
    this.numbers.delete(Number(path.slice(path.lastIndexOf("/") + 1)))
  }

  clear(): void {
    this.numbers.clear()
  }
}
