/**
 * The operation that runs a command to its end: input up, output down under the host's credit, deadline and output limit.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import * as Operations from "../../src/wire/Operations.ts"
import type { Command } from "../kernel/processes/command.ts"
import { OutputReader } from "../kernel/processes/output-log.ts"
import type { StdinPipe } from "../kernel/processes/stdin-pipe.ts"
import type { Vm } from "../kernel/vm.ts"
import { channelByte, framed, roomFor } from "./output.ts"
import { perform } from "./perform.ts"
import type { Answer, Session } from "./session.ts"

type Stopped = Codec.TypeOf<typeof Operations.run.response>["stopped"]

/** Milliseconds that a command has to end by itself at its deadline, or when its host does not want it any more. */
const STOP_GRACE_MS = 15

export const run: Answer = (session, exchange, body) => {
  const request = Codec.decode(Operations.run.request, body)
  const vm = session.vm(request.vm)
  const { argv, command: script, cwd, env, maxOutputBytes, timeoutMs, trace } = request
  const spec = {
    form: "script" as const,
    command: script,
    argv,
    cwd,
    trace,
    env: Object.fromEntries(env.map(({ name, value }) => [name, value]))
  }
  return perform(vm, () => vm.processes.start(spec, request.stdin ? "pipe" : "none"), (command) => {
    new Running(session, exchange, vm, command, maxOutputBytes ?? Number.POSITIVE_INFINITY).begin(timeoutMs)
    if (request.stdin) feed(exchange, command.stdin)
  })
}

/** Hands the host's stream to the process as it reads; what a process does not want is dropped. */
const feed = (exchange: Exchange, stdin: StdinPipe): void =>
  exchange.listen(
    // the chunk is a view of what the connection received
    (bytes) => void stdin.write(bytes.slice(), () => exchange.grant(bytes.length)),
    () => stdin.end()
  )

/** One run: hands on what its process writes, and brings it to an end. */
class Running {
  private readonly written = { stdout: 0, stderr: 0 }
  private readonly reader: OutputReader
  private stopped: Stopped = "no"
  private cancelDeadline: (() => void) | undefined

  constructor(
    private readonly session: Session,
    private readonly exchange: Exchange,
    private readonly vm: Vm,
    private readonly command: Command,
    private readonly maxOutputBytes: number
  ) {
    const reader = command.log.open("output", 0, () => this.flush())
    if (!(reader instanceof OutputReader)) throw new Error("output was lost before it was read")
    this.reader = reader
  }

  begin(timeoutMs: number | undefined): void {
    const { command, exchange } = this
    const frame = new Uint8Array(5)
    new DataView(frame.buffer).setUint32(1, command.pid, true)
    exchange.write(frame)
    exchange.handlers.onWritable = () => this.flush()
    exchange.handlers.onCancel = () => {
      this.cancelDeadline?.()
      this.reader.close()
      // what it still writes is written to nobody
      command.log.discard()
      this.vm.processes.stop(command.pid, STOP_GRACE_MS)
    }
    if (timeoutMs !== undefined) {
      this.cancelDeadline = this.session.server.options.after(timeoutMs, () => this.stop("deadline"))
    }
    command.whenEnded(() => this.flush())
    this.flush()
  }

  private stop(why: Stopped): void {
    if (this.stopped !== "no" || this.command.ended) return
    this.stopped = why
    this.vm.processes.stop(this.command.pid, why === "output" ? 0 : STOP_GRACE_MS)
  }

  /** Hands on what the host has credit for. Answers when all is out. */
  private flush(): void {
    const { command, exchange, reader } = this
    if (exchange.over) return
    for (let part = reader.next(roomFor(exchange)); part !== undefined; part = reader.next(roomFor(exchange))) {
      const { bytes, channel } = part
      const kept = bytes.subarray(0, Math.max(0, this.maxOutputBytes - this.written[channel]))
      this.written[channel] += kept.length
      if (kept.length > 0) exchange.write(framed(channelByte[channel], kept))
      if (kept.length < bytes.length) this.stop("output")
    }
    if (!command.ended || !reader.done) return
    this.cancelDeadline?.()
    reader.close()
    const { exitCode, signal } = command.status
    exchange.respond(
      Codec.encode(Operations.run.response, { pid: command.pid, exitCode, signal, stopped: this.stopped })
    )
  }
}
