/** The system calls of one VM in this thread, over the kernel's own filesystem. */
import { programNames } from "../../../native/guests/programs/names.ts"
import type { SystemCallName } from "../../../native/guests/protocol.ts"
import { Fault } from "../../../native/kernel/fault.ts"
import { baseImage } from "../../../native/kernel/filesystem/base-image.ts"
import { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import type { Caller } from "../../../native/kernel/filesystem/operation.ts"
import { OpenFiles } from "../../../native/kernel/open-files.ts"
import { systemCall } from "../../../native/kernel/processes/system-calls.ts"

const credentials = { uid: 0, gid: 0, groups: [], umask: 0o022, createUid: 1000, createGid: 1000 }
const NOW = BigInt(Date.UTC(2030, 0, 2, 3, 4, 5)) * 1_000_000n

/** The worker's own processes are its own business. */
export const noOthers = {
  list: () => [],
  mayRun: () => {},
  wake: () => {},
  saveSession: () => {
    throw new Fault("EINVAL", "saveSession")
  },
  kill: () => {
    throw new Fault("ESRCH", "kill")
  }
}

export class MemoryKernel {
  readonly filesystem = new Filesystem({
    root: baseImage(programNames),
    now: () => NOW,
    limits: { bytes: 256 * 1024 * 1024, inodes: 200_000, openFiles: 4096, readdirEntries: 2 ** 20 },
    random: (bytes) => void crypto.getRandomValues(bytes)
  })
  /** What the worker holds open. */
  readonly files = new OpenFiles()
  private readonly caller: Caller = { credentials, cwd: "/" }
  private readonly sleeps = new Set<{ timer: NodeJS.Timeout; done: (value: unknown) => void }>()
  /** Every call so far, for tests that count them. */
  readonly log: Array<string> = []

  put(path: string, content: Uint8Array): void {
    this.filesystem.mkdirp(this.caller, path.slice(0, path.lastIndexOf("/")) || "/")
    this.filesystem.writeFile(this.caller, path, content)
  }

  get(path: string): Uint8Array {
    return this.filesystem.readFile(this.caller, path)
  }

  /** The result of a call, or the fault it throws. */
  call(name: SystemCallName, args: ReadonlyArray<unknown>): unknown {
    this.log.push(`${name} ${String(args[0] ?? "")}`)
    if (name === "sleep") return this.sleep(Number(args[0]))
    // what sleeps here sleeps until its end
    if (name === "wake") return undefined
    if (name === "flock" || name === "tool" || name === "toolNext") throw new Fault("ENOSYS", name)
    const { caller, files, filesystem } = this
    const context = {
      filesystem,
      files,
      caller: { ...caller, pid: 1 },
      now: () => NOW,
      processes: noOthers,
      tools: undefined
    }
    const steps = systemCall(context, name, args)
    for (;;) {
      const step = steps.next()
      if (step.done !== true) continue
      if (step.value instanceof Fault) throw step.value
      return step.value
    }
  }

  /** Ends every sleep. */
  dispose(): void {
    for (const { done, timer } of this.sleeps) {
      clearTimeout(timer)
      done(undefined)
    }
    this.sleeps.clear()
  }

  private sleep(milliseconds: number): Promise<unknown> {
    return new Promise((done) => {
      const sleep = {
        done,
        timer: setTimeout(() => {
          this.sleeps.delete(sleep)
          done(undefined)
        }, milliseconds)
      }
      this.sleeps.add(sleep)
    })
  }
}
