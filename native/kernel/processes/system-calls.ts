/**
 * The system calls of guest workers: each checked, then one operation on the VM with the rights of the process's user.
 * What comes from a worker is not trusted, whatever its type says.
 */
import type { Errno } from "../../../src/Errno.ts"
import { isSignal, type Signal } from "../../../src/Signals.ts"
import type {
  GuestDirectoryEntry,
  GuestProcess,
  GuestStat,
  SystemCallName,
  SystemCalls
} from "../../guests/protocol.ts"
import { FILES_TOGETHER } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import type { Stat } from "../filesystem/stat.ts"
import { isFault, once, Pace, type Steps } from "../filesystem/steps.ts"
import type { ToolCalls } from "../tools/tool-calls.ts"
import { Arguments } from "./arguments.ts"
import { fileCalls, type FileContext, guestStat, making } from "./file-calls.ts"
import type { WaitingCallName } from "./waiting-calls.ts"

/** What a system call works on. */
export interface CallContext extends FileContext {
  /** Nanoseconds since 1970 on the VM's clock. */
  readonly now: () => bigint
  readonly processes: {
    /** Ends sleeps of a process early, by the name that they were given. */
    readonly wake: (pid: number, name: number) => void
    /** What a process may see of them all. Throws `Fault` where that is nothing. */
    readonly list: (pid: number) => ReadonlyArray<GuestProcess>
    /** Throws `Fault` unless a process may start a program. */
    readonly mayRun: (pid: number, name: string, path: string) => void
    /** As kill(2), by a process; "0" only asks. Throws `Fault`. */
    readonly kill: (pid: number, target: number, signal: Signal | "0") => void
    /** What the shell session of a process has become. Throws `Fault` where it has none. */
    readonly saveSession: (pid: number, state: Uint8Array | undefined) => void
  }
  /** The host's tools, where the VM has any. */
  readonly tools: ToolCalls | undefined
}

/** Calls that take as many steps as what they work on needs. */
type LongCall = "remove" | "copy" | "readFile" | "readFiles" | "writeFile" | "mkdir" | "readdir" | "readdirStat"

type Checked = {
  readonly [Name in Exclude<SystemCallName, WaitingCallName | LongCall>]: (
    context: CallContext,
    args: Arguments
  ) => ReturnType<SystemCalls[Name]> | (Name extends "stat" | "lstat" ? Fault : never)
}

const looked = (found: Stat | Fault): GuestStat | Fault => found instanceof Fault ? found : guestStat(found)

const NANOS = 1_000_000n
/** Bytes that are read in the time of one unit of work. */
const READ_PACE = 4096
const LAST_PID = 4_194_304
const MAX_ID = 0xffff_fffe

const calls: Checked = {
  ...fileCalls,
  stat: ({ caller, filesystem }, args) => looked(filesystem.look(caller, args.string(0), true)),
  lstat: ({ caller, filesystem }, args) => looked(filesystem.look(caller, args.string(0), false)),
  unlink: ({ caller, filesystem }, args) => filesystem.unlink(caller, args.string(0)),
  rmdir: ({ caller, filesystem }, args) => filesystem.rmdir(caller, args.string(0)),
  rename: ({ caller, filesystem }, args) => filesystem.rename(caller, args.string(0), args.string(1)),
  link: ({ caller, filesystem }, args) => filesystem.link(caller, args.string(0), args.string(1)),
  symlink: ({ caller, filesystem }, args) => filesystem.symlink(caller, args.string(0), args.string(1)),
  readlink: ({ caller, filesystem }, args) => filesystem.readlink(caller, args.string(0)),
  realpath: ({ caller, filesystem }, args) => filesystem.realpath(caller, args.string(0)),
  chmod: ({ caller, filesystem }, args) => filesystem.chmod(caller, args.string(0), args.number(1, 0o7777)),
  chown: ({ caller, filesystem }, args) =>
    filesystem.chown(caller, args.string(0), args.number(1, MAX_ID), args.number(2, MAX_ID), { follow: args.flag(3) }),
  utimes: ({ caller, filesystem }, args) =>
    filesystem.utimes(caller, args.string(0), nanoseconds(args.number(1)), nanoseconds(args.number(2))),
  truncate: ({ caller, filesystem }, args) => filesystem.truncate(caller, args.string(0), args.number(1)),
  getxattr: ({ caller, filesystem }, args) =>
    filesystem.getXattr(caller, args.string(0), args.string(1), { follow: args.flag(2) }),
  listxattr: ({ caller, filesystem }, args) => filesystem.listXattrs(caller, args.string(0), { follow: args.flag(1) }),
  setxattr: ({ caller, filesystem }, args) => {
    const mode = args.number(3, 2)
    const options = { create: mode === 1, replace: mode === 2, follow: args.flag(4) }
    filesystem.setXattr(caller, args.string(0), args.string(1), args.bytes(2), options)
  },
  removexattr: ({ caller, filesystem }, args) =>
    filesystem.removeXattr(caller, args.string(0), args.string(1), { follow: args.flag(2) }),
  statfs: ({ caller, filesystem }, args) => {
    const { blockSize, blocks, blocksFree, files, filesFree } = filesystem.statfs(caller, args.string(0))
    return {
      bytes: blocks * blockSize,
      freeBytes: blocksFree * blockSize,
      inodes: files,
      freeInodes: filesFree
    }
  },
  now: ({ now }) => Number(now() / 1000n) / 1000,
  wake: ({ caller, processes }, args) => processes.wake(caller.pid!, args.number(0)),
  kill: ({ caller, processes }, args) => {
    const signal = args.string(1)
    return processes.kill(
      caller.pid!,
      args.integer(0, -LAST_PID, LAST_PID),
      isSignal(signal) || signal === "0" ? signal : args.refuse()
    )
  },
  processes: ({ caller, processes }) => processes.list(caller.pid!),
  mayRun: ({ caller, processes }, args) => processes.mayRun(caller.pid!, args.string(0), args.string(1)),
  saveSession: ({ caller, processes }, args) => processes.saveSession(caller.pid!, args.optionalBytes(0)),
  tools: ({ tools }) => tools?.catalog ?? "{\"kits\":[]}"
}

const longCalls: {
  readonly [Name in LongCall]: (context: CallContext, args: Arguments) => Steps<ReturnType<SystemCalls[Name]>>
} = {
  *readdir({ caller, filesystem }, args) {
    const entries = yield* filesystem.readdirSteps(caller, args.string(0))
    return entries.map(({ name, type }) => ({ name, type }))
  },
  readdirStat: (context, args) => listWithStats(context, args.string(0)),
  mkdir: ({ caller, filesystem }, args) => {
    const mode = args.mode(1)
    const maker = making(caller, mode)
    return args.flag(2)
      ? filesystem.mkdirpSteps(maker, args.string(0), mode)
      : once(() => filesystem.mkdir(maker, args.string(0), mode))
  },
  readFile: ({ caller, filesystem }, args) => filesystem.readSteps(caller, args.string(0)),
  readFiles: (context, args) => {
    const paths = args.string(0).split("\0")
    return paths.length > FILES_TOGETHER ? args.refuse() : readTogether(context, paths)
  },
  writeFile: ({ caller, filesystem }, args) => {
    const mode = args.mode(3)
    return filesystem.writeSteps(making(caller, mode), args.string(0), args.bytes(1), { append: args.flag(2), mode })
  },
  remove: ({ caller, filesystem }, args) =>
    filesystem.removeSteps(caller, args.string(0), { recursive: args.flag(1), force: args.flag(2) }),
  copy: ({ caller, filesystem }, args) =>
    filesystem.copySteps(caller, args.string(0), args.string(1), { recursive: args.flag(2) })
}

/** What goes away between two steps is left out. */
function* listWithStats(
  { caller, filesystem }: CallContext,
  path: string
): Steps<Array<GuestDirectoryEntry & { readonly stat: GuestStat }>> {
  const prefix = path.endsWith("/") ? path : `${path}/`
  const pace = new Pace()
  const listed: Array<GuestDirectoryEntry & { readonly stat: GuestStat }> = []
  for (const { name, type } of yield* filesystem.readdirSteps(caller, path)) {
    try {
      listed.push({ name, type, stat: guestStat(filesystem.lstat(caller, prefix + name)) })
    } catch (thrown) {
      if (!isFault(thrown, "ENOENT", "ENOTDIR", "ESRCH")) throw thrown
    }
    if (pace.spend(2 + prefix.length / 16)) yield
  }
  return listed
}

function* readTogether(
  { caller, filesystem }: CallContext,
  paths: ReadonlyArray<string>
): Steps<Array<Uint8Array | Errno>> {
  const pace = new Pace()
  const contents: Array<Uint8Array | Errno> = []
  for (const path of paths) {
    try {
      const content = yield* filesystem.readSteps(caller, path)
      contents.push(content)
      if (pace.spend(4 + path.length / 16 + content.length / READ_PACE)) yield
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      contents.push(thrown.errno)
    }
  }
  return contents
}

const isLong = (name: SystemCallName): name is LongCall => Object.hasOwn(longCalls, name)

/** What carries out a call in one step, where one is enough; that throws `Fault`, or gives it. */
export const shortCall = (
  context: CallContext,
  name: Exclude<SystemCallName, WaitingCallName>,
  args: ReadonlyArray<unknown>
): (() => unknown) | undefined =>
  // what is not here may have to be brought first
  isLong(name) || context.filesystem.foreign ? undefined : () => calls[name](context, new Arguments(name, args))

/** Carries out a system call in steps, most in one; throws `Fault`, or gives it. */
export function* systemCall(
  context: CallContext,
  name: Exclude<SystemCallName, WaitingCallName>,
  args: ReadonlyArray<unknown>
): Steps<unknown> {
  const checked = new Arguments(name, args)
  return isLong(name) ? yield* longCalls[name](context, checked) : calls[name](context, checked)
}

const nanoseconds = (milliseconds: number): bigint => {
  const whole = Math.floor(milliseconds)
  return BigInt(whole) * NANOS + BigInt(Math.round((milliseconds - whole) * 1e6))
}
