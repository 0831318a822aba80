/**
 * The operations on single files and directories.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES } from "../../src/wire/Stream.ts"
import { Fault } from "../kernel/fault.ts"
import type { Filesystem } from "../kernel/filesystem/filesystem.ts"
import { O_RDONLY } from "../kernel/filesystem/flags.ts"
import type { OpenFile } from "../kernel/filesystem/open-file.ts"
import type { Stat } from "../kernel/filesystem/stat.ts"
import { once, type Steps } from "../kernel/filesystem/steps.ts"
import type { Vm } from "../kernel/vm.ts"
import type { Route } from "./server.ts"
import type { Answer, Session } from "./session.ts"
import { receive, send, sendRecords, steps } from "./streams.ts"

/** An operation that is one step and answers at once. */
export const simple = <A extends { readonly vm: number }, B>(
  operation: Operation<A, B>,
  run: (vm: Vm, request: A) => B
): Route => [
  operation,
  (session, exchange, body) => {
    const request = Codec.decode(operation.request, body)
    exchange.respond(Codec.encode(operation.response, run(session.vm(request.vm), request)))
  }
]

/** Content up to this size is the answer itself; larger content is streamed. */
const INLINE_BYTES = 512 * 1024

const readFile: Answer = (session, exchange, body) => {
  const { path, vm: handle } = Codec.decode(Operations.readFile.request, body)
  const vm = session.vm(handle)
  const limit = vm.spec.limits.readBytes
  const file = vm.filesystem.open(vm.host, path, O_RDONLY)
  let size
  try {
    const stat = file.stat()
    size = stat.size
    if ((stat.mode & 0o170000) === 0o040000) throw new Fault("EISDIR", "read", path)
    if (size > limit) throw new Fault("EFBIG", "open", path, undefined, { name: "readBytes", value: limit })
    if (size <= INLINE_BYTES) {
      exchange.respond(vm.filesystem.readFile(vm.host, path))
      return file.close()
    }
  } catch (thrown) {
    file.close()
    throw thrown
  }
  sendFile(session, exchange, file, size)
}

/** Sends the size that a file has, then as much of its content. */
const sendFile = (session: Session, exchange: Exchange, file: OpenFile, size: number): void => {
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

const readdir: Answer = (session, exchange, body) => {
  const { path, vm: handle } = Codec.decode(Operations.readdir.request, body)
  const vm = session.vm(handle)
  const names = Codec.encode(Operations.namesCodec, vm.filesystem.readdir(vm.host, path).map(({ name }) => name))
  if (names.length <= INLINE_BYTES) return exchange.respond(names)
  let rest: Uint8Array | undefined = names
  send(session, exchange, () => {
    const piece = rest
    rest = undefined
    return piece
  })
}

const writeFile: Answer = (session, exchange, body) => {
  const { content, path, streamed, vm: handle } = Codec.decode(Operations.writeFile.request, body)
  const vm = session.vm(handle)
  if (!streamed) {
    vm.filesystem.writeFile(vm.host, path, content)
    return exchange.respond(nothing)
  }
  // the file changes when all of it is here, and not at all when it does not come
  const staged = vm.filesystem.stage(vm.host, path)
  receive(session, exchange, vm, {
    onBytes: (bytes) => staged.append(bytes),
    onEnd: () => {
      staged.commit()
      exchange.respond(nothing)
    },
    onAbandon: () => staged.abandon()
  })
}

const treeEntries = function*(
  vm: Vm,
  root: string,
  maxDepth: number | undefined,
  exclude: ReadonlySet<string>
): Generator<Codec.TypeOf<typeof Operations.treeEntryCodec>> {
  const queue: Array<{ readonly path: string; readonly depth: number }> = [{ path: root, depth: 0 }]
  for (let at = 0; at < queue.length; at++) {
    const { depth, path } = queue[at]
    const prefix = path.endsWith("/") ? path : `${path}/`
    for (const { name } of listing(vm.filesystem, vm, path, at > 0)) {
      if (exclude.has(name)) continue
      const child = prefix + name
      const stat = present(() => vm.filesystem.lstat(vm.host, child))
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

const listing = (filesystem: Filesystem, vm: Vm, path: string, mayBeGone: boolean) =>
  mayBeGone ? present(() => filesystem.readdir(vm.host, path)) ?? [] : filesystem.readdir(vm.host, path)

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
  return steps(vm.filesystem.glob(vm.host, pattern, { cwd, dot }), (paths) => {
    sendRecords(session, exchange, vm, Operations.pathCodec, paths.map((path) => ({ path })))
  })
}

const milliseconds = (nanos: bigint): number => Number(nanos / 1000n) / 1000

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
const silent = <A extends { readonly vm: number }>(
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
    const work = run(session.vm(request.vm), request)
    // most end with their first step, and need no second turn
    if (work.next().done === true) return exchange.respond(nothing)
    return steps(work, () => exchange.respond(nothing))
  }
]

export const fileOperations: ReadonlyArray<Route> = [
  simple(Operations.stat, (vm, { path }) => wireStat(vm.filesystem.stat(vm.host, path))),
  simple(Operations.lstat, (vm, { path }) => wireStat(vm.filesystem.lstat(vm.host, path))),
  simple(Operations.exists, (vm, { path }) => vm.filesystem.exists(vm.host, path)),
  simple(Operations.readlink, (vm, { path }) => ({ path: vm.filesystem.readlink(vm.host, path) })),
  simple(Operations.realpath, (vm, { path }) => ({ path: vm.filesystem.realpath(vm.host, path) })),
  silent(
    Operations.mkdir,
    (vm, { path, recursive }) => recursive ? vm.filesystem.mkdirp(vm.host, path) : vm.filesystem.mkdir(vm.host, path)
  ),
  stepped(Operations.move, (vm, { dest, path }) => vm.filesystem.moveSteps(vm.host, path, dest)),
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
