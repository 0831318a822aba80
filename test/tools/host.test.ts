/** Calls of the host, for a model: the VM's own tools and those of its kits, under the same rules as calls of guests. */
import { assert, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Approvals, approve, deny } from "../../services/Approvals.ts"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf, live, subjects, told } from "../contract/layers.ts"
import { Orders, OrdersLive } from "./kit.ts"

const Slow = ToolKit.make("slow", {
  description: "Never ends",
  tools: { wait: ToolKit.tool({ description: "Wait", input: Schema.Struct({}) }) }
})

const makeVm = Effect.gen(function*() {
  const started = yield* Deferred.make<void>()
  const ended = yield* Deferred.make<void>()
  const hold = Effect.onInterrupt(
    Effect.zipRight(Deferred.succeed(started, undefined), Effect.never),
    () => Deferred.succeed(ended, undefined)
  )
  const vm = yield* Vm.make({
    toolKits: [Orders, Slow],
    mounts: [{ path: "/data", plugin: { id: "memory" } }],
    permissions: {
      tool: {
        default: "allow",
        rules: [{ mode: "deny", patterns: ["orders:report"] }, { mode: "ask", patterns: ["vm:write"] }]
      },
      fs: { default: "allow", rules: [{ mode: "deny", paths: ["/secret", "/secret/**"] }] }
    }
  }).pipe(
    Effect.provide(Layer.mergeAll(
      OrdersLive,
      Slow.toLayer({ wait: () => hold }),
      Approvals.layer((request) =>
        Effect.succeed(
          JSON.stringify(request.arguments).includes("forbidden") || (request.arguments as any).cents > 1000
            ? deny("too much")
            : approve()
        )
      )
    ))
  )
  return { vm, started, ended }
})

for (const { layer: sidecar, name } of subjects.slice(0, 2)) {
  layer(sidecar, live)(`calls of the host: ${name}`, (it) => {
    it.scoped("the VM's own tools", () =>
      Effect.gen(function*() {
        const { vm: { filesystem, tools } } = yield* makeVm
        assert.deepStrictEqual(
          tools.list.map(({ name }) => name),
          [
            ..."run read write list diff".split(" ").map((tool) => `vm:${tool}`),
            "orders:find",
            "orders:refund",
            "orders:report",
            "slow:wait"
          ]
        )
        yield* filesystem.writeFile("/home/user/before.txt", "x")
        yield* filesystem.chmod("/data", 0o777)
        const lines: Array<string> = []
        const ran = yield* tools.call(
          "vm:run",
          {
            command: "echo out; echo err >&2; cat; echo $V > made.txt; pwd; exit 3",
            cwd: "/data",
            stdin: "in\n",
            env: { V: "é" }
          },
          { progress: (line) => Effect.sync(() => void lines.push(line)) }
        )
        assert.deepStrictEqual(ran, {
          exitCode: 3,
          timedOut: false,
          stdout: "out\nin\n/data\n",
          stderr: "err\n",
          truncated: false
        })
        assert.include(lines.join(""), "out\n")
        assert.deepStrictEqual(yield* tools.call("vm:read", { path: "/data/made.txt" }), {
          content: "é\n",
          encoding: "utf8",
          size: 3,
          next: null
        })
        assert.deepStrictEqual(yield* tools.call("vm:write", { path: "/data/a/b.txt", content: "one" }), { bytes: 3 })
        yield* tools.call("vm:write", { path: "/data/a/b.txt", content: "AP8=", encoding: "base64", append: true })
        assert.deepStrictEqual([...yield* filesystem.readFile("/data/a/b.txt")], [111, 110, 101, 0, 255])
        const { content, encoding } = (yield* tools.call("vm:read", { path: "/data/a/b.txt" })) as any
        assert.deepStrictEqual([content, encoding], ["b25lAP8=", "base64"])
        assert.deepStrictEqual(yield* tools.call("vm:list", { path: "/data", depth: 1 }), {
          entries: [
            { path: "/data/a", type: "directory", size: 4096 },
            { path: "/data/made.txt", type: "file", size: 3 },
            { path: "/data/a/b.txt", type: "file", size: 5 }
          ],
          truncated: false
        })
        yield* tools.call("vm:run", { command: "mv before.txt after.txt" })
        const { changes } = (yield* tools.call("vm:diff", {})) as { changes: ReadonlyArray<Record<string, unknown>> }
        assert.sameDeepMembers(changes.map(({ kind, path }) => `${kind} ${path}`), [
          "moved /home/user/after.txt",
          "created /data/a",
          "created /data/a/b.txt",
          "created /data/made.txt"
        ])
      }))

    it.scoped("a range of a file never cuts a character; long output keeps its beginning and its end", () =>
      Effect.gen(function*() {
        const { vm: { filesystem, tools } } = yield* makeVm
        yield* filesystem.writeFile("/tmp/text", "aé€😀z")
        let offset: number | null = 0
        let text = ""
        while (offset !== null) {
          const part: any = yield* tools.call("vm:read", { path: "/tmp/text", offset, length: 4 })
          assert.strictEqual(part.encoding, "utf8")
          text += part.content
          offset = part.next
        }
        assert.strictEqual(text, "aé€😀z")
        const long: any = yield* tools.call("vm:run", { command: "echo first; seq 100000; echo last" })
        assert.isTrue(long.truncated)
        assert.match(long.stdout, /^first\n1\n[^]*\n\[\d+ bytes left out\]\n[^]*\n100000\nlast\n$/)
        assert.isBelow(long.stdout.length, 66_000)
        const timed: any = yield* tools.call("vm:run", { command: "echo here; sleep 1000", timeoutMs: 300 })
        assert.deepStrictEqual([timed.timedOut, timed.stdout, timed.exitCode], [true, "here\n", 124])
        const session = "work"
        yield* tools.call("vm:run", { command: "cd /tmp; x=kept", session })
        const later: any = yield* tools.call("vm:run", { command: "pwd; echo $x", session })
        assert.strictEqual(later.stdout, "/tmp\nkept\n")
        const refused: any = yield* failureOf(tools.call("vm:run", { command: "pwd", session: "a b" }))
        assert.strictEqual(refused.code, "Spawn")
      }))

    it.scoped("failures have a code and a message; denials and approvals are those of guests", () =>
      Effect.gen(function*() {
        const { vm: { tools } } = yield* makeVm
        const error = (tool: string, input: unknown) =>
          Effect.map(
            failureOf(tools.call(tool, input)),
            (error) => error._tag === "ToolError" ? `${error.reason} ${error.code}: ${error.message}` : error._tag
          )
        assert.deepStrictEqual(yield* tools.call("orders:find", { id: "7" }), { id: "7", cents: 500 })
        assert.strictEqual(yield* error("orders:find", { id: "8" }), "Failed NotFound: no order 8")
        const notFound = yield* failureOf(tools.call("orders:find", { id: "8" }))
        assert.deepStrictEqual((notFound as any).data, { _tag: "NotFound", id: "8" })
        assert.strictEqual(
          yield* error("orders:find", { id: 8 }),
          "Input INVALID_ARGUMENT: ToolInputSchemaViolation at $.id: expected a string, got 8"
        )
        assert.strictEqual(yield* error("orders:nothing", {}), "UnknownTool UNKNOWN_TOOL: No tool \"orders:nothing\"")
        assert.strictEqual(
          yield* error("orders:report", {}),
          "Denied PERMISSION_DENIED: EACCES: blocked by tool.invoke policy for orders:report"
        )
        assert.match(yield* error("orders:refund", { id: "7", cents: 2000 }), /^Denied PERMISSION_DENIED: .*too much$/)
        assert.strictEqual(((yield* tools.call("orders:refund", { id: "7", cents: 5 })) as any).receipt, "7-5")
        assert.match(yield* error("vm:write", { path: "/tmp/forbidden", content: "" }), /^Denied PERMISSION_DENIED/)
        assert.match(yield* error("vm:write", { path: "/secret/x", content: "" }), /^Failed EACCES: /)
        assert.match(yield* error("vm:read", { path: "/none" }), /^Failed ENOENT: /)
        assert.match(yield* error("vm:read", { path: "none" }), /^Failed PathError: /)
        assert.match(yield* error("vm:run", { command: 7 }), /^Input INVALID_ARGUMENT/)
        assert.match(yield* error("vm:run", BigInt(7)), /^Input INVALID_ARGUMENT/)
        assert.match(yield* error("vm:write", { path: "/tmp/x", content: "%", encoding: "base64" }), /^Failed EINVAL/)
      }))

    it.scoped("each call is one record, numbered with those of guests; interruption reaches the tool", () =>
      Effect.gen(function*() {
        const { ended, started, vm } = yield* makeVm
        yield* vm.tools.call("orders:refund", { id: "7", cents: 5 })
        yield* vm.processes.exec("orders refund --id 7 --cents 5")
        yield* Effect.ignore(vm.tools.call("orders:find", { id: "8" }))
        yield* Effect.ignore(vm.tools.call("orders:report", {}))
        const waiting = yield* Effect.fork(vm.tools.call("slow:wait", {}))
        yield* Deferred.await(started)
        yield* Fiber.interrupt(waiting)
        yield* Deferred.await(ended)
        const events = (yield* vm.audit.recent).flatMap((event) =>
          event._tag === "ToolCalled" && event.record.status !== "approval_pending" ? [event] : []
        )
        assert.deepStrictEqual(
          events.map(({ call, record }) => [call, record.name, record.status]),
          [
            [1, "orders:refund", "ok"],
            [2, "orders:refund", "ok"],
            [3, "orders:find", "error"],
            [4, "orders:report", "denied"],
            [5, "slow:wait", "uncertain"]
          ]
        )
        assert.deepStrictEqual(events.map(({ pid }) => pid === undefined), [true, false, true, true, true])
        assert.notStrictEqual(events[0].key, events[1].key)
        assert.strictEqual(events[0].record.requestDigest, events[1].record.requestDigest)
      }))

    it.scoped("a policy that takes the place of the first one binds the next call; guests do not have the own tools", () =>
      Effect.gen(function*() {
        const { vm } = yield* makeVm
        yield* vm.setPermissions({ tool: "deny" })
        assert.include(yield* told(vm.tools.call("vm:run", { command: "true" })), "blocked by tool.invoke policy")
        yield* vm.setPermissions({})
        yield* vm.tools.call("vm:run", { command: "true" })
        const { exitCode, stderr } = yield* vm.processes.exec("agentos vm run --command true")
        assert.deepStrictEqual([exitCode, stderr], [1, "No toolkit \"vm\". Available: orders, slow\n"])
      }))

    it.scoped("the name of the own tools is not for kits", () =>
      Effect.gen(function*() {
        const kit = ToolKit.make("vm", {
          description: "x",
          tools: { run: ToolKit.tool({ description: "x", input: Schema.Struct({}) }) }
        })
        const lease = Vm.make({ toolKits: [kit] }).pipe(Effect.provide(kit.toLayer({ run: () => Effect.void })))
        assert.strictEqual(
          yield* told(lease),
          "ConfigError: invalid configuration at toolKits[0].name: the name \"vm\" is that of the VM's own tools"
        )
      }))
  })
}
