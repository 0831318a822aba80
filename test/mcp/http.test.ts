/** An MCP server over HTTP in this process, and the official client. */
import { assert, layer } from "@effect/vitest"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { request } from "node:http"
import { McpServer } from "../../layers/mcp/index.ts"
import type { HttpOptions } from "../../layers/mcp/McpServer.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Approvals, approve, deny } from "../../services/Approvals.ts"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import { live, told } from "../contract/layers.ts"
import { Orders, OrdersLive } from "../tools/kit.ts"
import { call, connect } from "./client.ts"

const Slow = ToolKit.make("slow", {
  description: "Never ends",
  tools: {
    wait: ToolKit.tool({ description: "Wait", input: Schema.Struct({}) }),
    die: ToolKit.tool({ description: "Die", input: Schema.Struct({}), output: Schema.Array(Schema.Unknown) })
  }
})

const serve = (options: Partial<HttpOptions> = {}) =>
  Effect.gen(function*() {
    const started = yield* Deferred.make<void>()
    const ended = yield* Deferred.make<void>()
    const hold = Effect.onInterrupt(
      Effect.zipRight(Deferred.succeed(started, undefined), Effect.never),
      () => Deferred.succeed(ended, undefined)
    )
    const vm = yield* Vm.make({ toolKits: [Orders, Slow] }).pipe(
      Effect.provide(Layer.mergeAll(
        OrdersLive,
        Slow.toLayer({ wait: () => hold, die: () => Effect.die(new Error("the password is hunter2")) }),
        Approvals.layer(({ arguments: input }) =>
          Effect.succeed((input as any).cents > 100 ? deny("too much") : approve())
        )
      ))
    )
    const { port, url } = yield* McpServer.http({ port: 0, ...options }).pipe(Effect.provideService(Vm, vm))
    const client = (headers: Record<string, string> = {}) =>
      connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }) as Transport)
    return { vm, started, ended, url, port, client }
  })

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } }
})

/** One request by hand: `fetch` does not let go of `Host`. */
const post = (port: number, headers: Record<string, string>, body = initialize, method = "POST", path = "/mcp") =>
  Effect.async<{ status: number; headers: any; body: string }>((resume) => {
    const sent = request({
      port,
      path,
      method,
      host: "127.0.0.1",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers }
    }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk) => (text += chunk))
      response.on(
        "end",
        () => resume(Effect.succeed({ status: response.statusCode!, headers: response.headers, body: text }))
      )
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

layer(TestSidecar.layer({ warmWorkers: 1 }), live)("MCP over HTTP", (it) => {
  it.scoped("the client lists tools with their Schemas, and calls each of the VM's own", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      const mcp = yield* client()
      const { tools } = yield* Effect.promise(() => mcp.listTools())
      assert.deepStrictEqual(tools.map(({ name }) => name), [
        ..."run read write list diff orders_find orders_refund orders_report slow_wait slow_die".split(" ")
      ])
      const find = tools.find(({ name }) => name === "orders_find")!
      assert.deepStrictEqual<unknown>(find.inputSchema.required, ["id"])
      assert.deepStrictEqual<unknown>(find.annotations, {
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false
      })
      assert.include(mcp.getInstructions()!, "Tools of the host")
      assert.deepStrictEqual(yield* call(mcp, "write", { path: "/tmp/a.txt", content: "hello" }), {
        isError: false,
        value: { bytes: 5 }
      })
      assert.strictEqual((yield* call(mcp, "read", { path: "/tmp/a.txt" })).value.content, "hello")
      assert.include(
        (yield* call(mcp, "list", { path: "/tmp" })).value.entries.map(({ path }: any) => path),
        "/tmp/a.txt"
      )
      const ran = yield* call(mcp, "run", { command: "tr a-z A-Z < /tmp/a.txt; exit 4" })
      assert.deepStrictEqual([ran.value.stdout, ran.value.exitCode], ["HELLO", 4])
      assert.deepInclude((yield* call(mcp, "diff")).value.changes[0], { kind: "created", path: "/tmp/a.txt" })
    }))

  it.scoped("a kit's tool: its result, its failure, an approval, a denial, bad arguments, a defect", () =>
    Effect.gen(function*() {
      const { client, vm } = yield* serve()
      const mcp = yield* client()
      assert.deepStrictEqual(yield* call(mcp, "orders_find", { id: "7" }), {
        isError: false,
        value: { id: "7", cents: 500 }
      })
      assert.deepStrictEqual(yield* call(mcp, "orders_find", { id: "8" }), {
        isError: true,
        value: { code: "NotFound", message: "no order 8", data: { _tag: "NotFound", id: "8" } }
      })
      assert.strictEqual((yield* call(mcp, "orders_refund", { id: "7", cents: 5 })).value.receipt, "7-5")
      assert.deepStrictEqual(yield* call(mcp, "orders_refund", { id: "7", cents: 500 }), {
        isError: true,
        value: { code: "PERMISSION_DENIED", message: "EACCES: the call of orders:refund was not approved: too much" }
      })
      assert.deepStrictEqual((yield* call(mcp, "orders_find", { id: 7 })).value.code, "INVALID_ARGUMENT")
      assert.deepStrictEqual((yield* call(mcp, "orders_find", { id: "7", other: 1 })).value.code, "INVALID_ARGUMENT")
      assert.deepStrictEqual((yield* call(mcp, "read", { path: "/none" })).value.code, "ENOENT")
      const died = yield* call(mcp, "slow_die")
      assert.deepStrictEqual(died, {
        isError: true,
        value: { code: "RUNTIME_ERROR", message: "Tool \"slow:die\" failed" }
      })
      const unknown = yield* Effect.flip(call(mcp, "nothing"))
      assert.deepStrictEqual([unknown.code, unknown.message], [
        -32602,
        "MCP error -32602: there is no tool \"nothing\""
      ])
      const calls = yield* vm.audit.calls
      assert.deepStrictEqual(
        calls.map(({ name, status }) => `${name} ${status}`),
        [
          "orders:find ok",
          "orders:find error",
          "orders:refund ok",
          "orders:refund denied",
          "orders:find error",
          "orders:find error",
          "vm:read error",
          "slow:die error"
        ]
      )
    }))

  it.scoped("progress is told to the client that asks for it, as it comes", () =>
    Effect.gen(function*() {
      const { client } = yield* serve()
      const mcp = yield* client()
      const other = yield* client()
      const [mine, others]: [Array<string | undefined>, Array<string | undefined>] = [[], []]
      yield* Effect.all([
        call(mcp, "orders_report", {}, (message) => mine.push(message)),
        call(other, "run", { command: "echo out; sleep 0.05; echo err >&2" }, (message) => others.push(message))
      ], { concurrency: 2 })
      assert.deepStrictEqual(mine, ["step one", "step two"])
      assert.strictEqual(others.join(""), "out\nerr\n")
    }))

  it.scoped("a call that is cancelled interrupts the tool", () =>
    Effect.gen(function*() {
      const { client, ended, started, vm } = yield* serve()
      const mcp = yield* client()
      const waiting = yield* Effect.fork(call(mcp, "slow_wait"))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(waiting)
      yield* Deferred.await(ended)
      // the session lives on
      assert.isFalse((yield* call(mcp, "orders_find", { id: "7" })).isError)
      assert.deepStrictEqual((yield* vm.audit.calls).map(({ status }) => status), ["uncertain", "ok"])
    }))

  it.scoped("a client that closes its connection, and one that ends its session, interrupt their calls", () =>
    Effect.gen(function*() {
      for (const manner of ["connection", "session"]) {
        const { ended, port, started } = yield* serve()
        const opened = yield* post(port, {})
        const session = {
          "mcp-session-id": String(opened.headers["mcp-session-id"]),
          "mcp-protocol-version": "2025-06-18"
        }
        const body = JSON.stringify({
          jsonrpc: "2.0",
          id: 2,
          method: "tools/call",
          params: { name: "slow_wait", arguments: {} }
        })
        const waiting = yield* Effect.fork(post(port, session, body))
        yield* Deferred.await(started)
        if (manner === "connection") yield* Fiber.interrupt(waiting)
        else assert.strictEqual((yield* post(port, session, "", "DELETE")).status, 200)
        yield* Deferred.await(ended)
        const after = yield* post(port, session, JSON.stringify({ jsonrpc: "2.0", id: 3, method: "tools/list" }))
        assert.strictEqual(after.status, manner === "connection" ? 200 : 404)
        yield* Fiber.interrupt(waiting)
      }
    }))

  it.scoped("the end of the server's Scope interrupts calls and closes connections", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { client, ended, port, started } = yield* Scope.extend(serve(), scope)
      const mcp = yield* client()
      const waiting = yield* Effect.fork(call(mcp, "slow_wait"))
      yield* Deferred.await(started)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(ended)
      yield* Fiber.interrupt(waiting)
      const refused = yield* Effect.exit(Effect.sandbox(post(port, {})))
      assert.isTrue(Exit.isFailure(refused))
    }))

  it.scoped("strangers are refused: by Host, by Origin, without the token", () =>
    Effect.gen(function*() {
      const { port } = yield* serve({ allowedHosts: ["machine.test"], allowedOrigins: ["https://good.test"] })
      const status = (headers: Record<string, string>) => Effect.map(post(port, headers), ({ status }) => status)
      assert.strictEqual(yield* status({}), 200)
      assert.strictEqual(yield* status({ host: `localhost:${port}` }), 200)
      assert.strictEqual(yield* status({ host: "machine.test" }), 200)
      assert.strictEqual(yield* status({ host: "evil.test" }), 403)
      assert.strictEqual(yield* status({ host: `evil.test:${port}` }), 403)
      assert.strictEqual(yield* status({ origin: "https://good.test" }), 200)
      assert.strictEqual(yield* status({ origin: `http://127.0.0.1:${port}` }), 200)
      assert.strictEqual(yield* status({ origin: "https://evil.test" }), 403)
      assert.strictEqual(yield* status({ origin: "null" }), 403)
      const closed = yield* serve({ token: "s3cret" })
      const told = yield* post(closed.port, {})
      assert.deepStrictEqual([told.status, told.headers["www-authenticate"]], [401, "Bearer"])
      assert.strictEqual((yield* post(closed.port, { authorization: "Bearer wrong" })).status, 401)
      const mcp = yield* closed.client({ authorization: "Bearer s3cret" })
      assert.isFalse((yield* call(mcp, "orders_find", { id: "7" })).isError)
    }))

  it.scoped("an address that others can reach needs a token; a port that is taken is told", () =>
    Effect.gen(function*() {
      const { port, vm } = yield* serve()
      const http = (options: HttpOptions) => Effect.provideService(McpServer.http(options), Vm, vm)
      assert.include(
        yield* told(http({ port: 0, host: "0.0.0.0" })),
        "McpServerError: 0.0.0.0 can be reached by other machines"
      )
      assert.match(yield* told(http({ port })), /^McpServerError: 127\.0\.0\.1:\d+: .*EADDRINUSE/)
    }))

  it.scoped("sessions are bounded, and end when nothing is open for long; what is no request opens none", () =>
    Effect.gen(function*() {
      const { port } = yield* serve({ maxSessions: 2, idleTimeout: "200 millis" })
      for (const body of ["", "{", "[]", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", "null"]) {
        assert.strictEqual((yield* post(port, {}, body)).status, 400, body)
      }
      assert.strictEqual((yield* post(port, {}, "x".repeat(5 * 1024 * 1024))).status, 413)
      assert.strictEqual((yield* post(port, {}, initialize, "POST", "/other")).status, 404)
      assert.strictEqual((yield* post(port, {}, "", "GET")).status, 400)
      assert.strictEqual((yield* post(port, { "mcp-session-id": "none" })).status, 404)
      const opened = yield* Effect.all([post(port, {}), post(port, {}), post(port, {})])
      assert.deepStrictEqual(opened.map(({ status }) => status), [200, 200, 503])
      const again = Effect.flatMap(post(port, {}), ({ status }) => status === 200 ? Effect.void : Effect.fail(status))
      yield* Effect.eventually(Effect.zipRight(Effect.sleep(50), again))
    }))
})
