/**
 * What is known of a foreign filesystem: the inodes that have been looked at, their names and pages of their content. A
 * tree that stands on a base finds there whatever it has not changed itself.
 *
 * Under an overlay, what is known stays as it was found, for every tree and snapshot of the VM and its forks. Of a live
 * filesystem, what is known is good for the operation that asked for it and for those that began before.
 */
import { Fault } from "../../fault.ts"
import { Content } from "../content.ts"
import { Inode, S_IFDIR, S_IFLNK, S_IFREG, SEVERAL } from "../inode.ts"
import { Account, Owner } from "../owner.ts"
import { PersistentMap } from "../persistent-map.ts"
import { Pace, type Steps } from "../steps.ts"
import type { Calls } from "./calls.ts"
import { ListedEntries, LiveEntries } from "./entries.ts"
import type { Place } from "./journal.ts"
import { Needs } from "./needs.ts"
import { PAGE_SIZE, Pages } from "./pages.ts"
import type { ForeignStat, Port } from "./port.ts"
import { TRANSFER_BYTES } from "./port.ts"

/** Operations are numbered as they begin; `since` is the number of the one that runs at the moment. */
export interface Epochs {
  now: number
  since: number
}

export interface BaseOptions {
  readonly port: Port
  readonly live: boolean
  /** Where it is mounted, for the paths in faults. */
  readonly path: string
  readonly root: ForeignStat
  /** Who owns all of it; without, whoever the outside says. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
  readonly epochs: Epochs
  /** Entries of one directory, and inodes in all. */
  readonly limits: { readonly readdirEntries: number; readonly inodes: number }
}

/** An inode, where it is found on the outside, and what was found there. */
interface Node {
  inode: Inode
  directory: number
  name: string
  ino: number
  dev: number
  mtimeMs: number
  size: number
  /** The operation that looked last. */
  at: number
}

const ROOT = 1
/** Numbers from here on are free for what a tree makes itself. */
export const FIRST_OWN_INO = 2 ** 32
/** Bytes of pages that are kept. */
const CACHE_BYTES = 32 * 1024 * 1024
/** Pages that are fetched for one read. */
const MAX_PAGES = 16
/** Inodes of a live filesystem that are kept when nothing needs them. */
const KEPT_NODES = 4096

const nanos = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000)) * 1000n

const typeBits = { file: S_IFREG, directory: S_IFDIR, symlink: S_IFLNK } as const

export class Base {
  readonly live: boolean
  /** Names that the walk under way will ask for after the one it asks for now. */
  ahead: () => ReadonlyArray<string> = () => []
  private readonly owner = new Owner(new Account())
  private readonly nodes = new Map<number, Node>()
  /** Files with several names, by what the outside calls them. */
  private readonly shared = new Map<string, number>()
  private readonly cached = new Map<string, Pages>()
  private cachedBytes = 0
  private nextIno = ROOT + 1

  constructor(private readonly options: BaseOptions) {
    this.live = options.live
    this.add(ROOT, "", options.root, options.epochs.now, ROOT)
  }

  /** What it takes to look at the same filesystem from another VM. */
  get foreign(): { port: Port; live: boolean; root: ForeignStat; owner: BaseOptions["owner"] } {
    const { live, owner, port, root } = this.options
    return { port, live, root, owner }
  }

  get now(): number {
    return this.options.epochs.now
  }

  /** Whether what was found then is good for the operation that runs. */
  isFresh(at: number): boolean {
    return this.live ? at >= this.options.epochs.since : at >= 0
  }

  has(ino: number): boolean {
    return this.nodes.has(ino)
  }

  inode(ino: number): Inode | undefined {
    const node = this.nodes.get(ino)
    if (node !== undefined && !this.isFresh(node.at)) this.needName(ino)
    return node?.inode
  }

  inodes(): Iterable<Inode> {
    return Array.from(this.nodes.values(), ({ inode }) => inode)
  }

  /** Where an inode was found on the outside. */
  pathOf(ino: number): string {
    const names: Array<string> = []
    for (let at = ino; at !== ROOT;) {
      const node = this.nodes.get(at)
      if (node === undefined) throw new Fault("ENOENT", "lookup", this.options.path)
      names.push(node.name)
      at = node.directory
    }
    return `/${names.reverse().join("/")}`
  }

  // --- what is missing --------------------------------------------------------------------------------------------

  /** Asks for a directory and a name in it, or for an inode itself, and for what comes after. */
  needName(ino: number, ...names: ReadonlyArray<string>): never {
    const ahead = this.ahead()
    throw new Needs((calls) => this.lookup(calls, ino, [...names, ...ahead]))
  }

  needList(ino: number): never {
    throw new Needs((calls) => this.list(calls, ino))
  }

  needPages(pages: Pages, first: number, last: number): never {
    throw new Needs((calls) => this.read(calls, pages, first, Math.min(last, first + MAX_PAGES - 1)))
  }

  private *lookup(calls: Calls, ino: number, names: ReadonlyArray<string>): Steps {
    const at = this.now
    const path = this.pathOf(ino)
    const [stat, ...stats] = yield* this.telling(path, this.options.port.lookup(calls, path, names))
    let node = this.nodes.get(ino)
    if (node === undefined) return
    if (stat === undefined || typeBits[stat.type] !== (node.inode.mode & 0o170000)) {
      this.forget(ino, at)
      // a name that is gone shows when its directory is asked; what is held open, or the root, only here
      throw new Fault(ino === ROOT ? "EIO" : "ESTALE", "lookup", this.shown(path))
    }
    this.update(node, stat, at)
    for (let i = 0; i < names.length && node?.inode.isDirectory === true && i < stats.length; i++) {
      node = this.found(node, names[i], stats[i], at)
    }
  }

  private *list(calls: Calls, ino: number): Steps {
    const at = this.now
    const path = this.pathOf(ino)
    const { limits, port } = this.options
    const found = yield* this.telling(path, port.list(calls, path, limits.readdirEntries))
    const node = this.nodes.get(ino)
    if (node === undefined) return
    const pace = new Pace()
    const { entries } = node.inode
    if (entries instanceof LiveEntries) {
      for (const { name, stat } of found) {
        this.found(node, name, stat, at)
        if (pace.spend()) yield
      }
      return entries.listed(at)
    }
    if (!(entries instanceof ListedEntries) || entries.settled !== undefined) return
    let all = PersistentMap.empty<number>()
    for (const { name, stat } of found) {
      all = all.set(this.owner, name, this.add(ino, name, stat, at).inode.ino)
      if (pace.spend()) yield
    }
    entries.fill(all)
  }

  private *read(calls: Calls, pages: Pages, first: number, last: number): Steps {
    const at = this.now
    const path = this.pathOf(pages.ino)
    const { port } = this.options
    const end = Math.min((last + 1) * PAGE_SIZE, Math.max(pages.size, (first + 1) * PAGE_SIZE))
    for (let offset = first * PAGE_SIZE; offset < end; offset += TRANSFER_BYTES) {
      const length = Math.min(TRANSFER_BYTES, end - offset)
      const { bytes, stat } = yield* this.telling(path, port.read(calls, path, offset, length))
      if (!(yield* this.settle(calls, pages, path, stat, at))) return
      for (let within = 0; within === 0 || within < bytes.length; within += PAGE_SIZE) {
        this.keep(pages, (offset + within) / PAGE_SIZE, bytes.slice(within, within + PAGE_SIZE), at)
      }
      if (bytes.length < length) {
        for (let next = offset + length; next < end; next += PAGE_SIZE) this.keep(pages, next / PAGE_SIZE, nothing, at)
        return
      }
    }
  }

  /** Whether what was read belongs to the file that is known. If it does not, it is looked at again, or lost. */
  private *settle(calls: Calls, pages: Pages, path: string, stat: ForeignStat, at: number): Steps<boolean> {
    const node = this.nodes.get(pages.ino)
    if (node === undefined) throw new Fault("ESTALE", "read", this.shown(path))
    if (node.size === stat.size && node.mtimeMs === stat.mtimeMs && sameFile(node, stat)) return true
    if (this.live) {
      this.update(node, stat, at)
      return true
    }
    // a part of the old content has been seen: the new one does not go with it
    if (pages.touched || !sameFile(node, stat)) throw new Fault("ESTALE", "read", this.shown(path))
    yield* this.lookup(calls, pages.ino, [])
    return false
  }

  private keep(pages: Pages, index: number, bytes: Uint8Array, at: number): void {
    const key = `${pages.ino}:${index}`
    this.cached.delete(key)
    this.cachedBytes -= pages.drop(index)
    pages.put(index, bytes, at)
    this.cached.set(key, pages)
    this.cachedBytes += bytes.length
    for (const [old, { ino }] of this.cached) {
      if (this.cachedBytes <= CACHE_BYTES) break
      const owner = this.cached.get(old)!
      this.cached.delete(old)
      this.cachedBytes -= owner.drop(Number(old.slice(String(ino).length + 1)))
    }
  }

  /** Gives faults of the outside the path that the VM knows. */
  private *telling<A>(path: string, steps: Steps<A>): Steps<A> {
    try {
      return yield* steps
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      throw new Fault(thrown.errno, thrown.syscall, this.shown(path), undefined, thrown.limit)
    }
  }

  /** The path in the VM. */
  shown(path: string): string {
    const { path: top } = this.options
    return path === "/" ? top : `${top}${path}`
  }

  // --- what is known ----------------------------------------------------------------------------------------------

  /** What a name in a live directory stands for now. */
  private found(directory: Node, name: string, stat: ForeignStat | undefined, at: number): Node | undefined {
    const entries = directory.inode.entries
    if (!(entries instanceof LiveEntries)) return undefined
    if (stat === undefined) {
      entries.put(name, undefined, at)
      return undefined
    }
    const known = entries.last(name)
    let node = known === undefined ? undefined : this.nodes.get(known)
    if (node === undefined || !sameFile(node, stat) || typeBits[stat.type] !== (node.inode.mode & 0o170000)) {
      node = this.add(directory.inode.ino, name, stat, at)
    } else {
      this.update(node, stat, at)
    }
    entries.put(name, node.inode.ino, at)
    return node
  }

  private add(directory: number, name: string, stat: ForeignStat, at: number, ino?: number): Node {
    const key = stat.nlink > 1 && stat.type === "file" && stat.ino !== 0 ? `${stat.dev}:${stat.ino}` : undefined
    const twin = key === undefined ? undefined : this.nodes.get(this.shared.get(key) ?? 0)
    if (twin !== undefined) {
      if (this.live) this.update(twin, stat, at)
      return twin
    }
    const { limits } = this.options
    if (this.nodes.size >= limits.inodes) {
      throw new Fault("ENOSPC", "lookup", this.options.path, undefined, { name: "inodes", value: limits.inodes })
    }
    const number = ino ?? this.nextIno++
    const mode = typeBits[stat.type] | stat.mode
    const inode = new Inode(this.owner, number, this.owner.account, mode, 0, 0, nanos(stat.birthtimeMs))
    if (key === undefined) {
      inode.parent = directory
      inode.name = name
    } else {
      inode.parent = SEVERAL
      this.shared.set(key, number)
    }
    if (inode.isDirectory) {
      inode.entries = this.live ? new LiveEntries(this, number) : new ListedEntries(this, number)
    }
    const node: Node = { inode, directory, name, ino: stat.ino, dev: stat.dev, mtimeMs: 0, size: -1, at }
    this.nodes.set(number, node)
    this.update(node, stat, at)
    return node
  }

  private update(node: Node, stat: ForeignStat, at: number): void {
    const { inode } = node
    const owner = this.options.owner ?? stat
    inode.mode = typeBits[stat.type] | stat.mode
    inode.uid = owner.uid
    inode.gid = owner.gid
    inode.atime = nanos(stat.atimeMs)
    inode.mtime = nanos(stat.mtimeMs)
    inode.ctime = nanos(stat.ctimeMs)
    inode.nlink = Math.max(inode.isDirectory ? 2 : 1, stat.nlink)
    inode.target = stat.target
    if (inode.isFile && (inode.content === undefined || node.size !== stat.size || node.mtimeMs !== stat.mtimeMs)) {
      const pages = inode.content?.pages ?? new Pages(this, inode.ino, stat.size)
      pages.clear()
      pages.size = stat.size
      inode.content = Content.over(pages)
    }
    node.ino = stat.ino
    node.dev = stat.dev
    node.mtimeMs = stat.mtimeMs
    node.size = stat.size
    node.at = Math.max(node.at, at)
  }

  private forget(ino: number, at: number): void {
    const node = this.nodes.get(ino)
    if (node === undefined || ino === ROOT) return
    const entries = this.nodes.get(node.directory)?.inode.entries
    if (entries instanceof LiveEntries) entries.put(node.name, undefined, at)
    this.nodes.delete(ino)
  }

  // --- live filesystems -------------------------------------------------------------------------------------------

  /** Takes over what a tree has made or changed and the outside has taken: the next operation looks at it anew. */
  adopt(inode: Inode, made: Place | undefined): void {
    const node = this.nodes.get(inode.ino)
    const at = this.now
    if (inode.content !== undefined) inode.content = Content.over(new Pages(this, inode.ino, inode.content.size))
    if (inode.isDirectory && !(inode.entries instanceof LiveEntries)) {
      const entries = new LiveEntries(this, inode.ino)
      for (const [name, ino] of inode.entries!) entries.put(name, ino, at)
      entries.listed(at)
      inode.entries = entries
    }
    if (node === undefined) {
      const { directory, name } = made ?? { directory: inode.parent, name: inode.name }
      this.nodes.set(inode.ino, { inode, directory, name, ino: 0, dev: 0, mtimeMs: 0, size: -1, at })
      return
    }
    node.inode = inode
    node.at = at
    node.size = -1
    if (inode.parent === SEVERAL || inode.ino === ROOT) return
    node.directory = inode.parent
    node.name = inode.name
  }

  /** Where a file with several names is found from now on. */
  place(ino: number, directory: number, name: string): void {
    const node = this.nodes.get(ino)
    if (node === undefined) return
    node.directory = directory
    node.name = name
  }

  drop(ino: number): void {
    if (ino !== ROOT) this.nodes.delete(ino)
  }

  /** Nothing that is known is good any more. */
  invalidate(): void {
    for (const node of this.nodes.values()) {
      node.at = -1
      if (node.inode.entries instanceof LiveEntries) node.inode.entries = new LiveEntries(this, node.inode.ino)
    }
  }

  /** Forgets what nobody holds, when no operation is under way. */
  sweep(isHeld: (ino: number) => boolean): void {
    if (!this.live || this.nodes.size <= KEPT_NODES) return
    const kept = new Set([ROOT])
    for (const ino of this.nodes.keys()) {
      if (!isHeld(ino)) continue
      for (let at = ino; !kept.has(at); at = this.nodes.get(at)?.directory ?? ROOT) kept.add(at)
    }
    for (const [ino, { inode }] of Array.from(this.nodes)) {
      if (kept.has(ino)) inode.content?.pages?.clear()
      else this.nodes.delete(ino)
    }
    this.shared.clear()
    this.cached.clear()
    this.cachedBytes = 0
    this.invalidate()
  }
}

const nothing = new Uint8Array(0)

/** Whether the outside means the same file, as far as it tells. */
const sameFile = (node: { readonly ino: number; readonly dev: number }, stat: ForeignStat): boolean =>
  node.ino === 0 || stat.ino === 0 || (node.ino === stat.ino && node.dev === stat.dev)
