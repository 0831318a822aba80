/**
 * Extended attributes of the `user.` namespace, with the rules and the order of checks of xattr(7): regular files and
 * directories have them, reading one needs the right to read, changing one the right to write.
 */
import { R_OK, W_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_ISVTX } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import { noteModified } from "./observe.ts"
import type { Operation } from "./operation.ts"
import { owns, permitted } from "./permissions.ts"
import type { State } from "./state.ts"
import { exceeds, isWellFormed, utf8Length } from "./text.ts"
import type { Tree } from "./tree.ts"
import { XattrSet } from "./xattr-set.ts"

/** Bytes of a name, of a value, and of all names of an inode as a listing has them. */
export const XATTR_NAME_MAX = 255
export const XATTR_SIZE_MAX = 65_536
export const XATTR_LIST_MAX = 65_536

export interface SetXattrOptions {
  /** The attribute must not exist. */
  readonly create?: boolean
  /** The attribute must exist. */
  readonly replace?: boolean
}

const NAMESPACE = "user."

/** Checks a name before anything is looked up. */
export const checkName = (op: Operation, name: string): void => {
  if (name === "" || exceeds(name, XATTR_NAME_MAX)) {
    throw op.fault("ERANGE", { name: "xattrName", value: XATTR_NAME_MAX })
  }
  if (name.includes("\0") || !isWellFormed(name)) throw op.fault("EINVAL")
}

/** Checks the caller's rights on an inode's attribute, then that there is such a namespace. */
const checkAccess = (op: Operation, inode: Inode, name: string, mask: number): void => {
  const { credentials } = op
  const writes = mask === W_OK
  if (name.startsWith("trusted.") && credentials.uid !== 0) throw op.fault(writes ? "EPERM" : "ENODATA")
  if (!name.startsWith(NAMESPACE)) throw op.fault("ENOTSUP")
  if (!inode.isFile && !inode.isDirectory) throw op.fault(writes ? "EPERM" : "ENODATA")
  // What lies in a directory that everybody may write to is marked by its owner only, as the directory itself is.
  if (writes && inode.isDirectory && (inode.mode & S_ISVTX) !== 0 && !owns(inode, credentials)) throw op.fault("EPERM")
  if (!permitted(inode, credentials, mask)) throw op.fault("EACCES")
  if (name.length === NAMESPACE.length) throw op.fault("EINVAL")
}

export const getXattr = (op: Operation, inode: Inode, name: string): Uint8Array => {
  checkAccess(op, inode, name, R_OK)
  const value = inode.xattrs?.get(name)
  if (value === undefined) throw op.fault("ENODATA")
  return value.slice()
}

/** The names in order. Nobody needs a right on the file for that. */
export const listXattrs = (inode: Inode): Array<string> => inode.xattrs?.names ?? []

const change = (op: Operation, state: State, tree: Tree, ino: number, xattrs: XattrSet | undefined): void => {
  // a live foreign filesystem keeps none
  if (tree.journal !== undefined) throw op.fault("ENOTSUP")
  tree.setXattrs(ino, xattrs).ctime = state.now()
  noteModified(op, state, tree, ino)
}

/** Checks a value before anything is looked up. */
export const checkValue = (op: Operation, value: Uint8Array): void => {
  if (value.length > XATTR_SIZE_MAX) throw op.fault("E2BIG", { name: "xattrValue", value: XATTR_SIZE_MAX })
}

/** Keeps a copy of `value`. */
export const setXattr = (
  op: Operation,
  state: State,
  mount: Mount,
  inode: Inode,
  name: string,
  value: Uint8Array,
  options: SetXattrOptions
): void => {
  const tree = state.writable(op, mount)
  checkAccess(op, inode, name, W_OK)
  const old = inode.xattrs?.get(name)
  if (old !== undefined && options.create === true) throw op.fault("EEXIST")
  if (old === undefined && options.replace === true) throw op.fault("ENODATA")
  const { account } = tree
  const listBytes = (inode.xattrs?.listBytes ?? 0) + (old === undefined ? utf8Length(name) + 1 : 0)
  if (listBytes > XATTR_LIST_MAX) throw op.fault("ENOSPC", { name: "xattrList", value: XATTR_LIST_MAX })
  const bytes = listBytes + (inode.xattrs?.valueBytes ?? 0) + value.length - (old?.length ?? 0)
  state.reserve(op, bytes - (inode.xattrs?.charged(account) ?? 0), 0)
  change(op, state, tree, inode.ino, XattrSet.with(inode.xattrs, account, name, value.slice()))
}

export const removeXattr = (op: Operation, state: State, mount: Mount, inode: Inode, name: string): void => {
  const tree = state.writable(op, mount)
  checkAccess(op, inode, name, W_OK)
  if (inode.xattrs?.get(name) === undefined) throw op.fault("ENODATA")
  const { account } = tree
  const left = XattrSet.without(inode.xattrs, account, name)
  // What was shared with another tree so far may now be this one's.
  state.reserve(op, (left?.charged(account) ?? 0) - inode.xattrs.charged(account), 0)
  change(op, state, tree, inode.ino, left)
}

/** As with cp(1), what the copy has already stays, unless the original has an attribute of the same name. */
export const copyXattrs = (op: Operation, state: State, tree: Tree, copy: Inode, xattrs: XattrSet): void => {
  const { account } = tree
  const merged = XattrSet.merged(copy.xattrs, xattrs, account)
  if (merged.listBytes > XATTR_LIST_MAX) throw op.fault("ENOSPC", { name: "xattrList", value: XATTR_LIST_MAX })
  state.reserve(op, merged.charged(account) - (copy.xattrs?.charged(account) ?? 0), 0)
  tree.setXattrs(copy.ino, merged)
}
