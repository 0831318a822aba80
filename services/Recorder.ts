/**
 * Records what happens to VMs, and runs it again. The statics `Vm.record` and `Vm.replay` are its two methods.
 *
 * The layer is in `effect-agent-os/testing`: it runs the sidecar inside the program's own process.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { InvalidRecording } from "../src/errors/InvalidRecording.ts"
import type { ReplayDiverged } from "../src/errors/ReplayDiverged.ts"
import type { Sidecar } from "./Sidecar.ts"

/**
 * What a run and its replays agree in.
 *
 * @since 0.1.0
 * @category models
 */
export interface RecordingSummary {
  /** Events: what came into the sidecar, and what it did. */
  readonly events: number
  /** SHA-256 of all events in their order, as hexadecimal digits. */
  readonly eventHash: string
  /** SHA-256 of the root of each VM when it was released, in that order, as hexadecimal digits. */
  readonly rootHashes: ReadonlyArray<string>
}

/**
 * A run that was recorded, whatever became of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recorded<A, E> {
  /** How the program ended. A failed run is recorded like any other. */
  readonly exit: Exit.Exit<A, E>
  /** The recording. Good for the version of this package, and of Node.js, that made it; at most 1 GiB. */
  readonly log: Uint8Array
  readonly summary: RecordingSummary
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RecordOptions {
  /** What all randomness of the VMs comes from, and the program's own Random. Default: the present Random. */
  readonly seed?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RecorderShape {
  /**
   * Runs a program on a sidecar of its own that records: everything that comes in from outside, the answers of mounts, tools and
   * approvals among it. Its VMs live in the time of the present Clock. What the program leases ends with it.
   */
  readonly record: <A, E, R>(
    program: Effect.Effect<A, E, R>,
    options?: RecordOptions
  ) => Effect.Effect<Recorded<A, E>, never, Exclude<R, Sidecar | Scope.Scope>>
  /**
   * Runs a recording again, as fast as the guests can, without the program, its mounts and its tools. Fails at the first event
   * that differs.
   */
  readonly replay: (log: Uint8Array) => Effect.Effect<RecordingSummary, ReplayDiverged | InvalidRecording>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Recorder extends Context.Tag("effect-agent-os/Recorder")<Recorder, RecorderShape>() {}
