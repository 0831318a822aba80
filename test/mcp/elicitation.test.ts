/** Approvals that the users of MCP clients give, through the official client. */
import { assert, describe, it, layer } from "@effect/vitest"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { ElicitResult } from "@modelcontextprotocol/sdk/types.js"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { McpServer } from "../../layers/mcp/index.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import type { Options } from "../../services/Approvals.ts"
import { Vm } from "../../services/Vm.ts"
import { live } from "../contract/layers.ts"
import { asking, call, connect, type Says } from "./client.ts"

const desk = {
  name: "desk",
  description: "A desk",
  tools: [{
    name: "pay",
    description: "Pay",
    inputSchema: { type: "object", properties: { cents: { type: "integer" }, card: { type: "string" } } },
    sideEffect: "external_system" as const,
    approval: "manual" as const,
    redact: ["card"],
    execute: (input: unknown) => ({ paid: (input as { readonly cents: number }).cents })
  }]
}

const serve = (options: Options = {}) =>
  Effect.gen(function*() {
    const vm = yield* Effect.provide(Vm.make({ toolKits: [desk] }), McpServer.layerApprovals(options))
    const { url } = yield* McpServer.http({ port: 0 }).pipe(Effect.provideService(Vm, vm))
    const client = (says?: Says) =>
      connect(
        new StreamableHTTPClientTransport(new URL(url)) as Transport,
        says === undefined ? undefined : asking(says)
      )
    return { vm, client }
  })

const decides = (decision: string): ElicitResult => ({ action: "accept", content: { decision } })

const denied = (why: string) => ({
  isError: true,
  value: { code: "PERMISSION_DENIED", message: `EACCES: the call of desk:pay was not approved${why}` }
})

const gone: Says = () => Promise.reject(new Error("the screen is gone"))

/** Waits until it succeeds. */
const until = <A, E>(effect: Effect.Effect<A, E>) => Effect.retry(effect, Schedule.spaced(10))

const paid = (cents: number) => ({ isError: false, value: { paid: cents } })

layer(TestSidecar.layer({ warmWorkers: 1 }), live)("an approval by the user of an MCP client", (it) => {
  it.scoped("is asked for with what is needed to decide, and lets the call through", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      const questions: Array<Parameters<Says>[0]> = []
      const user = yield* client((question) => {
        questions.push(question)
        return decides("approve")
      })
      assert.deepStrictEqual(yield* call(user, "desk_pay", { cents: 5, card: "4111\u202e" }), paid(5))
      assert.deepStrictEqual(yield* call(user, "desk_pay", { cents: 6 }), paid(6))
      assert.strictEqual(questions.length, 2)
      assert.strictEqual(
        questions[0].message,
        "The model wants to call desk:pay (side effect: external system) with {\"card\":\"[redacted]\",\"cents\":5}. " +
          "Is it allowed?"
      )
      const { requestedSchema } = questions[0] as { readonly requestedSchema: any }
      assert.deepStrictEqual(requestedSchema.required, ["decision"])
      assert.deepStrictEqual(requestedSchema.properties.decision.enum, ["approve", "always", "deny"])
    }))

  it.scoped("is a yes only where it says so", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      const answers: ReadonlyArray<readonly [says: Says, why: string]> = [
        [() => decides("deny"), ""],
        [() => decides("Approve"), ""],
        [() => ({ action: "accept" }), ""],
        [() => ({ action: "accept", content: { approve: true } }), ""],
        [() => ({ action: "decline" }), ": declined"],
        [() => ({ action: "decline", content: { decision: "approve" } }), ": declined"],
        [() => ({ action: "cancel" }), ": nobody wanted to decide"],
        [gone, ": the client did not answer"]
      ]
      for (const [says, why] of answers) {
        const user = yield* client(says)
        assert.deepStrictEqual(yield* call(user, "desk_pay", { cents: 5 }), denied(why))
      }
      const mute = yield* client()
      const none = ": the client cannot ask its user (it has no elicitation)"
      assert.deepStrictEqual(yield* call(mute, "desk_pay", { cents: 5 }), denied(none))
    }))

  it.scoped("for ever is for the VM", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      let count = 0
      const user = yield* client(() => {
        count++
        return decides("always")
      })
      for (const cents of [1, 2, 3]) assert.deepStrictEqual(yield* call(user, "desk_pay", { cents }), paid(cents))
      assert.strictEqual(count, 1)
    }))

  it.scoped("of each of several calls and clients is that of its own user", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      const of = (rest: number): Says => async ({ message }) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return decides(Number(/"cents":(\d+)/.exec(message)![1]) % 3 === rest ? "approve" : "deny")
      }
      const users = yield* Effect.forEach([0, 1, 2], (rest) => client(of(rest)))
      const calls = Array.from({ length: 30 }, (_, index) => ({ cents: index, who: Math.floor(index / 3) % 3 }))
      const results = yield* Effect.forEach(
        calls,
        ({ cents, who }) => call(users[who], "desk_pay", { cents }),
        { concurrency: "unbounded" }
      )
      for (const [index, { cents, who }] of calls.entries()) {
        assert.deepStrictEqual(results[index], cents % 3 === who ? paid(cents) : denied(""))
      }
    }))

  it.scoped("for a process is asked of the only client at work, and of nobody where there are two", () =>
    Effect.gen(function*() {
      const { client, vm } = yield* serve()
      const questions: Array<string> = []
      const says: Says = ({ message }) => {
        questions.push(message)
        return decides("approve")
      }
      const user = yield* client(says)
      const command = "desk pay --cents 7 | jq -c .result"
      assert.strictEqual((yield* call(user, "run", { command })).value.stdout, "{\"paid\":7}\n")
      assert.match(questions[0], /^Process \d+ of the machine wants to call desk:pay .* with \{"cents":7\}\. /)
      const other = yield* client(says)
      const waits = yield* Effect.fork(call(other, "run", { command: "touch /tmp/began; sleep 1000" }))
      yield* until(Effect.filterOrFail(vm.filesystem.exists("/tmp/began"), (is) => is))
      const refused = yield* call(user, "run", { command: "desk pay --cents 8" })
      assert.include(refused.value.stderr, "not approved: there is no client that could be asked")
      // its own call is its user's
      assert.deepStrictEqual(yield* call(user, "desk_pay", { cents: 9 }), paid(9))
      yield* Fiber.interrupt(waits)
      yield* until(Effect.filterOrFail(vm.audit.calls, (calls) => calls.some(({ status }) => status === "uncertain")))
      const alone = yield* vm.processes.exec("desk pay --cents 10")
      assert.include(alone.stderr, "not approved: there is no client that could be asked")
      assert.strictEqual(questions.length, 2)
    }))

  it.scoped("is withdrawn in front of the user as well", () =>
    Effect.gen(function*() {
      const asked = yield* Queue.unbounded<AbortSignal>()
      const says: Says = (_, signal) => {
        Queue.unsafeOffer(asked, signal)
        return new Promise(() => {})
      }
      const told = (signal: AbortSignal) =>
        Effect.async<void>((resume) => {
          if (signal.aborted) resume(Effect.void)
          else signal.addEventListener("abort", () => resume(Effect.void), { once: true })
        }).pipe(Effect.timeout("5 seconds"))
      const { client } = yield* serve()
      const user = yield* client(says)
      // the call is cancelled
      const run = yield* Effect.fork(call(user, "desk_pay", { cents: 5 }))
      const first = yield* Queue.take(asked)
      assert.isFalse(first.aborted)
      yield* Fiber.interrupt(run)
      yield* told(first)
      // nobody has answered in time
      const short = yield* serve({ expiry: "50 millis" })
      const late = yield* short.client(says)
      assert.isTrue((yield* call(late, "desk_pay", { cents: 5 })).isError)
      yield* told(yield* Queue.take(asked))
    }))

  it.scoped("is withdrawn with its call, and expires", () =>
    Effect.gen(function*() {
      const { client, vm } = yield* serve()
      const asked = yield* Deferred.make<void>()
      const user = yield* client(() => {
        Deferred.unsafeDone(asked, Effect.void)
        return new Promise(() => {})
      })
      const run = yield* Effect.fork(call(user, "desk_pay", { cents: 5 }))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(run)
      const settled = Effect.map(vm.audit.recent, (events) => events.filter(({ _tag }) => _tag === "ApprovalSettled"))
      yield* until(Effect.filterOrFail(settled, (events) => events.length === 1))
      assert.deepInclude((yield* settled)[0], { state: "cancelled" })
      const short = yield* serve({ expiry: "50 millis" })
      const late = yield* short.client(() => new Promise(() => {}))
      assert.strictEqual((yield* call(late, "desk_pay", { cents: 5 })).isError, true)
    }))
})

const command = createRequire(import.meta.url).resolve("../../dist/bin/agent-os.js")

describe("agent-os mcp", () => {
  it.scopedLive("asks the client's user where the permissions say so", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-mcp-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
      )
      const file = join(folder, "permissions.json")
      writeFileSync(
        file,
        JSON.stringify({ tool: { default: "allow", rules: [{ mode: "ask", patterns: ["vm:run"] }] } })
      )
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [command, "mcp", "--permissions", file],
        stderr: "inherit"
      })
      const client = yield* connect(
        transport as Transport,
        asking(({ message }) => decides(message.includes("rm ") ? "deny" : "approve"))
      )
      assert.strictEqual((yield* call(client, "run", { command: "echo hi" })).value.stdout, "hi\n")
      const refused = yield* call(client, "run", { command: "rm -r /etc" })
      assert.deepStrictEqual([refused.isError, refused.value.code], [true, "PERMISSION_DENIED"])
      assert.isFalse((yield* call(client, "list", { path: "/etc" })).isError)
    }), 30_000)
})
