/** One VM for shell scripts: the kernel's filesystem, reached by the engine through system calls in this thread. */
import { makeBash } from "../../../native/guests/bash/engine.ts"
import type { SystemCallName } from "../../../native/guests/protocol.ts"
import { SystemCallError } from "../../../native/guests/shell/client.ts"
import { commandNames } from "../../../native/guests/shell/command-names.ts"
import type { CallSystem, ShellEngine, ShellProcess } from "../../../native/guests/shell/engine.ts"
import { Fault } from "../../../native/kernel/fault.ts"
import { baseImage } from "../../../native/kernel/filesystem/base-image.ts"
import { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import type { Caller } from "../../../native/kernel/filesystem/operation.ts"
import { systemCall } from "../../../native/kernel/processes/system-calls.ts"

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Uint8Array
}

export interface RunOptions {
  readonly argv?: ReadonlyArray<string>
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: Uint8Array | string
  readonly signal?: AbortSignal
  readonly onOutput?: (text: string) => void
  /** Bytes after which the reader of the output stops reading. */
  readonly reads?: number
}

export interface VmOptions {
  readonly bytes?: number
  readonly engine?: (call: CallSystem) => ShellEngine
}

const now = () => BigInt(Date.now()) * 1_000_000n

export class ShellVm {
  readonly filesystem: Filesystem
  readonly caller: Caller = { credentials: { uid: 1000, gid: 1000, groups: [], umask: 0o022 }, cwd: "/" }
  /** Names of the system calls made. */
  readonly calls: Array<string> = []
  private readonly engine: ShellEngine
  private nextPid = 100

  constructor(options: VmOptions = {}) {
    this.filesystem = new Filesystem({
      root: baseImage(commandNames),
      now,
      limits: {
        bytes: options.bytes ?? 256 * 1024 * 1024,
        inodes: 200_000,
        openFiles: 2 ** 20,
        readdirEntries: 2 ** 20
      },
      random: (bytes) => void crypto.getRandomValues(bytes)
    })
    const identity = { hostname: "vm", user: "user", uid: 1000, gid: 1000 }
    this.engine = (options.engine ?? ((call) => makeBash(call, identity)))(this.call as CallSystem)
  }

  private readonly call = async (
    pid: number,
    name: SystemCallName,
    ...args: ReadonlyArray<unknown>
  ): Promise<unknown> => {
    this.calls.push(name)
    if (name === "sleep") return new Promise<void>((resolve) => setTimeout(resolve, Number(args[0])))
    await Promise.resolve()
    try {
      const steps = systemCall({ filesystem: this.filesystem, caller: { ...this.caller, pid }, now }, name, args)
      let step = steps.next()
      while (step.done !== true) step = steps.next()
      return step.value
    } catch (error) {
      if (error instanceof Fault) throw new SystemCallError(error.errno, error.syscall, error.path)
      throw error
    }
  }

  async run(command: string, options: RunOptions = {}): Promise<Outcome> {
    const out: Record<"stdout" | "stderr", Array<Uint8Array>> = { stdout: [], stderr: [] }
    let total = 0
    const process: ShellProcess = {
      pid: this.nextPid++,
      command,
      argv: options.argv ?? [],
      cwd: options.cwd ?? "/home/user",
      env: options.env ?? { HOME: "/home/user", PATH: "/usr/bin:/bin", USER: "user", LANG: "C.UTF-8" },
      stdin: typeof options.stdin === "string" ? Buffer.from(options.stdin) : options.stdin ?? new Uint8Array(0),
      signal: options.signal ?? new AbortController().signal,
      write: async (channel, bytes) => {
        out[channel].push(bytes.slice())
        total += bytes.length
        options.onOutput?.(new TextDecoder().decode(bytes))
        if (options.reads !== undefined && total >= options.reads) await new Promise<void>(() => {})
      }
    }
    const { exitCode } = await this.engine.run(process)
    const bytes = Buffer.concat(out.stdout)
    return { exitCode, stdout: bytes.toString("utf8"), stderr: Buffer.concat(out.stderr).toString("utf8"), bytes }
  }
}
