/**
 * Other filesystems grafted into the tree of a VM.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { GuestPath, listOf, text, withDefault } from "./Primitives.ts"
import { RootFilesystemMode, RootLowers } from "./RootFilesystem.ts"

/**
 * A filesystem implemented in the host program. It lives in that program and cannot cross a wire.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MountDriver: Schema.Schema<object> = Schema.declare(
  (u: unknown): u is object => typeof u === "object" && u !== null && !Array.isArray(u),
  {
    identifier: "MountDriver",
    description: "a filesystem driver (an object of this program)",
    arbitrary: () => (fc) => fc.record({ driver: fc.string() })
  }
)

/**
 * The plugins that mounts may name.
 *
 * @since 0.1.0
 * @category constants
 */
export const supportedPlugins = ["memory", "host_dir"] as const

/**
 * Plugins that are known and have no behaviour in this version.
 *
 * @since 0.1.0
 * @category constants
 */
export const unsupportedPlugins = ["s3", "google_drive", "sandbox_agent", "js_bridge", "module_access"] as const

/**
 * `memory`: a fresh, empty filesystem. It has no settings.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MemoryConfig = Schema.Struct({}).pipe(
  Schema.filter((config) => {
    const [key] = Object.keys(config)
    return key === undefined ? undefined : { path: [key], message: "unknown key; no keys are known here" }
  }, { description: "an empty object", arbitrary: () => (fc) => fc.constant({}) })
)

const isBasename = (name: string): boolean =>
  name.length > 0 && name.length <= 255 && !name.includes("/") && !name.includes("\0") && name !== "." && name !== ".."

/**
 * The name of a file or directory, without a path.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Basename: Schema.filter<typeof Schema.String> = Schema.String.pipe(
  Schema.filter((name) => isBasename(name), {
    identifier: "Basename",
    description: "a file name without a slash",
    arbitrary: () => (fc) => fc.stringMatching(/^[a-z_]{1,12}$/)
  })
)

/**
 * `host_dir`: a directory of the host, read-only unless said otherwise. Entries named in `exclude` are left out at any
 * depth: the guest cannot list, read or create them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HostDirConfig = Schema.Struct({
  hostPath: text(4096),
  readOnly: withDefault(Schema.Boolean, () => true),
  exclude: withDefault(listOf(Basename, 1024), () => [])
})

/**
 * @since 0.1.0
 * @category models
 */
export interface HostDirConfig extends Schema.Schema.Type<typeof HostDirConfig> {}

/**
 * A filesystem served by the sidecar or the host, by id.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MountPlugin = Schema.Union(
  Schema.Struct({ id: Schema.Literal("memory"), config: withDefault(MemoryConfig, () => ({})) }),
  Schema.Struct({ id: Schema.Literal("host_dir"), config: HostDirConfig }),
  ...unsupportedPlugins.map((id) => Schema.Struct({ id: Schema.Literal(id), config: optionalKey(Schema.Unknown) }))
)

/**
 * @since 0.1.0
 * @category models
 */
export type MountPlugin = typeof MountPlugin.Type

/**
 * Where a mount sits. Not the root: `rootFilesystem` configures that.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MountPath: Schema.filter<typeof Schema.String> = GuestPath.pipe(
  Schema.filter((path) => path === "/" ? "cannot mount over root" : undefined, { identifier: "MountPath" })
)

/**
 * @since 0.1.0
 * @category schemas
 */
export const DriverMount = Schema.Struct({
  path: MountPath,
  driver: MountDriver,
  readOnly: withDefault(Schema.Boolean, () => false)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const NativeMount = Schema.Struct({
  path: MountPath,
  plugin: MountPlugin,
  readOnly: withDefault(Schema.Boolean, () => false)
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const OverlayMount = Schema.Struct({
  path: MountPath,
  filesystem: Schema.Struct({
    type: Schema.Literal("overlay"),
    store: Schema.Unknown,
    mode: optionalKey(RootFilesystemMode),
    lowers: RootLowers
  })
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const Mount = Schema.Union(NativeMount, DriverMount, OverlayMount)

/**
 * @since 0.1.0
 * @category models
 */
export type Mount = typeof Mount.Type

/**
 * The mounts of a VM, each at a path of its own.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Mounts = listOf(Mount, 256).pipe(
  Schema.filter((mounts) => {
    const seen = new Set<string>()
    for (const [index, { path }] of mounts.entries()) {
      const place = path.endsWith("/") ? path.slice(0, -1) : path
      if (seen.has(place)) {
        return { path: [index, "path"], message: `already mounted at ${place}` }
      }
      seen.add(place)
    }
    return undefined
  })
)

/**
 * Whether guests may not write to a mount: because the mount says so, or its plugin does.
 *
 * @since 0.1.0
 * @category getters
 */
export const isReadOnly = (mount: Mount): boolean => {
  if ("filesystem" in mount) {
    return mount.filesystem.mode === "read-only"
  }
  return mount.readOnly || ("plugin" in mount && mount.plugin.id === "host_dir" && mount.plugin.config.readOnly)
}
