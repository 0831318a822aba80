/** What a sidecar writes to its standard error, on its way to the host's logger. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { PassThrough } from "node:stream"
import { NodeSidecar } from "../../layers/node/index.ts"
import { followLines } from "../../layers/node/SidecarLog.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf } from "../contract/layers.ts"
import { sidecarsOf } from "../faults/support.ts"

describe("followLines", () => {
  const follow = async (pieces: ReadonlyArray<string | Uint8Array>) => {
    const stream = new PassThrough()
    const lines: Array<string> = []
    const last = followLines(stream, (line) => lines.push(line))
    const ended = new Promise((resolve) => stream.once("close", resolve))
    for (const piece of pieces) {
      stream.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    stream.end()
    await ended
    return { lines, last: last() }
  }

  it("puts lines together from pieces, also within a character, and leaves empty ones out", async () => {
    const bytes = new TextEncoder().encode("one\ntw\u00f6\n\n  \nthree")
    const { lines } = await follow(Array.from(bytes, (byte) => Uint8Array.of(byte)))
    assert.deepStrictEqual(lines, ["one", "tw\u00f6", "three"])
  })

  it("keeps the last 20, and cuts long ones", async () => {
    const all = Array.from({ length: 50 }, (_, i) => `line ${i}`)
    const { last, lines } = await follow([`${all.join("\n")}\n`, "x".repeat(3000), "y".repeat(3000), "\nend\n"])
    assert.deepStrictEqual(lines.slice(0, 50), all)
    assert.deepStrictEqual([lines[50].length, lines[51]], [2000, "end"])
    assert.deepStrictEqual(last, lines.slice(-20))
  })
})

describe("the sidecar's standard error", () => {
  it.live(
    "comes to the host's logger line by line while it runs, and is in the error when it ends",
    () =>
      Effect.gen(function*() {
        const home = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-log-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
        )
        cpSync(dirname(createRequire(import.meta.url).resolve("#sidecar/main.js")), home, { recursive: true })
        writeFileSync(
          join(home, "talks.mjs"),
          `process.stderr.write("begins\\nwith two lines\\n")
         process.on("SIGUSR2", () => { process.stderr.write("ends"); process.exit(9) })
         await import("./main.js")`
        )
        const logged: Array<readonly [message: string, level: string, module: unknown, sidecar: unknown]> = []
        const logger = Logger.make(({ annotations, logLevel, message }) => {
          const at = (name: string) => Option.getOrUndefined(HashMap.get(annotations, name))
          if (at("module") === "sidecar") {
            logged.push([String(message), logLevel.label, at("module"), at("sidecarId")])
          }
        })
        const error: any = yield* Effect.gen(function*() {
          const vm = yield* Vm.make({})
          assert.deepStrictEqual(logged.map(([message]) => message), ["begins", "with two lines"])
          const waits = yield* Effect.fork(failureOf(vm.processes.exec("sleep 60")))
          yield* Effect.sleep(100)
          for (const pid of sidecarsOf(process.pid)) process.kill(pid, "SIGUSR2")
          return yield* Fiber.join(waits)
        }).pipe(
          Effect.scoped,
          Effect.provide(NodeSidecar.layerWith({ program: join(home, "talks.mjs") })),
          Effect.provide(
            Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.Debug))
          )
        )
        const line = (message: string) => [message, "DEBUG", "sidecar", "agent-os-shared-sidecar:default"] as const
        assert.deepStrictEqual(logged, [line("begins"), line("with two lines"), line("ends")])
        assert.deepInclude({ ...error }, { _tag: "SidecarError", reason: "Exited", exitCode: 9 })
        assert.deepStrictEqual(error.stderr, ["begins", "with two lines", "ends"])
      }).pipe(Effect.scoped),
    30_000
  )
})
