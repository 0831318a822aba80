/**
 * Watching the files of a VM: events as the kernel's log has them, in order, at the reader's pace.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FilesystemError, WatchEvent, WatchOptions } from "../../services/Filesystem.ts"
import { WatchOverflow } from "../../src/errors/WatchOverflow.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { RecordParser } from "../../src/wire/Stream.ts"
import { explain, lost, type VmLink } from "./VmLink.ts"

type Told = TypeOf<typeof Operations.watchEventCodec>

/**
 * @since 0.1.0
 * @category constructors
 */
export const watch = (
  link: VmLink,
  path: string,
  { recursive = false, since }: WatchOptions
): Stream.Stream<WatchEvent, FilesystemError | WatchOverflow> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    if (!link.transport.isOpen()) return yield* lost(link)
    const duplex = yield* Effect.catchAll(
      link.transport.open(Operations.watch, { vm: link.vm, path, recursive, since }),
      (error) => explain(link, error)
    )
    let told: Array<Told> = []
    const parser = new RecordParser(Operations.watchEventCodec, 64 * 1024, (event) => void told.push(event))
    return Stream.concat(duplex.down, Stream.drain(Stream.fromEffect(duplex.response))).pipe(
      Stream.mapConcatChunk((bytes) => {
        parser.push(bytes)
        const events = told
        told = []
        return Chunk.unsafeFromArray(events)
      }),
      Stream.catchAll((error) => Stream.fromEffect(explain(link, error))),
      Stream.mapEffect(eventOf)
    )
  }))

const eventOf = ({ cursor, from, ino, kind, path, to }: Told): Effect.Effect<WatchEvent, WatchOverflow> => {
  switch (kind) {
    case "ready":
      return Effect.succeed({ _tag: kind, cursor })
    case "overflow":
      return Effect.fail(new WatchOverflow({ path, from: cursor, to: to ?? cursor }))
    case "moved":
      return Effect.succeed({ _tag: kind, cursor, path, from: from ?? path, ino })
    default:
      return Effect.succeed({ _tag: kind, cursor, path, ino })
  }
}
