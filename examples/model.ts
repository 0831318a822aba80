/** A language model that works in a VM: with a kit of the program, and with the VM's own tools. */
import { Chat, LanguageModel, type Response } from "@effect/ai"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schema, Stream } from "effect"
import { Approvals, Audit, ToolKit, Vm } from "effect-agent-os"
import { AiToolkit } from "effect-agent-os/ai"
import { NodeSidecar } from "effect-agent-os/node"

const Orders = ToolKit.make("orders", {
  description: "Order desk",
  tools: {
    find: ToolKit.tool({
      description: "Find an order",
      input: Schema.Struct({ id: Schema.String }),
      output: Schema.Struct({ id: Schema.String, cents: Schema.Int }),
      sideEffect: "read"
    }),
    refund: ToolKit.tool({
      description: "Refund an order",
      input: Schema.Struct({ id: Schema.String, cents: Schema.Int }),
      output: Schema.Struct({ receipt: Schema.String }),
      sideEffect: "external_system",
      approval: "manual"
    })
  }
})

const OrdersLive = Orders.toLayer({
  find: ({ id }) => Effect.succeed({ id, cents: 500 }),
  refund: ({ cents, id }) => Effect.succeed({ receipt: `${id}-${cents}` })
})

const program = Effect.gen(function*() {
  const chat = yield* Chat.fromPrompt("Refund order 7, and keep the receipt in /home/user/receipt.txt")
  const toolkit = AiToolkit.make(Orders, AiToolkit.Own)
  for (let turn = 0; turn < 10; turn++) {
    const { text, toolResults } = yield* chat.generateText({ prompt: [], toolkit })
    for (const { encodedResult, isFailure, name } of toolResults) {
      yield* Console.log(`${name}: ${isFailure ? "failed, " : ""}${JSON.stringify(encodedResult)}`)
    }
    if (toolResults.length === 0) return yield* Console.log(text)
  }
}).pipe(Effect.ensuring(Effect.gen(function*() {
  for (const { name, status } of yield* (yield* Audit).calls) yield* Console.log(`recorded: ${name} ${status}`)
})))

/** Stands for a model of a provider, as a layer of `@effect/ai-anthropic` or `@effect/ai-openai` gives one. */
const call = (name: string, params: unknown): Response.PartEncoded => ({ type: "tool-call", id: name, name, params })
const script: Array<Array<Response.PartEncoded>> = [
  [call("orders_find", { id: "7" })],
  [call("orders_refund", { id: "7", cents: 50_000 })],
  [call("orders_refund", { id: "7", cents: 500 })],
  [call("write", { path: "/home/user/receipt.txt", content: "7-500\n" }), call("run", { command: "cat receipt.txt" })],
  [{ type: "text", text: "Order 7 is refunded." }]
]
const Model = Layer.effect(
  LanguageModel.LanguageModel,
  LanguageModel.make({
    generateText: () => Effect.sync(() => script.shift() ?? []),
    streamText: () => Stream.empty
  })
)

const Desk = Approvals.layer(({ arguments: input }) =>
  Effect.succeed((input as { readonly cents: number }).cents <= 1000 ? { _tag: "Approve" } : { _tag: "Deny" })
)

program.pipe(
  Effect.provide(Model),
  Effect.provide(Vm.layer({ toolKits: [Orders] })),
  Effect.provide(Layer.mergeAll(OrdersLive, Desk, NodeSidecar.layer)),
  NodeRuntime.runMain
)
