/** What is told at the end of a run: to people in lines, to programs as one JSON document. */
import * as Schema from "effect/Schema"
import type { Change } from "../../src/VmSnapshot.ts"

const MAX_LINES = 50

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** A difference between the VM at the beginning and at the end. */
export const ReportedChange = Schema.Struct({
  kind: Schema.Literal("created", "removed", "modified", "moved"),
  path: Schema.String,
  /** Where a moved one was. */
  from: optional(Schema.String),
  type: Schema.String,
  /** In bytes, at the end; of a removed one, at the beginning. */
  size: Schema.Number
})

/** What `agent-os run --json` prints. */
export const RunReport = Schema.Struct({
  /** The exit code of the command itself too: the script's, 124 at a timeout, 125 when the command failed. */
  exitCode: Schema.Int,
  /** The signal that ended the script. */
  signal: optional(Schema.String),
  timedOut: optional(Schema.Literal(true)),
  stdout: Schema.String,
  stderr: Schema.String,
  /** There was more output than the limit `outputBytes`, and the rest is missing. */
  truncated: optional(Schema.Literal(true)),
  /** Missing with `--no-changes`, and when the command failed before. */
  changes: optional(Schema.Array(ReportedChange)),
  /** With `--write-back`, when something could be written: what changed on the host. */
  wroteBack: optional(Schema.Array(Schema.Struct({
    path: Schema.String,
    kind: Schema.Literal("created", "replaced", "removed"),
    type: Schema.Literal("file", "directory", "symlink")
  }))),
  /** With `--show`: the files, in their order. */
  shown: optional(Schema.Array(Schema.Struct({ path: Schema.String, content: Schema.String }))),
  /** Why the command failed. */
  error: optional(Schema.Struct({
    tag: Schema.String,
    message: Schema.String,
    /** What the host changed meanwhile, of a refused write-back. */
    conflicts: optional(Schema.Array(Schema.Struct({ path: Schema.String, reason: Schema.String })))
  }))
})

export interface RunReport extends Schema.Schema.Type<typeof RunReport> {}

export const encode = Schema.encodeSync(Schema.parseJson(RunReport, { space: 2 }))

export const reported = ({ from, kind, path, size, type }: Change): typeof ReportedChange.Type => ({
  kind,
  path,
  ...(from === undefined ? {} : { from }),
  type,
  size
})

const signs = { created: "+", removed: "-", modified: "~", moved: ">" } as const

export const sizeText = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}

// a name that a guest chose must not steer the terminal
const printable = (path: string): string =>
  path.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1))

const line = ({ from, kind, path, size, type }: Change): string => {
  const what = type === "file" ? sizeText(size) : type
  return `  ${signs[kind]} ${from === undefined ? "" : `${printable(from)} -> `}${printable(path)}  (${what})`
}

/** The changes as lines, 50 at most, with a heading; nothing when there are none. */
export const changeLines = (changes: ReadonlyArray<Change>): Array<string> => {
  if (changes.length === 0) return []
  const lines = changes.slice(0, MAX_LINES).map(line)
  const more = changes.length - lines.length
  return ["changed in the VM:", ...lines, ...(more > 0 ? [`  ... and ${more} more`] : [])]
}
