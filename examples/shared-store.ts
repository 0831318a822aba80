/** Two VMs that share a tree in an S3-compatible store. The store is the one for tests: another one is only another config. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"
import { TestS3 } from "effect-agent-os/testing"

const program = Effect.gen(function*() {
  const store = yield* TestS3.make()
  // for Amazon's: { bucket: "reports", region: "eu-central-1" }, and the keys of the environment
  const config = store.config({ prefix: "team-a", refreshMs: 0 })
  const mounts = [{ path: "/shared", plugin: { id: "s3", config } }] as const
  const writer = yield* Vm.make({ mounts })
  const reader = yield* Vm.make({ mounts: [{ ...mounts[0], readOnly: true }] })

  yield* writer.processes.exec("mkdir /shared/reports && seq 100 > /shared/reports/numbers")
  // what is written to an open file is in the store within seconds; a sync waits for it
  yield* Effect.scoped(Effect.flatMap(writer.filesystem.open("/shared/reports/numbers"), (file) => file.sync))
  const { stdout } = yield* reader.processes.exec("wc -l < /shared/reports/numbers")
  yield* Effect.log(`the reader counted ${stdout.trim()} lines; the store has ${(yield* store.keys).join(", ")}`)
})

program.pipe(Effect.scoped, Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
