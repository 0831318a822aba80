/** What the shell does when its time is over: TMOUT for reads and for who types nothing. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Processes } from "../../services/Processes.ts"
import { Vm } from "../../services/Vm.ts"

const vm = Layer.provide(Vm.layer({}), TestSidecar.layer({ seed: 7 }))
const size = { cols: 80, rows: 24 }

describe("TMOUT under a TestClock", () => {
  it.scoped("is the time that a read has, but for one with its own", () =>
    Effect.gen(function*() {
      const processes = yield* Processes
      const script = `
        mkfifo p; exec 3<>p; printf part >&3
        TMOUT=60; read x <&3; echo $? $x $SECONDS
        read -t 3600 x <&3; echo $? $SECONDS
        select x in a; do :; done <&3; echo $? $SECONDS
        TMOUT=; read x <&3`
      const fiber = yield* Effect.fork(
        Stream.runCollect(Stream.decodeText(
          (yield* processes.spawn("bash", ["-c", script])).stdout
        )).pipe(Effect.map((parts) => Array.from(parts).join("")))
      )
      yield* TestClock.adjust("59 seconds")
      yield* TestClock.adjust("2 hours")
      assert.isNull(fiber.unsafePoll())
      for (const { pid } of yield* processes.list) yield* processes.killProcess(pid)
      assert.strictEqual((yield* Fiber.join(fiber)).trim(), "142 part 60\n142 3660\n\n1 3720")
    }).pipe(Effect.provide(vm)), 30_000)

  it.scoped(
    "ends an interactive shell that nobody types to, and every line begins it anew",
    () =>
      Effect.gen(function*() {
        const processes = yield* Processes
        const terminal = yield* processes.openTerminal({ ...size, args: ["--norc"], env: { PS1: "% ", TMOUT: "600" } })
        const shown = yield* Effect.fork(Stream.runCollect(Stream.decodeText(terminal.output)))
        const wait = yield* Effect.fork(terminal.wait)
        yield* TestClock.adjust("9 minutes")
        yield* terminal.write("(exit 3)\r")
        yield* TestClock.adjust("9 minutes")
        assert.isNull(wait.unsafePoll())
        yield* terminal.write("half a li")
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* Fiber.join(wait), { exitCode: 3 })
        assert.include(Array.from(yield* Fiber.join(shown)).join(""), "timed out waiting for input: auto-logout")
      }).pipe(Effect.provide(vm)),
    30_000
  )
})
