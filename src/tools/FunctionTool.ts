/**
 * Plain functions as tools: JSON Schemas instead of Schemas, promises and exceptions instead of Effects.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type { HostTool, ToolKit } from "../config/ToolKits.ts"
import { ToolError } from "../errors/ToolError.ts"
import {
  anything,
  approvalOf,
  type BoundKit,
  type BoundTool,
  defaultToolLimits,
  defect,
  type Failed
} from "./BoundTool.ts"
import type { FunctionCall, ToolCall } from "./Tool.ts"
import { violation } from "./Validate.ts"

/** Messages of one call that wait for the guest to read. */
const MAX_WAITING = 256

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { readonly then?: unknown }).then === "function"

/** What a function has thrown, which may be anything. */
class Thrown {
  constructor(readonly thrown: unknown) {}
}

const caught = (thrown: unknown): Thrown => new Thrown(thrown)

/** What the function gives, or what it throws. Its messages are told in order, and before its end. */
const execute = ({ execute }: HostTool, input: unknown, { key, pid, progress, tool, vmId }: ToolCall) =>
  Effect.gen(function*() {
    const messages = yield* Mailbox.make<string>({ capacity: MAX_WAITING, strategy: "dropping" })
    const aborted = new AbortController()
    const call: FunctionCall = {
      key,
      tool,
      vmId,
      pid,
      signal: aborted.signal,
      progress: (message) => messages.unsafeOffer(String(message))
    }
    const given = Effect.flatMap(
      Effect.try({ try: () => execute(input, call), catch: caught }),
      (value) =>
        isThenable(value)
          ? Effect.tryPromise({ try: () => value, catch: caught })
          : Effect.succeed(value)
    ).pipe(
      Effect.onInterrupt(() => Effect.sync(() => aborted.abort())),
      Effect.exit,
      Effect.ensuring(messages.end)
    )
    // ends with the messages
    const telling = Effect.ignore(Effect.forever(Effect.flatMap(messages.take, progress)))
    return yield* Effect.zipLeft(given, telling, { concurrent: true })
  })

/** What is thrown is written to a log, by which nothing must be thrown again. */
const shown = (thrown: unknown): unknown => {
  try {
    Cause.pretty(Cause.fail(thrown))
    return thrown
  } catch {
    return "what was thrown cannot be shown"
  }
}

const thrownBy = (name: string, cause: Cause.Cause<Thrown>): Effect.Effect<never, Failed> => {
  if (cause._tag !== "Fail") return defect(name, cause)
  const thrown = shown(cause.error.thrown)
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? Effect.fail({ code: thrown.code, message: thrown.message })
    : defect(name, Cause.fail(thrown))
}

/** What the function gives is the result, what it throws is told without its stack. */
const fromFunction = (name: string, tool: HostTool): BoundTool => {
  const { limits = {}, outputSchema = anything, sideEffect } = tool
  const result = (value: unknown): Effect.Effect<unknown, Failed> => {
    const wrong = violation(outputSchema, value)
    if (wrong === undefined) return Effect.succeed(value)
    return defect(name, Cause.fail(`the result at ${wrong.path}: expected ${wrong.expected}, got ${wrong.actual}`))
  }
  return {
    name,
    description: tool.description,
    inputSchema: tool.inputSchema,
    outputSchema,
    sideEffect: sideEffect ?? "none",
    approval: approvalOf(tool.approval ?? "none"),
    // of a function that says nothing nobody knows
    idempotent: tool.idempotent ?? (sideEffect === "none" || sideEffect === "read"),
    redact: tool.redact ?? [],
    limits: {
      timeoutMs: tool.timeoutMs,
      requestBytes: limits.requestBytes ?? defaultToolLimits.requestBytes,
      responseBytes: limits.responseBytes ?? defaultToolLimits.responseBytes,
      concurrency: limits.concurrency ?? defaultToolLimits.concurrency,
      perMinute: limits.perMinute
    },
    check: (input) =>
      Effect.suspend(() => {
        const wrong = violation(tool.inputSchema, input)
        return wrong === undefined
          ? Effect.succeed(input)
          : Effect.fail(ToolError.inputMismatch(name, wrong.path, wrong.expected, wrong.actual))
      }),
    run: (input, call) =>
      Effect.flatMap(
        execute(tool, input, call),
        (exit) => Exit.isSuccess(exit) ? result(exit.value ?? null) : thrownBy(name, exit.cause)
      )
  }
}

/**
 * A kit of plain functions.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bindFunctions = (kit: ToolKit): BoundKit => ({
  name: kit.name,
  description: kit.description,
  tools: Object.fromEntries(kit.tools.map((tool) => [tool.name, fromFunction(`${kit.name}:${tool.name}`, tool)]))
})
