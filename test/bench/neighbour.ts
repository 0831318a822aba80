/** What one VM notices of another that does its worst, in the same sidecar. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { plugins } from "../../layers/node/plugins.ts"
import { connect } from "../../layers/node/SidecarProcess.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { abuses } from "./abuse.ts"
import type { Group, Settings } from "./bench.ts"
import { KiB, noise } from "./bench.ts"
import type { Row } from "./measure.ts"
import { atMost, row, timed } from "./measure.ts"

/** Reads a file again and again while `abuse` goes on. */
const beside = <E, R>(
  settings: Settings,
  name: string,
  abuse: Effect.Effect<unknown, E, R>,
  note?: string
): Effect.Effect<Row, unknown, R | Sidecar> =>
  Effect.gen(function*() {
    const good = yield* Vm.make({})
    yield* good.filesystem.writeFile("/home/user/file", noise(KiB))
    const read = good.filesystem.readFile("/home/user/file")
    for (let i = 0; i < 500; i++) yield* read
    const fiber = yield* Effect.fork(abuse)
    yield* Effect.sleep("300 millis")
    const end = performance.now() + (settings.quick ? 500 : 3000)
    const samples: Array<number> = []
    while (performance.now() < end) {
      samples.push(yield* timed(read))
      yield* Effect.sleep("1 millis")
    }
    yield* Fiber.interrupt(fiber)
    return row(`readFile beside ${name}`, samples, { bar: atMost(10, "p99"), note })
  }).pipe(Effect.scoped)

const notes: Record<string, string> = {
  "3,000 writes at once by this program": "its own 3,000 fibers are most of it"
}

const ofOneProgram = (settings: Settings, name: string, abuse: (vm: VmShape) => Effect.Effect<unknown, unknown>) =>
  Effect.flatMap(Vm.make({}), (bad) => beside(settings, name, abuse(bad), notes[name])).pipe(Effect.scoped)

/** A sidecar that takes a second host, which writes 3,000 files at once over a connection of its own. */
const ofAnotherProgram = (settings: Settings): Effect.Effect<Row, unknown> => {
  const socketPath = join(tmpdir(), `agent-os-bench-${randomUUID()}.sock`)
  let token = ""
  const sidecar = Layer.scoped(
    Sidecar,
    SidecarPool.make({
      connect: (sidecarId) =>
        Effect.tap(connect(sidecarId, { socketPath }), (connected) => {
          token = connected.token
          return Effect.void
        }),
      plugins,
      uuid: Effect.sync(randomUUID)
    })
  )
  return Effect.gen(function*() {
    yield* Vm.make({})
    yield* noisyHost(join(settings.programs, "noisy-host.js"), socketPath, token)
    return yield* beside(settings, "3,000 writes at once by another program", Effect.never)
  }).pipe(Effect.scoped, Effect.provide(sidecar))
}

/** Runs until the Scope closes; gives control back when its writes go on. */
const noisyHost = (program: string, socketPath: string, token: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [program, socketPath], { stdio: ["pipe", "pipe", "inherit"] })
      child.stdin.end(token)
      await Promise.race([once(child.stdout, "data"), once(child, "exit")])
      if (child.exitCode !== null) throw new Error("the second host has ended")
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

export const neighbour: Group = {
  name: "neighbour",
  run: (settings) =>
    Effect.gen(function*() {
      const rows: Array<Row> = []
      for (const [name, abuse] of Object.entries(abuses)) rows.push(yield* ofOneProgram(settings, name, abuse))
      rows.push(yield* ofAnotherProgram(settings))
      return rows
    })
}
