/**
 * The worker's end of the system calls: a promise per call, a bounded number under way, answers matched by id.
 */
import type { Errno } from "../../../src/Errno.ts"
import { errnoText } from "../../../src/Errno.ts"
import type { FromWorker, SystemCallName, SystemCalls } from "../protocol.ts"
import { isParked, MAX_CLOSES, MAX_PARKED_CALLS } from "../protocol.ts"
import type { CallSystem } from "./engine.ts"

/** Calls under way at one time. The kernel kills a worker that exceeds its own, larger bound. */
export const CALLS_IN_FLIGHT = 192

/** Where the words of the C library are not simply the table's with a capital. */
const reasons: Partial<Record<Errno, string>> = {
  EISDIR: "Is a directory",
  EEXIST: "File exists",
  EIO: "Input/output error",
  EXDEV: "Invalid cross-device link",
  ELOOP: "Too many levels of symbolic links",
  EROFS: "Read-only file system",
  ESPIPE: "Illegal seek",
  ENAMETOOLONG: "File name too long",
  EPERM: "Operation not permitted"
}

/** An error without a stack, nor a walk over it. */
class Stackless extends Error {
  constructor() {
    const traced: { stackTraceLimit?: number | undefined } = Error
    const limit = traced.stackTraceLimit
    traced.stackTraceLimit = undefined
    super()
    traced.stackTraceLimit = limit
  }
}

/**
 * A system call that faulted. The message has the form that shell commands recognise. There is no stack, and no message unless
 * somebody reads it: a shell looks for many files that are not there, and would spend more on that than on looking.
 */
export class SystemCallError extends Stackless {
  constructor(readonly code: Errno, private readonly syscall: string, private readonly path: string | undefined) {
    super()
  }

  override get name(): string {
    return "SystemCallError"
  }

  override get message(): string {
    const { code, path, syscall } = this
    return `${code}: ${errnoText(code)}, ${syscall}${path === undefined ? "" : ` '${path}'`}`
  }

  /** As the C library puts it: "No such file or directory". */
  get reason(): string {
    return reasons[this.code] ?? errnoText(this.code).replace(/^./, (first) => first.toUpperCase())
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
  /** Calls under way that may be long in coming. */
  private readonly parked = new Set<number>()
  private readonly released: Array<number> = []

  constructor(private readonly post: (message: FromWorker) => void) {}

  readonly call: CallSystem = <Name extends SystemCallName>(
    pid: number,
    name: Name,
    ...args: Parameters<SystemCalls[Name]>
  ) =>
    new Promise<ReturnType<SystemCalls[Name]>>((resolve, reject) => {
      this.waiting.push({ pid, name, args, resolve: resolve as (value: never) => void, reject })
      this.pump()
    })

  settle(id: number, value: unknown): void {
    this.take(id)?.resolve(value as never)
  }

  fail(id: number, errno: Errno, syscall: string, path: string | undefined): void {
    const call = this.take(id)
    if (call !== undefined) call.reject(new SystemCallError(errno, syscall, path))
  }

  /** Gives up a file. Those of one turn leave in one message. */
  readonly release = (file: number): void => {
    this.released.push(file)
    if (this.released.length === 1) queueMicrotask(() => this.postReleased())
  }

  private postReleased(): void {
    while (this.released.length > 0) this.post({ _tag: "close", files: this.released.splice(0, MAX_CLOSES) })
  }

  private take(id: number): Waiting | undefined {
    const call = this.underWay.get(id)
    if (call !== undefined) {
      this.settled(id)
      this.pump()
    }
    return call
  }

  private settled(id: number): void {
    this.underWay.delete(id)
    this.parked.delete(id)
  }

  private pump(): void {
    while (this.underWay.size - this.parked.size < CALLS_IN_FLIGHT && this.head < this.waiting.length) {
      const call = this.waiting[this.head++]
      if (this.head > 1024 || this.head === this.waiting.length) {
        this.waiting = this.waiting.slice(this.head)
        this.head = 0
      }
      const id = this.nextId++
      this.underWay.set(id, call)
      if (isParked(call.name) && this.parked.size < MAX_PARKED_CALLS) this.parked.add(id)
      this.post({ _tag: "call", id, pid: call.pid, name: call.name, args: call.args })
    }
  }
}
