/** Terminals: what is typed, what is shown, job control by keys, window sizes, hang-up, and that nothing is left. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ProcessesShape } from "../../services/Processes.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf, live, subjects, text, told } from "./layers.ts"
import { makeScreen } from "./screen.ts"

const size = { cols: 80, rows: 24 }

/** A small shell with job control: a prompt, a line, what it says. */
const repl =
  "set -m; trap 'echo \"[$(stty size)]\"' WINCH; while IFS= read -r -p '$ ' line; do eval \"$line\"; done; echo bye"

const openShell = (processes: ProcessesShape, script = repl) =>
  Effect.gen(function*() {
    const terminal = yield* processes.openTerminal({ ...size, command: "bash", args: ["-c", script] })
    return { terminal, screen: yield* makeScreen(terminal, size) }
  })

/** Waits until no process is left. */
const empty = (processes: ProcessesShape) =>
  processes.list.pipe(
    Effect.filterOrFail((all) => all.length === 0, (all) => ({ _tag: "NotEmpty" as const, all })),
    Effect.retry({ times: 200, schedule: Schedule.spaced(10) })
  )

const gather = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Effect.map(Stream.runCollect(stream), (parts) => Buffer.concat(Array.from(parts)).toString())

for (const subject of subjects) {
  describe(`terminals over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("show what is typed, edited, and answered", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes)
          yield* screen.shows("$")
          yield* screen.type("tty; stty size; echo $TERM; [ -t 0 ] && [ -t 1 ] && echo both\r", /^both$/m)
          assert.deepStrictEqual(screen.lines().slice(0, 5), [
            "$ tty; stty size; echo $TERM; [ -t 0 ] && [ -t 1 ] && echo both",
            "/dev/pts/0",
            "24 80",
            "xterm-256color",
            "both"
          ])
          yield* screen.type("echo onex\x7f two\x17three é\x7f.\r", "one three .")
          assert.include(screen.lines(), "$ echo one three .")
          yield* screen.type("echo lost\x15echo kept\r", /^kept$/m)
          assert.include(screen.lines(), "$ echo kept")
          assert.strictEqual(terminal.tty, "/dev/pts/0")
          assert.deepInclude(yield* processes.get(terminal.pid), { tty: "/dev/pts/0", sid: terminal.pid })
          yield* screen.type("ps -o tty,comm\r", /pts\/0 +bash/)
          yield* screen.type("echo to the terminal > /dev/tty; read -s -p 'secret? ' x\r", "secret?")
          yield* screen.type("hidden\recho \"[$x]\"\r", "[hidden]")
          assert.isFalse(screen.lines().some((line) => line.startsWith("secret? h")))
          yield* screen.type("\x04", "bye")
          assert.deepStrictEqual(yield* terminal.wait, { exitCode: 0 })
          assert.isFalse(yield* terminal.isRunning)
          yield* empty(processes)
        }))

      it.scoped("control jobs by keys: ^C the foreground only, ^Z, ^\\, ^D, and jobs in the background", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen } = yield* openShell(processes)
          yield* screen.type("sleep 100 & sleep 200\r", "sleep 200")
          yield* Effect.sleep(100)
          yield* screen.type("\x03", /\^C/)
          yield* screen.type("jobs\r", /\[1\]\+ {2}Running +sleep 100 &/)
          yield* screen.type("sleep 300\r", "sleep 300")
          yield* Effect.sleep(100)
          yield* screen.type("\x1a", /\^Z\n\[2\]\+ {2}Stopped +sleep 300/)
          yield* screen.type("fg %1\r", /\nsleep 100$/)
          yield* Effect.sleep(100)
          yield* screen.type("\x1c", /\^\\/)
          yield* screen.type("jobs; echo now\r", /Stopped +sleep 300\nnow/)
          yield* screen.type("bg; jobs\r", /\[2\]\+ sleep 300 &\n\[2\]\+ {2}Running +sleep 300 &/)
          yield* screen.type("kill %2; sleep 0.1\r", /\[2\]\+ {2}Terminated +sleep 300/)
          yield* screen.type("cat\r", /\$ cat/)
          yield* screen.type("one\r", /one\none/)
          yield* screen.type("\x04echo af''ter\r", "after")
          yield* screen.type("cat > /dev/null & sleep 0.1\r", /\[1\]\+ {2}Stopped +cat > \/dev\/null/)
          yield* screen.type("jobs -l\r", /Stopped \(tty input\) +cat/)
          yield* screen.type("stty tostop; echo out & sleep 0.1\r", /\[2\]\+ {2}Stopped +echo out/)
          yield* screen.type("fg\r", /\necho out\nout/)
          // a busy loop hears the key as well
          yield* screen.type("while :; do :; done; echo not reached\r", "not reached")
        }))

      it.scoped("interrupt what reads nothing, however much has been typed", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes, "stty -echo; echo ready; sleep 100; echo no")
          yield* screen.shows("ready")
          for (let i = 0; i < 200; i++) yield* terminal.write("x".repeat(999) + "\n")
          yield* terminal.write("\x03")
          assert.deepStrictEqual(yield* terminal.wait, { signal: "SIGINT" })
          assert.deepStrictEqual(screen.lines(), ["ready"])
        }))

      it.scoped("tell programs of the window's size", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes)
          yield* screen.type("echo re''ady\r", "ready")
          yield* screen.resize({ cols: 100, rows: 30 })
          yield* screen.shows("[30 100]")
          yield* screen.resize({ cols: 100, rows: 30 })
          yield* screen.type("stty size; stty rows 5 cols 7; stty size\r", /30 100\n5 7/)
          const sizes = yield* Effect.forEach(
            [{ cols: 0, rows: 1 }, { cols: 1, rows: 65_536 }, { cols: 1.5, rows: 1 }],
            (wrong) => told(terminal.resize(wrong))
          )
          assert.isTrue(sizes.every((each) => each.startsWith("KernelError: EINVAL")), sizes.join())
          assert.include(
            yield* told(Effect.scoped(processes.openTerminal({ cols: Number.NaN, rows: 1 }))),
            "cols is NaN; it must be a whole number from 1 to 65535"
          )
        }))

      it.scoped("work byte by byte in raw mode", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const script = "stty raw -echo; echo ready; head -c 4 | xxd -p; stty sane; echo \"cooked\""
          const { screen, terminal } = yield* openShell(processes, script)
          yield* screen.shows("ready")
          yield* screen.type("\x03\r\x04\x7f", "030d047f")
          yield* screen.shows("cooked")
          assert.deepStrictEqual(yield* terminal.wait, { exitCode: 0 })
        }))

      it.scoped("are attached to, from any position, also after their end", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const terminal = yield* processes.openTerminal({
            ...size,
            command: "sh",
            args: ["-c", "echo first; read x; echo got $x"]
          })
          yield* terminal.output.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.runDrain)
          const cursor = yield* terminal.cursor
          assert.strictEqual(cursor, 7)
          const other = yield* processes.attachTerminal(terminal.pid, { cursor })
          yield* Stream.run(Stream.make(text("in"), text("put\r")), other.input)
          assert.strictEqual(yield* gather(other.output), "input\r\ngot input\r\n")
          const late = yield* processes.attachTerminal(terminal.pid)
          assert.strictEqual(yield* gather(late.output), "first\r\ninput\r\ngot input\r\n")
          const plain = yield* processes.spawn("true")
          assert.match(yield* told(processes.attachTerminal(plain.pid)), /Process not found/)
          assert.match(yield* told(processes.attachTerminal(99_999)), /Process not found/)
          assert.match(yield* told(terminal.write("late")), /EPIPE/)
          yield* terminal.resize({ cols: 1, rows: 1 })
        }))

      it.scoped("hang up when their Scope closes: SIGHUP, then SIGKILL, and nothing is left", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          const scripts = [
            "trap 'echo hup > /tmp/hup; exit' HUP; echo up; while :; do sleep 0.01; done",
            "trap '' HUP TERM; echo up; while :; do sleep 0.01; done",
            "set -m; trap '' TERM; setsid sh -c 'trap \"\" HUP; sleep 100' & sleep 100 & sh -c 'kill -STOP $$'; echo up; read x",
            "stty raw; echo up; cat"
          ]
          for (const script of scripts) {
            const scope = yield* Scope.make()
            const { screen } = yield* Scope.extend(openShell(processes, script), scope)
            yield* screen.shows("up")
            yield* Scope.close(scope, Exit.void)
            yield* Effect.mapError(empty(processes), (error) => `${script}: ${JSON.stringify(error)}`)
          }
          assert.strictEqual(yield* filesystem.readFileString("/tmp/hup"), "hup\n")
          // the numbers of terminals are free again
          const { terminal } = yield* openShell(processes)
          assert.strictEqual(terminal.tty, "/dev/pts/0")
        }))

      it.scoped("leave what runs in the background without a terminal", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const script = "set -m; (trap '' HUP; sleep 0.3; echo lost || echo $? > /tmp/failed; sleep 100) & echo end"
          const { screen, terminal } = yield* openShell(processes, script)
          assert.deepStrictEqual(yield* terminal.wait, { exitCode: 0 })
          yield* screen.shows("end")
          yield* Effect.sleep(500)
          const left = yield* processes.list
          assert.isAbove(left.length, 0)
          assert.isTrue(left.every(({ tty }) => tty === undefined))
          assert.strictEqual((yield* processes.exec("cat /tmp/failed")).stdout, "1\n")
          yield* processes.killProcess(terminal.pid)
          yield* empty(processes)
        }))

      it.scoped("have a node in /dev/pts while they are there, in their VM only", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          const other = yield* Vm.make({})
          assert.deepStrictEqual(yield* filesystem.readdir("/dev/pts"), ["ptmx"])
          const first = yield* openShell(processes)
          const second = yield* processes.openTerminal({ ...size, command: "cat", args: [] })
          yield* first.screen.shows("$")
          yield* first.screen.type("cd /dev/pts; echo *; stat -c '%F %t %T %A %U %G' 0 1\r", /1 crw/)
          assert.deepStrictEqual(first.screen.lines().slice(1, 4), [
            "0 1 ptmx",
            "character special file 88 0 crw--w---- user tty",
            "character special file 88 1 crw--w---- user tty"
          ])
          assert.strictEqual((yield* filesystem.stat("/dev/pts/1")).mode, 0o020620)
          yield* first.screen.type("echo mine > $(tty); [ -c $(tty) ] && echo is one; echo yours > 1\r", /^is one$/m)
          assert.include(first.screen.lines(), "mine")
          const theirs = yield* makeScreen(second, size)
          yield* theirs.shows("yours")
          assert.deepStrictEqual(yield* other.filesystem.readdir("/dev/pts"), ["ptmx"])
          assert.include(yield* told(filesystem.readFile("/dev/pts/1")), "ENXIO")
          assert.include(yield* told(filesystem.writeFile("/dev/pts/9", text("x"))), "EROFS")
          yield* second.write("\x04")
          yield* second.wait
          yield* first.screen.type("ls; echo x > 1\r", "1:")
          assert.deepStrictEqual(yield* filesystem.readdir("/dev/pts"), ["0", "ptmx"])
        }))

      it.scoped("are as many as the limit allows", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({ limits: { ptys: 2 } })
          const open = processes.openTerminal({ ...size, command: "cat" })
          const first = yield* open
          const second = yield* open
          assert.deepStrictEqual([first.tty, second.tty], ["/dev/pts/0", "/dev/pts/1"])
          assert.match(yield* told(Effect.scoped(open)), /ENOSPC.*limit ptys is 2/)
          yield* first.write("\x04")
          yield* first.wait
          assert.strictEqual((yield* open).tty, "/dev/pts/0")
        }))

      it.scoped("interruption of any method leaves nothing behind", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const others = (yield* Vm.make({})).processes
          const { terminal } = yield* openShell(others, "while :; do sleep 1; done")
          const operations: Record<string, Effect.Effect<unknown, unknown>> = {
            open: Effect.scoped(Effect.zipRight(processes.openTerminal({ ...size, command: "cat" }), Effect.sleep(3))),
            attach: others.attachTerminal(terminal.pid),
            output: Stream.run(terminal.output, Sink.drain),
            input: Stream.run(Stream.repeatValue(text("x".repeat(5_000))), terminal.input),
            resize: terminal.resize({ cols: 10, rows: 10 }),
            wait: terminal.wait,
            kill: terminal.kill("SIGWINCH")
          }
          for (const [name, operation] of Object.entries(operations)) {
            for (let round = 0; round < 6; round++) {
              const fiber = yield* Effect.fork(operation)
              if (round < 4) {
                for (let i = 0; i < round * 5; i++) yield* Effect.yieldNow()
              } else yield* Effect.sleep(round - 3)
              const exit = yield* Effect.timeout(Fiber.interrupt(fiber), "3 seconds")
              assert.isTrue(Exit.isSuccess(exit) || exit.cause._tag !== "Die", name)
            }
          }
          yield* empty(processes)
          yield* terminal.kill("SIGKILL")
          assert.deepStrictEqual(yield* terminal.wait, { signal: "SIGKILL" })
        }))

      it.scoped("end with their VM", () =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const { processes } = yield* Scope.extend(Vm.make({}), scope)
          const { terminal } = yield* openShell(processes)
          const waiting = yield* Effect.fork(Effect.exit(terminal.wait))
          yield* Effect.sleep(50)
          yield* Scope.close(scope, Exit.void)
          yield* Effect.timeout(Fiber.join(waiting), "2 seconds")
          assert.strictEqual((yield* failureOf(terminal.write("x")))._tag, "SidecarError")
        }))
    })
  })
}
