/**
 * The Filesystem service of a VM in a sidecar.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { FilesystemError, FilesystemShape, MoveOptions } from "../../services/Filesystem.ts"
import type { DirEntry } from "../../src/config/FileStat.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import type { PathError } from "../../src/errors/PathError.ts"
import { checkSafe, checkWritable } from "../../src/Paths.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { RecordParser } from "../../src/wire/Stream.ts"
import { readFiles, writeFiles } from "./Batch.ts"
import { Gather, GatherFile, pieces } from "./Bytes.ts"
import { decoded } from "./Call.ts"
import { checkFinite, checkWhole } from "./Numbers.ts"
import { lock, open, readStream, writeStream } from "./OpenFiles.ts"
import { recordStream } from "./RecordStream.ts"
import { mountFs, unmount } from "./RemoteMounts.ts"
import { exportRoot } from "./RemoteSnapshots.ts"
import { virtualStat } from "./Stat.ts"
import { bytesRead, bytesWritten } from "./Telemetry.ts"
import { call, control, type VmLink } from "./VmLink.ts"
import { watch } from "./Watch.ts"

/** Content up to this size travels inside its request. */
const INLINE_BYTES = 512 * 1024

/** The largest id of a user or group. */
const MAX_ID = 2 ** 32 - 1

/** The largest value of an extended attribute. A much larger one would not even fit into a frame. */
const MAX_XATTR = 65_536

const xattrTooLarge = (path: string) =>
  new KernelError({ errno: "E2BIG", syscall: "setxattr", path, limit: { name: "xattrValue", value: MAX_XATTR } })

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (link: VmLink, plugins: Parameters<typeof mountFs>[1]): FilesystemShape => {
  const { vm } = link

  const readFile = (path: string): Effect.Effect<Uint8Array, FilesystemError> =>
    guarded(checkSafe(path), () => {
      const gather = new GatherFile()
      return Effect.map(
        call(link, Operations.readFile, { vm, path }, {
          down: (bytes) => gather.add(bytes),
          place: (length) => gather.place(length)
        }),
        (last) => {
          const content = gather.finish(last)
          bytesRead.unsafeUpdate(content.length, [])
          return content
        }
      )
    })

  return {
    readFile,
    readFileString: (path) => Effect.map(readFile(path), (bytes) => decoder.decode(bytes)),
    writeFile: (path, content) =>
      guarded(checkWritable(path), () => {
        const bytes = typeof content === "string" ? encoder.encode(content) : content
        bytesWritten.unsafeUpdate(bytes.length, [])
        return Effect.asVoid(
          bytes.length <= INLINE_BYTES
            ? call(link, Operations.writeFile, { vm, path, streamed: false, content: bytes })
            : call(link, Operations.writeFile, { vm, path, streamed: true, content: nothing }, { up: pieces(bytes) })
        )
      }),
    writeFiles: (entries) => writeFiles(link, Array.from(entries)),
    readFiles: (paths) => readFiles(link, Array.from(paths)),
    mkdir: (path, options) => {
      const recursive = options?.recursive === true
      return guarded(
        recursive ? checkWritable(path) : checkSafe(path),
        () => Effect.asVoid(call(link, Operations.mkdir, { vm, path, recursive }))
      )
    },
    readdir: (path) =>
      guarded(checkSafe(path), () => {
        const gather = new Gather()
        return call(link, Operations.readdir, { vm, path }, { down: (bytes) => gather.add(bytes) }).pipe(
          Effect.flatMap((last) => decoded(Operations.namesCodec, gather.finish(last))),
          Effect.map((names) => names.slice())
        )
      }),
    readdirRecursive: (path, options) =>
      guarded(checkSafe(path), () => {
        const entries: Array<DirEntry> = []
        const parser = new RecordParser(Operations.treeEntryCodec, 64 * 1024, (entry) => void entries.push(entry))
        const request = { vm, path, maxDepth: depthOf(options?.maxDepth), exclude: options?.exclude ?? [] }
        const options_ = { down: (bytes: Uint8Array) => parser.push(bytes) }
        return Effect.as(call(link, Operations.readdirRecursive, request, options_), entries)
      }),
    walk: (path, options = {}) => {
      const refused = checkSafe(path)
      if (refused !== undefined) return Stream.fail(refused)
      const request = { vm, path, maxDepth: depthOf(options.maxDepth), exclude: options.exclude ?? [] }
      return recordStream(link, Operations.readdirRecursive, request, Operations.treeEntryCodec)
    },
    glob: (pattern, { cwd = "/", dot = false } = {}) =>
      guarded(checkSafe(cwd), () => {
        const paths: Array<string> = []
        const parser = new RecordParser(Operations.pathCodec, 64 * 1024, ({ path }) => void paths.push(path))
        const down = (bytes: Uint8Array) => parser.push(bytes)
        return Effect.as(call(link, Operations.glob, { vm, pattern, cwd, dot }, { down }), paths)
      }),
    stat: (path) => guarded(checkSafe(path), () => Effect.map(call(link, Operations.stat, { vm, path }), virtualStat)),
    lstat: (path) =>
      guarded(checkSafe(path), () => Effect.map(call(link, Operations.lstat, { vm, path }), virtualStat)),
    readlink: (path) =>
      guarded(checkSafe(path), () => Effect.map(call(link, Operations.readlink, { vm, path }), (said) => said.path)),
    realpath: (path) =>
      guarded(checkSafe(path), () => Effect.map(call(link, Operations.realpath, { vm, path }), (real) => real.path)),
    symlink: (target, path) =>
      guarded(checkWritable(path), () => Effect.asVoid(call(link, Operations.symlink, { vm, target, path }))),
    link: (existing, path) =>
      guarded(
        checkSafe(existing) ?? checkWritable(path),
        () => Effect.asVoid(call(link, Operations.link, { vm, path: existing, dest: path }))
      ),
    chmod: (path, mode) =>
      guarded(
        checkWritable(path) ?? checkWhole("chmod", path, [mode]),
        () => Effect.asVoid(call(link, Operations.chmod, { vm, path, mode: mode & 0o7777 }))
      ),
    chown: (path, uid, gid) =>
      guarded(
        checkWritable(path) ?? checkWhole("chown", path, [uid, gid], MAX_ID),
        () => Effect.asVoid(call(link, Operations.chown, { vm, path, uid, gid }))
      ),
    utimes: (path, atimeMs, mtimeMs) =>
      guarded(
        checkWritable(path) ?? checkFinite("utimes", path, [atimeMs, mtimeMs]),
        () => Effect.asVoid(call(link, Operations.utimes, { vm, path, atimeMs, mtimeMs }))
      ),
    getXattr: (path, name) =>
      guarded(checkSafe(path), () =>
        // the answer is a view of what was received
        Effect.map(call(link, Operations.getXattr, { vm, path, name }), (value) => value.slice())),
    setXattr: (path, name, value, options) =>
      guarded(checkWritable(path), () => {
        const bytes = typeof value === "string" ? encoder.encode(value) : value
        if (bytes.length > MAX_XATTR) return Effect.fail(xattrTooLarge(path))
        const request = { vm, path, name, mode: options?.mode ?? "either", value: bytes } as const
        return Effect.asVoid(call(link, Operations.setXattr, request))
      }),
    listXattrs: (path) =>
      guarded(
        checkSafe(path),
        () => Effect.map(call(link, Operations.listXattrs, { vm, path }), (names) => names.slice())
      ),
    removeXattr: (path, name) =>
      guarded(checkWritable(path), () => Effect.asVoid(call(link, Operations.removeXattr, { vm, path, name }))),
    lock: (path, options = {}) => guarded(checkWritable(path), () => lock(link, path, options)),
    truncate: (path, size = 0) =>
      guarded(
        checkWritable(path) ?? checkWhole("truncate", path, [size]),
        () => Effect.asVoid(call(link, Operations.truncate, { vm, path, size }))
      ),
    access: (path, mode = "") =>
      guarded(checkSafe(path), () => Effect.asVoid(call(link, Operations.access, { vm, path, mask: maskOf(mode) }))),
    copy: (from, to, options) =>
      guarded(checkSafe(from) ?? checkWritable(to), () =>
        Effect.asVoid(
          call(link, Operations.copy, { vm, path: from, dest: to, recursive: options?.recursive === true })
        )),
    pread: (path, offset, length) =>
      guarded(
        checkSafe(path) ?? checkWhole("pread", path, [offset, length]),
        () => Effect.scoped(Effect.flatMap(open(link, path, {}), (file) => file.pread(offset, length)))
      ),
    pwrite: (path, offset, bytes) =>
      guarded(
        checkWritable(path) ?? checkWhole("pwrite", path, [offset]),
        () =>
          Effect.scoped(Effect.flatMap(open(link, path, { flag: "r+" }), (file) => file.pwrite(offset, bytes))).pipe(
            Effect.as(bytes.length)
          )
      ),
    open: (path, options = {}) =>
      guarded((options.flag ?? "r") === "r" ? checkSafe(path) : checkWritable(path), () => open(link, path, options)),
    readStream: (path, options = {}) => {
      const refused = checkSafe(path)
      return refused === undefined ? readStream(link, path, options) : Stream.fail(refused)
    },
    writeStream: (path) => {
      const refused = checkWritable(path)
      return refused === undefined ? writeStream(link, path) : Sink.fail(refused)
    },
    watch: (path, options = {}) => {
      const refused = checkSafe(path)
      return refused === undefined ? watch(link, path, options) : Stream.fail(refused)
    },
    exists: (path) => guarded(checkSafe(path), () => call(link, Operations.exists, { vm, path })),
    move: (from, to, options = {}) =>
      guarded(
        checkSafe(from) ?? checkSafe(to) ?? checkMove(from, to, options),
        () => Effect.asVoid(call(link, Operations.move, { vm, path: from, dest: to, mode: moveMode(options) }))
      ),
    statfs: (path) => guarded(checkSafe(path), () => call(link, Operations.statfs, { vm, path })),
    delete: (path, options) =>
      guarded(
        checkSafe(path),
        () => Effect.asVoid(call(link, Operations.remove, { vm, path, recursive: options?.recursive === true }))
      ),
    snapshotRootFilesystem: () => exportRoot(link),
    mountFs: (path, mount, options) => mountFs(link, plugins, path, mount, options),
    unmountFs: (path) =>
      guarded(
        checkSafe(path),
        () => unmount(link, path)
      ),
    listMounts: control(link, (client) => client.ListMounts({ vm }))
  }
}

const nothing = new Uint8Array(0)

/** As the wire takes it: beyond 32 bits, infinity included, is no bound; below 0 is 0. */
const depthOf = (maxDepth: number | undefined): number | undefined =>
  maxDepth === undefined || maxDepth > 0xffff_ffff ? undefined : Math.max(0, Math.floor(maxDepth))

/** As renameat2(2), which takes only one of the two. */
const checkMove = (path: string, dest: string, { exchange, noReplace }: MoveOptions): KernelError | undefined =>
  exchange === true && noReplace === true
    ? new KernelError({ errno: "EINVAL", syscall: "rename", path, dest })
    : undefined

const moveMode = ({ exchange, noReplace }: MoveOptions) =>
  exchange === true ? "exchange" as const : noReplace === true ? "noReplace" as const : "replace" as const

const maskOf = (mode: string): number =>
  (mode.includes("r") ? 4 : 0) | (mode.includes("w") ? 2 : 0) | (mode.includes("x") ? 1 : 0)

/** Fails with what a guard found, else goes on. Nothing is sent for a path that does not pass. */
const guarded = <A, E, R, G extends PathError | KernelError>(
  refused: G | undefined,
  run: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E | G, R> => refused === undefined ? Effect.suspend(run) : Effect.fail(refused)
