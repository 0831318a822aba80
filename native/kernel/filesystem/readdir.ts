/** Directory listings: sorted, complete, and bounded. */
import type { FileType } from "../../guests/protocol.ts"
import type { Inode } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import type { State } from "./state.ts"
import { compareText } from "./text.ts"
import { isTree } from "./volume.ts"

export interface DirectoryEntry {
  readonly name: string
  readonly ino: number
  readonly type: FileType
}

/** The entries of a directory by name, without "." and "..". */
export const listDirectory = (op: Operation, state: State, mount: Mount, inode: Inode): Array<DirectoryEntry> => {
  const limit = state.limits.readdirEntries
  const { volume } = mount
  const tooMany = () => op.fault("ENOMEM", { name: "readdirEntries", value: limit })
  if (isTree(volume) && inode.entries!.size > limit) throw tooMany()
  const entries: Array<DirectoryEntry> = []
  volume.list(inode, (name, child) => entries.push({ name, ino: child.ino, type: child.type }), op.caller.pid)
  if (entries.length > limit) throw tooMany()
  return entries.sort((a, b) => compareText(a.name, b.name))
}
