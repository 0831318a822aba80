/** One VM for shell scripts: the kernel's filesystem, reached by the engine through system calls in this thread. */
import { makeBash } from "../../../native/guests/bash/engine.ts"
import { programNames } from "../../../native/guests/programs/names.ts"
import type { Notice, SystemCallName } from "../../../native/guests/protocol.ts"
import { SystemCallError } from "../../../native/guests/shell/client.ts"
import type { CallSystem, GuestSystem, ShellEngine, ShellProcess } from "../../../native/guests/shell/engine.ts"
import { Input } from "../../../native/guests/shell/input.ts"
import { Pids } from "../../../native/guests/shell/pids.ts"
import { setSurroundings } from "../../../native/guests/wasm/workers.ts"
import { Fault } from "../../../native/kernel/fault.ts"
import { baseImage } from "../../../native/kernel/filesystem/base-image.ts"
import { deviceSnapshot } from "../../../native/kernel/filesystem/devices.ts"
import { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import type { Caller } from "../../../native/kernel/filesystem/operation.ts"
import type { ProcSource } from "../../../native/kernel/filesystem/proc.ts"
import { makeProc } from "../../../native/kernel/filesystem/proc.ts"
import { OpenFiles } from "../../../native/kernel/open-files.ts"
import { systemCall } from "../../../native/kernel/processes/system-calls.ts"
import { waitingCall } from "../../../native/kernel/processes/waiting-calls.ts"
import { noOthers } from "../../guests/support/memory-kernel.ts"

// sqlite3 runs in a worker that the build has bundled
setSurroundings({
  program: new URL("../../../dist/sidecar/wasm-worker.js", import.meta.url),
  ticket: () => ({ redeem: (run) => run(), cancel: () => {} })
})

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
  readonly stdin?: Uint8Array | string | Input
  readonly signal?: AbortSignal
  readonly onOutput?: (text: string) => void
  /** The shell session that it runs in. */
  readonly session?: string
  /** Bytes after which the reader of the output stops reading. */
  readonly reads?: number
}

const inputOf = (given: RunOptions["stdin"]): Input | undefined => {
  if (given === undefined || given instanceof Input) return given
  const input = new Input({ onRead: () => {}, onClosed: () => {} })
  input.add(typeof given === "string" ? Buffer.from(given) : given)
  input.end()
  return input
}

export interface VmOptions {
  readonly bytes?: number
  readonly engine?: (system: GuestSystem) => ShellEngine
}

const now = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n

/** A `/proc` without processes: the engine's own are its own business. */
const noProcesses: ProcSource = {
  version: "Linux",
  cpuCount: 1,
  startedAt: now(),
  now,
  memory: () => ({ total: 2 ** 30, free: 2 ** 29 }),
  mounts: () => [{ path: "/", type: "rootfs", source: "rootfs", readOnly: false }],
  pids: () => [],
  process: () => undefined,
  shows: () => true,
  mayShow: () => {}
}

export class ShellVm {
  readonly filesystem: Filesystem
  /** What the engine holds open. */
  readonly files = new OpenFiles()
  readonly caller: Caller = { credentials: { uid: 1000, gid: 1000, groups: [], umask: 0o022 }, cwd: "/" }
  /** What the engine has told of its processes. */
  readonly notices: Array<Notice> = []
  /** Names of the system calls made. */
  readonly calls: Array<string> = []
  /** What each shell session has left, by its name; `undefined` when it was too large. */
  readonly sessions = new Map<string, Uint8Array | undefined>()
  private readonly inSession = new Map<number, string>()
  private readonly engine: ShellEngine
  private nextPid = 100

  constructor(options: VmOptions = {}) {
    this.filesystem = new Filesystem({
      root: baseImage(programNames),
      now,
      limits: {
        bytes: options.bytes ?? 256 * 1024 * 1024,
        inodes: 200_000,
        openFiles: 2 ** 20,
        readdirEntries: 2 ** 20
      },
      random: (bytes) => void crypto.getRandomValues(bytes)
    })
    this.filesystem.mount("/dev", deviceSnapshot(), { type: "devtmpfs", source: "devtmpfs" })
    this.filesystem.mountSynthetic("/proc", makeProc(noProcesses), { type: "proc", source: "proc" })
    const identity = {
      hostname: "vm",
      user: "user",
      uid: 1000,
      gid: 1000,
      processes: 512,
      argvBytes: 2 ** 20,
      envBytes: 2 ** 20,
      wasmMemoryBytes: 2 ** 26
    }
    const pids = new Pids()
    pids.grant(30_000, 4_000_000)
    const system: GuestSystem = {
      call: this.call as CallSystem,
      release: (file) => this.files.close(file),
      notify: (notice) => void this.notices.push(notice),
      pids
    }
    this.engine = (options.engine ?? ((given) => makeBash(given, identity)))(system)
  }

  private readonly sleeps = new Map<unknown, () => void>()

  private sleep(wake: () => void, milliseconds: number, key: unknown): void {
    const end = () => {
      clearTimeout(timer)
      this.sleeps.delete(key)
      wake()
    }
    const timer = setTimeout(end, milliseconds)
    this.sleeps.set(key, end)
  }

  /** As the kernel's call runner does it: a wait that is woken has failed. */
  private flock(pid: number, args: ReadonlyArray<unknown>): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const fail = ({ errno, path, syscall }: Fault) => reject(new SystemCallError(errno, syscall, path))
      try {
        const context = { after: () => () => {}, pid, files: this.files, tools: undefined }
        const withdraw = waitingCall(context, "flock", args)(() => resolve(), fail)
        this.sleeps.set(args[3], () => {
          withdraw()
          fail(new Fault("EINTR", "flock"))
        })
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        fail(error)
      }
    })
  }

  private readonly call = async (
    pid: number,
    name: SystemCallName,
    ...args: ReadonlyArray<unknown>
  ): Promise<unknown> => {
    this.calls.push(name)
    if (name === "sleep") return new Promise<void>((resolve) => this.sleep(resolve, Number(args[0]), args[1]))
    if (name === "wake") return this.sleeps.get(args[0])?.()
    if (name === "flock") return this.flock(pid, args)
    const session = name === "saveSession" ? this.inSession.get(pid) : undefined
    if (session !== undefined) return void this.sessions.set(session, args[0] as Uint8Array | undefined)
    if (name === "tool" || name === "toolNext") throw new SystemCallError("ENOSYS", name, undefined)
    await Promise.resolve()
    try {
      const steps = systemCall(
        {
          filesystem: this.filesystem,
          files: this.files,
          caller: { ...this.caller, pid },
          now,
          processes: noOthers,
          tools: undefined
        },
        name,
        args
      )
      let step = steps.next()
      while (step.done !== true) step = steps.next()
      if (step.value instanceof Fault) throw step.value
      return step.value
    } catch (error) {
      if (error instanceof Fault) throw new SystemCallError(error.errno, error.syscall, error.path)
      throw error
    }
  }

  async run(command: string, options: RunOptions = {}): Promise<Outcome> {
    const out: Record<"stdout" | "stderr", Array<Uint8Array>> = { stdout: [], stderr: [] }
    let total = 0
    const pid = this.nextPid++
    const { session } = options
    if (session !== undefined) this.inSession.set(pid, session)
    const process: ShellProcess = {
      pid,
      session: session === undefined ? undefined : { state: this.sessions.get(session), maxBytes: 2 ** 22 },
      command,
      argv: options.argv ?? [],
      cwd: options.cwd ?? "/home/user",
      env: options.env ?? { HOME: "/home/user", PATH: "/usr/bin:/bin", USER: "user", LANG: "C.UTF-8" },
      stdin: inputOf(options.stdin),
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
