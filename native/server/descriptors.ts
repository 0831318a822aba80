/**
 * The operations on files that the host holds open.
 */
import * as Codec from "../../src/wire/Codec.ts"
import { WireFailure } from "../../src/wire/Failure.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES } from "../../src/wire/Stream.ts"
import { Fault } from "../kernel/fault.ts"
import { O_RDONLY } from "../kernel/filesystem/flags.ts"
import { piecesOf, silent, simple, wireStat } from "./files.ts"
import { perform } from "./perform.ts"
import type { Route } from "./server.ts"
import type { Answer } from "./session.ts"
import { failureOfFault } from "./session.ts"
import { send, sendParts } from "./streams.ts"

/** The most that one read answers. */
const READ_BYTES = 512 * 1024

const nothing = new Uint8Array(0)

/** A range of a file as a stream; the file is read as it goes out. */
const readRange: Answer = (session, exchange, body) => {
  const { chunk, length, offset, path, vm: handle } = Codec.decode(Operations.readRange.request, body)
  const vm = session.vm(handle)
  const piece = Math.max(1, Math.min(chunk, CHUNK_BYTES))
  return perform(vm, () => vm.filesystem.open(vm.host, path, O_RDONLY), (file) => {
    let at = offset
    let left = length ?? Number.MAX_SAFE_INTEGER
    const next = () => {
      const bytes = left > 0 ? file.pread(at, Math.min(left, piece)) : nothing
      at += bytes.length
      left -= bytes.length
      return bytes
    }
    const close = () => file.close()
    if (vm.filesystem.foreign) return sendParts(session, exchange, vm, piecesOf(next), close)
    send(session, exchange, () => {
      const bytes = next()
      return bytes.length === 0 ? undefined : bytes
    }, close)
  })
}

/** A request that waits for a lock is out of its VM's turn meanwhile; withdrawn, it waits no more. */
const lockFile: Answer = (session, exchange, body) => {
  const { file, kind, vm: handle, wait } = Codec.decode(Operations.lockFile.request, body)
  const opened = session.vm(handle).files.get(file)
  if (!wait) {
    opened.lock(kind)
    return exchange.respond(nothing)
  }
  const withdraw = opened.lockLater(kind, (outcome) => {
    if (outcome === "granted") exchange.respond(nothing)
    else if (outcome === "released") exchange.fail(new WireFailure("gone", "the VM has been released"))
    else exchange.fail(failureOfFault(new Fault("EBADF", "flock", opened.path)))
  })
  if (withdraw === undefined) exchange.respond(nothing)
  else exchange.handlers.onCancel = withdraw
}

export const descriptorOperations: ReadonlyArray<Route> = [
  simple(Operations.open, (vm, { flags, mode, path }) => ({
    file: vm.files.add(vm.filesystem.open(vm.host, path, flags, mode))
  })),
  simple(Operations.readAt, (vm, { file, length, offset }) => {
    const wanted = Math.min(length, READ_BYTES)
    const opened = vm.files.get(file)
    return offset === undefined ? opened.read(wanted) : opened.pread(offset, wanted)
  }),
  simple(Operations.writeAt, (vm, { content, file, offset }) => {
    const opened = vm.files.get(file)
    return { written: offset === undefined ? opened.write(content) : opened.pwrite(offset, content) }
  }),
  simple(Operations.seek, (vm, { file, offset, whence }) => ({ position: vm.files.get(file).seek(offset, whence) })),
  simple(Operations.statFile, (vm, { file }) => wireStat(vm.files.get(file).stat())),
  silent(Operations.truncateFile, (vm, { file, size }) => vm.files.get(file).truncate(size)),
  silent(Operations.closeFile, (vm, { file }) => vm.files.close(file)),
  silent(Operations.syncFile, (vm, { file }) => vm.files.get(file).sync()),
  silent(Operations.unlockFile, (vm, { file }) => vm.files.get(file).unlock()),
  simple(Operations.duplicateFile, (vm, { file }) => ({ file: vm.files.duplicate(file) })),
  [Operations.lockFile, lockFile],
  [Operations.readRange, readRange]
]
