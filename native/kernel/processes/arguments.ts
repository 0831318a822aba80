/** The arguments of a system call. What comes from a worker is not trusted, whatever its type says. */
import { Fault } from "../fault.ts"

/** The arguments of a call, each taken with the type that it must have. */
export class Arguments {
  constructor(private readonly name: string, private readonly values: ReadonlyArray<unknown>) {}

  get count(): number {
    return this.values.length
  }
  string(index: number): string {
    const value = this.values[index]
    return typeof value === "string" ? value : this.refuse()
  }
  bytes(index: number): Uint8Array {
    const value = this.values[index]
    return value instanceof Uint8Array ? value : this.refuse()
  }
  optionalBytes(index: number): Uint8Array | undefined {
    return this.values[index] === undefined ? undefined : this.bytes(index)
  }
  flag(index: number): boolean {
    const value = this.values[index]
    return typeof value === "boolean" ? value : this.refuse()
  }
  number(index: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.values[index]
    return typeof value === "number" && value >= 0 && value <= max ? value : this.refuse()
  }
  /** A whole number between two bounds. */
  integer(index: number, least: number, most: number): number {
    const value = this.values[index]
    return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? value as number
      : this.refuse()
  }
  mode(index: number): number | undefined {
    return this.values[index] === undefined ? undefined : this.number(index, 0o7777) & 0o7777
  }
  refuse(): never {
    throw new Fault("EINVAL", this.name)
  }
}
