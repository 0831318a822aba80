/** Shell sessions: what stays from command to command, their order, and that their state is data of the VM. */
import { assert, describe, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ProcessesShape, RunOptions } from "../../services/Processes.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf, live, subjects, text, told } from "./layers.ts"

type Options = Omit<RunOptions, "session">

/** Output and exit code of a command in a session. */
const inside = (session: string) => (processes: ProcessesShape, command: string, options: Options = {}) =>
  Effect.map(
    processes.exec(command, { ...options, session }),
    ({ exitCode, stderr, stdout }) => `${stdout}${stderr}${exitCode}`
  )
const s = inside("s")

/** A command that is in the session until it is let go, then sets `held`. */
const hold = (processes: ProcessesShape, session = "s") =>
  Effect.gen(function*() {
    const gate = yield* Deferred.make<void>()
    const begun = yield* Deferred.make<void>()
    const stdin = Stream.concat(
      Stream.make(text("begun\n")),
      Stream.drain(Stream.fromEffect(Deferred.await(gate)))
    )
    const events = processes.run("read line; echo $line; cat; held=yes", { session, stdin })
    const fiber = yield* Effect.fork(
      Stream.runForEach(events, ({ _tag }) => _tag === "Stdout" ? Deferred.succeed(begun, undefined) : Effect.void)
    )
    yield* Deferred.await(begun)
    return { fiber, letGo: Effect.zipRight(Deferred.succeed(gate, undefined), Fiber.join(fiber)) }
  })

/** Lets what was forked reach the sidecar: a call that comes after it is answered. */
const settle = ({ sessions }: ProcessesShape) => Effect.zipRight(Effect.sleep(20), sessions)

for (const subject of subjects) {
  describe(`shell sessions over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("a shell goes on from command to command", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          yield* filesystem.mkdir("/srv/app", { recursive: true })
          assert.strictEqual(yield* s(processes, "cd /srv/app && export CI=1; greet() { echo hi $1; }"), "0")
          assert.strictEqual(yield* s(processes, "pwd; greet $CI"), "/srv/app\nhi 1\n0")
          assert.strictEqual(
            yield* s(
              processes,
              "a=(1 [5]='x y'); declare -A m=([k]=v); readonly r=1; declare -i n=2; set -u; shopt -s nullglob; "
                + "set -- p 'q r'; umask 027; ulimit -n 40; pushd / >/dev/null; alias l=ls; trap 'echo usr' USR1; (exit 7)"
            ),
            "7"
          )
          assert.strictEqual(
            yield* s(
              processes,
              "echo $?; declare -p a m r n; n+=1; echo $n $- $# $2; umask; ulimit -n; dirs; alias; trap; "
                + "kill -USR1 $$; echo *.none; env | grep ^CI"
            ),
            "7\ndeclare -a a=([0]=\"1\" [5]=\"x y\")\ndeclare -A m=([k]=\"v\" )\ndeclare -r r=\"1\"\ndeclare -i n=\"2\"\n"
              + "3 huBc 2 q r\n0027\n40\n/ /srv/app\nalias l='ls'\ntrap -- 'echo usr' SIGUSR1\nusr\n\nCI=1\n0"
          )
          // another session, and none, know nothing of it
          assert.strictEqual(yield* inside("t")(processes, "pwd; echo ${CI-none}"), "/home/user\nnone\n0")
          assert.strictEqual((yield* processes.exec("pwd; echo ${CI-none}")).stdout, "/home/user\nnone\n")
          const [first, second, ...more] = yield* processes.sessions
          assert.deepStrictEqual([first.name, first.cwd, first.busy], ["s", "/", false])
          assert.deepStrictEqual([second.name, second.cwd, more], ["t", "/home/user", []])
          assert.isAbove(first.bytes, second.bytes)
        }))

      it.scoped("exit, and what ends a script, end the command; the EXIT trap runs then and not before", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          assert.strictEqual(yield* s(processes, "trap 'echo bye; y=2' EXIT; x=1"), "0")
          assert.strictEqual(yield* s(processes, "echo still $x"), "still 1\n0")
          assert.strictEqual(yield* s(processes, "f() { local x=9; exit 3; }; x=4; f; echo never"), "bye\n3")
          assert.strictEqual(yield* s(processes, "echo $? $x $y; trap"), "3 4 2\n0")
          assert.strictEqual(yield* s(processes, "set -e; x=5; false; x=6"), "1")
          assert.strictEqual(
            yield* s(processes, "echo $x; set +e; x=7; : ${none:?gone}"),
            "5\nbash: line 1: none: gone\n127"
          )
          assert.match(yield* s(processes, "echo $x\nif"), /^7\nbash: .*syntax error.*2$/s)
          assert.strictEqual(yield* s(processes, "exec echo $x; x=8"), "7\n0")
          assert.strictEqual(yield* s(processes, "echo $x"), "7\n0")
        }))

      it.scoped("cwd, env and args are set in the session, and stay", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({ env: { A: "vm" } })
          const given = { cwd: "/etc", env: { B: "1" }, args: ["one", "two"] }
          assert.strictEqual(yield* s(processes, "echo $A $B $PWD $2; A=own; readonly R=1", given), "vm 1 /etc two\n0")
          assert.strictEqual(yield* s(processes, "echo $A $B $PWD $2"), "own 1 /etc two\n0")
          assert.strictEqual(
            yield* s(processes, "pwd; echo $OLDPWD $B $1; env | grep ^B", {
              cwd: "/tmp",
              env: { B: "2" },
              args: ["x"]
            }),
            "/tmp\n/etc 2 x\nB=2\n0"
          )
          assert.strictEqual(
            yield* s(processes, "echo $R $#", { env: { R: "2" } }),
            "1 1\nbash: line 0: R: readonly variable\n0"
          )
          assert.match(yield* told(s(processes, "true", { cwd: "/none" })), /^KernelError: ENOENT/)
          // where a session is may go
          assert.strictEqual(yield* s(processes, "mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone"), "0")
          assert.strictEqual(yield* s(processes, "pwd; cd /; pwd"), "/tmp/gone\n/\n0")
        }))

      it.scoped("the commands of one run one after the other, those of several at once", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { letGo } = yield* hold(processes)
          const waiting = yield* Effect.forEach([1, 2, 3], (i) =>
            Effect.zipLeft(Effect.fork(s(processes, `order+=${i}; echo $order $held`)), settle(processes)))
          assert.strictEqual(yield* inside("t")(processes, "echo at once"), "at once\n0")
          assert.strictEqual(
            (yield* processes.list).filter(({ ppid }) =>
              ppid === 1
            ).length,
            1
          )
          assert.deepStrictEqual((yield* processes.sessions).map(({ busy, cwd, name }) => [name, busy, cwd]), [
            ["s", true, undefined],
            ["t", false, "/home/user"]
          ])
          yield* letGo
          assert.deepStrictEqual(
            yield* Effect.forEach(waiting, (fiber) => Fiber.join(fiber)),
            ["1 yes\n0", "12 yes\n0", "123 yes\n0"]
          )
        }))

      it.scoped("one that waits can be interrupted, and has its deadline", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { letGo } = yield* hold(processes)
          const gone = yield* Effect.fork(s(processes, "bad=1"))
          const next = yield* Effect.zipRight(settle(processes), Effect.fork(s(processes, "echo ${bad-none} $held")))
          yield* settle(processes)
          yield* Effect.timeout(Fiber.interrupt(gone), "3 seconds")
          const late = yield* failureOf(processes.exec("bad=2", { session: "s", timeout: 30 }))
          assert.deepInclude({ ...late }, { _tag: "ProcessError", reason: "TimedOut", session: "s", stdout: "" })
          assert.notProperty(late, "pid")
          assert.match(late.message, /its session was busy until its deadline/)
          const streamed = yield* failureOf(Stream.runCollect(processes.run("bad=3", { session: "s", timeout: 30 })))
          assert.deepInclude({ ...streamed }, { reason: "TimedOut", session: "s" })
          yield* letGo
          assert.strictEqual(yield* Fiber.join(next), "none yes\n0")
        }))

      it.scoped("a command that does not end by itself leaves the session as it was", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          yield* s(processes, "x=before; cd /etc")
          const ways: Record<string, Effect.Effect<unknown, unknown>> = {
            "timeout": s(processes, "x=1; cd /; sleep 20", { timeout: 100 }),
            "timeout, with a trap": s(processes, "x=2; trap 'exit 0' TERM; cd /; while :; do sleep 0.01; done", {
              timeout: 100
            }),
            "interruption": Effect.timeout(s(processes, "x=3; cd /; sleep 20"), 100),
            "output limit": processes.exec("x=4; cd /; yes", { session: "s", maxOutputBytes: 1000 }),
            "signal": s(processes, "x=5; cd /; kill -KILL $$"),
            "a job that holds the output": s(processes, "x=6; cd /; sleep 20 &", { timeout: 100 }),
            "a reader that leaves": Stream.runDrain(Stream.take(processes.run("x=7; cd /; yes", { session: "s" }), 2))
          }
          for (const [way, run] of Object.entries(ways)) {
            yield* Effect.exit(run)
            assert.strictEqual(yield* s(processes, "echo $x $PWD; trap"), "before /etc\n0", way)
          }
          // of a first command nothing is left
          yield* Effect.exit(processes.exec("sleep 20", { session: "t", timeout: 50 }))
          assert.deepStrictEqual((yield* processes.sessions).map(({ name }) => name), ["s"])
          // a job that does not hold it lives on
          assert.strictEqual(yield* s(processes, "sleep 50 >/dev/null 2>&1 & job=$!"), "0")
          assert.strictEqual(yield* s(processes, "kill -0 $! && kill $job; jobs"), "0")
        }))

      it.scoped("outlives the worker that its commands have run in", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          yield* s(processes, "x=kept; f() { echo $x; }; cd /tmp")
          // yq does not yield: its worker has to be ended, and with it whatever runs there, this too
          const bystander = processes.exec("sleep 100")
          const runaway = s(processes, "x=lost; echo 'a: 1' | yq 'until(false; .)'", { timeout: 500 })
          const { stderr } = yield* Effect.raceFirst(bystander, Effect.forever(Effect.exit(runaway)))
          assert.match(stderr, /had to be stopped by force/)
          assert.strictEqual(yield* s(processes, "f; pwd"), "kept\n/tmp\n0")
        }))

      it.scoped("a fork has its own, which begin as the origin's were", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({})
          yield* s(vm.processes, "x=1; cd /tmp; f() { echo f $x; }")
          const { letGo } = yield* hold(vm.processes)
          const twin = yield* vm.fork
          assert.strictEqual(yield* s(twin.processes, "f; pwd; echo ${held-not}; x=twin"), "f 1\n/tmp\nnot\n0")
          yield* letGo
          assert.strictEqual(yield* s(vm.processes, "f; echo $held; x=origin"), "f 1\nyes\n0")
          assert.strictEqual(yield* s(twin.processes, "f"), "f twin\n0")
          yield* twin.processes.dropSession("s")
          assert.strictEqual(yield* s(vm.processes, "f"), "f origin\n0")
        }))

      it.scoped("a snapshot of the root has them, and a restore brings them back", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({})
          yield* s(vm.processes, "x=then; cd /tmp")
          const then = yield* vm.snapshot
          yield* s(vm.processes, "x=now; cd /etc")
          yield* inside("later")(vm.processes, "true")
          const { fiber } = yield* hold(vm.processes)
          const waiting = yield* Effect.fork(s(vm.processes, "echo $x $PWD ${held-not}"))
          yield* settle(vm.processes)
          yield* vm.restore(then)
          assert.strictEqual(yield* Fiber.join(waiting), "then /tmp not\n0")
          assert.deepStrictEqual((yield* vm.processes.sessions).map(({ name }) => name), ["s"])
          // what ran in it goes on, and leaves nothing
          yield* Fiber.interrupt(fiber)
          assert.strictEqual(yield* s(vm.processes, "echo $x"), "then\n0")
        }))

      it.scoped("one that is dropped is forgotten, also while a command runs in it", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          yield* s(processes, "x=1")
          const { letGo } = yield* hold(processes)
          const waiting = yield* Effect.fork(s(processes, "echo ${x-anew} ${held-not}; x=2"))
          yield* settle(processes)
          yield* processes.dropSession("s")
          assert.strictEqual(yield* Fiber.join(waiting), "anew not\n0")
          yield* letGo
          assert.strictEqual(yield* s(processes, "echo $x ${held-not}"), "2 not\n0")
          yield* processes.dropSession("s")
          assert.deepStrictEqual(yield* processes.sessions, [])
          assert.strictEqual(yield* told(processes.dropSession("s")), "ProcessError: Shell session not found: s")
        }))

      it.scoped("has bounds: their number, the size of each, their names", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({ limits: { shellSessions: 2, sessionBytes: 20_000 } })
          yield* s(processes, "x=1")
          const grown = yield* failureOf(processes.exec("x=$(printf %20000d 1); echo out; exit 4", { session: "s" }))
          assert.deepInclude({ ...grown }, {
            reason: "SessionLimit",
            stdout: "out\n",
            limit: { name: "sessionBytes", value: 20_000 }
          })
          assert.match(grown.message, /ended with exit code 4, and the session is as it was before/)
          // what is written with escapes counts as it is written
          assert.match(yield* told(s(processes, "x=$(yes '\"' | head -9000)")), /sessionBytes is 20000/)
          const streamed = yield* failureOf(Stream.runCollect(processes.run("a=({1..9000})", { session: "s" })))
          assert.deepInclude({ ...streamed }, { reason: "SessionLimit" })
          assert.strictEqual(yield* s(processes, "echo ${#x} ${#a[@]}"), "1 0\n0")
          yield* inside("t")(processes, "true")
          assert.match(yield* told(inside("u")(processes, "true")), /^KernelError: ENOSPC.*limit shellSessions is 2/)
          assert.strictEqual(yield* s(processes, "echo $x"), "1\n0")
          yield* processes.dropSession("t")
          assert.strictEqual(yield* inside("u")(processes, "true"), "0")
          for (const name of ["", "a b", "a/b", "x".repeat(65), "é"]) {
            assert.match(
              yield* told(inside(name)(processes, "true")),
              /^ProcessError: process did not start: true: the name/
            )
          }
          assert.strictEqual(yield* inside(`A-z.0_${"9".repeat(57)}`)(yield* other, "true"), "0")
        }))

      it.scoped("interruption at any moment leaves it whole, and the VM's release answers who waits", () =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const { processes } = yield* Scope.extend(Vm.make({}), scope)
          yield* s(processes, "n=0")
          for (let round = 0; round < 24; round++) {
            const fibers = yield* Effect.forEach([1, 2], () => Effect.fork(s(processes, "n=$((n + 1))")))
            for (let i = 0; i < round * 3; i++) yield* Effect.yieldNow()
            if (round % 4 === 3) yield* Effect.sleep(round / 6)
            yield* Effect.timeout(Fiber.interruptAll(fibers), "3 seconds")
          }
          yield* processes.sessions.pipe(
            Effect.filterOrFail((all) => all.every(({ busy }) => !busy)),
            Effect.retry({ times: 100, schedule: Schedule.spaced(10) })
          )
          assert.match(yield* s(processes, "echo $n"), /^\d+\n0$/)
          const { fiber } = yield* hold(processes)
          const waiting = yield* Effect.fork(told(s(processes, "true")))
          yield* settle(processes)
          yield* Scope.close(scope, Exit.void)
          assert.match(yield* Effect.timeout(Fiber.join(waiting), "5 seconds"), /^SidecarError/)
          yield* Fiber.await(fiber)
        }))
    })
  })
}

const other = Effect.map(Vm.make({}), ({ processes }) => processes)
