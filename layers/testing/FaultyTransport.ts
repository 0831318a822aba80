/**
 * Connections on which things go wrong, by chance and by a seed: a sidecar in this process (or any other link) whose bytes
 * come late, in pieces, in another order, or not at all.
 *
 * A connection is a reliable stream of bytes, so a fault is one that such a stream can have. What is lost is lost with all
 * that follows, until the pings notice the silence (after 6 periods of 5 seconds, on the Clock) or the connection is cut.
 * Frames change places only where they belong to different exchanges. Whatever happens, every call ends: with its answer, or
 * with a typed error.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Sidecar } from "../../services/Sidecar.ts"
import type { Link } from "../../src/wire/Connection.ts"
import type { OpenLink } from "../remote/ConnectionTransport.ts"
import type { FaultCounts, Faults } from "./faults/FaultyPath.ts"
import { FaultyPath } from "./faults/FaultyPath.ts"
import * as HostTime from "./HostTime.ts"
import { SeededRandom } from "./SeededRandom.ts"
import * as TestSidecar from "./TestSidecar.ts"

/**
 * Chances are between 0 and 1, for each frame; all are 0 unless given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends TestSidecar.Options {
  /** That a frame is lost, and all that would have followed it. */
  readonly drop?: number | undefined
  /** That the connection ends in the middle of a frame. */
  readonly cut?: number | undefined
  /** That a write arrives in pieces. */
  readonly split?: number | undefined
  /** That a frame changes places with the next one of another exchange. */
  readonly reorder?: number | undefined
  /** How late a write may come, on the Clock. */
  readonly delay?: Duration.DurationInput | undefined
  /** How often a silent side is pinged, on the Clock. Default: 5 seconds; it is given up after 6 silent periods. */
  readonly pingInterval?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FaultyTransportShape {
  /** What has happened so far. */
  readonly counts: Effect.Effect<Readonly<FaultCounts>>
  /** Ends every connection now, with no word. */
  readonly cut: Effect.Effect<void>
  /** Nothing goes wrong while the effect runs. */
  readonly spare: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class FaultyTransport
  extends Context.Tag("effect-agent-os/testing/FaultyTransport")<FaultyTransport, FaultyTransportShape>()
{}

const none: Faults = { drop: 0, cut: 0, split: 0, reorder: 0, delay: 0 }

const faultsOf = (options: Options): Faults => ({
  drop: options.drop ?? 0,
  cut: options.cut ?? 0,
  split: options.split ?? 0,
  reorder: options.reorder ?? 0,
  delay: options.delay === undefined ? 0 : Duration.toMillis(options.delay)
})

/**
 * Links that suffer from faults, and what controls them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options,
  { host }: HostTime.HostTime
): { readonly control: FaultyTransportShape; readonly link: (open: OpenLink) => OpenLink } => {
  const random = new SeededRandom(options.seed ?? 0)
  const counts: FaultCounts = { frames: 0, dropped: 0, cut: 0, split: 0, reordered: 0, delayed: 0 }
  const open = new Set<() => void>()
  let faults = faultsOf(options)
  const path = (deliver: (bytes: Uint8Array) => void, end: () => void) =>
    new FaultyPath({
      random,
      counts,
      faults: () => faults,
      after: host.after,
      now: () => Number(host.now()) / 1e6,
      deliver,
      end
    })
  return {
    control: {
      counts: Effect.sync(() => ({ ...counts })),
      cut: Effect.sync(() => {
        for (const end of open) end()
      }),
      spare: (effect) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const before = faults
            faults = none
            return before
          }),
          () => effect,
          (before) =>
            Effect.sync(() => {
              faults = before
            })
        )
    },
    link: (openLink) => (events) =>
      Effect.gen(function*() {
        const made: { link?: Link } = {}
        const end = () => {
          open.delete(end)
          down.close()
          up.close()
          made.link?.close()
          events.ended("the connection was cut")
        }
        const down = path(events.receive, end)
        const up = path((bytes) => made.link?.send([bytes]), end)
        const link = made.link = yield* openLink({ ...events, receive: (bytes) => down.send(bytes) })
        open.add(end)
        yield* Effect.addFinalizer(() => Effect.sync(end))
        return {
          send: (parts: ReadonlyArray<Uint8Array>) => {
            for (const part of parts) up.send(part)
            return true
          },
          close: link.close
        }
      })
  }
}

/**
 * A sidecar in this process behind faulty connections.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Sidecar | FaultyTransport> =>
  Layer.unwrapScoped(
    Effect.map(HostTime.make(options.seed), (time) => {
      const { control, link } = make(options, time)
      return Layer.merge(
        TestSidecar.layerIn(time, options, { link, pingInterval: options.pingInterval ?? "5 seconds" }),
        Layer.succeed(FaultyTransport, control)
      )
    })
  )
