/**
 * A tree as a list of entries and back. Import checks every entry, for the list may come from anywhere; export goes
 * through the tree in order, parents first.
 */
import { Fault } from "../fault.ts"
import { NAME_MAX, nameLimit, PATH_MAX, pathLimit } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_IFDIR, S_IFREG } from "./inode.ts"
import { finish, isPause, Pace, type Pause, ready, sorted, STEP_BYTES, type Steps } from "./steps.ts"
import { compareText, exceeds, isWellFormed } from "./text.ts"
import type { Snapshot } from "./tree.ts"
import { ROOT_INO, Tree } from "./tree.ts"

export interface TreeEntry {
  readonly path: string
  readonly type: "file" | "directory" | "symlink"
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeMs?: number | undefined
  /** Of a symbolic link. */
  readonly target?: string | undefined
  /** Of a file; empty otherwise. */
  readonly content: Uint8Array
}

const types: ReadonlySet<string> = new Set(["file", "directory", "symlink"])

export const invalidEntry = (path: unknown): Fault =>
  new Fault("EINVAL", "import", typeof path === "string" ? path : String(path))

const namesOf = (path: unknown): ReadonlyArray<string> => {
  if (typeof path !== "string" || !path.startsWith("/") || path.includes("\0") || !isWellFormed(path)) {
    throw invalidEntry(path)
  }
  if (exceeds(path, PATH_MAX - 1)) throw new Fault("ENAMETOOLONG", "import", path, undefined, pathLimit)
  if (path === "/") return []
  const names = path.slice(1).split("/")
  for (const name of names) {
    if (name === "" || name === "." || name === "..") throw invalidEntry(path)
    if (exceeds(name, NAME_MAX)) throw new Fault("ENAMETOOLONG", "import", path, undefined, nameLimit)
  }
  return names
}

const isUint = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max

const check = (entry: TreeEntry): ReadonlyArray<string> => {
  const { content, gid, mode, mtimeMs, path, target, type, uid } = entry
  const names = namesOf(path)
  if (!types.has(type) || (names.length === 0 && type !== "directory")) throw invalidEntry(path)
  if (!isUint(mode, 0o7777) || !isUint(uid, 0xfffffffe) || !isUint(gid, 0xfffffffe)) throw invalidEntry(path)
  if (mtimeMs !== undefined && !Number.isFinite(mtimeMs)) throw invalidEntry(path)
  if (type === "file" && !(content instanceof Uint8Array)) throw invalidEntry(path)
  if (type === "symlink") {
    if (typeof target !== "string" || target === "" || target.includes("\0") || !isWellFormed(target)) {
      throw invalidEntry(path)
    }
    if (exceeds(target, PATH_MAX - 1)) throw new Fault("ENAMETOOLONG", "import", path, undefined, pathLimit)
  }
  return names
}

/** The directory of an entry, made where it is missing. */
const parentOf = (tree: Tree, path: string, names: ReadonlyArray<string>, now: bigint): Inode => {
  let directory = tree.at(ROOT_INO)
  for (const name of names.slice(0, -1)) {
    const child = tree.child(directory, name) ?? tree.create(directory.ino, name, S_IFDIR | 0o755, 0, 0, now)
    if (!child.isDirectory) throw new Fault("ENOTDIR", "import", path)
    directory = child
  }
  return directory
}

/** Makes the name free for an entry. A directory stays for a directory; anything else that is there is replaced. */
const clear = (tree: Tree, entry: TreeEntry, directory: Inode, name: string, now: bigint): Inode | undefined => {
  const old = tree.child(directory, name)
  if (old === undefined || (old.isDirectory && entry.type === "directory")) return old
  if (old.isDirectory && old.entries!.size > 0) throw new Fault("ENOTEMPTY", "import", entry.path)
  tree.leave(directory.ino, name, now)
  tree.drop(old.ino, now)
  return undefined
}

const put = (tree: Tree, entry: TreeEntry, directory: Inode, name: string, now: bigint): Inode => {
  const { gid, mode, target, type, uid } = entry
  if (type === "directory") return tree.create(directory.ino, name, S_IFDIR | mode, uid, gid, now)
  if (type === "symlink") return tree.createLink(directory.ino, name, target!, uid, gid, now)
  return tree.create(directory.ino, name, S_IFREG | mode, uid, gid, now)
}

/** Writes the content of a new file, piece by piece. */
function* pour(tree: Tree, inode: Inode, content: Uint8Array): Steps {
  for (let at = 0; at < content.length; at += STEP_BYTES) {
    inode.content = inode.content!.write(tree, at, content.subarray(at, at + STEP_BYTES))
    if (at + STEP_BYTES < content.length) yield
  }
}

function* importEntry(tree: Tree, entry: TreeEntry, now: bigint): Steps<number> {
  const names = check(entry)
  const directory = parentOf(tree, entry.path, names, now)
  const name = names[names.length - 1]
  const old = names.length === 0 ? directory : clear(tree, entry, directory, name, now)
  const inode = old === undefined ? put(tree, entry, directory, name, now) : tree.edit(old.ino)
  if (inode.isDirectory) {
    inode.mode = S_IFDIR | entry.mode
    inode.uid = entry.uid
    inode.gid = entry.gid
  } else if (inode.isFile) {
    yield* pour(tree, inode, entry.content)
  }
  return inode.ino
}

/**
 * A tree with the entries put into it in their order, over `base` or over nothing. Parents may be left out. The entries
 * are taken as the steps go on.
 */
export function* importSteps(entries: Iterable<TreeEntry>, base?: Snapshot, now = 0n): Steps<Snapshot> {
  const tree = base === undefined ? Tree.empty(now) : new Tree(base)
  const times: Array<readonly [ino: number, mtime: bigint]> = []
  const pace = new Pace()
  for (const entry of entries) {
    const ino = yield* importEntry(tree, entry, now)
    if (entry.mtimeMs !== undefined) times.push([ino, BigInt(Math.round(entry.mtimeMs * 1000)) * 1000n])
    // An entry costs about what a few looks at inodes do, and each level above it another.
    if (pace.spend(4 + entry.path.length / 16)) yield
  }
  // Times last: putting entries into a directory changes its own. What a later entry replaced is gone.
  for (const [ino, mtime] of times) {
    if (tree.inode(ino) === undefined) continue
    const inode = tree.edit(ino)
    inode.mtime = mtime
    inode.atime = mtime
    if (pace.spend()) yield
  }
  return tree.snapshot()
}

/** The same, at once. */
export const importTree = (entries: Iterable<TreeEntry>, base?: Snapshot, now = 0n): Snapshot =>
  finish(importSteps(entries, base, now))

const nothing = new Uint8Array(0)

/** An inode that is exported, and under which path. */
export interface Exported {
  readonly path: string
  readonly inode: Inode
}

/** The entry of a node; of a file, without its content. */
export const entryOf = ({ inode, path }: Exported): TreeEntry => {
  const { gid, mode, mtime, target, uid } = inode
  const type = inode.isDirectory ? "directory" : inode.isFile ? "file" : "symlink"
  const common = { path, type, mode: mode & 0o7777, uid, gid, mtimeMs: Number(mtime / 1000n) / 1000 } as const
  return { ...common, ...(target !== undefined && { target }), content: nothing }
}

export interface ExportOptions {
  /** Paths left out with all below them: what is mounted there is not part of the tree. By default /dev and /proc. */
  readonly exclude?: ReadonlyArray<string>
  /** Most bytes of content in all; more is EFBIG. By default 64 MiB. */
  readonly maxBytes?: number
}

const defaultExcluded: ReadonlyArray<string> = ["/dev", "/proc"]
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

/** The last of a stack comes first. */
const byPath = (a: Exported, b: Exported): number => compareText(b.path, a.path)

/** What is in a directory, in the order in which it goes on a stack; the path of the root is empty. */
function* childrenOf(snapshot: Snapshot, path: string, { entries }: Inode, pace: Pace): Steps<Array<Exported>> {
  const children: Array<Exported> = []
  yield* ready(() => entries!.size)
  for (const [name, ino] of entries!) {
    children.push({ path: `${path === "/" ? "" : path}/${name}`, inode: snapshot.inode(ino)! })
    if (pace.spend()) yield
  }
  return yield* sorted(children, byPath)
}

/**
 * The nodes of a tree, each directory before what is in it, names in order, and pauses. Devices are left out.
 */
export function* exportNodes(
  snapshot: Snapshot,
  options: ExportOptions = {}
): Generator<Exported | Pause, void, void> {
  const excluded = new Set(options.exclude ?? defaultExcluded)
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES
  const pending: Array<Exported> = [{ path: "/", inode: snapshot.inode(ROOT_INO)! }]
  const pace = new Pace()
  let bytes = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { inode, path } = next
    if (excluded.has(path)) continue
    if (exceeds(path, PATH_MAX - 1)) throw new Fault("ENAMETOOLONG", "export", path, undefined, pathLimit)
    bytes += inode.content?.size ?? 0
    if (bytes > limit) throw new Fault("EFBIG", "export", path, undefined, { name: "exportBytes", value: limit })
    if (inode.isDirectory || inode.isFile || inode.isSymlink) yield next
    if (!inode.isDirectory) continue
    // `yield*` passes the pauses on
    for (const child of yield* childrenOf(snapshot, path, inode, pace)) pending.push(child)
  }
}

/** The entries of a tree with their content, in the order of `exportNodes`. */
export function* exportTree(snapshot: Snapshot, options: ExportOptions = {}): Generator<TreeEntry, void> {
  for (const node of exportNodes(snapshot, options)) {
    if (isPause(node)) continue
    const { content } = node.inode
    yield { ...entryOf(node), ...(content !== undefined && { content: content.read(0, content.size) }) }
  }
}
