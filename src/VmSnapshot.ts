/**
 * Kept states of a VM's trees, and what changed between them.
 *
 * @since 0.1.0
 */

/**
 * A kept state of a tree: an immutable value in the sidecar, known by its number.
 *
 * @since 0.1.0
 * @category models
 */
export interface VmSnapshot {
  readonly vmId: string
  /** The mount point whose tree it is; `/` for the root filesystem. */
  readonly path: string
  readonly snapshot: number
}

/**
 * One difference between two states of a tree. `from` is the former path of what was moved.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change {
  readonly kind: "created" | "removed" | "modified" | "moved"
  readonly path: string
  readonly from?: string | undefined
  readonly type: "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket"
  /** Bytes, after the change; of what was removed, before it. */
  readonly size: number
  /** Permission and type bits. */
  readonly mode: number
}
