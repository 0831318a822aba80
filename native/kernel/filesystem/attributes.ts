/** Changes of an inode's mode, owner and times, by path or through an open file. */
import { W_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_IFMT, S_ISGID } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import { noteModified } from "./observe.ts"
import type { Operation } from "./operation.ts"
import { inGroup, owns, permitted, withoutPrivilege } from "./permissions.ts"
import type { State } from "./state.ts"

/** A time to set: nanoseconds since 1970, the present, or none. */
export type TimeChange = bigint | "now" | "omit"

export const changeMode = (op: Operation, state: State, mount: Mount, inode: Inode, mode: number): void => {
  const tree = state.writable(op, mount)
  const { credentials } = op
  if (!owns(inode, credentials)) throw op.fault("EPERM")
  const foreign = credentials.uid !== 0 && !inGroup(credentials, inode.gid)
  const bits = mode & 0o7777 & (foreign ? ~S_ISGID : ~0)
  const edited = tree.edit(inode.ino)
  edited.mode = (inode.mode & S_IFMT) | bits
  edited.ctime = state.now()
  tree.journal?.set(edited, { mode: true })
  noteModified(op, state, tree, inode.ino)
}

/** An id of -1 stays as it is. Only the superuser gives files away; owners may choose among their own groups. */
export const changeOwner = (
  op: Operation,
  state: State,
  mount: Mount,
  inode: Inode,
  uid: number,
  gid: number
): void => {
  for (const id of [uid, gid]) if (!Number.isInteger(id) || id < -1 || id > 0xfffffffe) throw op.fault("EINVAL")
  const tree = state.writable(op, mount)
  const { credentials } = op
  if (credentials.uid !== 0) {
    const owner = inode.uid === credentials.uid
    if (uid !== -1 && !(owner && uid === inode.uid)) throw op.fault("EPERM")
    if (gid !== -1 && !(owner && (gid === inode.gid || inGroup(credentials, gid)))) throw op.fault("EPERM")
  }
  const mode = inode.isDirectory ? inode.mode : withoutPrivilege(inode.mode, inode.gid, credentials)
  // a call that changes no owner is anybody's, unless it takes privilege away
  if (mode !== inode.mode && !owns(inode, credentials)) throw op.fault("EPERM")
  // where everything belongs to one user, nothing can be given away
  const one = tree.base !== undefined && tree.journal?.owners === false
  if (one && ((uid !== -1 && uid !== inode.uid) || (gid !== -1 && gid !== inode.gid))) throw op.fault("EPERM")
  const edited = tree.edit(inode.ino)
  if (uid !== -1) edited.uid = uid
  if (gid !== -1) edited.gid = gid
  edited.mode = mode
  edited.ctime = state.now()
  tree.journal?.set(edited, { owner: true })
  noteModified(op, state, tree, inode.ino)
}

/** Times of one's own files can be set freely; whoever may write a file may set both to the present. */
export const changeTimes = (
  op: Operation,
  state: State,
  mount: Mount,
  inode: Inode,
  atime: TimeChange,
  mtime: TimeChange
): void => {
  const tree = state.writable(op, mount)
  if (!owns(inode, op.credentials)) {
    if (atime !== "now" || mtime !== "now") throw op.fault("EPERM")
    if (!permitted(inode, op.credentials, W_OK)) throw op.fault("EACCES")
  }
  if (atime === "omit" && mtime === "omit") return
  const now = state.now()
  const edited = tree.edit(inode.ino)
  if (atime !== "omit") edited.atime = atime === "now" ? now : atime
  if (mtime !== "omit") edited.mtime = mtime === "now" ? now : mtime
  edited.ctime = now
  tree.journal?.set(edited, { times: true })
  noteModified(op, state, tree, inode.ino)
}
