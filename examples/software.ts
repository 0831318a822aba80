/** A WebAssembly program from npm as a command of the guest. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const program = Effect.gen(function*() {
  const vm = yield* Vm.make({ software: [{ package: "@rivet-dev/agent-os-jq" }] })
  yield* vm.filesystem.writeFile("/tmp/people.json", "[{\"name\":\"Ada\",\"age\":36},{\"name\":\"Bo\",\"age\":7}]")
  const { stdout } = yield* vm.processes.exec(
    "command -v jq; jq -r '.[] | select(.age > 18) | .name' < /tmp/people.json | tr a-z A-Z"
  )
  yield* Effect.log(stdout)
})

program.pipe(Effect.scoped, Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
