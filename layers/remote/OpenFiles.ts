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
  LockKind,
  LockOptions,
  OpenFlag,
  OpenOptions,
  ReadStreamOptions
} from "../../services/Filesystem.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES, joined } from "../../src/wire/Stream.ts"
import { checkWhole } from "./Numbers.ts"
import { inPieces } from "./Pieces.ts"
import { virtualStat } from "./Stat.ts"
import { bytesRead, bytesWritten } from "./Telemetry.ts"
import { call, explain, lost, type VmLink } from "./VmLink.ts"

/** Most bytes of one piece of a stream: a reader holds that much. */
const MAX_CHUNK_SIZE = 16 * 1024 * 1024

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
  openWith(link, path, flags[options.flag ?? "r"], options.mode)

const openWith = (link: VmLink, path: string, flags: number, mode = 0o666) =>
  held(link, call(link, Operations.open, { vm: link.vm, path, flags, mode }))

/** A file that is closed with the Scope. */
const held = (
  link: VmLink,
  opened: Effect.Effect<{ readonly file: number }, FilesystemError>
): Effect.Effect<FileHandle, FilesystemError, Scope.Scope> =>
  Effect.acquireRelease(
    opened,
    ({ file }) => Effect.ignore(call(link, Operations.closeFile, { vm: link.vm, file }))
  ).pipe(Effect.map(({ file }) => handle(link, file)))

/**
 * The lock of a file, for as long as the Scope is open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lock = (
  link: VmLink,
  path: string,
  { kind = "exclusive", wait }: LockOptions & { readonly kind?: LockKind | undefined }
): Effect.Effect<void, FilesystemError, Scope.Scope> =>
  openWith(link, path, O_CREAT).pipe(
    // a directory is there already
    Effect.catchIf(
      (error) => error._tag === "KernelError" && error.errno === "EISDIR",
      () => openWith(link, path, 0)
    ),
    Effect.flatMap((file) => file.lock(kind, { wait }))
  )

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
  const unlock = Effect.asVoid(call(link, Operations.unlockFile, { vm, file }))
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
      checked("ftruncate", [size], () => Effect.asVoid(call(link, Operations.truncateFile, { vm, file, size }))),
    sync: Effect.asVoid(call(link, Operations.syncFile, { vm, file })),
    dup: held(link, call(link, Operations.duplicateFile, { vm, file })),
    lock: (kind, options) =>
      // the lock may have been given when the request is withdrawn
      Effect.onInterrupt(
        Effect.asVoid(call(link, Operations.lockFile, { vm, file, kind, wait: options?.wait !== false })),
        () => Effect.ignore(unlock)
      ),
    unlock
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
    const { chunkSize } = options
    const refused = checkWhole("read", path, [options.offset ?? 0, options.length ?? 0]) ??
      checkChunkSize(path, chunkSize)
    if (refused !== undefined) return yield* Effect.fail(refused)
    const request = {
      vm: link.vm,
      path,
      offset: options.offset ?? 0,
      length: options.length,
      chunk: CHUNK_BYTES
    }
    const duplex = yield* Effect.catchAll(
      link.transport.open(Operations.readRange, request),
      (error) => explain(link, error)
    )
    const counted = Stream.mapChunks(duplex.down, (chunk) => {
      for (const part of chunk) bytesRead.unsafeUpdate(part.length, [])
      return chunk
    })
    const bytes = Stream.concat(counted, Stream.drain(Stream.fromEffect(duplex.response))).pipe(
      Stream.catchAll((error) => Stream.fromEffect(explain(link, error)))
    )
    return chunkSize === undefined ? bytes : inPieces(chunkSize)(bytes)
  }))

const checkChunkSize = (path: string, chunkSize = 1): KernelError | undefined =>
  Number.isInteger(chunkSize) && chunkSize >= 1 && chunkSize <= MAX_CHUNK_SIZE
    ? undefined
    : new KernelError({ errno: "EINVAL", syscall: "read", path, limit: { name: "chunkSize", value: MAX_CHUNK_SIZE } })

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
    const send = (bytes: Uint8Array) => {
      bytesWritten.unsafeUpdate(bytes.length, [])
      return duplex.write(bytes)
    }
    return Sink.mapEffect(Sink.forEach(send), () => commit)
  }))
