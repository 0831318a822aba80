/**
 * Removing names: unlink, rmdir, and whole trees. A tree is removed in steps, after all of it was found removable; as
 * with rm(1), what others put into it meanwhile stays, and so do the directories above that.
 */
import { R_OK, W_OK, X_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import { noteRemoved } from "./observe.ts"
import type { Operation } from "./operation.ts"
import { isStuck, permitted } from "./permissions.ts"
import type { Permit, PermitAt } from "./permit.ts"
import { Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import { finish, type Hold, holding, isFault, once, Pace, ready, type Steps } from "./steps.ts"
import type { Snapshot, Tree } from "./tree.ts"

export interface RemoveOptions {
  /** Remove directories with all that is in them. Without it, only empty ones. */
  readonly recursive?: boolean
  /** A missing path is no fault. */
  readonly force?: boolean
}

/** A removal that has been checked: it fails only where somebody else interferes. */
export type Removal = () => Steps

/** Checks that `child` may lose its name in `directory`. */
export const checkDelete = (op: Operation, directory: Inode, child: Inode, expected: "directory" | "other"): void => {
  if (!permitted(directory, op.credentials, W_OK | X_OK)) throw op.fault("EACCES")
  if (isStuck(directory, child, op.credentials)) throw op.fault("EPERM")
  if (expected === "directory" && !child.isDirectory) throw op.fault("ENOTDIR")
  if (expected === "other" && child.isDirectory) throw op.fault("EISDIR")
}

export const isMountPoint = (mount: Mount, inode: Inode): boolean => mount.children?.has(inode.ino) === true

/** Takes a checked child out of its directory. */
export const removeEntry = (
  state: State,
  tree: Tree,
  directory: Inode,
  name: string,
  child: Inode,
  now: bigint
): void => {
  noteRemoved(state, tree, directory.ino, name, child)
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
  removeEntry(state, tree, walk.inode, walk.name, child, state.now())
}

const removeDirectoryAt = (op: Operation, state: State, walk: Walk, child: Inode): void => {
  const tree = state.writable(op, walk.mount)
  checkDelete(op, walk.inode, child, "directory")
  if (isMountPoint(walk.mount, child)) throw op.fault("EBUSY")
  if (child.entries!.size > 0) throw op.fault("ENOTEMPTY")
  removeEntry(state, tree, walk.inode, walk.name, child, state.now())
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

/** Checks that every name below a directory may be removed. */
function* checkBelow(op: Operation, snapshot: Snapshot, top: Inode, permit: Permit | undefined): Steps {
  const pace = new Pace()
  const directories = [{ directory: top, prefix: "" }]
  for (let last = directories.pop(); last !== undefined; last = directories.pop()) {
    const { directory, prefix } = last
    if ((yield* ready(() => directory.entries!.size)) === 0) continue
    if (!permitted(directory, op.credentials, R_OK | W_OK | X_OK)) throw op.fault("EACCES")
    for (const [name, ino] of directory.entries!) {
      const child = snapshot.inode(ino)!
      const relative = permit === undefined ? "" : prefix + name
      permit?.(relative, child)
      if (isStuck(directory, child, op.credentials)) throw op.fault("EPERM")
      if (child.isDirectory) directories.push({ directory: child, prefix: `${relative}/` })
      if (pace.spend()) yield
    }
  }
}

/** A name as the snapshot of a removal has it. */
interface Name {
  readonly directory: number
  readonly name: string
  readonly ino: number
}

/** What a name stands for, unless it is gone or stands for something else now. */
const standing = (
  tree: Tree,
  { directory, ino, name }: Name
): { readonly from: Inode; readonly child: Inode } | undefined => {
  const from = tree.inode(directory)
  const child = from === undefined ? undefined : tree.child(from, name)
  return from !== undefined && child?.ino === ino ? { from, child } : undefined
}

/** Takes out one name, if it still stands for what it did. */
const takeOut = (op: Operation, state: State, mount: Mount, name: Name, now: bigint): void => {
  const tree = mount.tree!
  const found = standing(tree, name)
  if (found === undefined) return
  const { child, from } = found
  checkDelete(op, from, child, child.isDirectory ? "directory" : "other")
  if (isMountPoint(mount, child)) throw op.fault("EBUSY")
  if (child.isDirectory && child.entries!.size > 0) throw op.fault("ENOTEMPTY")
  removeEntry(state, tree, from, name.name, child, now)
}

/** Removes what a snapshot has under a name, what is in a directory before the directory. */
function* removeTree(
  op: Operation,
  state: State,
  mount: Mount,
  snapshot: Snapshot,
  top: Name
): Steps {
  const now = state.now()
  const pace = new Pace()
  const namesIn = (ino: number) => snapshot.inode(ino)!.entries![Symbol.iterator]()
  const open = [{ at: top, names: namesIn(top.ino) }]
  for (let last = open[0]; last !== undefined; last = open[open.length - 1]) {
    const next = last.names.next()
    if (next.done === true) {
      takeOut(op, state, mount, last.at, now)
      open.pop()
    } else {
      const [name, ino] = next.value
      const at = { directory: last.at.ino, name, ino }
      if (!snapshot.inode(ino)!.isDirectory) takeOut(op, state, mount, at, now)
      // What has been moved away is safe.
      else if (standing(mount.tree!, at) !== undefined) open.push({ at, names: namesIn(ino) })
    }
    if (pace.spend(2)) yield
  }
}

function* planTree(
  op: Operation,
  state: State,
  hold: Hold,
  walk: Walk,
  child: Inode,
  permit: Permit | undefined
): Steps<Removal> {
  const path = walk.path === "/" ? `/${walk.name}` : `${walk.path}/${walk.name}`
  const { mount, name } = walk
  const tree = state.writable(op, mount)
  if (state.mounts.busy(path)) throw op.fault("EBUSY")
  checkDelete(op, walk.inode, child, "directory")
  const top: Name = { directory: walk.inode.ino, name, ino: child.ino }
  if (child.entries!.size === 0) return () => once(() => takeOut(op, state, mount, top, state.now()))
  hold.add(tree)
  const snapshot = tree.snapshot()
  yield* checkBelow(op, snapshot, snapshot.inode(child.ino)!, permit)
  return () => removeTree(op, state, mount, snapshot, top)
}

/** Checks the removal of a path with all below it. No link is followed, no mount is crossed. */
export function* planRemoval(
  op: Operation,
  state: State,
  hold: Hold,
  path: string,
  options: RemoveOptions,
  permitAt?: PermitAt
): Steps<Removal> {
  const walk = new Walk(op, state.mounts, path, true)
  const kind = walk.toParent()
  if (kind !== "name") throw op.fault(kind === "root" ? "EBUSY" : "EINVAL")
  const child = walk.lookup()
  if (child === undefined) throw op.fault("ENOENT")
  const permit = permitAt?.({ path: walk.path === "/" ? `/${walk.name}` : `${walk.path}/${walk.name}`, inode: child })
  permit?.("", child)
  if (child.isDirectory && options.recursive === true) return yield* planTree(op, state, hold, walk, child, permit)
  if (child.isDirectory) return () => once(() => removeDirectoryAt(op, state, walk, child))
  if (walk.trailing) throw op.fault("ENOTDIR")
  state.writable(op, walk.mount)
  checkDelete(op, walk.inode, child, "other")
  const top: Name = { directory: walk.inode.ino, name: walk.name, ino: child.ino }
  return () => once(() => takeOut(op, state, walk.mount, top, state.now()))
}

export const removeSteps = (
  op: Operation,
  state: State,
  options: RemoveOptions,
  permit?: PermitAt
): Steps =>
  holding(op, function*(hold) {
    let removal: Removal
    try {
      removal = yield* planRemoval(op, state, hold, op.path, options, permit)
    } catch (error) {
      if (options.force === true && isFault(error, "ENOENT", "ENOTDIR")) return
      throw error
    }
    yield* removal()
  })

export const removePath = (op: Operation, state: State, options: RemoveOptions): void =>
  finish(removeSteps(op, state, options))
