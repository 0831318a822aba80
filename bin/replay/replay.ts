/** `agent-os replay`: runs recordings again. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Recording from "../../layers/testing/Recording.ts"
import { Vm } from "../../services/Vm.ts"
import type { InvalidRecording } from "../../src/errors/InvalidRecording.ts"
import type { ReplayDiverged } from "../../src/errors/ReplayDiverged.ts"
import { ExitCode, Failure, usage } from "../exit.ts"
import { say } from "../output.ts"

const failed = (message: string) => new Failure({ exitCode: ExitCode.failed, message })

/** The files that a word of the command line means: of a folder all that are directly in it, in the order of their names. */
const filesOf = (word: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const info = yield* files.stat(word)
    if (info.type !== "Directory") return [word]
    const found: Array<string> = []
    for (const name of (yield* files.readDirectory(word)).sort()) {
      const file = path.join(word, name)
      if ((yield* files.stat(file)).type === "File") found.push(file)
    }
    return found
  }).pipe(Effect.mapError(unreadable(word)))

const unreadable =
  (file: string) => (error: { readonly _tag: string; readonly reason?: string; readonly message: string }) =>
    failed(error.reason === "NotFound" ? `there is no file ${file}` : `cannot read ${file}: ${error.message}`)

const codeOf = (error: ReplayDiverged | InvalidRecording): number =>
  error._tag === "ReplayDiverged" ? ExitCode.unhealthy : ExitCode.failed

/** The hashes of one recording, as they are printed. */
const hashesOf = (file: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const bytes = yield* Effect.mapError(files.readFile(file), unreadable(file))
    const { eventHash, events, rootHashes } = yield* Effect.mapError(
      Vm.replay(bytes),
      (error) => new Failure({ exitCode: codeOf(error), message: `${file}: ${error.message}` })
    )
    return [`events     ${events}`, `event hash ${eventHash}`, ...rootHashes.map((hash) => `root hash  ${hash}`)]
  })

/** One after the other; all of them, whatever becomes of some. */
const all = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    let worst = 0
    for (const file of files) {
      const replayed = yield* Effect.either(hashesOf(file))
      if (replayed._tag === "Right") yield* Console.log([`file       ${file}`, ...replayed.right].join("\n"))
      else {
        yield* say(replayed.left.message)
        worst = Math.max(worst, replayed.left.exitCode)
      }
    }
    return worst
  }).pipe(Effect.provide(Recording.layerRecorder({ warmWorkers: 1 })))

/** Prints the hashes; gives the exit code. A single recording fails with the first event that differs. */
export const replay = (
  words: ReadonlyArray<string>
): Effect.Effect<number, Failure, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    if (words.length === 0) return yield* usage("which recording? see agent-os replay --help")
    const files = (yield* Effect.forEach(words, filesOf)).flat()
    if (files.length === 0) return yield* usage(`there is no recording in ${words.join(", ")}`)
    if (files.length > 1) return yield* all(files)
    const lines = yield* Effect.provide(hashesOf(files[0]), Recording.layerRecorder())
    yield* Console.log(lines.join("\n"))
    return 0
  })
