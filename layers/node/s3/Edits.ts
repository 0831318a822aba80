/**
 * Changes of the tree of an `s3` mount. Each is a function of a tree, so that it can be made again on what another mount
 * has written in the meantime: it is refused, by what it finds then, or done as a whole.
 *
 * @since 0.1.0
 */
import * as HashMap from "effect/HashMap"
import { CodedError } from "../hostdir/BeneathRoot.ts"
import type { Attributes, Content, DirectoryNode, Node, Place, Tree } from "./Tree.ts"
import { find, nodeAt, walk } from "./Tree.ts"

/**
 * A change. What it throws refuses it.
 *
 * @since 0.1.0
 * @category models
 */
export type Edit = (draft: Draft) => void

/**
 * A tree that is being changed.
 *
 * @since 0.1.0
 * @category models
 */
export class Draft {
  private readonly dropped = new Set<string>()

  constructor(public tree: Tree, readonly now: number) {}

  /** Blocks that no file has any more. */
  get lost(): ReadonlySet<string> {
    return this.dropped
  }

  set(ino: number, node: Node): void {
    this.tree = { ...this.tree, nodes: HashMap.set(this.tree.nodes, ino, node) }
  }

  /** A new inode under a name. */
  add(place: Place, node: Node): void {
    const ino = this.tree.next
    this.tree = { nodes: HashMap.set(this.tree.nodes, ino, node), next: ino + 1 }
    this.enter(place, ino)
  }

  enter({ directory, name }: Place, ino: number): void {
    const node = nodeAt(this.tree, directory) as DirectoryNode
    this.set(directory, { ...node, ...this.times, entries: HashMap.set(node.entries, name!, ino) })
  }

  leave({ directory, name }: Place): void {
    const node = nodeAt(this.tree, directory) as DirectoryNode
    this.set(directory, { ...node, ...this.times, entries: HashMap.remove(node.entries, name!) })
  }

  /** One name less for an inode, which goes with its last. */
  drop(ino: number): void {
    const node = nodeAt(this.tree, ino)
    if (node.type !== "directory" && node.nlink > 1) {
      return this.set(ino, { ...node, nlink: node.nlink - 1, ctimeMs: this.now })
    }
    if (node.type === "file") this.lose(node.content)
    this.tree = { ...this.tree, nodes: HashMap.remove(this.tree.nodes, ino) }
  }

  /** The blocks of what a file had, but those that it keeps. */
  lose(content: Content, kept?: Content): void {
    const stay = new Set(kept?.inline === undefined ? kept?.blocks : [])
    for (const block of content.inline === undefined ? content.blocks : []) {
      if (block !== null && !stay.has(block)) this.dropped.add(block)
    }
  }

  get times() {
    return { mtimeMs: this.now, ctimeMs: this.now }
  }
}

const attributes = (draft: Draft, mode: number): Attributes => ({
  mode,
  uid: 0,
  gid: 0,
  atimeMs: draft.now,
  birthtimeMs: draft.now,
  ...draft.times
})

/** A place for a new name. */
const vacant = (draft: Draft, path: string): Place => {
  const place = walk(draft.tree, path, false)
  if (place.ino !== undefined) throw new CodedError("EEXIST")
  return place
}

/** A name that is there; the root has none. */
const named = (draft: Draft, path: string): Place & { readonly ino: number; readonly name: string } => {
  const place = walk(draft.tree, path, false)
  if (place.name === undefined) throw new CodedError("EBUSY")
  if (place.ino === undefined) throw new CodedError("ENOENT")
  return place as Place & { readonly ino: number; readonly name: string }
}

/**
 * Makes a file, or gives one new content.
 *
 * @since 0.1.0
 * @category edits
 */
export const replaceFile = (path: string, size: number, content: Content): Edit => (draft) => {
  const place = walk(draft.tree, path, true)
  if (place.ino === undefined) {
    return draft.add(place, { type: "file", nlink: 1, size, content, ...attributes(draft, 0o644) })
  }
  const node = nodeAt(draft.tree, place.ino)
  if (node.type !== "file") throw new CodedError("EISDIR")
  draft.lose(node.content)
  draft.set(place.ino, { ...node, ...draft.times, size, content })
}

/**
 * Gives a file what `merge` makes of what it has; nothing is done when it is gone.
 *
 * @since 0.1.0
 * @category edits
 */
export const writeContent = (
  ino: number,
  mtimeMs: number,
  merge: (size: number, content: Content) => { readonly size: number; readonly content: Content }
): Edit =>
(draft) => {
  if (!HashMap.has(draft.tree.nodes, ino)) return
  const node = nodeAt(draft.tree, ino)
  if (node.type !== "file") throw new CodedError("EIO")
  const { content, size } = merge(node.size, node.content)
  draft.lose(node.content, content)
  draft.set(ino, { ...node, size, content, mtimeMs, ctimeMs: draft.now })
}

/**
 * @since 0.1.0
 * @category edits
 */
export const makeDirectory = (path: string): Edit => (draft) => {
  const place = vacant(draft, path)
  draft.add(place, { type: "directory", entries: HashMap.empty(), ...attributes(draft, 0o755) })
}

/**
 * With all that is missing above.
 *
 * @since 0.1.0
 * @category edits
 */
export const makeDirectories = (path: string): Edit => (draft) => {
  const names = path.split("/").filter((name) => name !== "" && name !== ".")
  for (let depth = 1; depth <= names.length; depth++) {
    const at = `/${names.slice(0, depth).join("/")}`
    const place = walk(draft.tree, at, true)
    if (place.ino === undefined) {
      // a link to nothing
      if (walk(draft.tree, at, false).ino !== undefined) throw new CodedError("EEXIST")
      draft.add(place, { type: "directory", entries: HashMap.empty(), ...attributes(draft, 0o755) })
    } else if (nodeAt(draft.tree, place.ino).type !== "directory") throw new CodedError("EEXIST")
  }
}

/**
 * @since 0.1.0
 * @category edits
 */
export const makeLink = (target: string, path: string): Edit => (draft) => {
  if (target === "" || target.includes("\0")) throw new CodedError(target === "" ? "ENOENT" : "EINVAL")
  if (Buffer.byteLength(target) > 4095) throw new CodedError("ENAMETOOLONG")
  draft.add(vacant(draft, path), { type: "symlink", nlink: 1, target, ...attributes(draft, 0o777) })
}

/**
 * Another name of a file or a link.
 *
 * @since 0.1.0
 * @category edits
 */
export const makeHardLink = (existing: string, path: string): Edit => (draft) => {
  const { ino, node } = find(draft.tree, existing, false)
  if (node.type === "directory") throw new CodedError("EPERM")
  const place = vacant(draft, path)
  draft.set(ino, { ...node, nlink: node.nlink + 1, ctimeMs: draft.now })
  draft.enter(place, ino)
}

/**
 * @since 0.1.0
 * @category edits
 */
export const removeFile = (path: string): Edit => (draft) => {
  const place = named(draft, path)
  if (nodeAt(draft.tree, place.ino).type === "directory") throw new CodedError("EISDIR")
  draft.leave(place)
  draft.drop(place.ino)
}

const isEmpty = (node: Node): boolean => node.type !== "directory" || HashMap.isEmpty(node.entries)

/**
 * @since 0.1.0
 * @category edits
 */
export const removeDirectory = (path: string): Edit => (draft) => {
  const place = named(draft, path)
  const node = nodeAt(draft.tree, place.ino)
  if (node.type !== "directory") throw new CodedError("ENOTDIR")
  if (!isEmpty(node)) throw new CodedError("ENOTEMPTY")
  draft.leave(place)
  draft.drop(place.ino)
}

/**
 * @since 0.1.0
 * @category edits
 */
export const rename = (from: string, to: string): Edit => (draft) => {
  const old = named(draft, from)
  const place = walk(draft.tree, to, false)
  if (place.name === undefined) throw new CodedError("EBUSY")
  const node = nodeAt(draft.tree, old.ino)
  if (place.above.includes(old.ino)) throw new CodedError("EINVAL")
  if (place.ino === old.ino) return
  if (place.ino !== undefined) {
    const there = nodeAt(draft.tree, place.ino)
    if (node.type === "directory" && there.type !== "directory") throw new CodedError("ENOTDIR")
    if (node.type !== "directory" && there.type === "directory") throw new CodedError("EISDIR")
    if (!isEmpty(there) || old.above.includes(place.ino)) throw new CodedError("ENOTEMPTY")
    draft.leave(place)
    draft.drop(place.ino)
  }
  draft.leave(old)
  draft.enter(place, old.ino)
  draft.set(old.ino, { ...node, ctimeMs: draft.now })
}

/**
 * Sets attributes; a link is not followed where its own are meant.
 *
 * @since 0.1.0
 * @category edits
 */
export const setAttributes = (path: string, set: Partial<Attributes>): Edit => (draft) => {
  const { ino, node } = find(draft.tree, path, true)
  draft.set(ino, { ...node, ...set, ctimeMs: draft.now })
}
