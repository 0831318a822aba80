/** An order desk for guests: typed tools, a person who approves refunds, a policy, and every decision on record. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Context, Effect, Fiber, Layer, Schema, Stream } from "effect"
import { type ApprovalRequest, Approvals, Audit, type AuditEvent, ToolKit, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const Order = Schema.Struct({ id: Schema.String, cents: Schema.Int })
const Receipt = Schema.Struct({ receipt: Schema.String })

class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.String }) {
  override get message(): string {
    return `there is no order ${this.id}`
  }
}

// what the program has already
class Database extends Context.Tag("Database")<Database, {
  readonly find: (id: string) => Effect.Effect<typeof Order.Type, NotFound>
}>() {
  static readonly layer = Layer.succeed(Database, {
    find: (id) => id === "7" ? Effect.succeed({ id, cents: 500 }) : Effect.fail(new NotFound({ id }))
  })
}

class Payments extends Context.Tag("Payments")<Payments, {
  readonly refund: (
    refund: { readonly id: string; readonly cents: number },
    options: { readonly idempotencyKey: string }
  ) => Effect.Effect<typeof Receipt.Type>
}>() {
  static readonly layer = Layer.sync(Payments, () => {
    const paid = new Map<string, typeof Receipt.Type>()
    return {
      refund: ({ cents, id }, { idempotencyKey }) =>
        Effect.sync(() => {
          const receipt = paid.get(idempotencyKey) ?? { receipt: `R${paid.size + 1}-${id}-${cents}` }
          paid.set(idempotencyKey, receipt)
          return receipt
        })
    }
  })
}

const Orders = ToolKit.make("orders", {
  description: "Order desk",
  tools: {
    find: ToolKit.tool({
      description: "Find an order",
      input: Schema.Struct({ id: Schema.String }),
      output: Order,
      failure: NotFound,
      sideEffect: "read"
    }),
    refund: ToolKit.tool({
      description: "Refund an order",
      input: Schema.Struct({ id: Schema.String, cents: Schema.Int }),
      output: Receipt,
      sideEffect: "external_system",
      approval: "manual",
      limits: { timeout: "5 seconds", concurrency: 1, perMinute: 10 }
    })
  }
})

const OrdersLive = Orders.toLayer({
  find: ({ id }) => Effect.flatMap(Database, (database) => database.find(id)),
  refund: (input, call) => Effect.flatMap(Payments, (payments) => payments.refund(input, { idempotencyKey: call.key }))
}).pipe(Layer.provide([Database.layer, Payments.layer]))

const askSomebody = (request: ApprovalRequest) =>
  Effect.as(
    Console.log(`? ${request.tool} ${JSON.stringify(request.arguments)} (${request.reason}): approved`),
    { _tag: "Approve" as const, note: "seen by the shift lead" }
  )

const VmLive = Vm.layer({
  toolKits: [Orders],
  permissions: {
    fs: { default: "allow", rules: [{ mode: "deny", paths: ["/etc/secrets", "/etc/secrets/**"] }] },
    childProcess: { default: "allow", rules: [{ mode: "deny", patterns: ["nohup"] }] },
    tool: { default: "allow", rules: [{ mode: "ask", patterns: ["orders:refund"] }] }
  }
}).pipe(
  Layer.provide(OrdersLive),
  Layer.provide(Approvals.layer((request) => askSomebody(request))),
  Layer.provide(NodeSidecar.layer)
)

const saved: Array<AuditEvent> = []
const save = (event: AuditEvent) => Effect.sync(() => void saved.push(event))

const commands = [
  "orders find --id 7",
  "orders find --id 8",
  "agentos orders refund --help",
  "agentos list-tools",
  "orders refund --json '{\"id\":\"7\",\"cents\":500}' | jq .result",
  "cat /etc/secrets/key",
  "nohup true"
]

const work = Effect.gen(function*() {
  const { processes } = yield* Vm
  const audit = yield* Audit
  const saving = yield* Effect.forkDaemon(audit.decisions.pipe(Stream.runForEach(save)))
  for (const command of commands) {
    const { stderr, stdout } = yield* processes.exec(command)
    yield* Console.log(`$ ${command}\n${stdout.trimEnd()}${stderr === "" ? "" : `\n${stderr.trimEnd()}`}`)
  }
  return saving
})

const report = Effect.forEach(saved, (event) => {
  if (event._tag === "ApprovalSettled") return Console.log(`${event.tool} was ${event.state}: ${event.note}`)
  if (event._tag !== "Decision" || (event.domain !== "tool" && event.mode === "allow")) return Effect.void
  return Console.log(`${event.mode}: ${event.domain} ${event.operation} ${event.resource}`)
})

// the stream of decisions ends with the VM, so that none is missing
work.pipe(
  Effect.provide(VmLive),
  Effect.flatMap(Fiber.join),
  Effect.zipRight(Effect.suspend(() => report)),
  NodeRuntime.runMain
)
