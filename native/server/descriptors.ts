/**
 * The operations on files that the host holds open.
 */
import * as Codec from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES } from "../../src/wire/Stream.ts"
import { O_RDONLY } from "../kernel/filesystem/flags.ts"
import { simple, wireStat } from "./files.ts"
import type { Route } from "./server.ts"
import type { Answer } from "./session.ts"
import { send } from "./streams.ts"

/** The most that one read answers. */
const READ_BYTES = 512 * 1024

const nothing = new Uint8Array(0)

/** A range of a file as a stream; the file is read as it goes out. */
const readRange: Answer = (session, exchange, body) => {
  const { chunk, length, offset, path, vm: handle } = Codec.decode(Operations.readRange.request, body)
  const vm = session.vm(handle)
  const file = vm.filesystem.open(vm.host, path, O_RDONLY)
  const piece = Math.max(1, Math.min(chunk, CHUNK_BYTES))
  let at = offset
  let left = length ?? Number.MAX_SAFE_INTEGER
  send(
    session,
    exchange,
    () => {
      const bytes = left > 0 ? file.pread(at, Math.min(left, piece)) : nothing
      at += bytes.length
      left -= bytes.length
      return bytes.length === 0 ? undefined : bytes
    },
    () => file.close()
  )
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
  simple(Operations.truncateFile, (vm, { file, size }) => {
    vm.files.get(file).truncate(size)
    return {}
  }),
  simple(Operations.closeFile, (vm, { file }) => {
    vm.files.close(file)
    return {}
  }),
  [Operations.readRange, readRange]
]
