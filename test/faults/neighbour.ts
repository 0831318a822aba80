/** A sidecar, and another host program on it that reads a small file all the time and tells how long that takes. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { build, stop } from "esbuild"
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { plugins } from "../../layers/node/plugins.ts"
import type { ConnectedProcess } from "../../layers/node/SidecarProcess.ts"
import { connect } from "../../layers/node/SidecarProcess.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import { Sidecar } from "../../services/Sidecar.ts"

/** A program of this folder as one file, for Node.js as it is. */
export const bundled = async (name: string, outfile: string): Promise<string> => {
  await build({
    entryPoints: [fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
    banner: { js: "import{createRequire as __r}from\"node:module\";const require=__r(import.meta.url);" }
  })
  await stop()
  return outfile
}

export interface Shared {
  readonly sidecar: ConnectedProcess
  readonly socketPath: string
  /** Starts another host on the same sidecar, which ends with the Scope, and gives what it prints line by line. */
  readonly host: (role: "neighbour" | "busy" | "flood") => ReturnType<typeof startHost>
  /** VMs of this program on the sidecar. */
  readonly layer: Layer.Layer<Sidecar>
}

/** A sidecar that several host programs share. */
export const shared = Effect.gen(function*() {
  const home = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-shared-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const program = yield* Effect.promise(() => bundled("another-host", join(home, "host.mjs")))
  const socketPath = join(home, "sidecar.sock")
  const sidecar = yield* connect("shared", { socketPath })
  yield* Effect.retry(
    Effect.suspend(() => existsSync(socketPath) ? Effect.void : Effect.fail("not yet")),
    { times: 400, schedule: Schedule.spaced(10) }
  )
  const layer = Layer.scoped(
    Sidecar,
    SidecarPool.make({ connect: () => Effect.succeed(sidecar), plugins, uuid: Effect.sync(randomUUID) })
  )
  return { sidecar, socketPath, layer, host: (role) => startHost(program, socketPath, role, sidecar.token) } as Shared
})

const startHost = (program: string, socketPath: string, role: string, token: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [program, socketPath, role], { stdio: ["pipe", "pipe", "inherit"] })
      const lines: Array<string> = []
      createInterface(child.stdout).on("line", (line) => void lines.push(line))
      child.stdin.on("error", () => {})
      child.stdin.write(`${token}\n`)
      return { child: child as ChildProcess, lines }
    }),
    ({ child }) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

/** Waits until there are so many lines. */
export const spoken = (lines: ReadonlyArray<string>, count: number) =>
  Effect.retry(
    Effect.suspend(() => lines.length >= count ? Effect.void : Effect.fail("not yet")),
    { times: 3000, schedule: Schedule.spaced(10) }
  ).pipe(Effect.orDie)

const median = (values: ReadonlyArray<number>): number =>
  values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** The median of the 99th percentiles of the neighbour's reads while something is done, over and over, for so many of them. */
export const percentileDuring = <A, E, R>(
  lines: ReadonlyArray<string>,
  effect: Effect.Effect<A, E, R>,
  windows = 7
): Effect.Effect<number, E, R> =>
  Effect.gen(function*() {
    const start = lines.length
    // a window that was under way already does not count
    while (lines.length < start + 1 + windows) yield* effect
    return median(lines.slice(start + 1).map(Number))
  })
