/**
 * The portable form of a filesystem: a list of entries that an export produces and a lower takes.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { AccountId, GuestPath, text, withDefault } from "./Primitives.ts"

/**
 * The name of the format, written into every export.
 *
 * @since 0.1.0
 * @category constants
 */
export const snapshotFormat = "agent-os-filesystem-snapshot-v1"

/**
 * Permission bits as an octal string with a leading zero, as in `"0755"`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ModeString: Schema.filter<typeof Schema.String> = Schema.String.pipe(
  Schema.pattern(/^0[0-7]{1,4}$/, {
    identifier: "ModeString",
    description: "permission bits as an octal string, as in \"0755\"",
    arbitrary: () => (fc) => fc.integer({ min: 0, max: 0o7777 }).map(modeString)
  })
)

/**
 * The octal string of a mode: its permission bits only, with a leading zero.
 *
 * @since 0.1.0
 * @category conversions
 */
export const modeString = (mode: number): string => `0${(mode & 0o7777).toString(8)}`

/**
 * The permission bits of an octal string.
 *
 * @since 0.1.0
 * @category conversions
 */
export const modeBits = (mode: string): number => Number.parseInt(mode, 8)

const owner = {
  uid: withDefault(AccountId, () => 0),
  gid: withDefault(AccountId, () => 0)
}

const BASE64 = new Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

// Linear and without a regular expression: content may be many megabytes.
const isBase64 = (content: string): boolean => {
  if (content.length % 4 !== 0) {
    return false
  }
  const padding = content.endsWith("==") ? 2 : content.endsWith("=") ? 1 : 0
  for (let i = 0; i < content.length - padding; i++) {
    if (!BASE64.has(content[i])) {
      return false
    }
  }
  return true
}

const Content = Schema.String.annotations({
  arbitrary: () => (fc) => fc.oneof(fc.string(), fc.base64String())
})

/**
 * A file: text, or bytes in base64.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FileEntry = Schema.Struct({
  path: GuestPath,
  type: Schema.Literal("file"),
  mode: withDefault(ModeString, () => "0644"),
  ...owner,
  content: withDefault(Content, () => ""),
  encoding: withDefault(Schema.Literal("utf8", "base64"), () => "utf8" as const)
}).pipe(
  Schema.filter((entry) =>
    entry.encoding === "base64" && !isBase64(entry.content)
      ? { path: ["content"], message: "is not valid base64" }
      : undefined
  )
)

/**
 * @since 0.1.0
 * @category schemas
 */
export const DirectoryEntry = Schema.Struct({
  path: GuestPath,
  type: Schema.Literal("directory"),
  mode: withDefault(ModeString, () => "0755"),
  ...owner
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const SymlinkEntry = Schema.Struct({
  path: GuestPath,
  type: Schema.Literal("symlink"),
  mode: withDefault(ModeString, () => "0777"),
  ...owner,
  target: text(4096)
})

/**
 * One entry of a snapshot. Written out in full by an export; on import the owner is 0:0 and the mode 0644, 0755 or 0777
 * unless stated.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FilesystemEntry = Schema.Union(FileEntry, DirectoryEntry, SymlinkEntry)

/**
 * @since 0.1.0
 * @category models
 */
export type FilesystemEntry = typeof FilesystemEntry.Type

/**
 * @since 0.1.0
 * @category schemas
 */
export const FilesystemSnapshotExport = Schema.Struct({
  format: Schema.Literal(snapshotFormat),
  filesystem: Schema.Struct({
    entries: Schema.Array(FilesystemEntry)
  })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface FilesystemSnapshotExport extends Schema.Schema.Type<typeof FilesystemSnapshotExport> {}

/**
 * What an export of the root filesystem returns; the same object serves as a lower.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RootSnapshotExport = Schema.Struct({
  kind: Schema.Literal("snapshot-export"),
  source: FilesystemSnapshotExport
})

/**
 * @since 0.1.0
 * @category models
 */
export interface RootSnapshotExport extends Schema.Schema.Type<typeof RootSnapshotExport> {}

/**
 * Entries as a snapshot export.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeExport = (entries: ReadonlyArray<FilesystemEntry>): RootSnapshotExport => ({
  kind: "snapshot-export",
  source: { format: snapshotFormat, filesystem: { entries } }
})
