/** Tools that misbehave, arguments that are meant to, and very many calls at once. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import { digest, digestText } from "../../src/tools/Json.ts"
import { failureOf, live, subjects } from "../contract/layers.ts"

const SECRET = "hunter2"
const REQUEST_BYTES = 1_048_576
/** More than one request carries, and more than any tool of the VM takes. */
const HUGE = 3_000_000

const cycle: Record<string, unknown> = { list: [] }
;(cycle.list as Array<unknown>).push(cycle)

const deep = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { a: value }
  return value
}

class Odd extends Schema.TaggedError<Odd>()("Odd", { why: Schema.String }) {}

const boom = () => {
  throw new Error(SECRET)
}

const long = (error: Odd) =>
  Object.defineProperties(error, { code: { value: "C".repeat(1e6) }, message: { value: "m".repeat(5e6) } })

/** What a handler gives, by the name of its tool. */
const bad: Readonly<Record<string, () => Effect.Effect<unknown, any>>> = {
  dies: () => Effect.die(new Error(SECRET)),
  throws: boom,
  interrupts: () => Effect.interrupt,
  unshowable: () => Effect.die(Object.defineProperty({}, "message", { enumerable: true, get: boom })),
  dieslater: () => Effect.zipRight(Effect.yieldNow(), Effect.die(SECRET)),
  failsodd: () => Effect.fail({ secret: SECRET }),
  longfailure: () => Effect.fail(long(new Odd({ why: "x" }))),
  gettererror: () => Effect.fail(Object.defineProperty(new Odd({ why: "x" }), "message", { get: boom })),
  cycle: () => Effect.succeed(cycle),
  huge: () => Effect.succeed("x".repeat(100 * 1024 * 1024)),
  escapes: () => Effect.succeed("\u0001".repeat(100 * 1024 * 1024)),
  many: () => Effect.succeed(new Array(100_000_000)),
  deep: () => Effect.succeed(deep(100_000)),
  nan: () => Effect.succeed({ at: [Number.NaN] }),
  func: () => Effect.succeed({ run: () => 1 }),
  symbol: () => Effect.succeed(Symbol("x")),
  bigint: () => Effect.succeed({ big: 1n }),
  getter: () => Effect.succeed(Object.defineProperty({}, "x", { enumerable: true, get: boom })),
  json: () => Effect.succeed({ toJSON: boom }),
  proxy: () => Effect.succeed(new Proxy({}, { ownKeys: boom }))
}

const anything = Schema.Struct({ text: Schema.optional(Schema.Unknown) })

const Bad = ToolKit.make("bad", {
  description: "Misbehaves",
  tools: {
    ...Object.fromEntries(
      Object.keys(bad).map((name) => [
        name,
        ToolKit.tool({ description: name, input: anything, output: Schema.Unknown, failure: Odd })
      ])
    ),
    shape: ToolKit.tool({ description: "Wrong shape", input: anything, output: Schema.Struct({ n: Schema.Int }) }),
    hangs: ToolKit.tool({ description: "Hangs", input: anything, limits: { timeout: 60 } }),
    echo: ToolKit.tool({ description: "Gives its input", input: anything, output: Schema.Unknown }),
    small: ToolKit.tool({ description: "Takes little", input: anything, limits: { requestBytes: 64 } }),
    square: ToolKit.tool({
      description: "Squares",
      input: Schema.Struct({ n: Schema.Int, vm: Schema.String }),
      output: Schema.String,
      limits: { concurrency: 64 }
    })
  }
})

const handled: Array<unknown> = []
const BadLive = Bad.toLayer({
  ...bad,
  shape: () => Effect.succeed({ n: "three" } as never),
  hangs: () => Effect.never,
  echo: (input: unknown) => Effect.sync(() => (handled.push(input), input)),
  small: () => Effect.void,
  // answers come in another order than calls
  square: ({ n, vm }: { readonly n: number; readonly vm: string }) =>
    Effect.as(Effect.sleep((n * 7919) % 23), `${vm}:${n * n}`)
} as never)

const config = {
  toolKits: [Bad],
  permissions: { tool: { default: "allow", rules: [{ mode: "deny", patterns: ["bad:small"] }] } }
} as const
const makeVm = Effect.provide(Vm.make(config), BadLive)
/** Writes what is logged down, and throws it away. */
const quiet = Logger.replace(Logger.defaultLogger, Logger.map(Logger.logfmtLogger, () => {}))

const sh = (command: string) => Effect.flatMap(Vm, ({ processes }) => processes.exec(command))
const last = Effect.flatMap(Vm, ({ audit }) => Effect.map(audit.calls, (calls) => calls[calls.length - 1]))
const count = Effect.flatMap(Vm, ({ audit }) => Effect.map(audit.calls, (calls) => calls.length))
const NO_INPUT = digestText("")

const failed = (code: string, message: string) => ({
  exitCode: 1,
  stdout: JSON.stringify({ ok: false, error: { code, message } }),
  stderr: `${message}\n`
})
const unserializable = (tool: string, what: string) =>
  failed("RESULT_NOT_SERIALIZABLE", `the result of bad:${tool} at ${what}`)
const broken = (tool: string) => failed("RUNTIME_ERROR", `Tool "bad:${tool}" failed`)

const results: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    [
      "dies",
      "throws",
      "interrupts",
      "unshowable",
      "dieslater",
      "failsodd",
      "gettererror",
      "getter",
      "json",
      "proxy",
      "shape"
    ].map((
      name
    ) => [name, broken(name)])
  ),
  hangs: failed("TIMEOUT_TOOL", "Tool \"bad:hangs\" timed out after 60ms"),
  cycle: unserializable("cycle", "$.list[0] contains itself"),
  huge: unserializable("huge", "$ is too large"),
  escapes: unserializable("escapes", "$ is too large"),
  nan: unserializable("nan", "$.at[0] NaN is no JSON"),
  func: unserializable("func", "$.run a function is no JSON"),
  symbol: unserializable("symbol", "$ a symbol is no JSON"),
  bigint: unserializable("bigint", "$.big a bigint is no JSON"),
  deep: unserializable("deep", `$${".a".repeat(64)} more than 64 levels deep`)
}

for (const { layer: sidecar, name } of subjects.slice(0, 2)) {
  const vm = Layer.provideMerge(Layer.scoped(Vm, makeVm), Layer.merge(sidecar, quiet))
  layer(vm, live)(`hostile tools and arguments: ${name}`, (it) => {
    it.effect(
      "a tool that misbehaves fails its one call, tells nothing of itself, and leaves a record",
      () =>
        Effect.gen(function*() {
          for (const [tool, expected] of Object.entries(results)) {
            const before = yield* count
            const given = yield* sh(`bad ${tool}`)
            assert.deepStrictEqual<object>(given, expected, tool)
            const record = yield* last
            assert.strictEqual((yield* count) - before, 1, tool)
            const { code, message } = JSON.parse(given.stdout).error
            assert.deepInclude(record, {
              name: `bad:${tool}`,
              status: tool === "hangs" ? "timeout" : "error",
              requestDigest: digest({ args: [], kwargs: {} }),
              responseDigest: null,
              error: { code, message }
            }, tool)
            assert.notInclude(JSON.stringify([given, record]), SECRET)
          }
          const many = yield* sh("bad many")
          assert.strictEqual(JSON.parse(many.stdout).error.code, "RESULT_NOT_SERIALIZABLE")
          assert.strictEqual((yield* sh("bad echo --text fine")).stdout, "{\"ok\":true,\"result\":{\"text\":\"fine\"}}")
        }),
      60_000
    )

    it.effect("a failure of a tool is told as far as somebody may read it, and what is left out is said", () =>
      Effect.gen(function*() {
        const { exitCode, stderr, stdout } = yield* sh("bad longfailure")
        const code = `${"C".repeat(128)} ... (${1e6 - 128} more)`
        const message = `${"m".repeat(16_384)} ... (${5e6 - 16_384} more)`
        const { error } = JSON.parse(stdout)
        assert.deepStrictEqual([exitCode, stderr, error.code, error.message], [1, `${message}\n`, code, message])
        assert.deepStrictEqual((yield* last).error, { code, message: message.slice(0, 4096) })
      }))

    it.effect("the host is told the same of its own calls", () =>
      Effect.gen(function*() {
        const { tools } = yield* Vm
        for (const tool of ["dies", "interrupts", "getter", "cycle", "hangs"]) {
          const error = yield* failureOf(tools.call(`bad:${tool}`, {}))
          assert.strictEqual(error._tag, "ToolError", tool)
          assert.include(JSON.stringify(results[tool]), JSON.stringify(error.message).slice(1, -1), tool)
        }
      }))

    it.effect(
      "an argument that is none is refused before anything is called, and recorded",
      () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm
          const encode = (text: string) => new TextEncoder().encode(text)
          const cases: ReadonlyArray<readonly [content: Uint8Array, message: RegExp]> = [
            [
              encode("{\"text\":{\"__proto__\":{\"polluted\":1}}}"),
              /^Invalid JSON at \$\.text: the key "__proto__" is not/
            ],
            [
              encode(`${"{\"text\":".repeat(70)}1${"}".repeat(70)}`),
              /^Invalid JSON at \$[.a-z]*: more than 64 levels deep$/
            ],
            [
              encode("{\"constructor\":{\"prototype\":{\"polluted\":1}}}"),
              /^ToolInputSchemaViolation at \$\.constructor: /
            ],
            [encode("[]"), /^ToolInputSchemaViolation at \$: /],
            [encode("null"), /^ToolInputSchemaViolation at \$: /],
            [encode("\"text\""), /^ToolInputSchemaViolation at \$: /],
            [
              Uint8Array.of(...encode("{\"text\":\""), 0xff, 0xfe, ...encode("\"}")),
              /^Invalid JSON at \$: is not UTF-8$/
            ]
          ]
          handled.length = 0
          for (const [content, message] of cases) {
            yield* filesystem.writeFile("/tmp/in.json", content)
            const before = yield* count
            const { exitCode, stderr, stdout } = yield* sh("bad echo --json-file /tmp/in.json")
            assert.strictEqual(exitCode, 1)
            assert.match(stderr.trimEnd(), message)
            const { error } = JSON.parse(stdout)
            assert.strictEqual(error.code, "INVALID_ARGUMENT")
            assert.strictEqual((yield* count) - before, 1)
            assert.deepInclude(yield* last, { name: "bad:echo", status: "error", error })
          }
          assert.deepStrictEqual(handled, [])
          assert.isUndefined(({} as Record<string, unknown>).polluted)
          yield* sh("bad echo --json '{\"text\":{\"constructor\":{\"prototype\":{\"polluted\":1}}}}'")
          assert.deepStrictEqual(handled, [{ text: { constructor: { prototype: { polluted: 1 } } } }])
          assert.isUndefined(({} as Record<string, unknown>).polluted)
        }),
      30_000
    )

    it.effect(
      "an input has the bytes that its tool takes, to the byte; a larger one is a refusal with a record",
      () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm
          const wrapped = "{\"text\":\"\"}".length
          const given = (bytes: number, tool = "echo") =>
            Effect.zipRight(
              filesystem.writeFile("/tmp/big.json", `{"text":"${"x".repeat(bytes - wrapped)}"}`),
              sh(`bad ${tool} --json-file /tmp/big.json | wc -c; bad ${tool} --json-file /tmp/big.json 2>&1 >/dev/null`)
            )
          const most = `at most ${REQUEST_BYTES} are allowed`
          const around = "{\"ok\":true,\"result\":}".length
          assert.strictEqual((yield* given(REQUEST_BYTES)).stdout, `${REQUEST_BYTES + around}\n`)
          handled.length = 0
          const cases = [
            [REQUEST_BYTES + 1, `the input has ${REQUEST_BYTES + 1} bytes, ${most}`],
            [REQUEST_BYTES + 2, `the input has more than ${REQUEST_BYTES} bytes, ${most}`],
            [HUGE, `the input has more than ${REQUEST_BYTES} bytes, ${most}`]
          ] as const
          for (const [bytes, message] of cases) {
            const before = yield* count
            const { stdout } = yield* given(bytes)
            assert.include(stdout, message)
            assert.strictEqual((yield* count) - before, 2)
            assert.deepInclude(yield* last, {
              name: "bad:echo",
              status: "error",
              requestDigest: NO_INPUT,
              error: { code: "INVALID_ARGUMENT", message }
            })
          }
          assert.deepStrictEqual(handled, [])
          // the policy's no is the first thing that is said
          const before = yield* count
          assert.include((yield* given(HUGE, "small")).stdout, "EACCES: blocked by tool.invoke policy for bad:small")
          assert.strictEqual((yield* count) - before, 2)
          assert.deepInclude(yield* last, { name: "bad:small", status: "denied", requestDigest: NO_INPUT })
          assert.strictEqual((yield* sh("bad echo --text fine")).exitCode, 0)
        }),
      60_000
    )

    it.scoped(
      "a thousand calls at once, of many processes and several machines, keep their answers apart",
      () =>
        Effect.gen(function*() {
          const vms = [yield* Vm, ...(yield* Effect.forEach(["b", "c", "d"], () => makeVm, { concurrency: 4 }))]
          const before = yield* Effect.forEach(vms, ({ audit }) => Effect.map(audit.calls, (calls) => calls.length))
          const call = (at: number, n: number) => `bad square --n ${n} --vm vm${at}`
          const script = (at: number, from: number) =>
            `for n in $(seq ${from} ${from + 49}); do ${call(at, "$n" as never)} > /tmp/r$n & done; wait; ` +
            `for n in $(seq ${from} ${from + 49}); do cat /tmp/r$n; echo; done`
          const runs = yield* Effect.forEach(
            vms.flatMap((vm, at) => [0, 50, 100, 150].map((from) => [vm, at, from] as const)),
            ([vm, at, from]) =>
              Effect.map(vm.processes.exec(script(at, from)), ({ stdout }) => [at, from, stdout] as const),
            { concurrency: "unbounded" }
          ).pipe(Effect.fork)
          const own = yield* Effect.forEach(
            vms.flatMap((vm, at) => Array.from({ length: 50 }, (_, n) => [vm, at, n + 200] as const)),
            ([vm, at, n]) => Effect.map(vm.tools.call("bad:square", { n, vm: `vm${at}` }), (answer) => [at, n, answer]),
            { concurrency: "unbounded" }
          )
          for (const [at, n, answer] of own) assert.strictEqual(answer, `vm${at}:${Number(n) ** 2}`)
          for (const [at, from, stdout] of yield* Fiber.join(runs)) {
            assert.deepStrictEqual(
              stdout.trimEnd().split("\n"),
              Array.from({ length: 50 }, (_, i) => `{"ok":true,"result":"vm${at}:${(from + i) ** 2}"}`)
            )
          }
          for (const [at, { audit }] of vms.entries()) {
            const calls = (yield* audit.calls).slice(before[at])
            assert.strictEqual(calls.length, 250)
            assert.isTrue(calls.every(({ status }) => status === "ok"))
            const expected = Array.from({ length: 250 }, (_, n) => digest({ args: [], kwargs: { n, vm: `vm${at}` } }))
            assert.sameMembers(calls.map(({ requestDigest }) => requestDigest), expected)
          }
        }),
      120_000
    )
  })
}
