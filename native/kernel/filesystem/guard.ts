/**
 * What the permission policy says of a filesystem operation, in the terms of its resolved paths.
 */
import type { Errno } from "../../../src/Errno.ts"
import type { OperationOf } from "../../../src/policy/Operations.ts"
import type { Decision, Policy } from "../../../src/policy/Policy.ts"
import { Fault } from "../fault.ts"
import type { DecisionLog } from "../policy/decision-log.ts"
import type { Inode } from "./inode.ts"
import type { Mount, MountTable } from "./mount-table.ts"
import type { Operation } from "./operation.ts"
import { type LastKind, Walk } from "./resolve.ts"

export type FsOperation = OperationOf<"fs">

/** Where a path leads: without links, and with what is there, if anything is. */
export interface Place {
  readonly path: string
  readonly inode: Inode | undefined
  readonly mount: Mount
}

export const join = (directory: string, name: string): string => directory === "/" ? `/${name}` : `${directory}/${name}`

export class Guard {
  constructor(
    private readonly policy: Policy,
    private readonly mounts: MountTable,
    private readonly log: DecisionLog
  ) {}

  /** What is shown of a listing, entry by entry; nobody asked for them one by one, so that it is no decision to note. */
  allows(operation: FsOperation, path: string): boolean {
    return this.policy.decide("fs", operation, path).mode === "allow"
  }

  check(op: Operation, operation: FsOperation, path: string): void {
    const fault = this.checked(op, operation, path)
    if (fault !== undefined) throw fault
  }

  /** Why an operation is not allowed, if it is not: for who would throw it only to catch it. */
  checked(op: Operation, operation: FsOperation, path: string): Fault | undefined {
    const decision = this.policy.decide("fs", operation, path)
    if (decision.mode !== "allow") return this.refusal(op, operation, path, decision)
    this.note(op, operation, path, decision)
    return undefined
  }

  /** Whether something is there, as far as that may be told. */
  reveals(op: Operation, path: string): boolean {
    const decision = this.policy.decide("fs", "stat", path)
    this.note(op, "stat", path, decision)
    return decision.mode === "allow"
  }

  private note(op: Operation, operation: FsOperation, path: string, decision: Decision): void {
    this.log.note(op.caller.pid, "fs", operation, path, decision)
  }

  /** An operation that is a kind of writing: writing must be allowed, and no rule may single the operation out. */
  checkWriting(op: Operation, operation: FsOperation, path: string): void {
    const writing = this.policy.decide("fs", "write", path)
    if (writing.mode !== "allow") throw this.refusal(op, "write", path, writing)
    const decision = this.policy.decide("fs", operation, path)
    if (decision.mode !== "allow" && decision.rule !== undefined) throw this.refusal(op, operation, path, decision)
    this.note(op, operation, path, decision.mode === "allow" ? decision : writing)
  }

  /** What the copy of an entry asks. */
  checkCopy(op: Operation, from: string, to: string, inode: Inode): void {
    this.check(op, "read", from)
    this.check(op, "write", to)
    if (inode.isDirectory) this.check(op, "create_dir", to)
    if (inode.isSymlink) this.checkGuard(op, "symlink", to)
  }

  /** What guards something below it stays what it is. */
  checkGuard(op: Operation, operation: FsOperation, path: string): void {
    const decision = this.policy.guardOf(path)
    if (decision !== undefined) throw this.refusal(op, operation, path, decision)
  }

  /** Faults where another name for a file would allow what its present one does not. */
  checkGain(op: Operation, from: string, to: string): void {
    const decision = this.policy.gainOf(from, to)
    if (decision !== undefined) throw this.refusal(op, "rename", from, decision)
  }

  /** Faults where a file would get to a name under which it could not be written. */
  checkPlant(op: Operation, from: string, to: string): void {
    const decision = this.policy.plantOf(from, to)
    if (decision !== undefined) throw this.refusal(op, "write", to, decision)
  }

  /** The same for all that is below a directory. */
  checkMove(op: Operation, from: Place, to: string): void {
    const move = this.policy.moveOf(from.path, to)
    if (move._tag === "refused") throw this.refusal(op, "rename", from.path, move.decision)
    if (move._tag === "free") return
    let left = INSPECTED
    for (const entry of this.entriesBelow(from)) {
      if (--left < 0) throw this.refusal(op, "rename", from.path, { mode: "deny", rule: undefined })
      this.checkGain(op, join(from.path, entry), join(to, entry))
      this.checkPlant(op, join(from.path, entry), join(to, entry))
    }
  }

  /** The paths below a directory, relative to it, of its own mount. */
  private *entriesBelow({ inode, mount }: Place): Generator<string> {
    const { tree } = mount
    if (tree === undefined || inode?.entries === undefined) return
    const open = [{ inode, prefix: "" }]
    for (let last = open.pop(); last !== undefined; last = open.pop()) {
      for (const [name, ino] of last.inode.entries!) {
        const child = tree.inode(ino)!
        const relative = `${last.prefix}${name}`
        yield relative
        if (child.isDirectory) open.push({ inode: child, prefix: `${relative}/` })
      }
    }
  }

  /** Notes a decision, for the caller to throw: a function that ends in no other way is never compiled. */
  refusal(op: Operation, operation: FsOperation, resource: string, decision: Decision): Fault {
    const { mode, rule } = decision
    this.note(op, operation, resource, decision)
    return new Fault("EACCES", op.syscall, op.path, op.dest, undefined, {
      domain: "fs",
      operation,
      resource,
      rule,
      mode: mode === "ask" ? "ask" : "deny"
    })
  }

  // --- where paths lead ---------------------------------------------------------------------------------------------

  /** Resolves a whole path. What is missing in a place that may not be looked at is refused, not missing. */
  end(op: Operation, path: string, follow = true): Place {
    const place = this.seek(op, path, follow)
    if (place instanceof Fault) throw place
    return place
  }

  /** The same, but a path that leads nowhere gives its fault. */
  seek(op: Operation, path: string, follow: boolean): Place | Fault {
    const walk = this.walk(op, path)
    const errno = walk.reach(follow)
    if (errno === undefined) return { path: walk.path, inode: walk.inode, mount: walk.mount }
    const fault = op.fault(errno)
    return this.hidden(op, walk, fault) ?? fault
  }

  /** The name at the end of a path, not followed; nothing where the path has no name at its end. */
  name(op: Operation, path: string): Place | undefined {
    const walk = this.walk(op, path)
    return this.toParent(op, walk) === "name"
      ? { path: join(walk.path, walk.name), inode: walk.lookup(), mount: walk.mount }
      : undefined
  }

  /** The file that writing to a path would write or make, through links also where they lead to nothing. */
  target(op: Operation, path: string): Place | undefined {
    const walk = this.walk(op, path)
    for (;;) {
      if (this.toParent(op, walk) !== "name") return undefined
      const inode = walk.lookup()
      if (inode === undefined || !inode.isSymlink) {
        return { path: join(walk.path, walk.name), inode, mount: walk.mount }
      }
      walk.follow(inode)
    }
  }

  /** The directories that a path still lacks, from the first on. */
  missing(op: Operation, path: string): Array<string> {
    const walk = this.walk(op, path)
    const made: Array<string> = []
    return this.walking(op, walk, () => {
      while (walk.next()) {
        walk.search()
        if (walk.name === "." || walk.name === ".." || walk.lookup() !== undefined) {
          walk.step(true)
          continue
        }
        let at = walk.path
        do {
          if (walk.name === "..") at = at.slice(0, Math.max(1, at.lastIndexOf("/")))
          else if (walk.name !== ".") made.push(at = join(at, walk.name))
        } while (walk.next())
      }
      return made
    })
  }

  private walk(op: Operation, path: string): Walk {
    return new AskingWalk(op, this.mounts, path, (directory) => this.passed(op, directory))
  }

  /** Refuses a way through what may not be looked at; that it may be is no decision to note. */
  private passed(op: Operation, directory: string): void {
    const decision = this.policy.decide("fs", "stat", directory)
    if (decision.mode !== "allow") throw this.refusal(op, "stat", directory, decision)
  }

  /** A path that ends in `.` or `..` tells of the directory before it that it is one. */
  private toParent(op: Operation, walk: Walk): LastKind {
    const kind = this.walking(op, walk, () => walk.toParent())
    if (kind === "dot" || kind === "dotdot") this.passed(op, walk.path)
    return kind
  }

  private walking<A>(op: Operation, walk: Walk, run: () => A): A {
    try {
      return run()
    } catch (thrown) {
      throw thrown instanceof Fault ? this.hidden(op, walk, thrown) ?? thrown : thrown
    }
  }

  /** That something is missing is told only of what may be looked at: else the refusal takes the place of the fault. */
  private hidden(op: Operation, walk: Walk, { errno }: Fault): Fault | undefined {
    if (errno !== "ENOENT" && errno !== "ENOTDIR") return undefined
    return this.checked(op, "stat", walk.name === "" ? walk.path : join(walk.path, walk.name))
  }
}

/**
 * A walk that asks about each directory that it leaves by `..`: of one that may not be looked at, a way through it and out
 * again would tell that it is there. Not about the caller's own directory and those above, which the caller already holds.
 */
class AskingWalk extends Walk {
  /** Absent on the way to the working directory. */
  private readonly asks: ((directory: string) => void) | undefined
  private readonly held: string | undefined

  constructor(op: Operation, mounts: MountTable, path: string, asks: (directory: string) => void) {
    super(op, mounts, path, true)
    this.asks = asks
    this.held = `${op.caller.cwd}/`
  }

  protected override taken(followLast: boolean): Errno | undefined {
    if (this.name === "..") {
      const at = this.path
      if (at !== "/" && this.held?.startsWith(`${at}/`) === false) this.asks?.(at)
    }
    return super.taken(followLast)
  }
}

/** Entries of a directory that are looked at when it gets another name: a millisecond's work. */
const INSPECTED = 1000
