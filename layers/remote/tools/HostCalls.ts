/**
 * Calls that the host makes for somebody who is no process: admitted and numbered by the kernel, run like any other.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ToolCallOptions, ToolInfo, VmToolsShape } from "../../../services/VmTools.ts"
import { PermissionDenied } from "../../../src/errors/PermissionDenied.ts"
import type { ToolErrorReason } from "../../../src/errors/ToolError.ts"
import { ToolError } from "../../../src/errors/ToolError.ts"
import type { BoundKit, BoundTool, Failed } from "../../../src/tools/BoundTool.ts"
import { canonical } from "../../../src/tools/Json.ts"
import type { Parent } from "../ProcessSpans.ts"
import { control, type VmLink } from "../VmLink.ts"
import type { CallOutcome, CallRequest } from "./ToolCall.ts"
import { HOST } from "./ToolCall.ts"
import type { ToolRunner } from "./ToolRunner.ts"

const infoOf = (
  { approval, description, idempotent, inputSchema, name, outputSchema, sideEffect }: BoundTool
): ToolInfo => ({
  name,
  description,
  inputSchema,
  outputSchema,
  sideEffect,
  idempotent,
  approval: approval !== "none"
})

const reasons: Readonly<Record<string, ToolErrorReason>> = { UNKNOWN_TOOL: "UnknownTool", INVALID_ARGUMENT: "Input" }

const reasonOf = (status: CallOutcome["status"], code: string): ToolErrorReason =>
  status === "denied" ? "Denied" : status === "timeout" ? "TimedOut" : reasons[code] ?? "Failed"

const failedAs = (tool: string, status: CallOutcome["status"], { code, data, message }: Failed) =>
  Effect.fail(
    new ToolError({
      reason: reasonOf(status, code),
      tool,
      detail: message,
      code,
      ...(data === undefined ? {} : { data })
    })
  )

const answered = (tool: string, { output, status }: CallOutcome): Effect.Effect<unknown, ToolError> => {
  const answer = JSON.parse(output) as { readonly result?: unknown; readonly error?: Failed }
  return answer.error === undefined ? Effect.succeed(answer.result) : failedAs(tool, status, answer.error)
}

const encoder = new TextEncoder()

const refusalOf = (tool: string, rule: number | undefined): CallRequest["refusal"] => ({
  status: "denied",
  code: "PERMISSION_DENIED",
  message: new PermissionDenied({ domain: "tool", operation: "invoke", resource: tool, rule, mode: "deny" }).message
})

/** The span of the caller, where it has one. */
const parent: Effect.Effect<Parent | undefined> = Effect.withFiberRuntime((fiber) =>
  Effect.succeed(
    fiber.currentSpan === undefined ? undefined : { span: fiber.currentSpan, tracer: fiber.currentTracer }
  )
)

/** More than any tool takes. */
const MAX_INPUT = 32 * 1024 * 1024

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (link: VmLink, runner: ToolRunner, kits: ReadonlyArray<BoundKit>): VmToolsShape => {
  const call = (tool: string, input: unknown, options: ToolCallOptions = {}) =>
    Effect.gen(function*() {
      if (!runner.has(tool)) {
        return yield* failedAs(tool, "error", { code: "UNKNOWN_TOOL", message: `No tool "${tool.slice(0, 130)}"` })
      }
      const text = canonical(input, MAX_INPUT)
      if (Either.isLeft(text)) {
        const message = `the input at ${text.left.path} ${text.left.detail}`
        return yield* failedAs(tool, "error", { code: "INVALID_ARGUMENT", message })
      }
      const { call, mode, now, rule } = yield* control(link, (client) => client.AdmitTool({ vm: link.vm, tool }))
      const outcome = yield* runner.call({
        call,
        pid: HOST,
        tool,
        decision: { mode, rule },
        // also that it was refused is recorded
        refusal: mode === "deny" ? refusalOf(tool, rule) : undefined,
        now,
        input: encoder.encode(text.right),
        parent: yield* parent,
        progress: options.progress ?? (() => Effect.void)
      })
      return yield* answered(tool, outcome)
    })
  return { list: kits.flatMap(({ tools }) => Object.values(tools).map(infoOf)), call }
}
