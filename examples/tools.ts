/** A host function as a command of the guest: typed, approved, recorded. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schema } from "effect"
import { Approvals, Audit, ToolKit, Vm } from "effect-agent-os"
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
      approval: { auto: "kwargs.cents <= 1000" },
      limits: { timeout: "5 seconds", concurrency: 1, perMinute: 10 }
    })
  }
})

const OrdersLive = Orders.toLayer({
  find: ({ id }) => Effect.succeed({ id, cents: 500 }),
  refund: ({ cents, id }, call) => Effect.succeed({ receipt: `${id}-${cents}-${call.key.slice(0, 8)}` })
})

const program = Effect.gen(function*() {
  const { processes } = yield* Vm
  const run = (command: string) => Effect.flatMap(processes.exec(command), ({ stdout }) => Console.log(stdout))
  yield* run("orders find --id 7 | jq .result.cents")
  yield* run("orders refund --id 7 --cents 500 | jq -r .ok")
  yield* run("orders refund --id 7 --cents 500000")
  for (const { name, status } of yield* (yield* Audit).calls) yield* Console.log(`${name}: ${status}`)
})

program.pipe(
  Effect.provide(Vm.layer({ toolKits: [Orders] })),
  Effect.provide(
    Layer.mergeAll(OrdersLive, NodeSidecar.layer, Approvals.layer(() => Effect.succeed({ _tag: "Deny" })))
  ),
  NodeRuntime.runMain
)
