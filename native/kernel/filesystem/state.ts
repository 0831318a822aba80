/** What all operations of one VM's filesystem share: its mounts, its limits, its clock and its random source. */
import { ChangeLog } from "./change-log.ts"
import { type Mount, MountTable } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import type { Snapshot, Tree } from "./tree.ts"

/** Counted over all trees of the VM. What a tree started from is not charged. */
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
}

export class State {
  readonly mounts: MountTable
  readonly log = new ChangeLog()
  readonly limits: FilesystemLimits
  readonly now: () => bigint
  readonly random: (bytes: Uint8Array) => void
  openFiles = 0
  /** Bytes of writes that are not complete yet. */
  staged = 0

  constructor(options: FilesystemOptions) {
    this.mounts = new MountTable(options.root, options.readOnly === true)
    this.limits = options.limits
    this.now = options.now
    this.random = options.random
  }

  bytes(): number {
    return this.staged + this.mounts.sum((tree) => tree.bytes)
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

  /** The tree of a mount that is about to be changed. */
  writable(op: Operation, mount: Mount): Tree {
    const { tree } = mount
    if (mount.readOnly || tree === undefined) throw op.fault("EROFS")
    return tree
  }
}
