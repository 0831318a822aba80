/** Values of redacted keys, planted in every call: none of them shows in an event, a log or a span. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Approvals, approve, deny } from "../../services/Approvals.ts"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import { AuditEvent } from "../../src/audit/AuditEvent.ts"
import { redacted, Secrets } from "../../src/tools/Redaction.ts"
import { live } from "../contract/layers.ts"
import { eventsOf } from "./support.ts"

const SECRET = "hunter2-\"sesame\"\nopen"
const PIN = 48151623
const planted = [SECRET, JSON.stringify(SECRET).slice(1, -1), "sesame", "hunter2-", String(PIN), "nested-key-name"]

class Rejected extends Schema.TaggedError<Rejected>()("Rejected", { detail: Schema.String }) {
  override get message(): string {
    return this.detail
  }
}

const Credentials = Schema.Struct({ token: Schema.String, pin: Schema.Int, more: Schema.Unknown })

const tool = (approval: "none" | "manual" = "none") =>
  ToolKit.tool({
    description: "Takes a secret",
    input: Schema.Struct({ user: Schema.String, credentials: Credentials, strict: Schema.optional(Schema.Literal(1)) }),
    output: Schema.String,
    failure: Rejected,
    redact: ["credentials"],
    approval
  })

const Vault = ToolKit.make("vault", {
  description: "A vault",
  tools: {
    open: tool(),
    fails: tool(),
    cut: tool(),
    dies: tool(),
    wrong: tool(),
    asked: tool("manual"),
    refused: tool("manual"),
    denied: tool()
  }
})

const VaultLive = Vault.toLayer({
  open: () => Effect.succeed("open"),
  fails: ({ credentials }) =>
    Effect.fail(new Rejected({ detail: `${credentials.token} with ${credentials.pin} is no good` })),
  cut: ({ credentials }) => Effect.fail(new Rejected({ detail: `no: ${credentials.token.slice(0, 12)}...` })),
  dies: ({ credentials }) => Effect.die(new Error(`cannot connect as ${JSON.stringify(credentials)}`)),
  wrong: ({ credentials }) => Effect.succeed({ credentials } as unknown as string),
  asked: () => Effect.succeed("open"),
  refused: () => Effect.succeed("open"),
  denied: () => Effect.succeed("open")
})

const input = (more: object = {}) =>
  JSON.stringify({ user: "ann", credentials: { token: SECRET, pin: PIN, more: { "nested-key-name": true } }, ...more })

describe("what is redacted", () => {
  layer(TestSidecar.layer({ warmWorkers: 1 }), live)((it) => {
    it.scoped("is in no event, no log and no span", () =>
      Effect.gen(function*() {
        const logs: Array<string> = []
        const spans: Array<Tracer.Span> = []
        const base = yield* Effect.tracer
        const recording = Tracer.make({
          span: (...args) => {
            const span = base.span(...args)
            spans.push(span)
            return span
          },
          context: base.context
        })
        const handlers = Layer.merge(
          VaultLive,
          Approvals.layer(({ tool }) =>
            Effect.succeed(tool === "vault:asked" ? approve({ note: `I saw ${SECRET}` }) : deny(`not with ${PIN}`))
          )
        )
        const sink = Logger.make((options) => void logs.push(Logger.logfmtLogger.log(options)))
        const program = Effect.gen(function*() {
          const vm = yield* Vm.make({
            toolKits: [Vault],
            permissions: { tool: { default: "allow", rules: [{ mode: "deny", patterns: ["vault:denied"] }] } }
          })
          yield* vm.filesystem.writeFile("/tmp/in", input())
          yield* vm.filesystem.writeFile("/tmp/strict", input({ strict: SECRET }))
          yield* vm.filesystem.writeFile("/tmp/shape", JSON.stringify({ user: 1, credentials: SECRET }))
          yield* vm.filesystem.writeFile(
            "/tmp/extra",
            JSON.stringify({ user: "ann", credentials: { token: SECRET, pin: PIN, more: 1, "nested-key-name": 1 } })
          )
          yield* vm.filesystem.writeFile(
            "/tmp/deep",
            `{"credentials": ${"[".repeat(70)}"${SECRET.slice(0, 8)}"${"]".repeat(70)}}`
          )
          const call = (name: string, file: string) => `vault ${name} --json-file /tmp/${file}`
          const script = [
            call("open", "in"),
            ...["fails", "cut", "dies", "wrong", "asked", "refused", "denied"].map((name) => call(name, "in")),
            ...["strict", "shape", "extra", "deep"].map((file) => call("open", file)),
            "true"
          ].join("; ")
          const { events } = yield* eventsOf(vm, vm.processes.exec(`{ ${script}; } > /tmp/out 2>&1`))
          return events
        }).pipe(Effect.provide(handlers), Effect.withSpan("program"), Effect.withTracer(recording))
        const events = yield* program.pipe(Effect.provide(Logger.replace(Logger.defaultLogger, sink)))
        const encoded = events.map((event) => JSON.stringify(Schema.encodeSync(AuditEvent)(event)))
        const records = events.flatMap((event) => event._tag === "ToolCalled" ? [event.record] : [])
          .filter(({ status }) => status !== "approval_pending")
        assert.deepStrictEqual(records.map(({ error, name, status }) => [name, status, error?.message]), [
          ["vault:open", "ok", undefined],
          ["vault:fails", "error", "[redacted] with [redacted] is no good"],
          ["vault:cut", "error", "no: [redacted]..."],
          ["vault:dies", "error", "Tool \"vault:dies\" failed"],
          ["vault:wrong", "error", "Tool \"vault:wrong\" failed"],
          ["vault:asked", "ok", undefined],
          ["vault:refused", "denied", "EACCES: the call of vault:refused was not approved: not with [redacted]"],
          ["vault:denied", "denied", "EACCES: blocked by tool.invoke policy for vault:denied"],
          ["vault:open", "error", "ToolInputSchemaViolation at $.strict: expected 1, got \"[redacted]\""],
          ["vault:open", "error", "ToolInputSchemaViolation at $.user: expected a string, got 1"],
          ["vault:open", "error", records[10]?.error?.message],
          ["vault:open", "error", "the input is no acceptable JSON"]
        ])
        const spanTexts = spans.map((span: any) =>
          JSON.stringify([span.name, Array.from(span.attributes), span.events, span.status], (_, value) =>
            typeof value === "bigint" ? String(value) : value instanceof Error ? `${value.stack}` : value)
        )
        assert.isAtLeast(logs.length, 2, "defects are logged")
        assert.isTrue(spans.some(({ name }) =>
          name === "tool vault:dies"
        ))
        for (const secret of planted) {
          for (const text of [...encoded, ...logs, ...spanTexts]) assert.notInclude(text, secret)
        }
      }), 60_000)
  })

  it("hides what is below the keys, wherever it stands, and nothing else", () => {
    const keys = ["token"]
    const secrets = new Secrets([{
      token: "abc",
      list: [{ token: ["long-secret-value", 77, { inner: true }] }],
      id: "kept-value"
    }], keys)
    assert.strictEqual(
      secrets.hide("abc, long-secret-value, ng-secret, 77, inner and true, kept-value"),
      "[redacted], [redacted], [redacted], [redacted], [redacted] and [redacted], kept-value"
    )
    assert.strictEqual(new Secrets([{ token: "abc" }], []).hide("abc"), "abc")
    assert.strictEqual(new Secrets([{ token: "x".repeat(20_000) }], keys).hide("anything"), "[redacted]")
    assert.strictEqual(secrets.hide("x".repeat(5000)).length, 4096)
    assert.strictEqual(secrets.hide(`${"x".repeat(4094)}long-secret-value`), `${"x".repeat(4094)}[redacted]`)
    assert.deepStrictEqual(redacted([{ token: 1, a: { token: "x", b: null } }], keys), [{
      token: "[redacted]",
      a: { token: "[redacted]", b: null }
    }])
  })
})
