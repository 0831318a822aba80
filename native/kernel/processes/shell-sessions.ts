/**
 * The shell sessions of a VM: what each shell was when the last command in it ended, as data that only a shell worker
 * reads, and the commands that wait for their turn. The commands of one session run one after the other.
 */
import { isSessionName } from "../../../src/ShellSession.ts"
import type { KernelLimits } from "../../../src/wire/Control.ts"
import { Fault } from "../fault.ts"
import type { ExitStatus } from "./process.ts"

/** A shell between two commands. */
export interface SavedShell {
  /** As the worker has written it. */
  readonly state: Uint8Array
  readonly cwd: string
}

/** A session as its host sees it. */
export interface SessionInfo {
  readonly name: string
  /** None before its first command has ended. */
  readonly cwd: string | undefined
  readonly bytes: number
  /** Whether a command runs in it. */
  readonly busy: boolean
}

interface Entry {
  readonly name: string
  saved: SavedShell | undefined
  /** The first runs, the others wait. A host has a bounded number of requests under way. */
  readonly turns: Set<Turn>
}

/** The turn of one command in a session: from when it is asked for until the command has ended. */
export class Turn {
  /** What its shell became; `large` when that is more than may be kept. */
  staged: SavedShell | "large" | undefined
  /** Whether it counts: not when the command was stopped. */
  counts = true
  /** What runs the command. */
  pid: number | undefined
  private begun: (() => void) | undefined

  constructor(public entry: Entry, private readonly owner: ShellSessions) {}

  /** Whether nothing runs before it. */
  get isFirst(): boolean {
    return this.entry.turns.values().next().value === this
  }

  /** What the command begins with. */
  get saved(): SavedShell | undefined {
    return this.entry.saved
  }

  /** Whether its command has ended by itself, and left more than may be kept. */
  get isTooLarge(): boolean {
    return this.counts && this.staged === "large"
  }

  /** Calls back, once, when it is the first, or never will be: the VM has gone. */
  whenFirst(run: () => void): void {
    this.begun = run
    if (this.isFirst) this.begin()
  }

  begin(): void {
    const run = this.begun
    this.begun = undefined
    run?.()
  }

  /** The command has ended by itself, with its state to be kept; or as `undefined`, in any other way. */
  leave(status?: ExitStatus): void {
    this.owner.leave(this, status)
  }
}

export class ShellSessions {
  private readonly entries = new Map<string, Entry>()
  /** By the process that runs the command. */
  private readonly running = new Map<number, Turn>()

  constructor(private readonly limits: Pick<KernelLimits, "shellSessions" | "sessionBytes">) {}

  /** What one of them may come to, in bytes. */
  get maxBytes(): number {
    return this.limits.sessionBytes
  }

  list(): ReadonlyArray<SessionInfo> {
    return Array.from(this.entries.values(), ({ name, saved, turns }) => ({
      name,
      cwd: saved?.cwd,
      bytes: saved?.state.length ?? 0,
      busy: turns.size > 0
    })).sort((a, b) => a.name < b.name ? -1 : 1)
  }

  /** A turn in a session, which begins with its first. Throws `Fault` ENOSPC when there are as many as there may be. */
  enter(name: string): Turn {
    if (!isSessionName(name)) throw new Fault("EINVAL", "session")
    const { shellSessions } = this.limits
    if (!this.entries.has(name) && this.entries.size >= shellSessions) {
      throw new Fault("ENOSPC", "session", undefined, undefined, { name: "shellSessions", value: shellSessions })
    }
    const turn = new Turn(this.entry(name), this)
    turn.entry.turns.add(turn)
    return turn
  }

  private entry(name: string): Entry {
    let entry = this.entries.get(name)
    if (entry === undefined) {
      entry = { name, saved: undefined, turns: new Set() }
      this.entries.set(name, entry)
    }
    return entry
  }

  /** The process in which the command of a turn runs. */
  began(turn: Turn, pid: number): void {
    turn.pid = pid
    this.running.set(pid, turn)
  }

  /** What the shell of a process has become; without a state, it is more than may be kept. Throws `Fault`. */
  stage(pid: number, state: Uint8Array | undefined, cwd: string): void {
    const turn = this.running.get(pid)
    if (turn === undefined || (state !== undefined && state.length > this.limits.sessionBytes)) {
      throw new Fault("EINVAL", "saveSession")
    }
    // a copy: what came may be a part of something larger
    turn.staged = state === undefined ? "large" : { state: state.slice(), cwd }
  }

  /** The command that a process runs is being stopped: whatever becomes of it, the session stays as it is. */
  discard(pid: number): void {
    const turn = this.running.get(pid)
    if (turn !== undefined) turn.counts = false
  }

  leave(turn: Turn, status: ExitStatus | undefined): void {
    const { entry, staged } = turn
    if (turn.pid !== undefined) this.running.delete(turn.pid)
    if (!entry.turns.has(turn)) return
    const wasFirst = turn.isFirst
    entry.turns.delete(turn)
    turn.counts &&= status !== undefined && status.signal === undefined
    if (turn.counts && typeof staged === "object") entry.saved = staged
    if (wasFirst) entry.turns.values().next().value?.begin()
    if (entry.saved === undefined && entry.turns.size === 0) this.forget(entry)
  }

  private forget(entry: Entry): void {
    if (this.entries.get(entry.name) === entry) this.entries.delete(entry.name)
  }

  /** Forgets a session; gives whether there was one. What waits in it begins it anew. */
  drop(name: string): boolean {
    const entry = this.entries.get(name)
    if (entry === undefined) return false
    this.forget(entry)
    this.move(entry)
    return true
  }

  /** The sessions as they are between two commands: values that nothing changes. */
  states(): ReadonlyMap<string, SavedShell> {
    const states = new Map<string, SavedShell>()
    for (const { name, saved } of this.entries.values()) if (saved !== undefined) states.set(name, saved)
    return states
  }

  /** Makes the sessions what they were. What runs in one goes on, and leaves nothing; what waits finds it as it was. */
  restore(states: ReadonlyMap<string, SavedShell>): void {
    const before = Array.from(this.entries.values())
    this.entries.clear()
    for (const [name, saved] of states) this.entry(name).saved = saved
    for (const entry of before) this.move(entry)
  }

  /** Lets the turns that wait in a session that is no more wait in the one of its name. */
  private move({ name, turns }: Entry): void {
    const [, ...waiting] = turns
    for (const turn of waiting) {
      turns.delete(turn)
      turn.entry = this.entry(name)
      turn.entry.turns.add(turn)
      if (turn.isFirst) turn.begin()
    }
  }

  /** The VM has gone: nobody waits any more. */
  close(): void {
    const waiting = Array.from(this.entries.values()).flatMap(({ turns }) => Array.from(turns))
    this.entries.clear()
    this.running.clear()
    for (const turn of waiting) turn.begin()
  }
}
