/**
 * Arguments that Node refuses before it calls the system; here they never reach the wire.
 *
 * @since 0.1.0
 */
import type { BadArgument, PlatformError } from "@effect/platform/Error"
import type { SizeInput } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { badArgument, failedCall, type Origin } from "./PlatformErrors.ts"

const module = "FileSystem"

/**
 * No file has an empty name; resolved, it would be the working directory.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkPath = (origin: Origin, path: string): PlatformError | undefined => {
  if (path.includes("\0")) return badArgument(origin, "a path must not contain null bytes")
  return path === "" ? failedCall(origin, "ENOENT", "open", path) : undefined
}

/**
 * An unsigned number of 32 bits: a mode or an id.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkWhole = (method: string, name: string, value: number): Effect.Effect<void, BadArgument> =>
  Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
    ? Effect.void
    : Effect.fail(badArgument({ module, method }, `${name} must be a whole number from 0 to 4294967295, got ${value}`))

/**
 * The length of a file; below 0 it is 0.
 *
 * @since 0.1.0
 * @category conversions
 */
export const length = (method: string, size: SizeInput = 0): Effect.Effect<number, BadArgument> => {
  const bytes = Number(size)
  return Number.isSafeInteger(bytes)
    ? Effect.succeed(Math.max(0, bytes))
    : Effect.fail(badArgument({ module, method }, `the length must be a whole number, got ${size}`))
}

/**
 * A time of a file: a Date, or seconds since 1970.
 *
 * @since 0.1.0
 * @category conversions
 */
export const milliseconds = (method: string, time: Date | number): Effect.Effect<number, BadArgument> => {
  const value = typeof time === "number" ? time * 1000 : time.getTime()
  return Number.isFinite(value)
    ? Effect.succeed(value)
    : Effect.fail(badArgument({ module, method }, "a time must be a valid Date or a number of seconds"))
}
