/** What virtual time costs: a day of seconds, one wake beside TestClock's, and the replay of a run that mostly sleeps. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import { Recording, VirtualTime } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { noProcesses } from "../support/no-processes.ts"
import type { Group } from "./bench.ts"
import { times } from "./bench.ts"
import type { Row } from "./measure.ts"
import { atLeast, atMost, row, sample, timed } from "./measure.ts"

const DAY = 86_400

const sleeps = (count: number) =>
  Effect.gen(function*() {
    for (let i = 0; i < count; i++) yield* Effect.sleep("1 second")
  })

/** A job of every second, for a day. */
const scheduledDay = Effect.gen(function*() {
  const scheduler = yield* TimerScheduler.make(noProcesses)
  const action = ScheduleAction.callback(Effect.void)
  yield* Effect.orDie(scheduler.schedule({ id: "tick", schedule: "* * * * * *", action }))
  yield* Effect.sleep(Duration.seconds(DAY + 0.5))
  const { runCount } = yield* Effect.orDie(scheduler.get("tick"))
  if (runCount !== DAY) yield* Effect.dieMessage(`${runCount} runs in a day`)
}).pipe(Effect.scoped)

const inVirtualTime = (name: string, effect: Effect.Effect<void>, count: number) =>
  Effect.map(
    sample(count, Effect.provide(effect, VirtualTime.layer()), 1),
    (samples) => row(name, samples.map((ms) => ms / 1000), { unit: "s", bar: atMost(2) })
  )

/**
 * In a fiber of its own, whose FiberRefs end with it. TestContext leaves its clock behind in the fiber that it was provided to,
 * and what is recorded on a TestClock waits for ever, since nobody adjusts it.
 */
const apart = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatten(Effect.flatMap(Effect.fork(effect), Fiber.await))

/** How many times what one wake takes on TestClock, of that on VirtualTime. */
const beside = (count: number, rounds: number) =>
  Effect.gen(function*() {
    const onTestClock = Effect.gen(function*() {
      const fiber = yield* Effect.fork(sleeps(count))
      for (let i = 0; i < count; i++) yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(TestContext.TestContext))
    const ratios: Array<number> = []
    for (let i = 0; i < rounds; i++) {
      const slow = yield* timed(apart(onTestClock))
      ratios.push(slow / (yield* timed(Effect.provide(sleeps(count), VirtualTime.layer()))))
    }
    return row("a wake on TestClock, in wakes on VirtualTime", ratios, { unit: "times", bar: atLeast(40) })
  })

/** In real time, and again as fast as it goes. */
const replayed = (seconds: number, rounds: number): Effect.Effect<Row> =>
  Effect.gen(function*() {
    const command = `for i in $(seq ${seconds}); do sleep 1; echo $i >> /tmp/ticks; done`
    const program = Effect.flatMap(Vm.make({}), (vm) => vm.processes.exec(command))
    let log = new Uint8Array(0)
    const real = yield* timed(Effect.map(Vm.record(program, { seed: 1 }), (recorded) => {
      log = new Uint8Array(recorded.log)
    }))
    const samples = yield* sample(rounds, Effect.orDie(Vm.replay(log)), 1)
    return row(`replay of ${seconds} s that mostly sleep`, samples.map((ms) => real / ms), {
      unit: "times",
      bar: atLeast(50)
    })
  }).pipe(Effect.provide(Recording.layerRecorder({ warmWorkers: 1 })))

export const virtual: Group = {
  name: "virtual",
  run: (settings) =>
    Effect.gen(function*() {
      const rounds = settings.quick ? 2 : 5
      return [
        yield* inVirtualTime("a day of seconds, bare sleeps", sleeps(DAY), rounds),
        yield* inVirtualTime("a day of seconds, by a Scheduler", scheduledDay, rounds),
        yield* beside(times(settings, 1000), rounds),
        yield* replayed(settings.quick ? 10 : 20, rounds * 2)
      ]
    })
}
