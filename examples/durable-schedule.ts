/**
 * A job that survives the end of the program: the second life makes up for what was due between the two.
 */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { Effect, Layer } from "effect"
import { Filesystem, ScheduleAction, Scheduler, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"
import { KeyValueScheduleStore, TimerScheduler } from "effect-agent-os/scheduler"

// in memory here; KeyValueStore.layerFileSystem("./jobs") keeps them in a folder
const Store = KeyValueScheduleStore.layer.pipe(Layer.provide(KeyValueStore.layerMemory))
const Live = TimerScheduler.layerStored.pipe(Layer.provideMerge(Vm.layer({})), Layer.provide(NodeSidecar.layer))

const first = Effect.gen(function*() {
  const scheduler = yield* Scheduler
  yield* scheduler.schedule({
    id: "tick",
    schedule: "* * * * * *",
    missed: "all",
    action: ScheduleAction.exec({ command: "date +%s >> ticks" })
  })
})

const second = Effect.gen(function*() {
  const scheduler = yield* Scheduler
  const filesystem = yield* Filesystem
  while ((yield* scheduler.get("tick")).history.length < 2) yield* Effect.sleep("50 millis")
  const { runCount } = yield* scheduler.get("tick")
  const ticks = (yield* filesystem.readFileString("/home/user/ticks")).trim().split("\n")
  yield* Effect.log(`made up for ${runCount} runs, ${ticks.length} of them are done`)
})

const main = Effect.gen(function*() {
  yield* Effect.provide(first, Live)
  yield* Effect.sleep("2 seconds")
  yield* Effect.provide(second, Live)
}).pipe(Effect.provide(Store))

await Effect.runPromise(main)
