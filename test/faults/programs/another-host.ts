/**
 * Another host program on a sidecar that runs: takes the path of its socket and a role as arguments, and the token on its
 * standard input. As `neighbour` it reads a small file over and over and prints a 99th percentile of every 50 reads, as
 * `busy` it writes and runs commands, as `flood` it writes 3,000 files at once; until it is killed, or its standard input
 * ends.
 *
 * What a read takes on a machine with other work is mostly waiting for a processor. That is not the sidecar's doing, and
 * Linux counts it: the time that the kernel thread and this one were ready and did not run is left out.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { NodeTransport } from "../../../layers/node/index.ts"
import { plugins } from "../../../layers/node/plugins.ts"
import * as ControlClient from "../../../layers/remote/ControlClient.ts"
import * as SidecarPool from "../../../layers/remote/SidecarPool.ts"
import { Sidecar } from "../../../services/Sidecar.ts"
import type { TransportShape } from "../../../services/Transport.ts"
import type { VmShape } from "../../../services/Vm.ts"
import { Vm } from "../../../services/Vm.ts"

const [, , socketPath, role] = process.argv
const WINDOW = 50

const sidecar = (transport: TransportShape) =>
  Layer.scoped(
    Sidecar,
    SidecarPool.make({
      connect: () =>
        Effect.map(ControlClient.make(transport), (control) => ({ transport, control, exited: Effect.never })),
      plugins,
      uuid: Effect.sync(randomUUID)
    })
  )

/** Milliseconds that a thread has waited for a processor so far. */
const waited = (thread: string): number => {
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, "utf8").split(" ")[1]) / 1e6
  } catch {
    return 0
  }
}

const read = (vm: VmShape, kernel: number) =>
  Effect.gen(function*() {
    const waiting = () => waited(`${kernel}/task/${kernel}`) + waited(`self/task/${process.pid}`)
    yield* vm.filesystem.writeFile("/tmp/file", new Uint8Array(1024))
    let window: Array<number> = []
    for (;;) {
      const before = waiting()
      const start = performance.now()
      yield* vm.filesystem.readFile("/tmp/file")
      const took = performance.now() - start
      window.push(Math.max(0, took - (waiting() - before)))
      if (window.length === WINDOW) {
        console.log(window.sort((a, b) => a - b)[Math.ceil(WINDOW * 0.99) - 1])
        window = []
      }
      yield* Effect.sleep(1)
    }
  })

const work = (vm: VmShape) =>
  Effect.gen(function*() {
    yield* vm.processes.exec("true")
    console.log("busy")
    const content = new Uint8Array(3_000_000)
    yield* Effect.all([
      Effect.forever(vm.filesystem.writeFile("/tmp/large", content)),
      Effect.forever(vm.processes.exec("for i in 1 2 3 4 5; do echo $i > f$i; done; cat f*"))
    ], { concurrency: 2 })
  })

const flood = ({ filesystem }: VmShape) => {
  const content = new Uint8Array(1024)
  const paths = Array.from({ length: 3000 }, (_, i) => `/tmp/f${i}`)
  const round = Effect.forEach(paths, (path) => filesystem.writeFile(path, content), {
    concurrency: "unbounded",
    discard: true
  })
  return Effect.forever(Effect.zipRight(round, Effect.sync(() => console.log("written"))))
}

const program = (token: string) =>
  Effect.gen(function*() {
    const transport = yield* NodeTransport.makeUnix(socketPath, { token })
    yield* Effect.flatMap(Vm.make({}), (vm): Effect.Effect<void, unknown> =>
      role === "busy" ? work(vm) : role === "flood" ? flood(vm) : read(vm, transport.peer.pid)).pipe(
        Effect.scoped,
        Effect.provide(sidecar(transport))
      )
  }).pipe(Effect.scoped)

createInterface(process.stdin)
  .once("line", (token) => void Effect.runPromise(program(token)))
  .on("close", () => process.exit(0))
