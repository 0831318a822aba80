/**
 * Time and randomness of a kernel in the process of a test: those of the Effect that makes it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { nodeHost } from "../../native/server/node-host.ts"
import type { ServerOptions } from "../../native/server/server.ts"
import { SeededRandom } from "./SeededRandom.ts"
import { VirtualClock } from "./time/VirtualClock.ts"
import * as VirtualTime from "./VirtualTime.ts"

/**
 * What the server takes of its host, without what connections need.
 *
 * @since 0.1.0
 * @category models
 */
export type Host = typeof nodeHost

type Time = Pick<ServerOptions, "now" | "after" | "stepwise" | "monotonic">

/** Steps of queued work in one slice: what the machine takes for one must not matter. */
const STEP_MS = 0.05

const ofVirtualClock = (clock: VirtualClock): Time => {
  let steps = 0
  return {
    now: () => clock.unsafeCurrentTimeNanos(),
    after: (milliseconds, run) => clock.after(milliseconds, run),
    stepwise: true,
    monotonic: () => steps++ * STEP_MS
  }
}

/** Any other clock: waits are fibers. */
const ofClock = (clock: Clock.Clock): Effect.Effect<Time, never, Scope.Scope> =>
  Effect.map(FiberSet.makeRuntime<never, void, never>(), (run) => ({
    now: () => clock.unsafeCurrentTimeNanos(),
    after: (milliseconds, wake) => {
      const fiber = run(Effect.zipRight(clock.sleep(Duration.millis(milliseconds)), Effect.sync(wake)))
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    },
    stepwise: false,
    monotonic: nodeHost.monotonic
  }))

const isLive = (clock: Clock.Clock): boolean => clock === Context.get(DefaultServices.liveServices, Clock.Clock)

/** The clock to go by. A TestClock does not know what guests are doing: one that does takes its place. */
const theClock: Effect.Effect<Clock.Clock, never, Scope.Scope> = Effect.clockWith((clock) => {
  if (clock instanceof VirtualClock || !("adjust" in clock)) return Effect.succeed(clock)
  const virtual = new VirtualClock({ now: clock.unsafeCurrentTimeMillis() })
  return Effect.as(VirtualTime.install(virtual), virtual)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface HostTime {
  readonly host: Host
  /** The clock, if it is one that must know what is going on. */
  readonly clock: VirtualClock | undefined
}

/**
 * The time of the present Clock, and randomness from a seed, or else from the present Random.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (seed: number | undefined): Effect.Effect<HostTime, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* theClock
    if (seed !== undefined) yield* Effect.withRandomScoped(Random.make(seed))
    const random = new SeededRandom(seed ?? (yield* Random.nextInt))
    const virtual = clock instanceof VirtualClock ? clock : undefined
    const time = virtual !== undefined ? ofVirtualClock(virtual) : isLive(clock) ? nodeHost : yield* ofClock(clock)
    const { after, monotonic, now, stepwise } = time
    return {
      clock: virtual,
      host: { ...nodeHost, monotonic, now, after, stepwise, random: random.fill, uuid: random.uuid }
    }
  })
