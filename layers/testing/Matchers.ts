/**
 * Matchers for vitest: what commands printed, which files there are, what happened. `import "effect-agent-os/testing/vitest"`
 * adds them to `expect` and to its type. Other runners that know `expect.extend` take `Matchers.matchers`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { FilesystemError, FilesystemShape } from "../../services/Filesystem.ts"
import type { ExecResult } from "../../services/Processes.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Verdict {
  readonly pass: boolean
  readonly message: () => string
}

/**
 * The files below a directory as text, by path: what `toHaveFile` looks at.
 *
 * @since 0.1.0
 * @category models
 */
export type Files = Readonly<Record<string, string>>

/**
 * Reads all files below a directory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const filesBelow = (filesystem: FilesystemShape, directory: string): Effect.Effect<Files, FilesystemError> =>
  Effect.gen(function*() {
    const entries = yield* filesystem.readdirRecursive(directory)
    const files: Record<string, string> = {}
    for (const { path, type } of entries) if (type === "file") files[path] = yield* filesystem.readFileString(path)
    return files
  })

const verdict = (pass: boolean, expected: string, not: string, found: string): Verdict => ({
  pass,
  message: () => `expected ${pass ? not : expected}\n${found}`
})

const fits = (text: string, expected: string | RegExp): boolean =>
  typeof expected === "string" ? text === expected : expected.test(text)

const outcome = ({ exitCode, stderr, stdout }: ExecResult): string =>
  `exit code ${exitCode}\nstandard output: ${JSON.stringify(stdout)}\nstandard error: ${JSON.stringify(stderr)}`

/** Whether an event has all the fields of a pattern. */
const includes = (event: unknown, pattern: object): boolean =>
  typeof event === "object" && event !== null &&
  Object.entries(pattern).every(([key, value]) => {
    const found = (event as Record<string, unknown>)[key]
    return typeof value === "object" && value !== null ? includes(found, value) : Object.is(found, value)
  })

const listed = (values: ReadonlyArray<unknown>): string =>
  values.map((value) => JSON.stringify(value, (_, each: unknown) => typeof each === "bigint" ? String(each) : each))
    .join("\n")

/**
 * For `expect.extend`.
 *
 * - of the result of `exec`: `toSucceed()`, `toExitWith(code)`, `toPrint(text or pattern)`, `toComplain(text or pattern)`
 * - of `filesBelow`: `toHaveFile(path, text or pattern?)`
 * - of a list of events: `toContainEvent(fields)`, `toHaveEventsInOrder(...fields)`
 *
 * @since 0.1.0
 * @category matchers
 */
export const matchers = {
  toSucceed: (result: ExecResult): Verdict =>
    verdict(result.exitCode === 0, "exit code 0", "another exit code than 0", outcome(result)),
  toExitWith: (result: ExecResult, exitCode: number): Verdict =>
    verdict(result.exitCode === exitCode, `exit code ${exitCode}`, `another exit code`, outcome(result)),
  toPrint: (result: ExecResult, text: string | RegExp): Verdict =>
    verdict(fits(result.stdout, text), `standard output ${String(text)}`, "other standard output", outcome(result)),
  toComplain: (result: ExecResult, text: string | RegExp): Verdict =>
    verdict(fits(result.stderr, text), `standard error ${String(text)}`, "other standard error", outcome(result)),
  toHaveFile: (files: Files, path: string, content?: string | RegExp): Verdict => {
    const found: string | undefined = files[path]
    const pass = found !== undefined && (content === undefined || fits(found, content))
    const what = content === undefined ? path : `${path} with ${String(content)}`
    return verdict(pass, what, `no ${what}`, found === undefined ? `files: ${Object.keys(files).join(" ")}` : found)
  },
  toContainEvent: (events: ReadonlyArray<unknown>, pattern: object): Verdict =>
    verdict(
      events.some((event) => includes(event, pattern)),
      `an event ${JSON.stringify(pattern)}`,
      `no event ${JSON.stringify(pattern)}`,
      listed(events)
    ),
  toHaveEventsInOrder: (events: ReadonlyArray<unknown>, ...patterns: ReadonlyArray<object>): Verdict => {
    let next = 0
    for (const event of events) if (next < patterns.length && includes(event, patterns[next])) next++
    return verdict(
      next === patterns.length,
      `${JSON.stringify(patterns[next])} after ${next} others`,
      "another order",
      listed(events)
    )
  }
}

type ExpectationsOf<All> = {
  readonly [Name in keyof All]: All[Name] extends (received: any, ...expected: infer Expected) => Verdict
    ? (...expected: Expected) => void
    : never
}

/**
 * What `expect(value)` has with the matchers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expectations extends ExpectationsOf<typeof matchers> {}
