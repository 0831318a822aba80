/**
 * What the machine itself can do, measured in the same run, so that ratios mean something.
 */
import * as Effect from "effect/Effect"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import type { Group } from "./bench.ts"
import { KiB, MiB, noise, times } from "./bench.ts"
import { row, sample } from "./measure.ts"

const directory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "agent-os-bench-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** A process that sends back what it gets over a descriptor, as the sidecar's connection does. */
const echoProcess = (program: string) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [program], { stdio: ["ignore", "inherit", "inherit", "pipe"] })),
    (child: ChildProcess) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** Sends `bytes` and waits until as many have come back. */
const roundTrip = (socket: Socket, content: Uint8Array) =>
  Effect.async<void>((resume) => {
    let left = content.length
    const take = (bytes: Uint8Array) => {
      left -= bytes.length
      if (left > 0) return
      socket.off("data", take)
      resume(Effect.void)
    }
    socket.on("data", take)
    socket.write(content)
  })

export const raw: Group = {
  name: "raw",
  run: (settings) =>
    Effect.scoped(Effect.gen(function*() {
      const path = join(yield* directory, "file")
      const content = noise(KiB)
      const write = yield* sample(times(settings, 2000), Effect.promise(() => writeFile(path, content)))
      const read = yield* sample(times(settings, 2000), Effect.promise(() => readFile(path)))
      const child = yield* echoProcess(join(settings.programs, "echo-process.js"))
      const socket = child.stdio[3] as Socket
      const pings = yield* sample(times(settings, 2000), roundTrip(socket, noise(64)))
      const large = noise(16 * MiB)
      const bulk = yield* sample(times(settings, 10), roundTrip(socket, large), 1)
      const echo = Effect.promise(() => promisify(execFile)("/bin/echo", ["hello"]))
      const spawned = yield* sample(times(settings, 100), echo)
      return [
        row("raw: node:fs/promises readFile 1 KiB", read),
        row("raw: node:fs/promises writeFile 1 KiB", write),
        row("raw: socket ping-pong, two processes, 64 bytes", pings),
        row("raw: socket, 16 MiB there and back", bulk.map((ms) => (16 * 1000) / ms), { unit: "MiB/s" }),
        row("raw: child_process /bin/echo", spawned)
      ]
    }))
}
