/**
 * Batches of files: one round trip, an outcome for each entry, in order. One entry's failure is its outcome and stops
 * nothing.
 */
import { KernelError } from "../../src/errors/KernelError.ts"
import * as Codec from "../../src/wire/Codec.ts"
import type { WireFailure } from "../../src/wire/Failure.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { Fault } from "../kernel/fault.ts"
import type { Vm } from "../kernel/vm.ts"
import type { Route } from "./server.ts"
import type { Answer, Session } from "./session.ts"
import { receiveRecords, sendRecords } from "./streams.ts"

type Outcome = Codec.TypeOf<typeof Operations.outcomeCodec>

/** Bytes of paths that one batch may name. */
const MAX_PATH_BYTES = 16 * 1024 * 1024

const nothing = new Uint8Array(0)

const refusePaths = (): never => {
  throw new Fault("E2BIG", "readFiles", undefined, undefined, { name: "batchPathBytes", value: MAX_PATH_BYTES })
}

const writeFiles: Answer = (session, exchange, body) => {
  const vm = session.vm(Codec.decode(Operations.writeFiles.request, body).vm)
  const { filesystemBytes } = vm.spec.limits
  const outcomes: Array<Outcome> = []
  receiveRecords(session, exchange, vm, Operations.fileCodec, filesystemBytes + 64 * 1024, {
    onTooLarge: () => {
      const limit = { name: "filesystemBytes", value: filesystemBytes }
      throw new Fault("ENOSPC", "write", undefined, undefined, limit)
    },
    onRecord: ({ content, path }) =>
      void outcomes.push(outcome(session, path, () => {
        const parent = path.slice(0, path.lastIndexOf("/"))
        if (parent !== "") vm.filesystem.mkdirp(vm.host, parent)
        vm.filesystem.writeFile(vm.host, path, content)
        return nothing
      })),
    onEnd: () => sendRecords(session, exchange, Operations.outcomeCodec, outcomes.values())
  })
}

const readFiles: Answer = (session, exchange, body) => {
  const vm = session.vm(Codec.decode(Operations.readFiles.request, body).vm)
  const paths: Array<string> = []
  let bytes = 0
  receiveRecords(session, exchange, vm, Operations.pathCodec, MAX_PATH_BYTES, {
    onTooLarge: refusePaths,
    onRecord: ({ path }) => {
      bytes += path.length + 16
      if (bytes > MAX_PATH_BYTES) refusePaths()
      paths.push(path)
    },
    onEnd: () => sendRecords(session, exchange, Operations.outcomeCodec, contents(session, vm, paths))
  })
}

const contents = function*(session: Session, vm: Vm, paths: ReadonlyArray<string>): Generator<Outcome> {
  const max = vm.spec.limits.readBytes
  for (const path of paths) yield outcome(session, path, () => vm.filesystem.readFile(vm.host, path, { max }))
}

const outcome = (session: Session, path: string, run: () => Uint8Array): Outcome => {
  try {
    return { path, error: undefined, content: run() }
  } catch (thrown) {
    return { path, error: messageOf(session.server.failureOf(thrown)), content: nothing }
  }
}

/** The text that the host's error for this failure would have. */
const messageOf = ({ detail, dest, errno, limit, path, reason, syscall }: WireFailure): string =>
  reason === "kernel" ? new KernelError({ errno, syscall, path, dest, limit }).message : detail

export const batchOperations: ReadonlyArray<Route> = [
  [Operations.writeFiles, writeFiles],
  [Operations.readFiles, readFiles]
]
