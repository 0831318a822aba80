/** Processes that run on their own: handles, output that can be resumed, input, signals, and every way of stopping. */
import { assert, describe, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ProcessesShape, ProcessHandle } from "../../services/Processes.ts"
import { Vm } from "../../services/Vm.ts"
import { bytes, failureOf, live, same, subjects, text, told } from "./layers.ts"

const sh = (processes: ProcessesShape, script: string, options?: Parameters<ProcessesShape["spawn"]>[2]) =>
  processes.spawn("sh", ["-c", script], { stdin: "none", ...options })

const gather = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Effect.map(Stream.runCollect(stream), (parts) => Buffer.concat(Array.from(parts)))

const lines = ({ stdout }: ProcessHandle, count: number) =>
  stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(count), Stream.runCollect, Effect.map(Array.from))

/** Waits until no process is left. */
const empty = (processes: ProcessesShape) =>
  processes.list.pipe(
    Effect.filterOrFail((all) => all.length === 0, (all) => ({ _tag: "NotEmpty" as const, all })),
    Effect.retry({ times: 100, schedule: Schedule.spaced(10) })
  )

for (const subject of subjects) {
  describe(`spawned processes over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("run until they end, with both outputs apart and together in order", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const handle = yield* sh(processes, "echo a; echo b >&2; echo c; exit 3")
          const [out, err, both] = yield* Effect.all([
            gather(handle.stdout),
            gather(handle.stderr),
            Stream.runCollect(handle.output)
          ], { concurrency: 3 })
          assert.deepStrictEqual([out.toString(), err.toString()], ["a\nc\n", "b\n"])
          assert.deepStrictEqual(
            Array.from(both, ({ bytes, channel }) => `${channel} ${Buffer.from(bytes).toString()}`),
            ["stdout a\n", "stderr b\n", "stdout c\n"]
          )
          assert.deepStrictEqual(yield* handle.wait, { exitCode: 3 })
          assert.isFalse(yield* handle.isRunning)
          assert.deepStrictEqual(yield* handle.cursors, { stdoutCursor: 4, stderrCursor: 2, outputCursor: 6 })
          assert.deepInclude(yield* processes.get(handle.pid), {
            state: "ended",
            command: "sh",
            status: { exitCode: 3 }
          })
          yield* handle.kill()
          assert.strictEqual(yield* told(processes.get(99_999)), "ProcessError: Process not found: 99999")
          assert.strictEqual(yield* told(processes.attach(99_999)), "ProcessError: Process not found: 99999")
          assert.strictEqual(yield* told(processes.killProcess(99_999)), "ProcessError: Process not found: 99999")
          assert.strictEqual(yield* told(processes.signal(99_999, "SIGTERM")), "ProcessError: Process not found: 99999")
        }))

      it.scoped("one that does not exist ends with 127; one whose directory does not exist is not started", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const handle = yield* processes.spawn("no-such-program", ["x"], { stdin: "none" })
          assert.deepStrictEqual(yield* handle.wait, { exitCode: 127 })
          assert.include((yield* gather(handle.stderr)).toString(), "no-such-program")
          assert.match(yield* told(Effect.scoped(processes.spawn("true", [], { cwd: "/none" }))), /ENOENT/)
          assert.match(yield* told(Effect.scoped(processes.spawn("true", [], { cwd: "none" }))), /PathError/)
          const quoted = yield* processes.spawn("printf", ["%s|", "a b", "$(id)", "'"], {
            env: { A: "x" },
            cwd: "/tmp",
            stdin: "none"
          })
          assert.strictEqual((yield* gather(quoted.stdout)).toString(), "a b|$(id)|'|")
        }))

      it.scoped("the user's server: lines as they come, a signal, its status", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const server = yield* sh(processes, "while true; do date; sleep 0.01; done")
          assert.strictEqual((yield* lines(server, 3)).length, 3)
          assert.isTrue(yield* server.isRunning)
          assert.deepInclude((yield* processes.list).find(({ pid }) => pid === server.pid)!, {
            ppid: 1,
            root: server.pid,
            sid: server.pid,
            command: "sh",
            uid: 1000
          })
          yield* server.kill("SIGTERM")
          assert.deepStrictEqual(yield* server.wait, { signal: "SIGTERM" })
          yield* empty(processes)
        }))

      it.scoped("input goes in as it comes, and its end is seen", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const content = bytes(3_000_000)
          const cat = yield* processes.spawn("cat")
          const [, back] = yield* Effect.all([
            Stream.run(Stream.make(content.subarray(0, 5), content.subarray(5)), cat.stdin),
            gather(cat.stdout)
          ], { concurrency: 2 })
          assert.isTrue(same(back, content))
          assert.deepStrictEqual(yield* cat.wait, { exitCode: 0 })
          const parts = yield* processes.spawn("cat")
          yield* parts.write("one ")
          yield* parts.write(text("two"))
          yield* parts.endStdin
          assert.strictEqual((yield* gather(parts.stdout)).toString(), "one two")
          assert.match(yield* told(parts.write("late")), /EPIPE|Process not found/)
        }))

      it.scoped("what a process does not read waits outside, and ends with it", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const handle = yield* processes.spawn("sleep", ["20"])
          const writing = yield* Effect.fork(Stream.run(Stream.repeatValue(bytes(60_000)), handle.stdin))
          yield* Effect.sleep(100)
          assert.isTrue((yield* Fiber.poll(writing))._tag === "None")
          yield* handle.kill("SIGKILL")
          assert.match(yield* told(Fiber.join(writing)), /EPIPE/)
        }))

      it.scoped("output can be gone on with from any position, by anybody, and also afterwards", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          const script = "echo first; until [ -e go ]; do sleep 0.01; done; echo second; echo e >&2"
          const handle = yield* sh(processes, script, { cwd: "/tmp" })
          assert.deepStrictEqual(yield* lines(handle, 1), ["first"])
          const { stdoutCursor } = yield* handle.cursors
          assert.strictEqual(stdoutCursor, 6)
          const again = yield* processes.attach(handle.pid, { stdoutCursor })
          const rest = yield* Effect.fork(gather(again.stdout))
          yield* filesystem.writeFile("/tmp/go", "")
          assert.strictEqual((yield* Fiber.join(rest)).toString(), "second\n")
          assert.deepStrictEqual(yield* again.wait, { exitCode: 0 })
          for (let from = 0; from <= 15; from++) {
            const late = yield* processes.attach(handle.pid, { outputCursor: from })
            const output = yield* Stream.runCollect(Stream.map(late.output, ({ bytes }) => bytes))
            assert.strictEqual(Buffer.concat(Array.from(output)).toString(), "first\nsecond\ne\n".slice(from))
          }
        }))

      it.scoped("output that nobody reads is dropped from the front, and a reader is told what is missing", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const handle = yield* sh(processes, "seq 1 300000", { keepBytes: 600_000 })
          assert.deepStrictEqual(yield* handle.wait, { exitCode: 0 })
          const error = yield* failureOf(gather(handle.stdout))
          assert.isTrue(error._tag === "ProcessError" && error.reason === "Truncated")
          const missing = error._tag === "ProcessError" ? error.missing! : { from: 0, to: 0 }
          assert.strictEqual(missing.from, 0)
          assert.isAbove(missing.to, 1_000_000)
          const late = yield* processes.attach(handle.pid, { stdoutCursor: missing.to })
          assert.strictEqual((yield* gather(late.stdout)).length, 1_988_895 - missing.to)
          const oldest = yield* processes.attach(handle.pid)
          assert.strictEqual((yield* gather(oldest.stdout)).length, 1_988_895 - missing.to)
        }))

      it.scoped("a slow reader suspends the process, and so does none if that is asked for; nothing is lost", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          for (const unread of ["discard", "suspend"] as const) {
            const handle = yield* sh(processes, "seq 1 300000", { keepBytes: 600_000, unread })
            if (unread === "suspend") {
              yield* Effect.sleep(1_300)
              assert.isTrue(yield* handle.isRunning)
            }
            let seen = 0
            yield* Stream.runForEach(
              handle.stdout,
              (part) => Effect.zipRight(Effect.sync(() => void (seen += part.length)), Effect.sleep(1))
            )
            assert.strictEqual(seen, 1_988_895)
          }
        }))

      it.scoped("exec: TimedOut carries the output so far", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const error = yield* failureOf(processes.exec("echo so far; sleep 20", { timeout: "200 millis" }))
          assert.deepInclude(error, { _tag: "ProcessError", reason: "TimedOut", stdout: "so far\n" })
          yield* empty(processes)
        }))

      const trees = {
        "a busy loop": "while true; do :; done",
        "a sleeping job and a sleeping child": "sleep 100 & (sleep 100; echo never) & sleep 100",
        "what ignores signals": "trap '' TERM INT HUP; while true; do sleep 0.01; done",
        "sessions, groups and stopped jobs":
          "set -m; setsid sh -c 'trap \"\" TERM HUP; sleep 100' & (setsid sleep 100 &); sleep 100 | sleep 100 & kill -STOP %2; "
          + "setsid -f sleep 100; timeout 100 sleep 100 & sh -c 'kill -STOP $$'; sleep 100",
        "a program that does not yield": "awk 'BEGIN { while (1) { } }'"
      }
      const ways: Record<string, (processes: ProcessesShape, script: string) => Effect.Effect<unknown, unknown>> = {
        "scope close": (processes, script) => Effect.scoped(Effect.zipRight(sh(processes, script), Effect.sleep(50))),
        "killProcess": (processes, script) =>
          Effect.scoped(
            Effect.flatMap(sh(processes, script), ({ pid }) => Effect.delay(processes.killProcess(pid), 50))
          ),
        "stopProcess": (processes, script) =>
          Effect.scoped(
            Effect.flatMap(
              sh(processes, script),
              ({ pid }) => Effect.delay(processes.stopProcess(pid, { grace: 50 }), 50)
            )
          ),
        "timeout": (processes, script) => processes.exec(script, { timeout: 50 }),
        "interruption of exec": (processes, script) => Effect.timeout(processes.exec(script), 50),
        "a reader of run that leaves": (processes, script) =>
          Stream.runDrain(Stream.interruptAfter(processes.run(script), 50)),
        "output limit": (processes, script) =>
          processes.exec(`yes & ${script}`, { maxOutputBytes: 1000, timeout: "5 seconds" })
      }
      for (const [way, stop] of Object.entries(ways)) {
        it.scoped(`nothing survives: ${way}`, () =>
          Effect.gen(function*() {
            const { processes } = yield* Vm.make({})
            for (const [name, script] of Object.entries(trees)) {
              yield* Effect.exit(stop(processes, script))
              yield* Effect.mapError(empty(processes), (error) => `${name}: ${JSON.stringify(error)}`)
            }
            assert.strictEqual((yield* processes.exec("echo alive")).stdout, "alive\n")
          }))
      }

      it.scoped("nothing survives: the VM's release, and its callers hear of it", () =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const { processes } = yield* Scope.extend(Vm.make({}), scope)
          const outer = yield* Scope.make()
          const handle = yield* Scope.extend(sh(processes, "sleep 100"), outer)
          const waiting = yield* Effect.fork(Effect.exit(handle.wait))
          const reading = yield* Effect.fork(Effect.exit(gather(handle.stdout)))
          yield* Effect.sleep(50)
          yield* Scope.close(scope, Exit.void)
          yield* Effect.timeout(Effect.all([Fiber.join(waiting), Fiber.join(reading)]), "2 seconds")
          assert.match(yield* told(processes.list), /^SidecarError/)
          yield* Scope.close(outer, Exit.void)
        }))

      it.scoped("interruption of any method, at any moment, leaves nothing behind", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          // in a VM of their own: what has to be stopped by force takes its VM's other processes along
          const others = (yield* Vm.make({})).processes
          const steady = yield* sh(others, "while read line; do echo $line; done", { stdin: "pipe" })
          const flood = yield* sh(others, "yes")
          const operations: Record<string, Effect.Effect<unknown, unknown>> = {
            spawn: Effect.scoped(Effect.zipRight(sh(processes, "sleep 9"), Effect.sleep(3))),
            attach: others.attach(steady.pid),
            wait: steady.wait,
            write: steady.write("line\n"),
            stdin: Effect.scoped(Effect.flatMap(processes.spawn("sleep", ["9"]), ({ stdin }) =>
              Stream.run(Stream.repeatValue(bytes(60_000)), stdin))),
            output: Stream.run(flood.output, Sink.drain),
            list: others.list,
            get: others.get(steady.pid),
            tree: others.tree,
            signal: others.signal(steady.pid, "SIGWINCH"),
            stop: Effect.scoped(Effect.flatMap(sh(processes, "trap '' TERM; sleep 9"), ({ pid }) =>
              processes.stopProcess(pid, { grace: 20 }))),
            isRunning: steady.isRunning,
            kill: steady.kill("SIGWINCH"),
            group: others.signal({ group: steady.pid }, "SIGWINCH"),
            signalTree: others.signal({ tree: steady.pid }, "SIGWINCH"),
            stdout: Stream.runDrain(flood.stdout),
            stderr: Stream.runDrain(flood.stderr),
            cursors: flood.cursors,
            endStdin: Effect.scoped(Effect.flatMap(processes.spawn("cat"), ({ endStdin, wait }) =>
              Effect.zipRight(endStdin, wait))),
            killProcess: Effect.scoped(Effect.flatMap(sh(processes, "sleep 9 & sleep 9"), ({ pid }) =>
              processes.killProcess(pid)))
          }
          for (const [name, operation] of Object.entries(operations)) {
            for (let round = 0; round < 8; round++) {
              const fiber = yield* Effect.fork(operation)
              if (round < 5) {
                for (let i = 0; i < round * 5; i++) {
                  yield* Effect.yieldNow()
                }
              } else yield* Effect.sleep(round - 4)
              const exit = yield* Effect.timeout(Fiber.interrupt(fiber), "3 seconds")
              assert.isTrue(Exit.isSuccess(exit) || exit.cause._tag !== "Die", name)
            }
          }
          yield* empty(processes)
          yield* steady.endStdin
          assert.deepStrictEqual(yield* steady.wait, { exitCode: 0 })
          yield* others.killProcess(flood.pid)
        }))

      it.scoped("a signal reaches a process that has no worker yet, by its number, its group and its tree", () =>
        Effect.gen(function*() {
          for (const  of of["process", "group", "tree"] as const) {
            // a new VM: its first process waits for a worker
            const { processes } = yield* Vm.make({})
            const { pid, wait } = yield* processes.spawn("sleep", ["100"])
            yield* processes.signal(of === "group" ? { group: pid } : of === "tree" ? { tree: pid } : pid, "SIGHUP")
            assert.deepStrictEqual(yield* Effect.timeout(wait, "10 seconds"), { signal: "SIGHUP" }, of)
          }
        }))

      it.scoped("waits that begin before the end and after it are answered alike", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const started = yield* Deferred.make<void>()
          const handle = yield* sh(processes, "cat; exit 5", { stdin: "pipe" })
          const waits = yield* Effect.forEach([1, 2, 3], () =>
            Effect.fork(Effect.zipRight(Deferred.succeed(started, undefined), handle.wait)))
          yield* Deferred.await(started)
          yield* handle.endStdin
          for (const wait of waits) {
            assert.deepStrictEqual(yield* Fiber.join(wait), { exitCode: 5 })
          }
          assert.deepStrictEqual(yield* (yield* processes.attach(handle.pid)).wait, { exitCode: 5 })
        }))
    })
  })
}
