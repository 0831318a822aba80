/** The kernel's side: carries out operations and tells their outcomes as the host's side does. */
import * as NodePath from "node:path"
import { crc32 } from "node:zlib"
import { Fault } from "../../../../native/kernel/fault.ts"
import type { TimeChange } from "../../../../native/kernel/filesystem/attributes.ts"
import type { Filesystem } from "../../../../native/kernel/filesystem/filesystem.ts"
import type { OpenFile } from "../../../../native/kernel/filesystem/open-file.ts"
import type { Caller } from "../../../../native/kernel/filesystem/operation.ts"
import type { Stat } from "../../../../native/kernel/filesystem/stat.ts"
import { make, root } from "../support.ts"
import type { HostFacts } from "./host.ts"
import type { Operation } from "./operations.ts"

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const whences = ["start", "current", "end"] as const
const nanos = (seconds: number): bigint => BigInt(seconds) * 1_000_000_000n
const millis = (time: bigint): number => Number(time / 1_000_000n)

const digest = (content: Uint8Array): ReadonlyArray<number> => [content.length, crc32(content)]
const bytes = (fill: number, size: number): Uint8Array => new Uint8Array(size).fill(fill)

export class Kernel {
  readonly fs: Filesystem = make()
  readonly files = new Map<number, OpenFile>()
  private umask = 0o022

  constructor(private readonly facts: HostFacts, base: string, top: string) {
    for (let path = top; path !== "/"; path = NodePath.dirname(path)) this.fs.mkdirp(root, path)
    const { gid, uid } = facts.users[0]
    for (let path = top; path.length >= base.length; path = NodePath.dirname(path)) {
      this.fs.chown(root, path, uid, gid)
    }
    this.fs.chmod(root, top, 0o777)
  }

  private caller(user: number): Caller {
    return { credentials: { ...this.facts.users[user], umask: this.umask }, cwd: "/" }
  }

  private stat({ gid, mode, nlink, size, uid }: Stat): ReadonlyArray<number> {
    const directory = (mode & S_IFMT) === S_IFDIR
    return [mode, uid, gid, directory && !this.facts.nlink ? 0 : nlink, directory ? 0 : size]
  }

  outcome([user, name, ...args]: Operation): unknown {
    try {
      const caller = this.caller(user)
      const run = onPaths[name as keyof typeof onPaths]
      const result = run === undefined
        ? this.onFile(name, args as Array<number>)
        : run.call(this, caller, ...(args as [never, never, never, never]))
      return result ?? null
    } catch (error) {
      if (error instanceof Fault) return error.errno
      throw error
    }
  }

  /** What the two sides do differently on purpose, or as the host's kind of filesystem has it. */
  differs([, name, ...args]: Operation, outcome: unknown): boolean {
    // a named pipe has no reader outside the VM's worker: see docs/differences.md
    if (outcome === "ENXIO") return true
    // how far one may seek in a directory depends on the kind of filesystem
    return name === "seek" && ((this.files.get(args[0] as number)?.stat().mode ?? 0) & S_IFMT) === S_IFDIR
  }

  setUmask(umask: number): number {
    const before = this.umask
    this.umask = umask
    return before
  }

  open(caller: Caller, slot: number, path: string, flags: number, mode: number): void {
    this.files.set(slot, this.fs.open(caller, path, flags, mode))
  }

  private onFile(name: string, [slot, ...args]: Array<number>): unknown {
    const file = this.files.get(slot)!
    switch (name) {
      case "close":
        this.files.delete(slot)
        return file.close()
      case "dup":
        this.files.set(args[0], file.duplicate())
        return
      case "read":
        return digest(file.read(args[0]))
      case "pread":
        return digest(file.pread(args[0], args[1]))
      case "write":
        return void file.write(bytes(args[0], args[1]))
      case "pwrite":
        return void file.pwrite(args[0], bytes(args[1], args[2]))
      case "seek":
        return file.seek(args[0], whences[args[1]])
      case "ftruncate":
        return file.truncate(args[0])
      case "fstat":
        return this.stat(file.stat())
      case "fchmod":
        return file.chmod(args[0])
      case "fchown":
        return file.chown(args[0], args[1])
      case "futimes": {
        const times = args[0] as unknown as ReadonlyArray<number> | null
        if (times === null) return file.utimes("now", "now")
        file.utimes(nanos(times[0]), nanos(times[1]))
        const stat = file.stat()
        return [millis(stat.atime), millis(stat.mtime)]
      }
      case "fsync":
        return file.sync()
      case "freaddir":
        return file.readdir().map(({ name }) => name).sort()
    }
    throw new Error(`no operation ${name}`)
  }

  statOf(caller: Caller, path: string, follow: boolean): unknown {
    return this.stat(follow ? this.fs.stat(caller, path) : this.fs.lstat(caller, path))
  }

  /** Everything below a directory, for comparing the two sides whole. */
  tree(top: string): ReadonlyArray<string> {
    const { fs } = this
    const lines: Array<string> = []
    const pending = [top]
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (const { name, type } of fs.readdir(root, at)) {
        const path = `${at}/${name}`
        const line: Array<unknown> = [...this.stat(fs.lstat(root, path))]
        if (type === "symlink") line.push(fs.readlink(root, path))
        if (type === "file") line.push(crc32(fs.readFile(root, path)))
        if (type === "directory") pending.push(path)
        lines.push(`${path.slice(top.length)} ${JSON.stringify(line).replaceAll(",", ", ")}`)
      }
    }
    return lines.sort()
  }
}

type Run = (this: Kernel, caller: Caller, ...args: [any, any, any, any]) => unknown

const onPaths: Readonly<Record<string, Run>> = {
  umask(_, mask: number) {
    return this.setUmask(mask)
  },
  writeFile(caller, path: string, fill: number, size: number) {
    this.fs.writeFile(caller, path, bytes(fill, size))
  },
  append(caller, path: string, fill: number, size: number) {
    this.fs.writeFile(caller, path, bytes(fill, size), { append: true })
  },
  create(caller, path: string, mode: number) {
    this.fs.writeFile(caller, path, Buffer.from("new"), { exclusive: true, mode })
  },
  readFile(caller, path: string) {
    return digest(this.fs.readFile(caller, path))
  },
  mkdir(caller, path: string, mode: number) {
    this.fs.mkdir(caller, path, mode)
  },
  mkfifo(caller, path: string, mode: number) {
    this.fs.mkfifo(caller, path, mode)
  },
  rmdir(caller, path: string) {
    this.fs.rmdir(caller, path)
  },
  unlink(caller, path: string) {
    this.fs.unlink(caller, path)
  },
  rename(caller, path: string, other: string, flags: number) {
    this.fs.rename(caller, path, other, { noReplace: (flags & 1) !== 0, exchange: (flags & 2) !== 0 })
  },
  link(caller, path: string, other: string) {
    this.fs.link(caller, path, other)
  },
  symlink(caller, target: string, path: string) {
    this.fs.symlink(caller, target, path)
  },
  readlink(caller, path: string) {
    return this.fs.readlink(caller, path)
  },
  chmod(caller, path: string, mode: number) {
    this.fs.chmod(caller, path, mode)
  },
  chown(caller, path: string, uid: number, gid: number, follow: boolean) {
    this.fs.chown(caller, path, uid, gid, { follow })
  },
  truncate(caller, path: string, size: number) {
    this.fs.truncate(caller, path, size)
  },
  stat(caller, path: string) {
    return this.statOf(caller, path, true)
  },
  lstat(caller, path: string) {
    return this.statOf(caller, path, false)
  },
  readdir(caller, path: string) {
    const kind = (type: string) => ["file", "directory", "symlink"].includes(type) ? type : "other"
    return this.fs.readdir(caller, path).map(({ name, type }) => `${name} ${kind(type)}`).sort()
  },
  realpath(caller, path: string) {
    return this.fs.realpath(caller, path)
  },
  access(caller, path: string, mask: number) {
    this.fs.access(caller, path, mask)
  },
  utimes(caller, path: string, times: ReadonlyArray<number> | null, follow: boolean) {
    const [atime, mtime]: ReadonlyArray<TimeChange> = times === null ? ["now", "now"] : times.map(nanos)
    this.fs.utimes(caller, path, atime, mtime, { follow })
    if (times === null) return null
    const stat = follow ? this.fs.stat(caller, path) : this.fs.lstat(caller, path)
    return [follow ? millis(stat.atime) : 0, millis(stat.mtime)]
  },
  open(caller, slot: number, path: string, flags: number, mode: number) {
    this.open(caller, slot, path, flags, mode)
  }
}
