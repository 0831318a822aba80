/** `/dev/pts`: a node for each terminal of the VM, while there is one. What is written to them is the worker's business. */
import { device, TERMINAL_MAJOR } from "./devices.ts"
import { Inode, S_IFCHR, S_IFDIR } from "./inode.ts"
import { Account, Owner } from "./owner.ts"
import type { SyntheticVolume } from "./volume.ts"

/** The terminals there are. */
export interface TerminalSource {
  readonly startedAt: bigint
  /** Numbers in order, with the nanoseconds since 1970 at which they were opened. */
  list(): Iterable<readonly [number: number, openedAt: bigint]>
  readonly uid: number
}

const ROOT = 1
const MULTIPLEXER = 2
const FIRST = 3
/** Of the group `tty`. */
const GID = 5

const owner = new Owner(new Account())
const numberPattern = /^(?:0|[1-9]\d{0,5})$/

class TerminalNodes implements SyntheticVolume {
  readonly rootIno = ROOT

  constructor(private readonly source: TerminalSource) {}

  private node(ino: number, mode: number, uid: number, gid: number, time: bigint): Inode {
    const inode = new Inode(owner, ino, owner.account, mode, uid, gid, time)
    inode.parent = ROOT
    return inode
  }

  inode(ino: number): Inode | undefined {
    const { source } = this
    if (ino === ROOT) {
      const inode = this.node(ROOT, S_IFDIR | 0o755, 0, 0, source.startedAt)
      inode.nlink = 2
      return inode
    }
    if (ino === MULTIPLEXER) {
      const inode = this.node(ino, S_IFCHR, 0, 0, source.startedAt)
      inode.rdev = device(5, 2)
      return inode
    }
    for (const [number, openedAt] of source.list()) {
      if (number !== ino - FIRST) continue
      const inode = this.node(ino, S_IFCHR | 0o620, source.uid, GID, openedAt)
      inode.rdev = device(TERMINAL_MAJOR, number)
      return inode
    }
    return undefined
  }

  child(_directory: Inode, name: string): Inode | undefined {
    if (name === "ptmx") return this.inode(MULTIPLEXER)
    return numberPattern.test(name) ? this.inode(FIRST + Number(name)) : undefined
  }

  list(_directory: Inode, f: (name: string, inode: Inode) => void): void {
    for (const [number] of this.source.list()) f(String(number), this.inode(FIRST + number)!)
    f("ptmx", this.inode(MULTIPLEXER)!)
  }

  read(): Uint8Array {
    return new Uint8Array(0)
  }
}

export const makeTerminalNodes = (source: TerminalSource): SyntheticVolume => new TerminalNodes(source)
