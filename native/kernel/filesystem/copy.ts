/**
 * Copies of files and trees, keeping modes, times, links and the structure of hard links. A copy within one tree shares
 * its content with the original until either is written. A copy is made in steps, of a snapshot of the original;
 * everything is checked before the first change, and what somebody else changes meanwhile at the destination is EBUSY.
 */
import type { Content } from "./content.ts"
import { createMode, newOwner } from "./create.ts"
import { setContent, StagedAllocation } from "./data.ts"
import { R_OK, W_OK, X_OK } from "./flags.ts"
import type { Inode } from "./inode.ts"
import { S_IFDIR, S_IFMT } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import { noteCreated, noteModified } from "./observe.ts"
import { writeWhole } from "./open.ts"
import { Operation } from "./operation.ts"
import { mayCreateIn, owns, permitted, withoutPrivilege } from "./permissions.ts"
import type { MovePermits, Permit, PermitBetween } from "./permit.ts"
import { renamePath } from "./rename.ts"
import { Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import { finish, type Hold, holding, isFault, once, Pace, ready, type Steps } from "./steps.ts"
import { isWellFormed, utf8Length } from "./text.ts"
import type { Snapshot, Tree } from "./tree.ts"
import { checkDelete, isMountPoint, planRemoval, removeEntry } from "./unlink.ts"
import { isTree } from "./volume.ts"
import { copyXattrs } from "./xattr.ts"

export interface CopyOptions {
  readonly recursive?: boolean
  /** Treat what exists at the new path as rename(2) does, instead of merging into it. */
  readonly replace?: boolean
}

/** One name to be made or overwritten. */
interface Step {
  readonly source: Inode
  /** Relative to the top, where somebody asks. */
  readonly relative: string
  readonly name: string
  /** The step that makes the directory of this one; -1 for the top. */
  readonly above: number
  /** The inode that is there already, and whether it is kept: a directory, or a file that gets new content. */
  readonly old: number | undefined
  readonly keeps: boolean
}

interface Plan {
  readonly op: Operation
  readonly state: State
  readonly from: Mount
  readonly source: Snapshot
  /** Whether source and target are one tree. */
  readonly within: boolean
  readonly target: Tree
  /** The mount and the directory that receive the copy. */
  readonly into: Mount
  readonly directory: number
  readonly replace: boolean
  readonly now: bigint
  readonly permit: Permit | undefined
  readonly steps: Array<Step>
  bytes: number
  inodes: number
  /** Source inodes with several names that are already counted. */
  readonly linked: Set<number>
}

const contentCost = (plan: Plan, content: Content): number =>
  plan.within ? content.charged(plan.target.account) : content.allocated

const isShared = (inode: Inode): boolean => !inode.isDirectory && inode.nlink > 1

/** Decides what becomes of an inode that is already where `source` goes. */
const meet = (
  plan: Plan,
  { above, name, relative, source }: Omit<Step, "old" | "keeps">,
  directory: Inode,
  old: Inode
): Step => {
  const { op } = plan
  if (isMountPoint(plan.into, old)) throw op.fault("EBUSY")
  if (source.isDirectory && !old.isDirectory) throw op.fault("ENOTDIR")
  if (!source.isDirectory && old.isDirectory) throw op.fault("EISDIR")
  if (plan.within && source.ino === old.ino) throw op.fault("EINVAL")
  if (plan.replace && old.isDirectory && old.entries!.size > 0) throw op.fault("ENOTEMPTY")
  if (!plan.replace && (old.isDirectory || (source.isFile && old.isFile))) {
    if (old.isFile && !permitted(old, op.credentials, W_OK)) throw op.fault("EACCES")
    return { source, relative, name, above, old: old.ino, keeps: true }
  }
  checkDelete(op, directory, old, old.isDirectory ? "directory" : "other")
  return { source, relative, name, above, old: old.ino, keeps: false }
}

/** Checks one name and counts what it will allocate. */
const addStep = (plan: Plan, step: Step): void => {
  const { op } = plan
  const { keeps, source } = step
  plan.permit?.(step.relative, source)
  if (!permitted(source, op.credentials, source.isDirectory ? R_OK | X_OK : source.isFile ? R_OK : 0)) {
    throw op.fault("EACCES")
  }
  if (!source.isDirectory && !source.isFile && !source.isSymlink) throw op.fault("EINVAL")
  plan.steps.push(step)
  if (!keeps) plan.inodes++
  if (isShared(source)) {
    if (plan.linked.has(source.ino)) return
    plan.linked.add(source.ino)
  }
  if (source.content !== undefined) plan.bytes += contentCost(plan, source.content)
  if (source.xattrs !== undefined) plan.bytes += source.xattrs.listBytes + source.xattrs.valueBytes
  if (!keeps && source.target !== undefined) plan.bytes += utf8Length(source.target)
}

const stepFor = (
  plan: Plan,
  step: Omit<Step, "old" | "keeps">,
  directory: Inode | undefined,
  old: Inode | undefined
): Step =>
  directory === undefined || old === undefined
    ? { ...step, old: undefined, keeps: false }
    : meet(plan, step, directory, old)

/** A directory of the target as it is now. It may have gone away since it was looked at last. */
const directoryAt = (plan: Plan, ino: number): Inode => {
  const directory = plan.target.inode(ino)
  if (directory?.isDirectory !== true || directory.nlink === 0) throw plan.op.fault("EBUSY")
  return directory
}

function* planChildren(plan: Plan, at: number, pace: Pace): Steps {
  const { op, source: snapshot } = plan
  const { keeps, old: merged, relative: above, source } = plan.steps[at]
  const prefix = above === "" ? "" : `${above}/`
  yield* ready(() => source.entries!.size + (keeps ? directoryAt(plan, merged!).entries!.size : 0))
  if (isMountPoint(plan.from, source)) throw op.fault("EBUSY")
  if (keeps && source.entries!.size > 0 && !permitted(directoryAt(plan, merged!), op.credentials, W_OK | X_OK)) {
    throw op.fault("EACCES")
  }
  for (const [name, ino] of source.entries!) {
    const existing = keeps ? directoryAt(plan, merged!) : undefined
    const old = existing === undefined ? undefined : plan.target.child(existing, name)
    const relative = plan.permit === undefined ? "" : prefix + name
    addStep(plan, stepFor(plan, { source: snapshot.inode(ino)!, relative, name, above: at }, existing, old))
    if (!pace.spend()) continue
    // What cannot fit is refused before all of it has been listed.
    plan.state.reserve(op, plan.bytes, plan.inodes)
    yield
  }
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
    copy.mode = copy.isDirectory ? source.mode : withoutPrivilege(source.mode, copy.gid, credentials)
  }
  copy.atime = source.atime
  copy.mtime = source.mtime
  if (source.xattrs !== undefined && plan.target.journal === undefined) {
    copyXattrs(plan.op, plan.state, plan.target, copy, source.xattrs)
  }
  plan.target.journal?.set(copy, { mode: true, owner: true, times: true })
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

/** Gives a file of the target the content of its original. */
function* fill(plan: Plan, ino: number, content: Content): Steps {
  const { op, state, target, within } = plan
  if (within) {
    const charged = content.charged(target.account)
    state.reserve(op, charged - target.at(ino).content!.freeable(target.account), 0)
    setContent(target, ino, content, charged)
    return
  }
  const allocation = new StagedAllocation(state, target)
  try {
    state.reserve(op, content.allocated, 0)
    const copy = yield* content.duplicate(allocation)
    const charged = allocation.bytes
    if (target.inode(ino)?.content === undefined) throw op.fault("EBUSY")
    setContent(target, ino, copy, charged)
  } finally {
    allocation.bytes = 0
  }
}

/** Makes or finds the inode of one step, unless it is another name of one that is made already. */
const makeStep = (plan: Plan, step: Step, directory: Inode, twin: number | undefined): number => {
  const { now, op, state, target } = plan
  const { keeps, name, old } = step
  const found = target.child(directory, name)
  if (found?.ino !== old) throw op.fault("EBUSY")
  if (keeps) return old!
  if (found !== undefined) {
    if (isMountPoint(plan.into, found)) throw op.fault("EBUSY")
    if (found.isDirectory && found.entries!.size > 0) throw op.fault("ENOTEMPTY")
    removeEntry(state, target, directory, name, found, now)
  }
  state.reserve(op, step.source.target === undefined ? 0 : utf8Length(step.source.target), 1)
  if (twin !== undefined) target.link(directory.ino, name, twin, now)
  const made = twin ?? makeNew(plan, step, target.at(directory.ino), now).ino
  noteCreated(state, target, directory.ino, name, target.at(made))
  return made
}

function* perform(plan: Plan): Steps {
  const { target } = plan
  const made: Array<number> = []
  const pace = new Pace()
  const copies = new Map<number, number>()
  for (const step of plan.steps) {
    const { content } = step.source
    const directory = directoryAt(plan, step.above === -1 ? plan.directory : made[step.above])
    const copied = isShared(step.source) ? copies.get(step.source.ino) : undefined
    const twin = copied !== undefined && !step.keeps && target.inode(copied) !== undefined ? copied : undefined
    const ino = makeStep(plan, step, directory, twin)
    made.push(ino)
    if (isShared(step.source)) copies.set(step.source.ino, ino)
    if (content !== undefined && twin === undefined) yield* fill(plan, ino, content)
    if (pace.spend(4)) yield
  }
  // Attributes last: making the entries of a directory changes its times.
  for (let i = 0; i < made.length; i++) {
    const inode = target.inode(made[i])
    if (inode !== undefined) {
      copyAttributes(plan, plan.steps[i].source, inode)
      noteModified(plan.op, plan.state, target, inode.ino)
    }
    if (pace.spend()) yield
  }
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
const planGenerated = (
  op: Operation,
  state: State,
  origin: Walk,
  to: string,
  permit: PermitBetween | undefined
): Copy => {
  const { volume } = origin.mount
  if (isTree(volume) || !origin.inode.isFile) throw op.fault("EINVAL")
  if (permit !== undefined) {
    const walk = new Walk(op, state.mounts, to, true)
    if (walk.toParent() === "name") permit(origin, { path: pathOf(walk), inode: walk.lookup() })("", origin.inode)
  }
  if (!permitted(origin.inode, op.credentials, R_OK)) throw op.fault("EACCES")
  const data = volume.read(origin.inode, op.caller.pid)
  return () => once(() => writeWhole(new Operation(op.caller, op.syscall, to), state, data))
}

/** The name that a walk to a parent stands before. */
const pathOf = ({ name, path }: Walk): string => path === "/" ? `/${name}` : `${path}/${name}`

/** A copy that has been checked. */
type Copy = () => Steps

/** Checks a copy of `from` as `to`. An existing directory is merged into, an existing file overwritten. */
function* planCopy(
  op: Operation,
  state: State,
  hold: Hold,
  [from, to]: readonly [from: string, to: string],
  options: CopyOptions,
  permit?: PermitBetween
): Steps<Copy> {
  // names are only kept for those who ask
  const asks = permit !== undefined
  const origin = new Walk(op, state.mounts, from, asks).toEnd(false)
  const source = origin.mount.tree
  if (source === undefined) return planGenerated(op, state, origin, to, permit)
  const walk = new Walk(op, state.mounts, to, asks)
  if (walk.toParent() !== "name") throw op.fault("EEXIST")
  const { existing, target } = checkTop(op, state, source, origin, walk, options)
  hold.add(source)
  if (source !== target) hold.add(target)
  const plan: Plan = {
    op,
    state,
    from: origin.mount,
    // From here on the content that two inodes will share cannot change in place.
    source: source.snapshot(),
    within: source === target,
    target,
    into: walk.mount,
    directory: walk.inode.ino,
    replace: options.replace === true,
    now: state.now(),
    permit: permit?.(origin, { path: pathOf(walk), inode: existing }),
    steps: [],
    bytes: 0,
    inodes: 0,
    linked: new Set()
  }
  const pace = new Pace()
  const top = { source: plan.source.inode(origin.inode.ino)!, relative: "", name: walk.name, above: -1 }
  addStep(plan, stepFor(plan, top, walk.inode, existing))
  for (let at = 0; at < plan.steps.length; at++) {
    if (plan.steps[at].source.isDirectory) yield* planChildren(plan, at, pace)
    if (pace.spend()) yield
  }
  state.reserve(op, plan.bytes, plan.inodes)
  return () => perform(plan)
}

export const copySteps = (
  op: Operation,
  state: State,
  from: string,
  to: string,
  options: CopyOptions,
  permit?: PermitBetween
): Steps =>
  holding(op, function*(hold) {
    const copy = yield* planCopy(op, state, hold, [from, to], options, permit)
    yield* copy()
  })

export const copyPath = (op: Operation, state: State, from: string, to: string, options: CopyOptions): void =>
  finish(copySteps(op, state, from, to, options))

/** A rename where that is possible; from one mount to another, a copy and then the removal of the original. */
export const moveSteps = (
  op: Operation,
  state: State,
  from: string,
  to: string,
  permits?: MovePermits
): Steps =>
  holding(op, function*(hold) {
    try {
      return renamePath(op, state, from, to, {})
    } catch (error) {
      if (!isFault(error, "EXDEV")) throw error
    }
    const removal = yield* planRemoval(op, state, hold, from, { recursive: true }, permits?.remove)
    const copy = yield* planCopy(op, state, hold, [from, to], { recursive: true, replace: true }, permits?.copy)
    yield* copy()
    yield* removal()
  })

export const movePath = (op: Operation, state: State, from: string, to: string): void =>
  finish(moveSteps(op, state, from, to))
