/**
 * Numbers that a caller gives: what the wire cannot carry is the caller's mistake, and the error that a kernel would give.
 *
 * @since 0.1.0
 */
import { KernelError } from "../../src/errors/KernelError.ts"

/** Sizes and offsets beyond this no file can have. */
const MAX_OFFSET = Number.MAX_SAFE_INTEGER

const EINVAL = (syscall: string, path?: string) => new KernelError({ errno: "EINVAL", syscall, path })

/**
 * `EINVAL` unless all are whole numbers from 0 to `max`.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkWhole = (
  syscall: string,
  path: string | undefined,
  numbers: ReadonlyArray<number>,
  max: number = MAX_OFFSET
): KernelError | undefined =>
  numbers.every((number) => Number.isInteger(number) && number >= 0 && number <= max)
    ? undefined
    : EINVAL(syscall, path)

/**
 * `EINVAL` unless all are finite.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkFinite = (
  syscall: string,
  path: string,
  numbers: ReadonlyArray<number>
): KernelError | undefined => numbers.every(Number.isFinite) ? undefined : EINVAL(syscall, path)
