/**
 * The operation that runs a command: input up, output down under the host's credit, deadline and output limit.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { joined } from "../../src/wire/Stream.ts"
import { Fault } from "../kernel/fault.ts"
import { KILLED } from "../kernel/processes/process.ts"
import type { Vm } from "../kernel/vm.ts"
import type { Route } from "./server.ts"
import type { Answer, Session } from "./session.ts"
import { receive } from "./streams.ts"

type Request = Codec.TypeOf<typeof Operations.run.request>
type Stopped = Codec.TypeOf<typeof Operations.run.response>["stopped"]

const Channel = { started: 0, stdout: 1, stderr: 2 } as const

const run: Answer = (session, exchange, body) => {
  const request = Codec.decode(Operations.run.request, body)
  const vm = session.vm(request.vm)
  if (!request.stdin) return start(session, exchange, vm, request, nothing)
  const { after, monotonic } = session.server.options
  const { timeoutMs } = request
  const began = monotonic()
  const cancelDeadline = timeoutMs === undefined ? () => {} : after(timeoutMs, () => exchange.respond(neverStarted))
  const limit = vm.spec.limits.stdinBytes
  const parts: Array<Uint8Array> = []
  let bytes = 0
  receive(session, exchange, vm, {
    onBytes: (part) => {
      bytes += part.length
      if (bytes > limit) {
        throw new Fault("EFBIG", "write", "/dev/stdin", undefined, { name: "stdinBytes", value: limit })
      }
      parts.push(part.slice())
    },
    onEnd: () => {
      cancelDeadline()
      const left = timeoutMs === undefined ? undefined : Math.max(0, timeoutMs - (monotonic() - began))
      // the VM may have been released meanwhile
      start(session, exchange, session.vm(request.vm), { ...request, timeoutMs: left }, joined(parts, bytes))
    },
    onAbandon: cancelDeadline
  })
}

/** The deadline came before the end of the input. */
const neverStarted = Codec.encode(Operations.run.response, {
  pid: 0,
  exitCode: KILLED,
  signal: "SIGKILL",
  stopped: "deadline"
})

const start = (session: Session, exchange: Exchange, vm: Vm, request: Request, stdin: Uint8Array): void => {
  const { argv, command, cwd, env } = request
  const running = new Running(session, exchange, vm, request.maxOutputBytes)
  const process = vm.start(
    { command, argv, cwd, env: Object.fromEntries(env.map(({ name, value }) => [name, value])) },
    stdin,
    { onOutput: running.onOutput, onExit: running.onExit }
  )
  running.started(process.pid, request.timeoutMs)
}

interface Piece {
  readonly frame: Uint8Array
  /** Bytes of output in it, for the worker's credit. */
  readonly bytes: number
}

/** One run: what its process has written and the host has not taken yet, and how it is brought to an end. */
class Running {
  private pid = 0
  private readonly written = { stdout: 0, stderr: 0 }
  private readonly queue: Array<Piece> = []
  private stopped: Stopped = "no"
  private exit: { readonly exitCode: number; readonly signal: string | undefined } | undefined
  private cancelDeadline: (() => void) | undefined
  private withdrawn = false

  constructor(
    private readonly session: Session,
    private readonly exchange: Exchange,
    private readonly vm: Vm,
    private readonly maxOutputBytes: number | undefined
  ) {}

  started(pid: number, timeoutMs: number | undefined): void {
    this.pid = pid
    const frame = new Uint8Array(5)
    new DataView(frame.buffer).setUint32(1, pid, true)
    this.queue.unshift({ frame, bytes: 0 })
    this.exchange.handlers.onWritable = this.flush
    this.exchange.handlers.onCancel = () => {
      this.withdrawn = true
      this.queue.length = 0
      this.vm.kill(pid)
    }
    if (timeoutMs !== undefined && this.exit === undefined) {
      this.cancelDeadline = this.session.server.options.after(timeoutMs, () => this.stop("deadline"))
    }
    this.flush()
  }

  readonly onOutput = (channel: "stdout" | "stderr", bytes: Uint8Array): void => {
    const limit = this.maxOutputBytes ?? Number.POSITIVE_INFINITY
    const room = limit - this.written[channel]
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, Math.max(0, room))
    this.written[channel] += kept.length
    const frame = new Uint8Array(kept.length + 1)
    frame[0] = Channel[channel]
    frame.set(kept, 1)
    if (kept.length > 0) this.queue.push({ frame, bytes: bytes.length })
    if (kept.length < bytes.length) this.stop("output")
    this.flush()
  }

  readonly onExit = (exitCode: number, signal: string | undefined): void => {
    this.exit = { exitCode, signal }
    this.cancelDeadline?.()
    this.flush()
  }

  private stop(why: Stopped): void {
    if (this.stopped !== "no" || this.exit !== undefined) return
    this.stopped = why
    this.vm.kill(this.pid)
  }

  /** Hands on what the host has credit for; the process may then write as much again. Answers when all is out. */
  private readonly flush = (): void => {
    if (this.withdrawn) {
      for (const { bytes } of this.queue) this.vm.credit(this.pid, bytes)
      this.queue.length = 0
      return
    }
    while (this.queue.length > 0 && this.exchange.writable >= this.queue[0].frame.length) {
      const { bytes, frame } = this.queue.shift()!
      this.exchange.write(frame)
      if (bytes > 0) this.vm.credit(this.pid, bytes)
    }
    if (this.exit === undefined || this.queue.length > 0 || this.pid === 0) return
    const { exitCode, signal } = this.exit
    const answer = { pid: this.pid, exitCode, signal, stopped: this.stopped }
    this.exchange.respond(Codec.encode(Operations.run.response, answer))
  }
}

const nothing = new Uint8Array(0)

export const processOperations: ReadonlyArray<Route> = [[Operations.run, run]]
