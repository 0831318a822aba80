/**
 * One virtual machine: its filesystem, its processes and its limits. All of its state is here and is plain data; code
 * that runs for it is elsewhere and can be thrown away.
 */
import type { VmSpec } from "../../src/wire/Control.ts"
import { Fault } from "./fault.ts"
import { deviceSnapshot } from "./filesystem/devices.ts"
import { Filesystem } from "./filesystem/filesystem.ts"
import type { Caller } from "./filesystem/operation.ts"
import { makeProc } from "./filesystem/proc.ts"
import { utf8Length } from "./filesystem/text.ts"
import type { Snapshot } from "./filesystem/tree.ts"
import { OpenFiles } from "./open-files.ts"
import { procSource } from "./processes/proc-source.ts"
import type { Process, ProcessSpec } from "./processes/process.ts"
import type { ProcessEvents } from "./processes/shell-host.ts"
import { ShellHost } from "./processes/shell-host.ts"
import { systemCall } from "./processes/system-calls.ts"
import { RootBuilder } from "./root.ts"
import type { WorkerPool } from "./workers/pool.ts"

/** What a VM needs of the sidecar. */
export interface VmHost {
  readonly pool: WorkerPool
  readonly now: () => bigint
  readonly random: (bytes: Uint8Array) => void
  readonly after: (milliseconds: number, run: () => void) => () => void
}

/** What a VM asks of its sidecar. */
export interface VmOwner {
  /** Queues work behind the VM's earlier work. */
  readonly enqueue: (vm: Vm, work: () => Iterator<void> | void) => void
  /** Has an idle VM give its worker up, for one that waits. */
  readonly onStarved: () => void
}

export interface VmOptions {
  readonly vmId: string
  readonly spec: VmSpec
  readonly host: VmHost
  readonly owner: VmOwner
  /** A VM whose files and snapshots this one starts with. */
  readonly origin?: Vm
}

/** Types of the mounts that every VM makes for itself. */
const ownMounts: ReadonlySet<string> = new Set(["rootfs", "devtmpfs", "proc"])

/** Kept snapshots of one VM. */
const MAX_SNAPSHOTS = 10_000

export class Vm {
  readonly vmId: string
  readonly spec: VmSpec
  /** Files that the host holds open. */
  readonly files = new OpenFiles()
  /** Processes that run. */
  readonly processes = new Map<number, Process>()
  /** The host: root's rights, and what it creates belongs to the VM's user. */
  readonly host: Caller
  private readonly snapshots = new Map<number, { readonly path: string; readonly snapshot: Snapshot }>()
  private readonly shell: ShellHost
  private root: RootBuilder | undefined
  private sealed: Filesystem | undefined
  private nextPid = 2
  private nextSnapshot = 1

  constructor(private readonly options: VmOptions) {
    const { host, spec, vmId } = options
    const { gid, name, uid } = spec.user
    this.vmId = vmId
    this.spec = spec
    this.host = {
      credentials: { uid: 0, gid: 0, groups: [], umask: 0o022, createUid: uid, createGid: gid },
      cwd: "/"
    }
    this.root = new RootBuilder(spec, host.now)
    this.shell = new ShellHost({
      pool: host.pool,
      binding: { hostname: spec.hostname, user: name, uid, gid },
      after: host.after,
      onStarved: options.owner.onStarved,
      enqueue: (work) => options.owner.enqueue(this, work),
      systemCall: (pid, call, args) =>
        systemCall({ filesystem: this.filesystem, caller: this.guest(pid), now: host.now }, call, args)
    })
    if (options.origin !== undefined) this.inherit(options.origin)
  }

  /** The tree that a VM in the making still takes entries for. */
  get staging(): RootBuilder {
    if (this.root === undefined) throw new Fault("EBUSY", "import", "/")
    return this.root
  }

  get filesystem(): Filesystem {
    if (this.sealed === undefined) throw new Fault("EAGAIN", "open", "/")
    return this.sealed
  }

  /** Puts the root together; from now on the VM can be used. */
  seal(): void {
    this.sealed = this.makeFilesystem(this.staging.finish())
    this.root = undefined
  }

  /** Takes over the files and the kept snapshots of another VM as they are now, in constant time. */
  private inherit(origin: Vm): void {
    const filesystem = this.makeFilesystem(origin.filesystem.snapshot())
    for (const { path, readOnly, source, type } of origin.filesystem.mounts()) {
      if (ownMounts.has(type)) continue
      filesystem.mount(path, origin.filesystem.snapshotMount(path), { readOnly, source, type })
    }
    for (const [id, kept] of origin.snapshots) this.snapshots.set(id, kept)
    this.nextSnapshot = origin.nextSnapshot
    this.root = undefined
    this.sealed = filesystem
  }

  private makeFilesystem(root: Snapshot): Filesystem {
    const { host, spec } = this.options
    const { filesystemBytes, inodes, openFiles, readdirEntries } = spec.limits
    const filesystem = new Filesystem({
      root,
      readOnly: spec.mode === "read-only",
      now: host.now,
      random: host.random,
      limits: { bytes: filesystemBytes, inodes, openFiles, readdirEntries }
    })
    if (filesystem.exists(this.host, "/dev")) {
      filesystem.mount("/dev", deviceSnapshot(), { type: "devtmpfs", source: "devtmpfs" })
    }
    if (filesystem.exists(this.host, "/proc")) {
      filesystem.mountSynthetic("/proc", makeProc(procSource(this, host.now)), { type: "proc", source: "proc" })
    }
    return filesystem
  }

  // --- snapshots --------------------------------------------------------------------------------------------------

  /** Keeps the present state of the tree mounted at a path. */
  keep(path: string): number {
    if (this.snapshots.size >= MAX_SNAPSHOTS) {
      throw new Fault("ENOSPC", "snapshot", path, undefined, { name: "snapshots", value: MAX_SNAPSHOTS })
    }
    const snapshot = path === "/" ? this.filesystem.snapshot() : this.filesystem.snapshotMount(path)
    this.snapshots.set(this.nextSnapshot, { path, snapshot })
    return this.nextSnapshot++
  }

  /** Makes the root what a snapshot of it holds. */
  restore(id: number): void {
    this.filesystem.restore(this.kept(id, "/"))
  }

  kept(id: number, path: string): Snapshot {
    const found = this.snapshots.get(id)
    if (found === undefined || found.path !== path) throw new Fault("ENOENT", "snapshot", path)
    return found.snapshot
  }

  // --- processes --------------------------------------------------------------------------------------------------

  /** Starts a shell command as the VM's user. Throws `Fault` when it may not start. */
  start(
    spec: Omit<ProcessSpec, "cwd"> & { readonly cwd: string | undefined },
    stdin: Uint8Array,
    events: ProcessEvents
  ): Process {
    const cwd = spec.cwd ?? this.spec.user.home
    const env = { ...this.environment(), ...spec.env, PWD: cwd }
    this.checkSpawn(spec.command, spec.argv, env)
    this.checkDirectory(cwd)
    const pid = this.takePid()
    const process: Process = {
      pid,
      ppid: 1,
      command: spec.command,
      argv: spec.argv,
      cwd,
      env,
      startedAt: this.options.host.now(),
      state: { _tag: "running" }
    }
    this.processes.set(pid, process)
    this.shell.start(process, stdin, {
      onOutput: events.onOutput,
      onExit: (exitCode, signal) => {
        this.processes.delete(pid)
        events.onExit(exitCode, signal)
      }
    })
    return process
  }

  kill(pid: number): void {
    this.shell.kill(pid)
  }

  credit(pid: number, bytes: number): void {
    this.shell.credit(pid, bytes)
  }

  /** Gives up a worker that nothing runs in; gives whether there was one. */
  shed(): boolean {
    const { idle } = this.shell
    this.shell.shed()
    return idle
  }

  /** Ends every process and forgets every snapshot. */
  release(): void {
    this.shell.release()
    this.sealed?.close()
    this.processes.clear()
    this.snapshots.clear()
  }

  private guest(pid: number): Caller {
    const { gid, uid } = this.spec.user
    return { credentials: { uid, gid, groups: [], umask: 0o022 }, cwd: "/", pid }
  }

  private environment(): Record<string, string> {
    const { env, hostname, user } = this.spec
    return {
      HOME: user.home,
      HOSTNAME: hostname,
      LANG: "C.UTF-8",
      LOGNAME: user.name,
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      SHELL: user.shell,
      USER: user.name,
      ...env
    }
  }

  private checkSpawn(command: string, argv: ReadonlyArray<string>, env: Readonly<Record<string, string>>): void {
    const { argvBytes, envBytes, processes } = this.spec.limits
    const refuse = (errno: "EAGAIN" | "E2BIG", name: string, value: number) => {
      throw new Fault(errno, "spawn", undefined, undefined, { name, value })
    }
    if (this.processes.size >= processes) refuse("EAGAIN", "processes", processes)
    if (bytesOf([command, ...argv]) > argvBytes) refuse("E2BIG", "argvBytes", argvBytes)
    if (bytesOf(Object.entries(env).flat()) > envBytes) refuse("E2BIG", "envBytes", envBytes)
  }

  private checkDirectory(cwd: string): void {
    const { mode } = this.filesystem.stat({ ...this.guest(0), cwd: "/" }, cwd)
    if ((mode & 0o170000) !== 0o040000) throw new Fault("ENOTDIR", "chdir", cwd)
  }

  private takePid(): number {
    while (this.processes.has(this.nextPid)) this.nextPid++
    const pid = this.nextPid++
    if (this.nextPid > 4_194_304) this.nextPid = 2
    return pid
  }
}

/** The bytes of words as execve(2) counts them: each with its end. */
const bytesOf = (words: ReadonlyArray<string>): number => words.reduce((bytes, word) => bytes + utf8Length(word) + 1, 0)
