/**
 * Other filesystems grafted into the tree of a VM.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { HostDirConfig, MountDriver, MountPlugin, S3Config } from "./MountPlugins.ts"
import { GuestPath, integerBetween, listOf, withDefault } from "./Primitives.ts"
import { RootFilesystemMode } from "./RootFilesystem.ts"
import { RootSnapshotExport } from "./Snapshot.ts"

/** Milliseconds that a call of a driver may take. */
const DEFAULT_TIMEOUT_MS = 30_000

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
 * A filesystem by the name of its kind.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NativeMount = Schema.Struct({
  path: MountPath,
  plugin: MountPlugin,
  readOnly: withDefault(Schema.Boolean, () => false)
})

/**
 * A driver of the host's program. It is asked for every operation; a call that takes longer than `timeoutMs` (default 30
 * seconds) is `ETIMEDOUT`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DriverMount = Schema.Struct({
  path: MountPath,
  driver: MountDriver,
  readOnly: withDefault(Schema.Boolean, () => false),
  timeoutMs: withDefault(integerBetween(1, 600_000), () => DEFAULT_TIMEOUT_MS)
})

/**
 * What lies under an overlay: a folder of the host, a tree in an S3-compatible store, a driver, or snapshots, highest
 * precedence first.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OverlayLower = Schema.Union(
  RootSnapshotExport,
  Schema.Struct({ kind: Schema.Literal("host_dir"), config: HostDirConfig }),
  Schema.Struct({ kind: Schema.Literal("s3"), config: S3Config }),
  Schema.Struct({ kind: Schema.Literal("driver"), driver: MountDriver })
)

/**
 * A filesystem of two parts: what lies under it is read when it is looked at, and from then on stays as it was found;
 * what the VM changes stays in the VM, with its snapshots and forks. `store` names where changes are kept: with nothing or
 * `{ type: "memory" }`, in the VM. What is no snapshot must be the only lower.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OverlayMount = Schema.Struct({
  path: MountPath,
  filesystem: Schema.Struct({
    type: Schema.Literal("overlay"),
    store: optionalKey(Schema.Unknown),
    mode: optionalKey(RootFilesystemMode),
    lowers: listOf(OverlayLower, 64).pipe(
      Schema.filter((lowers) =>
        lowers.length > 1 && lowers.some(({ kind }) => kind !== "snapshot-export")
          ? "a folder, a store or a driver must be the only lower"
          : undefined
      )
    )
  }),
  timeoutMs: withDefault(integerBetween(1, 600_000), () => DEFAULT_TIMEOUT_MS)
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

/**
 * What mounts something while a VM runs: a mount without its path.
 *
 * @since 0.1.0
 * @category models
 */
export type MountInput =
  | Omit<typeof NativeMount.Encoded, "path">
  | Omit<typeof DriverMount.Encoded, "path">
  | Omit<typeof OverlayMount.Encoded, "path">
