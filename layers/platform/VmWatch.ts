/**
 * Changes of the files of a VM, as the events of `@effect/platform`: a move is the removal of one name and the creation of
 * another. Paths are absolute.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Stream from "effect/Stream"
import type { FilesystemShape, WatchEvent } from "../../services/Filesystem.ts"
import { checkPath } from "./Arguments.ts"
import { type Origin, platformError } from "./PlatformErrors.ts"
import { absolute } from "./VmPath.ts"

/**
 * A reader that is too far behind fails with reason `Unknown`; the `WatchOverflow` in its cause says what it has missed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeWatch =
  (filesystem: FilesystemShape, cwd: string): FileSystem.FileSystem["watch"] => (path, options) => {
    const origin: Origin = { module: "FileSystem", method: "watch", pathOrDescriptor: path }
    const refused = checkPath(origin, path)
    if (refused !== undefined) return Stream.fail(refused)
    return filesystem.watch(absolute(cwd, path), { recursive: options?.recursive === true }).pipe(
      Stream.mapError((error): PlatformError =>
        error._tag === "WatchOverflow"
          ? new SystemError({ ...origin, reason: "Unknown", description: error.message, cause: error })
          : platformError(origin, error)
      ),
      Stream.mapConcat(eventsOf)
    )
  }

const eventsOf = (event: WatchEvent): ReadonlyArray<FileSystem.WatchEvent> => {
  switch (event._tag) {
    case "ready":
      return []
    case "created":
      return [FileSystem.WatchEventCreate({ path: event.path })]
    case "modified":
      return [FileSystem.WatchEventUpdate({ path: event.path })]
    case "removed":
      return [FileSystem.WatchEventRemove({ path: event.path })]
    case "moved":
      return [FileSystem.WatchEventRemove({ path: event.from }), FileSystem.WatchEventCreate({ path: event.path })]
  }
}
