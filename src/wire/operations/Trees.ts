/**
 * Whole trees on their way into and out of a VM, and what becomes of them.
 *
 * @since 0.1.0
 */
import * as Codec from "../Codec.ts"
import { fileTypeCodec } from "./Files.ts"
import { make, nothing, onPath } from "./Operation.ts"

/**
 * One entry of a tree on its way into or out of a VM: the seeds' snapshot entry with bytes as bytes.
 *
 * @since 0.1.0
 * @category codecs
 */
export const entryCodec = Codec.struct({
  path: Codec.string,
  type: Codec.literals("file", "directory", "symlink"),
  mode: Codec.u16,
  uid: Codec.u32,
  gid: Codec.u32,
  mtimeMs: Codec.optional(Codec.f64),
  /** Of a link. */
  target: Codec.optional(Codec.string),
  /** Of a file. */
  content: Codec.rest
})
/** Down: records of `entryCodec`. @since 0.1.0 @category operations */
export const exportTree = make(28, "exportTree", onPath, nothing)
/** Up: records of `entryCodec`, below `path`. `owned`: ids as given, else the VM's user. @since 0.1.0 @category operations */
export const importTree = make(
  29,
  "importTree",
  Codec.struct({
    vm: Codec.u32,
    target: Codec.literals("lower", "mount", "bootstrap"),
    path: Codec.string,
    readOnly: Codec.bool,
    source: Codec.string
  }),
  Codec.struct({ entries: Codec.u32 })
)

/**
 * One change between two states of a tree.
 *
 * @since 0.1.0
 * @category codecs
 */
export const changeCodec = Codec.struct({
  kind: Codec.literals("created", "removed", "modified", "moved"),
  path: Codec.string,
  from: Codec.optional(Codec.string),
  type: fileTypeCodec,
  size: Codec.f64,
  mode: Codec.u32
})
/** Down: records of `changeCodec`, what became of the tree at `path` since `snapshot`. @since 0.1.0 @category operations */
export const diff = make(
  30,
  "diff",
  Codec.struct({ vm: Codec.u32, path: Codec.string, snapshot: Codec.u32 }),
  nothing
)

/**
 * What a watch tells: first `ready`, then changes. `overflow` is the last: what came from `cursor` up to `to` is lost.
 *
 * @since 0.1.0
 * @category codecs
 */
export const watchEventCodec = Codec.struct({
  kind: Codec.literals("ready", "created", "modified", "removed", "moved", "overflow"),
  cursor: Codec.f64,
  ino: Codec.f64,
  path: Codec.string,
  from: Codec.optional(Codec.string),
  to: Codec.optional(Codec.f64)
})
/** Down: records of `watchEventCodec`, until the request is withdrawn. @since 0.1.0 @category operations */
export const watch = make(
  51,
  "watch",
  Codec.struct({ vm: Codec.u32, path: Codec.string, recursive: Codec.bool, since: Codec.optional(Codec.f64) }),
  nothing
)
