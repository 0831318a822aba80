/**
 * Batches of files: one round trip, an outcome for each entry, in order. One entry's failure is its outcome and stops
 * nothing.
 */
import * as KernelError from "../../src/errors/KernelError.ts"
import * as Codec from "../../src/wire/Codec.ts"
import type { WireFailure } from "../../src/wire/Failure.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { record } from "../../src/wire/Stream.ts"
import { Fault } from "../kernel/fault.ts"
import type { Content } from "../kernel/filesystem/content.ts"
import { once, type Pause, STEP_BYTES, type Steps } from "../kernel/filesystem/steps.ts"
import type { Vm } from "../kernel/vm.ts"
import type { Route } from "./server.ts"
import type { Answer, Session } from "./session.ts"
import { largeRecord, receiveRecords, sendParts, sendRecords } from "./streams.ts"

type Outcome = Codec.TypeOf<typeof Operations.outcomeCodec>

/** Bytes of paths that one batch may name. */
const MAX_PATH_BYTES = 16 * 1024 * 1024

/** A path of more characters may have more levels than go with 16 files in one step. */
const LONG_PATH = 256

const nothing: Uint8Array = new Uint8Array(0)

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
    onRecord: ({ content, path }) => {
      if (vm.filesystem.foreign || content.length > STEP_BYTES || path.length > LONG_PATH) {
        return writeSlowly(session, vm, path, content, outcomes)
      }
      outcomes.push(outcome(session, path, () => {
        makeParent(vm, path)
        vm.filesystem.writeFile(vm.host, path, content)
      }))
      return undefined
    },
    onEnd: () => sendRecords(session, exchange, vm, Operations.outcomeCodec, outcomes)
  })
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"))

const makeParent = (vm: Vm, path: string): void => {
  const parent = parentOf(path)
  if (parent !== "") vm.filesystem.mkdirp(vm.host, parent)
}

/** Writes a file in steps; it changes at the last of them. */
const writeSlowly = function*(
  session: Session,
  vm: Vm,
  path: string,
  content: Uint8Array,
  outcomes: Array<Outcome>
): Steps {
  try {
    const parent = parentOf(path)
    if (parent !== "") yield* vm.perform(() => vm.filesystem.mkdirpSteps(vm.host, parent))
    yield
    yield* vm.perform(() => vm.filesystem.writeSteps(vm.host, path, content))
    outcomes.push({ path, error: undefined, content: nothing })
  } catch (thrown) {
    outcomes.push(failed(session, path, thrown))
  }
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
    onEnd: () => sendParts(session, exchange, vm, contents(session, vm, paths))
  })
}

const contents = function*(
  session: Session,
  vm: Vm,
  paths: ReadonlyArray<string>
): Generator<Uint8Array | Pause, void, void> {
  const { filesystem, host, spec } = vm
  const { readBytes } = spec.limits
  for (const path of paths) {
    let read: Uint8Array | Content
    try {
      read = yield* vm.perform(() => once(() => filesystem.readUpTo(host, path, readBytes, STEP_BYTES)))
    } catch (thrown) {
      yield record(Operations.outcomeCodec, failed(session, path, thrown))
      continue
    }
    const inline = read instanceof Uint8Array ? read : nothing
    const head = record(Operations.outcomeCodec, { path, error: undefined, content: inline })
    if (read instanceof Uint8Array) yield head
    else yield* largeRecord(head, read)
  }
}

const outcome = (session: Session, path: string, run: () => void): Outcome => {
  try {
    run()
    return { path, error: undefined, content: nothing }
  } catch (thrown) {
    return failed(session, path, thrown)
  }
}

const failed = (session: Session, path: string, thrown: unknown): Outcome => ({
  path,
  error: messageOf(session.server.failureOf(thrown)),
  content: nothing
})

/** The text that the host's error for this failure would have. */
const messageOf = ({ denial, detail, dest, errno, limit, path, reason, syscall }: WireFailure): string =>
  reason === "kernel" ? KernelError.messageOf({ errno, syscall, path, dest, limit, denied: denial }) : detail

export const batchOperations: ReadonlyArray<Route> = [
  [Operations.writeFiles, writeFiles],
  [Operations.readFiles, readFiles]
]
