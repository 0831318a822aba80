/**
 * A whole-file write whose content comes piece by piece: the file changes at the end, all at once, or not at all.
 */
import { Content } from "./content.ts"
import { adoptContent, StagedAllocation } from "./data.ts"
import { checkWrite, writeTarget } from "./open.ts"
import type { Operation } from "./operation.ts"
import type { State } from "./state.ts"
import type { Tree } from "./tree.ts"

export class StagedWrite {
  private content = Content.empty
  private readonly allocation: StagedAllocation | undefined
  private readonly generation: number
  private over = false

  /** Faults when the file could not be written now. */
  constructor(private readonly op: Operation, private readonly state: State) {
    const tree = checkWrite(op, state)
    this.allocation = tree === undefined ? undefined : new StagedAllocation(state, tree)
    this.generation = tree?.generation ?? 0
    this.tree = tree
  }

  private readonly tree: Tree | undefined

  /** Takes a copy of the next bytes. */
  append(data: Uint8Array): void {
    const { allocation } = this
    if (this.over || allocation === undefined) return
    this.state.reserve(this.op, data.length, 0)
    this.content = this.content.write(allocation, this.content.size, data)
  }

  /** Makes what was appended the content of the file, which is created if it is missing. */
  commit(): void {
    if (this.over) return
    const bytes = this.allocation?.bytes
    this.abandon()
    const { inode, tree } = writeTarget(this.op, this.state)
    if (inode === undefined || tree === undefined) return
    const mine = tree === this.tree && tree.generation === this.generation
    adoptContent(this.op, this.state, tree, inode.ino, this.content, mine ? bytes : undefined)
  }

  /** Forgets what was appended. */
  abandon(): void {
    if (this.over) return
    this.over = true
    if (this.allocation !== undefined) this.allocation.bytes = 0
  }
}
