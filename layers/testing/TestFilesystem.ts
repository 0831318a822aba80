/**
 * The files of a VM without the VM: the kernel's own filesystem in the process of the test, of which a test may read what was
 * asked, and which fails where it is told to.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { Vm } from "../../services/Vm.ts"
import type { CallControl } from "./fakes/Interposed.ts"
import { interpose } from "./fakes/Interposed.ts"
import * as TestSidecar from "./TestSidecar.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface TestFilesystemShape extends CallControl<FilesystemShape, FilesystemError> {
  /** The same files, with nothing written down and no failure. */
  readonly files: FilesystemShape
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestFilesystem
  extends Context.Tag("effect-agent-os/testing/TestFilesystem")<TestFilesystem, TestFilesystemShape>()
{}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Files that are there at the beginning, with their directories. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | undefined
}

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Filesystem | TestFilesystem> =>
  Layer.scopedContext(Effect.gen(function*() {
    const { filesystem } = yield* Vm.make({})
    const entries = Object.entries(options.files ?? {}).map(([path, content]) => ({ path, content }))
    const refused = (yield* filesystem.writeFiles(entries)).find(({ success }) => !success)
    if (refused !== undefined) return yield* Effect.dieMessage(`${refused.path}: ${JSON.stringify(refused)}`)
    const { control, shape } = interpose<FilesystemShape, FilesystemError>(filesystem)
    return Context.make(Filesystem, shape).pipe(Context.add(TestFilesystem, { ...control, files: filesystem }))
  })).pipe(Layer.orDie, Layer.provide(TestSidecar.layer()))

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
