/**
 * Recording what happens to VMs, and running it again.
 *
 * A recording holds everything that came into a sidecar from outside: the bytes of its connections (so all that the host asked,
 * and all that it answered), timers, turns, and the order in which its workers spoke. Guests run in steps and take time and
 * randomness from the kernel, so a replay does the same again: the same events, the same trees. Of what workers say and of what
 * the sidecar does a recording holds hashes, which a replay is compared with as it goes; it stops at the first difference.
 *
 * `layerRecorder` is the layer of `Recorder`, for `Vm.record` and `Vm.replay`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import type { WorkerPool } from "../../native/kernel/workers/pool.ts"
import { RecordingGate, ReplayGate } from "../../native/record/gate.ts"
import { gatedHost } from "../../native/record/host.ts"
import type { Entry, Log } from "../../native/record/log.ts"
import { LOG_VERSION, LogFault, LogWriter, readLog } from "../../native/record/log.ts"
import { nodeHost } from "../../native/server/node-host.ts"
import type { SidecarServer } from "../../native/server/server.ts"
import type { Recorded, RecordingSummary } from "../../services/Recorder.ts"
import { Recorder } from "../../services/Recorder.ts"
import type { Sidecar } from "../../services/Sidecar.ts"
import { InvalidRecording } from "../../src/errors/InvalidRecording.ts"
import { ReplayDiverged } from "../../src/errors/ReplayDiverged.ts"
import * as FaultyTransport from "./FaultyTransport.ts"
import * as HostTime from "./HostTime.ts"
import { markRoots, recordedLink, replayedConnections } from "./recording/Connections.ts"
import { SeededRandom } from "./SeededRandom.ts"
import * as TestSidecar from "./TestSidecar.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface RecordingShape {
  /** What has happened so far; VMs that still live have no root hash yet. */
  readonly log: Effect.Effect<Uint8Array>
  readonly summary: Effect.Effect<RecordingSummary>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Recording extends Context.Tag("effect-agent-os/testing/Recording")<Recording, RecordingShape>() {}

/** How long a replay waits for a worker, in milliseconds of the machine. */
const PATIENCE_MS = 20_000

/** Turns of the event loop in which the last inputs are dealt with. */
const MAX_LAST_TURNS = 10_000
const turn: Effect.Effect<void> = Effect.async((resume) => nodeHost.later(() => resume(Effect.void)))

class Collector {
  readonly rootHashes: Array<string> = []

  constructor(readonly log: LogWriter) {}

  readonly append = (entry: Entry): void => {
    if (entry.kind === "root") this.rootHashes.push(entry.note)
    this.log.append(entry)
  }

  get summary(): RecordingSummary {
    return { events: this.log.count, eventHash: this.log.eventHash, rootHashes: Array.from(this.rootHashes) }
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends TestSidecar.Options {
  /** What goes wrong on the connection. What arrives of it is recorded. */
  readonly faults?: Omit<FaultyTransport.Options, keyof TestSidecar.Options> | undefined
}

/** A bad connection, if there is to be one. */
const faultyLink = (
  { faults, seed }: Options,
  time: HostTime.HostTime
): Pick<TestSidecar.Seams, "link" | "pingInterval"> =>
  faults === undefined ? {} : {
    link: FaultyTransport.make({ seed, ...faults }, time).link,
    pingInterval: faults.pingInterval ?? "5 seconds"
  }

/** A sidecar that records, and what it has recorded. */
const recordingSidecar = (options: Options, pool: WorkerPool | undefined) =>
  Effect.gen(function*() {
    const time = yield* HostTime.make(options.seed)
    const seed = options.seed ?? (yield* Random.nextIntBetween(0, 2 ** 31))
    const collector = new Collector(new LogWriter({ version: LOG_VERSION, sidecarId: "recorded", seed }))
    const gate = new RecordingGate({ now: time.host.now, later: nodeHost.later, append: collector.append })
    const random = new SeededRandom(seed)
    const sidecar = TestSidecar.layerIn(time, options, {
      ...faultyLink(options, time),
      pool,
      onRelease: markRoots(gate.output),
      isSettled: () => gate.idle,
      host: (pool) => ({
        ...gatedHost({ gate, pool, after: time.host.after, machineAfter: time.host.machineAfter }),
        sidecarId: "recorded",
        random: random.fill,
        uuid: random.uuid
      }),
      open: (server) => recordedLink(server, gate)
    })
    return { sidecar, collector, gate, clock: time.clock }
  })

/**
 * A sidecar in this process that records. `seed` is part of the recording.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Sidecar | Recording> =>
  Layer.unwrapScoped(Effect.map(recordingSidecar(options, undefined), ({ collector, sidecar }) =>
    Layer.merge(
      sidecar,
      Layer.succeed(Recording, {
        log: Effect.sync(() => collector.log.toBytes(false)),
        summary: Effect.sync(() => collector.summary)
      })
    )))

const recordOn = (pool: WorkerPool | undefined) =>
<A, E, R>(
  program: Effect.Effect<A, E, R>,
  options: Options = {}
): Effect.Effect<Recorded<A, E>, never, Exclude<R, Sidecar | Scope.Scope>> =>
  // the compiler cannot see that what the sidecar's context holds is no longer asked for
  Effect.scoped(Effect.gen(function*() {
    const { clock, collector, gate, sidecar } = yield* recordingSidecar(options, pool)
    const context = yield* Layer.build(sidecar)
    const scope = yield* Scope.make()
    const provided = Effect.provide(Scope.extend(program, scope), context)
    const exit = yield* Effect.exit(Effect.onExit(provided, (exit) => Scope.close(scope, exit)))
    // what comes of the last input belongs to the recording, the end of the sidecar does not
    const last = Effect.repeat(turn, { until: () => gate.idle, times: MAX_LAST_TURNS })
    yield* clock === undefined ? last : clock.hold(last)
    return { exit, log: collector.log.toBytes(true), summary: collector.summary }
  })) as Effect.Effect<Recorded<A, E>, never, Exclude<R, Sidecar | Scope.Scope>>

const parse = (bytes: Uint8Array): Effect.Effect<Log, InvalidRecording> =>
  Effect.try({
    try: () => readLog(bytes),
    catch: (fault) =>
      fault instanceof LogFault
        ? new InvalidRecording({ reason: fault.reason, detail: fault.detail })
        : new InvalidRecording({ reason: "Damaged", detail: `the recording is damaged: ${String(fault)}` })
  })

const replayOn =
  (pool: WorkerPool | undefined) =>
  (bytes: Uint8Array): Effect.Effect<RecordingSummary, ReplayDiverged | InvalidRecording> =>
    Effect.scoped(Effect.gen(function*() {
      const { entries, eventHash, header, whole } = yield* parse(bytes)
      const collector = new Collector(new LogWriter(header))
      const made: { server?: SidecarServer } = {}
      const gate: ReplayGate = new ReplayGate({
        entries,
        whole,
        append: collector.append,
        later: nodeHost.later,
        machineAfter: nodeHost.machineAfter,
        patience: PATIENCE_MS,
        connection: (entry) => connection(entry)
      })
      const connection = replayedConnections(() => made.server!, gate.output)
      const random = new SeededRandom(header.seed)
      // timers go off when the recording says so
      const after = (_: number, run: () => void) => {
        run()
        return () => {}
      }
      made.server = yield* TestSidecar.makeServerIn({ host: nodeHost, clock: undefined }, header.sidecarId, {}, {
        pool,
        onRelease: markRoots(gate.output),
        host: (pool) => ({
          ...gatedHost({ gate, pool, after, machineAfter: after }),
          sidecarId: header.sidecarId,
          random: random.fill,
          uuid: random.uuid
        })
      })
      const divergence = yield* Effect.promise(() => gate.run())
      if (divergence !== undefined) return yield* new ReplayDiverged({ ...divergence })
      const { summary } = collector
      if (summary.eventHash === eventHash) return summary
      const detail = "the recording is damaged: its events are not those that were recorded"
      return yield* new InvalidRecording({ reason: "Damaged", detail })
    }))

/**
 * Runs a program on VMs that are recorded; gives how it ended, the recording and its hashes.
 *
 * @since 0.1.0
 * @category recording
 */
export const record: <A, E, R>(
  program: Effect.Effect<A, E, R>,
  options?: Options
) => Effect.Effect<Recorded<A, E>, never, Exclude<R, Sidecar | Scope.Scope>> = recordOn(undefined)

/**
 * Runs a recording again, without the host that was there then, and as fast as the guests can. Fails at the first event that
 * differs.
 *
 * @since 0.1.0
 * @category recording
 */
export const replay: (log: Uint8Array) => Effect.Effect<RecordingSummary, ReplayDiverged | InvalidRecording> = replayOn(
  undefined
)

/**
 * @since 0.1.0
 * @category models
 */
export interface RecorderOptions {
  /** Guest workers that are kept ready for the runs and replays to come. Default 0: each waits for its workers to start. */
  readonly warmWorkers?: number | undefined
  /** Guest workers that may live at once, in all runs together. Default 8. */
  readonly maxWorkers?: number | undefined
}

/**
 * The Recorder, whose runs and replays share their guest workers: many of them take less time than each for itself.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRecorder = (options: RecorderOptions = {}): Layer.Layer<Recorder> =>
  Layer.scoped(
    Recorder,
    Effect.map(TestSidecar.makePool(options), (pool) => ({ record: recordOn(pool), replay: replayOn(pool) }))
  )
