/**
 * What decides when scheduled work runs. A scheduler has a timer of its own; with a driver a program takes time into its own
 * hands: it lets work run at once, by hand, or when another machine says so.
 *
 * A driver of one's own is a layer of this tag. It keeps to five rules:
 *
 * 1. `schedule` refuses an invalid schedule, and one that has no run left, with `ScheduleError`, and calls nothing before
 *    it has returned.
 * 2. A second entry of the same id takes the place of the first.
 * 3. Runs of callbacks never delay each other or the next run of the same entry, and whatever a callback dies of is logged
 *    and does no harm to the driver.
 * 4. After `cancel`, and after `dispose`, no callback of the entries concerned begins. Callbacks that run go on.
 * 5. When the driver's Scope closes, everything ends, running callbacks included.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ScheduleEntry, ScheduleHandle } from "../src/config/Schedule.ts"
import type { ScheduleError } from "../src/errors/ScheduleError.ts"

/**
 * An entry with the zone that its schedule belongs to. Default: UTC.
 *
 * @since 0.1.0
 * @category models
 */
export interface ZonedEntry extends ScheduleEntry {
  readonly zone?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ScheduleDriverShape {
  /** Lets the callback run whenever the schedule is due; once for an ISO 8601 time. */
  readonly schedule: (entry: ZonedEntry) => Effect.Effect<ScheduleHandle, ScheduleError>
  /** Forgets an entry; does nothing if there is none. */
  readonly cancel: (handle: ScheduleHandle) => Effect.Effect<void>
  /** Forgets all entries. */
  readonly dispose: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class ScheduleDriver
  extends Context.Tag("effect-agent-os/ScheduleDriver")<ScheduleDriver, ScheduleDriverShape>()
{}
