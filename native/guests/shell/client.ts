/**
 * The worker's end of the system calls: a promise per call, a bounded number under way, answers matched by id.
 */
import type { Errno } from "../../../src/Errno.ts"
import { errnoText } from "../../../src/Errno.ts"
import type { FromWorker, SystemCallName, SystemCalls } from "../protocol.ts"
import type { CallSystem } from "./engine.ts"

/** Calls under way at one time. The kernel kills a worker that exceeds its own, larger bound. */
export const CALLS_IN_FLIGHT = 64

/** Where the words of the C library are not simply the table's with a capital. */
const reasons: Partial<Record<Errno, string>> = {
  EISDIR: "Is a directory",
  EEXIST: "File exists",
  EIO: "Input/output error",
  EXDEV: "Invalid cross-device link",
  ELOOP: "Too many levels of symbolic links",
  EROFS: "Read-only file system",
  ENAMETOOLONG: "File name too long",
  EPERM: "Operation not permitted"
}

/** A system call that faulted. The message has the form that shell commands recognise. */
export class SystemCallError extends Error {
  readonly code: Errno
  /** As the C library puts it: "No such file or directory". */
  readonly reason: string
  constructor(errno: Errno, syscall: string, path: string | undefined) {
    super(`${errno}: ${errnoText(errno)}, ${syscall}${path === undefined ? "" : ` '${path}'`}`)
    this.name = "SystemCallError"
    this.code = errno
    this.reason = reasons[errno] ?? errnoText(errno).replace(/^./, (first) => first.toUpperCase())
  }
}

export const isErrno = (error: unknown, ...codes: ReadonlyArray<Errno>): boolean =>
  error instanceof SystemCallError && codes.includes(error.code)

interface Waiting {
  readonly pid: number
  readonly name: SystemCallName
  readonly args: ReadonlyArray<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

export class SystemCallClient {
  private nextId = 1
  private readonly underWay = new Map<number, Waiting>()
  private waiting: Array<Waiting> = []
  /** Index of the first waiting call not yet sent: shifting a long array for each answer would be quadratic. */
  private head = 0
  private readonly open = new Set<number>()

  constructor(private readonly post: (message: FromWorker) => void) {}

  readonly call: CallSystem = <Name extends SystemCallName>(
    pid: number,
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ) =>
    new Promise<ReturnType<SystemCalls[Name]>>((resolve, reject) => {
      if (!this.open.has(pid)) return reject(new SystemCallError("ECANCELED", name, undefined))
      this.waiting.push({ pid, name, args, resolve: resolve as (value: never) => void, reject })
      this.pump()
    })

  settle(id: number, value: unknown): void {
    const call = this.take(id)
    if (call !== undefined) call.resolve(value as never)
  }

  fail(id: number, errno: Errno, syscall: string, path: string | undefined): void {
    const call = this.take(id)
    if (call !== undefined) call.reject(new SystemCallError(errno, syscall, path))
  }

  /** Lets a process make calls. */
  admit(pid: number): void {
    this.open.add(pid)
  }

  /** Rejects all that a process waits for or will yet ask: nothing of it is sent again. */
  dismiss(pid: number): void {
    if (!this.open.delete(pid)) return
    const rest = this.waiting.slice(this.head)
    this.waiting = rest.filter((call) => call.pid !== pid)
    this.head = 0
    const dropped = rest.filter((call) => call.pid === pid)
    for (const [id, call] of this.underWay) {
      if (call.pid !== pid) continue
      this.underWay.delete(id)
      dropped.push(call)
    }
    for (const call of dropped) call.reject(new SystemCallError("ECANCELED", call.name, undefined))
    this.pump()
  }

  private take(id: number): Waiting | undefined {
    const call = this.underWay.get(id)
    if (call !== undefined) {
      this.underWay.delete(id)
      this.pump()
    }
    return call
  }

  private pump(): void {
    while (this.underWay.size < CALLS_IN_FLIGHT && this.head < this.waiting.length) {
      const call = this.waiting[this.head++]
      if (this.head > 1024 || this.head === this.waiting.length) {
        this.waiting = this.waiting.slice(this.head)
        this.head = 0
      }
      const id = this.nextId++
      this.underWay.set(id, call)
      this.post({ _tag: "call", id, pid: call.pid, name: call.name, args: call.args })
    }
  }
}
