/**
 * The numbers of a server's requests.
 *
 * @since 0.1.0
 */
import type { Transport, TransportSendOptions } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { JSONRPCMessage, MessageExtraInfo } from "@modelcontextprotocol/sdk/types.js"
import { isJSONRPCNotification, isJSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"

const shifted = (id: unknown, by: number) => typeof id === "number" ? id + by : id

const outgoing = (message: JSONRPCMessage): JSONRPCMessage => {
  if (isJSONRPCRequest(message)) return { ...message, id: shifted(message.id, 1) } as JSONRPCMessage
  if (!isJSONRPCNotification(message) || message.method !== "notifications/cancelled") return message
  const { params } = message
  return { ...message, params: { ...params, requestId: shifted(params?.["requestId"], 1) } }
}

const incoming = (message: JSONRPCMessage): JSONRPCMessage =>
  "method" in message ? message : { ...message, id: shifted(message.id, -1) } as JSONRPCMessage

/**
 * Has the requests of a server, which its library counts from 0 on, numbered from 1 on: for the official client a cancelled
 * request 0 is none, so that the first question of a session would stay before its user for ever.
 *
 * @since 0.1.0
 * @category combinators
 */
export const fromOne = (transport: Transport): Transport => {
  const numbered: Transport = {
    start: () => transport.start(),
    close: () => transport.close(),
    send: (message: JSONRPCMessage, options?: TransportSendOptions) => transport.send(outgoing(message), options),
    get sessionId() {
      return transport.sessionId
    }
  } as Transport
  transport.onmessage = (message: JSONRPCMessage, extra?: MessageExtraInfo) =>
    numbered.onmessage?.(incoming(message), extra)
  transport.onclose = () => numbered.onclose?.()
  transport.onerror = (error) => numbered.onerror?.(error)
  return numbered
}
