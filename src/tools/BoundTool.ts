/**
 * Tools as they are called: JSON in, JSON out, whatever they were made from.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { fromParseIssue } from "../config/ConfigIssue.ts"
import { ToolError } from "../errors/ToolError.ts"
import type { ApprovalRule } from "./ApprovalRule.ts"
import { parse as parseRule } from "./ApprovalRule.ts"
import type { JsonSchema } from "./InputSchema.ts"
import { inputSchemaOf, outputSchemaOf } from "./InputSchema.ts"
import type { AnyTool, ApprovalPolicy, Handler, SideEffect, ToolCall, ToolKitDefinition, ToolLimits } from "./Tool.ts"

/**
 * What a guest is told of a failure: never more than the tool itself says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failed {
  readonly code: string
  readonly message: string
  /** The failure as its Schema encodes it. */
  readonly data?: unknown
  /** What only the host may read, in its log: a defect of the tool. */
  readonly defect?: Cause.Cause<unknown>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface BoundTool {
  /** `kit:tool`. */
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema: JsonSchema
  readonly sideEffect: SideEffect
  readonly approval: "none" | "manual" | ApprovalRule
  readonly idempotent: boolean
  readonly redact: ReadonlyArray<string>
  readonly limits: ToolLimits
  /** Checks an input. The value that it gives is what `run` takes. */
  readonly check: (input: unknown) => Effect.Effect<unknown, ToolError>
  readonly run: (input: any, call: ToolCall) => Effect.Effect<unknown, Failed>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface BoundKit {
  readonly name: string
  readonly description: string
  readonly tools: Readonly<Record<string, BoundTool>>
}

/**
 * Bounds of a tool that says nothing of them, from the seed.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultToolLimits: ToolLimits = {
  timeoutMs: undefined,
  requestBytes: 1_048_576,
  responseBytes: 1_048_576,
  concurrency: 16,
  perMinute: undefined
}

/**
 * The JSON Schema of whatever JSON can say.
 *
 * @since 0.1.0
 * @category constants
 */
export const anything: JsonSchema = {}

const mismatch = (tool: string, issue: ParseResult.ParseIssue): ToolError => {
  const { detail, path } = fromParseIssue(issue)
  const at = path === "" ? "$" : path.startsWith("[") ? `$${path}` : `$.${path}`
  const missing = /^is missing; expected (.*)$/s.exec(detail)
  return missing === null
    ? new ToolError({ reason: "Input", tool, detail: `ToolInputSchemaViolation at ${at}: ${detail}` })
    : ToolError.inputMismatch(tool, at, missing[1], "nothing")
}

/** A failure's own code and message, where it has them. */
const failedOf = (tool: string, failure: unknown, data: unknown): Failed => {
  const named = typeof failure === "object" && failure !== null ? failure as Record<string, unknown> : {}
  const code = [named.code, named._tag].find((value) => typeof value === "string" && value !== "")
  const message = [named.message, failure].find((value) => typeof value === "string" && value !== "")
  return {
    code: code === undefined ? "TOOL_ERROR" : String(code),
    message: message === undefined ? `Tool "${tool}" failed` : String(message),
    ...(data === undefined ? {} : { data })
  }
}

/**
 * A fault of a tool: nobody is told more than that there is one. A handler that interrupts itself has one, as nobody else
 * withdrew its call.
 *
 * @since 0.1.0
 * @category errors
 */
export const defect = (tool: string, cause: Cause.Cause<unknown>): Effect.Effect<never, Failed> =>
  Effect.fail({ code: "RUNTIME_ERROR", message: `Tool "${tool}" failed`, defect: cause })

// a definition is bound once for each VM: what its Schemas say stays the same
const schemas = new WeakMap<AnyTool, Pick<BoundTool, "inputSchema" | "outputSchema">>()

const schemasOf = (tool: AnyTool): Pick<BoundTool, "inputSchema" | "outputSchema"> => {
  const known = schemas.get(tool)
  if (known !== undefined) return known
  const made = {
    inputSchema: Either.getOrElse(inputSchemaOf(tool.input), () => anything),
    outputSchema: Either.getOrElse(outputSchemaOf(tool.output), () => anything)
  }
  schemas.set(tool, made)
  return made
}

const fromDefinition = (name: string, tool: AnyTool, handler: Handler): BoundTool => {
  const decode = ParseResult.decodeUnknown(tool.input, { onExcessProperty: "error" })
  const encodeOutput = ParseResult.encodeUnknown(tool.output)
  const failure = tool.failure as Schema.Schema<any, any>
  const encodeFailure = ParseResult.encodeUnknown(failure)
  const isFailure = Schema.is(failure)
  const wrongShape = (issue: ParseResult.ParseIssue) =>
    defect(name, Cause.fail(ParseResult.TreeFormatter.formatIssueSync(issue)))
  return {
    name,
    description: tool.description,
    ...schemasOf(tool),
    sideEffect: tool.sideEffect,
    approval: approvalOf(tool.approval),
    idempotent: tool.idempotent,
    redact: tool.redact,
    limits: tool.limits,
    check: (input) => ParseResult.mapError(decode(input), (issue) => mismatch(name, issue)),
    run: (input, call) =>
      Effect.suspend(() => handler(input, call)).pipe(
        Effect.matchCauseEffect({
          onSuccess: (value) => ParseResult.orElse(encodeOutput(value), wrongShape),
          onFailure: (cause): Effect.Effect<unknown, Failed> => {
            if (cause._tag !== "Fail" || !isFailure(cause.error)) {
              return defect(name, cause)
            }
            return Effect.matchEffect(encodeFailure(cause.error), {
              onFailure: wrongShape,
              onSuccess: (data) => Effect.fail(failedOf(name, cause.error, data))
            })
          }
        })
      )
  }
}

/**
 * What asks for approval. A rule that cannot be read was refused with the configuration; here it approves nothing.
 *
 * @since 0.1.0
 * @category conversions
 */
export const approvalOf = (approval: ApprovalPolicy): BoundTool["approval"] =>
  typeof approval === "string" ? approval : Either.getOrElse(parseRule(approval.auto), () => "manual" as const)

/**
 * A kit with the handlers that its Layer gave.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bindHandlers = (kit: ToolKitDefinition, handlers: Readonly<Record<string, Handler>>): BoundKit => ({
  name: kit.name,
  description: kit.description,
  tools: Object.fromEntries(
    Object.entries(kit.tools).map(([key, tool]) => [key, fromDefinition(`${kit.name}:${key}`, tool, handlers[key])])
  )
})
