/**
 * Paths of a VM as `@effect/platform` Path: POSIX whatever the host is, and relative paths begin in the VM's directory,
 * never in the host's.
 *
 * @since 0.1.0
 */
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { normalize } from "../../src/Paths.ts"

/**
 * The absolute, normalized form of a path. `..` is resolved by its letters, before any link is followed. A trailing slash
 * stays: it asks for a directory, and the kernel sees to that.
 *
 * @since 0.1.0
 * @category combinators
 */
export const absolute = (cwd: string, path: string): string => normalize(path.startsWith("/") ? path : `${cwd}/${path}`)

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (cwd: string): Effect.Effect<Path.Path> =>
  Effect.map(Effect.provide(Path.Path, Path.layer), (posix) => {
    // With an absolute first segment the host's own directory is never asked for.
    const resolve = (...segments: ReadonlyArray<string>) => posix.resolve(cwd, ...segments)
    return Path.Path.of({
      ...posix,
      resolve,
      relative: (from, to) => posix.relative(resolve(from), resolve(to)),
      toFileUrl: (path) => {
        const resolved = resolve(path)
        return posix.toFileUrl(path.endsWith("/") && resolved !== "/" ? `${resolved}/` : resolved)
      }
    })
  })
