/**
 * A terminal: the line discipline between its host and the processes that have it open. What the host types is taken at
 * once, so that a key that sends a signal never waits behind what nobody reads.
 */
import { SystemCallError } from "../../shell/client.ts"
import type { TerminalLine } from "../../shell/terminal-line.ts"
import type { HostOutputs } from "../io/host-output.ts"
import type { OpenFile } from "../io/open-file.ts"
import { isOrphaned, signalGroup } from "../processes/groups.ts"
import type { Process } from "../processes/process.ts"
import type { ControllingTerminal } from "../processes/session.ts"
import { SIGCONT, SIGHUP, SIGTTIN, SIGTTOU, SIGWINCH } from "../processes/signals.ts"
import type { VmState } from "../vm-state.ts"
import { type Effect, LineDiscipline } from "./discipline.ts"
import type { TerminalSettings } from "./settings.ts"
import { TerminalFile } from "./terminal-file.ts"

/** Output that waits for the host, above which nothing more is echoed. */
const MAX_ECHO = 64 * 1024

export class Terminal implements ControllingTerminal {
  readonly path: string
  columns: number
  rows: number
  foreground: number
  private readonly discipline = new LineDiscipline()
  /** What has come and does not fit in. */
  private backlog: Array<Uint8Array> = []
  private hungUp = false
  private files = 0
  private readonly waiting = new Set<() => void>()

  constructor(
    private readonly vm: VmState,
    private readonly line: TerminalLine,
    private readonly outputs: HostOutputs,
    /** The session that it controls, by its leader. */
    private readonly leader: number
  ) {
    this.path = line.path
    this.columns = line.columns
    this.rows = line.rows
    this.foreground = leader
    outputs.open++
    vm.terminals.set(this.path, this)
    line.listen({
      input: (bytes) => this.type(bytes),
      resize: (columns, rows) => this.resize(columns, rows),
      hangUp: () => this.hangUp()
    })
  }

  readonly open = (target = this.path): OpenFile => {
    if (this.hungUp) throw new SystemCallError("EIO", "open", target)
    this.files++
    return new TerminalFile(this, target)
  }

  /** Nobody holds one of its files any more. */
  released(): void {
    if (--this.files === 0) this.end()
  }

  private end(): void {
    if (this.vm.terminals.get(this.path) !== this) return
    this.vm.terminals.delete(this.path)
    this.drop()
    this.outputs.closed()
  }

  // --- the host's side ----------------------------------------------------------------------------------------------

  private type(bytes: Uint8Array): void {
    if (this.hungUp) return this.line.taken(bytes.length)
    if (this.backlog.length === 0) return this.feed(bytes)
    const at = bytes.findIndex((byte) => this.discipline.isSignal(byte))
    if (at < 0) return void this.backlog.push(bytes)
    // the key is heard at once; what was typed before it is forgotten with what nobody has read
    if (!this.discipline.settings.flags.has("noflsh")) {
      this.drop()
      this.line.taken(at)
    } else if (at > 0) this.backlog.push(bytes.subarray(0, at))
    this.perform(this.discipline.interrupt(bytes[at]))
    this.line.taken(1)
    if (at + 1 < bytes.length) this.type(bytes.subarray(at + 1))
  }

  private feed(bytes: Uint8Array): void {
    const { effects, taken } = this.discipline.input(bytes)
    if (taken > 0) this.line.taken(taken)
    if (taken < bytes.length) this.backlog.unshift(bytes.subarray(taken))
    this.perform(effects)
    this.wake()
  }

  private perform(effects: ReadonlyArray<Effect>): void {
    for (const effect of effects) {
      if (effect._tag === "signal") signalGroup(this.vm, this.foreground, effect.signal)
      else if (effect._tag === "flow") this.wake()
      else if (this.outputs.backlog < MAX_ECHO) void this.outputs.put("stdout", effect.bytes)
    }
  }

  /** Forgets what has come and was not taken. */
  private drop(): void {
    for (const bytes of this.backlog.splice(0)) this.line.taken(bytes.length)
  }

  resize(columns: number, rows: number): void {
    if (columns === this.columns && rows === this.rows) return
    this.columns = columns
    this.rows = rows
    signalGroup(this.vm, this.foreground, SIGWINCH)
  }

  /** The host has gone: its session hears of it, and there is nothing to read or write any more. */
  hangUp(): void {
    if (this.hungUp) return
    this.hungUp = true
    const leader = this.vm.processes.get(this.leader)
    this.disconnect()
    leader?.signal(SIGHUP)
    leader?.signal(SIGCONT)
  }

  /** The leader has ended, and with it the session's hold on the terminal. */
  readonly leave = (): void => {
    if (this.hungUp) return
    this.hungUp = true
    this.disconnect()
  }

  private disconnect(): void {
    for (const process of this.vm.processes.values()) {
      if (process.session.terminal === this && process.pid !== this.leader) process.session.terminal = undefined
    }
    const { foreground } = this
    for (const signal of [SIGHUP, SIGCONT]) {
      for (const process of Array.from(this.vm.processes.values())) {
        if (process.group === foreground && process.pid !== this.leader) process.signal(signal)
      }
    }
    this.discipline.flush()
    this.wake()
    this.end()
  }

  // --- the processes' side ------------------------------------------------------------------------------------------

  get settings(): TerminalSettings {
    return this.discipline.settings
  }

  /** tcsetattr(3) by the kernel itself: nobody is asked. */
  readonly restore = (settings: unknown): void => {
    this.discipline.configure(settings as TerminalSettings)
    this.accept()
    this.wake()
  }

  /** tcsetattr(3) by a process, which has to be in the foreground. */
  async configure(process: Process, settings: TerminalSettings): Promise<void> {
    await this.await(process, SIGTTOU)
    this.restore(settings)
  }

  /** Whether a process may not use the terminal now: its group is not the one in the foreground. */
  isBackground(process: Process): boolean {
    return process.session.terminal === this && process.group !== this.foreground
  }

  /** Stops the groups of processes in the background that use the terminal until they are in the foreground. */
  private async await(process: Process, signal: number): Promise<void> {
    while (this.isBackground(process)) {
      if (process.ignored.has(signal)) {
        if (signal === SIGTTOU) return
        throw new SystemCallError("EIO", "read", undefined)
      }
      if (isOrphaned(this.vm, process.group)) {
        throw new SystemCallError("EIO", signal === SIGTTIN ? "read" : "write", undefined)
      }
      signalGroup(this.vm, process.group, signal)
      process.check()
      if (process.pending.length > 0) throw new SystemCallError("EINTR", "read", undefined)
      await process.whileStopped()
    }
  }

  /** Bytes at hand for a process; empty at the end, undefined when it has to wait. */
  peek(process: Process | undefined): Uint8Array | undefined {
    if (this.hungUp) return new Uint8Array(0)
    if (process !== undefined && this.isBackground(process)) return undefined
    return this.discipline.peek()
  }

  get readableBytes(): number {
    return this.discipline.readable
  }

  consume(count: number): void {
    this.discipline.consume(count)
    this.accept()
  }

  /** Takes in what has waited for room. */
  private accept(): void {
    while (this.backlog.length > 0 && this.discipline.hasRoom) this.feed(this.backlog.shift()!)
  }

  /** Waits until a process may read and something has changed since it last looked. */
  async changed(process: Process): Promise<void> {
    if (this.isBackground(process)) return this.await(process, SIGTTIN)
    let wake = () => {}
    const waiting = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.waiting.add(wake)
    try {
      await process.block(waiting, true)
    } finally {
      this.waiting.delete(wake)
    }
  }

  private wake(): void {
    for (const wake of this.waiting) wake()
  }

  write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    if (this.hungUp) throw new SystemCallError("EIO", "write", undefined)
    if (bytes.length === 0) return undefined
    const held = this.discipline.stopped
      || (this.discipline.settings.flags.has("tostop") && this.isBackground(process))
    if (held) return this.writeLater(process, bytes)
    const sent = this.outputs.put("stdout", this.discipline.output(bytes))
    return sent === undefined ? undefined : process.block(sent)
  }

  private async writeLater(process: Process, bytes: Uint8Array): Promise<void> {
    if (this.discipline.settings.flags.has("tostop")) await this.await(process, SIGTTOU)
    while (this.discipline.stopped && !this.hungUp) await this.flowing(process)
    await this.write(process, bytes)
  }

  private async flowing(process: Process): Promise<void> {
    let wake = () => {}
    const waiting = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.waiting.add(wake)
    try {
      await process.block(waiting)
    } finally {
      this.waiting.delete(wake)
    }
  }
}
