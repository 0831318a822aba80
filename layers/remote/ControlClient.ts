/**
 * The client of the control plane: RpcClient over the event channel of a Transport.
 *
 * @since 0.1.0
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import { RpcClientError } from "@effect/rpc/RpcClientError"
import type { FromServerEncoded } from "@effect/rpc/RpcMessage"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { TransportShape } from "../../services/Transport.ts"
import { ControlGroup } from "../../src/wire/Control.ts"
import { CONTROL_CHANNEL } from "../../src/wire/Operations.ts"
import type { ControlClient } from "./VmLink.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * When the connection ends, every call under way fails.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (transport: TransportShape): Effect.Effect<ControlClient, never, Scope.Scope> =>
  Effect.gen(function*() {
    const protocol = yield* RpcClient.Protocol.make((writeResponse) => makeProtocol(transport, writeResponse))
    // who calls has a span already
    return yield* RpcClient.make(ControlGroup, { disableTracing: true }).pipe(
      Effect.provideService(RpcClient.Protocol, protocol)
    )
  })

const makeProtocol = (transport: TransportShape, writeResponse: (response: FromServerEncoded) => Effect.Effect<void>) =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    yield* transport.listen(CONTROL_CHANNEL, (body) => {
      const answered = Effect.suspend(() => writeResponse(parse(body)))
      run(Effect.catchAllDefect(answered, () => writeResponse(broken("the sidecar's answer cannot be read"))))
    })
    yield* transport.closed.pipe(
      Effect.flatMap((error) => writeResponse({ _tag: "ClientProtocolError", error: protocolError(error.message) })),
      Effect.forkScoped
    )
    return {
      send: (request: unknown) =>
        Effect.suspend(() =>
          transport.isOpen()
            ? Effect.mapError(
              transport.emit(CONTROL_CHANNEL, encoder.encode(JSON.stringify(request))),
              (error) => protocolError(error.message)
            )
            : Effect.fail(protocolError("the connection has ended"))
        ),
      supportsAck: false,
      supportsTransferables: false
    }
  })

const broken = (detail: string): FromServerEncoded => ({ _tag: "ClientProtocolError", error: protocolError(detail) })

/** What is no answer fails every call under way: none of them can be told from the others by it. */
const parse = (body: Uint8Array): FromServerEncoded => {
  try {
    const message: unknown = JSON.parse(decoder.decode(body))
    return isAnswer(message) ? message : broken("what the sidecar sent is no answer")
  } catch {
    return broken("the sidecar's answer is not JSON")
  }
}

/** Whether the client would take it; anything else it passes over, and the call that it was meant for would wait for ever. */
const isAnswer = (message: unknown): message is FromServerEncoded => {
  if (typeof message !== "object" || message === null) return false
  const { _tag, requestId } = message as { readonly _tag?: unknown; readonly requestId?: unknown }
  switch (_tag) {
    case "Exit":
    case "Chunk":
      return typeof requestId === "string" && /^\d+$/.test(requestId)
    case "Defect":
    case "Pong":
    case "ClientProtocolError":
      return true
    default:
      return false
  }
}

const protocolError = (message: string) => new RpcClientError({ reason: "Protocol", message })
