/** The sidecars of a simulation: a bad connection, a kill switch, both or none, by the seed. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FaultyTransport from "../../layers/testing/FaultyTransport.ts"
import * as HostTime from "../../layers/testing/HostTime.ts"
import * as KillSwitch from "../../layers/testing/KillSwitch.ts"
import type { SeededRandom } from "../../layers/testing/SeededRandom.ts"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import type { Sidecar } from "../../services/Sidecar.ts"

export interface Weather {
  readonly faults: FaultyTransport.Options | undefined
  /** Whether workers and the sidecar are ended. */
  readonly kills: boolean
  /** Milliseconds that each step of queued work seems to take; a slice has two. */
  readonly pace: number
}

const faults = (seed: number, random: SeededRandom): FaultyTransport.Options => {
  const chance = (most: number) => random.below(2) === 0 ? 0 : random.number() * most
  return {
    seed,
    split: chance(0.5),
    reorder: chance(0.3),
    delay: random.below(2) === 0 ? 0 : random.below(500),
    cut: chance(0.004),
    drop: chance(0.002)
  }
}

/** Kill switches strike at system calls, which only guests make. */
export const weatherOf = (seed: number, random: SeededRandom, guests: boolean): Weather => ({
  faults: random.below(2) === 0 ? faults(seed, random) : undefined,
  kills: guests && random.below(3) > 0,
  pace: [0.01, 0.05, 0.5, 3][random.below(4)]
})

/** Whether anything may go wrong that no program has asked for. */
export const isFair = ({ faults, kills }: Weather): boolean =>
  !kills && (faults === undefined || (faults.cut === 0 && faults.drop === 0))

export const layerOf = (seed: number, { faults, kills, pace }: Weather): Layer.Layer<Sidecar | KillSwitch.KillSwitch> =>
  Layer.unwrapScoped(Effect.map(HostTime.make(seed), (given) => {
    let steps = 0
    const time = { ...given, host: { ...given.host, monotonic: () => steps++ * pace } }
    const lever = KillSwitch.make({ seed })
    const link = faults === undefined
      ? {}
      : { link: FaultyTransport.make(faults, time).link, pingInterval: "5 seconds" as const }
    const sidecar = TestSidecar.layerIn(time, { seed }, { ...(kills ? lever.seams : {}), ...link })
    return Layer.merge(sidecar, Layer.succeed(KillSwitch.KillSwitch, lever.control))
  }))
