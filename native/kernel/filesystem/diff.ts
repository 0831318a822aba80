/**
 * The difference of two trees, found by walking only what they do not share: the inode table tells which inodes
 * changed, the maps of the changed directories tell which names did.
 *
 * An inode at another path is "moved" (its own contents, if a directory, are not listed again). One name that went from
 * one inode to another of the same type is "modified". Changes of directory times, of link counts and of access times
 * are none.
 */
import type { FileType } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import { Content } from "./content.ts"
import { PATH_MAX, pathLimit } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { sameInode, SEVERAL } from "./inode.ts"
import { PersistentMap } from "./persistent-map.ts"
import { RadixTrie } from "./radix-trie.ts"
import { sizeOf } from "./stat.ts"
import { finish, Pace, sorted, type Steps } from "./steps.ts"
import { compareText, exceeds } from "./text.ts"
import type { Snapshot } from "./tree.ts"
import { ROOT_INO } from "./tree.ts"
import { XattrSet } from "./xattr-set.ts"

export interface Change {
  readonly kind: "created" | "removed" | "modified" | "moved"
  readonly path: string
  /** Where a moved inode was. */
  readonly from?: string
  readonly type: FileType
  readonly size: number
  readonly mode: number
}

/** A name that is only on one side. */
interface Edge {
  readonly path: string
  readonly inode: Inode
}

const noEntries = PersistentMap.empty<number>()

/** Paths of directories in one snapshot, each found once. */
class Paths {
  private readonly known = new Map([[ROOT_INO, ""]])

  constructor(private readonly snapshot: Snapshot) {}

  /** The path of a directory; of the root, the empty string. */
  directory(ino: number): string {
    const above: Array<Inode> = []
    let at = ino
    while (!this.known.has(at)) {
      const inode = this.snapshot.inode(at)!
      above.push(inode)
      at = inode.parent
    }
    let path = this.known.get(at)!
    for (let inode = above.pop(); inode !== undefined; inode = above.pop()) {
      path = this.child(path, inode.name)
      this.known.set(inode.ino, path)
    }
    return path
  }

  /** A path longer than any that can be used is refused, or deep trees would cost the square of their depth. */
  child(directory: string, name: string): string {
    const path = `${directory}/${name}`
    if (exceeds(path, PATH_MAX - 1)) throw new Fault("ENAMETOOLONG", "diff", path.slice(0, 256), undefined, pathLimit)
    return path
  }
}

/** Whether something of an inode changed that counts. */
const isModified = (a: Inode, b: Inode): boolean => {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.rdev !== b.rdev) return true
  if (!XattrSet.same(a.xattrs, b.xattrs)) return true
  if (a.isDirectory) return false
  if (a.mtime !== b.mtime || a.target !== b.target) return true
  return a.content !== undefined && b.content !== undefined && !Content.same(a.content, b.content)
}

const change = (kind: Change["kind"], path: string, inode: Inode): Change => ({
  kind,
  path,
  type: inode.type,
  size: sizeOf(inode),
  mode: inode.mode
})

/** Calls `f` with every path of some inodes. Those that have had several names are looked for in all directories. */
function* namesOf(
  snapshot: Snapshot,
  paths: Paths,
  inodes: ReadonlyMap<number, Inode>,
  f: (path: string, inode: Inode) => void
): Steps {
  const pace = new Pace()
  const sought = new Map<number, Inode>()
  for (const inode of inodes.values()) {
    if (inode.ino === ROOT_INO) f("/", inode)
    else if (inode.parent === SEVERAL) sought.set(inode.ino, inode)
    else f(paths.child(paths.directory(inode.parent), inode.name), inode)
    if (pace.spend()) yield
  }
  if (sought.size === 0) return
  for (const directory of snapshot.all()) {
    if (pace.spend()) yield
    for (const [name, ino] of directory.entries?.settled ?? noEntries) {
      const inode = sought.get(ino)
      if (inode !== undefined) f(paths.child(paths.directory(directory.ino), name), inode)
      if (pace.spend()) yield
    }
  }
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => compareText(a.path, b.path)

class Difference {
  private readonly oldPaths: Paths
  private readonly newPaths: Paths
  private readonly removed = new Map<string, Edge>()
  private readonly added = new Map<string, Edge>()
  /** Inodes of both trees that changed in a way that counts. */
  private readonly modified = new Map<number, Inode>()
  /** Inodes of different lines of descent that have the same number. */
  private readonly oldTwins = new Map<number, Inode>()
  private readonly newTwins = new Map<number, Inode>()
  private readonly changes: Array<Change> = []
  private readonly pace = new Pace()

  constructor(private readonly before: Snapshot, private readonly after: Snapshot) {
    this.oldPaths = new Paths(before)
    this.newPaths = new Paths(after)
  }

  *run(): Steps<Array<Change>> {
    yield* this.inodes()
    // A name that leads to either of two twins looks unchanged in its directory.
    yield* namesOf(this.before, this.oldPaths, this.oldTwins, (path, inode) => this.removed.set(path, { path, inode }))
    yield* namesOf(this.after, this.newPaths, this.newTwins, (path, inode) => this.added.set(path, { path, inode }))
    yield* this.findMoves()
    yield* this.replaced()
    yield* this.onOneSide("removed", this.removed)
    yield* this.onOneSide("created", this.added)
    yield* this.findModified()
    return yield* sorted(this.changes, (a, b) => byPath(a, b) || compareText(a.kind, b.kind))
  }

  private *inodes(): Steps {
    const found: Array<readonly [a: Inode | undefined, b: Inode | undefined]> = []
    const nodes = RadixTrie.diff(this.before.inodes, this.after.inodes, (ino, a, b) => {
      // what is not in the table may be as the base has it
      found.push(this.after.base === undefined ? [a, b] : [this.before.inode(ino), this.after.inode(ino)])
    })
    for (let done = false; !done;) {
      done = nodes.next().done === true
      for (const [a, b] of found.splice(0)) yield* this.inode(a, b)
      if (this.pace.spend()) yield
    }
  }

  private *inode(a: Inode | undefined, b: Inode | undefined): Steps {
    if (this.pace.spend()) yield
    const same = a !== undefined && b !== undefined && (a.ino === ROOT_INO || sameInode(a, b))
    if (same) {
      if (isModified(a, b)) this.modified.set(b.ino, b)
      if (a.isDirectory) yield* this.names(a, b)
    } else {
      if (a !== undefined && b !== undefined) {
        this.oldTwins.set(a.ino, a)
        this.newTwins.set(b.ino, b)
      }
      if (a?.isDirectory === true) yield* this.names(a, undefined)
      if (b?.isDirectory === true) yield* this.names(undefined, b)
    }
  }

  private isSame(ino: number): boolean {
    const a = this.before.inode(ino)
    const b = this.after.inode(ino)
    return a !== undefined && b !== undefined && sameInode(a, b)
  }

  private *names(a: Inode | undefined, b: Inode | undefined): Steps {
    const nodes = PersistentMap.diff(a?.entries ?? noEntries, b?.entries ?? noEntries, (name, old, now) => {
      if (old !== undefined) this.edge(this.removed, this.before, this.oldPaths, a!, name, old)
      if (now !== undefined) this.edge(this.added, this.after, this.newPaths, b!, name, now)
    })
    while (nodes.next().done !== true) if (this.pace.spend()) yield
  }

  private edge(to: Map<string, Edge>, snapshot: Snapshot, paths: Paths, from: Inode, name: string, ino: number): void {
    const path = paths.child(paths.directory(from.ino), name)
    to.set(path, { path, inode: snapshot.inode(ino)! })
  }

  /** Pairs names that an inode lost with names that it gained, both in order of path. */
  private *findMoves(): Steps {
    const lost = new Map<number, Array<Edge>>()
    for (const edge of this.removed.values()) {
      if (this.pace.spend()) yield
      if (!this.isSame(edge.inode.ino)) continue
      const edges = lost.get(edge.inode.ino)
      if (edges === undefined) lost.set(edge.inode.ino, [edge])
      else edges.push(edge)
    }
    if (lost.size === 0) return
    for (const [ino, edges] of lost) {
      lost.set(ino, yield* sorted(edges, (a, b) => byPath(b, a)))
      if (this.pace.spend()) yield
    }
    for (const edge of yield* sorted([...this.added.values()], byPath)) {
      if (this.pace.spend()) yield
      const old = lost.get(edge.inode.ino)?.pop()
      if (old === undefined) continue
      this.changes.push({ ...change("moved", edge.path, edge.inode), from: old.path })
      this.added.delete(edge.path)
      this.removed.delete(old.path)
      // What was at the new path has made way.
      this.removed.delete(edge.path)
    }
  }

  /** A path with another inode of the same type on each side is at most modified. */
  private *replaced(): Steps {
    for (const [path, { inode }] of this.added) {
      if (this.pace.spend()) yield
      const old = this.removed.get(path)
      if (old === undefined || old.inode.type !== inode.type) continue
      this.added.delete(path)
      this.removed.delete(path)
      if (isModified(old.inode, inode)) this.changes.push(change("modified", path, inode))
    }
  }

  private *onOneSide(kind: "removed" | "created", edges: ReadonlyMap<string, Edge>): Steps {
    for (const { path, inode } of edges.values()) {
      this.changes.push(change(kind, path, inode))
      if (this.pace.spend()) yield
    }
  }

  private *findModified(): Steps {
    const reported = new Set<string>()
    for (const { kind, path } of this.changes) {
      if (kind === "modified") reported.add(path)
      if (this.pace.spend()) yield
    }
    yield* namesOf(this.after, this.newPaths, this.modified, (path, inode) => {
      if (!this.added.has(path) && !reported.has(path)) this.changes.push(change("modified", path, inode))
    })
  }
}

/** What turns `before` into `after`, sorted by path, found in steps. */
export const diffSteps = (before: Snapshot, after: Snapshot): Steps<Array<Change>> =>
  new Difference(before, after).run()

/** The same, at once. */
export const diff = (before: Snapshot, after: Snapshot): Array<Change> => finish(diffSteps(before, after))
