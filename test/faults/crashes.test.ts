/** Either side dies, at a bad moment; or the sidecar is no sidecar. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { build, stop } from "esbuild"
import { spawn } from "node:child_process"
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeSidecar } from "../../layers/node/index.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { bytes, failureOf } from "../contract/layers.ts"
import type { Left } from "./support.ts"
import { before, expectNothingLeft, isAlive, sidecarsOf } from "./support.ts"

const program = createRequire(import.meta.url).resolve("#sidecar/main.js")
const own = (name: string) => fileURLToPath(new URL(`./programs/${name}`, import.meta.url))
const kill = Effect.sync(() => {
  const pids = sidecarsOf(process.pid)
  assert.isAbove(pids.length, 0, "there is a sidecar to kill")
  for (const pid of pids) process.kill(pid, "SIGKILL")
})

/** A sidecar error, and how long it took to come. */
const lostAfter = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(failureOf(effect)), ([took, error]: [Duration.Duration, any]) => {
    assert.strictEqual(error._tag, "SidecarError", String(error))
    return { ms: Duration.toMillis(took), error }
  })

let was: Left
let home: string
beforeAll(() => {
  was = before()
  home = mkdtempSync(join(tmpdir(), "agent-os-faults-"))
})
afterAll(async () => {
  rmSync(home, { recursive: true, force: true })
  await expectNothingLeft(was)
})

describe("the sidecar is killed", () => {
  const works: Readonly<Record<string, (vm: VmShape) => Effect.Effect<unknown, unknown>>> = {
    exec: (vm) => vm.processes.exec("echo a; sleep 30"),
    "a busy exec": (vm) => vm.processes.exec("while true; do :; done"),
    "a large write": (vm) => Effect.forever(vm.filesystem.writeFile("/tmp/x", bytes(40_000_000))),
    "a large read": (vm) =>
      Effect.zipRight(
        vm.filesystem.writeFile("/tmp/y", bytes(20_000_000)),
        Effect.forever(vm.filesystem.readFile("/tmp/y"))
      ),
    "a control call": (vm) => Effect.forever(vm.snapshot),
    "a lease": () =>
      Effect.forever(
        Effect.scoped(
          Vm.make({
            rootFilesystem: { bootstrapEntries: [{ path: "/x", type: "file", content: "y".repeat(100_000) }] }
          })
        )
      ).pipe(
        Effect.provide(NodeSidecar.layer)
      )
  }
  it.live("in the middle of anything: a typed error at once, and the next lease works", () =>
    Effect.gen(function*() {
      for (const [name, work] of Object.entries(works)) {
        const scope = yield* Scope.make()
        const vm = yield* Scope.extend(Vm.make({ limits: { filesystemBytes: 2 ** 28 } }), scope)
        const fiber = yield* Effect.fork(lostAfter(work(vm)))
        yield* Effect.sleep(120)
        const [took, { error }] = yield* Effect.timed(Effect.zipRight(kill, Fiber.join(fiber)))
        assert.isBelow(Duration.toMillis(took), 1500, name)
        assert.deepInclude({ ...error }, { signal: "SIGKILL" }, name)
        const late = yield* lostAfter(vm.filesystem.exists("/"))
        assert.match(late.error.message, /the (VM is gone|sidecar has ended)/, name)
        yield* Effect.timeout(Scope.close(scope, Exit.void), "2 seconds")
      }
      const vm = yield* Vm.make({})
      assert.strictEqual((yield* vm.processes.exec("echo new")).stdout, "new\n")
    }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 40_000)

  it.live("at random moments of many leases and commands: every call ends", () =>
    Effect.gen(function*() {
      const user = Effect.forever(Effect.scoped(Effect.flatMap(Vm.make({}), (vm) =>
        Effect.all([
          vm.processes.exec("echo x > f; cat f"),
          vm.filesystem.readdir("/"),
          vm.filesystem.writeFile("/tmp/x", bytes(900_000))
        ], {
          concurrency: 3
        }))))
      for (let round = 0; round < 6; round++) {
        const fibers = yield* Effect.forEach([1, 2, 3, 4], () => Effect.fork(failureOf(user)))
        yield* Effect.sleep(60 + round * 37)
        yield* Effect.retry(Effect.sandbox(kill), { times: 40, schedule: Schedule.spaced(10) })
        for (const fiber of fibers) {
          const error: any = yield* Effect.timeout(Fiber.join(fiber), "3 seconds")
          assert.include(["SidecarError", "TransportError"], error._tag)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer)), 30_000)
})

describe("the host is killed", () => {
  it("no sidecar outlives it by two seconds", async () => {
    const outfile = join(home, "host.mjs")
    await build({
      entryPoints: [own("host.ts")],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      logLevel: "warning",
      banner: { js: "import{createRequire as __r}from\"node:module\";const require=__r(import.meta.url);" }
    })
    await stop()
    const host = spawn(process.execPath, [outfile, program], { stdio: ["ignore", "pipe", "inherit"], cwd: home })
    const line = await new Promise<string>((resolve) => host.stdout.once("data", (data) => resolve(String(data))))
    const pids = line.trim().split(",").map(Number)
    assert.isTrue(pids.length > 0 && pids.every(isAlive))
    await new Promise((resolve) => setTimeout(resolve, 200))
    host.kill("SIGKILL")
    const end = Date.now() + 2000
    while (pids.some(isAlive) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.deepStrictEqual(pids.filter(isAlive), [])
  }, 20_000)
})

describe("the sidecar is no sidecar", () => {
  const attempt = (options: NodeSidecar.Options) =>
    lostAfter(Effect.scoped(Vm.make({})).pipe(Effect.provide(NodeSidecar.layerWith(options))))

  it.live("a missing program, a broken one, a missing Node.js", () =>
    Effect.gen(function*() {
      const missing = yield* attempt({ program: join(home, "none.js") })
      assert.strictEqual(missing.error.reason, "Spawn")
      assert.match(missing.error.message, /missing or not readable: reinstall effect-agent-os, or run `npm run build`/)
      writeFileSync(join(home, "broken.mjs"), "this is not a program (")
      const broken = yield* attempt({ program: join(home, "broken.mjs") })
      assert.strictEqual(broken.error.reason, "Handshake")
      assert.match(broken.error.message, /did not become ready/)
      assert.match((broken.error.stderr ?? []).join("\n"), /SyntaxError/)
      const noNode = yield* attempt({ execPath: join(home, "no-node") })
      assert.strictEqual(noNode.error.reason, "Spawn")
    }), 20_000)

  it.live("one that never says hello is given up at its deadline and killed", () =>
    Effect.gen(function*() {
      const { error, ms } = yield* attempt({ program: own("sleeps.mjs"), startTimeout: 400 })
      assert.strictEqual(error.reason, "Handshake")
      assert.isBelow(ms, 2500)
      assert.deepStrictEqual(sidecarsOf(process.pid), [])
    }), 20_000)

  it.live(
    "one that does not end is killed after its grace; the Scope closes in bounded time",
    () =>
      Effect.gen(function*() {
        cpSync(dirname(program), home, { recursive: true })
        cpSync(own("stubborn.mjs"), join(home, "stubborn.mjs"))
        const scope = yield* Scope.make()
        const options = { program: join(home, "stubborn.mjs"), stopGrace: 300 }
        const used = Effect.scoped(Effect.flatMap(Vm.make({}), (vm) => vm.processes.exec("echo works")))
        const closing = yield* used.pipe(
          Effect.tap(({ stdout }) => Effect.sync(() => assert.strictEqual(stdout, "works\n"))),
          Effect.zipRight(Effect.sync(() => performance.now())),
          Effect.provide(NodeSidecar.layerWith(options))
        )
        yield* Scope.close(scope, Exit.void)
        assert.isBelow(performance.now() - closing, 1500)
        assert.deepStrictEqual(sidecarsOf(process.pid), [])
      }),
    20_000
  )
})
