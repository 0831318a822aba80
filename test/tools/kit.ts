/** A tool kit for tests. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ToolKit from "../../services/ToolKit.ts"

export const Order = Schema.Struct({ id: Schema.String, cents: Schema.Int })

export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.String }) {
  override get message(): string {
    return `no order ${this.id}`
  }
}

export const Orders = ToolKit.make("orders", {
  description: "Order desk",
  tools: {
    find: ToolKit.tool({
      description: "Find an order",
      input: Schema.Struct({ id: Schema.String.annotations({ description: "Number of the order" }) }),
      output: Order,
      failure: NotFound,
      sideEffect: "read"
    }),
    refund: ToolKit.tool({
      description: "Refund an order",
      input: Schema.Struct({ id: Schema.String, cents: Schema.Int }),
      output: Schema.Struct({ receipt: Schema.String, key: Schema.String }),
      sideEffect: "external_system",
      approval: "manual",
      limits: { timeout: "5 seconds", concurrency: 1, perMinute: 10 }
    }),
    report: ToolKit.tool({
      description: "Report",
      input: Schema.Struct({
        maxItems: Schema.optional(Schema.Int),
        verbose: Schema.optional(Schema.Boolean),
        tags: Schema.optional(Schema.Array(Schema.String)),
        sizes: Schema.optional(Schema.Array(Schema.Number)),
        mode: Schema.optional(Schema.Literal("short", "long"))
      }),
      output: Schema.Unknown
    })
  }
})

export const OrdersLive = Orders.toLayer({
  find: ({ id }) => id === "7" ? Effect.succeed({ id, cents: 500 }) : Effect.fail(new NotFound({ id })),
  refund: ({ cents, id }, call) => Effect.succeed({ receipt: `${id}-${cents}`, key: call.key }),
  report: (input, call) =>
    Effect.as(Effect.forEach(["one", "two"], (step) => call.progress(`step ${step}`)), { ...input })
})
