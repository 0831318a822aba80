/**
 * Ends a sidecar, or the worker of a guest, at a system call: the first, the thousandth, or one by chance. What a call does
 * is complete when the end comes after it, and absent when it comes before.
 *
 * The end of a worker is that of the process and all that it began within itself: exit code 137, and the VM lives on. The end of
 * a sidecar is that of all its VMs: connections end with no word, guests die, calls fail with `TransportError` or
 * `SidecarError`, and the next lease has a new sidecar. It is a server in the test's process that ends so, not a process: its
 * exit code and its last lines are not told.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SystemCallName } from "../../native/guests/protocol.ts"
import type { Sidecar } from "../../services/Sidecar.ts"
import * as HostTime from "./HostTime.ts"
import { SeededRandom } from "./SeededRandom.ts"
import * as TestSidecar from "./TestSidecar.ts"

/**
 * When who is to end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Aim {
  readonly target: "worker" | "sidecar"
  /** The how-many-th call from now on, counted from 1; or the chance of each, below 1. */
  readonly at: number
  /** Only calls of this name count. Default: all. */
  readonly call?: SystemCallName | undefined
  /** Before the call is carried out, or after. Default: by chance. */
  readonly when?: "before" | "after" | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Killed {
  readonly target: "worker" | "sidecar"
  readonly call: SystemCallName
  readonly when: "before" | "after"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface KillSwitchShape {
  /** Takes the place of an aim that has not struck yet; one that has struck is gone. */
  readonly arm: (aim: Aim) => Effect.Effect<void>
  readonly disarm: Effect.Effect<void>
  /** System calls so far. */
  readonly calls: Effect.Effect<number>
  readonly killed: Effect.Effect<ReadonlyArray<Killed>>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class KillSwitch extends Context.Tag("effect-agent-os/testing/KillSwitch")<KillSwitch, KillSwitchShape>() {}

class Switch {
  aim: Aim | undefined
  calls = 0
  readonly killed: Array<Killed> = []
  private counted = 0
  private strikes: "before" | "after" | undefined

  constructor(private readonly random: SeededRandom, private readonly killSidecar: () => void) {}

  arm(aim: Aim | undefined): void {
    this.aim = aim
    this.counted = 0
    this.strikes = undefined
  }

  /** Before a call: whether it is to be carried out. */
  before(call: SystemCallName, killWorker: () => void): boolean {
    this.calls++
    this.strikes = this.decide(call)
    if (this.strikes !== "before") return true
    this.strike(call, "before", killWorker)
    return false
  }

  after(call: SystemCallName, killWorker: () => void): void {
    if (this.strikes === "after") this.strike(call, "after", killWorker)
  }

  private decide(call: SystemCallName): "before" | "after" | undefined {
    const { aim } = this
    if (aim === undefined || (aim.call !== undefined && aim.call !== call)) return undefined
    this.counted++
    if (aim.at < 1 ? this.random.number() >= aim.at : this.counted < aim.at) return undefined
    return aim.when ?? (this.random.below(2) === 0 ? "before" : "after")
  }

  private strike(call: SystemCallName, when: "before" | "after", killWorker: () => void): void {
    const { target } = this.aim!
    this.killed.push({ target, call, when })
    this.arm(undefined)
    if (target === "worker") killWorker()
    else this.killSidecar()
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends TestSidecar.Options {
  readonly aim?: Aim | undefined
}

/**
 * A switch, and where it takes hold of a sidecar: to be joined with other seams.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): {
  readonly control: KillSwitchShape
  readonly seams: Required<Pick<TestSidecar.Seams, "servers" | "callProbe">>
} => {
  const servers = new Set<TestSidecar.RunningServer>()
  const killSidecar = () => {
    for (const server of servers) server.kill()
  }
  const lever = new Switch(new SeededRandom(options.seed ?? 0), killSidecar)
  lever.arm(options.aim)
  return {
    control: {
      arm: (aim) => Effect.sync(() => lever.arm(aim)),
      disarm: Effect.sync(() => lever.arm(undefined)),
      calls: Effect.sync(() => lever.calls),
      killed: Effect.sync(() => Array.from(lever.killed))
    },
    seams: { servers, callProbe: lever }
  }
}

/**
 * A sidecar in this process that can be ended so.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Sidecar | KillSwitch> =>
  Layer.unwrapScoped(
    Effect.map(HostTime.make(options.seed), (time) => {
      const { control, seams } = make(options)
      return Layer.merge(TestSidecar.layerIn(time, options, seams), Layer.succeed(KillSwitch, control))
    })
  )
