/**
 * The operation that runs a command to its end: input up, output down under the host's credit, deadline and output limit.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { begun, once, type Steps, waitFor } from "../kernel/filesystem/steps.ts"
import { type Command, forOneReader } from "../kernel/processes/command.ts"
import { OutputReader } from "../kernel/processes/output-log.ts"
import type { StartSpec } from "../kernel/processes/processes.ts"
import type { Turn } from "../kernel/processes/shell-sessions.ts"
import type { StdinPipe } from "../kernel/processes/stdin-pipe.ts"
import type { Vm } from "../kernel/vm.ts"
import { channelByte, framed, roomFor } from "./output.ts"
import { perform } from "./perform.ts"
import type { Answer, Session } from "./session.ts"

type Stopped = Codec.TypeOf<typeof Operations.run.response>["stopped"]

/** Milliseconds that a command has to end by itself at its deadline, or when its host does not want it any more. */
const STOP_GRACE_MS = 15

type Request = Codec.TypeOf<typeof Operations.run.request>

export const run: Answer = (session, exchange, body) => {
  const request = Codec.decode(Operations.run.request, body)
  const vm = session.vm(request.vm)
  if (request.session !== undefined) return begun(inSession(session, exchange, request, request.session))
  const begin = () => vm.processes.start(specOf(request), stdinOf(request))
  return perform(vm, begin, (command) => {
    const deadline = new Deadline(session.server.options.after, request.timeoutMs)
    follow(new Running(exchange, vm, command, deadline, maxOutputOf(request)), request)
  })
}

/** The same in a shell session, when its turn has come. The deadline is that of the wait, too. */
function* inSession(session: Session, exchange: Exchange, request: Request, name: string): Steps {
  const turn = session.vm(request.vm).processes.sessions.enter(name)
  const deadline = new Deadline(session.server.options.after, request.timeoutMs)
  const leave = () => {
    deadline.cancel()
    turn.leave()
  }
  exchange.handlers.onCancel = leave
  deadline.onPassed = () => {
    turn.leave()
    exchange.respond(encoded({ pid: 0, exitCode: 0, signal: undefined, stopped: "deadline" }))
  }
  try {
    if (!turn.isFirst) yield* waitFor<void>(({ succeed }) => turn.whenFirst(() => succeed()))
    // it may have gone meanwhile
    const vm = session.vm(request.vm)
    const begin = () =>
      exchange.over ? undefined : vm.processes.start(specOf(request), stdinOf(request), forOneReader, turn)
    const command = yield* vm.perform(() => once(begin))
    if (command !== undefined) follow(new Running(exchange, vm, command, deadline, maxOutputOf(request), turn), request)
  } catch (thrown) {
    leave()
    throw thrown
  }
}

const specOf = ({ argv, command, cwd, env, trace }: Request): StartSpec => ({
  form: "script",
  command,
  argv,
  cwd,
  trace,
  env: Object.fromEntries(env.map(({ name, value }) => [name, value]))
})

const stdinOf = ({ stdin }: Request) => stdin ? "pipe" : "none"
const maxOutputOf = ({ maxOutputBytes }: Request) => maxOutputBytes ?? Number.POSITIVE_INFINITY

/** When a run must be over; what is done then depends on how far it has come. */
class Deadline {
  onPassed = (): void => {}
  readonly cancel: () => void

  constructor(after: (milliseconds: number, run: () => void) => () => void, timeoutMs: number | undefined) {
    this.cancel = timeoutMs === undefined ? () => {} : after(timeoutMs, () => this.onPassed())
  }
}

const follow = (running: Running, request: Request): void => {
  running.begin()
  if (request.stdin) feed(running.exchange, running.command.stdin)
}

const encoded = (response: Codec.TypeOf<typeof Operations.run.response>): Uint8Array =>
  Codec.encode(Operations.run.response, response)

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

  constructor(
    readonly exchange: Exchange,
    private readonly vm: Vm,
    readonly command: Command,
    private readonly deadline: Deadline,
    private readonly maxOutputBytes: number,
    private readonly turn?: Turn
  ) {
    const reader = command.log.open("output", 0, () => this.flush())
    if (!(reader instanceof OutputReader)) throw new Error("output was lost before it was read")
    this.reader = reader
  }

  begin(): void {
    const { command, deadline, exchange } = this
    const frame = new Uint8Array(5)
    new DataView(frame.buffer).setUint32(1, command.pid, true)
    exchange.write(frame)
    exchange.handlers.onWritable = () => this.flush()
    exchange.handlers.onCancel = () => {
      deadline.cancel()
      this.reader.close()
      // what it still writes is written to nobody
      command.log.discard()
      this.vm.processes.stop(command.pid, STOP_GRACE_MS)
    }
    deadline.onPassed = () => this.stop("deadline")
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
    this.deadline.cancel()
    reader.close()
    const { exitCode, signal } = command.status
    const stopped = this.stopped === "no" && this.turn?.isTooLarge === true ? "session" : this.stopped
    exchange.respond(encoded({ pid: command.pid, exitCode, signal, stopped }))
  }
}
