/**
 * Large content, moved piece by piece. A file that is replaced so changes at the end, all at once, or not at all.
 */
import { Content } from "./content.ts"
import { adoptContent, StagedAllocation } from "./data.ts"
import { O_APPEND, O_CREAT, O_WRONLY, READ_MAX } from "./flags.ts"
import { Needs } from "./foreign/needs.ts"
import { checkWrite, contentAt, openFile, writeTarget, writeWhole } from "./open.ts"
import type { Operation } from "./operation.ts"
import type { State } from "./state.ts"
import { ready, STEP_BYTES, type Steps } from "./steps.ts"
import type { Tree } from "./tree.ts"

export class StagedWrite {
  private content = Content.empty
  private readonly allocation: StagedAllocation | undefined
  private readonly generation: number
  private over = false

  /** Faults when the file could not be written now. `mode` is for a file that is created. */
  constructor(private readonly op: Operation, private readonly state: State, private readonly mode = 0o666) {
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

  /** Takes the next bytes themselves where they can be a chunk of the content: nobody else may refer to them. */
  take(data: Uint8Array): void {
    const { allocation, content } = this
    if (this.over || allocation === undefined) return
    this.state.reserve(this.op, data.length, 0)
    this.content = content.adopt(allocation, data) ?? content.write(allocation, content.size, data)
  }

  /** Makes what was appended the content of the file, which is created if it is missing. */
  commit(): void {
    if (this.over) return
    const bytes = this.allocation?.bytes
    // what this needs of a foreign filesystem comes first, for then it begins again
    const { inode, tree } = this.target()
    this.abandon()
    if (inode === undefined || tree === undefined) return
    const mine = tree === this.tree && tree.generation === this.generation
    adoptContent(this.op, this.state, tree, inode.ino, this.content, mine ? bytes : undefined)
  }

  private target(): ReturnType<typeof writeTarget> {
    try {
      return writeTarget(this.op, this.state, this.mode)
    } catch (thrown) {
      if (!(thrown instanceof Needs)) this.abandon()
      throw thrown
    }
  }

  /** Forgets what was appended. */
  abandon(): void {
    if (this.over) return
    this.over = true
    if (this.allocation !== undefined) this.allocation.bytes = 0
  }
}

/** Writes a whole file in steps: it changes at the last of them, or not at all. */
export function* writeSteps(op: Operation, state: State, data: Uint8Array, mode: number | undefined): Steps {
  // A device takes or refuses it all at once.
  if (checkWrite(op, state) === undefined) return writeWhole(op, state, data)
  const staged = new StagedWrite(op, state, mode)
  try {
    for (let at = 0; at < data.length; at += STEP_BYTES) {
      staged.append(data.subarray(at, at + STEP_BYTES))
      yield
    }
    staged.commit()
  } finally {
    staged.abandon()
  }
}

/** Appends to a file in steps. Room for all of it is made sure of first. */
export function* appendSteps(op: Operation, state: State, data: Uint8Array, mode = 0o666): Steps {
  state.reserve(op, data.length, 0)
  const file = openFile(op, state, O_WRONLY | O_CREAT | O_APPEND, mode)
  try {
    for (let at = 0; at < data.length; at += STEP_BYTES) {
      file.write(data.subarray(at, at + STEP_BYTES))
      yield
    }
  } finally {
    file.close()
  }
}

/** The whole content of a stored file as it is now, read in steps. */
export function* readSteps(op: Operation, state: State, max = READ_MAX): Steps<Uint8Array> {
  const content = contentAt(op, state)
  const { size } = content
  if (size > max) throw op.fault("EFBIG", { name: "readBytes", value: max })
  const data = new Uint8Array(size)
  for (let at = 0; at < size; at += STEP_BYTES) {
    data.set(yield* ready(() => content.read(at, STEP_BYTES)), at)
    yield
  }
  return data
}
