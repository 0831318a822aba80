/** The official client of MCP, as an Effect program has it. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { type ElicitRequest, ElicitRequestSchema, type ElicitResult } from "@modelcontextprotocol/sdk/types.js"
import * as Effect from "effect/Effect"

export const connect = (transport: Transport, prepare: (client: Client) => void = () => {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Client({ name: "test", version: "1.0.0" })
      prepare(client)
      await client.connect(transport)
      return client
    }),
    (client) => Effect.promise(() => client.close())
  )

/** What somebody in front of the client says when they are asked; the signal is given when they need not answer any more. */
export type Says = (question: ElicitRequest["params"], signal: AbortSignal) => ElicitResult | Promise<ElicitResult>

/** A client that can ask. */
export const asking = (says: Says) => (client: Client): void => {
  client.registerCapabilities({ elicitation: {} })
  client.setRequestHandler(ElicitRequestSchema, ({ params }, { signal }) => says(params, signal))
}

export interface Called {
  readonly isError: boolean
  /** The structured content, or what its text says as JSON. */
  readonly value: any
}

export const call = (
  client: Client,
  name: string,
  input: Record<string, unknown> = {},
  onprogress?: (message: string | undefined) => void
) =>
  Effect.tryPromise({
    try: async (signal): Promise<Called> => {
      const result: any = await client.callTool({ name, arguments: input }, undefined, {
        signal,
        ...(onprogress === undefined ? {} : { onprogress: ({ message }) => onprogress(message) })
      })
      return { isError: result.isError === true, value: result.structuredContent ?? JSON.parse(result.content[0].text) }
    },
    catch: (cause) => cause as Error & { readonly code?: number }
  })
