/**
 * One filesystem tree: a persistent inode table with its directories, and the handle that changes it. A snapshot is the
 * table as it was; taking one costs the same whatever the size.
 */
import type { Allocation } from "./content.ts"
import { Content } from "./content.ts"
import { type Base, FIRST_OWN_INO } from "./foreign/base.ts"
import type { Journal } from "./foreign/journal.ts"
import { cloneInode, gone, Inode, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, SEVERAL } from "./inode.ts"
import type { Kept } from "./ledger.ts"
import { Account, Owner } from "./owner.ts"
import { PersistentMap } from "./persistent-map.ts"
import { RadixTrie } from "./radix-trie.ts"
import { detach, utf8Length } from "./text.ts"
import type { XattrSet } from "./xattr-set.ts"

export const ROOT_INO = 1

const noEntries = PersistentMap.empty<number>()

/** What a tree is charged for: data that it allocated and has not yet freed. */
interface Charges {
  /** Bytes of chunks, link targets and extended attributes. */
  readonly bytes: number
  /** Bytes of chunks alone. */
  readonly content: number
  /** Inodes. */
  readonly created: number
  /** Names beyond the first of each inode. */
  readonly links: number
}

/** A tree at one moment. It never changes. */
export class Snapshot {
  constructor(
    readonly inodes: RadixTrie<Inode>,
    readonly nextIno: number,
    readonly account: Account,
    readonly firstIno: number,
    readonly charges: Charges,
    /** What it stands on, of a foreign filesystem. */
    readonly base?: Base,
    /** Where it is in its tree's ledger, if it is kept. */
    readonly kept?: Kept
  ) {}

  /** Nothing but a foreign filesystem. */
  static over(base: Base): Snapshot {
    const charges = { bytes: 0, content: 0, created: 0, links: 0 }
    return new Snapshot(RadixTrie.empty(), FIRST_OWN_INO, new Account(), FIRST_OWN_INO, charges, base)
  }

  inode(ino: number): Inode | undefined {
    const own = this.inodes.get(ino)
    return own === undefined ? this.base?.inode(ino) : own === gone ? undefined : own
  }

  /** All inodes, and of a foreign filesystem those that are known. */
  *all(): Generator<Inode, void> {
    for (const inode of this.inodes.values()) if (inode !== gone) yield inode
    for (const inode of this.base?.inodes() ?? []) if (this.inodes.get(inode.ino) === undefined) yield inode
  }
}

export class Tree implements Allocation {
  /** Counts the changes of all trees. */
  static changes = 0
  /** What a live foreign filesystem has still to be told. */
  readonly journal: Journal | undefined
  readonly base: Base | undefined
  readonly rootIno = ROOT_INO
  owner: Owner
  bytes = 0
  /** How many of the bytes are link targets and extended attributes. */
  private apart = 0
  private created = 0
  private links = 0
  private inodes: RadixTrie<Inode>
  private nextIno: number
  /** Inodes from here on were created by this tree and are charged to it. */
  private firstIno: number
  /** Open descriptions per inode, and the inodes that live only through them. */
  private open: Map<number, number> | undefined
  private orphans: Map<number, Inode> | undefined
  /** Counts the restores: what was open before one is gone after it. */
  generation = 0

  constructor(snapshot: Snapshot, journal?: Journal) {
    this.base = snapshot.base
    this.journal = journal
    journal?.attach(this)
    this.owner = new Owner(new Account())
    this.inodes = snapshot.inodes
    this.nextIno = snapshot.nextIno
    this.firstIno = snapshot.nextIno
  }

  /** A tree that holds nothing but its root directory, owned by root. */
  static empty(now: bigint): Tree {
    const account = new Account()
    const tree = new Tree(
      new Snapshot(RadixTrie.empty(), ROOT_INO + 1, account, ROOT_INO + 1, {
        bytes: 0,
        content: 0,
        created: 0,
        links: 0
      })
    )
    const root = new Inode(tree.owner, ROOT_INO, account, S_IFDIR | 0o755, 0, 0, now)
    root.entries = noEntries
    root.nlink = 2
    root.parent = ROOT_INO
    tree.inodes = tree.inodes.set(tree.owner, ROOT_INO, root)
    return tree
  }

  get account(): Account {
    return this.owner.account
  }

  /** Inodes and extra names charged to this tree. */
  get nodes(): number {
    return this.created + Math.max(0, this.links)
  }

  /** Inodes in the tree, charged or not. */
  get size(): number {
    return this.inodes.size
  }

  get openCount(): number {
    return this.open?.size ?? 0
  }

  inode(ino: number): Inode | undefined {
    const own = this.inodes.get(ino)
    if (own !== undefined && own !== gone) return own
    return this.orphans?.get(ino) ?? (own === gone ? undefined : this.base?.inode(ino))
  }

  /** An inode that is known to exist. */
  at(ino: number): Inode {
    return this.inode(ino)!
  }

  child(directory: Inode, name: string): Inode | undefined {
    const ino = directory.entries!.get(name)
    if (ino === undefined) return undefined
    const own = this.inodes.get(ino)
    return own === undefined ? this.base?.inode(ino) : own === gone ? undefined : own
  }

  list(directory: Inode, f: (name: string, inode: Inode) => void): void {
    directory.entries!.forEach((ino, name) => f(name, this.at(ino)))
  }

  /** The record of an inode, for changing. Any record of it read before may be out of date after the change. */
  edit(ino: number): Inode {
    Tree.changes++
    const inode = this.at(ino)
    if (inode.owner === this.owner) return inode
    const copy = cloneInode(inode, this.owner)
    if (this.orphans?.has(ino) === true) this.orphans.set(ino, copy)
    else this.inodes = this.inodes.set(this.owner, ino, copy)
    return copy
  }

  /** Adds a name for an inode to a directory. */
  enter(directory: number, name: string, ino: number, now: bigint): void {
    const into = this.edit(directory)
    const inode = this.edit(ino)
    const kept = detach(name)
    into.entries = into.entries!.set(this.owner, kept, ino)
    into.mtime = now
    into.ctime = now
    if (inode.isDirectory) into.nlink++
    if (inode.isDirectory || inode.nlink === 1) {
      inode.parent = directory
      inode.name = kept
    }
  }

  /** Takes a name out of a directory; the inode that it named stays. */
  leave(directory: number, name: string, now: bigint): void {
    const from = this.edit(directory)
    const ino = from.entries!.get(name)
    if (ino === undefined) return
    from.entries = from.entries!.delete(this.owner, name)
    from.mtime = now
    from.ctime = now
    if (this.at(ino).isDirectory) from.nlink--
  }

  /** A new inode under a new name. `mode` includes the type. */
  create(directory: number, name: string, mode: number, uid: number, gid: number, now: bigint): Inode {
    const inode = new Inode(this.owner, this.nextIno++, this.account, mode, uid, gid, now)
    if ((mode & S_IFMT) === S_IFDIR) {
      inode.entries = noEntries
      inode.nlink = 2
    } else if ((mode & S_IFMT) === S_IFREG) {
      inode.content = Content.empty
    }
    this.inodes = this.inodes.set(this.owner, inode.ino, inode)
    this.created++
    this.enter(directory, name, inode.ino, now)
    return inode
  }

  createLink(directory: number, name: string, target: string, uid: number, gid: number, now: bigint): Inode {
    const inode = this.create(directory, name, S_IFLNK | 0o777, uid, gid, now)
    inode.target = target
    this.charge(utf8Length(target))
    return inode
  }

  /** Another name for an inode that is not a directory. */
  link(directory: number, name: string, ino: number, now: bigint): void {
    const inode = this.edit(ino)
    inode.nlink++
    inode.ctime = now
    inode.parent = SEVERAL
    inode.name = ""
    this.links++
    this.enter(directory, name, ino, now)
  }

  /** Gives up one name of an inode (already out of its directory), and the inode with the last of them. */
  drop(ino: number, now: bigint): void {
    const inode = this.at(ino)
    if (!inode.isDirectory && inode.nlink > 1) {
      const kept = this.edit(ino)
      kept.nlink--
      kept.ctime = now
      this.links--
    } else if (this.open?.has(ino) === true) {
      const orphan = this.edit(ino)
      orphan.nlink = 0
      orphan.ctime = now
      if (orphan.isDirectory) orphan.entries = noEntries
      this.forget(ino)
      ;(this.orphans ??= new Map()).set(ino, orphan)
    } else {
      this.forget(ino)
      this.free(inode)
    }
  }

  private forget(ino: number): void {
    Tree.changes++
    this.inodes = this.base?.has(ino) === true
      ? this.inodes.set(this.owner, ino, gone)
      : this.inodes.delete(this.owner, ino)
  }

  /** Hands over all that was made or changed here to the base: a live filesystem has taken it. */
  handOver(): void {
    const { base } = this
    if (base === undefined) return
    for (const [ino, inode] of this.inodes) {
      if (inode === gone) base.drop(ino)
      else base.adopt(inode, this.journal?.placeOf(ino))
    }
    this.discard()
  }

  /** Forgets all that was made or changed here. */
  discard(): void {
    this.freeze()
    this.inodes = RadixTrie.empty()
    this.bytes = 0
    this.apart = 0
    this.created = 0
    this.links = 0
  }

  /** Whether somebody holds an inode. */
  isHeld(ino: number): boolean {
    return this.open?.has(ino) === true
  }

  /** The bytes and inodes that this tree is charged for an inode. */
  private chargeOf(inode: Inode): { readonly apart: number; readonly content: number; readonly created: number } {
    const created = inode.ino < this.firstIno ? 0 : 1
    const target = created === 1 && inode.target !== undefined ? utf8Length(inode.target) : 0
    const attributes = inode.xattrs?.charged(this.account) ?? 0
    return { apart: target + attributes, content: inode.content?.charged(this.account) ?? 0, created }
  }

  private free(inode: Inode): void {
    const charge = this.chargeOf(inode)
    this.charge(-charge.apart)
    this.bytes -= charge.content
    inode.content?.release(this.account)
    this.created -= charge.created
  }

  private charge(apart: number): void {
    this.bytes += apart
    this.apart += apart
  }

  /** Gives an inode other extended attributes; `undefined` takes the last of them. */
  setXattrs(ino: number, xattrs: XattrSet | undefined): Inode {
    const inode = this.edit(ino)
    this.charge((xattrs?.charged(this.account) ?? 0) - (inode.xattrs?.charged(this.account) ?? 0))
    inode.xattrs = xattrs
    return inode
  }

  /** Keeps an inode alive, names or not, until as many calls of `release`. */
  hold(ino: number): void {
    const open = (this.open ??= new Map())
    open.set(ino, (open.get(ino) ?? 0) + 1)
  }

  release(ino: number): void {
    const count = this.open!.get(ino)!
    if (count > 1) {
      this.open!.set(ino, count - 1)
      return
    }
    this.open!.delete(ino)
    const orphan = this.orphans?.get(ino)
    if (orphan === undefined) return
    this.orphans!.delete(ino)
    this.free(orphan)
  }

  /** Ends the right to change in place anything that exists now: from here on it may be shared. */
  freeze(): void {
    this.owner = new Owner(this.account)
  }

  snapshot(): Snapshot {
    this.freeze()
    return this.present(this.charges())
  }

  /** A snapshot whose content is charged to the tree until the snapshot is forgotten. */
  keep(): Snapshot {
    const charges = this.charges()
    const kept = this.account.ledger.keep(charges.content)
    this.freeze()
    return this.present(charges, kept)
  }

  private present(charges: Charges, kept?: Kept): Snapshot {
    return new Snapshot(this.inodes, this.nextIno, this.account, this.firstIno, charges, this.base, kept)
  }

  /** What the tree is charged for what has a name. */
  private charges(): Charges {
    let { apart, created } = this
    let content = this.bytes - apart
    this.orphans?.forEach((inode) => {
      const charge = this.chargeOf(inode)
      apart -= charge.apart
      content -= charge.content
      created -= charge.created
    })
    return { bytes: apart + content, content, created, links: this.links }
  }

  /** Makes the tree what it was, or what another tree was. Inode numbers are never given out twice. */
  restore(snapshot: Snapshot): void {
    const own = snapshot.account === this.account
    this.account.ledger.restore(own ? snapshot.kept : undefined)
    this.owner = new Owner(own ? this.account : new Account())
    this.inodes = snapshot.inodes
    this.nextIno = Math.max(this.nextIno, snapshot.nextIno)
    this.firstIno = own ? snapshot.firstIno : this.nextIno
    this.bytes = own ? snapshot.charges.bytes : 0
    this.apart = own ? snapshot.charges.bytes - snapshot.charges.content : 0
    this.created = own ? snapshot.charges.created : 0
    this.links = own ? snapshot.charges.links : 0
    this.open = undefined
    this.orphans = undefined
    this.generation++
  }
}
