/** The time of a whole VM: it stands still until a test lets it pass, and what guests do is waited for. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { TestSidecar, VirtualTime } from "../../layers/testing/index.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { Processes } from "../../services/Processes.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import { Vm } from "../../services/Vm.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"

const vm = (seed = 7) => Layer.provide(Vm.layer({}), TestSidecar.layer({ seed }))
const exec = (command: string) =>
  Effect.flatMap(Processes, (processes) => processes.exec(command)).pipe(Effect.map(({ stdout }) => stdout.trim()))

describe("TestSidecar under a TestClock", () => {
  it.scoped("a year of reports", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler
      const filesystem = yield* Filesystem
      yield* filesystem.writeFile("/home/user/report.sh", "date +%F >> /home/user/reports")
      yield* scheduler.schedule({
        id: "report",
        schedule: "0 9 * * MON-FRI",
        zone: "Europe/Berlin",
        overlap: "skip",
        missed: "once",
        action: ScheduleAction.exec({ command: "sh /home/user/report.sh" })
      })
      yield* TestClock.adjust("365 days")
      assert.strictEqual((yield* scheduler.get("report")).runCount, 261)
      const days = (yield* exec("cat /home/user/reports")).trim().split("\n")
      assert.strictEqual(days.length, 261)
      assert.deepStrictEqual([days[0], days[1], days[2], days.at(-1)], [
        "1970-01-01",
        "1970-01-02",
        "1970-01-05",
        "1970-12-31"
      ])
    }).pipe(Effect.provide(Vm.layer({})), Effect.provide(TestSidecar.layer({ seed: 7 }))), 30_000)

  it.scoped("sleep, date and SECONDS follow the clock, and no time passes by itself", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 0, 2, 3, 4, 5))
      const script = "date +%T; sleep 3600; date +%T; echo $SECONDS; sleep 0.5; date +%s.%3N; date +%F"
      const fiber = yield* Effect.fork(exec(script))
      yield* TestClock.adjust("59 minutes")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual((yield* Fiber.join(fiber)).split("\n"), [
        "03:04:05",
        "04:04:05",
        "3600",
        `${Date.UTC(2026, 0, 2, 4, 4, 5) / 1000}.500`,
        "2026-01-02"
      ])
    }).pipe(Effect.provide(vm())), 30_000)

  it.scoped("who waits for a lock waits in this time", () =>
    Effect.gen(function*() {
      const filesystem = yield* Filesystem
      yield* filesystem.lock("/tmp/lock")
      const script = "flock -w 3600 /tmp/lock true; echo $? $SECONDS; flock --verbose -w 60 /tmp/lock true 2>&1"
      const fiber = yield* Effect.fork(exec(script))
      yield* TestClock.adjust("59 minutes")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(yield* Fiber.join(fiber), "1 3600\nflock: timeout while waiting to get lock")
      yield* Effect.fork(exec("flock /tmp/lock echo never"))
      yield* TestClock.adjust("1 hour")
    }).pipe(Effect.provide(vm())), 30_000)

  it.scoped("deadlines, background jobs and loops of waits", () =>
    Effect.gen(function*() {
      const processes = yield* Processes
      const timedOut = yield* Effect.fork(Effect.flip(processes.exec("echo a; sleep 100", { timeout: "10 seconds" })))
      const job = yield* Effect.fork(exec("(sleep 20; echo late) & sleep 5; echo early; wait; echo end"))
      const loop = yield* Effect.fork(exec("for i in 1 2 3 4 5 6; do sleep 600; date +%M >> log; done; cat log"))
      yield* TestClock.adjust("9 seconds")
      assert.isNull(timedOut.unsafePoll())
      yield* TestClock.adjust("1 seconds")
      const error = yield* Fiber.join(timedOut)
      assert.deepInclude(error, { _tag: "ProcessError", reason: "TimedOut", stdout: "a\n" })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Fiber.join(job), "early\nlate\nend")
      assert.strictEqual(yield* Fiber.join(loop), "10\n20\n30\n40\n50\n00")
    }).pipe(Effect.provide(vm())), 30_000)

  it.scoped("a guest that computes for ever does not stop the time", () =>
    Effect.gen(function*() {
      const processes = yield* Processes
      const fiber = yield* Effect.fork(Effect.flip(processes.exec("while :; do :; done", { timeout: "1 minute" })))
      yield* TestClock.adjust("2 minutes")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "ProcessError", reason: "TimedOut" })
    }).pipe(Effect.provide(vm())), 30_000)

  const draws = "echo $RANDOM $RANDOM; head -c 16 /dev/urandom | od -An -tx1; mktemp -u; shuf -i 1-1000 -n 5"
  const drawn = (seed: number) =>
    Effect.gen(function*() {
      const { vmId } = yield* Vm
      const scheduler = yield* Scheduler
      const { id } = yield* scheduler.schedule({ schedule: "@daily", action: ScheduleAction.exec({ command: "true" }) })
      return [vmId, id, yield* exec(draws), yield* exec(draws)]
    }).pipe(Effect.provide(vm(seed)))

  it.effect("the same seed gives the same randomness", () =>
    Effect.gen(function*() {
      const first = yield* drawn(1)
      assert.deepStrictEqual(yield* drawn(1), first)
      const other = yield* drawn(2)
      for (let i = 0; i < first.length; i++) assert.notStrictEqual(other[i], first[i])
      assert.notStrictEqual(first[2], first[3])
    }), 30_000)
})

describe("VirtualTime", () => {
  const day = 86_400

  it.effect("a day of seconds passes by itself", () =>
    Effect.gen(function*() {
      const ticks = yield* Ref.make(0)
      const began = yield* Clock.currentTimeMillis
      yield* Effect.fork(Effect.forever(Effect.zipRight(Effect.sleep("1 second"), Ref.update(ticks, (n) => n + 1))))
      yield* Effect.sleep("1 day")
      assert.strictEqual((yield* Clock.currentTimeMillis) - began, day * 1000)
      assert.closeTo(yield* Ref.get(ticks), day, 1)
    }).pipe(Effect.provide(VirtualTime.layer({ now: new Date("2026-03-29T00:00:00Z") }))), 30_000)

  it.effect("timers of one instant run in the order in which they were set", () =>
    Effect.gen(function*() {
      const order = yield* Ref.make<ReadonlyArray<string>>([])
      const at = (name: string, time: number) =>
        Effect.fork(Effect.delay(Ref.update(order, (all) => [...all, name]), time))
      for (const [name, time] of [["c", 30], ["a", 10], ["d", 30], ["b", 20]] as const) yield* at(name, time)
      yield* Effect.sleep(100)
      assert.strictEqual((yield* Ref.get(order)).join(""), "abcd")
    }).pipe(Effect.provide(VirtualTime.layer())))

  it.effect("guests run by it", () =>
    Effect.gen(function*() {
      const script = "for i in $(seq 24); do sleep 3600; done; date +%FT%T"
      assert.strictEqual(yield* exec(script), "2026-03-30T00:00:00")
    }).pipe(
      Effect.provide(vm()),
      Effect.provide(VirtualTime.layer({ now: Date.UTC(2026, 2, 29) }))
    ), 30_000)

  it.effect("no time passes in what holds it", () =>
    Effect.gen(function*() {
      const real = Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 20)))
      yield* Effect.fork(Effect.sleep("1 hour"))
      yield* VirtualTime.hold(real)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      yield* Effect.sleep("1 minute")
      assert.strictEqual(yield* Clock.currentTimeMillis, 60_000)
    }).pipe(Effect.provide(VirtualTime.layer())))

  it.effect("can be set back and forth by hand", () =>
    Effect.gen(function*() {
      const save = yield* (yield* TestClock.testClock()).save
      const fiber = yield* Effect.fork(Effect.sleep("1 hour"))
      yield* VirtualTime.settle
      assert.strictEqual((yield* TestClock.sleeps()).length, 1)
      yield* TestClock.adjust("59 minutes")
      assert.isNull(fiber.unsafePoll())
      yield* save
      yield* TestClock.setTime(3_600_000)
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(VirtualTime.layerManual())))
})
