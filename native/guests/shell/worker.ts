/**
 * Entry of the shell worker: loads the engine, says `ready`, becomes part of one VM and runs its shell processes,
 * several at once. A process that fails inside ends with an exit code and a line of text; the worker goes on.
 */
import { parentPort } from "node:worker_threads"
import type { FromWorker, ToWorker } from "../protocol.ts"
import { SystemCallClient } from "./client.ts"
import { installClock } from "./clock.ts"
import type { GuestIdentity, ShellEngine } from "./engine.ts"
import { makeJustBash, warmUp } from "./just-bash.ts"
import { ProcessOutput } from "./output.ts"

const SIGNAL_NUMBERS = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } as const
/** Exit code of a process whose engine failed, as sysexits(3) names an internal software error. */
const EX_SOFTWARE = 70

interface Running {
  readonly abort: AbortController
  readonly output: ProcessOutput
  signal: keyof typeof SIGNAL_NUMBERS | undefined
}

class ShellWorker {
  private engine: ShellEngine | undefined
  private readonly running = new Map<number, Running>()
  private readonly calls: SystemCallClient

  constructor(private readonly post: (message: FromWorker, transfer?: Array<ArrayBuffer>) => void) {
    this.calls = new SystemCallClient(post)
  }

  receive(message: ToWorker): void {
    switch (message._tag) {
      case "bind":
        return this.bind(message)
      case "spawn":
        void this.spawn(message)
        return
      case "signal":
        return this.stop(message.pid, message.signal)
      case "credit":
        this.running.get(message.pid)?.output.grant(message.bytes)
        return
      case "return":
        return this.calls.settle(message.id, message.value)
      case "fault":
        return this.calls.fail(message.id, message.errno, message.syscall, message.path)
    }
  }

  private bind(identity: GuestIdentity): void {
    this.engine = makeJustBash(this.calls.call, identity)
  }

  private stop(pid: number, signal: keyof typeof SIGNAL_NUMBERS): void {
    const process = this.running.get(pid)
    if (process === undefined) return
    process.signal ??= signal
    process.abort.abort()
    // What it still waits for must not keep it: a sleep of an hour ends here.
    this.calls.dismiss(pid)
  }

  private async spawn(message: Extract<ToWorker, { _tag: "spawn" }>): Promise<void> {
    const { pid } = message
    const abort = new AbortController()
    const process: Running = { abort, output: new ProcessOutput(pid, this.post, abort.signal), signal: undefined }
    this.running.set(pid, process)
    this.calls.admit(pid)
    const exitCode = await this.run(message, process)
    await process.output.close()
    this.calls.dismiss(pid)
    this.running.delete(pid)
    const { signal } = process
    if (signal === undefined) this.post({ _tag: "exit", pid, exitCode })
    else this.post({ _tag: "exit", pid, exitCode: 128 + SIGNAL_NUMBERS[signal], signal })
  }

  private async run(message: Extract<ToWorker, { _tag: "spawn" }>, process: Running): Promise<number> {
    const fail = async (text: string): Promise<number> => {
      await process.output.write("stderr", new TextEncoder().encode(`bash: ${text}\n`))
      return EX_SOFTWARE
    }
    if (this.engine === undefined) return fail("the worker belongs to no VM")
    try {
      const { exitCode } = await this.engine.run({
        ...message,
        write: process.output.write,
        signal: process.abort.signal
      })
      return exitCode
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      return fail(`internal error: ${text.split("\n")[0]}`)
    }
  }
}

const port = parentPort!
const worker = new ShellWorker((message, transfer) => port.postMessage(message, transfer))
installClock()
await warmUp()
port.on("message", (message: ToWorker) => worker.receive(message))
port.postMessage({ _tag: "ready" } satisfies FromWorker)
