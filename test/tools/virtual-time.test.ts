/** Timeouts, rates and turns of tools, to the millisecond: no time passes but what a test lets pass. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { TestSidecar, VirtualTime } from "../../layers/testing/index.ts"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"

const input = Schema.Struct({ ms: Schema.Int, name: Schema.optional(Schema.String) })
const output = Schema.String
const sleeper = (limits: ToolKit.ToolLimits = {}) => ToolKit.tool({ description: "Sleep", input, output, limits })

const Clocks = ToolKit.make("clocks", {
  description: "Things that take time",
  tools: {
    short: sleeper({ timeout: 250 }),
    plain: sleeper(),
    deaf: sleeper({ timeout: 100 }),
    rated: sleeper({ perMinute: 3 }),
    single: sleeper({ concurrency: 1 }),
    pair: sleeper({ concurrency: 2 }),
    queued: sleeper({ concurrency: 1, timeout: 100 })
  }
})

/** When handlers began and ended, as `+name 0` and `-name 10`, and `!name 5` when they were interrupted. */
class Diary {
  readonly lines: Array<string> = []
  readonly note = (what: string) => Effect.map(Clock.currentTimeMillis, (now) => void this.lines.push(`${what} ${now}`))
}

const clocksLive = (diary: Diary) => {
  const sleep = ({ ms, name = "" }: typeof input.Type) =>
    diary.note(`+${name}`).pipe(
      Effect.zipRight(Effect.sleep(ms)),
      Effect.zipRight(diary.note(`-${name}`)),
      Effect.as(name),
      Effect.onInterrupt(() => diary.note(`!${name}`))
    )
  return Clocks.toLayer({
    short: sleep,
    plain: sleep,
    deaf: (given) => Effect.uninterruptible(sleep(given)),
    rated: sleep,
    single: sleep,
    pair: sleep,
    queued: sleep
  })
}

const withClocks = (diary: Diary, limits = {}) =>
  Vm.layer({ toolKits: [Clocks], limits }).pipe(
    Layer.provide(clocksLive(diary)),
    Layer.provideMerge(TestSidecar.layer({ seed: 7 }))
  )

const sh = (command: string) => Effect.flatMap(Vm, ({ processes }) => processes.exec(command))
const calls = Effect.flatMap(Vm, ({ audit }) => audit.calls)
const records = Effect.map(calls, (all) => all.map(({ durationMs, status }) => [status, durationMs]))
/** Starts a command and waits until it can do no more without time. */
const start = (command: string) => Effect.zipLeft(Effect.fork(sh(command)), VirtualTime.settle)
const adjust = (ms: number) => Effect.zipRight(TestClock.adjust(ms), VirtualTime.settle)

const failed = (code: string, message: string) => ({
  exitCode: 1,
  stdout: JSON.stringify({ ok: false, error: { code, message } }),
  stderr: `${message}\n`
})
const timedOut = (tool: string, ms: number) => failed("TIMEOUT_TOOL", `Tool "clocks:${tool}" timed out after ${ms}ms`)

describe("the timeout of a tool", () => {
  const cases = [
    ["short", 250, {}],
    ["plain", 30_000, {}],
    ["plain", 1234, { toolTimeoutMs: 1234 }]
  ] as const
  for (const [tool, ms, limits] of cases) {
    it.scoped(`${tool} ${JSON.stringify(limits)}: ${ms} ms, and not one less`, () => {
      const diary = new Diary()
      return Effect.gen(function*() {
        const run = yield* start(`clocks ${tool} --ms ${ms + 1}`)
        yield* adjust(ms - 1)
        assert.isNull(run.unsafePoll())
        assert.deepStrictEqual(diary.lines, ["+ 0"])
        yield* adjust(1)
        assert.deepStrictEqual(yield* Fiber.join(run), timedOut(tool, ms))
        assert.deepStrictEqual(diary.lines, ["+ 0", `! ${ms}`])
        const [record] = yield* calls
        assert.deepInclude(record, { status: "timeout", durationMs: ms, responseDigest: null })
        assert.strictEqual(record.error?.code, "TIMEOUT_TOOL")
      }).pipe(Effect.provide(withClocks(diary, limits)))
    })
  }

  it.scoped("is not over a millisecond before it", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const run = yield* start("clocks short --ms 249 --name a")
      yield* adjust(249)
      assert.strictEqual((yield* Fiber.join(run)).stdout, "{\"ok\":true,\"result\":\"a\"}")
      assert.deepStrictEqual(yield* records, [["ok", 249]])
    }).pipe(Effect.provide(withClocks(diary)))
  })

  it.scoped("does not wait for a handler that cannot be interrupted", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const run = yield* start("clocks deaf --ms 5000 --name d")
      yield* adjust(100)
      assert.deepStrictEqual(yield* Fiber.join(run), timedOut("deaf", 100))
      assert.deepStrictEqual(diary.lines, ["+d 0"])
      yield* adjust(4900)
      assert.strictEqual(diary.lines[1], "-d 5000")
      assert.deepStrictEqual(yield* records, [["timeout", 100]])
    }).pipe(Effect.provide(withClocks(diary)))
  })

  it.scoped("begins with the tool's turn, not while its call waits", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const first = yield* start("clocks queued --ms 90 --name a")
      const second = yield* start("clocks queued --ms 99 --name b")
      const third = yield* start("clocks queued --ms 101 --name c")
      yield* adjust(90)
      assert.strictEqual((yield* Fiber.join(first)).exitCode, 0)
      yield* adjust(99)
      assert.strictEqual((yield* Fiber.join(second)).exitCode, 0)
      yield* adjust(99)
      assert.isNull(third.unsafePoll())
      yield* adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(third), timedOut("queued", 100))
      assert.deepStrictEqual(diary.lines, ["+a 0", "-a 90", "+b 90", "-b 189", "+c 189", "!c 289"])
      assert.deepStrictEqual(yield* records, [["ok", 90], ["ok", 189], ["timeout", 289]])
    }).pipe(Effect.provide(withClocks(diary)))
  })
})

describe("the rate of a tool", () => {
  const over = (ms: number) =>
    failed("EXTERNAL_CALLS_EXCEEDED", `clocks:rated may be called 3 times a minute; again in ${ms} ms`)

  it.scoped("is of any sixty seconds, and says when there is room again", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const call = sh("clocks rated --ms 0")
      const good = Effect.map(call, ({ exitCode }) => assert.strictEqual(exitCode, 0))
      yield* good
      yield* adjust(10_000)
      yield* good
      yield* good
      assert.deepStrictEqual(yield* call, over(50_000))
      yield* adjust(49_999)
      assert.deepStrictEqual(yield* call, over(1))
      yield* adjust(1)
      yield* good
      assert.deepStrictEqual(yield* call, over(10_000))
      yield* adjust(10_000)
      yield* good
      yield* good
      assert.deepStrictEqual(yield* call, over(50_000))
      // refused calls are no calls of the tool
      assert.strictEqual(diary.lines.filter((line) => line.startsWith("+")).length, 6)
      assert.deepStrictEqual(
        (yield* calls).map(({ error, status }) => error?.code ?? status),
        ["ok", "ok", "ok", ...Array(2).fill("EXTERNAL_CALLS_EXCEEDED"), "ok", "EXTERNAL_CALLS_EXCEEDED"].concat(
          ["ok", "ok", "EXTERNAL_CALLS_EXCEEDED"]
        )
      )
    }).pipe(Effect.provide(withClocks(diary)))
  })

  it.scoped("is that of one tool of one VM", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const three = "for i in 1 2 3; do clocks rated --ms 0; done >/dev/null"
      yield* sh(three)
      assert.strictEqual((yield* sh("clocks rated --ms 0")).exitCode, 1)
      assert.strictEqual((yield* sh("clocks plain --ms 0")).exitCode, 0)
      const other = yield* Vm.make({ toolKits: [Clocks] }).pipe(Effect.provide(clocksLive(diary)))
      assert.strictEqual((yield* other.processes.exec("clocks rated --ms 0")).exitCode, 0)
    }).pipe(Effect.provide(withClocks(diary)))
  })
})

describe("the turns of a tool", () => {
  it.scoped("one at a time, in the order of the calls", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const runs = yield* Effect.forEach(["a", "b", "c", "d"], (name) => start(`clocks single --ms 10 --name ${name}`))
      assert.deepStrictEqual(diary.lines, ["+a 0"])
      yield* adjust(9)
      assert.deepStrictEqual(diary.lines, ["+a 0"])
      for (let tick = 0; tick < 31; tick++) yield* adjust(1)
      assert.deepStrictEqual(diary.lines, ["+a 0", "-a 10", "+b 10", "-b 20", "+c 20", "-c 30", "+d 30", "-d 40"])
      const answers = yield* Effect.forEach(runs, Fiber.join)
      assert.deepStrictEqual(answers.map(({ stdout }) => JSON.parse(stdout).result), ["a", "b", "c", "d"])
      assert.deepStrictEqual(yield* records, [["ok", 10], ["ok", 20], ["ok", 30], ["ok", 40]])
    }).pipe(Effect.provide(withClocks(diary)))
  })

  it.scoped("two at a time where two may, and other tools at any time", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const runs = yield* Effect.forEach(["a", "b", "c"], (name) => start(`clocks pair --ms 10 --name ${name}`))
      const other = yield* start("clocks plain --ms 5 --name x")
      assert.deepStrictEqual(diary.lines, ["+a 0", "+b 0", "+x 0"])
      yield* adjust(5)
      assert.strictEqual((yield* Fiber.join(other)).exitCode, 0)
      yield* adjust(5)
      assert.sameMembers(diary.lines.slice(4), ["-a 10", "-b 10", "+c 10"])
      yield* adjust(10)
      for (const run of runs) assert.strictEqual((yield* Fiber.join(run)).exitCode, 0)
    }).pipe(Effect.provide(withClocks(diary)))
  })

  it.scoped("a call that is withdrawn while it waits never begins, and holds nobody up", () => {
    const diary = new Diary()
    return Effect.gen(function*() {
      const [first, second, third] = yield* Effect.forEach(
        ["a", "b", "c"],
        (name) => start(`clocks single --ms 10 --name ${name}`)
      )
      yield* Fiber.interrupt(second)
      yield* VirtualTime.settle
      yield* adjust(10)
      yield* Fiber.join(first)
      yield* adjust(10)
      assert.strictEqual((yield* Fiber.join(third)).exitCode, 0)
      assert.deepStrictEqual(diary.lines, ["+a 0", "-a 10", "+c 10", "-c 20"])
      const sorted = (yield* calls).map(({ error, status }) => error?.code ?? status).sort()
      assert.deepStrictEqual(sorted, ["CANCELLED", "ok", "ok"])
    }).pipe(Effect.provide(withClocks(diary)))
  })
})
