/** Opening and creating files, and whole-file reads and writes. */
import type { Content } from "./content.ts"
import { createMode, newOwner, prepareCreation } from "./create.ts"
import { replaceWith, setFirst, truncateTo, writeAt } from "./data.ts"
import { canOpen, readDevice, WHOLE_DEVICE_BYTES, writeDevice } from "./devices.ts"
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  R_OK,
  READ_MAX,
  W_OK
} from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_IFREG, S_ISVTX } from "./inode.ts"
import { noteCreated } from "./observe.ts"
import { OpenFile } from "./open-file.ts"
import type { Operation } from "./operation.ts"
import { permitted, withoutPrivilege } from "./permissions.ts"
import { resolve, Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import type { Tree } from "./tree.ts"
import { isTree } from "./volume.ts"

/** Walks to what is to be opened. Without an inode, the walk stands at the directory in which to create `walk.name`. */
const locate = (
  op: Operation,
  state: State,
  flags: number
): { readonly walk: Walk; readonly inode: Inode | undefined } => {
  if ((flags & O_CREAT) === 0) {
    const walk = resolve(op, state.mounts, op.path, (flags & O_NOFOLLOW) === 0)
    return { walk, inode: walk.inode }
  }
  const walk = new Walk(op, state.mounts, op.path)
  for (;;) {
    if (walk.toParent() !== "name") throw op.fault((flags & O_EXCL) !== 0 ? "EEXIST" : "EISDIR")
    if (walk.trailing) throw op.fault("EISDIR")
    const child = walk.lookup()
    if (child === undefined) return { walk, inode: undefined }
    if ((flags & O_EXCL) !== 0) throw op.fault("EEXIST")
    if (child.isSymlink) {
      if ((flags & O_NOFOLLOW) !== 0) throw op.fault(isPlanted(op, walk.inode, child) ? "EACCES" : "ELOOP")
      walk.follow(child)
    } else {
      walk.enter(child)
      return { walk, inode: walk.inode }
    }
  }
}

/** Whether somebody else put an entry into a sticky directory that all may write to: Linux creates nothing over a link there. */
const isPlanted = ({ credentials }: Operation, directory: Inode, { uid }: Inode): boolean =>
  (directory.mode & (S_ISVTX | 0o002)) === (S_ISVTX | 0o002) && uid !== directory.uid && uid !== credentials.uid

const accessMask = (flags: number): number => {
  const access = flags & O_ACCMODE
  return (access === O_WRONLY ? 0 : R_OK) | (access !== O_RDONLY || (flags & O_TRUNC) !== 0 ? W_OK : 0)
}

const checkAccess = (op: Operation, walk: Walk, inode: Inode, flags: number): void => {
  const mask = accessMask(flags)
  const writes = (mask & W_OK) !== 0
  if ((flags & O_DIRECTORY) !== 0 && !inode.isDirectory) throw op.fault("ENOTDIR")
  if (inode.isSymlink) throw op.fault("ELOOP")
  if (inode.isDirectory && (writes || (flags & O_CREAT) !== 0)) throw op.fault("EISDIR")
  if (writes && walk.mount.readOnly && !inode.isDevice) throw op.fault("EROFS")
  if (!permitted(inode, op.credentials, mask)) throw op.fault("EACCES")
  // What goes through a named pipe never passes the kernel.
  if (inode.isFifo || (inode.isDevice && !canOpen(inode.rdev))) throw op.fault("ENXIO")
}

const createFile = (op: Operation, state: State, walk: Walk, mode: number, bytes: number): Inode => {
  const tree = prepareCreation(op, state, walk, bytes)
  const { credentials } = op
  const { gid, uid } = newOwner(credentials, walk.inode)
  const asked = createMode(credentials, walk.inode, mode & 0o7777)
  // what is written at once takes privilege away, as any write does
  const bits = bytes > 0 && credentials.uid !== 0 ? withoutPrivilege(asked, gid, credentials) : asked
  const made = tree.create(walk.inode.ino, walk.name, S_IFREG | bits, uid, gid, state.now())
  noteCreated(state, tree, walk.inode.ino, walk.name, made)
  return made
}

export const openFile = (op: Operation, state: State, flags: number, mode: number): OpenFile => {
  if ((flags & O_ACCMODE) === O_ACCMODE || (flags & (O_CREAT | O_DIRECTORY)) === (O_CREAT | O_DIRECTORY)) {
    throw op.fault("EINVAL")
  }
  state.admitOpen(op)
  const { inode, walk } = locate(op, state, flags)
  if (inode === undefined) {
    const created = createFile(op, state, walk, mode, 0)
    return new OpenFile(state, op.caller, walk.mount, created.ino, op.path, flags)
  }
  checkAccess(op, walk, inode, flags)
  if ((flags & O_TRUNC) !== 0 && inode.isFile) truncateTo(op, state, state.writable(op, walk.mount), inode.ino, 0)
  return new OpenFile(state, op.caller, walk.mount, inode.ino, op.path, flags)
}

/** The whole content of a file. A longer one than `max` bytes is EFBIG. */
export const readWhole = (op: Operation, state: State, max = READ_MAX): Uint8Array => {
  const read = readUpTo(op, state, max, max)
  return read instanceof Uint8Array ? read : read.read(0, read.size)
}

/** The bytes of a file, or its content where a stored file has more of them than `atOnce`. */
export const readUpTo = (op: Operation, state: State, max: number, atOnce: number): Uint8Array | Content => {
  const { inode, mount } = resolve(op, state.mounts, op.path, true)
  if (!permitted(inode, op.credentials, R_OK)) throw op.fault("EACCES")
  if (inode.isDirectory) throw op.fault("EISDIR")
  if (inode.isFifo) throw op.fault("ENXIO")
  if (inode.isDevice) {
    if (!canOpen(inode.rdev)) throw op.fault("ENXIO")
    return readDevice(state, inode.rdev, Math.min(max, WHOLE_DEVICE_BYTES))
  }
  const tooBig = () => op.fault("EFBIG", { name: "readBytes", value: max })
  if (isTree(mount.volume)) {
    const content = inode.content!
    if (content.size > max) throw tooBig()
    if (content.size <= atOnce) return content.read(0, content.size)
    mount.tree!.freeze()
    return content
  }
  const data = mount.volume.read(inode, op.caller.pid)
  if (data.length > max) throw tooBig()
  return data
}

/** The content of a stored file. It is frozen: later writes make content of their own. */
export const contentAt = (op: Operation, state: State): Content => {
  const { inode, mount } = resolve(op, state.mounts, op.path, true)
  if (!permitted(inode, op.credentials, R_OK)) throw op.fault("EACCES")
  if (inode.isDirectory) throw op.fault("EISDIR")
  if (inode.content === undefined) throw op.fault("EINVAL")
  mount.tree!.freeze()
  return inode.content
}

/** Faults unless the path could be written as a whole; gives the tree that it lies in, unless it is a device. */
export const checkWrite = (op: Operation, state: State): Tree | undefined => {
  const { inode, walk } = locate(op, state, O_WRONLY | O_CREAT)
  if (inode === undefined) return prepareCreation(op, state, walk, 0)
  checkAccess(op, walk, inode, O_WRONLY | O_CREAT)
  return inode.isDevice ? undefined : state.writable(op, walk.mount)
}

/** The file at the path, created if it is missing; nothing for a device. */
export const writeTarget = (
  op: Operation,
  state: State,
  mode: number
): { readonly inode: Inode | undefined; readonly tree: Tree | undefined } => {
  const { inode, walk } = locate(op, state, O_WRONLY | O_CREAT)
  if (inode === undefined) return { inode: createFile(op, state, walk, mode, 0), tree: walk.mount.tree }
  checkAccess(op, walk, inode, O_WRONLY | O_CREAT)
  return inode.isDevice ? { inode: undefined, tree: undefined } : { inode, tree: state.writable(op, walk.mount) }
}

export interface WriteOptions {
  readonly append?: boolean
  /** Of the file, if it is created; by default 0666, always less the umask. */
  readonly mode?: number | undefined
  /** The path must not exist. */
  readonly exclusive?: boolean
}

/** Makes a copy of `data` the content of a file, or its end. Either all of that happens or nothing. */
export const writeWhole = (op: Operation, state: State, data: Uint8Array, options: WriteOptions = {}): void => {
  const flags = O_WRONLY | O_CREAT |
    (options.append === true ? O_APPEND : O_TRUNC) |
    (options.exclusive === true ? O_EXCL : 0)
  const { inode, walk } = locate(op, state, flags)
  if (inode === undefined) {
    const created = createFile(op, state, walk, options.mode ?? 0o666, data.length)
    setFirst(walk.mount.tree!, created.ino, data)
    return
  }
  checkAccess(op, walk, inode, flags)
  if (inode.isDevice) {
    writeDevice(op, inode.rdev, data.length)
    return
  }
  const tree = state.writable(op, walk.mount)
  if (options.append === true) writeAt(op, state, tree, inode.ino, inode.content!.size, data)
  else replaceWith(op, state, tree, inode.ino, data)
}
