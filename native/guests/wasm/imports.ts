/**
 * The functions of WASI preview 1 that go by the VM rather than by the machine, or that the library has only for files in
 * memory: time, randomness, waiting, whole reads and writes, names that lead from one directory to another.
 */
import type { Fd } from "@bjorn3/browser_wasi_shim"
import { type WASI, wasi } from "@bjorn3/browser_wasi_shim"
import { SeededBytes } from "../shell/random.ts"
import { outcome, type SystemChannel, WasiFault } from "./channel.ts"
import { VmDirectory, VmFd } from "./descriptors.ts"
import { WINDOW_BYTES } from "./protocol.ts"

/** Buffers of one read or write, as IOV_MAX. */
const MAX_BUFFERS = 1024
/** Descriptors of one program. The shell worker's own bound comes first, but for the directory that a program begins with. */
const MAX_DESCRIPTORS = 1024
const SUBSCRIPTION_BYTES = 48
const EVENT_BYTES = 32
const MAX_SUBSCRIPTIONS = 1024
const RESOLUTION = 1000n

type Imports = Record<string, (...args: ReadonlyArray<never>) => unknown>

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The memory and the descriptors of a program. */
class Program {
  constructor(readonly own: WASI, readonly channel: SystemChannel) {}

  get bytes(): Uint8Array {
    return new Uint8Array(this.own.inst.exports.memory.buffer)
  }

  get view(): DataView {
    return new DataView(this.own.inst.exports.memory.buffer)
  }

  text(at: number, length: number): string {
    return decoder.decode(this.bytes.slice(at >>> 0, (at >>> 0) + (length >>> 0)))
  }

  fd(number: number): VmFd {
    const fd = this.own.fds[number]
    if (!(fd instanceof VmFd)) throw new WasiFault(wasi.ERRNO_BADF)
    return fd
  }

  directory(number: number): VmDirectory {
    const fd = this.fd(number)
    if (!(fd instanceof VmDirectory)) throw new WasiFault(wasi.ERRNO_NOTDIR)
    return fd
  }

  /** Where some buffers are, each within the memory. */
  buffers(at: number, count: number): Array<Uint8Array> {
    if (count >>> 0 > MAX_BUFFERS) throw new WasiFault(wasi.ERRNO_INVAL)
    const { bytes, view } = this
    return Array.from({ length: count }, (_, index) => {
      const start = view.getUint32((at >>> 0) + index * 8, true)
      const length = view.getUint32((at >>> 0) + index * 8 + 4, true)
      if (start + length > bytes.length) throw new WasiFault(wasi.ERRNO_FAULT)
      return bytes.subarray(start, start + length)
    })
  }

  /** The lowest free number, as in POSIX. */
  take(fd: Fd): number {
    const { fds } = this.own
    let number = 0
    while (fds[number] !== undefined) number++
    fds[number] = fd
    return number
  }
}

const succeeded = ({ ret }: { readonly ret: number }): void => {
  if (ret !== wasi.ERRNO_SUCCESS) throw new WasiFault(ret)
}

const transfers = (program: Program): Imports => {
  const read = (buffers: ReadonlyArray<Uint8Array>, counted: number, take: (size: number) => Uint8Array) => {
    const size = buffers.reduce((sum, { length }) => sum + length, 0)
    const data = take(Math.min(size, WINDOW_BYTES))
    let at = 0
    for (const buffer of buffers) {
      const piece = data.subarray(at, at + buffer.length)
      buffer.set(piece)
      at += piece.length
    }
    program.view.setUint32(counted, data.length, true)
  }
  const write = (buffers: ReadonlyArray<Uint8Array>, counted: number, give: (data: Uint8Array) => number) => {
    const all = buffers.length === 1 ? buffers[0] : Buffer.concat(buffers)
    program.view.setUint32(counted, give(all), true)
  }
  const reading = (fd: VmFd, offset?: bigint) => (size: number) => {
    const result = offset === undefined ? fd.fd_read(size) : fd.fd_pread(size, offset)
    succeeded(result)
    return result.data
  }
  const writing = (fd: VmFd, offset?: bigint) => (data: Uint8Array) => {
    const result = offset === undefined ? fd.fd_write(data) : fd.fd_pwrite(data, offset)
    succeeded(result)
    return result.nwritten
  }
  return {
    fd_read: (fd: number, at: number, count: number, counted: number) =>
      outcome(() => read(program.buffers(at, count), counted >>> 0, reading(program.fd(fd)))),
    fd_pread: (fd: number, at: number, count: number, offset: bigint, counted: number) =>
      outcome(() => read(program.buffers(at, count), counted >>> 0, reading(program.fd(fd), offset))),
    fd_write: (fd: number, at: number, count: number, counted: number) =>
      outcome(() => write(program.buffers(at, count), counted >>> 0, writing(program.fd(fd)))),
    fd_pwrite: (fd: number, at: number, count: number, offset: bigint, counted: number) =>
      outcome(() => write(program.buffers(at, count), counted >>> 0, writing(program.fd(fd), offset)))
  }
}

const paths = (program: Program): Imports => {
  const place = (fd: number, at: number, length: number) => program.directory(fd).place(program.text(at, length))
  return {
    path_open: (
      ...[fd, dirflags, at, length, oflags, rights, inheriting, fdflags, opened]: [
        number,
        number,
        number,
        number,
        number,
        bigint,
        bigint,
        number,
        number
      ]
    ) =>
      outcome(() => {
        const directory = program.directory(fd)
        if (program.own.fds.filter((each) => each !== undefined).length >= MAX_DESCRIPTORS) {
          throw new WasiFault(wasi.ERRNO_MFILE)
        }
        const path = program.text(at, length)
        const { fd_obj, ret } = directory.path_open(dirflags, path, oflags, rights, inheriting, fdflags)
        succeeded({ ret })
        program.view.setUint32(opened >>> 0, program.take(fd_obj!), true)
      }),
    path_rename: (fd: number, at: number, length: number, newFd: number, newAt: number, newLength: number) =>
      outcome(() => program.channel.ask("rename", { from: place(fd, at, length), to: place(newFd, newAt, newLength) })),
    path_link: (
      ...[fd, _flags, at, length, newFd, newAt, newLength]: [number, number, number, number, number, number, number]
    ) =>
      outcome(() => program.channel.ask("link", { from: place(fd, at, length), to: place(newFd, newAt, newLength) })),
    path_symlink: (targetAt: number, targetLength: number, fd: number, at: number, length: number) =>
      outcome(() =>
        program.channel.ask("symlink", { target: program.text(targetAt, targetLength), place: place(fd, at, length) })
      ),
    /** What does not fit is cut off, as with readlink(2). */
    path_readlink: (fd: number, at: number, length: number, into: number, room: number, counted: number) =>
      outcome(() => {
        const target = encoder.encode(program.channel.ask("readlink", { place: place(fd, at, length) }))
        const told = target.subarray(0, room >>> 0)
        program.bytes.set(told, into >>> 0)
        program.view.setUint32(counted >>> 0, told.length, true)
      })
  }
}

/** Time by the VM's clock; that of the processor is not known and counts as the same. */
const clocks = (program: Program): Imports & { readonly now: () => bigint } => {
  let last = 0n
  const now = (): bigint => {
    const time = BigInt(Math.round(program.channel.ask("now", {}) * 1000)) * 1000n
    return last > time ? last : (last = time)
  }
  return {
    now,
    clock_res_get: (_clock: number, into: number) =>
      outcome(() => program.view.setBigUint64(into >>> 0, RESOLUTION, true)),
    clock_time_get: (clock: number, _precision: bigint, into: number) =>
      clock >>> 0 > wasi.CLOCKID_THREAD_CPUTIME_ID
        ? wasi.ERRNO_INVAL
        : outcome(() => program.view.setBigUint64(into >>> 0, now(), true))
  }
}

/** What a program waits for. */
interface Subscribed {
  readonly userdata: bigint
  readonly eventtype: number
  /** Of a clock. */
  readonly timeout: bigint
  readonly flags: number
  /** Of what is to be read or written. */
  readonly fd: number
}

/** The library looks for the flags of a clock four bytes too early. */
const subscribed = (view: DataView, at: number): Subscribed => ({
  userdata: view.getBigUint64(at, true),
  eventtype: view.getUint8(at + 8),
  fd: view.getUint32(at + 16, true),
  timeout: view.getBigUint64(at + 24, true),
  flags: view.getUint16(at + 40, true)
})

/** Milliseconds until a clock's time has come. */
const remaining = ({ flags, timeout }: Subscribed, now: () => bigint): number => {
  const isAbsolute = (flags & wasi.SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) !== 0
  const left = isAbsolute ? timeout - now() : timeout
  return left <= 0n ? 0 : Number(left / 1000n) / 1000
}

const waits = (program: Program, now: () => bigint): Imports => ({
  poll_oneoff: (subscriptions: number, events: number, count: number, counted: number) =>
    outcome(() => {
      if (count <= 0 || count > MAX_SUBSCRIPTIONS) throw new WasiFault(wasi.ERRNO_INVAL)
      const { view } = program
      const all = Array.from(
        { length: count },
        (_, index) => subscribed(view, (subscriptions >>> 0) + index * SUBSCRIPTION_BYTES)
      )
      const clocks = all.filter(({ eventtype }) => eventtype === wasi.EVENTTYPE_CLOCK).map((each) => ({
        each,
        left: remaining(each, now)
      }))
      const readers = all.filter(({ eventtype }) => eventtype === wasi.EVENTTYPE_FD_READ)
      const writers = all.filter(({ eventtype }) => eventtype === wasi.EVENTTYPE_FD_WRITE)
      // a write waits by itself for room
      const timeoutMs = writers.length > 0
        ? 0
        : clocks.length === 0
        ? undefined
        : Math.min(...clocks.map(({ left }) => left))
      const reads = readers.map(({ fd }) => program.fd(fd).fd)
      const ready = new Set(program.channel.ask("poll", { reads, timeoutMs }))
      const over = ready.size === 0 && writers.length === 0
      const happened = [
        ...readers.filter((_, index) => ready.has(reads[index])),
        ...writers,
        ...clocks.filter(({ left }) => left === 0 || (over && left === timeoutMs)).map(({ each }) => each)
      ]
      happened.forEach(({ eventtype, userdata }, index) => {
        const at = (events >>> 0) + index * EVENT_BYTES
        program.bytes.fill(0, at, at + EVENT_BYTES)
        new wasi.Event(userdata, wasi.ERRNO_SUCCESS, eventtype).write_bytes(program.view, at)
        if (eventtype !== wasi.EVENTTYPE_CLOCK) program.view.setBigUint64(at + 16, 1n, true)
      })
      program.view.setUint32(counted >>> 0, happened.length, true)
    }),
  sched_yield: () => wasi.ERRNO_SUCCESS
})

const unsupported = () => wasi.ERRNO_NOTSUP

/** Lays them over those of the library. */
export const installImports = (own: WASI, channel: SystemChannel, seed: Uint8Array): void => {
  const program = new Program(own, channel)
  const random = new SeededBytes(seed)
  const { now, ...time } = clocks(program)
  Object.assign(own.wasiImport, transfers(program), paths(program), time, waits(program, now), {
    // the library counts characters where bytes are meant
    args_sizes_get: (count: number, size: number) =>
      outcome(() => {
        const bytes = own.args.reduce((sum, word) => sum + encoder.encode(word).length + 1, 0)
        program.view.setUint32(count >>> 0, own.args.length, true)
        program.view.setUint32(size >>> 0, bytes, true)
      }),
    random_get: (at: number, length: number) =>
      outcome(() => random.fill(program.bytes.subarray(at >>> 0, (at >>> 0) + (length >>> 0)))),
    proc_raise: unsupported,
    sock_accept: unsupported,
    sock_recv: unsupported,
    sock_send: unsupported,
    sock_shutdown: unsupported
  })
}
