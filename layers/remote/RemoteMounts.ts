/**
 * Mounts of a VM: empty trees in memory, and folders of the host, which are read into the VM when they are mounted.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Stream from "effect/Stream"
import type { FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import { fromParseIssue } from "../../src/config/ConfigIssue.ts"
import type { HostDirConfig } from "../../src/config/Mounts.ts"
import { isReadOnly, NativeMount } from "../../src/config/Mounts.ts"
import type { ConfigError } from "../../src/errors/ConfigError.ts"
import type { KernelError } from "../../src/errors/KernelError.ts"
import { NotYetSupported } from "../../src/errors/NotYetSupported.ts"
import { checkSafe } from "../../src/Paths.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { record } from "../../src/wire/Stream.ts"
import { control, explain, lost, type VmLink } from "./VmLink.ts"

/**
 * Reads a folder of the host as entries below `/`, parents first: links are kept and never followed, nothing outside the
 * folder is reached, names in `exclude` are left out. It fails with `ENOSPC` as soon as the folder is seen to be above
 * the bounds. A path of the host may appear in a `ConfigError` only, which is about what the host itself configured.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadDirectory = (
  config: HostDirConfig,
  bounds: { readonly bytes: number; readonly inodes: number }
) => Stream.Stream<HostEntry, ConfigError | KernelError>

/**
 * An entry of a folder of the host; in the VM it belongs to the VM's user.
 *
 * @since 0.1.0
 * @category models
 */
export type HostEntry = Omit<TypeOf<typeof Operations.entryCodec>, "uid" | "gid">

/**
 * Mounts what a part of the configuration describes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mount = (
  link: VmLink,
  readDirectory: ReadDirectory,
  config: typeof NativeMount.Type
): Effect.Effect<void, FilesystemError | ConfigError | NotYetSupported> => {
  const { path, plugin } = config
  const readOnly = isReadOnly(config)
  switch (plugin.id) {
    case "memory":
      return control(link, (client) => client.MountMemory({ vm: link.vm, path, readOnly }))
    case "host_dir":
      return importMount(link, path, readOnly, readDirectory(plugin.config, link.bounds))
    default:
      return Effect.fail(new NotYetSupported({ feature: `mounts of kind ${plugin.id}`, path: "plugin.id" }))
  }
}

/**
 * The `mountFs` method: checks what it is given as the configuration would be.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mountFs = (
  link: VmLink,
  readDirectory: ReadDirectory,
  ...[path, input, options]: Parameters<FilesystemShape["mountFs"]>
): ReturnType<FilesystemShape["mountFs"]> => {
  const refused = checkSafe(path)
  if (refused !== undefined) return Effect.fail(refused)
  const readOnly = options?.readOnly === undefined ? {} : { readOnly: options.readOnly }
  const decoded = ParseResult.decodeUnknownEither(NativeMount, { onExcessProperty: "error" })({
    ...input,
    ...readOnly,
    path
  })
  return decoded._tag === "Left" ? Effect.fail(fromParseIssue(decoded.left)) : mount(link, readDirectory, decoded.right)
}

const importMount = (
  link: VmLink,
  path: string,
  readOnly: boolean,
  entries: ReturnType<ReadDirectory>
): Effect.Effect<void, FilesystemError | ConfigError> =>
  Effect.scoped(Effect.gen(function*() {
    if (!link.transport.isOpen()) return yield* lost(link)
    const request = { vm: link.vm, target: "mount", path, readOnly, source: "host_dir" } as const
    const duplex = yield* Effect.catchAll(link.transport.open(Operations.importTree, request), (error) =>
      explain(link, error))
    const send = Stream.runForEach(entries, (entry) =>
      duplex.write(record(Operations.entryCodec, { ...entry, ...link.owner }))).pipe(
        Effect.zipRight(duplex.end),
        Effect.zipRight(Effect.never)
      )
    const answer = Effect.catchAll(duplex.response, (error) =>
      explain(link, error))
    // the kernel may refuse before all is sent: then the rest of the folder is not read
    yield* Effect.raceFirst(answer, send)
  }))
