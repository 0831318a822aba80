/**
 * The tools of a VM itself, as a model is told of them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as ToolKit from "../../../services/ToolKit.ts"

/**
 * Bytes that are read when nothing is said.
 *
 * @since 0.1.0
 * @category constants
 */
export const READ_BYTES = 64 * 1024

/**
 * Entries of a listing, and changes of a comparison.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_LISTED = 1000

/**
 * `code` is an errno such as `ENOENT`, or the reason of a `ProcessError`.
 *
 * @since 0.1.0
 * @category errors
 */
export class VmToolFailure extends Schema.TaggedError<VmToolFailure>("effect-agent-os/VmToolFailure")("VmToolFailure", {
  code: Schema.String,
  message: Schema.String
}) {}

const failure = VmToolFailure

const Path = Schema.String.annotations({ description: "An absolute path in the machine" })
const Encoding = Schema.Literal("utf8", "base64")
const key = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })
const whole = (min: number, max: number, description: string) =>
  Schema.Int.pipe(Schema.between(min, max)).annotations({ description })

const Kind = Schema.Literal("created", "removed", "modified", "moved")
const Type = Schema.Literal("file", "directory", "symlink", "character", "block", "fifo", "socket")

/**
 * @since 0.1.0
 * @category kits
 */
export const OwnKit = ToolKit.make("vm", {
  description: "The virtual machine itself",
  tools: {
    run: ToolKit.tool({
      description:
        "Run a bash command in the machine and wait for it. Of long output the beginning and the end are kept",
      input: Schema.Struct({
        command: Schema.String.annotations({ description: "A command line for bash" }),
        cwd: key(Schema.String.annotations({ description: "Working directory; default: the user's home" })),
        env: key(Schema.Record({ key: Schema.String, value: Schema.String })),
        stdin: key(Schema.String),
        session: key(Schema.String.annotations({
          description:
            "Name of a shell session: the command finds directory, variables and functions as the last one with "
            + "this name has left them. Letters, digits, `.`, `_` and `-`. Default: a new shell"
        })),
        timeoutMs: key(whole(1, 600_000, "Milliseconds after which it is stopped; default 120000"))
      }),
      output: Schema.Struct({
        exitCode: Schema.Int,
        signal: key(Schema.String),
        timedOut: Schema.Boolean,
        stdout: Schema.String,
        stderr: Schema.String,
        truncated: Schema.Boolean
      }),
      failure,
      sideEffect: "write",
      limits: { timeout: "11 minutes" }
    }),
    read: ToolKit.tool({
      description: "Read a file of the machine, or a range of its bytes. `next` is where to go on, or null at the end",
      input: Schema.Struct({
        path: Path,
        offset: key(Schema.NonNegativeInt.annotations({ description: "First byte; default 0" })),
        length: key(whole(1, 512 * 1024, "Bytes at most; default 65536"))
      }),
      output: Schema.Struct({
        content: Schema.String,
        encoding: Encoding,
        size: Schema.NonNegativeInt,
        next: Schema.NullOr(Schema.NonNegativeInt)
      }),
      failure,
      sideEffect: "read"
    }),
    write: ToolKit.tool({
      description: "Write a file of the machine, replacing what it held unless it appends; makes missing directories",
      input: Schema.Struct({
        path: Path,
        content: Schema.String,
        encoding: key(Encoding.annotations({ description: "Of the content; default utf8" })),
        append: key(Schema.Boolean)
      }),
      output: Schema.Struct({ bytes: Schema.NonNegativeInt }),
      failure,
      sideEffect: "write",
      idempotent: false
    }),
    list: ToolKit.tool({
      description: "List a directory of the machine, with `depth` also what is below its entries",
      input: Schema.Struct({ path: Path, depth: key(whole(0, 64, "Levels below the directory; default 0")) }),
      output: Schema.Struct({
        entries: Schema.Array(Schema.Struct({
          path: Schema.String,
          type: Schema.Literal("file", "directory", "symlink"),
          size: Schema.NonNegativeInt
        })),
        truncated: Schema.Boolean
      }),
      failure,
      sideEffect: "read"
    }),
    diff: ToolKit.tool({
      description: "List what has changed in the machine's files since the first call of one of its tools",
      input: Schema.Struct({}),
      output: Schema.Struct({
        changes: Schema.Array(Schema.Struct({
          kind: Kind,
          path: Schema.String,
          type: Type,
          size: Schema.NonNegativeInt,
          from: key(Schema.String)
        })),
        truncated: Schema.Boolean
      }),
      failure,
      sideEffect: "read"
    })
  }
})
