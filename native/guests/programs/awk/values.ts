/** The values of awk: numbers, strings, and text from outside that is a number if it looks like one. */
import { ProgramFailure } from "../program.ts"

/** Text from outside. */
export class Input {
  private known = false
  private value: number | undefined

  constructor(readonly text: string) {}

  get number(): number | undefined {
    if (!this.known) {
      this.known = true
      this.value = looksNumeric(this.text) ? Number(this.text.trim().replace(/^\+/, "")) : undefined
    }
    return this.value
  }
}

/** Undefined: never assigned. */
export type Value = number | string | Input | undefined

/** Characters of all keys of all arrays, and what each costs beside them. */
const MAX_CELLS = 256 * 1024 * 1024
const CELL_COST = 64

/** What the arrays of one run may hold together. */
export class Room {
  private left = MAX_CELLS

  take(key: string): void {
    this.left -= key.length + CELL_COST
    if (this.left < 0) throw new Fatal("memory exhausted: the arrays hold too many elements")
  }

  give(key: string): void {
    this.left += key.length + CELL_COST
  }
}

export class AwkArray {
  private readonly cells = new Map<string, Value>()

  constructor(private readonly room: Room) {}

  get size(): number {
    return this.cells.size
  }

  has(key: string): boolean {
    return this.cells.has(key)
  }

  /** A reference makes the element. */
  get(key: string): Value {
    const value = this.cells.get(key)
    if (value === undefined && !this.cells.has(key)) this.set(key, undefined)
    return value
  }

  set(key: string, value: Value): void {
    if (!this.cells.has(key)) this.room.take(key)
    this.cells.set(key, value)
  }

  delete(key: string): void {
    if (this.cells.delete(key)) this.room.give(key)
  }

  clear(): void {
    for (const key of this.cells.keys()) this.room.give(key)
    this.cells.clear()
  }

  keys(): Array<string> {
    return Array.from(this.cells.keys())
  }

  entries(): Array<[string, Value]> {
    return Array.from(this.cells)
  }
}

/** Ends the program. */
export class Fatal extends ProgramFailure {
  constructor(problem: string) {
    super(`fatal: ${problem}`, 2)
  }
}

const NUMERIC = /^[ \t\n\r\f\v]*[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[ \t\n\r\f\v]*$/
const SPECIAL = /^[ \t\n]*[-+](?:inf|nan)[ \t\n]*$/i
const LEADING = /^[ \t\n\r\f\v]*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/

const looksNumeric = (text: string): boolean => text !== "" && text.length < 400 && NUMERIC.test(text)

const textToNumber = (text: string): number => {
  const found = LEADING.exec(text)
  if (found !== null) return Number(found[1])
  if (!SPECIAL.test(text)) return 0
  const number = /nan/i.test(text) ? NaN : Infinity
  return text.trim().startsWith("-") ? -number : number
}

export const toNumber = (value: Value): number => {
  if (typeof value === "number") return value
  if (value === undefined) return 0
  return typeof value === "string" ? textToNumber(value) : value.number ?? textToNumber(value.text)
}

const EXACT = 1e16

/** A number that is whole is written as such, any other by a format. */
export const numberToText = (value: number, format: (value: number) => string): string => {
  if (Number.isInteger(value)) return Math.abs(value) < EXACT ? String(value) : BigInt(value).toString()
  if (!Number.isFinite(value)) return oddNumber(value)
  return format(value)
}

export const oddNumber = (value: number): string => Number.isNaN(value) ? "-nan" : value > 0 ? "+inf" : "-inf"

export const isTrue = (value: Value): boolean => {
  if (typeof value === "number") return value !== 0
  if (typeof value === "string") return value !== ""
  if (value === undefined) return false
  return value.number === undefined ? value.text !== "" : value.number !== 0
}

/** The number in a value that compares as one. */
const numeric = (value: Value): number | undefined =>
  typeof value === "number" ? value : value === undefined ? 0 : typeof value === "string" ? undefined : value.number

/** Below, at or above 0; NaN when it cannot be said. */
export const compareValues = (left: Value, right: Value, text: (value: Value) => string): number => {
  if (typeof left !== "string" && typeof right !== "string") {
    const a = numeric(left)
    const b = numeric(right)
    if (a !== undefined && b !== undefined && !(left === undefined && right === undefined)) {
      return a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN
    }
  }
  const a = text(left)
  const b = text(right)
  return a < b ? -1 : a > b ? 1 : 0
}
