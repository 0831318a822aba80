/**
 * The portable form of a tree: entries as JSON, with octal modes and content as text or base64.
 */
import { compareText } from "./text.ts"
import type { Snapshot } from "./tree.ts"
import type { ExportOptions, TreeEntry } from "./tree-entries.ts"
import { exportTree, importTree, invalidEntry } from "./tree-entries.ts"

export interface FilesystemEntry {
  readonly path: string
  readonly type: "file" | "directory" | "symlink"
  /** Octal digits with a leading zero; by default 0755, 0644 or 0777. */
  readonly mode?: string | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  /** Of a file; by default empty. */
  readonly content?: string | undefined
  /** Of `content`; by default "utf8". */
  readonly encoding?: "utf8" | "base64" | undefined
  /** Of a symbolic link. */
  readonly target?: string | undefined
}

const defaultModes = { directory: 0o755, file: 0o644, symlink: 0o777 } as const
const modePattern = /^0?[0-7]{1,4}$/
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/
const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const modeOf = ({ mode, path, type }: FilesystemEntry): number => {
  if (mode === undefined) return defaultModes[type]
  if (typeof mode !== "string" || !modePattern.test(mode)) throw invalidEntry(path)
  return Number.parseInt(mode, 8)
}

const bytesOf = ({ content = "", encoding = "utf8", path }: FilesystemEntry): Uint8Array => {
  if (typeof content !== "string") throw invalidEntry(path)
  if (encoding === "utf8") return encoder.encode(content)
  if (encoding !== "base64" || content.length % 4 !== 0 || !base64Pattern.test(content)) throw invalidEntry(path)
  return Buffer.from(content, "base64")
}

const nothing = new Uint8Array(0)

const decodeEntry = (entry: FilesystemEntry): TreeEntry => {
  const { gid = 0, path, target, type, uid = 0 } = entry
  if (!Object.hasOwn(defaultModes, type)) throw invalidEntry(path)
  return { path, type, mode: modeOf(entry), uid, gid, target, content: type === "file" ? bytesOf(entry) : nothing }
}

function* decodeEntries(entries: Iterable<FilesystemEntry>): Generator<TreeEntry, void> {
  for (const entry of entries) yield decodeEntry(entry)
}

/** A tree with the entries put into it in their order, over `base` or over nothing. Parents may be left out. */
export const importEntries = (entries: ReadonlyArray<FilesystemEntry>, base?: Snapshot, now = 0n): Snapshot =>
  importTree(decodeEntries(entries), base, now)

const encodeContent = (bytes: Uint8Array): { readonly content: string; readonly encoding: "utf8" | "base64" } => {
  try {
    return { content: decoder.decode(bytes), encoding: "utf8" }
  } catch {
    return { content: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"), encoding: "base64" }
  }
}

const encodeEntry = ({ content, gid, mode, path, target, type, uid }: TreeEntry): FilesystemEntry => {
  const common = { path, type, mode: `0${mode.toString(8)}`, uid, gid }
  if (type === "file") return { ...common, ...encodeContent(content) }
  return type === "symlink" ? { ...common, target } : common
}

/** The entries of a tree, sorted by path. Devices, and by default /dev and /proc, are left out. */
export const exportEntries = (snapshot: Snapshot, options: ExportOptions = {}): Array<FilesystemEntry> =>
  Array.from(exportTree(snapshot, options), encodeEntry).sort((a, b) => compareText(a.path, b.path))
