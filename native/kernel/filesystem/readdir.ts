/** Directory listings: sorted, complete, and bounded. */
import type { FileType } from "../../guests/protocol.ts"
import type { Inode } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import type { State } from "./state.ts"
import { once, Pace, sorted, STEP_UNITS, type Steps } from "./steps.ts"
import { compareText } from "./text.ts"
import type { Tree } from "./tree.ts"
import { isTree } from "./volume.ts"

export interface DirectoryEntry {
  readonly name: string
  readonly ino: number
  readonly type: FileType
}

const byName = (a: DirectoryEntry, b: DirectoryEntry): number => compareText(a.name, b.name)

/** The entries of a directory by name, without "." and "..". */
export const listDirectory = (op: Operation, state: State, mount: Mount, inode: Inode): Array<DirectoryEntry> => {
  const limit = state.limits.readdirEntries
  const { volume } = mount
  const tooMany = () => op.fault("ENOMEM", { name: "readdirEntries", value: limit })
  if (isTree(volume) && inode.entries!.size > limit) throw tooMany()
  const entries: Array<DirectoryEntry> = []
  volume.list(inode, (name, child) => entries.push({ name, ino: child.ino, type: child.type }), op.caller.pid)
  if (entries.length > limit) throw tooMany()
  return entries.sort(byName)
}

/** A large directory as it is at the first step. */
function* listLarge(tree: Tree, ino: number): Steps<Array<DirectoryEntry>> {
  const snapshot = tree.snapshot()
  const pace = new Pace()
  const entries: Array<DirectoryEntry> = []
  for (const [name, child] of snapshot.inode(ino)!.entries!) {
    entries.push({ name, ino: child, type: snapshot.inode(child)!.type })
    if (pace.spend()) yield
  }
  return yield* sorted(entries, byName)
}

/** `listDirectory` of a directory that has a name, in steps. It faults at once. */
export const listSteps = (op: Operation, state: State, mount: Mount, inode: Inode): Steps<Array<DirectoryEntry>> => {
  const { volume } = mount
  const size = inode.entries?.size ?? 0
  if (!isTree(volume) || size <= STEP_UNITS || size > state.limits.readdirEntries) {
    const entries = listDirectory(op, state, mount, inode)
    return once(() => entries)
  }
  return listLarge(volume, inode.ino)
}
