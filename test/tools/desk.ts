/** A kit of payments with calls that somebody must agree to, and a VM that has it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { TestSidecar, VirtualTime } from "../../layers/testing/index.ts"
import type { Approvals } from "../../services/Approvals.ts"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import { digest } from "../../src/tools/Json.ts"

export const Payment = Schema.Struct({ id: Schema.String, cents: Schema.Int, card: Schema.optional(Schema.String) })

export const Desk = ToolKit.make("desk", {
  description: "Payments",
  tools: {
    pay: ToolKit.tool({
      description: "Pay",
      input: Payment,
      output: Schema.Struct({ paid: Schema.Int, key: Schema.String }),
      sideEffect: "external_system",
      approval: "manual",
      redact: ["card"]
    }),
    small: ToolKit.tool({
      description: "Pay small amounts",
      input: Payment,
      output: Schema.Int,
      approval: { auto: "kwargs.cents <= 100 and calls < 2" }
    }),
    look: ToolKit.tool({ description: "Look", input: Schema.Struct({ id: Schema.String }), output: Schema.String })
  }
})

/** What the handlers were called with. */
export class Handled {
  readonly calls: Array<unknown> = []
}

export const deskLive = (handled: Handled) =>
  Desk.toLayer({
    pay: (input, { key }) => Effect.sync(() => (handled.calls.push(input), { paid: input.cents, key })),
    small: (input) => Effect.sync(() => (handled.calls.push(input), input.cents)),
    look: ({ id }) => Effect.sync(() => (handled.calls.push(id), `seen ${id}`))
  })

export const config = {
  toolKits: [Desk],
  permissions: { tool: { default: "allow", rules: [{ mode: "ask", patterns: ["desk:look"] }] } }
} as const

/** A VM with the kit, and nobody who answers. */
export const alone = (handled: Handled) =>
  Vm.layer(config).pipe(Layer.provide(deskLive(handled)), Layer.provide(TestSidecar.layer({ seed: 7 })))

/** A VM with the kit, and who answers. */
export const withDesk = (handled: Handled, approvals: Layer.Layer<Approvals>) =>
  Layer.provideMerge(alone(handled), approvals)

export const sh = (command: string) => Effect.flatMap(Vm, ({ processes }) => processes.exec(command))
export const calls = Effect.flatMap(Vm, ({ audit }) => audit.calls)
export const settled = Effect.flatMap(
  Vm,
  ({ audit }) =>
    Effect.map(audit.recent, (events) => events.flatMap((event) => event._tag === "ApprovalSettled" ? [event] : []))
)

export const PAY = "desk pay --id 7 --cents 500"
export const input = { id: "7", cents: 500 }
export const requestDigest = (kwargs: unknown) => digest({ args: [], kwargs })

export const denied = (message: string, code = "PERMISSION_DENIED") => ({
  exitCode: 1,
  stdout: JSON.stringify({ ok: false, error: { code, message } }),
  stderr: `${message}\n`
})

export const asking = "EACCES: permission prompt required for tool.invoke on desk:pay"

/** Starts commands and waits until each has asked, or ended. */
export const started = (...commands: ReadonlyArray<string>) =>
  Effect.tap(Effect.forEach(commands, (command) => Effect.fork(sh(command))), VirtualTime.settle)

export const FAILED = "the approval handler failed"
export const NONE = "the answer was none of approve, always and deny"

export const quiet = Logger.remove(Logger.defaultLogger)
