/** Several trees seen as one: where two have the same path, the one of higher precedence shows. */
import type { Inode } from "./inode.ts"
import { S_IFMT } from "./inode.ts"
import { finish, Pace, type Steps } from "./steps.ts"
import type { Snapshot } from "./tree.ts"
import { ROOT_INO, Tree } from "./tree.ts"

interface Pair {
  readonly source: Inode
  /** The directory of the result that stands for `source`. */
  readonly target: number
}

const copyRecord = (from: Inode, to: Inode): void => {
  to.mode = from.mode
  to.uid = from.uid
  to.gid = from.gid
  to.rdev = from.rdev
  to.atime = from.atime
  to.mtime = from.mtime
  to.ctime = from.ctime
  to.birthtime = from.birthtime
  // Like content, they stay those of the source, which is not charged to the result.
  to.xattrs = from.xattrs
}

class Merge {
  /** Inodes with several names, by their numbers in the source and in the result. */
  private readonly linked = new Map<number, number>()
  private readonly pace = new Pace()

  constructor(
    private readonly tree: Tree,
    private readonly source: Snapshot,
    /** Whether the source shows where both have a path, or only where the tree has none. */
    private readonly over: boolean
  ) {}

  *run(): Steps {
    const root = this.source.inode(ROOT_INO)!
    const pending: Array<Pair> = [{ source: root, target: ROOT_INO }]
    if (this.over) copyRecord(root, this.tree.edit(ROOT_INO))
    for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
      const { target } = pair
      const { mtime, ctime } = this.tree.at(target)
      for (const [name, ino] of pair.source.entries!) {
        const into = yield* this.entry(target, name, this.source.inode(ino)!)
        if (into !== undefined) pending.push(into)
        if (this.pace.spend(2)) yield
      }
      const directory = this.tree.edit(target)
      directory.mtime = mtime
      directory.ctime = ctime
    }
  }

  /** Brings one name into the result; the pair to descend into, if it is a directory. */
  private *entry(directory: number, name: string, source: Inode): Steps<Pair | undefined> {
    const old = this.tree.child(this.tree.at(directory), name)
    if (old !== undefined) {
      if (old.isDirectory && source.isDirectory) {
        if (this.over) copyRecord(source, this.tree.edit(old.ino))
        return { source, target: old.ino }
      }
      if (!this.over) return undefined
      yield* this.removeTree(directory, name, old)
    }
    const twin = source.nlink > 1 && !source.isDirectory ? this.linked.get(source.ino) : undefined
    if (twin !== undefined) {
      this.tree.link(directory, name, twin, source.mtime)
      return undefined
    }
    const made = this.bring(directory, name, source)
    return source.isDirectory ? { source, target: made.ino } : undefined
  }

  private bring(directory: number, name: string, source: Inode): Inode {
    const { tree } = this
    const made = source.target !== undefined
      ? tree.createLink(directory, name, source.target, 0, 0, 0n)
      : tree.create(directory, name, source.mode & S_IFMT, 0, 0, 0n)
    copyRecord(source, made)
    // Content is shared: its chunks belong to the source and are copied when written.
    if (source.content !== undefined) made.content = source.content
    if (source.nlink > 1 && !source.isDirectory) this.linked.set(source.ino, made.ino)
    return made
  }

  private *removeTree(directory: number, name: string, top: Inode): Steps {
    const { tree } = this
    const pending = [top]
    tree.leave(directory, name, 0n)
    for (let inode = pending.pop(); inode !== undefined; inode = pending.pop()) {
      for (const [, ino] of inode.entries ?? []) {
        pending.push(tree.at(ino))
        if (this.pace.spend()) yield
      }
      tree.drop(inode.ino, 0n)
      if (this.pace.spend(2)) yield
    }
  }
}

function* merge(higher: Snapshot, lower: Snapshot): Steps<Snapshot> {
  // The smaller tree is brought into the larger one.
  const over = higher.inodes.size <= lower.inodes.size
  const tree = new Tree(over ? lower : higher)
  yield* new Merge(tree, over ? higher : lower, over).run()
  return tree.snapshot()
}

/** One tree out of several, highest precedence first, in as many steps as all but the largest of them have entries. */
export function* composeSteps(lowers: ReadonlyArray<Snapshot>): Steps<Snapshot> {
  if (lowers.length === 0) return Tree.empty(0n).snapshot()
  let root = lowers[0]
  for (const lower of lowers.slice(1)) root = yield* merge(root, lower)
  return root
}

/** The same, at once. */
export const composeLowers = (lowers: ReadonlyArray<Snapshot>): Snapshot => finish(composeSteps(lowers))
