/**
 * Mounts of a VM: empty trees in memory, filesystems that this program serves to the sidecar, live or as the lower of an
 * overlay, and trees that are brought in.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import type * as Scope from "effect/Scope"
import type { FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import { fromParseIssue } from "../../src/config/ConfigIssue.ts"
import type { HostDirConfig, S3Config } from "../../src/config/MountPlugins.ts"
import type { DriverMount, NativeMount, OverlayMount } from "../../src/config/Mounts.ts"
import { isReadOnly, Mount } from "../../src/config/Mounts.ts"
import { type Software, softwarePath } from "../../src/config/Software.ts"
import type { Driver } from "../../src/Driver.ts"
import type { ConfigError } from "../../src/errors/ConfigError.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { NotYetSupported } from "../../src/errors/NotYetSupported.ts"
import { checkSafe } from "../../src/Paths.ts"
import { importMount } from "./RemoteSnapshots.ts"
import { control, type VmLink } from "./VmLink.ts"

/**
 * Who serves the kinds of mounts that need this program's operating system or network. A path of the host may appear in
 * a `ConfigError` only, which is about what the host itself configured.
 *
 * @since 0.1.0
 * @category models
 */
export interface MountPlugins {
  readonly host_dir: (config: HostDirConfig) => Effect.Effect<Driver, ConfigError, Scope.Scope>
  /** A store that cannot be reached is a `KernelError` of the system call `mount`. */
  readonly s3: (config: S3Config, readOnly: boolean) => Effect.Effect<Driver, ConfigError | KernelError, Scope.Scope>
  /** The commands of a package, each of which may be executed. `path` leads to it in the configuration. */
  readonly software: (config: Software, path: string) => Effect.Effect<Driver, ConfigError, Scope.Scope>
}

type MountError = FilesystemError | ConfigError | NotYetSupported

/** How a driver is mounted. */
interface Manner {
  readonly path: string
  readonly live: boolean
  readonly readOnly: boolean
  readonly type: string
  readonly timeoutMs: number
}

/** What a plugin's calls may take. */
const PLUGIN_TIMEOUT_MS = 30_000
/** A store is asked several times before it is given up. */
const STORE_TIMEOUT_MS = 60_000

/**
 * Mounts what a part of the configuration describes.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mount = (link: VmLink, plugins: MountPlugins, config: Mount): Effect.Effect<void, MountError> =>
  "plugin" in config
    ? mountPlugin(link, plugins, config)
    : "driver" in config
    ? mountDriver(link, config)
    : mountOverlay(link, plugins, config)

const mountPlugin = (
  link: VmLink,
  plugins: MountPlugins,
  config: typeof NativeMount.Type
): Effect.Effect<void, MountError> => {
  const { path, plugin } = config
  const readOnly = isReadOnly(config)
  const manner = { path, live: true, readOnly, type: plugin.id, timeoutMs: PLUGIN_TIMEOUT_MS }
  switch (plugin.id) {
    case "memory":
      return control(link, (client) => client.MountMemory({ vm: link.vm, path, readOnly }))
    case "host_dir":
      return mountServed(link, plugins.host_dir({ ...plugin.config, readOnly }), manner)
    case "s3":
      return mountServed(link, at(path, plugins.s3(plugin.config, readOnly)), {
        ...manner,
        timeoutMs: STORE_TIMEOUT_MS
      })
    default:
      return Effect.fail(new NotYetSupported({ feature: `mounts of kind ${plugin.id}`, path: "plugin.id" }))
  }
}

/**
 * Mounts the commands of a package of software, read-only; what was found of them stays as it was found.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mountSoftware = (
  link: VmLink,
  plugins: MountPlugins,
  config: Software,
  index: number
): Effect.Effect<void, FilesystemError | ConfigError> =>
  mountServed(link, plugins.software(config, `software[${index}]`), {
    path: softwarePath(index),
    live: false,
    readOnly: true,
    type: "software",
    timeoutMs: PLUGIN_TIMEOUT_MS
  })

/** What serves a mount does not know where it is. */
const at = <A, E, R>(path: string, acquire: Effect.Effect<A, E, R>): Effect.Effect<A, E | KernelError, R> =>
  Effect.mapError(acquire, (error) =>
    error instanceof KernelError && error.path === undefined
      ? new KernelError({ errno: error.errno, syscall: error.syscall, path })
      : error)

const mountDriver = (link: VmLink, config: typeof DriverMount.Type): Effect.Effect<void, MountError> => {
  const { driver, path, readOnly, timeoutMs } = config
  return mountServed(link, Effect.succeed(driver), { path, live: true, readOnly, type: "driver", timeoutMs })
}

const mountOverlay = (
  link: VmLink,
  plugins: MountPlugins,
  config: typeof OverlayMount.Type
): Effect.Effect<void, MountError> => {
  const { filesystem, path, timeoutMs } = config
  const manner = { path, live: false, readOnly: isReadOnly(config), type: "overlay", timeoutMs }
  const [first] = filesystem.lowers
  switch (first?.kind) {
    case "host_dir":
      return mountServed(link, plugins.host_dir({ ...first.config, readOnly: true }), manner)
    case "s3":
      return mountServed(link, at(path, plugins.s3(first.config, true)), { ...manner, timeoutMs: STORE_TIMEOUT_MS })
    case "driver":
      return mountServed(link, Effect.succeed(first.driver), manner)
    default: {
      const sources = filesystem.lowers.flatMap((lower) => lower.kind === "snapshot-export" ? [lower.source] : [])
      return importMount(link, path, manner.readOnly, sources)
    }
  }
}

/** Mounts a driver, which is served until it is unmounted, or the last VM that has it ends. */
const mountServed = <E extends ConfigError | KernelError>(
  link: VmLink,
  acquire: Effect.Effect<Driver, E, Scope.Scope>,
  { path, ...manner }: Manner
): Effect.Effect<void, FilesystemError | E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const served = yield* restore(link.drivers.add(acquire))
      const owner = served.driver.owner === "driver" ? null : link.owner
      yield* restore(
        control(link, (client) => client.MountDriver({ vm: link.vm, path, driver: served.id, owner, ...manner }))
      ).pipe(Effect.onError(() => link.drivers.release(served.id)))
      link.mounted.set(path, served)
    })
  )

/**
 * Unmounts, and gives up the driver that was mounted, if one was.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unmount = (link: VmLink, path: string): Effect.Effect<void, FilesystemError> =>
  Effect.uninterruptible(Effect.zipRight(
    control(link, (client) => client.Unmount({ vm: link.vm, path })),
    Effect.suspend(() => {
      const served = link.mounted.get(path)
      link.mounted.delete(path)
      return served === undefined ? Effect.void : link.drivers.release(served.id)
    })
  ))

/**
 * The `mountFs` method: checks what it is given as the configuration would be.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mountFs = (
  link: VmLink,
  plugins: MountPlugins,
  ...[path, input, options]: Parameters<FilesystemShape["mountFs"]>
): ReturnType<FilesystemShape["mountFs"]> => {
  const refused = checkSafe(path)
  if (refused !== undefined) return Effect.fail(refused)
  const readOnly = options?.readOnly === undefined ? {} : { readOnly: options.readOnly }
  const decoded = decodeMount({ ...input, ...readOnly, path })
  return decoded._tag === "Left" ? Effect.fail(fromParseIssue(decoded.left)) : mount(link, plugins, decoded.right)
}

const decodeMount = ParseResult.decodeUnknownEither(Mount, { onExcessProperty: "error" })
