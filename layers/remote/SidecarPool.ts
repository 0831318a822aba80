/**
 * The Sidecar service over anything that can start a sidecar and connect to it: pools by name, explicit handles, one
 * process per handle, started by its first lease and shared by concurrent callers.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import type { LeaseError, SidecarHandle, SidecarShape } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import type { SidecarDescription, SidecarPlacement } from "../../src/config/SidecarPlacement.ts"
import { defaultPool, explicitPlacement, sharedPlacement } from "../../src/config/SidecarPlacement.ts"
import type { VmConfig } from "../../src/config/VmConfig.ts"
import { ConfigError } from "../../src/errors/ConfigError.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import type { TransportError } from "../../src/errors/TransportError.ts"
import * as AuditServer from "./audit/AuditServer.ts"
import * as DriverServer from "./DriverServer.ts"
import type { MountPlugins } from "./RemoteMounts.ts"
import * as RemoteVm from "./RemoteVm.ts"
import { leases } from "./Telemetry.ts"
import * as ToolServer from "./tools/ToolServer.ts"
import type { Attached, Connected } from "./VmLink.ts"
import { control } from "./VmLink.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Starts a sidecar and connects to it. Closing the Scope ends it. */
  readonly connect: (sidecarId: string) => Effect.Effect<Attached, SidecarError | TransportError, Scope.Scope>
  readonly plugins: MountPlugins
  /** A random UUID. */
  readonly uuid: Effect.Effect<string>
  /** How long a sidecar outlives its last lease. Default 10 seconds. */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
}

/**
 * Closing the Scope disposes every sidecar.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<SidecarShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const pools = new Map<string, Sidecar>()
    const handles = new WeakSet<object>()
    const sidecar = Effect.fnUntraced(function*(id: string, placement: SidecarPlacement, onDispose: () => void) {
      const made = yield* Scope.extend(makeSidecar(options, id, placement, onDispose), scope)
      handles.add(made.handle)
      return made
    })
    const pooled = Effect.fnUntraced(function*(pool: string) {
      const live = pools.get(pool)
      if (live !== undefined && live.state() !== "disposed") return live
      const made = yield* sidecar(`agent-os-shared-sidecar:${pool}`, sharedPlacement(pool), () => {
        if (pools.get(pool) === made) pools.delete(pool)
      })
      // somebody else may have been as fast
      const other = pools.get(pool)
      if (other !== undefined && other.state() !== "disposed") return other
      pools.set(pool, made)
      return made
    })
    const shared = (pool: string = defaultPool) => Effect.map(pooled(pool), (made) => made.handle)
    return {
      shared,
      create: (sidecarId) =>
        Effect.gen(function*() {
          const id = sidecarId ?? `agent-os-sidecar-${yield* options.uuid}`
          return (yield* sidecar(id, explicitPlacement(id), () => {})).handle
        }),
      lease: (config) => {
        if (config.sidecar.kind === "shared") {
          return Effect.flatMap(shared(config.sidecar.pool), (handle) => handle.lease(config))
        }
        return handles.has(config.sidecar.handle)
          ? (config.sidecar.handle as SidecarHandle).lease(config)
          : Effect.fail(new ConfigError({ path: "sidecar.handle", detail: "is not a handle of this Sidecar service" }))
      }
    }
  })

interface Sidecar {
  readonly handle: SidecarHandle
  readonly state: () => SidecarDescription["state"]
}

const makeSidecar = (
  options: Options,
  sidecarId: string,
  placement: SidecarPlacement,
  onDispose: () => void
): Effect.Effect<Sidecar, never, Scope.Scope> =>
  Effect.gen(function*() {
    let state: SidecarDescription["state"] = "ready"
    const disposed = yield* Deferred.make<void>()
    const active = new Set<RemoteVm.Leased>()
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const connected = yield* Scope.extend(sharedConnection(options, sidecarId), scope)

    const lessor: RemoteVm.Lessor = {
      plugins: options.plugins,
      uuid: options.uuid,
      start: (acquire) =>
        Effect.suspend((): Effect.Effect<VmShape, LeaseError, Scope.Scope> => {
          if (state !== "ready") return Effect.fail(SidecarError.notReady(sidecarId, state))
          return Effect.flatMap(connected, acquire).pipe(
            Effect.tap((leased) => countWhileOpen(active, leased)),
            Effect.map((leased) => leased.vm),
            orDisposed(() => state === "ready" ? undefined : SidecarError.notReady(sidecarId, state))
          )
        })
    }
    const lease = (config: VmConfig) =>
      lessor.start((connection) => RemoteVm.lease(connection, lessor, config)).pipe(
        Effect.tap((vm) => Effect.annotateCurrentSpan("vm.id", vm.vmId)),
        Effect.withSpan("Sidecar.lease", { captureStackTrace: false, attributes: { "sidecar.id": sidecarId } })
      )

    const dispose = Effect.uninterruptible(Effect.suspend(() => {
      if (state !== "ready") return Deferred.await(disposed)
      state = "disposing"
      return Effect.gen(function*() {
        const outcomes = yield* Effect.forEach(active, (leased) => Effect.either(leased.release), {
          concurrency: "unbounded"
        })
        yield* Scope.close(scope, Exit.void)
        active.clear()
        state = "disposed"
        onDispose()
        yield* Deferred.succeed(disposed, undefined)
        const errors = outcomes.flatMap((outcome) => outcome._tag === "Left" ? [outcome.left] : [])
        if (errors.length > 0) return yield* SidecarError.aggregate(errors)
      })
    }))

    yield* Effect.addFinalizer(() => Effect.ignoreLogged(dispose))
    const describe = Effect.sync(() => ({ sidecarId, placement: { ...placement }, state, activeVmCount: active.size }))
    const health = Effect.scoped(Effect.flatMap(connected, askHealth)).pipe(
      orDisposed(() => state === "ready" ? undefined : disposedHealth(sidecarId, state))
    )
    return { handle: { sidecarId, describe, lease, health, dispose }, state: () => state }
  })

/**
 * What waits for a connection is interrupted when the sidecar is disposed: an error for those who wait, who were not
 * interrupted themselves.
 */
const orDisposed = (error: () => SidecarError | undefined) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchAllCause(effect, (cause): Effect.Effect<never, E | SidecarError> => {
    const reason = Cause.isInterruptedOnly(cause) ? error() : undefined
    return reason === undefined ? Effect.failCause(cause) : Effect.fail(reason)
  })

const askHealth = (connected: Connected) =>
  Effect.catchTag(control(connected, (client) => client.GetHealth(undefined)), "KernelError", Effect.die)

const disposedHealth = (sidecarId: string, state: SidecarDescription["state"]) =>
  new SidecarError({
    reason: "Disposed",
    detail: `Cannot ask sidecar ${sidecarId} for its health while it is ${state}`
  })

const countWhileOpen = (active: Set<RemoteVm.Leased>, leased: RemoteVm.Leased) =>
  Effect.acquireRelease(
    Effect.zipRight(Effect.sync(() => active.add(leased)), Metric.increment(leases)),
    () => Effect.zipRight(Effect.sync(() => active.delete(leased)), Metric.incrementBy(leases, -1))
  )

/**
 * One running sidecar, shared by all who ask while it lives. A sidecar that has ended, or could not be started, is not
 * asked again: every generation has its own entry, so that its late releases cannot touch the next one's.
 */
const sharedConnection = (
  options: Options,
  sidecarId: string
): Effect.Effect<Effect.Effect<Connected, SidecarError | TransportError, Scope.Scope>, never, Scope.Scope> =>
  Effect.gen(function*() {
    let generation = 0
    const retire = (ended: number) =>
      Effect.sync(() => {
        if (generation === ended) generation++
      })
    const map = yield* RcMap.make({
      lookup: (current: number) =>
        options.connect(sidecarId).pipe(
          Effect.flatMap((attached) =>
            Effect.map(
              Effect.all({
                tools: ToolServer.make(attached.transport),
                audits: AuditServer.make(attached.transport),
                drivers: DriverServer.make(attached.transport)
              }),
              (servers): Connected => ({ ...attached, ...servers })
            )
          ),
          Effect.tap((connected) => Effect.forkScoped(Effect.zipRight(connected.transport.closed, retire(current)))),
          Effect.tapErrorCause(() => retire(current))
        ),
      idleTimeToLive: options.idleTimeToLive ?? Duration.seconds(10)
    })
    const get = (tries: number): Effect.Effect<Connected, SidecarError | TransportError, Scope.Scope> =>
      Effect.suspend(() => {
        const current = generation
        return Effect.flatMap(RcMap.get(map, current), (connected) =>
          // it may have ended when the fiber that retires it has not come to it yet
          connected.transport.isOpen() || tries === 0
            ? Effect.succeed(connected)
            : Effect.zipRight(retire(current), get(tries - 1)))
      })
    return get(2)
  })
