import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { VmContext } from "../../layers/platform/index.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"

/** A VM of one's own, and its services beside those of the platform. */
export const vmLayer = VmContext.layer.pipe(
  Layer.provideMerge(Vm.layer({})),
  Layer.provide(TestSidecar.layer()),
  Layer.orDie
)

/** Runs the same program on the host, in a temporary directory that it is given. */
export const onHost = <A, E>(
  program: (directory: string) => Effect.Effect<A, E, NodeContext.NodeContext>
): Effect.Effect<A, E> =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(`${tmpdir()}/vm-context-`)),
    (directory) => Effect.provide(program(directory), NodeContext.layer),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  )

export const inVm = <A, E>(
  program: (directory: string) => Effect.Effect<A, E, VmContext.VmContext>
): Effect.Effect<A, E> => Effect.provide(program("/home/user"), vmLayer)

/** The system error that an effect fails with. */
export const systemError = <A, R>(effect: Effect.Effect<A, PlatformError, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.instanceOf(error, SystemError)
    return error as SystemError
  })
