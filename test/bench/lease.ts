/** Leases, and running commands. */
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { Sidecar } from "../../services/Sidecar.ts"
import { Vm } from "../../services/Vm.ts"
import type { Group, Settings } from "./bench.ts"
import { times } from "./bench.ts"
import { atMost, row, sample, timed } from "./measure.ts"

/** Waits until a guest worker stands ready, and whatever its start has stirred up has settled. */
const warmWorker = Effect.gen(function*() {
  const sidecar = yield* Effect.flatMap(Sidecar, (service) => service.shared())
  for (;;) {
    const { workers } = yield* sidecar.health
    if (workers.warm > 0) break
    yield* Effect.sleep("20 millis")
  }
  yield* Effect.sleep("50 millis")
})

const leases = (settings: Settings) =>
  Effect.gen(function*() {
    // the sidecar stays while this VM does
    yield* Vm.make({})
    const taken: Array<number> = []
    const released: Array<number> = []
    const count = times(settings, 300)
    for (let i = -count; i < count; i++) {
      const start = performance.now()
      let leased = 0
      yield* Effect.scoped(Effect.map(Vm.make({}), () => {
        leased = performance.now()
      }))
      if (i < 0) continue
      taken.push(leased - start)
      released.push(performance.now() - leased)
    }
    return [row("lease a VM, warm sidecar", taken, { bar: atMost(1) }), row("release a VM", released)]
  }).pipe(Effect.scoped)

const firstEcho = (settings: Settings) =>
  Effect.gen(function*() {
    yield* Vm.make({})
    const samples: Array<number> = []
    for (let i = 0; i < times(settings, 40); i++) {
      yield* warmWorker
      const start = performance.now()
      yield* Effect.scoped(Effect.gen(function*() {
        const vm = yield* Vm.make({})
        yield* vm.processes.exec("echo hello")
        samples.push(performance.now() - start)
      }))
    }
    return [row("lease + first echo", samples, {
      bar: atMost(5),
      note: "a pause before each, so that a warm worker is there"
    })]
  }).pipe(Effect.scoped)

const warmEcho = (settings: Settings) =>
  Effect.gen(function*() {
    const vm = yield* Vm.make({})
    const echo = yield* sample(times(settings, 1000), vm.processes.exec("echo hello"))
    return [row("warm exec echo", echo, { bar: atMost(1) })]
  }).pipe(Effect.scoped)

export const lease: Group = {
  name: "lease",
  run: (settings) =>
    Effect.map(Effect.all([leases(settings), firstEcho(settings), warmEcho(settings)]), (rows) => rows.flat())
}

export const freshHost: Group = {
  name: "fresh",
  run: (settings) =>
    Effect.gen(function*() {
      const run = Effect.promise(() =>
        promisify(execFile)(process.execPath, [join(settings.programs, "fresh-host.js")])
      )
      const leased: Array<number> = []
      const total: Array<number> = []
      yield* run
      for (let i = 0; i < (settings.quick ? 3 : 10); i++) {
        yield* Effect.sleep("200 millis")
        const { stdout } = yield* run
        const printed = JSON.parse(stdout) as { readonly leased: number; readonly total: number }
        leased.push(printed.leased)
        total.push(printed.total)
      }
      return [
        row("first lease of a fresh host", leased),
        row("first lease of a fresh host to first echo", total, {
          bar: atMost(250),
          note: "from after its imports; sidecar spawn included"
        })
      ]
    })
}

/** Milliseconds past its deadline until a process that never yields has been ended. */
export const runaway: Group = {
  name: "runaway",
  run: (settings) =>
    Effect.gen(function*() {
      const timeout = 200
      const samples: Array<number> = []
      for (let i = 0; i < (settings.quick ? 3 : 10); i++) {
        const vm = yield* Vm.make({})
        yield* vm.processes.exec("true")
        const run = vm.processes.exec("while true; do :; done", { timeout })
        samples.push((yield* timed(Effect.either(run))) - timeout)
      }
      return [row("runaway stopped after its deadline", samples, {
        bar: atMost(50),
        note: `p99 is the largest of ${samples.length}`
      })]
    }).pipe(Effect.scoped)
}
