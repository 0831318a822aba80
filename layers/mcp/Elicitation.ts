/**
 * Approvals by whoever sits in front of the client of an MCP server: the client is asked to ask (elicitation).
 *
 * @since 0.1.0
 */
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import type {
  ClientCapabilities,
  ElicitRequestFormParams,
  ElicitResult,
  ServerNotification,
  ServerRequest
} from "@modelcontextprotocol/sdk/types.js"
import { ElicitResultSchema } from "@modelcontextprotocol/sdk/types.js"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Layer from "effect/Layer"
import type { ApprovalAnswer, ApprovalRequest, Options } from "../../services/Approvals.ts"
import { always, Approvals, approve, deny } from "../../services/Approvals.ts"

/**
 * @since 0.1.0
 * @category models
 */
export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/**
 * A call of a client that is under way: over it the client can be asked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Caller {
  /** The same for all calls of one client. */
  readonly client: object
  readonly capabilities: ClientCapabilities | undefined
  readonly extra: Extra
}

/** Whose call a fiber works on. */
const current = FiberRef.unsafeMake<Caller | undefined>(undefined)

/** The calls under way, by their VMs, oldest first. */
const underWay = new Map<string, Set<Caller>>()

/**
 * What an effect asks for is asked of a caller, and while it runs what the VM's processes ask for as well.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withCaller = (vmId: string, caller: Caller) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const callers = underWay.get(vmId) ?? new Set()
      underWay.set(vmId, callers.add(caller))
      return callers
    }),
    () => Effect.locally(effect, current, caller),
    (callers) =>
      Effect.sync(() => {
        callers.delete(caller)
        if (callers.size === 0 && underWay.get(vmId) === callers) underWay.delete(vmId)
      })
  )

/** Who has made the call or, for a process of the VM, the only client at work. */
const callerOf = ({ pid, vmId }: ApprovalRequest): Effect.Effect<Caller | undefined> =>
  Effect.map(FiberRef.get(current), (caller) => {
    if (pid === 0) return caller
    const callers = Array.from(underWay.get(vmId) ?? [])
    return new Set(callers.map(({ client }) => client)).size === 1 ? callers[callers.length - 1] : undefined
  })

/** An empty capability is that of a form, as it was before there were others. */
const canAsk = ({ capabilities }: Caller): boolean => {
  const { elicitation } = capabilities ?? {}
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
}

/** Characters of arguments that are shown. */
const MAX_SHOWN = 4000

/** Characters that cannot be seen, or turn others around. */
const unseen = /[\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g

const shown = (value: unknown): string => {
  const text = (JSON.stringify(value) ?? "nothing").replace(
    unseen,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
  return text.length <= MAX_SHOWN
    ? text
    : `${text.slice(0, MAX_SHOWN)} [and ${text.length - MAX_SHOWN} more characters, not shown]`
}

const questionOf = (request: ApprovalRequest): ElicitRequestFormParams => {
  const { arguments: input, pid, sideEffect, tool } = request
  const who = pid === 0 ? "The model" : `Process ${pid} of the machine`
  const effect = sideEffect === "none" ? "" : ` (side effect: ${sideEffect.replace("_", " ")})`
  return {
    message: `${who} wants to call ${tool}${effect} with ${shown(input)}. Is it allowed?`,
    requestedSchema: {
      type: "object",
      properties: {
        decision: {
          type: "string",
          title: "Decision",
          description: "approve: this call; always: every later call of this tool in this machine as well",
          enum: ["approve", "always", "deny"]
        }
      },
      required: ["decision"]
    }
  }
}

/** Only a yes is a yes. */
const answerOf = ({ action, content }: ElicitResult): ApprovalAnswer => {
  if (action !== "accept") return deny(action === "decline" ? "declined" : "nobody wanted to decide")
  switch (content?.["decision"]) {
    case "approve":
      return approve()
    case "always":
      return always
    default:
      return deny()
  }
}

const ask = (request: ApprovalRequest): Effect.Effect<ApprovalAnswer> =>
  Effect.gen(function*() {
    const caller = yield* callerOf(request)
    if (caller === undefined) return deny("there is no client that could be asked")
    if (!canAsk(caller)) return deny("the client cannot ask its user (it has no elicitation)")
    const timeout = Math.max(1, request.expires - (yield* Clock.currentTimeMillis))
    const asked = Effect.tryPromise((signal) =>
      caller.extra.sendRequest(
        { method: "elicitation/create", params: questionOf(request) },
        ElicitResultSchema,
        { signal, timeout }
      )
    )
    return yield* Effect.match(asked, {
      onFailure: () => deny("the client did not answer"),
      onSuccess: answerOf
    })
  })

/**
 * Has approvals given by the users of clients that can ask them. Where a client cannot, declines, cancels or does not answer,
 * the answer is no. What a process of the VM asks for is asked of the client that has a call under way; with calls of several
 * clients the answer is no.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Approvals> => Approvals.layer(ask, options)
