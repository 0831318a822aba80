/** Changes of file content: their limits, checked before anything changes, and their effects on the inode. */
import { type Allocation, type Content, MAX_FILE_SIZE } from "./content.ts"
import type { Inode } from "./inode.ts"
import { noteModified } from "./observe.ts"
import type { Operation } from "./operation.ts"
import type { Owner } from "./owner.ts"
import { withoutPrivilege } from "./permissions.ts"
import type { State } from "./state.ts"
import { finish } from "./steps.ts"
import type { Tree } from "./tree.ts"

const touch = (op: Operation, state: State, tree: Tree, inode: Inode): void => {
  const now = state.now()
  inode.mtime = now
  inode.ctime = now
  if (op.credentials.uid !== 0) inode.mode = withoutPrivilege(inode.mode, inode.gid, op.credentials)
  noteModified(op, state, tree, inode.ino)
}

const checkSize = (op: Operation, size: number): void => {
  if (!Number.isSafeInteger(size) || size < 0) throw op.fault("EINVAL")
  if (size > MAX_FILE_SIZE) throw op.fault("EFBIG", { name: "fileSize", value: MAX_FILE_SIZE })
}

/** Writes a copy of `data` at `offset`. */
export const writeAt = (
  op: Operation,
  state: State,
  tree: Tree,
  ino: number,
  offset: number,
  data: Uint8Array
): void => {
  checkSize(op, offset)
  checkSize(op, offset + data.length)
  if (data.length === 0) return
  const content = tree.at(ino).content!
  if (tree.journal !== undefined) {
    tree.journal.write(ino, offset, data)
    return resized(op, state, tree, ino, Math.max(content.size, offset + data.length))
  }
  state.reserve(op, content.cost(tree.account, offset, data.length), 0)
  content.requireEdges(offset, offset + data.length)
  const inode = tree.edit(ino)
  inode.content = inode.content!.write(tree, offset, data)
  touch(op, state, tree, inode)
}

/** A live foreign filesystem holds the content; here it only gets its new size. */
const resized = (op: Operation, state: State, tree: Tree, ino: number, size: number): void => {
  const inode = tree.edit(ino)
  inode.content = inode.content!.truncate(tree, size)
  touch(op, state, tree, inode)
}

/** The content of a file that has just been created. */
export const setFirst = (tree: Tree, ino: number, data: Uint8Array): void => {
  const inode = tree.edit(ino)
  inode.content = inode.content!.write(tree, 0, data)
  tree.journal?.replace(ino, inode.content)
}

/** Makes a copy of `data` the whole content. */
export const replaceWith = (op: Operation, state: State, tree: Tree, ino: number, data: Uint8Array): void => {
  checkSize(op, data.length)
  state.reserve(op, data.length - tree.at(ino).content!.freeable(tree.account), 0)
  const inode = tree.edit(ino)
  inode.content = inode.content!.truncate(tree, 0).write(tree, 0, data)
  tree.journal?.replace(ino, inode.content)
  touch(op, state, tree, inode)
}

/** Makes `content` the whole content of a file; `charged` bytes of it are the tree's and not counted yet. */
export const setContent = (tree: Tree, ino: number, content: Content, charged: number): void => {
  const inode = tree.edit(ino)
  inode.content!.truncate(tree, 0)
  tree.bytes += charged
  inode.content = content.heldSince(tree.account)
  tree.journal?.replace(ino, inode.content)
}

/** Counts what is put together for a tree and not part of it yet: it is charged like any content while it waits. */
export class StagedAllocation implements Allocation {
  private charged = 0
  constructor(private readonly state: State, private readonly tree: Tree) {}

  get owner(): Owner {
    return this.tree.owner
  }

  get bytes(): number {
    return this.charged
  }

  set bytes(bytes: number) {
    this.state.staged += bytes - this.charged
    this.charged = bytes
  }
}

/**
 * Makes content that was put together elsewhere the content of a file: as it is when it is charged to this tree's
 * account, with `charged` bytes, else as a copy.
 */
export const adoptContent = (
  op: Operation,
  state: State,
  tree: Tree,
  ino: number,
  content: Content,
  charged: number | undefined
): void => {
  state.reserve(op, content.allocated - tree.at(ino).content!.freeable(tree.account), 0)
  const inode = tree.edit(ino)
  inode.content!.truncate(tree, 0)
  if (charged !== undefined) tree.bytes += charged
  inode.content = charged === undefined ? finish(content.duplicate(tree)) : content.heldSince(tree.account)
  tree.journal?.replace(ino, inode.content)
  touch(op, state, tree, inode)
}

export const truncateTo = (op: Operation, state: State, tree: Tree, ino: number, size: number): void => {
  checkSize(op, size)
  if (tree.journal !== undefined) {
    tree.journal.truncate(ino, size)
    return resized(op, state, tree, ino, size)
  }
  state.reserve(op, tree.at(ino).content!.truncateCost(tree.account, size), 0)
  const inode = tree.edit(ino)
  inode.content = inode.content!.truncate(tree, size)
  touch(op, state, tree, inode)
}
