/**
 * Temporary files and directories below `/tmp` of the VM. Their names come from Effect's Random, so that a test with a
 * seed finds the same ones again.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { normalize } from "../../src/Paths.ts"
import type { Open } from "./VmFile.ts"
import type { MakeDirectory, Remove } from "./VmFileSystem.ts"

const DIRECTORY = "/tmp"
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** How often a name that is taken is followed by another one. */
const ATTEMPTS = 100

const randomName = (letters: number): Effect.Effect<string> =>
  Effect.map(
    Effect.replicateEffect(Random.nextIntBetween(0, LETTERS.length), letters),
    (indices) => indices.map((index) => LETTERS[index]).join("")
  )

interface Operations {
  readonly makeDirectory: MakeDirectory
  readonly open: Open
  readonly remove: Remove
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (operations: Operations) => {
  const directory = makeDirectory(operations)
  const file = makeFile(operations, directory)
  const removed = (method: string, path: string) =>
    // whoever removed it first, or the end of the VM, did what was to be done
    Effect.ignoreLogged(operations.remove(method, path, { recursive: true, force: true }))
  return {
    makeTempDirectory: (options) => directory("makeTempDirectory", options),
    makeTempDirectoryScoped: (options) =>
      Effect.acquireRelease(
        directory("makeTempDirectoryScoped", options),
        (path) => removed("makeTempDirectoryScoped", path)
      ),
    makeTempFile: (options) => Effect.map(file("makeTempFile", options), ({ path }) => path),
    makeTempFileScoped: (options) =>
      Effect.map(
        Effect.acquireRelease(
          file("makeTempFileScoped", options),
          ({ directory }) => removed("makeTempFileScoped", directory)
        ),
        ({ path }) => path
      )
  } satisfies Partial<FileSystem.FileSystem>
}

type MakeTemporary<Options, A> = (method: string, options?: Options) => Effect.Effect<A, PlatformError>

const makeDirectory =
  ({ makeDirectory }: Operations): MakeTemporary<FileSystem.MakeTempDirectoryOptions, string> => (method, options) => {
    const stem = normalize(`${options?.directory ?? DIRECTORY}/${options?.prefix ?? ""}`)
    return randomName(6).pipe(
      Effect.map((name) => `${stem}${name}`),
      Effect.tap((path) => makeDirectory(method, path, { mode: 0o700 })),
      Effect.retry({
        times: ATTEMPTS,
        while: (error) => error._tag === "SystemError" && error.reason === "AlreadyExists"
      })
    )
  }

/** A file in a directory of its own. */
const makeFile = (
  { open }: Operations,
  directory: MakeTemporary<FileSystem.MakeTempDirectoryOptions, string>
): MakeTemporary<FileSystem.MakeTempFileOptions, { readonly directory: string; readonly path: string }> =>
  Effect.fnUntraced(function*(method, options) {
    const made = yield* directory(method, options)
    const path = normalize(`${made}/${yield* randomName(12)}${options?.suffix ?? ""}`)
    yield* Effect.scoped(open(method, path, { flag: "w+" }))
    return { directory: made, path }
  })
