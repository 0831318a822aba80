/**
 * One filesystem tree: a persistent inode table with its directories, and the handle that changes it. A snapshot is the
 * table as it was; taking one costs the same whatever the size.
 */
import type { Allocation } from "./content.ts"
import { Content } from "./content.ts"
import { cloneInode, Inode, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, SEVERAL } from "./inode.ts"
import { Account, Owner } from "./owner.ts"
import { PersistentMap } from "./persistent-map.ts"
import { RadixTrie } from "./radix-trie.ts"
import { detach, utf8Length } from "./text.ts"

export const ROOT_INO = 1

const noEntries = PersistentMap.empty<number>()

/** What a tree is charged for: data that it allocated and has not yet freed. */
interface Charges {
  /** Bytes of chunks and link targets. */
  readonly bytes: number
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
    readonly charges: Charges
  ) {}

  inode(ino: number): Inode | undefined {
    return this.inodes.get(ino)
  }
}

export class Tree implements Allocation {
  readonly rootIno = ROOT_INO
  owner: Owner
  bytes = 0
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

  constructor(snapshot: Snapshot) {
    this.owner = new Owner(new Account())
    this.inodes = snapshot.inodes
    this.nextIno = snapshot.nextIno
    this.firstIno = snapshot.nextIno
  }

  /** A tree that holds nothing but its root directory, owned by root. */
  static empty(now: bigint): Tree {
    const account = new Account()
    const tree = new Tree(
      new Snapshot(RadixTrie.empty(), ROOT_INO + 1, account, ROOT_INO + 1, { bytes: 0, created: 0, links: 0 })
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
    return this.inodes.get(ino) ?? this.orphans?.get(ino)
  }

  /** An inode that is known to exist. */
  at(ino: number): Inode {
    return this.inode(ino)!
  }

  child(directory: Inode, name: string): Inode | undefined {
    const ino = directory.entries!.get(name)
    return ino === undefined ? undefined : this.inodes.get(ino)
  }

  list(directory: Inode, f: (name: string, inode: Inode) => void): void {
    directory.entries!.forEach((ino, name) => f(name, this.at(ino)))
  }

  /** The record of an inode, for changing. Any record of it read before may be out of date after the change. */
  edit(ino: number): Inode {
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
    this.bytes += utf8Length(target)
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
      this.inodes = this.inodes.delete(this.owner, ino)
      ;(this.orphans ??= new Map()).set(ino, orphan)
    } else {
      this.inodes = this.inodes.delete(this.owner, ino)
      this.free(inode)
    }
  }

  /** The bytes and inodes that this tree is charged for an inode. */
  private chargeOf(inode: Inode): { readonly bytes: number; readonly created: number } {
    const created = inode.ino < this.firstIno ? 0 : 1
    const target = created === 1 && inode.target !== undefined ? utf8Length(inode.target) : 0
    return { bytes: target + (inode.content?.charged(this.account) ?? 0), created }
  }

  private free(inode: Inode): void {
    const charge = this.chargeOf(inode)
    this.bytes -= charge.bytes
    this.created -= charge.created
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
    let { bytes, created } = this
    this.orphans?.forEach((inode) => {
      const charge = this.chargeOf(inode)
      bytes -= charge.bytes
      created -= charge.created
    })
    return new Snapshot(this.inodes, this.nextIno, this.account, this.firstIno, { bytes, created, links: this.links })
  }

  /** Makes the tree what it was, or what another tree was. Inode numbers are never given out twice. */
  restore(snapshot: Snapshot): void {
    const own = snapshot.account === this.account
    this.owner = new Owner(own ? this.account : new Account())
    this.inodes = snapshot.inodes
    this.nextIno = Math.max(this.nextIno, snapshot.nextIno)
    this.firstIno = own ? snapshot.firstIno : this.nextIno
    this.bytes = own ? snapshot.charges.bytes : 0
    this.created = own ? snapshot.charges.created : 0
    this.links = own ? snapshot.charges.links : 0
    this.open = undefined
    this.orphans = undefined
    this.generation++
  }
}
