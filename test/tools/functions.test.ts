/** Plain functions as tools: what may be said of them, and what they are told of a call. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ApprovalRequest, Approvals, approve, deny } from "../../services/Approvals.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import type { FunctionCall } from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import * as VmConfig from "../../src/config/VmConfig.ts"
import { failureOf, live, subjects } from "../contract/layers.ts"

const object = (...keys: ReadonlyArray<string>) => ({
  type: "object",
  properties: Object.fromEntries(keys.map((key) => [key, { type: key === "cents" ? "integer" : "string" }])),
  required: keys
})

const calls: Array<FunctionCall> = []
const aborted = Deferred.unsafeMake<void>(undefined as never)

const desk = {
  name: "desk",
  description: "Plain functions",
  tools: [
    {
      name: "find",
      description: "Synchronous",
      inputSchema: object("id"),
      outputSchema: object("id", "cents"),
      sideEffect: "read" as const,
      execute: (input: any, call: FunctionCall) => {
        calls.push(call)
        call.progress("looking")
        call.progress("found")
        return input.id === "wrong" ? { id: 7 } : { id: input.id, cents: 500 }
      }
    },
    {
      name: "refund",
      description: "Asynchronous",
      inputSchema: object("id", "cents", "card"),
      sideEffect: "external_system" as const,
      approval: { auto: "kwargs.cents <= 1000 and side_effect == \"external_system\" and not idempotent" },
      redact: ["card"],
      execute: async (input: any, call: FunctionCall) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        call.progress(`paying ${input.cents}`)
        await Promise.resolve()
        return { receipt: `${input.id}-${call.key.length}` }
      }
    },
    {
      name: "small",
      description: "A small answer, three times a minute",
      inputSchema: {},
      limits: { responseBytes: 10, requestBytes: 20, perMinute: 3 },
      execute: () => "x".repeat(20)
    },
    {
      name: "odd",
      description: "Throws what nobody can show",
      inputSchema: {},
      execute: () => {
        throw {
          get message() {
            throw new Error("not even that")
          }
        }
      }
    },
    {
      name: "hangs",
      description: "Never ends",
      inputSchema: {},
      timeoutMs: 50,
      execute: (_: unknown, { signal }: FunctionCall) =>
        new Promise(() => {
          signal.addEventListener("abort", () => Deferred.unsafeDone(aborted, Effect.void))
        })
    }
  ]
}

const asked: Array<ApprovalRequest> = []

const vm = (sidecar: (typeof subjects)[number]["layer"]) =>
  Vm.layer({ toolKits: [desk] }).pipe(
    Layer.provide(Approvals.layer((request) => {
      asked.push(request)
      return Effect.succeed((request.arguments as { readonly cents: number }).cents < 10_000 ? approve() : deny("much"))
    })),
    Layer.provide(sidecar)
  )

const sh = (command: string) => Effect.flatMap(Vm, ({ processes }) => processes.exec(command))
const codeOf = (stdout: string) => JSON.parse(stdout).error?.code

for (const { layer: sidecar, name } of subjects.slice(0, 2)) {
  layer(vm(sidecar), live)(`plain functions over ${name}`, (it) => {
    it.effect("a synchronous one is told of its call, and its messages come in order and before its result", () =>
      Effect.gen(function*() {
        calls.length = 0
        const { vmId } = yield* Vm
        const { exitCode, stderr, stdout } = yield* sh("desk find --id 7")
        assert.deepStrictEqual([exitCode, stderr], [0, "looking\nfound\n"])
        assert.deepStrictEqual(JSON.parse(stdout), { ok: true, result: { id: "7", cents: 500 } })
        const [call] = calls
        assert.deepStrictEqual([call.tool, call.vmId, call.signal.aborted], ["desk:find", vmId, false])
        assert.match(call.key, /^[0-9a-f]{64}$/)
        assert.isAbove(call.pid, 0)
        assert.isFalse(call.progress("too late"))
      }))

    it.effect("a result that is not what its schema says is an error of the tool", () =>
      Effect.gen(function*() {
        const { exitCode, stdout } = yield* sh("desk find --id wrong")
        assert.deepStrictEqual([exitCode, codeOf(stdout)], [1, "RUNTIME_ERROR"])
      }))

    it.effect("an asynchronous one has its approval, and its secrets are kept", () =>
      Effect.gen(function*() {
        asked.length = 0
        const refund = (cents: number) => sh(`desk refund --id 7 --card 4111-1111 --cents ${cents}`)
        const small = yield* refund(1000)
        assert.deepStrictEqual(small, {
          exitCode: 0,
          stdout: "{\"ok\":true,\"result\":{\"receipt\":\"7-64\"}}",
          stderr: "paying 1000\n"
        })
        assert.lengthOf(asked, 0)
        assert.strictEqual((yield* refund(1001)).exitCode, 0)
        const large = yield* refund(10_000)
        assert.deepStrictEqual([large.exitCode, codeOf(large.stdout)], [1, "PERMISSION_DENIED"])
        assert.deepStrictEqual(asked.map(({ reason, sideEffect }) => [reason, sideEffect]), [
          ["rule", "external_system"],
          ["rule", "external_system"]
        ])
        assert.notInclude(JSON.stringify(asked), "4111")
        const { audit } = yield* Vm
        const records = (yield* audit.calls).filter((record) => record.name === "desk:refund")
        assert.deepStrictEqual(records.map(({ sideEffect, status }) => [sideEffect, status]).at(-1), [
          "external_system",
          "denied"
        ])
      }))

    it.effect("limits hold", () =>
      Effect.gen(function*() {
        const inputs = ["{}", "{}", "{}", "{\"a\":\"longer than that\"}", "{}"]
        const { stdout } = yield* sh(
          inputs.map((json) => `desk small --json '${json}' 2>&- | jq -r .error.code`).join(";")
        )
        const large = "RESULT_NOT_SERIALIZABLE"
        assert.deepStrictEqual(stdout.split("\n"), [
          large,
          large,
          large,
          "INVALID_ARGUMENT",
          "EXTERNAL_CALLS_EXCEEDED",
          ""
        ])
      }))

    it.effect("one that throws what cannot be logged is a failure like any other", () =>
      Effect.gen(function*() {
        const { stdout } = yield* sh("desk odd")
        assert.deepStrictEqual(JSON.parse(stdout).error, { code: "RUNTIME_ERROR", message: "Tool \"desk:odd\" failed" })
        const { tools } = yield* Vm
        assert.deepInclude(yield* failureOf(tools.call("desk:odd", {})), { code: "RUNTIME_ERROR" })
      }))

    it.effect("one that takes too long is told so", () =>
      Effect.gen(function*() {
        const { stdout } = yield* sh("desk hangs")
        assert.strictEqual(codeOf(stdout), "TIMEOUT_TOOL")
        yield* Deferred.await(aborted)
      }))

    it.effect("its declaration has its result", () =>
      Effect.gen(function*() {
        const declared = yield* Effect.flatMap(Filesystem, (fs) => fs.readFileString("/usr/share/tools/desk.d.ts"))
        assert.include(declared, "find(input: { id: string }): Promise<{ id: string; cents: number }>")
      }))
  })
}

describe("a plain function is refused", () => {
  const cases: ReadonlyArray<readonly [more: object, path: string]> = [
    [{ approval: { auto: "kwargs.cents <=" } }, "approval"],
    [{ approval: "perhaps" }, "approval"],
    [{ sideEffect: "dangerous" }, "sideEffect"],
    [{ limits: { concurrency: 0 } }, "limits.concurrency: expected an integer from 1 to 10000"],
    [{ limits: { responseBytes: 1e9 } }, "limits.responseBytes: expected an integer from 1 to 16777216"],
    [{ limits: { timeout: 5 } }, "limits.timeout"],
    [{ outputSchema: "string" }, "outputSchema"],
    [{ idempotent: "yes" }, "idempotent"]
  ]
  for (const [more, path] of cases) {
    it.effect(JSON.stringify(more), () =>
      Effect.gen(function*() {
        const tool = { name: "one", description: "One", inputSchema: {}, execute: () => null, ...more }
        const toolKits = [{ name: "kit", description: "Kit", tools: [tool as never] }]
        const error = yield* failureOf(VmConfig.decode({ toolKits }))
        assert.include(error.message, `toolKits[0].tools[0].${path}`)
      }))
  }
})
