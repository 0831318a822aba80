/** `agent-os mcp` as it is built, and the official client. */
import { assert, describe, it } from "@effect/vitest"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { call, connect } from "./client.ts"

const command = createRequire(import.meta.url).resolve("../../dist/bin/agent-os.js")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-mcp-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const stdio = (...args: ReadonlyArray<string>) =>
  Effect.flatMap(
    Effect.sync(() =>
      new StdioClientTransport({ command: process.execPath, args: [command, "mcp", ...args], stderr: "inherit" })
    ),
    (transport) => Effect.map(connect(transport as Transport), (client) => ({ client, pid: transport.pid! }))
  )

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe("agent-os mcp", () => {
  it.scopedLive(
    "over standard input and output: a client works in a VM with a folder of this machine",
    () =>
      Effect.gen(function*() {
        const host = yield* folder
        writeFileSync(join(host, "in.txt"), "b\na\n")
        writeFileSync(
          join(host, "permissions.json"),
          JSON.stringify({ fs: { default: "allow", rules: [{ mode: "deny", paths: ["/etc/passwd"] }] } })
        )
        const { client, pid } = yield* stdio(
          "--mount",
          `${host}:/data:rw`,
          "--permissions",
          join(host, "permissions.json")
        )
        assert.deepStrictEqual(client.getServerVersion()!.name, "agent-os")
        const { tools } = yield* Effect.promise(() => client.listTools())
        assert.deepStrictEqual(tools.map(({ name }) => name), ["run", "read", "write", "list", "diff"])
        const lines: Array<string | undefined> = []
        const sorted = yield* call(
          client,
          "run",
          { command: "sort in.txt | tee out.txt", cwd: "/data" },
          (message) => lines.push(message)
        )
        assert.deepStrictEqual(sorted, {
          isError: false,
          value: { exitCode: 0, timedOut: false, stdout: "a\nb\n", stderr: "", truncated: false }
        })
        assert.strictEqual(lines.join(""), "a\nb\n")
        assert.strictEqual((yield* call(client, "read", { path: "/data/out.txt" })).value.content, "a\nb\n")
        assert.deepStrictEqual(
          (yield* call(client, "diff")).value.changes.map(({ kind, path }: any) => `${kind} ${path}`),
          [
            "created /data/out.txt"
          ]
        )
        assert.strictEqual((yield* call(client, "read", { path: "/etc/passwd" })).value.code, "EACCES")
        assert.strictEqual((yield* call(client, "write", { path: "/data/x" })).value.code, "INVALID_ARGUMENT")
        const waiting = yield* Effect.fork(call(client, "run", { command: "touch /tmp/began; sleep 1000" }))
        yield* Effect.eventually(
          Effect.filterOrFail(
            call(client, "list", { path: "/tmp" }),
            ({ value }) => JSON.stringify(value).includes("began")
          )
        )
        yield* Fiber.interrupt(waiting)
        const left = yield* call(client, "run", { command: "sleep 0.1; ps -e -o args= | grep -c '[s]leep 1000'" })
        assert.strictEqual(left.value.stdout, "0\n")
        yield* Effect.promise(() => client.close())
        yield* Effect.eventually(Effect.suspend(() => isAlive(pid) ? Effect.fail("alive") : Effect.void))
      }),
    60_000
  )

  it.scopedLive("over HTTP, with a token", () =>
    Effect.gen(function*() {
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [command, "mcp", "--http", "0"], {
            env: { ...process.env, AGENT_OS_MCP_TOKEN: "s3cret" },
            stdio: ["ignore", "pipe", "pipe"]
          })
        ),
        (child) =>
          Effect.async<void>((resume) => {
            if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
            child.once("exit", () => resume(Effect.void))
            child.kill("SIGTERM")
          })
      )
      let output = ""
      child.stdout.on("data", (chunk) => (output += String(chunk)))
      const url = yield* Effect.async<string>((resume) => {
        let told = ""
        child.stderr.on("data", (chunk) => {
          told += String(chunk)
          const found = /MCP server at (\S+)\n/.exec(told)
          if (found !== null) resume(Effect.succeed(found[1]))
        })
      })
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
      const client = yield* connect(
        new StreamableHTTPClientTransport(new URL(url), {
          requestInit: { headers: { authorization: "Bearer s3cret" } }
        }) as Transport
      )
      assert.strictEqual((yield* call(client, "run", { command: "echo $((6 * 7))" })).value.stdout, "42\n")
      yield* Effect.promise(() => client.close())
      assert.strictEqual(output, "")
    }), 60_000)

  it("says what is wrong with its flags", () => {
    const run = (...args: ReadonlyArray<string>) => {
      const { status, stderr, stdout } = spawnSync(process.execPath, [command, "mcp", ...args], {
        encoding: "utf8",
        input: ""
      })
      assert.strictEqual(stdout, "")
      assert.strictEqual(status, 125)
      return stderr
    }
    assert.include(run("--http", "x"), "--http x: write a port between 0 and 65535")
    assert.include(run("--http", "70000"), "--http 70000: write a port")
    assert.include(run("--mount", "/none"), "--mount /none: write HOST:GUEST")
    assert.include(run("--permissions", "/none.json"), "--permissions /none.json: ENOENT")
    assert.include(run("--limit", "x=1"), "there is no limit x")
    const path = mkdtempSync(join(tmpdir(), "agent-os-mcp-"))
    try {
      writeFileSync(join(path, "p.json"), JSON.stringify({ fs: { default: "maybe" } }))
      assert.match(run("--permissions", join(path, "p.json")), /invalid configuration at fs/)
    } finally {
      rmSync(path, { recursive: true, force: true })
    }
    const { status, stdout } = spawnSync(process.execPath, [command, "mcp", "--help"], { encoding: "utf8" })
    assert.strictEqual(status, 0)
    assert.include(stdout, "--permissions FILE")
  }, 60_000)
})
