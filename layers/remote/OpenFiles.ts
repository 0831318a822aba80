/**
 * Files that are held open, and content that flows: of any size, under the reader's or the kernel's pace.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type {
  FileHandle,
  FilesystemError,
  OpenFlag,
  OpenOptions,
  ReadStreamOptions
} from "../../services/Filesystem.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES, joined } from "../../src/wire/Stream.ts"
import { checkWhole } from "./Numbers.ts"
import { virtualStat } from "./Stat.ts"
import { call, explain, lost, type VmLink } from "./VmLink.ts"

const O_WRONLY = 1
const O_RDWR = 2
const O_CREAT = 0o100
const O_EXCL = 0o200
const O_TRUNC = 0o1000
const O_APPEND = 0o2000

const flags: Readonly<Record<OpenFlag, number>> = {
  r: 0,
  "r+": O_RDWR,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  wx: O_WRONLY | O_CREAT | O_TRUNC | O_EXCL,
  "w+": O_RDWR | O_CREAT | O_TRUNC,
  "wx+": O_RDWR | O_CREAT | O_TRUNC | O_EXCL,
  a: O_WRONLY | O_CREAT | O_APPEND,
  ax: O_WRONLY | O_CREAT | O_APPEND | O_EXCL,
  "a+": O_RDWR | O_CREAT | O_APPEND,
  "ax+": O_RDWR | O_CREAT | O_APPEND | O_EXCL
}

/** The most that one request carries. */
const PIECE = 512 * 1024

/**
 * @since 0.1.0
 * @category constructors
 */
export const open = (
  link: VmLink,
  path: string,
  options: OpenOptions
): Effect.Effect<FileHandle, FilesystemError, Scope.Scope> =>
  Effect.acquireRelease(
    call(link, Operations.open, {
      vm: link.vm,
      path,
      flags: flags[options.flag ?? "r"],
      mode: options.mode ?? 0o666
    }),
    ({ file }) => Effect.ignore(call(link, Operations.closeFile, { vm: link.vm, file }))
  ).pipe(Effect.map(({ file }) => handle(link, file)))

const handle = (link: VmLink, file: number): FileHandle => {
  const { vm } = link
  const checked = <A>(
    syscall: string,
    numbers: ReadonlyArray<number>,
    run: () => Effect.Effect<A, FilesystemError>
  ) => {
    const refused = checkWhole(syscall, undefined, numbers)
    return refused === undefined ? Effect.suspend(run) : Effect.fail(refused)
  }
  const readAt = (offset: number | undefined, length: number) =>
    checked("read", [offset ?? 0, length], () => readPieces(link, file, offset, length))
  const writeAt = (offset: number | undefined, bytes: Uint8Array) =>
    checked("write", [offset ?? 0], () => writePieces(link, file, offset, bytes))
  return {
    read: (length) => readAt(undefined, length),
    pread: readAt,
    write: (bytes) => writeAt(undefined, bytes),
    pwrite: writeAt,
    seek: (offset, whence = "start") =>
      checked(
        "lseek",
        [Math.abs(offset)],
        () => Effect.map(call(link, Operations.seek, { vm, file, offset, whence }), ({ position }) => position)
      ),
    stat: Effect.map(call(link, Operations.statFile, { vm, file }), virtualStat),
    truncate: (size) =>
      checked("ftruncate", [size], () => Effect.asVoid(call(link, Operations.truncateFile, { vm, file, size })))
  }
}

const readPieces = Effect.fnUntraced(
  function*(link: VmLink, file: number, offset: number | undefined, length: number) {
    const parts: Array<Uint8Array> = []
    let size = 0
    while (size < length) {
      const at = offset === undefined ? undefined : offset + size
      const request = { vm: link.vm, file, offset: at, length: Math.min(PIECE, length - size) }
      const piece = yield* call(link, Operations.readAt, request)
      if (piece.length === 0) break
      // a piece is a view of what was received
      parts.push(piece.slice())
      size += piece.length
    }
    return parts.length === 1 ? parts[0] : joined(parts, size)
  }
)

const writePieces = Effect.fnUntraced(
  function*(link: VmLink, file: number, offset: number | undefined, bytes: Uint8Array) {
    for (let at = 0; at < bytes.length; at += PIECE) {
      const content = bytes.subarray(at, at + PIECE)
      const request = { vm: link.vm, file, offset: offset === undefined ? undefined : offset + at, content }
      yield* call(link, Operations.writeAt, request)
    }
  }
)

/**
 * @since 0.1.0
 * @category constructors
 */
export const readStream = (
  link: VmLink,
  path: string,
  options: ReadStreamOptions
): Stream.Stream<Uint8Array, FilesystemError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    if (!link.transport.isOpen()) return yield* lost(link)
    const refused = checkWhole("read", path, [options.offset ?? 0, options.length ?? 0, options.chunkSize ?? 1])
    if (refused !== undefined) return yield* Effect.fail(refused)
    const request = {
      vm: link.vm,
      path,
      offset: options.offset ?? 0,
      length: options.length,
      chunk: Math.min(options.chunkSize ?? CHUNK_BYTES, CHUNK_BYTES)
    }
    const duplex = yield* Effect.catchAll(
      link.transport.open(Operations.readRange, request),
      (error) => explain(link, error)
    )
    return Stream.concat(duplex.down, Stream.drain(Stream.fromEffect(duplex.response))).pipe(
      Stream.catchAll((error) => Stream.fromEffect(explain(link, error)))
    )
  }))

/**
 * @since 0.1.0
 * @category constructors
 */
export const writeStream = (link: VmLink, path: string): Sink.Sink<void, Uint8Array, never, FilesystemError> =>
  Sink.unwrapScoped(Effect.gen(function*() {
    if (!link.transport.isOpen()) return yield* lost(link)
    const request = { vm: link.vm, path, streamed: true, content: new Uint8Array(0) }
    const duplex = yield* Effect.catchAll(
      link.transport.open(Operations.writeFile, request),
      (error) => explain(link, error)
    )
    const commit = Effect.zipRight(duplex.end, duplex.response).pipe(
      Effect.catchAll((error) => explain(link, error)),
      Effect.asVoid
    )
    return Sink.mapEffect(Sink.forEach((bytes: Uint8Array) => duplex.write(bytes)), () => commit)
  }))
