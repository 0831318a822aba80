/** A program written against `@effect/platform` alone: on the host with `NodeContext.layer`, in a VM with `VmContext.layer`. */
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"
import { VmContext } from "effect-agent-os/platform"

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const notes = path.resolve("notes.txt")
  yield* fs.writeFileString(notes, "pears\napples\n")
  yield* Console.log(notes, yield* Command.lines(Command.make("sort", notes)))
})

// const context = NodeContext.layer
const context = VmContext.layer.pipe(Layer.provide(Vm.layer({})), Layer.provide(NodeSidecar.layer))

program.pipe(Effect.provide(context), NodeRuntime.runMain)
