/**
 * The changes of trees, told to the log of the filesystem that they are mounted in, and those of names also to the journal
 * of a live foreign filesystem.
 */
import type { ChangeEvent } from "./change-log.ts"
import { PATH_MAX } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { SEVERAL } from "./inode.ts"
import type { MountTable } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import type { State } from "./state.ts"
import type { Tree } from "./tree.ts"

/** Where a tree is mounted, without a slash at the end; nothing when it is not. */
const mountPath = (mounts: MountTable, tree: Tree): string | undefined => {
  const path = mounts.list.find((mount) => mount.volume === tree)?.path
  return path === "/" ? "" : path
}

/** The path of a directory of a tree, without a slash at the end. */
const directoryPath = (state: State, tree: Tree, ino: number): string | undefined => {
  const names: Array<string> = []
  for (let at = ino; at !== tree.rootIno;) {
    const inode = tree.inode(at)
    // A path with more names could not be used.
    if (inode === undefined || names.length > PATH_MAX / 2) return undefined
    names.push(inode.name)
    at = inode.parent
  }
  const top = mountPath(state.mounts, tree)
  return top === undefined ? undefined : names.reduceRight((path, name) => `${path}/${name}`, top)
}

/** The path under a name in a directory, when somebody watches. */
const namePath = (state: State, tree: Tree, directory: number, name: string): string | undefined => {
  const path = directoryPath(state, tree, directory)
  return path === undefined ? undefined : `${path}/${name}`
}

const record = (state: State, kind: ChangeEvent["kind"], inode: Inode, path: string | undefined): void => {
  if (path !== undefined) state.log.record({ kind, ino: inode.ino, path })
}

/** A name has come into a directory. */
export const noteCreated = (state: State, tree: Tree, directory: number, name: string, inode: Inode): void => {
  tree.journal?.created(directory, name, inode.ino)
  if (state.log.armed) record(state, "created", inode, namePath(state, tree, directory, name))
}

/** A name has gone from a directory. */
export const noteRemoved = (state: State, tree: Tree, directory: number, name: string, inode: Inode): void => {
  tree.journal?.removed(directory, name, inode)
  if (state.log.armed) record(state, "removed", inode, namePath(state, tree, directory, name))
}

/** The content or the attributes of an inode have changed. Of several names, the one in the call is told. */
export const noteModified = (op: Operation, state: State, tree: Tree, ino: number): void => {
  if (!state.log.armed) return
  const inode = tree.inode(ino)
  // What has no name any more cannot be watched.
  if (inode === undefined || inode.nlink === 0) return
  if (ino === tree.rootIno) return record(state, "modified", inode, mountPath(state.mounts, tree) || "/")
  const { name, parent } = inode
  if (parent !== SEVERAL) return record(state, "modified", inode, namePath(state, tree, parent, name))
  record(state, "modified", inode, op.path.startsWith("/") ? op.path : `${op.caller.cwd}/${op.path}`)
}

/** The two names of a rename, in words that hold after it. */
export interface Move {
  readonly from: string | undefined
  readonly to: string | undefined
}

/** Before a rename: the paths that it is about. */
export const moveOf = (
  state: State,
  tree: Tree,
  from: { readonly directory: number; readonly name: string },
  to: { readonly directory: number; readonly name: string }
): Move =>
  state.log.armed
    ? { from: namePath(state, tree, from.directory, from.name), to: namePath(state, tree, to.directory, to.name) }
    : { from: undefined, to: undefined }

/** After a rename. */
export const noteMoved = (state: State, inode: Inode, { from, to }: Move): void => {
  if (from !== undefined && to !== undefined) state.log.record({ kind: "moved", ino: inode.ino, path: to, from })
}

/** Something was mounted on a directory, or is there no more. */
export const noteMounted = (state: State, ino: number, path: string): void => {
  if (state.log.armed) state.log.record({ kind: "modified", ino, path })
}
