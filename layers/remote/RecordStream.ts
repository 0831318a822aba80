/**
 * What a sidecar sends record by record, as a Stream: at the reader's pace, a window of bytes under way at most.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FilesystemError } from "../../services/Filesystem.ts"
import type { Codec } from "../../src/wire/Codec.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import { RecordParser } from "../../src/wire/Stream.ts"
import { explain, lost, type VmLink } from "./VmLink.ts"

/** The longest record. */
const MAX_RECORD = 64 * 1024

/**
 * One request; leaving the Stream withdraws it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const recordStream = <A, B, R>(
  link: VmLink,
  operation: Operation<A, B>,
  request: A,
  codec: Codec<R>
): Stream.Stream<R, FilesystemError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    if (!link.transport.isOpen()) return yield* lost(link)
    const duplex = yield* Effect.catchAll(link.transport.open(operation, request), (error) => explain(link, error))
    let parsed: Array<R> = []
    const parser = new RecordParser(codec, MAX_RECORD, (value) => void parsed.push(value))
    return Stream.concat(duplex.down, Stream.drain(Stream.fromEffect(duplex.response))).pipe(
      Stream.mapConcatChunk((bytes) => {
        parser.push(bytes)
        const values = parsed
        parsed = []
        return Chunk.unsafeFromArray(values)
      }),
      Stream.catchAll((error) => Stream.fromEffect(explain(link, error)))
    )
  }))
