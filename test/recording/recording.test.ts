/** A recorded run replays to the same events and the same trees, here and in another process; what differs is found. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Recording, VirtualTime } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"

const cli = fileURLToPath(new URL("../../dist/bin/agent-os.js", import.meta.url))

/** Files, a shell with background jobs and randomness, a fork, time. */
const program = Effect.gen(function*() {
  const vm = yield* Vm.make({})
  yield* vm.filesystem.writeFile("/tmp/in", "some text\n".repeat(50))
  const first = vm.processes.exec(
    "for i in 1 2 3; do echo $i $RANDOM $(date +%s%N) >> /tmp/log; sleep 0.01; done; wc /tmp/in"
  )
  const second = vm.processes.exec("(mkdir /tmp/d; cp -r /etc /tmp/d; ls /tmp/d/etc) & find /tmp -type f | sort; wait")
  const files = Effect.forEach([1, 2, 3, 4, 5], (i) => vm.filesystem.writeFile(`/tmp/f${i}`, "x".repeat(i * 1000)))
  const results = yield* Effect.all([first, second, files], { concurrency: "unbounded" })
  const fork = yield* vm.fork
  yield* fork.filesystem.delete("/tmp/in")
  yield* fork.processes.exec("mktemp; head -c 8 /dev/urandom > /tmp/random")
  yield* Effect.flip(vm.processes.exec("sleep 5", { timeout: "20 millis" }))
  return results[0].stdout
})

describe("Recording", () => {
  it.live("a run in real time replays to the same hashes", () =>
    Effect.gen(function*() {
      const { exit, log, summary } = yield* Recording.record(program, { seed: 5 })
      assert.include(yield* exit, "/tmp/in")
      assert.strictEqual(summary.rootHashes.length, 2)
      assert.deepStrictEqual(yield* Recording.replay(log), summary)
      assert.deepStrictEqual(yield* Recording.replay(log), summary)
    }), 60_000)

  it.live(
    "shell sessions replay: their state, who waits, what is stopped, forks and restores",
    () =>
      Effect.gen(function*() {
        const sessions = Effect.gen(function*() {
          const vm = yield* Vm.make({})
          const { exec } = vm.processes
          const session = "s"
          yield* Effect.all([
            exec("x=$RANDOM; f() { echo $x; }; cd /tmp; sleep 0.02", { session }),
            exec("f > first", { session }),
            exec("x=2; f > second", { session }),
            Effect.flip(exec("x=3", { session, timeout: 5 })),
            Effect.timeoutOption(exec("x=4; sleep 9", { session }), 60)
          ], { concurrency: "unbounded" })
          const before = yield* vm.snapshot
          const twin = yield* vm.fork
          yield* twin.processes.exec("x=twin; f > third", { session })
          yield* exec("x=5", { session })
          yield* vm.restore(before)
          return (yield* exec("f; cat second", { session })).stdout
        })
        const { exit, log, summary } = yield* Recording.record(sessions, { seed: 9 })
        assert.strictEqual(yield* exit, "2\n2\n")
        assert.deepStrictEqual(yield* Recording.replay(log), summary)
      }),
    60_000
  )

  it.live("another process comes to the same hashes", () =>
    Effect.gen(function*() {
      const { log, summary } = yield* Recording.record(program, { seed: 6 })
      const directory = mkdtempSync(join(tmpdir(), "agent-os-recording-"))
      try {
        const file = join(directory, "run")
        writeFileSync(file, log)
        const { status, stderr, stdout } = spawnSync(process.execPath, [cli, "replay", file], { encoding: "utf8" })
        assert.strictEqual(status, 0, stderr)
        assert.include(stdout, summary.eventHash)
        for (const hash of summary.rootHashes) assert.include(stdout, hash)
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }), 60_000)

  it.live("stops at the first event that differs", () =>
    Effect.gen(function*() {
      const { log } = yield* Recording.record(
        Effect.flatMap(Vm.make({}), (vm) => vm.processes.exec("echo needle > /tmp/a; cat /tmp/a")),
        { seed: 7 }
      )
      const at = Buffer.from(log).indexOf("needle > ")
      assert.isAbove(at, 0)
      const changed = log.slice()
      changed[at] = "m".charCodeAt(0)
      const error = yield* Effect.flip(Recording.replay(changed))
      assert.strictEqual(error._tag, "ReplayDiverged")
      assert.match(error.message, /differs at event \d+: expected message 0: .*, found message 0: .*/)
      const cut = yield* Effect.flip(Recording.replay(log.slice(0, log.length - 3)))
      assert.strictEqual(cut._tag, "InvalidRecording")
      const none = yield* Effect.flip(Recording.replay(new Uint8Array(10)))
      assert.strictEqual(none.message, "this is no recording")
    }), 60_000)

  it.effect("virtual time is recorded, too, and costs a replay nothing", () =>
    Effect.gen(function*() {
      const sleeps = Effect.flatMap(Vm.make({}), (vm) => vm.processes.exec("sleep 86400; date +%F"))
      const { exit, log, summary } = yield* Recording.record(sleeps, { seed: 8 })
      assert.strictEqual((yield* exit).stdout, "1970-01-02\n")
      assert.deepStrictEqual(yield* Recording.replay(log), summary)
    }).pipe(Effect.provide(VirtualTime.layer())), 60_000)
})
