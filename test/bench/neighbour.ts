/** What one VM notices of another that does its worst, in the same sidecar and over the same connection. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import type { Group, Settings } from "./bench.ts"
import { KiB, MiB, noise } from "./bench.ts"
import { atMost, row, timed } from "./measure.ts"

/** Each goes on until it is interrupted. */
const abuses: Record<string, (vm: VmShape) => Effect.Effect<unknown, unknown>> = {
  "a busy loop": ({ processes }) => Effect.forever(processes.exec("while true; do :; done")),
  "a flood of output": ({ processes }) =>
    Stream.runDrain(Stream.forever(processes.run("while true; do echo flood; done"))),
  "3,000 writes at once": ({ filesystem }) => {
    const content = noise(KiB)
    const write = (i: number) => filesystem.writeFile(`/home/user/file-${i}`, content)
    return Effect.forever(Effect.forEach(Array.from({ length: 3000 }), (_, i) => write(i), {
      concurrency: "unbounded",
      discard: true
    }))
  },
  "files made by a guest": ({ processes }) =>
    Effect.forever(processes.exec("i=0; while [ $i -lt 2000 ]; do echo $i > f$i; i=$((i+1)); done")),
  "big writes": ({ filesystem }) => {
    const content = noise(32 * MiB)
    return Effect.forever(filesystem.writeFile("/home/user/large", content))
  }
}

const notes: Record<string, string> = {
  "3,000 writes at once": "by this same program: its own 3,000 fibers are most of it"
}

const beside = (settings: Settings, name: string, abuse: (vm: VmShape) => Effect.Effect<unknown, unknown>) =>
  Effect.gen(function*() {
    const bad = yield* Vm.make({})
    const good = yield* Vm.make({})
    yield* good.filesystem.writeFile("/home/user/file", noise(KiB))
    const read = good.filesystem.readFile("/home/user/file")
    for (let i = 0; i < 500; i++) yield* read
    const fiber = yield* Effect.fork(abuse(bad))
    yield* Effect.sleep("300 millis")
    const end = performance.now() + (settings.quick ? 500 : 3000)
    const samples: Array<number> = []
    while (performance.now() < end) {
      samples.push(yield* timed(read))
      yield* Effect.sleep("1 millis")
    }
    yield* Fiber.interrupt(fiber)
    return row(`readFile beside ${name}`, samples, { bar: atMost(10, "p99"), note: notes[name] })
  }).pipe(Effect.scoped)

export const neighbour: Group = {
  name: "neighbour",
  run: (settings) => Effect.forEach(Object.entries(abuses), ([name, abuse]) => beside(settings, name, abuse))
}
