/**
 * The operations on whole trees: import, export, difference.
 */
import * as Codec from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES, record } from "../../src/wire/Stream.ts"
import { Fault } from "../kernel/fault.ts"
import { type Change, diffSteps } from "../kernel/filesystem/diff.ts"
import { isPause, type Pause, ready, STEP_BYTES, type Steps } from "../kernel/filesystem/steps.ts"
import type { Snapshot } from "../kernel/filesystem/tree.ts"
import type { TreeEntry } from "../kernel/filesystem/tree-entries.ts"
import { entryOf, exportNodes, importSteps } from "../kernel/filesystem/tree-entries.ts"
import type { Vm } from "../kernel/vm.ts"
import type { Route } from "./server.ts"
import type { Answer } from "./session.ts"
import { largeRecord, receiveRecords, sendParts, sendRecords, steps } from "./streams.ts"

type Target = Codec.TypeOf<typeof Operations.importTree.request>

const intake: Answer = (session, exchange, body) => {
  const target = Codec.decode(Operations.importTree.request, body)
  const vm = session.vm(target.vm)
  const { filesystemBytes, inodes } = vm.spec.limits
  const entries: Array<TreeEntry> = []
  let bytes = 0
  const refuse = (name: string, value: number): never => {
    throw new Fault("ENOSPC", "import", target.path, undefined, { name, value })
  }
  receiveRecords(session, exchange, vm, Operations.entryCodec, filesystemBytes + 64 * 1024, {
    onTooLarge: () => refuse("filesystemBytes", filesystemBytes),
    onRecord: (entry) => {
      bytes += entry.content.length
      if (bytes > filesystemBytes) refuse("filesystemBytes", filesystemBytes)
      if (entries.length >= inodes) refuse("inodes", inodes)
      // a record of more than a chunk has a buffer of its own
      entries.push(entry.content.length > CHUNK_BYTES ? entry : { ...entry, content: entry.content.slice() })
    },
    onEnd: () =>
      steps(place(vm, target, entries), () => {
        exchange.respond(Codec.encode(Operations.importTree.response, { entries: entries.length }))
      })
  })
}

const place = function*(
  vm: Vm,
  { path, readOnly, source, target }: Target,
  entries: ReadonlyArray<TreeEntry>
): Steps {
  switch (target) {
    case "lower":
      return vm.staging.addLower(yield* importSteps(entries))
    case "bootstrap":
      return vm.staging.addBootstrap(entries)
    case "mount":
      vm.filesystem.mayMount(vm.host, path)
      return vm.filesystem.mount(path, yield* importSteps(entries), { readOnly, type: source, source })
  }
}

/** A record of an exported file cannot be longer. */
const MAX_EXPORTED = 2 ** 31 - 64 * 1024

const exportedParts = function*(
  snapshot: Snapshot,
  reveals: (path: string) => boolean
): Generator<Uint8Array | Pause, void, void> {
  for (const node of exportNodes(snapshot, { maxBytes: Number.MAX_SAFE_INTEGER })) {
    if (isPause(node)) {
      yield node
      continue
    }
    if (!reveals(node.path)) continue
    const { content } = node.inode
    const entry = { mtimeMs: undefined, target: undefined, ...entryOf(node) }
    if (content === undefined || content.size <= STEP_BYTES) {
      const bytes = content === undefined ? entry.content : yield* ready(() => content.read(0, content.size))
      yield record(Operations.entryCodec, { ...entry, content: bytes })
      continue
    }
    if (content.size > MAX_EXPORTED) {
      throw new Fault("EFBIG", "export", node.path, undefined, { name: "exportBytes", value: MAX_EXPORTED })
    }
    yield* largeRecord(record(Operations.entryCodec, entry), content)
  }
}

const outtake: Answer = (session, exchange, body) => {
  const { path, vm: handle } = Codec.decode(Operations.exportTree.request, body)
  const vm = session.vm(handle)
  const { filesystem } = vm
  const snapshot = path === "/" ? filesystem.snapshot() : filesystem.snapshotMount(path)
  sendParts(
    session,
    exchange,
    vm,
    exportedParts(snapshot, (at) => filesystem.reveals(path === "/" ? at : path + (at === "/" ? "" : at)))
  )
}

const difference: Answer = (session, exchange, body) => {
  const { path, snapshot, vm: handle } = Codec.decode(Operations.diff.request, body)
  const vm = session.vm(handle)
  const before = vm.kept(snapshot, path)
  const after = path === "/" ? vm.filesystem.snapshot() : vm.filesystem.snapshotMount(path)
  const prefix = path === "/" ? "" : path
  return steps(vm.perform(() => diffSteps(before, after)), (changes) => {
    sendRecords(
      session,
      exchange,
      vm,
      Operations.changeCodec,
      wireChanges(prefix, changes, (at) => vm.filesystem.shows(at))
    )
  })
}

const wireChanges = function*(
  prefix: string,
  changes: ReadonlyArray<Change>,
  shows: (path: string) => boolean
): Generator<Codec.TypeOf<typeof Operations.changeCodec>> {
  for (const change of changes) {
    const from = change.from === undefined ? undefined : prefix + change.from
    const path = prefix + change.path
    if (shows(path) && (from === undefined || shows(from))) yield { ...change, path, from }
  }
}

export const treeOperations: ReadonlyArray<Route> = [
  [Operations.importTree, intake],
  [Operations.exportTree, outtake],
  [Operations.diff, difference]
]
