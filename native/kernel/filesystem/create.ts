/** New names: directories, symbolic and hard links, and what all creation has in common. */
import { LINK_MAX, NAME_MAX, PATH_MAX, R_OK, W_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_IFDIR, S_ISGID } from "./inode.ts"
import { noteCreated } from "./observe.ts"
import type { Operation } from "./operation.ts"
import type { Credentials } from "./permissions.ts"
import { inGroup, mayCreateIn, owns, permitted, withoutPrivilege } from "./permissions.ts"
import { resolve, Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import { exceeds, isWellFormed, utf8Length } from "./text.ts"
import type { Tree } from "./tree.ts"

/** The owner of what a caller creates in a directory; a set-group-ID directory gives its group on. */
export const newOwner = (
  credentials: Credentials,
  directory: Inode
): { readonly uid: number; readonly gid: number } => ({
  uid: credentials.createUid ?? credentials.uid,
  gid: (directory.mode & S_ISGID) !== 0 ? directory.gid : credentials.createGid ?? credentials.gid
})

/** The permission bits of a new file: less the umask, and without a set-group-ID bit for a group not one's own. */
export const createMode = (credentials: Credentials, directory: Inode, mode: number): number => {
  const bits = mode & ~credentials.umask
  const foreign = (directory.mode & S_ISGID) !== 0 && credentials.uid !== 0 && !inGroup(credentials, directory.gid)
  return foreign && (bits & (S_ISGID | 0o010)) === (S_ISGID | 0o010) ? bits & ~S_ISGID : bits
}

/** The permission bits of a new directory; a set-group-ID directory makes its children the same. */
const directoryMode = (credentials: Credentials, directory: Inode, mode: number): number =>
  (mode & 0o1777 & ~credentials.umask) | (directory.mode & S_ISGID)

/** Checks that `walk.name` can be created where the walk stands, with that many bytes; the tree to do it in. */
export const prepareCreation = (op: Operation, state: State, walk: Walk, bytes: number): Tree => {
  const tree = state.writable(op, walk.mount)
  if (!mayCreateIn(walk.inode, op.credentials)) throw op.fault("EACCES")
  if (!isWellFormed(walk.name)) throw op.fault("EINVAL")
  state.reserve(op, bytes, 1)
  return tree
}

/** Walks to a name that must not exist. Only a directory may be named with a slash at the end. */
const toNewName = (op: Operation, state: State, path: string, directory: boolean): Walk => {
  const walk = new Walk(op, state.mounts, path)
  if (walk.toParent() !== "name" || walk.lookup() !== undefined) throw op.fault("EEXIST")
  if (walk.trailing && !directory) throw op.fault("ENOENT")
  return walk
}

const createDirectory = (op: Operation, state: State, tree: Tree, parent: Inode, name: string, mode: number): Inode => {
  const { gid, uid } = newOwner(op.credentials, parent)
  const bits = directoryMode(op.credentials, parent, mode)
  const made = tree.create(parent.ino, name, S_IFDIR | bits, uid, gid, state.now())
  noteCreated(state, tree, parent.ino, name, made)
  return made
}

export const makeDirectory = (op: Operation, state: State, mode: number): void => {
  const walk = toNewName(op, state, op.path, true)
  createDirectory(op, state, prepareCreation(op, state, walk, 0), walk.inode, walk.name, mode)
}

/** The names still to be made from the one that is missing on, checked. */
const missingNames = (op: Operation, walk: Walk): Array<string> => {
  const names: Array<string> = []
  do {
    if (walk.name === "..") names.pop()
    else if (walk.name !== ".") names.push(walk.name)
    if (exceeds(walk.name, NAME_MAX)) throw op.fault("ENAMETOOLONG")
    if (!isWellFormed(walk.name)) throw op.fault("EINVAL")
  } while (walk.next())
  return names
}

/**
 * Makes a directory and those above it that are missing; what exists must be directories. The limits are checked for
 * all of them before the first is made. A `..` after a missing name takes that name back instead of creating it.
 */
export const makeDirectories = (op: Operation, state: State, mode: number): void => {
  const walk = new Walk(op, state.mounts, op.path)
  while (walk.next()) {
    walk.search()
    if (walk.name === "." || walk.name === ".." || walk.lookup() !== undefined) {
      walk.step(true)
      continue
    }
    // The target of a dangling link is not made.
    if (walk.inTarget) throw op.fault("ENOENT")
    const { mount } = walk
    let directory = walk.inode
    const names = missingNames(op, walk)
    if (names.length === 0) return
    const tree = state.writable(op, mount)
    if (!mayCreateIn(directory, op.credentials)) throw op.fault("EACCES")
    state.reserve(op, 0, names.length)
    for (const name of names) directory = createDirectory(op, state, tree, directory, name, mode)
    return
  }
  if (!walk.inode.isDirectory) throw op.fault("ENOTDIR")
}

export const makeSymlink = (op: Operation, state: State, target: string, path: string): void => {
  if (target === "") throw op.fault("ENOENT")
  if (target.includes("\0") || !isWellFormed(target)) throw op.fault("EINVAL")
  if (exceeds(target, PATH_MAX - 1)) throw op.fault("ENAMETOOLONG")
  const walk = toNewName(op, state, path, false)
  const tree = prepareCreation(op, state, walk, utf8Length(target))
  const { gid, uid } = newOwner(op.credentials, walk.inode)
  const made = tree.createLink(walk.inode.ino, walk.name, target, uid, gid, state.now())
  noteCreated(state, tree, walk.inode.ino, walk.name, made)
}

/** Nobody may give names to foreign files that run with privilege, are special, or could not be changed anyway. */
const mayLink = (inode: Inode, credentials: Credentials): boolean =>
  owns(inode, credentials) || inode.isDirectory ||
  (inode.isFile && withoutPrivilege(inode.mode) === inode.mode && permitted(inode, credentials, R_OK | W_OK))

/** Another name for a file. A symbolic link is not followed: the link itself gets the name. */
export const makeLink = (op: Operation, state: State, existing: string, path: string): void => {
  const from = resolve(op, state.mounts, existing, false)
  const walk = toNewName(op, state, path, false)
  state.writable(op, walk.mount)
  if (walk.mount !== from.mount) throw op.fault("EXDEV")
  if (!mayLink(from.inode, op.credentials)) throw op.fault("EPERM")
  const tree = prepareCreation(op, state, walk, 0)
  if (from.inode.isDirectory) throw op.fault("EPERM")
  if (from.inode.nlink >= LINK_MAX) throw op.fault("EMLINK")
  tree.link(walk.inode.ino, walk.name, from.inode.ino, state.now())
  noteCreated(state, tree, walk.inode.ino, walk.name, from.inode)
}
