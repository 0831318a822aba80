/**
 * The operations on single files and directories.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES } from "../../src/wire/Stream.ts"
import { Fault } from "../kernel/fault.ts"
import type { DirectoryEntry } from "../kernel/filesystem/filesystem.ts"
import { O_RDONLY } from "../kernel/filesystem/flags.ts"
import type { OpenFile } from "../kernel/filesystem/open-file.ts"
import type { Stat } from "../kernel/filesystem/stat.ts"
import { begun, once, Pace, type Pause, ready, type Steps } from "../kernel/filesystem/steps.ts"
import type { Vm } from "../kernel/vm.ts"
import { perform } from "./perform.ts"
import type { Route } from "./server.ts"
import { type Answer, failureOfFault, type Session } from "./session.ts"
import { receive, send, sendParts, sendRecords, steps } from "./streams.ts"

/** An operation that is one step and answers at once. A fault may be thrown or, which is quicker, given. */
export const simple = <A extends { readonly vm: number }, B>(
  operation: Operation<A, B>,
  run: (vm: Vm, request: A) => B | Fault
): Route => [
  operation,
  (session, exchange, body) => {
    const request = Codec.decode(operation.request, body)
    const vm = session.vm(request.vm)
    return perform(
      vm,
      () => run(vm, request),
      (value) =>
        value instanceof Fault
          ? exchange.fail(failureOfFault(value))
          : exchange.respond(Codec.encode(operation.response, value))
    )
  }
]

/** Content up to this size is the answer itself; larger content is streamed. */
const INLINE_BYTES = 512 * 1024

const readFile: Answer = (session, exchange, body) => {
  const { path, vm: handle } = Codec.decode(Operations.readFile.request, body)
  const vm = session.vm(handle)
  return perform(vm, () => openWhole(vm, path), ({ content, file, size }) => {
    if (content !== undefined) return exchange.respond(content)
    sendFile(session, exchange, vm, file, size)
  })
}

/** The content of a file that fits into an answer, or else the file. */
const openWhole = (vm: Vm, path: string) => {
  const limit = vm.spec.limits.readBytes
  const file = vm.filesystem.open(vm.host, path, O_RDONLY)
  try {
    const { mode, size } = file.stat()
    if ((mode & 0o170000) === 0o040000) throw new Fault("EISDIR", "read", path)
    if (size > limit) throw new Fault("EFBIG", "open", path, undefined, { name: "readBytes", value: limit })
    const content = size <= INLINE_BYTES
      ? vm.filesystem.within(() => vm.filesystem.readFile(vm.host, path))
      : undefined
    if (content !== undefined) file.close()
    return { content, file, size }
  } catch (thrown) {
    file.close()
    throw thrown
  }
}

/** Sends the size that a file has, then as much of its content. */
const sendFile = (session: Session, exchange: Exchange, vm: Vm, file: OpenFile, size: number): void => {
  if (vm.filesystem.foreign) {
    // the size has a chunk of its own
    exchange.write(Codec.encode(Codec.f64, size))
    const pieces = piecesOf(() => file.read(Math.min(CHUNK_BYTES, size - file.position)))
    return sendParts(session, exchange, vm, pieces, () => file.close())
  }
  let announced = false
  const next = () => {
    if (!announced) {
      announced = true
      return Codec.encode(Codec.f64, size)
    }
    // it may have grown meanwhile
    const piece = file.read(Math.min(CHUNK_BYTES, size - file.position))
    return piece.length === 0 ? undefined : piece
  }
  send(session, exchange, next, () => file.close())
}

/** Pieces until the first empty one, each as soon as it can be had. */
export const piecesOf = function*(next: () => Uint8Array): Generator<Uint8Array | Pause, void, void> {
  for (;;) {
    const piece = yield* ready(next)
    if (piece.length === 0) return
    yield piece
  }
}

/** Names that are encoded in one step. */
const STEP_NAMES = 512

/** The names as `namesCodec` has them, in parts. */
const nameParts = function*(entries: ReadonlyArray<{ readonly name: string }>): Generator<Uint8Array | Pause> {
  yield Codec.encode(Codec.u32, entries.length)
  for (let at = 0; at < entries.length; at += STEP_NAMES) {
    const names = entries.slice(at, at + STEP_NAMES).map(({ name }) => name)
    // without the count of these
    yield Codec.encode(Operations.namesCodec, names).subarray(4)
    yield
  }
}

const readdir: Answer = (session, exchange, body) => {
  const { path, vm: handle } = Codec.decode(Operations.readdir.request, body)
  const vm = session.vm(handle)
  const listed = steps(vm.perform(() => vm.filesystem.readdirSteps(vm.host, path)), (entries) => {
    if (entries.length > 4 * STEP_NAMES) return sendParts(session, exchange, vm, nameParts(entries))
    exchange.respond(Codec.encode(Operations.namesCodec, entries.map(({ name }) => name)))
  })
  return begun(listed)
}

const writeFile: Answer = (session, exchange, body) => {
  const { content, path, streamed, vm: handle } = Codec.decode(Operations.writeFile.request, body)
  const vm = session.vm(handle)
  if (!streamed) {
    return perform(
      vm,
      () => vm.filesystem.put(vm.host, path, content),
      (refused) => refused === undefined ? exchange.respond(nothing) : exchange.fail(failureOfFault(refused))
    )
  }
  // the file changes when all of it is here, and not at all when it does not come
  return perform(vm, () => vm.filesystem.stage(vm.host, path), (staged) =>
    receive(session, exchange, vm, {
      onBytes: (bytes) => staged.take(bytes),
      onEnd: () => perform(vm, () => staged.commit(), () => exchange.respond(nothing)),
      onAbandon: () => staged.abandon()
    }))
}

const treeEntries = function*(
  vm: Vm,
  root: string,
  maxDepth: number | undefined,
  exclude: ReadonlySet<string>
): Generator<Codec.TypeOf<typeof Operations.treeEntryCodec> | Pause, void, void> {
  const queue: Array<{ readonly path: string; readonly depth: number }> = [{ path: root, depth: 0 }]
  const pace = new Pace()
  for (let at = 0; at < queue.length; at++) {
    const { depth, path } = queue[at]
    const prefix = path.endsWith("/") ? path : `${path}/`
    for (const { name } of yield* yield* ready(() => listing(vm, path, at > 0))) {
      if (exclude.has(name)) continue
      const child = prefix + name
      // each level of a path is looked at
      if (pace.spend(1 + child.length / 16)) yield
      const stat = yield* ready(() => present(() => vm.filesystem.lstat(vm.host, child)))
      if (stat === undefined) continue
      const type = entryType(stat)
      yield { path: child, type, size: stat.size }
      if (type === "directory" && (maxDepth === undefined || depth < maxDepth)) {
        queue.push({ path: child, depth: depth + 1 })
      }
    }
  }
}

/** What has gone away since its directory was listed is no failure of the listing. */
const present = <A>(run: () => A): A | undefined => {
  try {
    return run()
  } catch (thrown) {
    if (
      thrown instanceof Fault && (thrown.errno === "ENOENT" || thrown.errno === "ENOTDIR" || thrown.errno === "ESRCH")
    ) {
      return undefined
    }
    throw thrown
  }
}

const listing = (vm: Vm, path: string, mayBeGone: boolean): Steps<Array<DirectoryEntry>> => {
  const list = () => vm.filesystem.readdirSteps(vm.host, path)
  return mayBeGone ? present(list) ?? once(() => []) : list()
}

const entryType = (stat: Stat): "file" | "directory" | "symlink" => {
  const type = stat.mode & 0o170000
  return type === 0o040000 ? "directory" : type === 0o120000 ? "symlink" : "file"
}

const readdirRecursive: Answer = (session, exchange, body) => {
  const { exclude, maxDepth, path, vm: handle } = Codec.decode(Operations.readdirRecursive.request, body)
  const vm = session.vm(handle)
  sendRecords(session, exchange, vm, Operations.treeEntryCodec, treeEntries(vm, path, maxDepth, new Set(exclude)))
}

const glob: Answer = (session, exchange, body) => {
  const { cwd, dot, pattern, vm: handle } = Codec.decode(Operations.glob.request, body)
  const vm = session.vm(handle)
  return steps(vm.perform(() => vm.filesystem.glob(vm.host, pattern, { cwd, dot })), (paths) => {
    sendRecords(session, exchange, vm, Operations.pathCodec, paths.map((path) => ({ path })))
  })
}

const milliseconds = (nanos: bigint): number => Number(nanos / 1000n) / 1000

const looked = (found: Stat | Fault) => found instanceof Fault ? found : wireStat(found)

/** What stat tells, for the wire. */
export const wireStat = (stat: Stat): Codec.TypeOf<typeof Operations.statCodec> => ({
  mode: stat.mode,
  size: stat.size,
  blocks: stat.blocks,
  dev: stat.dev,
  rdev: stat.rdev,
  atimeMs: milliseconds(stat.atime),
  mtimeMs: milliseconds(stat.mtime),
  ctimeMs: milliseconds(stat.ctime),
  birthtimeMs: milliseconds(stat.birthtime),
  ino: stat.ino,
  nlink: stat.nlink,
  uid: stat.uid,
  gid: stat.gid
})

/** Removes what `path` names: a link itself, and a directory with all that is in it when `recursive`. */
const remove = (vm: Vm, path: string, recursive: boolean): Steps => {
  const directory = (vm.filesystem.lstat(vm.host, path).mode & 0o170000) === 0o040000
  if (directory && recursive) return vm.filesystem.removeSteps(vm.host, path, { recursive: true })
  return once(() => directory ? vm.filesystem.rmdir(vm.host, path) : vm.filesystem.unlink(vm.host, path))
}

const nothing = new Uint8Array(0)

const nanoseconds = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000)) * 1000n

/** Operations that answer with nothing. */
export const silent = <A extends { readonly vm: number }>(
  operation: Operation<A, object>,
  run: (vm: Vm, request: A) => void
): Route =>
  simple(operation, (vm, request) => {
    run(vm, request)
    return {}
  })

/** Operations that answer with nothing after as many steps as they take. */
const stepped = <A extends { readonly vm: number }>(
  operation: Operation<A, object>,
  run: (vm: Vm, request: A) => Steps
): Route => [
  operation,
  (session, exchange, body) => {
    const request = Codec.decode(operation.request, body)
    const vm = session.vm(request.vm)
    const work = vm.perform(() => run(vm, request))
    // most end with their first step, and need no second turn
    return begun(steps(work, () => exchange.respond(nothing)))
  }
]

export const fileOperations: ReadonlyArray<Route> = [
  simple(Operations.stat, (vm, { path }) => looked(vm.filesystem.look(vm.host, path, true))),
  simple(Operations.lstat, (vm, { path }) => looked(vm.filesystem.look(vm.host, path, false))),
  simple(Operations.exists, (vm, { path }) => vm.filesystem.exists(vm.host, path)),
  simple(Operations.readlink, (vm, { path }) => ({ path: vm.filesystem.readlink(vm.host, path) })),
  simple(Operations.realpath, (vm, { path }) => ({ path: vm.filesystem.realpath(vm.host, path) })),
  stepped(
    Operations.mkdir,
    (vm, { path, recursive }) =>
      recursive ? vm.filesystem.mkdirpSteps(vm.host, path) : once(() => vm.filesystem.mkdir(vm.host, path))
  ),
  simple(Operations.statfs, (vm, { path }) => vm.filesystem.statfs(vm.host, path)),
  stepped(
    Operations.move,
    (vm, { dest, mode, path }) =>
      mode === "replace"
        ? vm.filesystem.moveSteps(vm.host, path, dest)
        : once(() =>
          vm.filesystem.rename(vm.host, path, dest, { noReplace: mode === "noReplace", exchange: mode === "exchange" })
        )
  ),
  stepped(Operations.remove, (vm, { path, recursive }) => remove(vm, path, recursive)),
  silent(Operations.symlink, (vm, { path, target }) => vm.filesystem.symlink(vm.host, target, path)),
  silent(Operations.link, (vm, { dest, path }) => vm.filesystem.link(vm.host, path, dest)),
  silent(Operations.chmod, (vm, { mode, path }) => vm.filesystem.chmod(vm.host, path, mode)),
  silent(Operations.chown, (vm, { gid, path, uid }) => vm.filesystem.chown(vm.host, path, uid, gid)),
  silent(
    Operations.utimes,
    (vm, { atimeMs, mtimeMs, path }) => vm.filesystem.utimes(vm.host, path, nanoseconds(atimeMs), nanoseconds(mtimeMs))
  ),
  silent(Operations.truncate, (vm, { path, size }) => vm.filesystem.truncate(vm.host, path, size)),
  silent(Operations.access, (vm, { mask, path }) => vm.filesystem.access(vm.host, path, mask)),
  simple(Operations.getXattr, (vm, { name, path }) => vm.filesystem.getXattr(vm.host, path, name)),
  simple(Operations.listXattrs, (vm, { path }) => vm.filesystem.listXattrs(vm.host, path)),
  silent(
    Operations.setXattr,
    (vm, { mode, name, path, value }) =>
      vm.filesystem.setXattr(vm.host, path, name, value, { create: mode === "create", replace: mode === "replace" })
  ),
  silent(Operations.removeXattr, (vm, { name, path }) => vm.filesystem.removeXattr(vm.host, path, name)),
  stepped(
    Operations.copy,
    (vm, { dest, path, recursive }) => vm.filesystem.copySteps(vm.host, path, dest, { recursive })
  ),
  [Operations.readdir, readdir],
  [Operations.readFile, readFile],
  [Operations.writeFile, writeFile],
  [Operations.readdirRecursive, readdirRecursive],
  [Operations.glob, glob]
]
