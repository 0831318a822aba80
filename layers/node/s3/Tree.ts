/**
 * The tree of an `s3` mount as a value: inodes by number, directories as maps of names. What is found by a path follows
 * links within the tree.
 *
 * @since 0.1.0
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { VirtualStat } from "../../../src/config/FileStat.ts"
import { CodedError } from "../hostdir/BeneathRoot.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Attributes {
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Milliseconds since 1970. */
  readonly atimeMs: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly birthtimeMs: number
}

/**
 * Content: bytes that are held in the manifest, or the names of its blocks, of `blockSize` bytes each but the last; a part
 * without a name is zeros, and so is what a block lacks.
 *
 * @since 0.1.0
 * @category models
 */
export type Content =
  | { readonly inline: Uint8Array }
  | { readonly inline?: undefined; readonly blockSize: number; readonly blocks: ReadonlyArray<string | null> }

/**
 * @since 0.1.0
 * @category models
 */
export interface FileNode extends Attributes {
  readonly type: "file"
  readonly nlink: number
  readonly size: number
  readonly content: Content
}

/**
 * @since 0.1.0
 * @category models
 */
export interface DirectoryNode extends Attributes {
  readonly type: "directory"
  readonly entries: HashMap.HashMap<string, number>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface LinkNode extends Attributes {
  readonly type: "symlink"
  readonly nlink: number
  readonly target: string
}

/**
 * @since 0.1.0
 * @category models
 */
export type Node = FileNode | DirectoryNode | LinkNode

/**
 * @since 0.1.0
 * @category models
 */
export interface Tree {
  readonly nodes: HashMap.HashMap<number, Node>
  /** The number of the next inode; they are never used again. */
  readonly next: number
}

/**
 * The inode number of the root.
 *
 * @since 0.1.0
 * @category constants
 */
export const ROOT = 1

const MAX_LINKS = 40
const MAX_NAME_BYTES = 255
const MAX_PATH_BYTES = 4096

/**
 * A tree with nothing in it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const empty: Tree = {
  nodes: HashMap.make<[[number, Node]]>([ROOT, {
    type: "directory",
    mode: 0o755,
    uid: 0,
    gid: 0,
    atimeMs: 0,
    mtimeMs: 0,
    ctimeMs: 0,
    birthtimeMs: 0,
    entries: HashMap.empty()
  }]),
  next: ROOT + 1
}

/**
 * @since 0.1.0
 * @category getters
 */
export const nodeAt = (tree: Tree, ino: number): Node => {
  const node = HashMap.get(tree.nodes, ino)
  if (Option.isNone(node)) throw new CodedError("EIO")
  return node.value
}

/**
 * @since 0.1.0
 * @category getters
 */
export const childOf = (directory: DirectoryNode, name: string): number | undefined =>
  Option.getOrUndefined(HashMap.get(directory.entries, name))

/**
 * Where a path leads: a name in a directory, which may be missing. Without a name, it is the directory itself: the root,
 * or what a path ends in that leads up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Place {
  readonly directory: number
  readonly name: string | undefined
  readonly ino: number | undefined
  /** Absolute, without links. */
  readonly path: string
  /** The directories on the way, from the root. */
  readonly above: ReadonlyArray<number>
}

const namesOf = (path: string): Array<string> => path.split("/").filter((name) => name !== "" && name !== ".").reverse()

const checkPath = (path: string): void => {
  if (path.includes("\0") || !path.startsWith("/")) throw new CodedError("EINVAL")
  if (path.length > MAX_PATH_BYTES || Buffer.byteLength(path) > MAX_PATH_BYTES) throw new CodedError("ENAMETOOLONG")
}

/**
 * Walks a path as Linux does. With `follow`, a link at its end is followed too.
 *
 * @since 0.1.0
 * @category getters
 */
export const walk = (tree: Tree, path: string, follow: boolean): Place => {
  checkPath(path)
  const left = namesOf(path)
  let above = [ROOT]
  let passed: Array<string> = []
  let links = 0
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const top = above[above.length - 1]
    const directory = nodeAt(tree, top)
    if (directory.type !== "directory") throw new CodedError("ENOTDIR")
    if (name === "..") {
      if (above.length > 1) above.pop()
      passed.pop()
      continue
    }
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new CodedError("ENAMETOOLONG")
    const ino = childOf(directory, name)
    const last = left.length === 0
    if (ino === undefined && !last) throw new CodedError("ENOENT")
    const node = ino === undefined ? undefined : nodeAt(tree, ino)
    if (node?.type === "symlink" && (follow || !last)) {
      if (++links > MAX_LINKS) throw new CodedError("ELOOP")
      if (node.target === "") throw new CodedError("ENOENT")
      if (node.target.startsWith("/")) [above, passed] = [[ROOT], []]
      left.push(...namesOf(node.target))
      continue
    }
    passed.push(name)
    if (last) return { directory: top, name, ino, path: `/${passed.join("/")}`, above }
    above.push(ino!)
  }
  const ino = above[above.length - 1]
  if (nodeAt(tree, ino).type !== "directory") throw new CodedError("ENOTDIR")
  return { directory: ino, name: undefined, ino, path: `/${passed.join("/")}`, above }
}

/**
 * What a path leads to; `ENOENT` where there is nothing.
 *
 * @since 0.1.0
 * @category getters
 */
export const find = (tree: Tree, path: string, follow: boolean): { readonly ino: number; readonly node: Node } => {
  const { ino } = walk(tree, path, follow)
  if (ino === undefined) throw new CodedError("ENOENT")
  return { ino, node: nodeAt(tree, ino) }
}

/**
 * The file that a path leads to.
 *
 * @since 0.1.0
 * @category getters
 */
export const findFile = (tree: Tree, path: string): { readonly ino: number; readonly node: FileNode } => {
  const { ino, node } = find(tree, path, true)
  if (node.type === "directory") throw new CodedError("EISDIR")
  if (node.type !== "file") throw new CodedError("EIO")
  return { ino, node }
}

/**
 * The directory that a path leads to.
 *
 * @since 0.1.0
 * @category getters
 */
export const findDirectory = (tree: Tree, path: string): DirectoryNode => {
  const { node } = find(tree, path, true)
  if (node.type !== "directory") throw new CodedError("ENOTDIR")
  return node
}

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const

const sizeOf = (node: Node): number =>
  node.type === "file" ? node.size : node.type === "symlink" ? Buffer.byteLength(node.target) : 4096

const linksOf = (tree: Tree, node: Node): number =>
  node.type !== "directory"
    ? node.nlink
    : HashMap.reduce(node.entries, 2, (count, ino) => count + (nodeAt(tree, ino).type === "directory" ? 1 : 0))

/**
 * As drivers tell it.
 *
 * @since 0.1.0
 * @category conversions
 */
export const statOf = (tree: Tree, ino: number, node: Node): VirtualStat => {
  const { atimeMs, birthtimeMs, ctimeMs, gid, mode, mtimeMs, type, uid } = node
  const size = sizeOf(node)
  return {
    mode: typeBits[type] | mode,
    size,
    blocks: Math.ceil(size / 512),
    dev: 1,
    rdev: 0,
    isDirectory: type === "directory",
    isSymbolicLink: type === "symlink",
    atimeMs,
    mtimeMs,
    ctimeMs,
    birthtimeMs,
    ino,
    nlink: linksOf(tree, node),
    uid,
    gid
  }
}
