/** One VM of the memory kernel with a real shell worker bound to it. */
import { Fault } from "../../../native/kernel/fault.ts"
import type { DeathReason, GuestWorker, Spawning } from "../../../native/kernel/workers/guest-worker.ts"
import { MemoryKernel } from "./memory-kernel.ts"
import { place } from "./place.ts"

export interface Piece {
  readonly channel: "stdout" | "stderr"
  readonly bytes: Uint8Array
  readonly at: number
}

export interface Outcome {
  readonly exitCode: number
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
  /** Standard output, byte for byte. */
  readonly bytes: Uint8Array
  readonly pieces: ReadonlyArray<Piece>
}

interface Process {
  readonly pieces: Array<Piece>
  readonly acknowledge: boolean
  readonly done: (outcome: Outcome) => void
  readonly fail: (error: Error) => void
}

const join = (pieces: ReadonlyArray<Piece>, channel: string): Uint8Array =>
  Buffer.concat(pieces.filter((piece) => piece.channel === channel).map((piece) => piece.bytes))

export type Running = Promise<Outcome> & { readonly pid: number; readonly pieces: ReadonlyArray<Piece> }

export class Machine {
  readonly kernel = new MemoryKernel()
  readonly died: Promise<{ readonly reason: DeathReason; readonly detail: string }>
  private nextPid = 100
  private readonly processes = new Map<number, Process>()
  private readonly statuses = new Map<number, { readonly exitCode: number; readonly signal?: string | undefined }>()

  constructor(readonly worker: GuestWorker) {
    this.died = new Promise((resolve) =>
      worker.bind(place("vm"), {
        onCall: (call) => void this.answer(call.id, call),
        onClose: (files) => this.kernel.files.closeMany(files),
        onOutput: (pid, channel, bytes) => {
          const process = this.processes.get(pid)!
          process.pieces.push({ channel, bytes, at: performance.now() })
          if (process.acknowledge) worker.credit(pid, bytes.length)
        },
        onCancel: () => {},
        onNotice: (notice) => {
          if (notice._tag === "exit") this.statuses.set(notice.pid, notice)
          return undefined
        },
        onClosed: (pid) => {
          const { exitCode, signal } = this.statuses.get(pid)!
          this.exited(pid, exitCode, signal)
          return undefined
        },
        onStdinCredit: () => {},
        onStdinClosed: () => {},
        onDeath: (reason, detail) => {
          for (const process of this.processes.values()) process.fail(new Error(`${reason}: ${detail}`))
          this.kernel.dispose()
          resolve({ reason, detail })
        }
      })
    )
    worker.grantPids(1_000, 1_000_000)
  }

  private async answer(
    id: number,
    call: { readonly name: Parameters<MemoryKernel["call"]>[0]; readonly args: ReadonlyArray<unknown> }
  ) {
    try {
      this.worker.return(id, await this.kernel.call(call.name, call.args) as never)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.worker.fault(id, error)
    }
  }

  private exited(pid: number, exitCode: number, signal: string | undefined): void {
    const { done, pieces } = this.processes.get(pid)!
    this.processes.delete(pid)
    const bytes = join(pieces, "stdout")
    const text = (of: Uint8Array) => new TextDecoder().decode(of)
    done({ exitCode, signal, stdout: text(bytes), stderr: text(join(pieces, "stderr")), bytes, pieces })
  }

  run(
    command: string,
    options: Partial<Omit<Spawning, "stdin">> & { readonly acknowledge?: boolean; readonly stdin?: Uint8Array } = {}
  ): Running {
    const { acknowledge = true, stdin, ...given } = options
    const pid = this.nextPid++
    const pieces: Array<Piece> = []
    const promise = new Promise<Outcome>((done, fail) => this.processes.set(pid, { pieces, acknowledge, done, fail }))
    promise.catch(() => {})
    this.worker.spawn({
      pid,
      form: "script",
      command,
      argv: [],
      cwd: "/home/user",
      env: { HOME: "/home/user", PATH: "/usr/bin:/bin", USER: "user", LANG: "C.UTF-8" },
      stdin: stdin === undefined ? "none" : "pipe",
      tty: undefined,
      ...given
    })
    if (stdin !== undefined) {
      if (stdin.length > 0) this.worker.stdin(pid, stdin)
      this.worker.stdinEnd(pid)
    }
    return Object.assign(promise, { pid, pieces })
  }
}
