/**
 * The system calls of guest workers: each checked, then one operation on the VM with the rights of the process's user.
 * What comes from a worker is not trusted, whatever its type says.
 */
import type { GuestStat, SystemCallName, SystemCalls } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import type { Filesystem } from "../filesystem/filesystem.ts"
import { fileTypeOf } from "../filesystem/inode.ts"
import type { Caller } from "../filesystem/operation.ts"
import type { Stat } from "../filesystem/stat.ts"
import type { Steps } from "../filesystem/steps.ts"

/** What a system call works on. */
export interface CallContext {
  readonly filesystem: Filesystem
  readonly caller: Caller
  /** Nanoseconds since 1970 on the VM's clock. */
  readonly now: () => bigint
}

/** Calls that take as many steps as what they work on needs. */
type LongCall = "remove" | "copy" | "readFile" | "writeFile"

type Checked = {
  readonly [Name in Exclude<SystemCallName, "sleep" | LongCall>]: (
    context: CallContext,
    args: Arguments
  ) => ReturnType<SystemCalls[Name]>
}

const NANOS = 1_000_000n

/** The arguments of a call, each taken with the type that it must have. */
class Arguments {
  constructor(private readonly name: string, private readonly values: ReadonlyArray<unknown>) {}

  string(index: number): string {
    const value = this.values[index]
    return typeof value === "string" ? value : this.refuse()
  }
  bytes(index: number): Uint8Array {
    const value = this.values[index]
    return value instanceof Uint8Array ? value : this.refuse()
  }
  flag(index: number): boolean {
    const value = this.values[index]
    return typeof value === "boolean" ? value : this.refuse()
  }
  number(index: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.values[index]
    return typeof value === "number" && value >= 0 && value <= max ? value : this.refuse()
  }
  mode(index: number): number | undefined {
    return this.values[index] === undefined ? undefined : this.number(index, 0o7777) & 0o7777
  }
  private refuse(): never {
    throw new Fault("EINVAL", this.name)
  }
}

const calls: Checked = {
  stat: ({ caller, filesystem }, args) => guestStat(filesystem.stat(caller, args.string(0))),
  lstat: ({ caller, filesystem }, args) => guestStat(filesystem.lstat(caller, args.string(0))),
  readdir: ({ caller, filesystem }, args) =>
    filesystem.readdir(caller, args.string(0)).map(({ name, type }) => ({ name, type })),
  readdirStat: ({ caller, filesystem }, args) => {
    const path = args.string(0)
    const prefix = path.endsWith("/") ? path : `${path}/`
    return filesystem.readdir(caller, path).map(({ name, type }) => ({
      name,
      type,
      stat: guestStat(filesystem.lstat(caller, prefix + name))
    }))
  },
  mkdir: ({ caller, filesystem }, args) =>
    args.flag(2)
      ? filesystem.mkdirp(caller, args.string(0), args.mode(1))
      : filesystem.mkdir(caller, args.string(0), args.mode(1)),
  unlink: ({ caller, filesystem }, args) => filesystem.unlink(caller, args.string(0)),
  rmdir: ({ caller, filesystem }, args) => filesystem.rmdir(caller, args.string(0)),
  rename: ({ caller, filesystem }, args) => filesystem.rename(caller, args.string(0), args.string(1)),
  link: ({ caller, filesystem }, args) => filesystem.link(caller, args.string(0), args.string(1)),
  symlink: ({ caller, filesystem }, args) => filesystem.symlink(caller, args.string(0), args.string(1)),
  readlink: ({ caller, filesystem }, args) => filesystem.readlink(caller, args.string(0)),
  realpath: ({ caller, filesystem }, args) => filesystem.realpath(caller, args.string(0)),
  chmod: ({ caller, filesystem }, args) => filesystem.chmod(caller, args.string(0), args.number(1, 0o7777)),
  utimes: ({ caller, filesystem }, args) =>
    filesystem.utimes(caller, args.string(0), nanoseconds(args.number(1)), nanoseconds(args.number(2))),
  truncate: ({ caller, filesystem }, args) => filesystem.truncate(caller, args.string(0), args.number(1)),
  now: ({ now }) => Number(now() / 1000n) / 1000
}

const longCalls: {
  readonly [Name in LongCall]: (context: CallContext, args: Arguments) => Steps<ReturnType<SystemCalls[Name]>>
} = {
  readFile: ({ caller, filesystem }, args) => filesystem.readSteps(caller, args.string(0)),
  writeFile: ({ caller, filesystem }, args) =>
    filesystem.writeSteps(caller, args.string(0), args.bytes(1), { append: args.flag(2), mode: args.mode(3) }),
  remove: ({ caller, filesystem }, args) =>
    filesystem.removeSteps(caller, args.string(0), { recursive: args.flag(1), force: args.flag(2) }),
  copy: ({ caller, filesystem }, args) =>
    filesystem.copySteps(caller, args.string(0), args.string(1), { recursive: args.flag(2) })
}

const isLong = (name: SystemCallName): name is LongCall => Object.hasOwn(longCalls, name)

/** Carries out a system call in steps, most in one; throws `Fault`. */
export function* systemCall(
  context: CallContext,
  name: Exclude<SystemCallName, "sleep">,
  args: ReadonlyArray<unknown>
): Steps<unknown> {
  const checked = new Arguments(name, args)
  return isLong(name) ? yield* longCalls[name](context, checked) : calls[name](context, checked)
}

/** The milliseconds of a `sleep`; throws `Fault`. */
export const sleepArgument = (args: ReadonlyArray<unknown>): number => new Arguments("sleep", args).number(0)

const nanoseconds = (milliseconds: number): bigint => {
  const whole = Math.floor(milliseconds)
  return BigInt(whole) * NANOS + BigInt(Math.round((milliseconds - whole) * 1e6))
}

const milliseconds = (nanos: bigint): number => Number(nanos / 1000n) / 1000

const guestStat = (stat: Stat): GuestStat => ({
  type: fileTypeOf(stat.mode),
  mode: stat.mode,
  size: stat.size,
  nlink: stat.nlink,
  uid: stat.uid,
  gid: stat.gid,
  ino: stat.ino,
  dev: stat.dev,
  atimeMs: milliseconds(stat.atime),
  mtimeMs: milliseconds(stat.mtime),
  ctimeMs: milliseconds(stat.ctime)
})
