/**
 * The recorder, of which a test may read what was asked, and whose replays fail or wait where they are told to: for programs
 * that record and replay.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { RecorderShape } from "../../services/Recorder.ts"
import { Recorder } from "../../services/Recorder.ts"
import type { InvalidRecording } from "../../src/errors/InvalidRecording.ts"
import type { ReplayDiverged } from "../../src/errors/ReplayDiverged.ts"
import type { CallControl } from "./fakes/Interposed.ts"
import { interpose } from "./fakes/Interposed.ts"
import * as Recording from "./Recording.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface TestRecorderShape extends CallControl<RecorderShape, ReplayDiverged | InvalidRecording> {}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestRecorder
  extends Context.Tag("effect-agent-os/testing/TestRecorder")<TestRecorder, TestRecorderShape>()
{}

/**
 * What is recorded is recorded really. `record` has no error of its own: plan failures of `replay` only.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Recording.RecorderOptions = {}): Layer.Layer<Recorder | TestRecorder> =>
  Layer.flatMap(Recording.layerRecorder(options), (context) => {
    const recorder = Context.get(context, Recorder)
    const { control, shape } = interpose<RecorderShape, ReplayDiverged | InvalidRecording>(recorder)
    return Layer.succeedContext(Context.make(Recorder, shape).pipe(Context.add(TestRecorder, control)))
  })

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
