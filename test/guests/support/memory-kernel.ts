/** A small kernel in memory: the system calls of one VM, enough to run shell scripts against. */
import type { FileType, GuestDirectoryEntry, GuestStat, SystemCallName } from "../../../native/guests/protocol.ts"
import { commandNames } from "../../../native/guests/shell/command-names.ts"
import { Fault } from "../../../native/kernel/fault.ts"
import type { Errno } from "../../../src/Errno.ts"

interface Node {
  type: FileType
  mode: number
  ino: number
  mtimeMs: number
  bytes: Uint8Array
  target: string
  children: Map<string, Node>
}

type Handler = (...args: Array<never>) => unknown

export class MemoryKernel {
  private nextIno = 1
  private readonly root = this.node("directory", 0o755)
  private readonly sleeps = new Set<{ timer: NodeJS.Timeout; done: (value: unknown) => void }>()
  /** Every call so far, for tests that count them. */
  readonly log: Array<string> = []

  constructor() {
    for (const path of ["/bin", "/usr/bin", "/tmp", "/home/user", "/dev", "/etc"]) this.mkdirp(path)
    for (const name of commandNames) {
      for (const directory of ["/bin", "/usr/bin"]) this.put(`${directory}/${name}`, "#!stub\n", 0o755)
    }
    this.put("/etc/hostname", "vm\n")
  }

  put(path: string, content: string | Uint8Array, mode = 0o644): void {
    const parent = this.mkdirp(path.slice(0, path.lastIndexOf("/")) || "/")
    const file = this.node("file", mode)
    file.bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
    parent.children.set(path.slice(path.lastIndexOf("/") + 1), file)
  }

  get(path: string): Uint8Array {
    return this.find(path, "open", true).bytes
  }

  /** The result of a call, or the fault it throws. */
  call(name: SystemCallName, args: ReadonlyArray<unknown>): unknown {
    this.log.push(`${name} ${String(args[0] ?? "")}`)
    return (this.handlers[name] as Handler)(...args as Array<never>)
  }

  /** Ends every sleep. */
  dispose(): void {
    for (const { done, timer } of this.sleeps) {
      clearTimeout(timer)
      done(undefined)
    }
    this.sleeps.clear()
  }

  private node(type: FileType, mode: number): Node {
    return {
      type,
      mode,
      ino: this.nextIno++,
      mtimeMs: Date.now(),
      bytes: new Uint8Array(0),
      target: "",
      children: new Map()
    }
  }

  private mkdirp(path: string): Node {
    let at = this.root
    for (const part of path.split("/").filter((name) => name !== "")) {
      let next = at.children.get(part)
      if (next === undefined) at.children.set(part, next = this.node("directory", 0o755))
      at = next
    }
    return at
  }

  private walk(
    path: string,
    syscall: string,
    follow: boolean
  ): { parent: Node; name: string; node: Node | undefined; real: string } {
    const fail = (errno: Errno): never => {
      throw new Fault(errno, syscall, path)
    }
    const pending = path.split("/").filter((part) => part !== "").reverse()
    const trail: Array<[string, Node]> = []
    const top = () => trail.at(-1)?.[1] ?? this.root
    for (let links = 0; pending.length > 0;) {
      const name = pending.pop()!
      if (name === ".") continue
      if (name === "..") {
        trail.pop()
        continue
      }
      const parent = top()
      if (parent.type !== "directory") fail("ENOTDIR")
      const node = parent.children.get(name)
      const last = pending.length === 0
      if (node?.type === "symlink" && (!last || follow)) {
        if (++links > 40) fail("ELOOP")
        if (node.target.startsWith("/")) trail.length = 0
        pending.push(...node.target.split("/").filter((part) => part !== "").reverse())
        continue
      }
      if (last) return { parent, name, node, real: `/${[...trail.map(([part]) => part), name].join("/")}` }
      if (node === undefined) return fail("ENOENT")
      trail.push([name, node])
    }
    const node = top()
    return {
      parent: trail.at(-2)?.[1] ?? this.root,
      name: trail.at(-1)?.[0] ?? "",
      node,
      real: `/${trail.map(([part]) => part).join("/")}`
    }
  }

  private find(path: string, syscall: string, follow: boolean): Node {
    const { node } = this.walk(path, syscall, follow)
    if (node === undefined) throw new Fault("ENOENT", syscall, path)
    return node
  }

  private statOf(node: Node): GuestStat {
    const bits: Partial<Record<FileType, number>> = { directory: 0o040000, symlink: 0o120000 }
    return {
      type: node.type,
      mode: (bits[node.type] ?? 0o100000) | node.mode,
      size: node.type === "symlink" ? node.target.length : node.bytes.length,
      nlink: 1,
      uid: 1000,
      gid: 1000,
      ino: node.ino,
      dev: 1,
      atimeMs: node.mtimeMs,
      mtimeMs: node.mtimeMs,
      ctimeMs: node.mtimeMs
    }
  }

  private list(path: string): ReadonlyArray<GuestDirectoryEntry & { stat: GuestStat }> {
    const node = this.find(path, "scandir", true)
    if (node.type !== "directory") throw new Fault("ENOTDIR", "scandir", path)
    return [...node.children].map(([name, child]) => ({ name, type: child.type, stat: this.statOf(child) }))
  }

  private create(path: string, syscall: string, make: () => Node): void {
    const { name, node, parent } = this.walk(path, syscall, false)
    if (node !== undefined) throw new Fault("EEXIST", syscall, path)
    parent.children.set(name, make())
  }

  private drop(path: string, syscall: string, allowed: (node: Node) => Errno | undefined): void {
    const { name, node, parent } = this.walk(path, syscall, false)
    if (node === undefined) throw new Fault("ENOENT", syscall, path)
    const errno = allowed(node)
    if (errno !== undefined) throw new Fault(errno, syscall, path)
    parent.children.delete(name)
  }

  private clone(node: Node): Node {
    const copy = { ...node, ino: this.nextIno++, bytes: node.bytes.slice(), children: new Map<string, Node>() }
    for (const [name, child] of node.children) copy.children.set(name, this.clone(child))
    return copy
  }

  private writeFile(path: string, bytes: Uint8Array, append: boolean, mode = 0o644): void {
    const { name, node, parent } = this.walk(path, "open", true)
    if (node?.type === "directory") throw new Fault("EISDIR", "open", path)
    const file = node ?? this.node("file", mode)
    const joined = new Uint8Array((append ? file.bytes.length : 0) + bytes.length)
    if (append) joined.set(file.bytes)
    joined.set(bytes, joined.length - bytes.length)
    file.bytes = joined
    file.mtimeMs = Date.now()
    parent.children.set(name, file)
  }

  private readonly handlers: Record<SystemCallName, Handler> = {
    stat: (path: string) => this.statOf(this.find(path, "stat", true)),
    lstat: (path: string) => this.statOf(this.find(path, "lstat", false)),
    readFile: (path: string) => {
      const node = this.find(path, "open", true)
      if (node.type === "directory") throw new Fault("EISDIR", "read", path)
      return node.bytes.slice()
    },
    writeFile: (path: string, bytes: Uint8Array, append: boolean, mode?: number) =>
      this.writeFile(path, bytes, append, mode),
    readdir: (path: string) => this.list(path).map(({ name, type }) => ({ name, type })),
    readdirStat: (path: string) => this.list(path),
    mkdir: (path: string, mode: number | undefined, recursive: boolean) =>
      recursive ? void this.mkdirp(path) : this.create(path, "mkdir", () => this.node("directory", mode ?? 0o755)),
    unlink: (path: string) => this.drop(path, "unlink", (node) => node.type === "directory" ? "EISDIR" : undefined),
    rmdir: (path: string) =>
      this.drop(
        path,
        "rmdir",
        (node) => node.type !== "directory" ? "ENOTDIR" : node.children.size > 0 ? "ENOTEMPTY" : undefined
      ),
    remove: (path: string, recursive: boolean, force: boolean) => {
      if (force && this.walk(path, "rm", false).node === undefined) return
      this.drop(path, "rm", (node) => node.type === "directory" && !recursive ? "EISDIR" : undefined)
    },
    rename: (from: string, to: string) => {
      const source = this.walk(from, "rename", false)
      if (source.node === undefined) throw new Fault("ENOENT", "rename", from, to)
      const target = this.walk(to, "rename", false)
      source.parent.children.delete(source.name)
      target.parent.children.set(target.name, source.node)
    },
    copy: (from: string, to: string, recursive: boolean) => {
      const node = this.find(from, "cp", true)
      if (node.type === "directory" && !recursive) throw new Fault("EISDIR", "cp", from, to)
      const target = this.walk(to, "cp", true)
      target.parent.children.set(target.name, this.clone(node))
    },
    link: (existing: string, path: string) => {
      const node = this.find(existing, "link", false)
      this.create(path, "link", () => node)
    },
    symlink: (target: string, path: string) =>
      this.create(path, "symlink", () => ({ ...this.node("symlink", 0o777), target })),
    readlink: (path: string) => {
      const node = this.find(path, "readlink", false)
      if (node.type !== "symlink") throw new Fault("EINVAL", "readlink", path)
      return node.target
    },
    realpath: (path: string) => {
      const { node, real } = this.walk(path, "realpath", true)
      if (node === undefined) throw new Fault("ENOENT", "realpath", path)
      return real
    },
    chmod: (path: string, mode: number) => void (this.find(path, "chmod", true).mode = mode),
    utimes: (path: string, _accessed: number, modified: number) =>
      void (this.find(path, "utimes", true).mtimeMs = modified),
    truncate: (path: string, size: number) => {
      const node = this.find(path, "truncate", true)
      const bytes = new Uint8Array(size)
      bytes.set(node.bytes.subarray(0, size))
      node.bytes = bytes
    },
    now: () => Date.UTC(2030, 0, 2, 3, 4, 5),
    sleep: (milliseconds: number) =>
      new Promise((done) => {
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
