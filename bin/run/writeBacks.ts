/** The `--write-back` of a run. */
import * as Effect from "effect/Effect"
import * as WriteBack from "../../layers/node/WriteBack.ts"
import type { VmShape } from "../../services/Vm.ts"
import type { VmSnapshot } from "../../src/VmSnapshot.ts"
import { say } from "../output.ts"
import type { Mount } from "./settings.ts"

interface Captured {
  readonly path: string
  readonly baseline: WriteBack.Baseline
}

/** What the writable folders are before the VM gets them. */
export const capture = (mounts: ReadonlyArray<Mount>, exclude: ReadonlyArray<string>, maxEntries: number) =>
  Effect.forEach(
    mounts.filter(({ writable }) => writable),
    ({ hostPath, path }) =>
      Effect.map(
        WriteBack.captureBaseline({ hostPath, exclude, maxEntries }),
        (baseline): Captured => ({ path, baseline })
      )
  )

/**
 * Writes back, if the script ended well: of a failed one nobody knows whether it was done. `undefined` when it was not
 * tried.
 */
export const apply = (
  vm: VmShape,
  captured: ReadonlyArray<Captured>,
  states: ReadonlyArray<VmSnapshot>,
  exitCode: number,
  quiet: boolean
) =>
  Effect.gen(function*() {
    if (exitCode !== 0) {
      if (!quiet) yield* say(`nothing was written back, since the exit code is ${exitCode}`)
      return undefined
    }
    const targets = captured.map(({ baseline, path }) => ({
      baseline,
      since: states.find((state) => state.path === path)!
    }))
    const { left, written } = yield* WriteBack.apply({ vm, targets }).pipe(
      Effect.tapErrorTag("WriteBackRefused", ({ conflicts }) =>
        quiet
          ? Effect.void
          : Effect.forEach(conflicts, (conflict) => say(`conflict: ${WriteBack.describeConflict(conflict)}`)))
    )
    if (!quiet) {
      yield* say(`written back: ${written.length} ${written.length === 1 ? "change" : "changes"}`)
      yield* Effect.forEach(left, (path) => say(`old content stays behind in ${path}; it can be deleted`))
    }
    return written
  })
