/**
 * One output of a process of a VM: a stream that is read once, or the console of the host's program.
 *
 * @since 0.1.0
 */
import type * as Command from "@effect/platform/Command"
import type { PlatformError } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** Bytes that wait for a reader; above it the process is suspended. */
export const OUTPUT_WINDOW = 256 * 1024

/** A line for the console is broken here. */
export const CONSOLE_LINE = 64 * 1024

/**
 * @since 0.1.0
 * @category models
 */
export interface Output {
  readonly offer: (bytes: Uint8Array) => Effect.Effect<void>
  /** The process has written its last. */
  readonly flush: Effect.Effect<void>
  readonly end: (exit: Exit.Exit<void, PlatformError>) => Effect.Effect<void>
  readonly stream: Stream.Stream<Uint8Array, PlatformError>
}

/**
 * `"inherit"` prints on the host program's Console, line by line.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeOutput = (to: Command.Command.Output | "discard", method: "log" | "error"): Effect.Effect<Output> => {
  if (to === "discard") return Effect.succeed(nowhere)
  if (to === "inherit") return Effect.sync(() => ({ ...nowhere, ...printer(method) }))
  return to === "pipe"
    ? piped
    : Effect.map(piped, (output) => ({ ...output, stream: Stream.transduce(output.stream, to) }))
}

const nowhere: Output = {
  offer: () => Effect.void,
  flush: Effect.void,
  end: () => Effect.void,
  stream: Stream.empty
}

const piped: Effect.Effect<Output> = Effect.gen(function*() {
  const mailbox = yield* Mailbox.make<Uint8Array, PlatformError>()
  const room = yield* Effect.makeLatch(true)
  let waiting = 0
  let left = false
  const taken = (chunks: Chunk.Chunk<Uint8Array>) => {
    for (const bytes of chunks) waiting -= bytes.length
    if (waiting <= OUTPUT_WINDOW) room.unsafeOpen()
  }
  const read = Effect.flatMap(Effect.mapError(mailbox.takeAll, Option.some), ([chunks, done]) => {
    taken(chunks)
    return done && Chunk.isEmpty(chunks) ? Effect.fail(Option.none()) : Effect.succeed(chunks)
  })
  // the reader is gone: what follows is written to nobody
  const leave = Effect.suspend(() => {
    left = true
    return Effect.map(Effect.orElseSucceed(mailbox.clear, () => Chunk.empty<Uint8Array>()), taken)
  })
  return {
    offer: (bytes) =>
      Effect.suspend(() => {
        if (left || !mailbox.unsafeOffer(bytes)) return Effect.void
        waiting += bytes.length
        if (waiting <= OUTPUT_WINDOW) return Effect.void
        room.unsafeClose()
        return room.await
      }),
    flush: Effect.void,
    end: (exit) => Effect.asVoid(mailbox.done(exit)),
    stream: Stream.ensuring(Stream.repeatEffectChunkOption(read), leave)
  }
})

const printer = (method: "log" | "error"): Pick<Output, "offer" | "flush"> => {
  const decoder = new TextDecoder()
  let line = ""
  const print = (lines: ReadonlyArray<string>) =>
    Effect.forEach(lines, (line) => Console[method](line), { discard: true })
  return {
    offer: (bytes) =>
      Effect.suspend(() => {
        const lines = `${line}${decoder.decode(bytes, { stream: true })}`.split("\n")
        line = lines.pop()!
        while (line.length > CONSOLE_LINE) {
          lines.push(line.slice(0, CONSOLE_LINE))
          line = line.slice(CONSOLE_LINE)
        }
        return print(lines)
      }),
    flush: Effect.suspend(() => {
      const last = `${line}${decoder.decode()}`
      line = ""
      return last === "" ? Effect.void : print([last])
    })
  }
}
