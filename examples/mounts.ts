/** A folder of the host, an overlay over it, and a FileSystem of this program, in one VM. */
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"
import { FileSystemDriver } from "effect-agent-os/platform"

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const shared = yield* fs.makeTempDirectoryScoped()
  const vm = yield* Vm.make({
    mounts: [
      { path: "/data", plugin: { id: "host_dir", config: { hostPath: "." } } },
      { path: "/work", filesystem: { type: "overlay", lowers: [{ kind: "host_dir", config: { hostPath: "." } }] } },
      { path: "/shared", driver: FileSystemDriver.make(fs, { root: shared }) }
    ]
  })
  const { stdout } = yield* vm.processes.exec(
    "ls /data | wc -l > /shared/count; rm /work/package.json; cat /shared/count"
  )
  yield* Effect.log(`the guest counted ${stdout.trim()} names and left ${yield* fs.readDirectory(shared)}`)
})

program.pipe(Effect.scoped, Effect.provide([NodeSidecar.layer, NodeContext.layer]), NodeRuntime.runMain)
