/**
 * The operations on whole trees: import, export, difference.
 */
import * as Codec from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { Fault } from "../kernel/fault.ts"
import { diff } from "../kernel/filesystem/diff.ts"
import type { TreeEntry } from "../kernel/filesystem/tree-entries.ts"
import { exportTree, importTree } from "../kernel/filesystem/tree-entries.ts"
import type { Vm } from "../kernel/vm.ts"
import type { Route } from "./server.ts"
import type { Answer } from "./session.ts"
import { receiveRecords, sendRecords } from "./streams.ts"

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
      entries.push({ ...entry, content: entry.content.slice() })
    },
    onEnd: () => {
      place(vm, target, entries)
      exchange.respond(Codec.encode(Operations.importTree.response, { entries: entries.length }))
    }
  })
}

const place = (vm: Vm, { path, readOnly, source, target }: Target, entries: ReadonlyArray<TreeEntry>): void => {
  switch (target) {
    case "lower":
      return vm.staging.addLower(importTree(entries))
    case "bootstrap":
      return vm.staging.addBootstrap(entries)
    case "mount":
      return vm.filesystem.mount(path, importTree(entries), { readOnly, type: source, source })
  }
}

const wireEntries = function*(entries: Iterable<TreeEntry>): Generator<Codec.TypeOf<typeof Operations.entryCodec>> {
  for (const entry of entries) yield { mtimeMs: undefined, target: undefined, ...entry }
}

const outtake: Answer = (session, exchange, body) => {
  const { path, vm: handle } = Codec.decode(Operations.exportTree.request, body)
  const { filesystem } = session.vm(handle)
  const snapshot = path === "/" ? filesystem.snapshot() : filesystem.snapshotMount(path)
  sendRecords(
    session,
    exchange,
    Operations.entryCodec,
    wireEntries(exportTree(snapshot, { maxBytes: Number.MAX_SAFE_INTEGER }))
  )
}

const difference: Answer = (session, exchange, body) => {
  const { path, snapshot, vm: handle } = Codec.decode(Operations.diff.request, body)
  const vm = session.vm(handle)
  const before = vm.kept(snapshot, path)
  const after = path === "/" ? vm.filesystem.snapshot() : vm.filesystem.snapshotMount(path)
  const prefix = path === "/" ? "" : path
  const changes = diff(before, after).map((change) => ({
    ...change,
    path: prefix + change.path,
    from: change.from === undefined ? undefined : prefix + change.from
  }))
  sendRecords(session, exchange, Operations.changeCodec, changes.values())
}

export const treeOperations: ReadonlyArray<Route> = [
  [Operations.importTree, intake],
  [Operations.exportTree, outtake],
  [Operations.diff, difference]
]
