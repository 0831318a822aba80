/**
 * The root filesystem of a VM: read-only lowers under one writable tree.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import { listOf, withDefault } from "./Primitives.ts"
import { FilesystemEntry, RootSnapshotExport } from "./Snapshot.ts"

/**
 * - `ephemeral`: a writable tree that goes with the VM
 * - `read-only`: every change fails with EROFS
 *
 * @since 0.1.0
 * @category schemas
 */
export const RootFilesystemMode = Schema.Literal("ephemeral", "read-only")

/**
 * @since 0.1.0
 * @category models
 */
export type RootFilesystemMode = typeof RootFilesystemMode.Type

/**
 * The base filesystem that comes with the package.
 *
 * @since 0.1.0
 * @category schemas
 */
export const BundledBaseFilesystem = Schema.Struct({
  kind: Schema.Literal("bundled-base-filesystem")
})

/**
 * A read-only snapshot under the writable tree.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RootLower = Schema.Union(BundledBaseFilesystem, RootSnapshotExport)

/**
 * @since 0.1.0
 * @category models
 */
export type RootLower = typeof RootLower.Type

/**
 * Lowers, highest precedence first.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RootLowers = listOf(RootLower, 64)

/**
 * Lowers are ordered highest precedence first; the bundled base comes last unless disabled. Bootstrap entries are written
 * before a read-only root is locked; those under `/dev`, `/proc` and `/sys`, which are the kernel's, are skipped.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RootFilesystem = Schema.Struct({
  type: withDefault(Schema.Literal("overlay"), () => "overlay" as const),
  mode: optionalKey(RootFilesystemMode),
  disableDefaultBaseLayer: withDefault(Schema.Boolean, () => false),
  lowers: withDefault(RootLowers, () => []),
  bootstrapEntries: withDefault(listOf(FilesystemEntry, 16_384), () => [])
})

/**
 * @since 0.1.0
 * @category models
 */
export interface RootFilesystem extends Schema.Schema.Type<typeof RootFilesystem> {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const defaultRootFilesystem = (): RootFilesystem => ({
  type: "overlay",
  disableDefaultBaseLayer: false,
  lowers: [],
  bootstrapEntries: []
})
