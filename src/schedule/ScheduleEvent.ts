/**
 * What a scheduler tells of its jobs.
 *
 * @since 0.1.0
 */

interface JobEvent {
  /** Counts the events of a scheduler. A reader that was too slow sees a gap. */
  readonly sequence: number
  readonly id: string
  /** When it happened, in milliseconds of the epoch, as all instants here. */
  readonly at: number
}

/**
 * Why a run did not come to a good end: it failed, died of a defect, was interrupted, or took longer than the job's timeout.
 *
 * @since 0.1.0
 * @category models
 */
export type RunFault = "Failed" | "Died" | "Interrupted" | "TimedOut"

/**
 * Why an instant passed without a run: another run of the job goes on (`Running`), goes on and one waits already
 * (`QueueFull`), or the scheduler runs as much as it may (`TooManyRuns`).
 *
 * @since 0.1.0
 * @category models
 */
export type SkipReason = "Running" | "QueueFull" | "TooManyRuns"

/**
 * - `Fire`: a run begins; `due` is the instant that it belongs to, `trigger` what brought it about.
 * - `Complete`: it ended. An exit code other than 0 is no error.
 * - `Error`: it ended badly. The job goes on.
 * - `Skipped`: the overlap rule let an instant pass.
 * - `Queued`: a run waits for the one before it to end.
 * - `Missed`: instants passed while the job could not run; `count` of them from `first` on, and `more` if there are so many
 *   that they were not counted.
 *
 * @since 0.1.0
 * @category models
 */
export type ScheduleEvent =
  & JobEvent
  & (
    | { readonly _tag: "Fire"; readonly run: number; readonly due: number; readonly trigger: Trigger }
    | { readonly _tag: "Complete"; readonly run: number; readonly durationMs: number; readonly exitCode?: number }
    | {
      readonly _tag: "Error"
      readonly run: number
      readonly durationMs: number
      readonly fault: RunFault
      readonly error: string
    }
    | { readonly _tag: "Skipped"; readonly due: number; readonly reason: SkipReason }
    | { readonly _tag: "Queued"; readonly due: number }
    | { readonly _tag: "Missed"; readonly first: number; readonly count: number; readonly more: boolean }
  )

/**
 * Time, a run by hand, the end of the run before it, or an instant that was missed and is made up for.
 *
 * @since 0.1.0
 * @category models
 */
export type Trigger = "Time" | "Hand" | "Queue" | "CatchUp"
