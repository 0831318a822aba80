/**
 * The processes of one VM: what may start, what there is, and how it is reached.
 */
import { defaultPath } from "../../../src/config/Software.ts"
import type { Decision, Policy } from "../../../src/policy/Policy.ts"
import type { Signal } from "../../../src/Signals.ts"
import type { VmSpec } from "../../../src/wire/Control.ts"
import type { GuestProcess, TerminalSize } from "../../guests/protocol.ts"
import { type Denial, Fault } from "../fault.ts"
import type { Filesystem } from "../filesystem/filesystem.ts"
import type { Caller } from "../filesystem/operation.ts"
import type { Steps, Work } from "../filesystem/steps.ts"
import { utf8Length } from "../filesystem/text.ts"
import { OpenFiles } from "../open-files.ts"
import type { DecisionLog } from "../policy/decision-log.ts"
import type { ToolCalls } from "../tools/tool-calls.ts"
import type { Workers } from "../workers/pool.ts"
import type { CallProbe } from "./call-runner.ts"
import { Command, Commands, forOneReader, type Keeping } from "./command.ts"
import { OutputLog } from "./output-log.ts"
import { guestProcess, type Process, type ProcessSpec, shownArguments } from "./process.ts"
import { INIT, ProcessTable } from "./process-table.ts"
import type { InputSpec, Scope } from "./shell-host.ts"
import { ShellHost } from "./shell-host.ts"
import { ShellSessions, type Turn } from "./shell-sessions.ts"
import { spellings } from "./spellings.ts"
import { StdinPipe } from "./stdin-pipe.ts"
import { Terminals } from "./terminals.ts"
import { waitingCall } from "./waiting-calls.ts"

export interface ProcessesOptions {
  readonly spec: VmSpec
  readonly pool: Workers
  readonly filesystem: () => Filesystem
  readonly policy: () => Policy
  readonly decisions: DecisionLog
  /** The host's tools, where the VM has any. */
  readonly tools: ToolCalls | undefined
  /** Performs an operation that may need something of a foreign filesystem. */
  readonly perform: (start: () => Steps<unknown>) => Steps<unknown>
  readonly now: () => bigint
  readonly random: (bytes: Uint8Array) => void
  /** Runs the callback after some milliseconds of the clock that `now` shows; gives what cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
  /** The same on the machine's own clock. */
  readonly machineAfter: (milliseconds: number, run: () => void) => () => void
  /** Whether guests run in steps between which no time passes. */
  readonly stepwise: boolean
  readonly callProbe?: CallProbe | undefined
  readonly onStarved: () => void
  /** Queues work behind the VM's earlier work. */
  readonly enqueue: (work: () => Work | void) => void
}

/** What the host asks for; without a directory it is the user's home. */
export type StartSpec = Omit<ProcessSpec, "cwd" | "session"> & {
  readonly cwd: string | undefined
  /** What the host names the span of the process by. */
  readonly trace: number | undefined
}

/** Somebody who waits for an end. */
interface EndWait {
  readonly over: () => boolean
  readonly run: () => void
}

/** What starts while something is stopped may wait this long. */
const HOLDING_MS = 100
/** What the list of processes is called in a policy. */
const SNAPSHOT = "process://snapshot"

export class Processes {
  readonly table: ProcessTable
  /** What the worker holds open. */
  private readonly files = new OpenFiles()
  /** Those that the host has started. */
  readonly commands: Commands
  private readonly endWaits = new Set<EndWait>()
  readonly terminals: Terminals
  readonly sessions: ShellSessions
  private readonly shell: ShellHost
  private readonly startedAt: bigint

  constructor(private readonly options: ProcessesOptions) {
    const { hostname, limits, user } = options.spec
    const { random, stepwise } = options
    this.startedAt = options.now()
    this.table = new ProcessTable({ limit: limits.processes, now: options.now })
    this.commands = new Commands(options.now)
    this.terminals = new Terminals(limits.ptys, options.now)
    this.sessions = new ShellSessions(limits)
    this.shell = new ShellHost({
      ...options,
      table: this.table,
      files: this.files,
      onEnd: () => this.onEnd(),
      place: {
        get binding() {
          const seed = new Uint8Array(32)
          random(seed)
          const { gid, name, uid } = user
          const { argvBytes, envBytes, processes, wasmMemoryBytes } = limits
          return { hostname, user: name, uid, gid, processes, argvBytes, envBytes, wasmMemoryBytes, seed, stepwise }
        },
        now: () => Number(options.now() / 1000n) / 1000
      },
      isAlive: (pid) => this.isAlive(pid),
      perform: options.perform,
      contextOf: (pid) => ({
        filesystem: options.filesystem(),
        files: this.files,
        caller: this.caller(pid),
        now: options.now,
        processes: this,
        tools: options.tools
      }),
      waitingCall: (pid, call, args) =>
        waitingCall({ after: options.after, pid, files: this.files, tools: options.tools }, call, args),
      onDismiss: (pid) => options.tools?.end(pid)
    })
  }

  /** Processes, init not counted. */
  get size(): number {
    return this.table.size
  }

  /** Starts a process as the VM's user, in a shell session at its turn. Throws `Fault` when it may not start. */
  start(
    spec: StartSpec,
    stdin: "none" | "pipe" | TerminalSize,
    keeping: Keeping = forOneReader,
    turn?: Turn
  ): Command {
    const { gid, home, uid } = this.options.spec.user
    const cwd = spec.cwd ?? turn?.saved?.cwd ?? home
    this.mayGive(spec.env)
    const env = this.readable({ ...this.environment(), ...spec.env, PWD: cwd })
    if (spec.form === "program") {
      this.mayRun(undefined, spec.command.slice(spec.command.lastIndexOf("/") + 1), spec.command)
    }
    this.checkSpawn(spec, env)
    // where a session is, it stays, also when that is no more
    if (spec.cwd !== undefined || turn?.saved === undefined) this.checkDirectory(cwd)
    const size = typeof stdin === "string" ? undefined : stdin
    const tty = size === undefined ? undefined : this.terminals.take()
    const pid = this.table.takePid()
    const process: Process = {
      pid,
      ppid: INIT,
      pgid: pid,
      sid: pid,
      root: pid,
      trace: spec.trace,
      tty,
      argv: shownArguments(spec),
      cwd,
      env,
      uid,
      gid,
      descriptors: 3,
      startedAt: this.options.now(),
      cpuMs: 0,
      state: "running",
      status: undefined
    }
    this.table.add(process)
    const { argv, command, form } = spec
    const input = typeof stdin === "string" ? { kind: stdin } : { kind: "terminal" as const, size }
    if (turn === undefined) return this.run(process, { form, command, argv, cwd, env }, input, keeping)
    const state = turn.saved?.state
    const session = { state, maxBytes: this.sessions.maxBytes }
    // a session has its variables; these are new
    const given = state === undefined ? env : this.readable(spec.env)
    this.sessions.began(turn, pid)
    const begun = this.run(process, { form, command, argv, cwd, env: given, session }, input, keeping)
    begun.whenEnded(() => turn.leave(begun.status))
    return begun
  }

  /** What the shell session that a process runs in has become. */
  readonly saveSession = (pid: number, state: Uint8Array | undefined): void =>
    this.sessions.stage(pid, state, this.table.get(pid)?.cwd ?? "/")

  /** The window of the terminal that a command was started in has another size. Throws `Fault` when it has none. */
  resize(pid: number, size: TerminalSize): void {
    if (this.commands.get(pid)?.process.tty === undefined) throw new Fault("ENOTTY", "ioctl")
    this.shell.resize(pid, size)
  }

  /** The terminal of a command is nobody's any more: what still runs in its session has none. */
  private freeTerminal({ pid, tty }: Process): void {
    if (tty === undefined) return
    this.terminals.free(tty)
    for (const process of this.table.list()) if (process.sid === pid && process.tty === tty) process.tty = undefined
  }

  private run(process: Process, spec: ProcessSpec, given: InputSpec, keeping: Keeping): Command {
    const log = new OutputLog({
      ...keeping,
      credit: (bytes) => this.shell.credit(process.pid, bytes),
      after: this.options.machineAfter
    })
    const input = new StdinPipe()
    const command = new Command(process, input, log)
    this.commands.add(command)
    this.shell.start(process, spec, given, input, {
      onOutput: (channel, bytes) => log.append(channel, bytes),
      onExit: () => {
        this.freeTerminal(process)
        this.commands.end(command, keeping.afterEnd)
        command.end()
      }
    })
    return command
  }

  /** A signal from the host. Throws `Fault` when there is nothing that it could reach. */
  signal(scope: Scope, id: number, signal: Signal): void {
    const found = scope === "tree"
      ? this.table.treeLives(id)
      : scope === "group"
      ? this.table.group(id).length > 0
      : this.table.get(id) !== undefined
    if (!found) throw new Fault("ESRCH", "kill")
    this.shell.signal(scope, id, signal)
  }

  /**
   * Ends what the host has started with all its descendants, or one process of another's: asks it to, and kills it when
   * that has not helped in time. `done` once it lives no more.
   */
  stop(pid: number, graceMs: number, done: () => void = () => {}): void {
    const process = this.table.get(pid)
    const scope = process === undefined || process.root === pid ? "tree" : "process"
    this.sessions.discard(pid)
    const over = scope === "tree"
      ? () => !this.table.treeLives(pid)
      : () => this.table.get(pid) !== process || process?.state === "zombie"
    if (over()) return done()
    const cancel = this.options.machineAfter(graceMs, () => this.shell.signal(scope, pid, "SIGKILL"))
    if (graceMs <= HOLDING_MS) this.shell.hold(process?.root ?? pid, over)
    this.endWaits.add({
      over,
      run: () => {
        cancel()
        done()
      }
    })
    if (graceMs === 0) return this.shell.signal(scope, pid, "SIGKILL")
    const terminate = () => {
      this.shell.signal(scope, pid, "SIGTERM")
      // one that is suspended hears it when it goes on
      this.shell.signal(scope, pid, "SIGCONT")
    }
    if (scope === "process" || process?.tty === undefined) return terminate()
    // what has a terminal is hung up: an interactive shell does not care for SIGTERM
    this.shell.hangUp(pid)
    this.options.machineAfter(graceMs / 2, () => over() ? undefined : terminate())
  }

  /** Something that lived does not any more. */
  private onEnd(): void {
    for (const wait of this.endWaits) {
      if (!wait.over()) continue
      this.endWaits.delete(wait)
      wait.run()
    }
  }

  /** Whether they do nothing before time passes or somebody asks for something. Where guests run stepwise. */
  get isSettled(): boolean {
    return this.shell.isSettled
  }

  /** Waits for what they are doing; more may follow from it. */
  settle(): Promise<void> {
    return this.shell.settle()
  }

  /** Gives up a worker that nothing runs in; gives whether there was one. */
  shed(): boolean {
    const { idle } = this.shell
    this.shell.shed()
    return idle
  }

  release(): void {
    this.shell.release()
    this.commands.clear()
    this.terminals.clear()
    this.sessions.close()
  }

  // --- what guests see ----------------------------------------------------------------------------------------------

  readonly list = (viewer: number): ReadonlyArray<GuestProcess> => {
    this.mayInspect(viewer, "processes")
    return [this.init(), ...this.table.list()].map(guestProcess)
  }

  /** Faults unless it may be seen which processes there are: by a process, or by the host. */
  mayInspect(viewer: number | undefined, syscall: string, path?: string): void {
    const decision = this.inspection()
    const { mode, rule } = decision
    this.options.decisions.note(viewer, "process", "inspect", SNAPSHOT, decision)
    if (mode === "allow") return
    throw denied(syscall, { domain: "process", operation: "inspect", resource: SNAPSHOT, rule, mode }, path)
  }

  /** Whether `/proc` shows a process to another one, or to the host. Each sees itself. */
  shows(pid: number, viewer: number | undefined): boolean {
    return pid === viewer || this.inspection().mode === "allow"
  }

  private inspection(): Decision {
    return this.options.policy().decide("process", "inspect", SNAPSHOT)
  }

  /**
   * Faults unless a program may be started: by its name, and by a rule that is about its path, under each of the names
   * that lead to it.
   */
  readonly mayRun = (pid: number | undefined, name: string, path: string): void => {
    const { decisions } = this.options
    const policy = this.options.policy()
    if (policy.isOpen("childProcess") && !decisions.all) return
    const refuse = (resource: string, decision: Decision) => {
      decisions.note(pid, "childProcess", "spawn", resource, decision)
      const { mode, rule } = decision
      throw denied("execve", { domain: "childProcess", operation: "spawn", resource, rule, mode })
    }
    const byName = policy.decide("childProcess", "spawn", name)
    if (byName.mode !== "allow") refuse(name, byName)
    for (const each of spellings(name, path, (each) => this.resolved(each))) {
      const byPath = policy.decide("childProcess", "spawn", each)
      if (byPath.mode !== "allow" && byPath.rule !== undefined) refuse(each, byPath)
    }
    decisions.note(pid, "childProcess", "spawn", name, byName)
  }

  /** A path without links; as it is where nothing is there. */
  private resolved(path: string): string {
    try {
      return this.options.decisions.probe(() => this.options.filesystem().realpath(this.caller(0), path))
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      return path
    }
  }

  /** Faults unless each of the variables may be given to a process. What a shell assigns is its own memory. */
  private mayGive(env: Readonly<Record<string, string>>): void {
    const { decisions } = this.options
    const policy = this.options.policy()
    if (policy.isOpen("env") && !decisions.all) return
    for (const name of Object.keys(env)) {
      const decision = policy.decide("env", "write", name)
      const { mode, rule } = decision
      decisions.note(undefined, "env", "write", name, decision)
      if (mode !== "allow") throw denied("execve", { domain: "env", operation: "write", resource: name, rule, mode })
    }
  }

  /** The variables that a process may see. */
  private readable(env: Readonly<Record<string, string>>): Record<string, string> {
    const { decisions } = this.options
    const policy = this.options.policy()
    if (policy.isOpen("env") && !decisions.all) return env
    return Object.fromEntries(
      Object.entries(env).filter(([name]) => {
        const decision = policy.decide("env", "read", name)
        decisions.note(undefined, "env", "read", name, decision)
        return decision.mode === "allow"
      })
    )
  }

  readonly wake = (pid: number, name: number): void => this.shell.wake(pid, name)

  readonly kill = (pid: number, target: number, signal: Signal | "0"): void => {
    const own = this.table.get(pid)?.pgid ?? 0
    if (target === INIT && signal !== "0") throw new Fault("EPERM", "kill")
    const scope = target > 0 ? "process" : "group"
    const id = target === 0 ? own : Math.abs(target)
    if (target === -1) {
      const others = this.table.list().filter((process) => process.pid !== pid)
      if (others.length === 0) throw new Fault("ESRCH", "kill")
      if (signal !== "0") { for (const process of others) this.shell.signal("process", process.pid, signal) }
      return
    }
    if (id === INIT) return
    const found = scope === "process" ? this.table.get(id) !== undefined : this.table.group(id).length > 0
    if (!found) throw new Fault("ESRCH", "kill")
    if (signal !== "0") this.shell.signal(scope, id, signal)
  }

  /** A process by its number, init too. */
  find(pid: number): Process | undefined {
    return pid === INIT ? this.init() : this.table.get(pid)
  }

  /** Whether a living process works in a directory at or below a path. */
  worksWithin(path: string): boolean {
    const within = ({ cwd, state }: Process) => state !== "zombie" && (cwd === path || cwd.startsWith(`${path}/`))
    return this.table.list().some(within)
  }

  pids(): ReadonlyArray<number> {
    return [INIT, ...this.table.list().map(({ pid }) => pid)]
  }

  private init(): Process {
    return {
      pid: INIT,
      ppid: 0,
      pgid: INIT,
      sid: INIT,
      root: INIT,
      trace: undefined,
      tty: undefined,
      argv: ["init"],
      cwd: "/",
      env: {},
      uid: 0,
      gid: 0,
      descriptors: 0,
      startedAt: this.startedAt,
      cpuMs: 0,
      state: "running",
      status: undefined
    }
  }

  private isAlive(pid: number): boolean {
    const process = this.table.get(pid)
    return process !== undefined && process.state !== "zombie"
  }

  private caller(pid: number): Caller {
    const { gid, uid } = this.options.spec.user
    return { credentials: { uid, gid, groups: [], umask: 0o022 }, cwd: "/", pid }
  }

  // --- what may start -----------------------------------------------------------------------------------------------

  private environment(): Record<string, string> {
    const { env, hostname, user } = this.options.spec
    return {
      HOME: user.home,
      HOSTNAME: hostname,
      LANG: "C.UTF-8",
      LOGNAME: user.name,
      PATH: defaultPath,
      SHELL: user.shell,
      USER: user.name,
      ...env
    }
  }

  private checkSpawn({ argv, command }: StartSpec, env: Readonly<Record<string, string>>): void {
    const { argvBytes, envBytes, processes } = this.options.spec.limits
    const refuse = (errno: "EAGAIN" | "E2BIG", name: string, value: number) => {
      throw new Fault(errno, "spawn", undefined, undefined, { name, value })
    }
    if (this.table.size >= processes) refuse("EAGAIN", "processes", processes)
    if (bytesOf([command, ...argv]) > argvBytes) refuse("E2BIG", "argvBytes", argvBytes)
    if (bytesOf(Object.entries(env).flat()) > envBytes) refuse("E2BIG", "envBytes", envBytes)
  }

  private checkDirectory(cwd: string): void {
    const { mode } = this.options.filesystem().stat(this.caller(0), cwd)
    if ((mode & 0o170000) !== 0o040000) throw new Fault("ENOTDIR", "chdir", cwd)
  }
}

const denied = (
  syscall: string,
  denial: Omit<Denial, "mode"> & { readonly mode: Decision["mode"] },
  path?: string
): Fault =>
  new Fault("EACCES", syscall, path, undefined, undefined, {
    ...denial,
    mode: denial.mode === "ask" ? "ask" : "deny"
  })

/** The bytes of words as execve(2) counts them: each with its end. */
const bytesOf = (words: ReadonlyArray<string>): number => words.reduce((bytes, word) => bytes + utf8Length(word) + 1, 0)
