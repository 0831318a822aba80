/**
 * What a tree must be, as far as anybody can know. An operation that was acknowledged has happened, one that failed with an error
 * number has changed nothing; of one whose answer was lost nobody knows. So there is a set of worlds, each of them possible, which
 * grows by what is unknown and shrinks by what is seen. When none is left, something has happened that must not.
 */
import { createHash } from "node:crypto"

/** A content, and its name, by which it is compared. */
export class Content {
  readonly key: string

  constructor(readonly text: string) {
    this.key = `${text.length}:${createHash("sha1").update(text).digest("base64").slice(0, 12)}`
  }
}

export type Op =
  | { readonly kind: "write" | "append"; readonly path: string; readonly content: Content }
  /** As a batch writes it: with the directories above. */
  | { readonly kind: "put"; readonly path: string; readonly content: Content }
  /** What a pipe makes of another file: its capitals; nothing, when that cannot be read. */
  | { readonly kind: "capitals"; readonly path: string; readonly from: string }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  | { readonly kind: "chmod"; readonly path: string; readonly mode: number }
  | { readonly kind: "mkdir"; readonly path: string }
  | { readonly kind: "remove"; readonly path: string; readonly recursive: boolean }
  | { readonly kind: "move" | "link"; readonly path: string; readonly to: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }

/** What came of an operation: done, an error number, or nobody knows. */
export type Outcome = "done" | "unknown" | { readonly errno: string }

type Entry =
  | { readonly type: "directory" }
  | { readonly type: "file"; readonly ino: number }
  | { readonly type: "symlink"; readonly target: string }

interface File {
  readonly content: Content
  readonly mode: number
}

/** The error numbers that are right. */
type Refusal = ReadonlyArray<string>

const above = (path: string): string => path.slice(0, path.lastIndexOf("/"))
const empty = new Content("")
let inos = 0

export class World {
  private name: string | undefined

  constructor(
    readonly root: string,
    readonly entries: ReadonlyMap<string, Entry> = new Map(),
    readonly files: ReadonlyMap<number, File> = new Map()
  ) {}

  /** Equal for worlds that look the same. */
  get key(): string {
    if (this.name !== undefined) return this.name
    const first = new Map<number, string>()
    const lines = Array.from(this.entries.keys()).sort().map((path) => {
      const entry = this.entries.get(path)!
      if (entry.type !== "file") return `${path} ${entry.type === "symlink" ? entry.target : "/"}`
      const { content, mode } = this.files.get(entry.ino)!
      if (!first.has(entry.ino)) first.set(entry.ino, path)
      return `${path} ${first.get(entry.ino)} ${mode} ${content.key}`
    })
    return this.name = lines.join("\n")
  }

  /** The file under a path, through a link. */
  file(path: string): File | undefined {
    const entry = this.entries.get(path)
    if (entry?.type === "symlink") return this.file(entry.target)
    return entry?.type === "file" ? this.files.get(entry.ino) : undefined
  }

  private with(changes: ReadonlyArray<readonly [string, Entry | undefined]>, file?: readonly [number, File]): World {
    const entries = new Map(this.entries)
    for (const [path, entry] of changes) {
      if (entry === undefined) entries.delete(path)
      else entries.set(path, entry)
    }
    return new World(this.root, entries, file === undefined ? this.files : new Map(this.files).set(...file))
  }

  private isDirectory(path: string): boolean {
    return path === this.root || this.entries.get(path)?.type === "directory"
  }

  private unreachable(path: string): Refusal | undefined {
    const parent = above(path)
    if (this.isDirectory(parent)) return undefined
    for (let at = parent; at.length > this.root.length; at = above(at)) {
      const entry = this.entries.get(at)
      if (entry !== undefined && entry.type !== "directory") return ["ENOTDIR"]
    }
    return ["ENOENT"]
  }

  private children(path: string): ReadonlyArray<string> {
    return Array.from(this.entries.keys()).filter((each) => each.startsWith(`${path}/`))
  }

  /** The world after an operation, or how the operation must fail. */
  apply(op: Op): World | Refusal {
    if (op.kind === "put") return this.put(op.path, op.content)
    const refusal = this.unreachable(op.path)
    if (refusal !== undefined) return refusal
    switch (op.kind) {
      case "write":
        return this.change(op.path, true, () => op.content)
      case "append":
        return this.change(op.path, true, (old) => new Content(old.text + op.content.text))
      case "capitals": {
        const from = this.file(op.from)
        // a guest has the rights of the file's owner, the host has all
        const content = from === undefined || (from.mode & 0o400) === 0 ? empty : from.content
        return this.change(op.path, true, () => new Content(content.text.toUpperCase()))
      }
      case "truncate":
        return this.change(op.path, false, (old) => new Content(old.text.slice(0, op.size).padEnd(op.size, "\0")))
      case "chmod":
        return this.chmod(op.path, op.mode)
      case "mkdir":
        return this.entries.has(op.path) ? ["EEXIST"] : this.with([[op.path, { type: "directory" }]])
      case "symlink":
        return this.entries.has(op.path) ? ["EEXIST"] : this.with([[op.path, { type: "symlink", target: op.target }]])
      case "remove":
        return this.remove(op.path, op.recursive)
      case "move":
        return this.move(op.path, op.to)
      case "link":
        return this.link(op.path, op.to)
    }
  }

  private change(path: string, creates: boolean, change: (old: Content) => Content): World | Refusal {
    const entry = this.entries.get(path)
    if (entry?.type === "symlink") return this.unreachable(entry.target) ?? this.change(entry.target, creates, change)
    if (entry?.type === "directory") return ["EISDIR"]
    if (entry === undefined) {
      if (!creates) return ["ENOENT"]
      const ino = inos++
      return this.with([[path, { type: "file", ino }]], [ino, { content: change(empty), mode: 0o644 }])
    }
    const old = this.files.get(entry.ino)!
    return this.with([], [entry.ino, { ...old, content: change(old.content) }])
  }

  private put(path: string, content: Content): World | Refusal {
    const missing: Array<readonly [string, Entry]> = []
    for (let at = above(path); at.length > this.root.length; at = above(at)) {
      const entry = this.entries.get(at)
      if (entry !== undefined && entry.type !== "directory") return ["ENOTDIR", "EEXIST"]
      if (entry === undefined) missing.push([at, { type: "directory" }])
    }
    return this.with(missing).apply({ kind: "write", path, content })
  }

  private chmod(path: string, mode: number): World | Refusal {
    const entry = this.entries.get(path)
    if (entry?.type === "symlink") return this.unreachable(entry.target) ?? this.chmod(entry.target, mode)
    if (entry === undefined) return ["ENOENT"]
    return entry.type === "file" ? this.with([], [entry.ino, { ...this.files.get(entry.ino)!, mode }]) : this
  }

  private remove(path: string, recursive: boolean): World | Refusal {
    if (!this.entries.has(path)) return ["ENOENT"]
    const children = this.children(path)
    if (children.length > 0 && !recursive) return ["ENOTEMPTY"]
    return this.with([path, ...children].map((each) => [each, undefined]))
  }

  private move(from: string, to: string): World | Refusal {
    const refusal = this.unreachable(to)
    if (refusal !== undefined) return refusal
    const source = this.entries.get(from)
    const target = this.entries.get(to)
    if (source === undefined) return ["ENOENT"]
    if (source.type === "directory" && `${to}/`.startsWith(`${from}/`) && from !== to) return ["EINVAL"]
    if (target?.type === "directory" && `${from}/`.startsWith(`${to}/`) && from !== to) return ["ENOTEMPTY", "EISDIR"]
    if (from === to || (source.type === "file" && target?.type === "file" && source.ino === target.ino)) return this
    if (target !== undefined && source.type === "directory" && target.type !== "directory") return ["ENOTDIR"]
    if (target?.type === "directory") {
      if (source.type !== "directory") return ["EISDIR"]
      if (this.children(to).length > 0) return ["ENOTEMPTY"]
    }
    const moved = [from, ...this.children(from)].flatMap((path) =>
      [[path, undefined], [`${to}${path.slice(from.length)}`, this.entries.get(path)]] as const
    )
    return this.with(moved)
  }

  private link(existing: string, to: string): World | Refusal {
    const source = this.entries.get(existing)
    if (source === undefined) return ["ENOENT"]
    const refusal = this.unreachable(to)
    if (refusal !== undefined) return refusal
    if (this.entries.has(to)) return source.type === "directory" ? ["EEXIST", "EPERM"] : ["EEXIST"]
    return source.type === "directory" ? ["EPERM"] : this.with([[to, source]])
  }
}

/** What was found in a tree: of each path its type, and its content or what it says. */
export type Found = ReadonlyMap<string, readonly [type: Entry["type"], content: string]>

/** Worlds that are told apart no more when there are so many. */
const MANY = 40

export class Worlds {
  private worlds: ReadonlyArray<World>

  constructor(readonly root: string, worlds: ReadonlyArray<World> = [new World(root)]) {
    this.worlds = worlds
  }

  copy(): Worlds {
    return new Worlds(this.root, this.worlds)
  }

  /** Whether it is time to look. */
  get many(): boolean {
    return this.worlds.length > MANY
  }

  /**
   * What was done one after the other, and what came of it: of `unknown` any beginning may have happened. What is wrong, if
   * anything is.
   */
  sequence(ops: ReadonlyArray<Op>, outcome: Outcome): string | undefined {
    return this.take(sequenced(this.worlds, ops, outcome), () => [`${JSON.stringify(ops)}`, outcome])
  }

  /** What was done at the same time: each order is possible. */
  together(parts: ReadonlyArray<readonly [ops: ReadonlyArray<Op>, outcome: Outcome]>): string | undefined {
    return this.take(
      orders(parts).flatMap((order) =>
        order.reduce((worlds, [ops, outcome]) => sequenced(worlds, ops, outcome), this.worlds)
      ),
      () => parts
    )
  }

  /** What was read of a file. */
  read(path: string, content: string): string | undefined {
    const { key } = new Content(content)
    return this.take(
      this.worlds.filter((world) => world.file(path)?.content.key === key),
      () => ["read", path, key, this.worlds.map((world) => world.file(path)?.content.key)]
    )
  }

  /** What is there. */
  found(found: Found): string | undefined {
    const reasons = new Set<string>()
    const matching = this.worlds.filter((world) => {
      const reason = difference(world, found)
      if (reason !== undefined) reasons.add(reason)
      return reason === undefined
    })
    return this.take(matching, () => [Array.from(reasons)])
  }

  private take(next: ReadonlyArray<World>, told: () => ReadonlyArray<unknown>): string | undefined {
    if (next.length === 0) return JSON.stringify(told()).slice(0, 1000)
    this.worlds = Array.from(new Map(next.map((world) => [world.key, world])).values())
    return undefined
  }
}

const difference = (world: World, found: Found): string | undefined => {
  for (const [path, entry] of world.entries) {
    const seen = found.get(path)
    if (seen?.[0] !== entry.type) return `${path}: expected a ${entry.type}, found ${seen?.[0] ?? "nothing"}`
    if (entry.type === "directory") continue
    const content = entry.type === "file" ? world.files.get(entry.ino)!.content : new Content(entry.target)
    const { key } = new Content(seen[1])
    if (key !== content.key) return `${path}: expected ${content.key}, found ${key}`
  }
  for (const path of found.keys()) if (!world.entries.has(path)) return `${path} came from nowhere`
  return undefined
}

const sequenced = (worlds: ReadonlyArray<World>, ops: ReadonlyArray<Op>, outcome: Outcome): ReadonlyArray<World> =>
  worlds.flatMap((start) => {
    const reached: Array<World> = [start]
    let refusal: Refusal | undefined
    for (const op of ops) {
      const next = reached[reached.length - 1].apply(op)
      if (!(next instanceof World)) {
        refusal = next
        break
      }
      reached.push(next)
    }
    if (outcome === "unknown") return reached
    if (outcome === "done") return refusal === undefined ? reached.slice(-1) : []
    return refusal?.includes(outcome.errno) === true ? reached.slice(-1) : []
  })

const orders = <A>(parts: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  parts.length < 2
    ? [parts]
    : parts.flatMap((first, at) => orders(parts.filter((_, index) => index !== at)).map((rest) => [first, ...rest]))
