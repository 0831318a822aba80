/**
 * What the shell worker does with the kernel's messages: it becomes part of one VM and runs its shell processes, several
 * at once. A process that fails inside ends with an exit code and a line of text; the worker goes on.
 */
import { makeBash } from "../bash/engine.ts"
import type { FromWorker, ToWorker } from "../protocol.ts"
import { SystemCallClient } from "./client.ts"
import type { ShellEngine, ShellStatus } from "./engine.ts"
import { Input } from "./input.ts"
import { Notices } from "./notices.ts"
import { ProcessOutput } from "./output.ts"
import { Pids } from "./pids.ts"
import { HostLine } from "./terminal-line.ts"

/** Exit code of a process whose engine failed, as sysexits(3) names an internal software error. */
const EX_SOFTWARE = 70

interface Running {
  readonly abort: AbortController
  readonly output: ProcessOutput
  readonly input: Input | undefined
  readonly terminal: HostLine | undefined
}

type Spawn = Extract<ToWorker, { _tag: "spawn" }>

export class ShellWorker {
  private engine: ShellEngine | undefined
  private readonly running = new Map<number, Running>()
  private readonly calls: SystemCallClient
  private readonly notices: Notices
  private readonly pids = new Pids()

  constructor(private readonly post: (message: FromWorker, transfer?: Array<ArrayBuffer>) => void) {
    this.notices = new Notices((notices) => post({ _tag: "notices", notices }))
    this.calls = new SystemCallClient(this.say)
  }

  receive(message: ToWorker): void {
    switch (message._tag) {
      case "bind": {
        const { call, release } = this.calls
        this.engine = makeBash({ call, release, notify: this.notices.add, pids: this.pids }, message)
        return
      }
      case "spawn":
        void this.spawn(message)
        return
      case "pids":
        return this.pids.grant(message.first, message.count)
      case "signal":
        return this.signal(message)
      case "stdin":
        return this.takeInput(message.pid, message.bytes)
      case "resize":
        return this.running.get(message.pid)?.terminal?.tell(({ resize }) => resize(message.columns, message.rows))
      case "hangUp":
        return this.running.get(message.pid)?.terminal?.tell(({ hangUp }) => hangUp())
      case "stdinEnd":
        return this.running.get(message.pid)?.input?.end()
      case "credit":
        this.running.get(message.pid)?.output.grant(message.bytes)
        return
      case "return":
        return this.calls.settle(message.id, message.value)
      case "fault":
        return this.calls.fail(message.id, message.errno, message.syscall, message.path)
      case "probe":
        // answered at the gate
        return
    }
  }

  /** Sends what has been gathered. */
  flush(): void {
    this.notices.flush()
  }

  /** What happened before is told before. */
  private readonly say = (message: FromWorker, transfer?: Array<ArrayBuffer>): void => {
    this.notices.flush()
    this.post(message, transfer)
  }

  private takeInput(pid: number, bytes: Uint8Array): void {
    const { input, terminal } = this.running.get(pid) ?? {}
    terminal?.tell((events) => events.input(bytes))
    input?.add(bytes)
  }

  private signal({ id, scope, signal }: Extract<ToWorker, { _tag: "signal" }>): void {
    // Nobody waits for what a killed tree still had to say.
    if (scope === "tree" && signal === "SIGKILL") this.running.get(id)?.abort.abort()
    this.engine?.signal(scope, id, signal)
  }

  private async spawn(message: Spawn): Promise<void> {
    const { pid } = message
    const abort = new AbortController()
    const input = message.stdin !== "pipe" ? undefined : new Input({
      onRead: (bytes) => this.say({ _tag: "stdinCredit", pid, bytes }),
      onClosed: () => this.say({ _tag: "stdinClosed", pid })
    })
    const taken = (bytes: number) => bytes > 0 ? this.say({ _tag: "stdinCredit", pid, bytes }) : undefined
    const { size, tty } = message
    const terminal = message.stdin === "terminal" && tty !== undefined
      ? new HostLine(tty, size?.columns ?? 80, size?.rows ?? 24, taken)
      : undefined
    const process: Running = { abort, input, terminal, output: new ProcessOutput(pid, this.say, abort.signal) }
    this.running.set(pid, process)
    const { signal } = await this.run(message, process)
    // What a killed process was about to write is lost, as it is with write(2).
    if (signal !== undefined) abort.abort()
    await process.output.close()
    this.running.delete(pid)
    this.say({ _tag: "closed", pid })
  }

  private async run(message: Spawn, { abort, input, output, terminal }: Running): Promise<ShellStatus> {
    const fail = async (text: string): Promise<ShellStatus> => {
      await output.write("stderr", new TextEncoder().encode(`bash: ${text}\n`))
      this.notices.add({ _tag: "exit", pid: message.pid, exitCode: EX_SOFTWARE })
      return { exitCode: EX_SOFTWARE, signal: undefined }
    }
    if (this.engine === undefined) return fail("the worker belongs to no VM")
    const { argv, command, form } = message
    const script = form === "script" ? { command, argv } : { command: "exec \"$@\"", argv: [command, ...argv] }
    try {
      return await this.engine.run({
        ...message,
        ...script,
        stdin: input,
        terminal,
        write: output.write,
        signal: abort.signal
      })
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      return fail(`internal error: ${text.split("\n")[0]}`)
    }
  }
}
