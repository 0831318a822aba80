/**
 * The processes of one VM, kept by what its worker tells of them. Whatever it tells is checked: a number that was not
 * granted, a parent that is not there or more processes than allowed are a violation, which ends the worker.
 */
import type { Notice } from "../../guests/protocol.ts"
import { PID_BLOCK } from "../../guests/protocol.ts"
import type { ExitStatus, Process } from "./process.ts"

const LAST_PID = 4_194_304
/** The parent of whatever has no other: never a process of a worker. */
export const INIT = 1

type Told<Tag extends Notice["_tag"]> = Extract<Notice, { readonly _tag: Tag }>

export interface ProcessTableOptions {
  /** Processes that may live at once; a worker that goes to twice as many ignores what it was told. */
  readonly limit: number
  readonly now: () => bigint
}

export class ProcessTable {
  private readonly processes = new Map<number, Process>()
  private readonly children = new Map<number, Set<number>>()
  /** Living processes, zombies included, by the process that the host started. */
  private readonly trees = new Map<number, number>()
  /** Numbers that the worker may still give. */
  private readonly granted = new Set<number>()
  private nextPid = 2

  constructor(private readonly options: ProcessTableOptions) {}

  get size(): number {
    return this.processes.size
  }

  get(pid: number): Process | undefined {
    return this.processes.get(pid)
  }

  list(): ReadonlyArray<Process> {
    return Array.from(this.processes.values())
  }

  group(pgid: number): ReadonlyArray<Process> {
    return this.list().filter((process) => process.pgid === pgid)
  }

  /** Whether anything lives of what a process that the host started has brought forth. */
  treeLives(root: number): boolean {
    return this.trees.has(root)
  }

  takePid(): number {
    while (this.processes.has(this.nextPid) || this.granted.has(this.nextPid) || this.trees.has(this.nextPid)) {
      this.advance()
    }
    const pid = this.nextPid
    this.advance()
    return pid
  }

  /** Numbers for a worker that has none, or few, left: the first of a block that is free throughout. */
  grant(): number | undefined {
    if (this.granted.size > PID_BLOCK / 2) return undefined
    let first = this.takePid()
    for (let count = 1; count < PID_BLOCK; count++) {
      const pid = this.takePid()
      if (pid !== first + count) [first, count] = [pid, 0]
    }
    for (let count = 0; count < PID_BLOCK; count++) this.granted.add(first + count)
    return first
  }

  /** The worker is gone, and the numbers that it had with it. */
  revoke(): void {
    this.granted.clear()
  }

  add(process: Process): void {
    this.processes.set(process.pid, process)
    this.trees.set(process.root, (this.trees.get(process.root) ?? 0) + 1)
    const siblings = this.children.get(process.ppid)
    if (siblings === undefined) this.children.set(process.ppid, new Set([process.pid]))
    else siblings.add(process.pid)
  }

  /** Takes a notice in; gives what is wrong with it, if anything is. */
  apply(notice: Notice): string | undefined {
    if (notice._tag === "fork") return this.fork(notice)
    const process = this.processes.get(notice.pid)
    if (process === undefined) return "a notice of a process it does not have"
    if (notice._tag === "reap") return this.reap(process)
    if (process.state === "zombie") return "a notice of a process that has ended"
    return (this.tell[notice._tag] as (process: Process, notice: Notice) => string | undefined)(process, notice)
  }

  /** The process has ended; a zombie until its parent has waited for it, unless nobody would. */
  end(process: Process, status: ExitStatus, reaped: boolean): void {
    for (const pid of Array.from(this.children.get(process.pid) ?? [])) this.adopt(this.processes.get(pid)!)
    this.children.delete(process.pid)
    process.state = "zombie"
    process.status = status
    if (reaped || (process.ppid === INIT && process.root !== process.pid)) this.remove(process)
  }

  /** The end of a zombie. */
  remove(process: Process): void {
    if (!this.processes.delete(process.pid)) return
    const siblings = this.children.get(process.ppid)
    siblings?.delete(process.pid)
    if (siblings?.size === 0) this.children.delete(process.ppid)
    const left = this.trees.get(process.root)! - 1
    if (left === 0) this.trees.delete(process.root)
    else this.trees.set(process.root, left)
  }

  clear(): void {
    for (const process of this.list()) this.remove(process)
    this.revoke()
  }

  private readonly tell: {
    readonly [Tag in Exclude<Notice["_tag"], "fork" | "reap">]: (
      process: Process,
      notice: Told<Tag>
    ) => string | undefined
  } = {
    exec: (process, { argv, cwd, descriptors }) => {
      process.argv = argv
      process.cwd = cwd ?? process.cwd
      process.descriptors = descriptors ?? process.descriptors
      return undefined
    },
    chdir: (process, { cwd }) => {
      process.cwd = cwd
      return undefined
    },
    group: (process, { pgid }) => {
      if (!this.mayJoin(pgid, process)) return "a process in a group that its session does not have"
      process.pgid = pgid
      return undefined
    },
    session: (process) => {
      process.sid = process.pid
      process.pgid = process.pid
      process.tty = undefined
      return undefined
    },
    stop: (process) => {
      process.state = "stopped"
      return undefined
    },
    continue: (process) => {
      process.state = "running"
      return undefined
    },
    usage: (process, { cpuMs, descriptors }) => {
      process.cpuMs = cpuMs
      process.descriptors = descriptors
      return undefined
    },
    exit: (process, { cpuMs, exitCode, reaped, signal }) => {
      process.cpuMs = cpuMs ?? process.cpuMs
      if (process.root === process.pid && reaped === true) return "a wait for a process that is the host's"
      this.end(process, { exitCode, signal }, reaped === true)
      return undefined
    }
  }

  private fork({ argv, cwd, pgid, pid, ppid }: Told<"fork">): string | undefined {
    const parent = this.processes.get(ppid)
    if (parent === undefined || parent.state === "zombie") return "a fork of a process it does not have"
    if (!this.granted.delete(pid)) return "a process number that was not granted"
    if (this.processes.size >= this.options.limit * 2) return "more processes than allowed"
    const process: Process = {
      ...parent,
      pid,
      ppid,
      argv: argv ?? parent.argv,
      cwd: cwd ?? parent.cwd,
      startedAt: this.options.now(),
      cpuMs: 0,
      state: "running",
      status: undefined
    }
    if (pgid !== undefined) {
      if (!this.mayJoin(pgid, process)) return "a process in a group that its session does not have"
      process.pgid = pgid
    }
    this.add(process)
    return undefined
  }

  private reap(process: Process): string | undefined {
    if (process.state !== "zombie") return "a wait for a process that lives"
    if (process.root === process.pid) return "a wait for a process that is the host's"
    this.remove(process)
    return undefined
  }

  /** A group may be new, with the process as its first, or be one of the session; its leader may have ended. */
  private mayJoin(pgid: number, { pid, sid }: Process): boolean {
    if (pgid === pid) return true
    const leader = this.processes.get(pgid)
    return leader === undefined || leader.sid === sid
  }

  private adopt(child: Process): void {
    child.ppid = INIT
    const orphans = this.children.get(INIT) ?? new Set()
    this.children.set(INIT, orphans.add(child.pid))
    if (child.state === "zombie") this.remove(child)
  }

  private advance(): void {
    this.nextPid = this.nextPid === LAST_PID ? 2 : this.nextPid + 1
  }
}
