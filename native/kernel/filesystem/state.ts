/** What all operations of one VM's filesystem share: its mounts, its limits, its clock and its random source. */
import { ChangeLog } from "./change-log.ts"
import type { Epochs } from "./foreign/base.ts"
import { Calls } from "./foreign/calls.ts"
import type { Writable } from "./foreign/perform.ts"
import type { Ledger } from "./ledger.ts"
import { LockTable } from "./lock-table.ts"
import { type Mount, MountTable } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import type { Snapshot, Tree } from "./tree.ts"

/** Counted over all trees of the VM and the content of kept snapshots. What a tree started from is not charged. */
export interface FilesystemLimits {
  /** Bytes of file content and link targets. */
  readonly bytes: number
  /** Inodes, and names beyond the first of each. */
  readonly inodes: number
  readonly openFiles: number
  /** Entries of one directory that can be listed. */
  readonly readdirEntries: number
}

export interface FilesystemOptions {
  readonly root: Snapshot
  /** Refuses every change of the root tree. */
  readonly readOnly?: boolean
  /** Nanoseconds since 1970. */
  readonly now: () => bigint
  readonly limits: FilesystemLimits
  /** Fills an array with random bytes. */
  readonly random: (bytes: Uint8Array) => void
  /** Runs the callback after some milliseconds; gives what cancels it. */
  readonly after?: (milliseconds: number, run: () => void) => () => void
}

export class State {
  readonly mounts: MountTable
  readonly log = new ChangeLog()
  readonly locks = new LockTable()
  readonly limits: FilesystemLimits
  readonly now: () => bigint
  readonly random: (bytes: Uint8Array) => void
  readonly calls: Calls
  /** Operations that may find something missing are numbered. */
  readonly epochs: Epochs = { now: 0, since: 0 }
  /** Live foreign filesystems that are told of changes. */
  readonly writables = new Map<Mount, Writable>()
  /** Mounts of foreign filesystems. */
  foreign = 0
  /** Of the trees of which snapshots are kept, mounted or not. */
  readonly ledgers = new Set<Ledger>()
  openFiles = 0
  /** Bytes of writes that are not complete yet. */
  staged = 0

  constructor(options: FilesystemOptions) {
    this.mounts = new MountTable(options.root, options.readOnly === true)
    this.limits = options.limits
    this.now = options.now
    this.random = options.random
    this.calls = new Calls(options.after ?? (() => () => {}))
  }

  bytes(): number {
    let bytes = this.staged + this.mounts.sum((tree) => tree.bytes)
    for (const ledger of this.ledgers) bytes += ledger.retained
    return bytes
  }

  inodes(): number {
    return this.mounts.sum((tree) => tree.nodes)
  }

  /** Faults unless that many more bytes and inodes may be allocated. */
  reserve(op: Operation, bytes: number, inodes: number): void {
    const { limits } = this
    if (bytes > 0 && this.bytes() + bytes > limits.bytes) {
      throw op.fault("ENOSPC", { name: "filesystemBytes", value: limits.bytes })
    }
    if (inodes > 0 && this.inodes() + inodes > limits.inodes) {
      throw op.fault("ENOSPC", { name: "inodes", value: limits.inodes })
    }
  }

  /** Faults unless another file may be opened. */
  admitOpen(op: Operation): void {
    const limit = this.limits.openFiles
    if (this.openFiles >= limit) throw op.fault("ENFILE", { name: "openFiles", value: limit })
  }

  /** The tree of a mount that is about to be changed. */
  writable(op: Operation, mount: Mount): Tree {
    const { tree } = mount
    if (mount.readOnly || tree === undefined) throw op.fault("EROFS")
    return tree
  }
}
