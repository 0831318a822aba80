/**
 * Watching the files of a VM: events as the kernel's log has them, in order, at the reader's pace.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FilesystemError, WatchEvent, WatchOptions } from "../../services/Filesystem.ts"
import { WatchOverflow } from "../../src/errors/WatchOverflow.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { recordStream } from "./RecordStream.ts"
import type { VmLink } from "./VmLink.ts"

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
  Stream.mapEffect(
    recordStream(link, Operations.watch, { vm: link.vm, path, recursive, since }, Operations.watchEventCodec),
    eventOf
  )

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
