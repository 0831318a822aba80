/**
 * One virtual machine: its filesystem, its processes and its limits. All of its state is here and is plain data; code
 * that runs for it is elsewhere and can be thrown away.
 */
import { denyAll } from "../../src/policy/Permissions.ts"
import type { Decision, Policy } from "../../src/policy/Policy.ts"
import { compile as compilePolicy } from "../../src/policy/Policy.ts"
import type { VmSpec } from "../../src/wire/Control.ts"
import { Fault } from "./fault.ts"
import { deviceSnapshot } from "./filesystem/devices.ts"
import { GuardedFilesystem } from "./filesystem/guarded-filesystem.ts"
import type { Caller } from "./filesystem/operation.ts"
import { makeProc } from "./filesystem/proc.ts"
import type { Pause, Steps, Work } from "./filesystem/steps.ts"
import { makeTerminalNodes } from "./filesystem/terminal-nodes.ts"
import type { Snapshot } from "./filesystem/tree.ts"
import { OpenFiles } from "./open-files.ts"
import type { DecisionLogOptions } from "./policy/decision-log.ts"
import { DecisionLog } from "./policy/decision-log.ts"
import type { CallProbe } from "./processes/call-runner.ts"
import { procSource } from "./processes/proc-source.ts"
import { Processes } from "./processes/processes.ts"
import type { SavedShell } from "./processes/shell-sessions.ts"
import { RootBuilder } from "./root.ts"
import type { CallHost } from "./tools/tool-calls.ts"
import { ToolCalls } from "./tools/tool-calls.ts"
import type { Workers } from "./workers/pool.ts"

/** What a VM needs of the sidecar. */
export interface VmHost {
  readonly pool: Workers
  readonly now: () => bigint
  readonly random: (bytes: Uint8Array) => void
  /** Runs the callback after some milliseconds of the clock that `now` shows; gives what cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
  /** The same on the machine's own clock. */
  readonly machineAfter: (milliseconds: number, run: () => void) => () => void
  /** Whether guests run in steps between which no time passes. */
  readonly stepwise: boolean
  /** Looks at every system call. */
  readonly callProbe?: CallProbe | undefined
}

/** What a VM asks of its sidecar. */
export interface VmOwner {
  /** Queues work behind the VM's earlier work. */
  readonly enqueue: (vm: Vm, work: () => Work | void) => void
  /** Has an idle VM give its worker up, for one that waits. */
  readonly onStarved: () => void
}

export interface VmOptions {
  readonly vmId: string
  readonly spec: VmSpec
  readonly host: VmHost
  readonly owner: VmOwner
  /** Calls a tool of the host. */
  readonly callHost: CallHost
  /** Tells the host what is decided. */
  readonly tell: DecisionLogOptions["tell"]
  /** A VM whose files, snapshots and shell sessions this one starts with. */
  readonly origin?: Vm
}

/** What a snapshot holds. */
interface Kept {
  readonly path: string
  readonly snapshot: Snapshot
  /** The shell sessions of then, where it is of the root. */
  readonly sessions: ReadonlyMap<string, SavedShell>
}

const noSessions: ReadonlyMap<string, SavedShell> = new Map()

/** Types of the mounts that every VM makes for itself. */
const ownMounts: ReadonlySet<string> = new Set(["rootfs", "devtmpfs", "devpts", "proc"])

/** Kept snapshots of one VM. */
const MAX_SNAPSHOTS = 10_000

export class Vm {
  readonly vmId: string
  readonly spec: VmSpec
  /** Files that the host holds open. */
  readonly files = new OpenFiles()
  readonly processes: Processes
  /** The host: root's rights, and what it creates belongs to the VM's user. */
  readonly host: Caller
  private readonly snapshots = new Map<number, Kept>()
  /** What the VM may do. Another one may take its place at any time. */
  policy: Policy
  private readonly decisions: DecisionLog
  private readonly tools: ToolCalls | undefined
  private root: RootBuilder | undefined
  private sealed: GuardedFilesystem | undefined
  private nextSnapshot = 1
  private lastCall = 0

  constructor(private readonly options: VmOptions) {
    const { host, origin, spec, vmId } = options
    const { gid, uid } = spec.user
    this.vmId = vmId
    this.spec = spec
    this.policy = origin?.policy ?? compilePolicy(spec.permissions)
    const { tools } = spec
    this.decisions = new DecisionLog({
      now: host.now,
      traceOf: (pid) => this.traceOf(pid),
      tell: options.tell,
      all: origin?.decisions.all ?? spec.audit === "all"
    })
    const { decisions } = this
    this.tools = tools && new ToolCalls({
      tools,
      policy: () => this.policy,
      decisions,
      traceOf: (pid) => this.traceOf(pid),
      callHost: options.callHost,
      nextCall: () => ++this.lastCall
    })
    this.host = {
      credentials: { uid: 0, gid: 0, groups: [], umask: 0o022, createUid: uid, createGid: gid },
      cwd: "/"
    }
    this.root = new RootBuilder(spec, host.now)
    this.processes = new Processes({
      spec,
      pool: host.pool,
      now: host.now,
      random: host.random,
      after: host.after,
      machineAfter: host.machineAfter,
      stepwise: host.stepwise,
      callProbe: host.callProbe,
      onStarved: options.owner.onStarved,
      enqueue: (work) => options.owner.enqueue(this, work),
      filesystem: () => this.filesystem,
      tools: this.tools,
      perform: (start) => this.perform(start),
      policy: () => this.policy,
      decisions
    })
    if (origin !== undefined) this.inherit(origin)
  }

  /** The tree that a VM in the making still takes entries for. */
  get staging(): RootBuilder {
    if (this.root === undefined) throw new Fault("EBUSY", "import", "/")
    return this.root
  }

  /** The root as it is, once there is one. */
  rootSnapshot(): Snapshot | undefined {
    return this.sealed?.snapshot()
  }

  get filesystem(): GuardedFilesystem {
    if (this.sealed === undefined) throw new Fault("EAGAIN", "open", "/")
    return this.sealed
  }

  /** Performs an operation on the VM's files, which may need something of a foreign filesystem. */
  perform<A, P = never>(start: () => Generator<P | Pause, A, void>, again?: boolean): Generator<P | Pause, A, void> {
    return this.filesystem.foreign ? this.filesystem.perform(start, again) : start()
  }

  /**
   * Puts another policy in the place of the present one, at once for all that begins after it. `begins`: it is the one
   * that the VM was leased with, whose setting up it was not to stand in the way of.
   */
  replacePolicy(config: VmSpec["permissions"], begins = false): void {
    try {
      this.enforce(compilePolicy(config))
    } catch (thrown) {
      // half a policy is none: nothing is allowed until there is a whole one
      this.enforce(compilePolicy(denyAll))
      this.decisions.replaced(true)
      throw thrown
    }
    if (!begins) this.decisions.replaced(false)
  }

  /** From here on what is allowed is noted as well. */
  noteAll(): void {
    this.decisions.all = true
    this.sealed?.enforce(this.policy)
  }

  /** Tells the host what has been noted, before anything that is said from now on. */
  tellNotes(): void {
    this.decisions.flush()
  }

  private traceOf(pid: number): number | undefined {
    return this.processes.table.get(pid)?.trace
  }

  private enforce(policy: Policy): void {
    this.policy = policy
    this.sealed?.enforce(policy)
  }

  /** Decides on a tool call that the host makes for somebody who is no process, and numbers it. */
  admitTool(tool: string): { readonly call: number; readonly now: number } & Decision {
    const { mode, rule } = this.policy.decide("tool", "invoke", tool)
    // what was decided before is told before
    this.decisions.flush()
    return { call: ++this.lastCall, now: Number(this.options.host.now() / 1000n) / 1000, mode, rule }
  }

  /** Puts the root together in steps; after the last of them the VM can be used. */
  *seal(): Steps {
    const { staging } = this
    // nothing more is taken in, and nobody seals it a second time
    this.root = undefined
    this.sealed = this.makeFilesystem(yield* staging.finish())
    this.sealed.enforce(this.policy)
  }

  /** Takes over the files, the kept snapshots and the shell sessions of another VM as they are now, in constant time. */
  private inherit(origin: Vm): void {
    const filesystem = this.makeFilesystem(origin.filesystem.snapshot())
    for (const { path, readOnly, source, type } of origin.filesystem.mounts()) {
      if (ownMounts.has(type)) continue
      const live = origin.filesystem.liveMount(path)
      if (live !== undefined) filesystem.mountForeign(path, live, { readOnly, source, type })
      else filesystem.mount(path, origin.filesystem.snapshotMount(path), { readOnly, source, type })
    }
    for (const [id, kept] of origin.snapshots) this.snapshots.set(id, kept)
    this.nextSnapshot = origin.nextSnapshot
    this.processes.sessions.restore(origin.processes.sessions.states())
    this.root = undefined
    filesystem.enforce(this.policy)
    this.sealed = filesystem
  }

  private makeFilesystem(root: Snapshot): GuardedFilesystem {
    const { host, spec } = this.options
    const { filesystemBytes, inodes, openFiles, readdirEntries } = spec.limits
    const filesystem = new GuardedFilesystem({
      root,
      readOnly: spec.mode === "read-only",
      now: host.now,
      random: host.random,
      after: host.after,
      limits: { bytes: filesystemBytes, inodes, openFiles, readdirEntries }
    }, this.decisions)
    if (filesystem.exists(this.host, "/dev")) {
      filesystem.mount("/dev", deviceSnapshot(), { type: "devtmpfs", source: "devtmpfs" })
      const terminals = { startedAt: host.now(), list: () => this.processes.terminals.list(), uid: spec.user.uid }
      filesystem.mountSynthetic("/dev/pts", makeTerminalNodes(terminals), { type: "devpts", source: "devpts" })
    }
    if (filesystem.exists(this.host, "/proc")) {
      filesystem.mountSynthetic("/proc", makeProc(procSource(this, host.now)), { type: "proc", source: "proc" })
    }
    return filesystem
  }

  // --- snapshots --------------------------------------------------------------------------------------------------

  /** Keeps the present state of the tree mounted at a path; with the root, that of the shell sessions. */
  keep(path: string): number {
    if (this.snapshots.size >= MAX_SNAPSHOTS) {
      throw new Fault("ENOSPC", "snapshot", path, undefined, { name: "snapshots", value: MAX_SNAPSHOTS })
    }
    const snapshot = this.filesystem.keep(path)
    const sessions = path === "/" ? this.processes.sessions.states() : noSessions
    this.snapshots.set(this.nextSnapshot, { path, snapshot, sessions })
    return this.nextSnapshot++
  }

  /** Makes the root, and the shell sessions, what a snapshot of it holds. */
  restore(id: number): void {
    const { sessions, snapshot } = this.found(id, "/")
    this.filesystem.restore(snapshot)
    this.processes.sessions.restore(sessions)
  }

  /** Forgets a snapshot: what nothing else holds can be freed. */
  forget(id: number, path: string): void {
    this.filesystem.forget(this.kept(id, path))
    this.snapshots.delete(id)
  }

  kept(id: number, path: string): Snapshot {
    return this.found(id, path).snapshot
  }

  private found(id: number, path: string): Kept {
    const found = this.snapshots.get(id)
    if (found === undefined || found.path !== path) throw new Fault("ENOENT", "snapshot", path)
    return found
  }

  /** Ends every process and forgets every snapshot. */
  release(): void {
    this.processes.release()
    this.tools?.end(undefined)
    this.decisions.flush()
    this.sealed?.close()
    this.snapshots.clear()
  }
}
