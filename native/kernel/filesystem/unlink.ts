/** Removing names: unlink, rmdir, and whole trees. */
import { Fault } from "../fault.ts"
import { R_OK, W_OK, X_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import { isStuck, permitted } from "./permissions.ts"
import { Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import type { Tree } from "./tree.ts"

/** Checks that `child` may lose its name in `directory`. */
export const checkDelete = (op: Operation, directory: Inode, child: Inode, expected: "directory" | "other"): void => {
  if (!permitted(directory, op.credentials, W_OK | X_OK)) throw op.fault("EACCES")
  if (isStuck(directory, child, op.credentials)) throw op.fault("EPERM")
  if (expected === "directory" && !child.isDirectory) throw op.fault("ENOTDIR")
  if (expected === "other" && child.isDirectory) throw op.fault("EISDIR")
}

export const isMountPoint = (mount: Mount, inode: Inode): boolean => mount.children?.has(inode.ino) === true

/** Takes a checked child out of its directory. */
export const removeEntry = (tree: Tree, directory: Inode, name: string, child: Inode, now: bigint): void => {
  tree.leave(directory.ino, name, now)
  tree.drop(child.ino, now)
}

export const unlinkPath = (op: Operation, state: State): void => {
  const walk = new Walk(op, state.mounts, op.path)
  if (walk.toParent() !== "name") throw op.fault("EISDIR")
  const tree = state.writable(op, walk.mount)
  const child = walk.lookup()
  if (child === undefined) throw op.fault("ENOENT")
  if (walk.trailing) throw op.fault(child.isDirectory ? "EISDIR" : "ENOTDIR")
  checkDelete(op, walk.inode, child, "other")
  removeEntry(tree, walk.inode, walk.name, child, state.now())
}

const removeDirectoryAt = (op: Operation, state: State, walk: Walk, child: Inode): void => {
  const tree = state.writable(op, walk.mount)
  checkDelete(op, walk.inode, child, "directory")
  if (isMountPoint(walk.mount, child)) throw op.fault("EBUSY")
  if (child.entries!.size > 0) throw op.fault("ENOTEMPTY")
  removeEntry(tree, walk.inode, walk.name, child, state.now())
}

export const removeDirectory = (op: Operation, state: State): void => {
  const walk = new Walk(op, state.mounts, op.path)
  const kind = walk.toParent()
  if (kind !== "name") throw op.fault(kind === "dotdot" ? "ENOTEMPTY" : kind === "dot" ? "EINVAL" : "EBUSY")
  state.writable(op, walk.mount)
  const child = walk.lookup()
  if (child === undefined) throw op.fault("ENOENT")
  removeDirectoryAt(op, state, walk, child)
}

/** The inode numbers below a directory, one for each name, after checking that every name may be removed. */
const namesBelow = (op: Operation, tree: Tree, top: Inode): Array<number> => {
  const names: Array<number> = []
  const directories = [top]
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    if (directory.entries!.size === 0) continue
    if (!permitted(directory, op.credentials, R_OK | W_OK | X_OK)) throw op.fault("EACCES")
    const parent = directory
    tree.list(directory, (_, child) => {
      if (isStuck(parent, child, op.credentials)) throw op.fault("EPERM")
      names.push(child.ino)
      if (child.isDirectory) directories.push(child)
    })
  }
  return names
}

export interface RemoveOptions {
  /** Remove directories with all that is in them. Without it, only empty ones. */
  readonly recursive?: boolean
  /** A missing path is no fault. */
  readonly force?: boolean
}

/** A removal that has been checked and cannot fail any more. */
export type Removal = () => void

const planTree = (op: Operation, state: State, walk: Walk, child: Inode): Removal => {
  const path = walk.path === "/" ? `/${walk.name}` : `${walk.path}/${walk.name}`
  const tree = state.writable(op, walk.mount)
  if (state.mounts.busy(path)) throw op.fault("EBUSY")
  checkDelete(op, walk.inode, child, "directory")
  const names = namesBelow(op, tree, child)
  return () => {
    const now = state.now()
    for (const ino of names) tree.drop(ino, now)
    removeEntry(tree, walk.inode, walk.name, child, now)
  }
}

/** Checks the removal of a path with all below it. No link is followed, no mount is crossed. */
export const planRemoval = (op: Operation, state: State, path: string, options: RemoveOptions): Removal => {
  const walk = new Walk(op, state.mounts, path, true)
  const kind = walk.toParent()
  if (kind !== "name") throw op.fault(kind === "root" ? "EBUSY" : "EINVAL")
  const child = walk.lookup()
  if (child === undefined) throw op.fault("ENOENT")
  if (child.isDirectory && options.recursive === true) return planTree(op, state, walk, child)
  if (child.isDirectory) return () => removeDirectoryAt(op, state, walk, child)
  if (walk.trailing) throw op.fault("ENOTDIR")
  const tree = state.writable(op, walk.mount)
  checkDelete(op, walk.inode, child, "other")
  return () => removeEntry(tree, walk.inode, walk.name, child, state.now())
}

export const removePath = (op: Operation, state: State, options: RemoveOptions): void => {
  let removal: Removal
  try {
    removal = planRemoval(op, state, op.path, options)
  } catch (error) {
    if (options.force === true && error instanceof Fault && (error.errno === "ENOENT" || error.errno === "ENOTDIR")) {
      return
    }
    throw error
  }
  removal()
}
