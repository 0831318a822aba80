/** What a simulated program does with a tree of files: one operation at a time, drawn by chance, and how it is carried out. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { SeededRandom } from "../../layers/testing/SeededRandom.ts"
import type { FilesystemShape } from "../../services/Filesystem.ts"
import type { Found, Op } from "./worlds.ts"
import { Content } from "./worlds.ts"

const files = ["f0", "f1", "f2", "f3", "d0/f0", "d1/f0", "d0/s/f1"]
const directories = ["d0", "d1", "d0/s", "d1/s"]
const links = ["l0", "l1"]

/** What a mount of a driver is asked to do. */
const simple: ReadonlySet<Op["kind"]> = new Set(["write", "mkdir", "remove", "move"])

export class TreeSteps {
  private names = 0

  constructor(private readonly random: SeededRandom) {}

  readonly text = (): string =>
    `${this.names++}:${"x".repeat(this.random.below(this.random.below(8) === 0 ? 100_000 : 200))}`

  file(root: string): string {
    return `${root}/${this.pick(files)}`
  }

  private pick<A>(values: ReadonlyArray<A>): A {
    return values[this.random.below(values.length)]
  }

  /** An operation; of a mount one of the simple ones. */
  draw(root: string, mounted = false): Op {
    for (;;) {
      const op = this.any(root)
      if (!mounted || simple.has(op.kind)) return op
    }
  }

  private any(root: string): Op {
    const path = this.file(root)
    const directory = `${root}/${this.pick(directories)}`
    switch (this.random.below(18)) {
      case 0:
      case 1:
        return { kind: "append", path, content: new Content(this.text()) }
      case 2:
        return { kind: "truncate", path, size: this.random.below(300) }
      case 3:
        return { kind: "chmod", path, mode: this.pick([0o644, 0o644, 0o444, 0o200, 0o600]) }
      case 4:
      case 5:
        return { kind: "mkdir", path: directory }
      case 6:
      case 7:
        return { kind: "remove", path: this.pick([path, path, directory]), recursive: this.random.below(3) === 0 }
      case 8:
        return { kind: "move", path, to: this.pick([this.file(root), directory]) }
      case 9:
        return { kind: "move", path: directory, to: `${root}/${this.pick(directories)}` }
      case 10:
        return { kind: "link", path, to: this.file(root) }
      case 11:
        return { kind: "symlink", path: `${root}/${this.pick(links)}`, target: path }
      case 12:
        return { kind: "write", path: `${root}/${this.pick(links)}`, content: new Content(this.text()) }
      case 13:
        return { kind: "remove", path: `${root}/${this.pick(links)}`, recursive: false }
      default:
        return { kind: "write", path, content: new Content(this.text()) }
    }
  }

  /** Files of a batch. */
  batch(root: string): ReadonlyArray<Extract<Op, { kind: "put" }>> {
    return Array.from(
      { length: 1 + this.random.below(3) },
      () => ({ kind: "put", path: this.file(root), content: new Content(this.text()) })
    )
  }

  /** Some operations on different files of the root itself. */
  several(root: string): ReadonlyArray<Op> {
    return Array.from({ length: 2 + this.random.below(2) }, (): Op => {
      const path = `${root}/f${this.random.below(4)}`
      switch (this.random.below(4)) {
        case 0:
          return { kind: "remove", path, recursive: false }
        case 1:
          return { kind: "move", path, to: `${root}/f${this.random.below(4)}` }
        default:
          return { kind: "write", path, content: new Content(this.text()) }
      }
    })
  }

  perform(filesystem: FilesystemShape, op: Op) {
    switch (op.kind) {
      case "write":
        return this.random.below(4) === 0
          ? Stream.run(Stream.make(new TextEncoder().encode(op.content.text)), filesystem.writeStream(op.path))
          : filesystem.writeFile(op.path, op.content.text)
      case "append":
        return Effect.scoped(
          Effect.flatMap(
            filesystem.open(op.path, { flag: "a" }),
            (file) => file.write(new TextEncoder().encode(op.content.text))
          )
        )
      case "truncate":
        return filesystem.truncate(op.path, op.size)
      case "chmod":
        return filesystem.chmod(op.path, op.mode)
      case "mkdir":
        return filesystem.mkdir(op.path)
      case "remove":
        return filesystem.delete(op.path, { recursive: op.recursive })
      case "move":
        return filesystem.move(op.path, op.to)
      case "link":
        return filesystem.link(op.path, op.to)
      case "symlink":
        return filesystem.symlink(op.target, op.path)
      case "put":
      case "capitals":
        return Effect.dieMessage(`${op.kind} is not done alone`)
    }
  }
}

/** An append opens first, which may make the file. */
export const stepsOf = (op: Op): ReadonlyArray<Op> =>
  op.kind === "append" ? [{ ...op, content: new Content("") }, op] : [op]

/** All that is in a tree. */
export const look = (filesystem: FilesystemShape, root: string) =>
  Effect.gen(function*() {
    const entries = yield* filesystem.readdirRecursive(root)
    const paths = entries.filter(({ type }) => type === "file").map(({ path }) => path)
    const contents = new Map<string, string>()
    for (const { content, error, path } of yield* filesystem.readFiles(paths)) {
      // a batch never fails: the reason why nothing came of it is asked for alone
      contents.set(path, content === null ? yield* filesystem.readFileString(path) : new TextDecoder().decode(content))
      if (content === null) return yield* Effect.dieMessage(`${path} could be read alone, and not in a batch: ${error}`)
    }
    const found = new Map<string, readonly ["directory" | "file" | "symlink", string]>()
    for (const { path, type } of entries) {
      found.set(path, [type, type === "symlink" ? yield* filesystem.readlink(path) : contents.get(path) ?? ""])
    }
    return found as Found
  })
