/** Kits of VMs for language models, and toolkits of `@effect/ai` for VMs. */
import * as Chat from "@effect/ai/Chat"
import * as AiTool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { AiToolkit, FromToolkit } from "../../layers/ai/index.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Approvals, approve, deny } from "../../services/Approvals.ts"
import { Audit } from "../../services/Audit.ts"
import { Vm } from "../../services/Vm.ts"
import { ToolError } from "../../src/errors/ToolError.ts"
import { live, told } from "../contract/layers.ts"
import { NotFound, Orders, OrdersLive } from "../tools/kit.ts"
import type { Turn } from "./model.ts"
import { call, say, scripted } from "./model.ts"

const plain = {
  name: "plain",
  description: "Plain functions",
  tools: [{
    name: "add",
    description: "Adds",
    inputSchema: { type: "object", required: ["a"], properties: { a: { type: "number" } } },
    execute: (input: any) => input.a + 1
  }]
}

class Unit extends Context.Tag("test/Unit")<Unit, string>() {}

class NoSuchPlace extends Schema.TaggedError<NoSuchPlace>()("NoSuchPlace", { place: Schema.String }) {
  override get message(): string {
    return `no place ${this.place}`
  }
}

const Weather = Toolkit.make(
  AiTool.make("temperature", {
    description: "The temperature somewhere",
    parameters: { place: Schema.String, day: Schema.optional(Schema.NumberFromString) },
    success: Schema.Struct({ degrees: Schema.Number, unit: Schema.String, day: Schema.Number }),
    failure: NoSuchPlace,
    dependencies: [Unit]
  }).annotate(AiTool.Readonly, true),
  AiTool.make("alert", {
    parameters: { text: Schema.String },
    failure: NoSuchPlace,
    failureMode: "return"
  }),
  AiTool.make("now", { description: "The hour", success: Schema.Number })
)

const WeatherLive = Weather.toLayer({
  temperature: ({ day = 0, place }) =>
    place === "Ulm"
      ? Effect.map(Unit, (unit) => ({ degrees: 7, unit, day }))
      : Effect.fail(new NoSuchPlace({ place })),
  alert: ({ text }) => text === "wrong" ? Effect.fail(new NoSuchPlace({ place: text })) : Effect.void,
  now: () => Effect.succeed(12)
})

const WeatherKit = FromToolkit.make("weather", Weather, {
  description: "The weather",
  tools: { alert: { approval: "manual", description: "Alert everybody" } }
})

const machine = Vm.layer({
  toolKits: [Orders, plain, WeatherKit],
  permissions: { tool: { default: "allow", rules: [{ mode: "deny", patterns: ["orders:report"] }] } }
}).pipe(
  Layer.provide(OrdersLive),
  Layer.provide(WeatherKit.layer.pipe(Layer.provide(Layer.merge(WeatherLive, Layer.succeed(Unit, "C"))))),
  Layer.provide(
    Approvals.layer(({ arguments: input }) =>
      Effect.succeed((input as any).cents > 1000 || (input as any).text === "fire" ? deny("no") : approve())
    )
  ),
  Layer.provide(TestSidecar.layer({ warmWorkers: 1 }))
)

const outcome = (turn: Turn) => turn.results.map(({ isFailure, name, result }) => ({ name, isFailure, result }))

layer(machine, live)("kits for a model", (it) => {
  it.effect("a model calls tools of a kit and of the VM, is told the results, and answers", () =>
    Effect.gen(function*() {
      const turns: Array<Turn> = []
      const model = scripted(
        (turn) => {
          turns.push(turn)
          return [call("orders_find", { id: "7" }), call("run", { command: "orders find --id 7 | jq -c .result" })]
        },
        (turn) => {
          turns.push(turn)
          return [say("it cost 5.00")]
        }
      )
      const toolkit = AiToolkit.make(Orders, AiToolkit.Own)
      const { first, second } = yield* Effect.gen(function*() {
        const chat = yield* Chat.empty
        const first = yield* chat.generateText({ prompt: "what did order 7 cost?", toolkit })
        const second = yield* chat.generateText({ prompt: [], toolkit })
        return { first, second }
      }).pipe(Effect.provide(model))
      assert.strictEqual(second.text, "it cost 5.00")
      assert.deepStrictEqual(turns[0].tools.map(({ name }) => name), [
        "orders_find",
        "orders_refund",
        "orders_report",
        "run",
        "read",
        "write",
        "list",
        "diff"
      ])
      assert.deepStrictEqual<unknown>(turns[0].tools[0].schema, {
        type: "object",
        required: ["id"],
        properties: { id: { type: "string", description: "Number of the order" } },
        additionalProperties: false
      })
      assert.deepStrictEqual<unknown>(turns[0].tools[7].schema, {
        type: "object",
        required: [],
        properties: {},
        additionalProperties: false
      })
      assert.deepStrictEqual(outcome(turns[1]), [
        { name: "orders_find", isFailure: false, result: { id: "7", cents: 500 } },
        {
          name: "run",
          isFailure: false,
          result: {
            exitCode: 0,
            timedOut: false,
            stdout: "{\"id\":\"7\",\"cents\":500}\n",
            stderr: "",
            truncated: false
          }
        }
      ])
      const [found] = first.toolResults
      // the result is typed
      if (found.name === "orders_find" && !found.isFailure) {
        assert.strictEqual((found.result as { cents: number }).cents, 500)
      }
      const calls = yield* (yield* Audit).calls
      assert.deepStrictEqual(
        calls.map(({ name, status }) => `${name} ${status}`).sort(),
        ["orders:find ok", "orders:find ok", "vm:run ok"]
      )
    }))

  it.effect("failures go back to the model: the tool's own as they are, all others as ToolError", () =>
    Effect.gen(function*() {
      let answered: Turn | undefined
      const toolkit = AiToolkit.make(Orders)
      const results = yield* Effect.gen(function*() {
        const chat = yield* Chat.empty
        const { toolResults } = yield* chat.generateText({ prompt: "try", toolkit })
        yield* chat.generateText({ prompt: [], toolkit })
        return toolResults
      }).pipe(Effect.provide(scripted(
        () => [
          call("orders_find", { id: "8" }, "1"),
          call("orders_refund", { id: "7", cents: 5000 }, "2"),
          call("orders_report", {}, "3"),
          call("orders_find", { id: 8 }, "4"),
          call("orders_refund", { id: "7", cents: 1 }, "5")
        ],
        (turn) => {
          answered = turn
          return [say("done")]
        }
      )))
      assert.isTrue(results[0].result instanceof NotFound)
      assert.isTrue(ToolError.is(results[1].result))
      const error = (reason: string, tool: string, detail: string, code: string) => ({
        isFailure: true,
        result: { _tag: "ToolError", reason, tool, detail, code }
      })
      assert.deepStrictEqual<unknown>(
        outcome(answered!).slice(0, 4).map(({ isFailure, result }) => ({ isFailure, result })),
        [
          { isFailure: true, result: { _tag: "NotFound", id: "8" } },
          error(
            "Denied",
            "orders:refund",
            "EACCES: the call of orders:refund was not approved: no",
            "PERMISSION_DENIED"
          ),
          error(
            "Denied",
            "orders:report",
            "EACCES: blocked by tool.invoke policy for orders:report",
            "PERMISSION_DENIED"
          ),
          error(
            "Input",
            "orders:find",
            "ToolInputSchemaViolation at $.id: expected a string, got 8",
            "INVALID_ARGUMENT"
          )
        ]
      )
      assert.strictEqual((outcome(answered!)[4].result as any).receipt, "7-1")
    }))

  it.effect("all tools, with functions that have no Schema; a tool that there is not is the model's fault", () =>
    Effect.gen(function*() {
      const toolkit = yield* AiToolkit.all
      assert.deepStrictEqual(Object.keys(toolkit.tools).filter((name) => !name.startsWith("orders")), [
        ..."run read write list diff plain_add weather_temperature weather_alert weather_now".split(" ")
      ])
      const { result } = yield* toolkit.handle("plain_add", { a: 2 } as never)
      assert.strictEqual(result, 3)
      const { isFailure } = yield* toolkit.handle("plain_add", { a: "x" } as never)
      assert.isTrue(isFailure)
      assert.include(
        yield* told(toolkit.handle("nothing", {} as never) as Effect.Effect<unknown, any>),
        "MalformedOutput: "
      )
      const { annotations } = toolkit.tools["read"]
      assert.isTrue(Context.get(annotations, AiTool.Readonly))
      assert.isFalse(Context.get(annotations, AiTool.Destructive))
      assert.isTrue(Context.get(annotations, AiTool.Idempotent))
      assert.isTrue(Context.get(toolkit.tools["run"].annotations, AiTool.Destructive))
    }))

  it.effect("a kit that the VM was not leased with is refused", () =>
    Effect.gen(function*() {
      const other = FromToolkit.make("other", Weather, { description: "x" })
      assert.include(yield* told(AiToolkit.make(other)), "the VM does not have the kit \"other\"")
    }))

  it.effect("a toolkit is a kit: commands, typed failures, approvals, records", () =>
    Effect.gen(function*() {
      const { audit, processes } = yield* Vm
      const sh = (command: string) =>
        Effect.map(processes.exec(command), ({ exitCode, stdout }) => [exitCode, JSON.parse(stdout)])
      assert.deepStrictEqual(yield* sh("weather temperature --place Ulm --day 3"), [
        0,
        { ok: true, result: { degrees: 7, unit: "C", day: 3 } }
      ])
      assert.deepStrictEqual(yield* sh("weather temperature --place Rom"), [1, {
        ok: false,
        error: { code: "NoSuchPlace", message: "no place Rom", data: { _tag: "NoSuchPlace", place: "Rom" } }
      }])
      assert.deepStrictEqual(yield* sh("weather now"), [0, { ok: true, result: 12 }])
      assert.deepStrictEqual((yield* sh("weather alert --text wrong"))[1].error.code, "NoSuchPlace")
      assert.deepStrictEqual(yield* sh("weather alert --text rain"), [0, { ok: true, result: null }])
      assert.deepStrictEqual((yield* sh("weather alert --text fire"))[1].error.code, "PERMISSION_DENIED")
      const records = (yield* audit.calls).filter(({ name }) => name.startsWith("weather:"))
      assert.deepStrictEqual(
        records.map(({ name, sideEffect, status }) => [name.slice(8), sideEffect, status].join(" ")),
        [
          "temperature read ok",
          "temperature read error",
          "now external_system ok",
          "alert external_system error",
          "alert external_system ok",
          "alert external_system denied"
        ]
      )
    }))

  it.effect("and back again: a model calls a toolkit that has become a kit", () =>
    Effect.gen(function*() {
      const toolkit = yield* AiToolkit.make(WeatherKit)
      const { isFailure, result } = yield* toolkit.handle("weather_temperature", { place: "Ulm", day: "2" })
      assert.deepStrictEqual<unknown>([isFailure, result], [false, { degrees: 7, unit: "C", day: 2 }])
    }))
})

describe("names for models", () => {
  it("keep their kit apart from the VM's own", () => {
    const names: ReadonlyArray<keyof AiToolkit.ToolsOf<readonly [typeof Orders, typeof AiToolkit.Own]>> = [
      "orders_find",
      "run"
    ]
    assert.strictEqual(names.length, 2)
  })
})
