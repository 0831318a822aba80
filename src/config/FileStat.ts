/**
 * What is known about a file, in the form that programs and drivers exchange.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category schemas
 */
export const DirEntryType = Schema.Literal("file", "directory", "symlink")

/**
 * @since 0.1.0
 * @category models
 */
export type DirEntryType = typeof DirEntryType.Type

/**
 * An entry of a recursive listing, by its full path.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DirEntry = Schema.Struct({
  path: Schema.String,
  type: DirEntryType,
  size: Schema.NonNegativeInt
})

/**
 * @since 0.1.0
 * @category models
 */
export interface DirEntry extends Schema.Schema.Type<typeof DirEntry> {}

/**
 * An entry of a directory, by its name.
 *
 * @since 0.1.0
 * @category schemas
 */
export const VirtualDirEntry = Schema.Struct({
  name: Schema.String,
  isDirectory: Schema.Boolean,
  isSymbolicLink: Schema.Boolean
})

/**
 * @since 0.1.0
 * @category models
 */
export interface VirtualDirEntry extends Schema.Schema.Type<typeof VirtualDirEntry> {}

/**
 * The result of `stat`. `mode` holds type and permission bits; times are in milliseconds and may have fractions.
 *
 * @since 0.1.0
 * @category schemas
 */
export const VirtualStat = Schema.Struct({
  mode: Schema.NonNegativeInt,
  size: Schema.NonNegativeInt,
  blocks: Schema.NonNegativeInt,
  dev: Schema.NonNegativeInt,
  rdev: Schema.NonNegativeInt,
  isDirectory: Schema.Boolean,
  isSymbolicLink: Schema.Boolean,
  atimeMs: Schema.Finite,
  mtimeMs: Schema.Finite,
  ctimeMs: Schema.Finite,
  birthtimeMs: Schema.Finite,
  ino: Schema.NonNegativeInt,
  nlink: Schema.NonNegativeInt,
  uid: Schema.NonNegativeInt,
  gid: Schema.NonNegativeInt
})

/**
 * @since 0.1.0
 * @category models
 */
export interface VirtualStat extends Schema.Schema.Type<typeof VirtualStat> {}
