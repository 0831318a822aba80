import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Approvals, approve } from "../../services/Approvals.ts"
import { Vm } from "../../services/Vm.ts"
import { subjects } from "../contract/layers.ts"
import { Orders, OrdersLive } from "./kit.ts"

const plain = {
  name: "plain",
  description: "Plain functions",
  tools: [
    {
      name: "add",
      description: "Adds",
      inputSchema: {
        type: "object",
        required: ["a", "b"],
        properties: { a: { type: "number" }, b: { type: "number" } }
      },
      execute: (input: any) => input.a + input.b
    },
    { name: "later", description: "A promise", inputSchema: { type: "object" }, execute: async () => ({ late: true }) },
    {
      name: "throws",
      description: "Throws",
      inputSchema: {},
      execute: () => {
        throw new Error("the password is hunter2")
      }
    },
    {
      name: "coded",
      description: "Throws an error with a code",
      inputSchema: {},
      execute: () => Promise.reject(Object.assign(new Error("no such thing"), { code: "NO_SUCH" }))
    },
    {
      name: "cycle",
      description: "A cycle",
      inputSchema: {},
      execute: () => {
        const cycle: Record<string, unknown> = {}
        cycle.self = cycle
        return cycle
      }
    },
    { name: "huge", description: "100 MB", inputSchema: {}, execute: () => "x".repeat(100 * 1024 * 1024) },
    { name: "large", description: "900 KB", inputSchema: {}, execute: () => "x".repeat(900 * 1024) },
    { name: "echo", description: "Gives its input", inputSchema: {}, execute: (input: unknown) => input },
    {
      name: "hangs",
      description: "Never ends",
      inputSchema: {},
      timeoutMs: 50,
      execute: () => new Promise(() => {})
    }
  ]
}

const vm = (sidecar: (typeof subjects)[number]["layer"]) =>
  Vm.layer({
    toolKits: [Orders, plain],
    permissions: { tool: { default: "allow", rules: [{ mode: "deny", patterns: ["plain:echo"] }] } }
  }).pipe(
    Layer.provide(OrdersLive),
    Layer.provide(Approvals.layer(() => Effect.succeed(approve()))),
    Layer.provide(sidecar)
  )

const sh = (command: string) => Effect.flatMap(Vm, (vm) => vm.processes.exec(command))

const failed = (code: string, message: string, data?: unknown) => ({
  exitCode: 1,
  stdout: JSON.stringify({ ok: false, error: data === undefined ? { code, message } : { code, message, data } }),
  stderr: `${message}\n`
})

const refused = (message: string) => ({ exitCode: 1, stdout: "", stderr: `${message}\n` })
const ok = (result: unknown, stderr = "") => ({ exitCode: 0, stdout: JSON.stringify({ ok: true, result }), stderr })

for (const { layer: sidecar, name } of subjects) {
  layer(vm(sidecar), { excludeTestServices: true, timeout: "20 seconds" })(`tools from the shell: ${name}`, (it) => {
    const says = (title: string, ...cases: ReadonlyArray<readonly [command: string, result: unknown]>) =>
      it.effect(
        title,
        () =>
          Effect.forEach(cases, ([command, result]) =>
            Effect.map(sh(command), (given) =>
              assert.deepStrictEqual<unknown>(given, result, command))),
        30_000
      )

    says(
      "a call prints its result, by each of its names",
      ["orders find --id 7", ok({ id: "7", cents: 500 })],
      ["agentos orders find --id=7", ok({ id: "7", cents: 500 })],
      ["agentos-orders find --id 7", ok({ id: "7", cents: 500 })],
      ["/usr/local/bin/orders find --id 7", ok({ id: "7", cents: 500 })],
      ["orders find --id 7 | jq -c .result.cents", { exitCode: 0, stdout: "500\n", stderr: "" }],
      ["x=$(orders find --id 7) && echo \"got $x\"", {
        exitCode: 0,
        stdout: "got {\"ok\":true,\"result\":{\"id\":\"7\",\"cents\":500}}\n",
        stderr: ""
      }]
    )
    says(
      "the whole input as JSON",
      ["orders find --json '{\"id\":\"7\"}'", ok({ id: "7", cents: 500 })],
      ["cd /tmp; echo '{\"id\":\"7\"}' > in.json; orders find --json-file in.json", ok({ id: "7", cents: 500 })],
      ["orders find --json-file /none", refused("Invalid JSON file: No such file or directory")],
      [
        "orders find --json '{\"id\":7}'",
        failed(
          "INVALID_ARGUMENT",
          "ToolInputSchemaViolation at $.id: expected a string, got 7"
        )
      ],
      [
        "orders find --json '{}'",
        failed(
          "INVALID_ARGUMENT",
          "ToolInputSchemaViolation at $.id: expected a string, got nothing"
        )
      ],
      [
        "orders find --json '{\"id\":\"7\",\"__proto__\":{\"x\":1}}'",
        failed(
          "INVALID_ARGUMENT",
          "Invalid JSON at $: the key \"__proto__\" is not allowed"
        )
      ],
      [
        "plain add --json '{\"a\":1}'",
        failed(
          "INVALID_ARGUMENT",
          "ToolInputSchemaViolation at $.b: expected number, got nothing"
        )
      ]
    )
    says(
      "flags, and progress on standard error",
      [
        "orders report --max-items 3 --no-verbose --tags a --tags b --sizes 1 --mode short",
        ok(
          { maxItems: 3, verbose: false, tags: ["a", "b"], sizes: [1], mode: "short" },
          "step one\nstep two\n"
        )
      ],
      ["orders report 2>/dev/null", ok({})],
      [
        "orders report --mode middle",
        failed(
          "INVALID_ARGUMENT",
          "ToolInputSchemaViolation at $.mode: expected one of \"short\", \"long\", got \"middle\""
        )
      ],
      ["orders report --what 1", refused("Unknown flag: --what")],
      ["orders find", refused("Missing required flag: --id")]
    )
    says(
      "names that do not exist",
      ["agentos nothing find", refused("No toolkit \"nothing\". Available: orders, plain")],
      ["orders nothing", refused("No tool \"nothing\" in toolkit \"orders\". Available: find, refund, report")]
    )
    says(
      "failures: typed ones in full, others without their details",
      ["orders find --id 8", failed("NotFound", "no order 8", { id: "8", _tag: "NotFound" })],
      ["plain coded", failed("NO_SUCH", "no such thing")],
      ["plain throws", failed("RUNTIME_ERROR", "Tool \"plain:throws\" failed")],
      ["plain hangs", failed("TIMEOUT_TOOL", "Tool \"plain:hangs\" timed out after 50ms")],
      ["plain cycle", failed("RESULT_NOT_SERIALIZABLE", "the result of plain:cycle at $.self contains itself")],
      ["plain huge", failed("RESULT_NOT_SERIALIZABLE", "the result of plain:huge at $ is too large")],
      ["plain echo", failed("PERMISSION_DENIED", "EACCES: blocked by tool.invoke policy for plain:echo")]
    )
    says(
      "functions without Schemas, sync and async, and large results",
      ["plain add --a 1 --b 2.5", ok(3.5)],
      ["plain later", ok({ late: true })],
      ["plain large | wc -c", {
        exitCode: 0,
        stdout: `${900 * 1024 + 2 + "{\"ok\":true,\"result\":}".length}\n`,
        stderr: ""
      }]
    )

    it.effect("help and lists", () =>
      Effect.gen(function*() {
        assert.include((yield* sh("agentos --help")).stdout, "Usage: agentos <kit> <tool> [flags]")
        assert.include((yield* sh("orders --help")).stdout, "refund  Refund an order")
        assert.include((yield* sh("agentos orders")).stdout, "Tools:")
        const help = (yield* sh("agentos orders find --help")).stdout
        assert.include(help, "Usage: agentos orders find [flags]")
        assert.include(help, "--id <string>       Number of the order (required)")
        assert.strictEqual((yield* sh("agentos orders refund --help")).exitCode, 0)
        assert.include((yield* sh("agentos list-tools")).stdout, "plain: Plain functions")
        assert.notInclude((yield* sh("agentos list-tools orders")).stdout, "plain")
        assert.include(
          (yield* sh("cat /usr/share/tools/orders.d.ts")).stdout,
          "export function find(input: { id: string }): Promise<{ id: string; cents: number }>"
        )
        assert.include((yield* sh("cat /usr/share/tools/orders.pyi")).stdout, "def find(*, id: str) -> dict[str, Any]:")
        assert.include((yield* Vm).toolInstructions, "`agentos orders find --id <string>`")
      }))

    it.effect("many calls at once keep their answers apart", () =>
      Effect.gen(function*() {
        const script = "for i in $(seq 1 200); do plain add --a $i --b 1000 > /tmp/r$i & done; wait; " +
          "for i in $(seq 1 200); do cat /tmp/r$i; echo; done"
        const runs = yield* Effect.all(Array.from({ length: 1 }, () => sh(script)), { concurrency: "unbounded" })
        const lines = runs[0].stdout.trim().split("\n")
        assert.deepStrictEqual(lines, Array.from({ length: 200 }, (_, i) => `{"ok":true,"result":${1001 + i}}`))
      }), 30_000)

    it.effect("a call leaves a record", () =>
      Effect.gen(function*() {
        const { audit } = yield* Vm
        const before = (yield* audit.calls).length
        yield* sh("orders refund --id 7 --cents 5")
        yield* sh("orders find --id 8")
        const [refund, find] = (yield* audit.calls).slice(before)
        assert.deepInclude(refund, { name: "orders:refund", sideEffect: "external_system", status: "ok", error: null })
        assert.match(refund.requestDigest, /^[0-9a-f]{64}$/)
        assert.match(refund.responseDigest!, /^[0-9a-f]{64}$/)
        assert.deepInclude(find, {
          name: "orders:find",
          status: "error",
          responseDigest: null,
          error: { code: "NotFound", message: "no order 8" }
        })
        const tags = (yield* audit.recent).map(({ _tag }) => _tag)
        assert.include(tags, "ApprovalAsked")
        assert.include(tags, "ApprovalSettled")
      }))
  })
}
