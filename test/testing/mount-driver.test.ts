/** The contract kit of drivers, over the drivers there are, and over one that breaks it. */
import * as PlatformFileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HostDirectory from "../../layers/node/hostdir/HostDirectory.ts"
import * as S3Driver from "../../layers/node/s3/S3Driver.ts"
import * as FileSystemDriver from "../../layers/platform/FileSystemDriver.ts"
import * as VmFileSystem from "../../layers/platform/VmFileSystem.ts"
import { MountDriverContract, TestS3, TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import { live } from "../contract/layers.ts"
import { temporaryFolder } from "../node/support.ts"

const overNode = Effect.gen(function*() {
  const fs = yield* PlatformFileSystem.FileSystem
  return FileSystemDriver.make(fs, { root: yield* temporaryFolder })
}).pipe(Effect.provide(NodeFileSystem.layer))

const hostDirectory = Effect.flatMap(
  temporaryFolder,
  (hostPath) => HostDirectory.make({ hostPath, readOnly: false, exclude: [] })
)

describe("MountDriverContract over FileSystemDriver", () => {
  for (const { name, run } of MountDriverContract.cases({ make: overNode })) it.scoped(name, () => run)

  it.scoped("finds a driver that breaks it", () =>
    Effect.gen(function*() {
      const lenient = Effect.map(overNode, (driver) => ({
        ...driver,
        createDir: (path: string) => driver.mkdir(path, true)
      }))
      const cases = MountDriverContract.cases({ make: lenient })
      const inTheWay = cases.find(({ name }) => name === "tells what is in the way")
      const exit = yield* Effect.exit(inTheWay!.run)
      assert.include(
        exit._tag === "Failure" ? Cause.pretty(exit.cause) : "",
        "createDir: expected \"EEXIST\", found \"nothing\""
      )
    }))
})

describe("MountDriverContract over host_dir", () => {
  for (const { name, run } of MountDriverContract.cases({ make: hostDirectory })) it.scoped(name, () => run)
})

describe("MountDriverContract over s3", () => {
  const manners = {
    "as it is by default": {},
    "in small blocks, each operation asked": { chunkSize: 65_536, inlineThreshold: 0, refreshMs: 0 }
  }
  for (const [manner, config] of Object.entries(manners)) {
    const make = Effect.flatMap(TestS3.make(), (store) => S3Driver.make(store.config(config)))
    for (const { name, run } of MountDriverContract.cases({ make })) it.scopedLive(`${name}, ${manner}`, () => run)
  }
})

describe("MountDriverContract over a VM's FileSystem", () => {
  layer(TestSidecar.layer({ warmWorkers: 0 }), live)((it) => {
    const make = Effect.gen(function*() {
      const { filesystem } = yield* Vm.make({})
      yield* filesystem.mkdir("/home/user/root")
      return FileSystemDriver.make(VmFileSystem.make(filesystem, "/"), { root: "/home/user/root" })
    })
    for (const { name, run } of MountDriverContract.cases({ make })) it.scoped(name, () => run)
  })
})
