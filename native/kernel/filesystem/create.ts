/** New names: directories, symbolic and hard links, and what all creation has in common. */
import { LINK_MAX, NAME_MAX, nameLimit, PATH_MAX, pathLimit, R_OK, W_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_IFDIR, S_IFIFO, S_ISGID } from "./inode.ts"
import { noteCreated } from "./observe.ts"
import type { Operation } from "./operation.ts"
import type { Credentials } from "./permissions.ts"
import { inGroup, mayCreateIn, owns, permitted, runsWithPrivilege } from "./permissions.ts"
import { resolve, Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import { type Hold, holding, Pace, type Steps } from "./steps.ts"
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

/** A named pipe: a name under which processes find each other. */
export const makeFifo = (op: Operation, state: State, mode: number): void => {
  const walk = toNewName(op, state, op.path, false)
  const tree = prepareCreation(op, state, walk, 0)
  // a live foreign filesystem has none
  if (tree.journal !== undefined) throw op.fault("EPERM")
  const { gid, uid } = newOwner(op.credentials, walk.inode)
  const bits = createMode(op.credentials, walk.inode, mode & 0o777)
  const made = tree.create(walk.inode.ino, walk.name, S_IFIFO | bits, uid, gid, state.now())
  noteCreated(state, tree, walk.inode.ino, walk.name, made)
}

/** The names still to be made from the one that is missing on, checked. */
const missingNames = (op: Operation, walk: Walk): Array<string> => {
  const names: Array<string> = []
  do {
    if (walk.name === "..") names.pop()
    else if (walk.name !== ".") names.push(walk.name)
    if (exceeds(walk.name, NAME_MAX)) throw op.fault("ENAMETOOLONG", nameLimit)
    if (!isWellFormed(walk.name)) throw op.fault("EINVAL")
  } while (walk.next())
  return names
}

/** What is to be made below a directory that exists. */
interface Missing {
  readonly walk: Walk
  readonly names: ReadonlyArray<string>
}

/** Walks to the first name that is missing; nothing when all of them are directories. */
const findMissing = (op: Operation, state: State): Missing | undefined => {
  const walk = new Walk(op, state.mounts, op.path)
  while (walk.next()) {
    walk.search()
    if (walk.name === "." || walk.name === ".." || walk.lookup() !== undefined) {
      walk.step(true)
      continue
    }
    // The target of a dangling link is not made.
    if (walk.inTarget) throw op.fault("ENOENT")
    // which walks no further
    return { walk, names: missingNames(op, walk) }
  }
  if (!walk.inode.isDirectory) throw op.fault("ENOTDIR")
  return undefined
}

/** Makes the names one below the other. What others made of them between two steps is fine when it is a directory. */
function* makeNames(op: Operation, state: State, hold: Hold, missing: Missing, mode: number): Steps {
  const { names, walk } = missing
  const tree = state.writable(op, walk.mount)
  if (!mayCreateIn(walk.inode, op.credentials)) throw op.fault("EACCES")
  state.reserve(op, 0, names.length)
  const pace = new Pace()
  let held = false
  let { ino } = walk.inode
  for (let at = 0; at < names.length; at++) {
    const directory = tree.inode(ino)
    if (directory === undefined || directory.nlink === 0) throw op.fault("ENOENT")
    if (!directory.isDirectory) throw op.fault("ENOTDIR")
    const made = tree.child(directory, names[at]) ?? createDirectory(op, state, tree, directory, names[at], mode)
    ino = made.ino
    // Whoever watches is told whole paths, which grow.
    if (!pace.spend(state.log.armed ? 2 + at / 8 : 2) || at === names.length - 1) continue
    if (!held) hold.add(tree)
    held = true
    yield
    state.reserve(op, 0, names.length - at - 1)
  }
}

/**
 * Makes a directory and those above it that are missing, in steps; what exists must be directories. The limits are
 * checked for all of them before the first is made. A `..` after a missing name takes that name back instead of creating
 * it.
 */
export const makeDirectoriesSteps = (op: Operation, state: State, mode: number): Steps =>
  holding(op, function*(hold) {
    const missing = findMissing(op, state)
    if (missing !== undefined && missing.names.length > 0) yield* makeNames(op, state, hold, missing, mode)
  })

export const makeSymlink = (op: Operation, state: State, target: string, path: string): void => {
  if (target === "") throw op.fault("ENOENT")
  if (target.includes("\0") || !isWellFormed(target)) throw op.fault("EINVAL")
  if (exceeds(target, PATH_MAX - 1)) throw op.fault("ENAMETOOLONG", pathLimit)
  const walk = toNewName(op, state, path, false)
  const tree = prepareCreation(op, state, walk, utf8Length(target))
  const { gid, uid } = newOwner(op.credentials, walk.inode)
  const made = tree.createLink(walk.inode.ino, walk.name, target, uid, gid, state.now())
  noteCreated(state, tree, walk.inode.ino, walk.name, made)
}

/** Nobody may give names to foreign files that run with privilege, are special, or could not be changed anyway. */
const mayLink = (inode: Inode, credentials: Credentials): boolean =>
  owns(inode, credentials) ||
  (inode.isFile && !runsWithPrivilege(inode.mode) && permitted(inode, credentials, R_OK | W_OK))

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
