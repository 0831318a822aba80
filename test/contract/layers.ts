/** The layers that every contract suite runs over, and what the suites share. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeSidecar, NodeTransport } from "../../layers/node/index.ts"
import { plugins } from "../../layers/node/plugins.ts"
import { connect } from "../../layers/node/SidecarProcess.ts"
import * as ControlClient from "../../layers/remote/ControlClient.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Sidecar } from "../../services/Sidecar.ts"

export interface Subject {
  readonly name: string
  readonly layer: Layer.Layer<Sidecar>
}

/** A child process whose VMs are all leased over its Unix socket; its pipe only keeps it alive. */
const overSocket: Layer.Layer<Sidecar> = Layer.scoped(
  Sidecar,
  SidecarPool.make({
    connect: (sidecarId) =>
      Effect.gen(function*() {
        const home = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-socket-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
        )
        const socketPath = join(home, "sidecar.sock")
        const process = yield* connect(sidecarId, { socketPath })
        const transport = yield* NodeTransport.makeUnix(socketPath, { token: process.token })
        return { ...process, transport, control: yield* ControlClient.make(transport) }
      }),
    plugins,
    uuid: Effect.sync(randomUUID)
  })
)

export const subjects: ReadonlyArray<Subject> = [
  { name: "TestSidecar", layer: TestSidecar.layer({ warmWorkers: 1 }) },
  { name: "NodeSidecar", layer: NodeSidecar.layer },
  { name: "NodeSidecar over a Unix socket", layer: overSocket }
]

/** The services as they are, not those of tests: sidecars live in real time. */
export const live = { excludeTestServices: true, timeout: "20 seconds" } as const

/** The typed failure of an effect. A defect or a success is a failed test. */
export const failureOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<E, never, R> =>
  Effect.flatMap(Effect.exit(effect), (exit) => {
    if (Exit.isSuccess(exit)) return Effect.dieMessage(`it succeeded with ${JSON.stringify(exit.value)}`)
    const failure = Cause.failureOption(exit.cause)
    return Option.isSome(failure) ? Effect.succeed(failure.value) : Effect.failCause(exit.cause as Cause.Cause<never>)
  })

/** A failure in short: its tag and its message. */
export const told = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<string, never, R> => Effect.map(failureOf(effect), (error) => `${error._tag}: ${error.message}`)

export const bytes = (length: number, seed = 1): Uint8Array => {
  const content = new Uint8Array(length)
  for (let i = 0; i < length; i++) content[i] = (i * 31 + (i >>> 8) * seed + seed) & 0xff
  return content
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Where a command has stopped writing: the first difference would fill the screen. */
export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
