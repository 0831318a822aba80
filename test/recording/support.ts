/** Recordings of generated programs, and what the command says of their replays. */
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Recording from "../../layers/testing/Recording.ts"
import * as VirtualTime from "../../layers/testing/VirtualTime.ts"
import type { RecordingSummary } from "../../services/Recorder.ts"
import { Recorder } from "../../services/Recorder.ts"
import type { Generated } from "./programs.ts"

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-recording-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** In virtual time. */
export const recordGenerated = ({ options, program }: Generated) =>
  Effect.flatMap(Recorder, (recorder) => recorder.record(program, options)).pipe(
    Effect.provide(VirtualTime.layer({ now: Date.UTC(2026, 2, 28, 23) }))
  )

export const warm = Recording.layerRecorder({ warmWorkers: 1 })

/** What `agent-os replay` prints of several recordings, by file. */
export const printed = (stdout: string): ReadonlyMap<string, RecordingSummary> => {
  const found = new Map<string, { events: number; eventHash: string; rootHashes: Array<string> }>()
  for (const block of stdout.split(/^file +/m).slice(1)) {
    const [file, ...lines] = block.trimEnd().split("\n")
    const values = (name: string) => lines.filter((line) => line.startsWith(name)).map((line) => line.slice(11))
    found.set(file, {
      events: Number(values("events")[0]),
      eventHash: values("event hash")[0],
      rootHashes: values("root hash")
    })
  }
  return found
}
