/**
 * A host tool that could not be called, or failed.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { optionalKey } from "../OptionalKey.ts"
import * as Texts from "../tools/Texts.ts"

/**
 * @since 0.1.0
 * @category type ids
 */
export const ToolErrorTypeId: unique symbol = Symbol.for("effect-agent-os/errors/ToolError")

/**
 * @since 0.1.0
 * @category type ids
 */
export type ToolErrorTypeId = typeof ToolErrorTypeId

/**
 * Why a tool call failed: `Flag` to `Input` are mistakes of the caller, `Failed` is a failure of the tool itself.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolErrorReason = Schema.Literal(
  "Flag",
  "Json",
  "Input",
  "UnknownToolKit",
  "UnknownTool",
  "Conflict",
  "TimedOut",
  "Denied",
  "Failed"
)

/**
 * @since 0.1.0
 * @category models
 */
export type ToolErrorReason = typeof ToolErrorReason.Type

/**
 * `tool` is `KIT:TOOL`, or what the guest typed when there is no such tool. `detail` is the whole text that the guest
 * sees; the static constructors make it. `code` and `data` (the failure as its Schema encodes it) are what a call was
 * answered with.
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolError extends Schema.TaggedError<ToolError>("effect-agent-os/errors/ToolError")("ToolError", {
  reason: ToolErrorReason,
  tool: Schema.String,
  detail: Schema.String,
  code: optionalKey(Schema.String),
  data: optionalKey(Schema.Unknown.annotations({ arbitrary: () => (fc) => fc.jsonValue() }))
}) {
  /**
   * @since 0.1.0
   */
  readonly [ToolErrorTypeId]: ToolErrorTypeId = ToolErrorTypeId

  /**
   * @since 0.1.0
   */
  static is(u: unknown): u is ToolError {
    return Predicate.hasProperty(u, ToolErrorTypeId)
  }

  /**
   * @since 0.1.0
   */
  static unknownFlag(tool: string, flag: string): ToolError {
    return new ToolError({ reason: "Flag", tool, detail: Texts.unknownFlag(flag) })
  }

  /**
   * @since 0.1.0
   */
  static missingFlag(tool: string, flag: string): ToolError {
    return new ToolError({ reason: "Flag", tool, detail: Texts.missingFlag(flag) })
  }

  /**
   * @since 0.1.0
   */
  static unexpectedArgument(tool: string, argument: string): ToolError {
    return new ToolError({ reason: "Flag", tool, detail: Texts.unexpectedArgument(argument) })
  }

  /**
   * @since 0.1.0
   */
  static flagWithoutValue(tool: string, flag: string): ToolError {
    return new ToolError({ reason: "Flag", tool, detail: Texts.flagWithoutValue(flag) })
  }

  /**
   * @since 0.1.0
   */
  static flagNotNumber(tool: string, flag: string, value: string): ToolError {
    return new ToolError({ reason: "Flag", tool, detail: Texts.flagNotNumber(flag, value) })
  }

  /**
   * @since 0.1.0
   */
  static invalidJson(tool: string, source: "--json" | "file", cause: string): ToolError {
    return new ToolError({ reason: "Json", tool, detail: Texts.invalidJson(source, cause) })
  }

  /**
   * `path` begins with `$`, as in `$.items[0].name`.
   *
   * @since 0.1.0
   */
  static inputMismatch(tool: string, path: string, expected: string, actual: string): ToolError {
    return new ToolError({
      reason: "Input",
      tool,
      detail: `ToolInputSchemaViolation at ${path}: expected ${expected}, got ${actual}`
    })
  }

  /**
   * @since 0.1.0
   */
  static unknownToolKit(kit: string, available: ReadonlyArray<string>): ToolError {
    return new ToolError({
      reason: "UnknownToolKit",
      tool: kit,
      detail: Texts.unknownToolKit(kit, available)
    })
  }

  /**
   * @since 0.1.0
   */
  static unknownTool(kit: string, tool: string, available: ReadonlyArray<string>): ToolError {
    return new ToolError({
      reason: "UnknownTool",
      tool: `${kit}:${tool}`,
      detail: Texts.unknownTool(kit, tool, available)
    })
  }

  /**
   * @since 0.1.0
   */
  static timedOut(tool: string, milliseconds: number): ToolError {
    return new ToolError({ reason: "TimedOut", tool, detail: `Tool "${tool}" timed out after ${milliseconds}ms` })
  }

  /**
   * The guest's view of a `PermissionDenied`.
   *
   * @since 0.1.0
   */
  static denied(tool: string, denial: { readonly message: string }): ToolError {
    return new ToolError({ reason: "Denied", tool, detail: denial.message })
  }

  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.detail
  }

  /**
   * Whether the same call may succeed when it is made again unchanged.
   *
   * @since 0.1.0
   */
  get retryable(): boolean {
    return this.reason === "TimedOut" || this.reason === "Failed"
  }
}
