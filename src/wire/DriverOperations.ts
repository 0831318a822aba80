/**
 * What the sidecar asks the drivers of the host: requests in the other direction. `driver` is the number under which the
 * host has mounted one; paths are absolute within its filesystem.
 *
 * @since 0.1.0
 */
import * as Codec from "./Codec.ts"
import type { Operation } from "./operations/Operation.ts"

const make = <A, B>(
  code: number,
  name: string,
  request: Codec.Codec<A>,
  response: Codec.Codec<B>
): Operation<A, B> => ({ code, name, request, response })

const nothing = Codec.struct({})

/**
 * What a driver tells of an entry of its filesystem. `mode` are permission bits, `ino` is 0 where it is not known.
 *
 * @since 0.1.0
 * @category codecs
 */
export const statCodec = Codec.struct({
  type: Codec.literals("file", "directory", "symlink"),
  mode: Codec.u16,
  size: Codec.f64,
  uid: Codec.u32,
  gid: Codec.u32,
  ino: Codec.f64,
  dev: Codec.f64,
  nlink: Codec.u32,
  atimeMs: Codec.f64,
  mtimeMs: Codec.f64,
  ctimeMs: Codec.f64,
  birthtimeMs: Codec.f64,
  /** What a link says. */
  target: Codec.optional(Codec.string)
})

/**
 * The sidecar asks a driver of the host about a directory, the first name in it, the second in that, and so on. Stops
 * after the first that is missing or no directory.
 *
 * @since 0.1.0
 * @category operations
 */
export const lookup = make(
  96,
  "driverLookup",
  Codec.struct({ driver: Codec.u32, path: Codec.string, names: Codec.array(Codec.string, 64) }),
  Codec.array(Codec.optional(statCodec), 65)
)

/**
 * A page of a directory, sorted by name, from after a name on; `more` when there is another.
 *
 * @since 0.1.0
 * @category operations
 */
export const list = make(
  97,
  "driverList",
  Codec.struct({ driver: Codec.u32, path: Codec.string, after: Codec.optional(Codec.string), max: Codec.u32 }),
  Codec.struct({
    more: Codec.bool,
    entries: Codec.array(Codec.struct({ name: Codec.string, stat: statCodec }), 4096)
  })
)

/**
 * Bytes of a file, fewer only at its end, and what the file is.
 *
 * @since 0.1.0
 * @category operations
 */
export const read = make(
  98,
  "driverRead",
  Codec.struct({ driver: Codec.u32, path: Codec.string, offset: Codec.f64, length: Codec.u32 }),
  Codec.struct({ stat: statCodec, content: Codec.rest })
)

/**
 * One change. `dest`: the new path of a rename or a link, what a symbolic link says; `offset`: where to write, the size
 * to cut to; what is missing stays as it is, or as the driver makes it.
 *
 * @since 0.1.0
 * @category operations
 */
export const change = make(
  99,
  "driverChange",
  Codec.struct({
    driver: Codec.u32,
    kind: Codec.literals(
      "create",
      "mkdir",
      "unlink",
      "rmdir",
      "rename",
      "symlink",
      "link",
      "write",
      "truncate",
      "set",
      "sync"
    ),
    path: Codec.string,
    dest: Codec.optional(Codec.string),
    mode: Codec.optional(Codec.u16),
    uid: Codec.optional(Codec.u32),
    gid: Codec.optional(Codec.u32),
    atimeMs: Codec.optional(Codec.f64),
    mtimeMs: Codec.optional(Codec.f64),
    offset: Codec.optional(Codec.f64),
    content: Codec.rest
  }),
  nothing
)

/**
 * Every operation, by name.
 *
 * @since 0.1.0
 * @category operations
 */
export const all: Readonly<Record<string, Operation<any, any>>> = {
  driverLookup: lookup,
  driverList: list,
  driverRead: read,
  driverChange: change
}
