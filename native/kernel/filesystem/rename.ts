/** rename(2), with the flags of renameat2(2). The order of the checks is that of Linux. */
import { W_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { moveOf, noteMoved } from "./observe.ts"
import type { Operation } from "./operation.ts"
import { mayCreateIn, permitted } from "./permissions.ts"
import { Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import { isWellFormed } from "./text.ts"
import type { Tree } from "./tree.ts"
import { checkDelete, isMountPoint, removeEntry } from "./unlink.ts"

export interface RenameOptions {
  /** The new path must not exist. */
  readonly noReplace?: boolean
  /** Both paths exist and change places. */
  readonly exchange?: boolean
}

/** One side of a rename: the name and what is found under it. */
interface Side {
  readonly walk: Walk
  readonly inode: Inode
}

const kindOf = (inode: Inode): "directory" | "other" => (inode.isDirectory ? "directory" : "other")

/** Whether `inode` is `directory` or one of the directories above it. */
const isAtOrAbove = (tree: Tree, inode: Inode, directory: Inode): boolean => {
  for (let at = directory;; at = tree.at(at.parent)) {
    if (at.ino === inode.ino) return true
    if (at.ino === tree.rootIno) return false
  }
}

const pathOf = (walk: Walk): string => (walk.path === "/" ? `/${walk.name}` : `${walk.path}/${walk.name}`)

const isBusy = (state: State, side: Side): boolean =>
  isMountPoint(side.walk.mount, side.inode) || (side.inode.isDirectory && state.mounts.busy(pathOf(side.walk)))

/** A slash at the end of either path asks for a directory. */
const checkSlashes = (op: Operation, from: Side, to: Walk, target: Inode | undefined, exchange: boolean): void => {
  if (exchange && !target!.isDirectory && to.trailing) throw op.fault("ENOTDIR")
  if (from.inode.isDirectory) return
  if (from.walk.trailing || (!exchange && to.trailing)) throw op.fault("ENOTDIR")
}

const checkRights = (op: Operation, from: Side, to: Walk, target: Inode | undefined, exchange: boolean): void => {
  checkDelete(op, from.walk.inode, from.inode, kindOf(from.inode))
  if (target === undefined) {
    if (!mayCreateIn(to.inode, op.credentials)) throw op.fault("EACCES")
  } else {
    checkDelete(op, to.inode, target, kindOf(exchange ? target : from.inode))
  }
  if (from.walk.inode.ino === to.inode.ino) return
  // Moving a directory elsewhere changes its own "..".
  const denied = (inode: Inode) => inode.isDirectory && !permitted(inode, op.credentials, W_OK)
  if (denied(from.inode) || (exchange && denied(target!))) throw op.fault("EACCES")
}

const move = (tree: Tree, from: Side, to: Walk, now: bigint): void => {
  tree.leave(from.walk.inode.ino, from.walk.name, now)
  tree.enter(to.inode.ino, to.name, from.inode.ino, now)
  tree.edit(from.inode.ino).ctime = now
}

const swap = (tree: Tree, from: Side, to: Side, now: bigint): void => {
  tree.leave(from.walk.inode.ino, from.walk.name, now)
  tree.leave(to.walk.inode.ino, to.walk.name, now)
  tree.enter(to.walk.inode.ino, to.walk.name, from.inode.ino, now)
  tree.enter(from.walk.inode.ino, from.walk.name, to.inode.ino, now)
  tree.edit(from.inode.ino).ctime = now
  tree.edit(to.inode.ino).ctime = now
}

/** The walks to both names, on one writable mount. */
const bothEnds = (op: Operation, state: State, from: string, to: string, options: RenameOptions) => {
  const source = new Walk(op, state.mounts, from, true)
  const sourceKind = source.toParent()
  const target = new Walk(op, state.mounts, to, true)
  const targetKind = target.toParent()
  if (source.mount !== target.mount) throw op.fault("EXDEV")
  if (sourceKind !== "name") throw op.fault("EBUSY")
  if (targetKind !== "name") throw op.fault(options.noReplace === true ? "EEXIST" : "EBUSY")
  return { source, target, tree: state.writable(op, source.mount) }
}

export const renamePath = (op: Operation, state: State, from: string, to: string, options: RenameOptions): void => {
  const exchange = options.exchange === true
  if (exchange && options.noReplace === true) throw op.fault("EINVAL")
  const ends = bothEnds(op, state, from, to, options)
  const { source, target: walk, tree } = ends
  // nobody outside could do that at once
  if (exchange && tree.journal !== undefined) throw op.fault("EINVAL")
  const inode = source.lookup()
  if (inode === undefined) throw op.fault("ENOENT")
  const target = walk.lookup()
  if (target !== undefined && options.noReplace === true) throw op.fault("EEXIST")
  if (exchange && target === undefined) throw op.fault("ENOENT")
  const side: Side = { walk: source, inode }
  checkSlashes(op, side, walk, target, exchange)
  if (inode.isDirectory && isAtOrAbove(tree, inode, walk.inode)) throw op.fault("EINVAL")
  if (target?.isDirectory === true && isAtOrAbove(tree, target, source.inode)) {
    throw op.fault(exchange ? "EINVAL" : "ENOTEMPTY")
  }
  if (target?.ino === inode.ino) return
  checkRights(op, side, walk, target, exchange)
  if (isBusy(state, side) || (target !== undefined && isBusy(state, { walk, inode: target }))) throw op.fault("EBUSY")
  if (target?.isDirectory === true && !exchange && target.entries!.size > 0) throw op.fault("ENOTEMPTY")
  if (target === undefined && !isWellFormed(walk.name)) throw op.fault("EINVAL")
  const now = state.now()
  const names = [
    { directory: source.inode.ino, name: source.name },
    { directory: walk.inode.ino, name: walk.name }
  ] as const
  const moved = moveOf(state, tree, ...names)
  if (exchange) {
    swap(tree, side, { walk, inode: target! }, now)
    noteMoved(state, target!, { from: moved.to, to: moved.from })
  } else {
    if (target !== undefined) {
      removeEntry(state, tree, walk.inode, walk.name, target, now)
      tree.journal?.retract()
    }
    tree.journal?.moving(...names, inode.ino)
    move(tree, side, walk, now)
  }
  noteMoved(state, inode, moved)
}
