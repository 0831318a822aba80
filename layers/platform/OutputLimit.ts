/**
 * Bounds for output that is collected in the host: whatever a command writes, it cannot exhaust the host's memory.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { platformError } from "./PlatformErrors.ts"

type Bytes = Stream.Stream<Uint8Array, PlatformError>

const LINE_FEED = 10

/**
 * Fails once more than `limit` bytes have come.
 *
 * @since 0.1.0
 * @category combinators
 */
export const limitTotal = (bytes: Bytes, command: string, limit: number): Bytes =>
  counted(bytes, command, limit, (before, chunk) => before + chunk.length)

/**
 * Fails once a line is longer than `limit` bytes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const limitLines = (bytes: Bytes, command: string, limit: number): Bytes =>
  counted(bytes, command, limit, (before, chunk) => {
    const end = chunk.lastIndexOf(LINE_FEED)
    return end === -1 ? before + chunk.length : chunk.length - end - 1
  })

const counted = (
  bytes: Bytes,
  command: string,
  limit: number,
  count: (before: number, chunk: Uint8Array) => number
): Bytes =>
  Stream.suspend(() => {
    let held = 0
    return Stream.mapEffect(bytes, (chunk) => {
      held = count(held, chunk)
      return held <= limit ? Effect.succeed(chunk) : Effect.fail(tooMuch(command, limit))
    })
  })

const tooMuch = (command: string, limit: number): PlatformError =>
  platformError(
    { module: "Command", method: "string", pathOrDescriptor: command },
    new ProcessError({
      reason: "OutputLimit",
      command,
      stdout: "",
      stderr: "",
      detail:
        `it was killed after ${limit} bytes; pass a larger maxOutputBytes, or read it as it comes with Command.stream`
    })
  )
