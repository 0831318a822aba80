/** What is refused of a kit when a VM is leased with it. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ToolKit from "../../services/ToolKit.ts"
import * as VmConfig from "../../src/config/VmConfig.ts"
import { failureOf } from "../contract/layers.ts"

const kit = (tool: object) =>
  ToolKit.make("kit", {
    description: "Kit",
    tools: { one: ToolKit.tool({ description: "One", input: Schema.Struct({}), ...tool } as never) }
  })

const plain = (inputSchema: Record<string, unknown>) => ({
  name: "kit",
  description: "Kit",
  tools: [{ name: "one", description: "One", inputSchema, execute: () => null }]
})

const odd = Schema.String.pipe(Schema.filter((text) => text.length % 2 === 1))
const text = Schema.optional(Schema.String)

describe("a kit is refused", () => {
  const cases: ReadonlyArray<readonly [title: string, kit: unknown, message: string]> = [
    [
      "with two keys of one flag",
      kit({ input: Schema.Struct({ maxItems: text, max_items: text }) }),
      "tools.one.input: the keys \"maxItems\" and \"max_items\" have the same flag, --max-items"
    ],
    [
      "with a key that is the no of another",
      kit({ input: Schema.Struct({ cache: Schema.optional(Schema.Boolean), noCache: text }) }),
      "tools.one.input: the keys \"cache\" and \"noCache\" have the same flag, --no-cache"
    ],
    [
      "with two keys of one flag in a JSON Schema",
      plain({ type: "object", properties: { a_b: { type: "string" }, aB: { type: "string" } } }),
      "tools[0].inputSchema: the keys \"a_b\" and \"aB\" have the same flag, --a-b"
    ],
    [
      "with an output that JSON Schema cannot tell",
      kit({ output: Schema.Struct({ name: odd }) }),
      "tools.one.output: cannot be told as JSON Schema: $.name: a filter that has no jsonSchema annotation"
    ],
    [
      "with a failure that JSON Schema cannot tell",
      kit({ failure: Schema.Struct({ name: odd }) }),
      "tools.one.failure: cannot be told as JSON Schema: $.name: a filter that has no jsonSchema annotation"
    ],
    [
      "with a name that is none",
      ToolKit.make("Kit", { description: "Kit", tools: {} }),
      "name: expected a kit name of lower-case letters, digits and hyphen, at most 64, got \"Kit\""
    ],
    ...["list-tools", "--help", "-h"].flatMap((word) => {
      const message = `name: the name "${word}" is a word of the command agentos itself`
      const tools = { one: ToolKit.tool({ description: "One", input: Schema.Struct({}) }) }
      return [
        [`with the name ${word}`, ToolKit.make(word, { description: "Kit", tools }), message],
        [`of plain functions with the name ${word}`, { ...plain({ type: "object" }), name: word }, message]
      ] as const
    }),
    [
      "with a tool that is never reached",
      ToolKit.make("kit", {
        description: "Kit",
        tools: { "-h": ToolKit.tool({ description: "One", input: Schema.Struct({}) }) }
      }),
      "tools[\"-h\"]: the name \"-h\" asks for help on the command line"
    ],
    [
      "without tools",
      ToolKit.make("kit", { description: "Kit", tools: {} }),
      "tools: a tool kit needs at least one tool"
    ],
    ...[
      [{ limits: { concurrency: 0 } }, "limits.concurrency: expected an integer from 1 to 10000, got 0"],
      [{ limits: { concurrency: 0.5 } }, "limits.concurrency: expected an integer, got 0.5"],
      [{ limits: { perMinute: 0 } }, "limits.perMinute: expected an integer from 1 to 1000000, got 0"],
      [{ limits: { perMinute: Number.NaN } }, "limits.perMinute: expected an integer, got NaN"],
      [{ limits: { requestBytes: -1 } }, "limits.requestBytes: expected an integer from 1 to 16777216, got -1"],
      [
        { limits: { responseBytes: 2 ** 25 } },
        "limits.responseBytes: expected an integer from 1 to 16777216, got 33554432"
      ],
      [{ limits: { timeout: 0 } }, "limits.timeoutMs: expected a timeout of at least one millisecond, got 0"],
      [{ limits: { timeout: -5 } }, "limits.timeoutMs: expected a timeout of at least one millisecond, got 0"],
      [{ approval: "sometimes" }, "approval: expected one of \"none\", \"manual\", an object, got \"sometimes\""],
      [{ approval: { auto: 5 } }, "approval.auto: expected a string, got 5"],
      [{ approval: { auto: "kwargs.a ==" } }, "approval.auto: no approval rule: unexpected end"],
      [{ sideEffect: "much" }, "sideEffect: expected"]
    ].map(([tool, message]) => [`with ${JSON.stringify(tool)}`, kit(tool as object), `tools.one.${message}`] as const)
  ]
  for (const [title, given, message] of cases) {
    it.effect(title, () =>
      Effect.gen(function*() {
        const error = yield* failureOf(VmConfig.decode({ toolKits: [given as never] }))
        assert.include(error.message, `toolKits[0].${message}`)
      }))
  }

  it.effect("and others are not", () =>
    Effect.gen(function*() {
      for (
        const good of [
          kit({ input: Schema.Struct({ maxItems: text, minItems: text, no: text }) }),
          kit({ output: Schema.Unknown, failure: Schema.Struct({ at: Schema.Date }) }),
          kit({}),
          kit({ limits: { timeout: Duration.infinity, concurrency: 1, perMinute: 1, requestBytes: 1 } }),
          plain({ type: "object", properties: { a: { type: "boolean" }, b: { type: "boolean" } } })
        ]
      ) yield* VmConfig.decode({ toolKits: [good as never] })
    }))
})
