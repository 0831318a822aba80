/**
 * Copies of files and trees, keeping modes, times, links and the structure of hard links. A copy within one tree shares
 * its content with the original until either is written. Everything is checked before the first change.
 */
import { Fault } from "../fault.ts"
import type { Content } from "./content.ts"
import { createMode, newOwner } from "./create.ts"
import { setContent } from "./data.ts"
import { R_OK, W_OK, X_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_IFDIR, S_IFMT } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import { writeWhole } from "./open.ts"
import { Operation } from "./operation.ts"
import { mayCreateIn, owns, permitted, withoutPrivilege } from "./permissions.ts"
import { renamePath } from "./rename.ts"
import { resolve, Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import { isWellFormed, utf8Length } from "./text.ts"
import type { Tree } from "./tree.ts"
import { checkDelete, isMountPoint, planRemoval, removeEntry } from "./unlink.ts"
import { isTree } from "./volume.ts"

export interface CopyOptions {
  readonly recursive?: boolean
  /** Treat what exists at the new path as rename(2) does, instead of merging into it. */
  readonly replace?: boolean
}

/** One name to be made or overwritten. */
interface Step {
  readonly source: Inode
  readonly name: string
  /** The step that makes the directory of this one; -1 for the top. */
  readonly above: number
  /** What is there already and is kept: a directory, or a file that gets new content. */
  readonly existing: Inode | undefined
  /** What is there already and makes way. */
  readonly replaced: Inode | undefined
}

interface Plan {
  readonly op: Operation
  readonly from: Mount
  readonly source: Tree
  readonly target: Tree
  /** The mount and the directory that receive the copy. */
  readonly into: Mount
  readonly directory: number
  readonly replace: boolean
  readonly now: bigint
  readonly steps: Array<Step>
  bytes: number
  inodes: number
  /** Source inodes with several names that are already counted. */
  readonly linked: Set<number>
}

const contentCost = (plan: Plan, content: Content): number =>
  plan.source === plan.target ? content.charged(plan.target.account) : content.allocated

const isShared = (inode: Inode): boolean => !inode.isDirectory && inode.nlink > 1

/** Decides what becomes of an inode that is already where `source` goes. */
const meet = (plan: Plan, source: Inode, name: string, above: number, directory: Inode, old: Inode): Step => {
  const { op } = plan
  if (isMountPoint(plan.into, old)) throw op.fault("EBUSY")
  if (source.isDirectory && !old.isDirectory) throw op.fault("ENOTDIR")
  if (!source.isDirectory && old.isDirectory) throw op.fault("EISDIR")
  if (plan.source === plan.target && source.ino === old.ino) throw op.fault("EINVAL")
  if (plan.replace && old.isDirectory && old.entries!.size > 0) throw op.fault("ENOTEMPTY")
  if (!plan.replace && (old.isDirectory || (source.isFile && old.isFile))) {
    if (old.isFile && !permitted(old, op.credentials, W_OK)) throw op.fault("EACCES")
    return { source, name, above, existing: old, replaced: undefined }
  }
  checkDelete(op, directory, old, old.isDirectory ? "directory" : "other")
  return { source, name, above, existing: undefined, replaced: old }
}

/** Checks one name and counts what it will allocate. */
const addStep = (plan: Plan, step: Step): void => {
  const { op } = plan
  const { existing, source } = step
  if (!permitted(source, op.credentials, source.isDirectory ? R_OK | X_OK : source.isFile ? R_OK : 0)) {
    throw op.fault("EACCES")
  }
  if (!source.isDirectory && !source.isFile && !source.isSymlink) throw op.fault("EINVAL")
  plan.steps.push(step)
  if (existing === undefined) plan.inodes++
  if (isShared(source)) {
    if (plan.linked.has(source.ino)) return
    plan.linked.add(source.ino)
  }
  if (source.content !== undefined) plan.bytes += contentCost(plan, source.content)
  if (existing === undefined && source.target !== undefined) plan.bytes += utf8Length(source.target)
}

const stepFor = (
  plan: Plan,
  source: Inode,
  name: string,
  above: number,
  directory: Inode | undefined,
  old: Inode | undefined
): Step =>
  directory === undefined || old === undefined
    ? { source, name, above, existing: undefined, replaced: undefined }
    : meet(plan, source, name, above, directory, old)

const planChildren = (plan: Plan, at: number): void => {
  const { existing, source } = plan.steps[at]
  if (isMountPoint(plan.from, source)) throw plan.op.fault("EBUSY")
  const adds = existing !== undefined && source.entries!.size > 0
  if (adds && !permitted(existing, plan.op.credentials, W_OK | X_OK)) throw plan.op.fault("EACCES")
  plan.source.list(source, (name, child) => {
    const old = existing === undefined ? undefined : plan.target.child(existing, name)
    addStep(plan, stepFor(plan, child, name, at, existing, old))
  })
}

/** Whether `directory` lies in the tree under `top`. */
const isWithin = (tree: Tree, top: Inode, directory: Inode): boolean => {
  for (let at = directory; at.ino !== top.ino; at = tree.at(at.parent)) if (at.ino === tree.rootIno) return false
  return true
}

const copyAttributes = (plan: Plan, source: Inode, made: Inode): void => {
  const { credentials } = plan.op
  if (!owns(made, credentials)) return
  const copy = plan.target.edit(made.ino)
  if (credentials.uid === 0) {
    copy.uid = source.uid
    copy.gid = source.gid
    copy.mode = source.mode
  } else if (!copy.isSymlink) {
    copy.mode = copy.isDirectory ? source.mode : withoutPrivilege(source.mode)
  }
  copy.atime = source.atime
  copy.mtime = source.mtime
}

const makeNew = (plan: Plan, step: Step, directory: Inode, now: bigint): Inode => {
  const { credentials } = plan.op
  const { gid, uid } = newOwner(credentials, directory)
  const { name, source } = step
  if (source.target !== undefined) return plan.target.createLink(directory.ino, name, source.target, uid, gid, now)
  const type = source.mode & S_IFMT
  const bits = type === S_IFDIR ? source.mode & 0o777 : createMode(credentials, directory, source.mode & 0o777)
  return plan.target.create(directory.ino, name, type | bits, uid, gid, now)
}

const perform = (plan: Plan): void => {
  const { now, source, target } = plan
  const made: Array<number> = []
  // From here on the content that two inodes will share cannot change in place.
  target.freeze()
  const copies = new Map<number, number>()
  for (const step of plan.steps) {
    const directory = step.above === -1 ? target.at(plan.directory) : target.at(made[step.above])
    if (step.replaced !== undefined) removeEntry(target, directory, step.name, step.replaced, now)
    const twin = isShared(step.source) ? copies.get(step.source.ino) : undefined
    if (twin !== undefined && step.existing === undefined) {
      target.link(directory.ino, step.name, twin, now)
      made.push(twin)
      continue
    }
    const inode = step.existing ?? makeNew(plan, step, directory, now)
    made.push(inode.ino)
    if (isShared(step.source)) copies.set(step.source.ino, inode.ino)
    const { content } = step.source
    if (content === undefined) continue
    setContent(target, inode.ino, content, source === target)
  }
  // Attributes last: making the entries of a directory changes its times.
  plan.steps.forEach((step, i) => copyAttributes(plan, step.source, target.at(made[i])))
}

const checkTop = (op: Operation, state: State, source: Tree, from: Walk, to: Walk, options: CopyOptions) => {
  const existing = to.lookup()
  if (to.trailing && !from.inode.isDirectory) throw op.fault(existing?.isDirectory === true ? "EISDIR" : "ENOTDIR")
  if (from.inode.isDirectory && options.recursive !== true) throw op.fault("EISDIR")
  const target = state.writable(op, to.mount)
  if (from.inode.isDirectory && source === target && isWithin(target, from.inode, to.inode)) throw op.fault("EINVAL")
  if (existing === undefined && !mayCreateIn(to.inode, op.credentials)) throw op.fault("EACCES")
  if (existing === undefined && !isWellFormed(to.name)) throw op.fault("EINVAL")
  return { existing, target }
}

/** A generated file has no content to share: what it reads as now is written. */
const planGenerated = (op: Operation, state: State, origin: Walk, to: string): () => void => {
  const { volume } = origin.mount
  if (isTree(volume) || !origin.inode.isFile) throw op.fault("EINVAL")
  if (!permitted(origin.inode, op.credentials, R_OK)) throw op.fault("EACCES")
  const data = volume.read(origin.inode, op.caller.pid)
  return () => writeWhole(new Operation(op.caller, op.syscall, to), state, data)
}

/** Checks a copy of `from` as `to`. An existing directory is merged into, an existing file overwritten. */
export const planCopy = (op: Operation, state: State, from: string, to: string, options: CopyOptions): () => void => {
  const origin = resolve(op, state.mounts, from, false)
  const source = origin.mount.tree
  if (source === undefined) return planGenerated(op, state, origin, to)
  const walk = new Walk(op, state.mounts, to)
  if (walk.toParent() !== "name") throw op.fault("EEXIST")
  const { existing, target } = checkTop(op, state, source, origin, walk, options)
  const plan: Plan = {
    op,
    from: origin.mount,
    source,
    target,
    into: walk.mount,
    directory: walk.inode.ino,
    replace: options.replace === true,
    now: state.now(),
    steps: [],
    bytes: 0,
    inodes: 0,
    linked: new Set()
  }
  addStep(plan, stepFor(plan, origin.inode, walk.name, -1, walk.inode, existing))
  for (let at = 0; at < plan.steps.length; at++) if (plan.steps[at].source.isDirectory) planChildren(plan, at)
  state.reserve(op, plan.bytes, plan.inodes)
  return () => perform(plan)
}

export const copyPath = (op: Operation, state: State, from: string, to: string, options: CopyOptions): void =>
  planCopy(op, state, from, to, options)()

/** A rename where that is possible; from one mount to another, a copy and then the removal of the original. */
export const movePath = (op: Operation, state: State, from: string, to: string): void => {
  try {
    return renamePath(op, state, from, to, {})
  } catch (error) {
    if (!(error instanceof Fault) || error.errno !== "EXDEV") throw error
  }
  const removal = planRemoval(op, state, from, { recursive: true })
  const copy = planCopy(op, state, from, to, { recursive: true, replace: true })
  copy()
  removal()
}
