/** How long a pool's sidecar lives, and what its disposal says when leases do not end well. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { randomUUID } from "node:crypto"
import { plugins } from "../../layers/node/plugins.ts"
import * as ConnectionTransport from "../../layers/remote/ConnectionTransport.ts"
import * as ControlClient from "../../layers/remote/ControlClient.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import type { Attached } from "../../layers/remote/VmLink.ts"
import { memoryLink } from "../../layers/testing/MemoryLink.ts"
import { makeServer } from "../../layers/testing/TestSidecar.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import { UnknownVm } from "../../src/wire/Control.ts"
import { failureOf } from "../contract/layers.ts"

/** A pool of sidecars in this process that writes down which of them run. */
const pool = (
  running: Set<string>,
  options: { readonly idleTimeToLive?: Duration.DurationInput } = {},
  change: (attached: Attached) => Attached = (attached) => attached
) => {
  let started = 0
  const connect = (sidecarId: string) =>
    Effect.gen(function*() {
      const name = `${sidecarId} ${++started}`
      yield* Effect.acquireRelease(
        Effect.sync(() => running.add(name)),
        () => Effect.sync(() => running.delete(name))
      )
      const server = yield* makeServer(sidecarId, {})
      const transport = yield* ConnectionTransport.make(memoryLink(server), {
        token: "in-process",
        pingInterval: Duration.infinity
      })
      const control = yield* ControlClient.make(transport)
      return change({ transport, control, exited: Effect.never })
    })
  return Layer.scoped(
    Sidecar,
    SidecarPool.make({ connect, plugins, uuid: Effect.sync(randomUUID), ...options })
  )
}

const first = ["agent-os-shared-sidecar:default 1"]

describe("a pool's sidecar", () => {
  const lives = (running: Set<string>, seconds: number) =>
    Effect.gen(function*() {
      yield* Effect.scoped(Vm.make({}))
      yield* TestClock.adjust(Duration.seconds(seconds - 1))
      assert.deepStrictEqual(Array.from(running), first)
      // a lease in that time begins it anew
      yield* Effect.scoped(Vm.make({}))
      yield* TestClock.adjust(Duration.seconds(seconds - 1))
      assert.deepStrictEqual(Array.from(running), first)
      yield* TestClock.adjust(Duration.seconds(1))
      assert.deepStrictEqual(Array.from(running), [])
      yield* Effect.scoped(Vm.make({}))
      assert.deepStrictEqual(Array.from(running), ["agent-os-shared-sidecar:default 2"])
    })

  it.scoped("outlives its last lease by 10 seconds", () => {
    const running = new Set<string>()
    return lives(running, 10).pipe(Effect.provide(pool(running)))
  })

  it.scoped("or by as much as is said", () => {
    const running = new Set<string>()
    return lives(running, 75).pipe(Effect.provide(pool(running, { idleTimeToLive: "75 seconds" })))
  })

  it.scoped("stays while a lease is held, however long", () => {
    const running = new Set<string>()
    return Effect.gen(function*() {
      yield* Vm.make({})
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(Array.from(running), first)
    }).pipe(Effect.provide(pool(running)))
  })
})

describe("disposing a sidecar whose leases do not end well", () => {
  /** Releases fail one after the other as is said; the last way for all that come after. */
  const failing = (...ways: ReadonlyArray<(vm: number) => Effect.Effect<void, unknown>>) => {
    let next = 0
    return (attached: Attached): Attached => ({
      ...attached,
      control: {
        ...attached.control,
        Release: ({ vm }: { readonly vm: number }) => ways[Math.min(next++, ways.length - 1)](vm)
      } as unknown as Attached["control"]
    })
  }
  const refusal = (detail: string) => () => Effect.fail(new SidecarError({ reason: "VmLost", detail }))
  const gone = () => Effect.fail(new UnknownVm({ detail: "the VM has been released" }))

  it.scoped("tells every one of them, joined by \"; \", and is disposed all the same", () => {
    const running = new Set<string>()
    return Effect.gen(function*() {
      const sidecar = yield* Sidecar
      const handle = yield* sidecar.create("mine")
      const scope = yield* Scope.make()
      for (let i = 0; i < 3; i++) {
        yield* Scope.extend(Vm.make({ sidecar: { kind: "explicit", handle } }), scope)
      }
      const error = yield* failureOf(handle.dispose)
      assert.deepInclude({ ...error }, { _tag: "SidecarError", reason: "Aggregate" })
      assert.strictEqual(error.message, "sidecar error: the first; sidecar error: the third")
      assert.deepInclude(yield* handle.describe, { state: "disposed", activeVmCount: 0 })
      assert.deepStrictEqual(Array.from(running), [])
      // once told, it is told no more
      yield* handle.dispose
      yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.provide(pool(running, {}, failing(refusal("the first"), gone, refusal("the third")))))
  })

  it.scoped("does not wait for one that never answers beyond its bound", () => {
    const running = new Set<string>()
    return Effect.gen(function*() {
      const handle = yield* (yield* Sidecar).create("mine")
      const vm = yield* Vm.make({ sidecar: { kind: "explicit", handle } })
      const disposal = yield* Effect.fork(failureOf(handle.dispose))
      yield* TestClock.adjust("2 seconds")
      const error = yield* disposal
      assert.strictEqual(error.message, `sidecar error: VM ${vm.vmId} was not released in time`)
      assert.deepStrictEqual(Array.from(running), [])
    }).pipe(Effect.provide(pool(running, {}, failing(() => Effect.never))))
  })
})
