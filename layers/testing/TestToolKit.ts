/**
 * Tool kits that record: the handlers of any number of kits as a test has them, or the real ones, with every call written
 * down.
 *
 * ```ts
 * const vm = Vm.layer({ toolKits: [Orders] }).pipe(
 *   Layer.provideMerge(TestToolKit.layer(Orders)),
 *   Layer.provide(TestSidecar.layer)
 * )
 * const control = yield* TestToolKit.TestToolKit
 * yield* control.on(Orders, "find", ({ id }) => Effect.succeed({ id, state: "sent" }))
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { Handlers, ToolKit } from "../../services/ToolKit.ts"
import type { Handler, Tool, ToolCall } from "../../src/tools/Tool.ts"

/**
 * How a tool answers.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer<Asked extends Tool> = Asked extends Tool<infer Input, infer Output, infer Failure>
  ? (input: Input, call: ToolCall) => Effect.Effect<Output, Failure>
  : never

/**
 * A call that came to a handler: what was refused, or has no valid input, did not.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handled {
  /** `kit:tool`. */
  readonly tool: string
  /** The input, decoded. */
  readonly input: unknown
  readonly call: ToolCall
  /** How the handler ended; absent while it runs. */
  readonly exit?: Exit.Exit<unknown, unknown> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TestToolKitShape {
  /** How a tool answers from now on. */
  readonly on: <Name extends string, Tools extends Readonly<Record<string, Tool>>, Key extends keyof Tools & string>(
    kit: ToolKit<Name, Tools>,
    tool: Key,
    answer: Answer<Tools[Key]>
  ) => Effect.Effect<void>
  /** The calls so far, in the order in which they began; at most the latest 10,000. */
  readonly calls: Effect.Effect<ReadonlyArray<Handled>>
  /** Forgets the calls, and the answers. */
  readonly reset: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestToolKit extends Context.Tag("effect-agent-os/testing/TestToolKit")<TestToolKit, TestToolKitShape>() {}

/** Any kit. */
type AnyKit = ToolKit<any, any>

/** The handlers of kits. */
type HandlersOfKits<Kits extends ReadonlyArray<AnyKit>> = Kits[number] extends infer Kit
  ? Kit extends ToolKit<infer Name, any> ? Handlers<Name> : never
  : never

const MAX_CALLS = 10_000

class Log {
  calls: Array<Handled> = []
  readonly answers = new Map<string, Handler>()

  readonly control: TestToolKitShape = {
    on: (kit, tool, answer) => Effect.sync(() => void this.answers.set(`${kit.name}:${tool}`, answer)),
    calls: Effect.sync(() => this.calls.map((handled) => ({ ...handled }))),
    reset: Effect.sync(() => {
      this.calls = []
      this.answers.clear()
    })
  }

  /** The handlers of a kit, which answer as the test has it, and otherwise as `otherwise` does. */
  handlers(kit: AnyKit, otherwise: Readonly<Record<string, Handler>>): Readonly<Record<string, Handler>> {
    return Object.fromEntries(
      Object.keys(kit.tools).map((key): readonly [string, Handler] => [key, (input, call) =>
        Effect.suspend(() => {
          const tool = `${kit.name}:${key}`
          const handled: { -readonly [Key in keyof Handled]: Handled[Key] } = { tool, input, call }
          this.calls.push(handled)
          if (this.calls.length > MAX_CALLS) this.calls.shift()
          const answer = this.answers.get(tool) ?? otherwise[key] ??
            (() => Effect.dieMessage(`the test has no answer of ${tool}: give it one with TestToolKit.on`))
          return Effect.onExit(answer(input, call), (exit) => Effect.sync(() => void (handled.exit = exit)))
        })]
      )
    )
  }
}

const contextOf = (
  kits: ReadonlyArray<AnyKit>,
  otherwise: (kit: AnyKit) => Readonly<Record<string, Handler>>
): Context.Context<any> => {
  const log = new Log()
  return kits.reduce<Context.Context<any>>(
    (context, kit) => Context.add(context, kit.handlers, log.handlers(kit, otherwise(kit))),
    Context.make(TestToolKit, log.control)
  )
}

/**
 * The handlers of kits, as the test has them. A tool without an answer dies, which a guest is told as any defect of a tool.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <const Kits extends ReadonlyArray<AnyKit>>(
  ...kits: Kits
): Layer.Layer<HandlersOfKits<Kits> | TestToolKit> =>
  Layer.effectContext(Effect.sync((): Context.Context<any> => contextOf(kits, () => ({}))))

/**
 * The real handlers of kits, with what they were called with; answers of the test take their place.
 *
 * ```ts
 * TestToolKit.layerRecording(Orders).pipe(Layer.provide(OrdersLive))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRecording = <const Kits extends ReadonlyArray<AnyKit>>(
  ...kits: Kits
): Layer.Layer<HandlersOfKits<Kits> | TestToolKit, never, HandlersOfKits<Kits>> =>
  Layer.effectContext(Effect.map(
    Effect.context<HandlersOfKits<Kits>>(),
    (real): Context.Context<any> => contextOf(kits, (kit) => Context.unsafeGet(real, kit.handlers))
  ))

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
