/**
 * What the operations of a VM have changed in a live foreign filesystem, in order, until the outside has been told: that
 * happens after each step of an operation, before anything is answered (see perform.ts).
 */
import type { Content } from "../content.ts"
import type { Inode } from "../inode.ts"
import { SEVERAL } from "../inode.ts"
import type { Tree } from "../tree.ts"
import type { ForeignChange } from "./port.ts"

/** A change; `source` is content that is sent piece by piece. */
export interface JournalEntry {
  readonly change: ForeignChange
  readonly source?: Content | undefined
}

const millis = (nanos: bigint): number => Number(nanos / 1000n) / 1000

/** A name in a directory. */
export interface Place {
  readonly directory: number
  readonly name: string
}

export class Journal {
  private entries: Array<JournalEntry> = []
  private tree: Tree | undefined
  /** Where files were made that the base does not know yet. */
  private readonly made = new Map<number, Place>()

  /** `owners`: whether the outside keeps owners of its own. */
  constructor(readonly owners: boolean) {}

  attach(tree: Tree): void {
    this.tree = tree
  }

  get pending(): boolean {
    return this.entries.length > 0
  }

  /** Where a file was made; asked once. */
  placeOf(ino: number): Place | undefined {
    const place = this.made.get(ino)
    this.made.delete(ino)
    return place
  }

  take(): Array<JournalEntry> {
    const { entries } = this
    this.entries = []
    return entries
  }

  /** The path of a directory, or of a file as it was found last. */
  private pathOf(ino: number): string {
    const tree = this.tree!
    const names: Array<string> = []
    for (let at = ino; at !== tree.rootIno;) {
      const inode = tree.at(at)
      if (inode.parent === SEVERAL) return this.fileAt(at)
      names.push(inode.name)
      at = inode.parent
    }
    return `/${names.reverse().join("/")}`
  }

  private fileAt(ino: number): string {
    const place = this.made.get(ino)
    return place === undefined ? this.tree!.base!.pathOf(ino) : this.child(place.directory, place.name)
  }

  private child(directory: number, name: string): string {
    const path = this.pathOf(directory)
    return path === "/" ? `/${name}` : `${path}/${name}`
  }

  private add(change: ForeignChange, source?: Content): void {
    this.entries.push({ change, source })
  }

  /** A name has come into a directory. */
  created(directory: number, name: string, ino: number): void {
    const inode = this.tree!.at(ino)
    const path = this.child(directory, name)
    const mode = inode.mode & 0o7777
    const owner = this.owners ? { uid: inode.uid, gid: inode.gid } : {}
    if (inode.isDirectory) this.add({ kind: "mkdir", path, mode, ...owner })
    else if (inode.isSymlink) this.add({ kind: "symlink", path, dest: inode.target!, ...owner })
    else if (inode.nlink > 1) this.add({ kind: "link", path: this.fileAt(ino), dest: path })
    else {
      this.made.set(ino, { directory, name })
      this.add({ kind: "create", path, mode, content: nothing, ...owner })
    }
  }

  /** A name is about to go from a directory. */
  removed(directory: number, name: string, inode: Inode): void {
    this.add({ kind: inode.isDirectory ? "rmdir" : "unlink", path: this.child(directory, name) })
  }

  /** The paths of a rename, before it. The outside replaces what is at the new one by itself. */
  moving(from: Place, to: Place, ino: number): void {
    this.add({
      kind: "rename",
      path: this.child(from.directory, from.name),
      dest: this.child(to.directory, to.name)
    })
    if (this.made.has(ino)) this.made.set(ino, to)
    this.tree!.base!.place(ino, to.directory, to.name)
  }

  /** Forgets the last entry: what it says is a part of what comes next. */
  retract(): void {
    this.entries.pop()
  }

  write(ino: number, offset: number, data: Uint8Array): void {
    this.add({ kind: "write", path: this.pathOf(ino), offset, content: data.slice() })
  }

  truncate(ino: number, size: number): void {
    this.add({ kind: "truncate", path: this.pathOf(ino), offset: size })
  }

  /** A file has new content as a whole. */
  replace(ino: number, content: Content): void {
    const path = this.pathOf(ino)
    const last = this.entries[this.entries.length - 1]?.change
    const made = last?.kind === "create" && last.path === path ? this.entries.pop()!.change : undefined
    this.add({ kind: "create", path, content: nothing, ...made }, content)
  }

  /** What was written to a file must be safe. */
  sync(ino: number): void {
    this.add({ kind: "sync", path: this.pathOf(ino) })
  }

  /** The attributes of an inode are what it says now. */
  set(inode: Inode, what: { readonly mode?: boolean; readonly owner?: boolean; readonly times?: boolean }): void {
    this.add({
      kind: "set",
      path: this.pathOf(inode.ino),
      ...(what.mode === true && !inode.isSymlink && { mode: inode.mode & 0o7777 }),
      ...(what.owner === true && this.owners && { uid: inode.uid, gid: inode.gid }),
      ...(what.times === true && { atimeMs: millis(inode.atime), mtimeMs: millis(inode.mtime) })
    })
  }
}

const nothing = new Uint8Array(0)
