import { assert, describe, layer } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ProcessesShape, ProcessEvent } from "../../services/Processes.ts"
import { Vm } from "../../services/Vm.ts"
import { bytes, failureOf, live, same, subjects, text, told } from "./layers.ts"

const outputOf = (events: Iterable<ProcessEvent>, tag: "Stdout" | "Stderr"): Uint8Array =>
  Buffer.concat(Array.from(events).flatMap((event) => event._tag === tag ? [event.bytes] : []))

/** Waits until no process is left but init and the one that looks. */
const aloneAgain = (processes: ProcessesShape) =>
  processes.exec("set -- /proc/[1-9]*; echo $#").pipe(
    Effect.filterOrFail(({ stdout }) => stdout === "2\n", ({ stdout }) => ({ _tag: "NotAlone" as const, stdout })),
    Effect.retry({ times: 20, schedule: Schedule.spaced(50) })
  )

for (const subject of subjects) {
  describe(`Processes over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("exec: exit codes, both outputs, UTF-8", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          assert.deepStrictEqual(yield* processes.exec("echo hi"), { exitCode: 0, stdout: "hi\n", stderr: "" })
          assert.deepStrictEqual(yield* processes.exec("echo out; echo err >&2; exit 3"), {
            exitCode: 3,
            stdout: "out\n",
            stderr: "err\n"
          })
          assert.strictEqual((yield* processes.exec("printf 'äß€😀'")).stdout, "äß€😀")
          assert.strictEqual((yield* processes.exec("false")).exitCode, 1)
          assert.strictEqual((yield* processes.exec("no-such-command")).exitCode, 127)
          assert.notStrictEqual((yield* processes.exec("if then")).exitCode, 0)
          assert.deepStrictEqual(yield* processes.exec(""), { exitCode: 0, stdout: "", stderr: "" })
        }))

      it.scoped("exec: cwd, env, args, stdin", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({ env: { A: "from config", B: "b" } })
          assert.strictEqual((yield* processes.exec("pwd")).stdout, "/home/user\n")
          assert.strictEqual((yield* processes.exec("pwd", { cwd: "/tmp" })).stdout, "/tmp\n")
          const env = yield* processes.exec("echo \"$A/$B/$C\"", { env: { A: "from exec", C: "c d" } })
          assert.strictEqual(env.stdout, "from exec/b/c d\n")
          const args = yield* processes.exec("echo \"$#:$1:$2\"", { args: ["a b", "$(id)"] })
          assert.strictEqual(args.stdout, "2:a b:$(id)\n")
          const binary = bytes(300_000)
          const inputs = [
            ["text", "stdin ä"],
            ["bytes", binary],
            ["stream", Stream.make(text("a"), text(""), text("bc"))],
            ["empty", ""]
          ] as const
          for (const [name, stdin] of inputs) yield* processes.exec(`cat > /tmp/${name}`, { stdin })
          assert.strictEqual(yield* filesystem.readFileString("/tmp/text"), "stdin ä")
          assert.isTrue(same(yield* filesystem.readFile("/tmp/bytes"), binary))
          assert.strictEqual(yield* filesystem.readFileString("/tmp/stream"), "abc")
          assert.strictEqual(yield* filesystem.readFileString("/tmp/empty"), "")
        }))

      it.scoped("exec: what cannot start fails with a typed error", () =>
        Effect.gen(function*() {
          const limits = { processes: 2, argvBytes: 1000, envBytes: 1000 }
          const { processes } = yield* Vm.make({ limits })
          assert.strictEqual(
            yield* told(processes.exec("pwd", { cwd: "tmp" })),
            "PathError: Path must be absolute: tmp"
          )
          assert.match(yield* told(processes.exec("pwd", { cwd: "/none" })), /^KernelError: ENOENT: /)
          assert.match(yield* told(processes.exec("pwd", { cwd: "/etc/hostname" })), /^KernelError: ENOTDIR: /)
          assert.match(
            yield* told(processes.exec("true", { args: ["x".repeat(2000)] })),
            /^KernelError: E2BIG: .*argvBytes.*1000/
          )
          assert.match(
            yield* told(processes.exec("true", { env: { A: "x".repeat(2000) } })),
            /^KernelError: E2BIG: .*envBytes.*1000/
          )
          assert.match(
            yield* told(processes.exec(`# ${"x".repeat(2_000_000)}`)),
            /^(TransportError|KernelError: E2BIG)/
          )
          const sleepers = yield* Effect.forEach([1, 2], () => Effect.fork(processes.exec("sleep 5")))
          yield* Effect.sleep(30)
          assert.match(yield* told(processes.exec("true")), /^KernelError: EAGAIN: .*processes.*2/)
          yield* Fiber.interruptAll(sleepers)
          const again = yield* processes.exec("echo again").pipe(
            Effect.retry({ times: 40, schedule: Schedule.spaced(50) })
          )
          assert.strictEqual(again.stdout, "again\n")
        }))

      it.scoped("a failing stdin stream fails the run with its own error", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const stdin = Stream.concat(Stream.make(text("a")), Stream.fail("mine" as const))
          assert.strictEqual(yield* failureOf(processes.exec("cat", { stdin })), "mine")
          assert.strictEqual(yield* failureOf(Stream.runDrain(processes.run("cat", { stdin }))), "mine")
          assert.strictEqual((yield* processes.exec("echo fine")).stdout, "fine\n")
        }))

      it.scoped("timeout: TimedOut with the output so far, also while its input has not ended", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const scripts = ["echo before; echo e >&2; sleep 20", "echo before; echo e >&2; while true; do :; done"]
          for (const script of scripts) {
            // the start of a worker is no part of what is looked at
            yield* processes.exec("true")
            const [took, error] = yield* Effect.timed(failureOf(processes.exec(script, { timeout: "400 millis" })))
            assert.deepStrictEqual(
              error._tag === "ProcessError" && [error.reason, error.stdout, error.stderr.startsWith("e\n")],
              ["TimedOut", "before\n", true]
            )
            assert.isBelow(Duration.toMillis(took), 2000)
            assert.strictEqual((yield* processes.exec("echo alive")).stdout, "alive\n")
          }
          const error = yield* failureOf(processes.exec("cat", { stdin: Stream.never, timeout: "100 millis" }))
          assert.strictEqual(error._tag === "ProcessError" && error.reason, "TimedOut")
          const [, events] = yield* Effect.all([
            told(Stream.runDrain(processes.run("sleep 9", { timeout: 100 }))),
            Stream.runCollect(processes.run("echo x", { timeout: Duration.infinity }))
          ])
          assert.strictEqual(outputOf(events, "Stdout").toString(), "x\n")
          assert.strictEqual(
            (yield* processes.exec("echo y", { timeout: Duration.infinity, maxOutputBytes: Infinity })).stdout,
            "y\n"
          )
        }))

      it.scoped("output limit: killed with what was kept; at the limit itself nothing happens", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({ limits: { outputBytes: 100_000 } })
          const error = yield* failureOf(processes.exec("yes"))
          assert.deepStrictEqual(
            error._tag === "ProcessError" && [error.reason, error.stdout.length, error.limit],
            ["OutputLimit", 100_000, { name: "outputBytes", value: 100_000 }]
          )
          assert.strictEqual((yield* processes.exec("printf 12345", { maxOutputBytes: 5 })).stdout, "12345")
          const less = yield* failureOf(processes.exec("printf 12345; printf e >&2", { maxOutputBytes: 4 }))
          assert.strictEqual(less._tag === "ProcessError" && less.stdout, "1234")
          assert.strictEqual((yield* processes.exec("echo alive")).stdout, "alive\n")
        }))

      it.scoped("interruption kills, at any moment, and a following exec works", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          for (const wait of [0, 0, 1, 2, 5, 20, 60]) {
            const fiber = yield* Effect.fork(processes.exec("while true; do :; done"))
            if (wait === 0) yield* Effect.yieldNow()
            else yield* Effect.sleep(wait)
            yield* Fiber.interrupt(fiber)
          }
          assert.strictEqual((yield* processes.exec("echo alive", { timeout: "5 seconds" })).stdout, "alive\n")
          yield* aloneAgain(processes)
        }))

      it.scoped("what must be stopped by force takes nothing with it that was started afterwards", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          for (const wait of [5, 60, 100]) {
            // awk does not yield: its worker must be ended
            const fiber = yield* Effect.fork(processes.exec("awk 'BEGIN { while (1) { } }'"))
            yield* Effect.sleep(wait)
            yield* Fiber.interrupt(fiber)
            const after = yield* Effect.forEach([1, 2, 3], (i) => processes.exec(`echo ${i}`), { concurrency: 3 })
            assert.deepStrictEqual(after.map(({ exitCode, stdout }) => `${exitCode} ${stdout}`), [
              "0 1\n",
              "0 2\n",
              "0 3\n"
            ])
          }
        }))

      it.scoped("run: Started first, Exited last, binary output as it is", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          const content = bytes(1_500_000)
          yield* filesystem.writeFile("/tmp/binary", content)
          const events = Array.from(yield* Stream.runCollect(processes.run("cat /tmp/binary; echo e >&2; exit 7")))
          const [first] = events
          assert.isTrue(first._tag === "Started" && first.pid > 1)
          assert.deepStrictEqual(events.at(-1), {
            _tag: "Exited",
            pid: first._tag === "Started" ? first.pid : 0,
            exitCode: 7
          })
          assert.isTrue(same(outputOf(events, "Stdout"), content))
          assert.strictEqual(outputOf(events, "Stderr").toString(), "e\n")
          assert.strictEqual(events.filter(({ _tag }) => _tag === "Started" || _tag === "Exited").length, 2)
        }))

      it.scoped("run: output comes while the process runs, and a reader that leaves kills it", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const [took, events] = yield* processes.run("echo first; sleep 20; echo second").pipe(
            Stream.filter((event) => event._tag === "Stdout"),
            Stream.take(1),
            Stream.runCollect,
            Effect.timed
          )
          assert.strictEqual(outputOf(events, "Stdout").toString(), "first\n")
          assert.isBelow(Duration.toMillis(took), 5000)
          yield* aloneAgain(processes)
        }))

      it.scoped("run: a slow reader suspends the process and gets everything", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          let seen = 0
          yield* Stream.runForEach(processes.run("seq 1 300000"), (event) =>
            event._tag === "Stdout"
              ? Effect.zipRight(Effect.sync(() => void (seen += event.bytes.length)), Effect.sleep(2))
              : Effect.void)
          assert.strictEqual(seen, 1_988_895)
        }))

      it.scoped("200 concurrent execs in 20 VMs, none sees another", () =>
        Effect.gen(function*() {
          const vms = yield* Effect.forEach(Array.from({ length: 20 }, (_, i) => i), (i) =>
            Vm.make({ env: { VM: `${i}` } }), {
            concurrency: "unbounded"
          })
          const jobs = Array.from({ length: 200 }, (_, i) =>
            i)
          const outputs = yield* Effect.forEach(
            jobs,
            (i) =>
              vms[i % 20].processes.exec(`echo $VM-${i} > /tmp/${i}; cat /tmp/${i}; ls /tmp | wc -l`),
            { concurrency: "unbounded" }
          )
          outputs.forEach(({ exitCode, stderr, stdout }, i) => {
            assert.deepStrictEqual([exitCode, stderr], [0, ""])
            assert.match(stdout, new RegExp(`^${i % 20}-${i}\n *([1-9]|10)\n$`))
          })
        }))
    })
  })
}
