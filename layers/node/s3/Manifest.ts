/**
 * The tree of an `s3` mount as one object of the store. What is read is checked before it is believed: shapes, numbers,
 * sizes, and that it is a tree.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Schema from "effect/Schema"
import type { Content, Node, Tree } from "./Tree.ts"
import { nodeAt, ROOT } from "./Tree.ts"

/**
 * @since 0.1.0
 * @category constants
 */
export const MANIFEST = "filesystem-manifest.json"

/**
 * Most bytes of a manifest.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024

/**
 * Most bytes of a file.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_FILE_BYTES = 1024 * 1024 * 1024

/**
 * The name of a block, which is a part of a key.
 *
 * @since 0.1.0
 * @category guards
 */
export const isBlockName = (name: string): boolean => /^[0-9a-f-]{8,64}$/.test(name)

const Ino = Schema.Int.pipe(Schema.between(1, Number.MAX_SAFE_INTEGER))
const Id = Schema.Int.pipe(Schema.between(0, 0xffff_ffff))
const Name = Schema.String.pipe(
  Schema.filter((name) => name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name) && name.length <= 255)
)
const Size = Schema.Int.pipe(Schema.between(0, MAX_FILE_BYTES))

const common = {
  ino: Ino,
  mode: Schema.Int.pipe(Schema.between(0, 0o7777)),
  uid: Id,
  gid: Id,
  /** Access, modification, change, birth: milliseconds since 1970. */
  times: Schema.Tuple(Schema.JsonNumber, Schema.JsonNumber, Schema.JsonNumber, Schema.JsonNumber)
}

const Inode = Schema.Union(
  Schema.Struct({ ...common, type: Schema.Literal("directory"), entries: Schema.Array(Schema.Tuple(Name, Ino)) }),
  Schema.Struct({ ...common, type: Schema.Literal("symlink"), target: Schema.String }),
  Schema.Struct({ ...common, type: Schema.Literal("file"), data: Schema.Uint8ArrayFromBase64 }),
  Schema.Struct({
    ...common,
    type: Schema.Literal("file"),
    size: Size,
    blockSize: Schema.Int.pipe(Schema.between(1, 64 * 1024 * 1024)),
    blocks: Schema.Array(Schema.NullOr(Schema.String.pipe(Schema.filter(isBlockName))))
  })
)

/**
 * The format; `revision` is a new one with each write.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Manifest = Schema.parseJson(Schema.Struct({
  format: Schema.Literal("effect-agent-os-s3-v1"),
  revision: Schema.String.pipe(Schema.maxLength(64)),
  next: Ino,
  inodes: Schema.Array(Inode)
}))

type Stored = typeof Inode.Encoded

const storedContent = (size: number, content: Content) =>
  content.inline === undefined
    ? { size, blockSize: content.blockSize, blocks: content.blocks }
    : { data: Buffer.from(content.inline).toString("base64") }

const stored = (ino: number, node: Node): Stored => {
  const { atimeMs, birthtimeMs, ctimeMs, gid, mode, mtimeMs, uid } = node
  const facts = { ino, mode, uid, gid, times: [atimeMs, mtimeMs, ctimeMs, birthtimeMs] } as const
  switch (node.type) {
    case "directory":
      return { ...facts, type: "directory", entries: HashMap.toEntries(node.entries) }
    case "symlink":
      return { ...facts, type: "symlink", target: node.target }
    case "file":
      return { ...facts, type: "file", ...storedContent(node.size, node.content) } as Stored
  }
}

/**
 * The bytes of a manifest: what is in memory has been checked when it came there.
 *
 * @since 0.1.0
 * @category conversions
 */
export const encode = (tree: Tree, revision: string): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({
    format: "effect-agent-os-s3-v1",
    revision,
    next: tree.next,
    inodes: Array.from(HashMap.entries(tree.nodes), ([ino, node]) => stored(ino, node))
  }))

const nodeOf = (inode: typeof Inode.Type, nlink: number): Node => {
  const { gid, mode, times: [atimeMs, mtimeMs, ctimeMs, birthtimeMs], uid } = inode
  const attributes = { mode, uid, gid, atimeMs, mtimeMs, ctimeMs, birthtimeMs }
  switch (inode.type) {
    case "directory":
      return { ...attributes, type: "directory", entries: HashMap.fromIterable(inode.entries) }
    case "symlink":
      return { ...attributes, type: "symlink", nlink, target: inode.target }
    case "file":
      return "data" in inode
        ? { ...attributes, type: "file", nlink, size: inode.data.length, content: { inline: inode.data } }
        : {
          ...attributes,
          type: "file",
          nlink,
          size: inode.size,
          content: { blockSize: inode.blockSize, blocks: inode.blocks }
        }
  }
}

/**
 * A manifest that is none: `detail` says where it goes wrong.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadManifest extends Schema.TaggedError<BadManifest>("effect-agent-os/node/BadManifest")("BadManifest", {
  detail: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  readonly errno = "EIO" as const

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `s3: ${MANIFEST} cannot be used: ${this.detail}`
  }
}

const bad = (detail: string) => new BadManifest({ detail })

const decodeManifest = Schema.decodeUnknown(Manifest)

/**
 * The tree that the bytes of a manifest describe.
 *
 * @since 0.1.0
 * @category conversions
 */
export const decode = (
  bytes: Uint8Array
): Effect.Effect<{ readonly tree: Tree; readonly revision: string }, BadManifest> =>
  Effect.gen(function*() {
    const { inodes, next, revision } = yield* Effect.mapError(
      decodeManifest(new TextDecoder().decode(bytes)),
      () => bad("it is no manifest of the format effect-agent-os-s3-v1")
    )
    const names = new Map<number, number>()
    for (const inode of inodes) {
      if (inode.type !== "directory") continue
      for (const [, ino] of inode.entries) names.set(ino, (names.get(ino) ?? 0) + 1)
    }
    const nodes = HashMap.fromIterable(inodes.map((inode) => [inode.ino, nodeOf(inode, names.get(inode.ino) ?? 1)]))
    const tree = { nodes, next }
    const fault = faultOf(tree, inodes.length)
    return fault === undefined ? { tree, revision } : yield* bad(fault)
  })

/** Why it is no tree: every inode is there once, and every one but the root has a name; directories have only one. */
const faultOf = (tree: Tree, count: number): string | undefined => {
  if (HashMap.size(tree.nodes) !== count) return "an inode is there twice"
  if (!HashMap.has(tree.nodes, ROOT)) return "it has no root"
  const seen = new Set([ROOT])
  const left = [ROOT]
  for (let ino = left.pop(); ino !== undefined; ino = left.pop()) {
    const node = nodeAt(tree, ino)
    if (ino >= tree.next) return `inode ${ino} is beyond the next one`
    if (node.type === "file" && node.content.inline === undefined) {
      if (node.content.blocks.length !== Math.ceil(node.size / node.content.blockSize)) {
        return `inode ${ino} has too few or too many blocks`
      }
    }
    if (node.type !== "directory") continue
    for (const child of HashMap.values(node.entries)) {
      if (!HashMap.has(tree.nodes, child)) return `inode ${child} is missing`
      if (!seen.has(child)) left.push(child)
      else if (nodeAt(tree, child).type === "directory") return `directory ${child} has two names`
      seen.add(child)
    }
  }
  if (nodeAt(tree, ROOT).type !== "directory") return "its root is no directory"
  return seen.size === count ? undefined : "an inode has no name"
}
