/**
 * What the processes of one command of the host share: system calls, process numbers, output, and the turns of the
 * event loop that they give to others.
 */
import type { SystemCallName, SystemCalls } from "../protocol.ts"
import { SystemCallError } from "../shell/client.ts"
import { setClock } from "../shell/clock.ts"
import type { CallSystem, GuestIdentity } from "../shell/engine.ts"
import type { HostOutputs } from "./io/host-output.ts"
import type { OpenFile } from "./io/open-file.ts"
import { MAX_PROCESSES, TIME_SLICE_MS } from "./limits.ts"
import type { Process } from "./processes/process.ts"
import { SIGKILL } from "./processes/signals.ts"
import type { ProgramPaths } from "./program-paths.ts"

/** Nodes evaluated between two looks at the clock. */
const NODES_PER_LOOK = 32
/** How often a fork that found no room tries again, and how long it waits each time. */
const FORK_TRIES = 20
const FORK_PAUSE_MS = 50

const FIRST_PID = 30_000
const LAST_PID = 4_000_000
let nextPid = FIRST_PID

export class Machine {
  readonly processes = new Map<number, Process>()
  /** Files with writes not yet posted. */
  readonly dirty = new Set<OpenFile>()
  private nodes = 0
  private lastTurn = performance.now()
  private turning: Promise<void> | undefined

  constructor(
    private readonly call: CallSystem,
    readonly identity: GuestIdentity,
    readonly hostPid: number,
    readonly outputs: HostOutputs,
    readonly paths: ProgramPaths
  ) {}

  /** A system call that sees everything written before it. */
  sys<Name extends SystemCallName>(
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    if (this.dirty.size > 0) { for (const file of Array.from(this.dirty)) void file.flush() }
    return this.post(name, ...args)
  }

  /** A system call as such. */
  post<Name extends SystemCallName>(
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ): Promise<ReturnType<SystemCalls[Name]>> {
    this.paths.observe(name, args)
    const answer = this.call(this.hostPid, name, ...args)
    // What asks for the time in passing goes by the VM's clock from now on.
    if (name === "now") void answer.then((time) => setClock(Number(time)), () => {})
    return answer
  }

  /** To be called for every unit of work; a promise when it is time to let others run. */
  tick(process: Process): Promise<void> | undefined {
    process.check()
    if (process.stopped) return process.whileStopped()
    if (++this.nodes < NODES_PER_LOOK) return undefined
    this.nodes = 0
    if (performance.now() - this.lastTurn < TIME_SLICE_MS) return undefined
    return this.turn(process)
  }

  /** Lets the event loop turn once, whoever asks. */
  private turn(process: Process): Promise<void> {
    this.turning ??= new Promise((resolve) => {
      if (this.dirty.size > 0) { for (const file of Array.from(this.dirty)) void file.flush() }
      setImmediate(() => {
        this.turning = undefined
        this.lastTurn = performance.now()
        resolve()
      })
    })
    return process.block(this.turning)
  }

  /** Enters a process; `undefined` gives it a new number. */
  allocatePid(): number {
    for (;;) {
      const pid = nextPid++
      if (nextPid >= LAST_PID) nextPid = FIRST_PID
      if (!this.processes.has(pid)) return pid
    }
  }

  enter(process: Process): void {
    this.processes.set(process.pid, process)
  }

  forget(process: Process): void {
    this.processes.delete(process.pid)
  }

  /** Waits until one more process may start; EAGAIN when that takes too long. */
  async room(process: Process): Promise<void> {
    for (let tries = 0; this.processes.size >= MAX_PROCESSES; tries++) {
      if (tries === FORK_TRIES) throw new SystemCallError("EAGAIN", "fork", undefined)
      await process.block(new Promise<void>((resolve) => setTimeout(resolve, FORK_PAUSE_MS)))
    }
  }

  /** Ends every process. */
  killAll(): void {
    for (const process of Array.from(this.processes.values())) process.signal(SIGKILL)
  }
}
