import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { VmContext } from "../../layers/platform/index.ts"
import { OUTPUT_WINDOW } from "../../layers/platform/ProcessOutput.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { systemError, vmLayer } from "./support.ts"

const encode = (text: string) => new TextEncoder().encode(text)
const text = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) => Stream.mkString(Stream.decodeText(bytes))
const sh = (script: string) => Command.make("sh", "-c", script)

/** `n` lines of 8 bytes. */
const lines = (n: number) => Command.make("seq", "1000000", String(999_999 + n))
const LINE = 8

const appears = (fs: FileSystem.FileSystem, name: string) =>
  Effect.repeat(fs.exists(name), { until: (there) => there, schedule: Schedule.spaced("10 millis") }).pipe(
    Effect.timeout("10 seconds")
  )

describe("commands that run to their end", () => {
  it.scoped("what is not returned holds no command up", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Command.exitCode(lines(200_000)), 0)
      const noisy = Command.runInShell(Command.make("seq 200000 >&2; echo done"), true)
      assert.strictEqual(yield* Command.string(noisy), "done\n")
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("characters that are split between two pieces of output come out whole", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const content = `x${"ü€𝄞".repeat(30_000)}`
      yield* fs.writeFileString("text", content)
      assert.isTrue((yield* Command.string(Command.make("cat", "text"))) === content)
      assert.isTrue((yield* Command.lines(Command.make("cat", "text")))[0] === content)
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("collected output is bounded", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(VmContext.layerWith({ maxOutputBytes: 10_000 }))
      yield* Effect.gen(function*() {
        const error = yield* systemError(Command.string(lines(2000)))
        assert.strictEqual(error.reason, "Unknown")
        assert.propertyVal(error.cause as object, "reason", "OutputLimit")
        yield* systemError(Command.lines(lines(2000)))
        assert.strictEqual(yield* Stream.runCount(Command.streamLines(lines(20_000))), 20_000)
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFile("line", new Uint8Array(300_000).fill(97))
        yield* systemError(Stream.runDrain(Command.streamLines(Command.make("cat", "line"))))
        assert.strictEqual((yield* Command.string(lines(10_000 / LINE))).length, 10_000)
      }).pipe(Effect.provide(context))
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("the user and the group of a command cannot be set, and null bytes are no text", () =>
    Effect.gen(function*() {
      const set = (settings: Partial<Command.StandardCommand>): Command.Command =>
        Object.assign(Object.create(Object.getPrototypeOf(Command.make("id"))), Command.make("id"), settings)
      const refused = yield* Effect.forEach([
        set({ uid: Option.some(0) }),
        set({ gid: Option.some(0) }),
        Command.pipeTo(Command.make("id"), set({ uid: Option.some(0) })),
        Command.make("echo", "a\0b"),
        Command.make(""),
        Command.env(Command.make("env"), { A: "\0" })
      ], (command) => Effect.flip(Command.exitCode(command)))
      assert.deepStrictEqual(refused.map((error) => error._tag), refused.map(() => "BadArgument"))
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("a stage of a pipeline has its own directory and environment; the last one has the say", () =>
    Effect.gen(function*() {
      const first = sh("pwd; echo $A").pipe(Command.env({ A: "it's" }), Command.workingDirectory("/tmp"))
      const piped = Command.pipeTo(first, sh("cat; pwd; echo ${A-none}; exit 4"))
      assert.strictEqual(yield* Command.string(piped), "/tmp\nit's\n/home/user\nnone\n")
      assert.strictEqual(yield* Command.exitCode(piped), 4)
      const missing = yield* systemError(Command.string(Command.pipeTo(first, Command.make("none", "x"))))
      assert.deepStrictEqual(
        [missing.reason, missing.syscall, missing.pathOrDescriptor],
        ["NotFound", "spawn none", "sh -c pwd; echo $A | none x"]
      )
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("a program of the VM is found in the PATH of the command", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory("bin")
      yield* fs.writeFileString("bin/mine", "#!/bin/sh\necho mine $1\n", { mode: 0o755 })
      assert.strictEqual(yield* Command.string(Command.make("./bin/mine", "x")), "mine x\n")
      const mine = Command.env(Command.make("mine"), { PATH: "/home/user/bin:/bin" })
      assert.strictEqual(yield* Command.string(mine), "mine\n")
      assert.strictEqual((yield* systemError(Command.string(Command.make("mine")))).reason, "NotFound")
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("commands run in the directory of the context", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(VmContext.layerWith({ cwd: "/tmp" }))
      const where = (command: Command.Command) => Effect.provide(Command.string(command), context)
      assert.strictEqual(yield* where(Command.make("pwd")), "/tmp\n")
      assert.strictEqual(yield* where(Command.workingDirectory(Command.make("pwd"), "../etc")), "/etc\n")
      assert.strictEqual(yield* where(Command.pipeTo(Command.make("pwd"), Command.make("cat"))), "/tmp\n")
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("inherited output is printed on the Console", () =>
    Effect.gen(function*() {
      const printed: Array<string> = []
      const print = (kind: string) => (line: unknown) => Effect.sync(() => void printed.push(`${kind} ${String(line)}`))
      const command = sh("echo a; echo ü; printf end; echo oops >&2").pipe(
        Command.stdout("inherit"),
        Command.stderr("inherit")
      )
      const code = yield* Command.exitCode(command).pipe(
        Effect.withConsole({ log: print("out"), error: print("err") } as never)
      )
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(printed.toSorted(), ["err oops", "out a", "out end", "out ü"])
      printed.length = 0
      yield* Command.exitCode(Command.stdout(sh("printf '%0200000d' 1"), "inherit")).pipe(
        Effect.withConsole({ log: print(""), error: print("") } as never)
      )
      assert.deepStrictEqual(printed.map((line) => line.length - 1), [65536, 65536, 65536, 3392])
    }).pipe(Effect.provide(vmLayer)))
})

describe("commands that are held", () => {
  const scoped = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | VmContext.VmContext>) =>
    Effect.provide(effect, vmLayer)

  it.scopedLive("a process runs at once; its input is open until its sink has run", () =>
    scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const process = yield* Command.start(sh("touch ran; cat; echo done"))
      assert.isAbove(process.pid, 0)
      yield* appears(fs, "ran")
      assert.isTrue(yield* process.isRunning)
      yield* Stream.run(Stream.make(encode("a\n")), process.stdin)
      assert.strictEqual(yield* text(process.stdout), "a\ndone\n")
      assert.strictEqual(yield* process.exitCode, 0)
      const late = yield* systemError(Stream.run(Stream.make(encode("x")), process.stdin))
      assert.strictEqual(late.syscall, "write")
    })))

  it.scopedLive("a conversation: each answer is there before the next line is given", () =>
    scoped(Effect.gen(function*() {
      const process = yield* Command.start(sh("while read -r line; do echo \"got $line\"; done"))
      const answers = yield* Queue.unbounded<string>()
      yield* Effect.fork(
        Stream.runForEach(Stream.splitLines(Stream.decodeText(process.stdout)), (line) => answers.offer(line))
      )
      const questions = Stream.mapEffect(
        Stream.range(1, 5),
        (n) =>
          Effect.map(n === 1 ? Effect.succeed("") : answers.take, (answer) => {
            if (n > 1) assert.strictEqual(answer, `got ${n - 1}`)
            return encode(`${n}\n`)
          })
      )
      yield* Stream.run(questions, process.stdin)
      assert.strictEqual(yield* answers.take, "got 5")
      assert.strictEqual(yield* process.exitCode, 0)
    })))

  it.scopedLive("input may be fed while the output is already asked for", () =>
    scoped(Effect.gen(function*() {
      const process = yield* Command.start(Command.make("cat"))
      const feeding = yield* Effect.fork(Stream.run(Stream.make(encode("a"), encode("b")), process.stdin))
      assert.strictEqual(yield* text(process.stdout), "ab")
      yield* Fiber.join(feeding)
    })))

  it.scopedLive("input that is cut short leaves it open: half of it is not the whole", () =>
    scoped(Effect.gen(function*() {
      const process = yield* Command.start(Command.make("cat"))
      const broken = Stream.concat(Stream.make(encode("x")), Stream.fail("broken" as const))
      assert.strictEqual(yield* Effect.flip(Stream.run(broken, process.stdin)), "broken")
      assert.isTrue(yield* process.isRunning)
      yield* Stream.run(Stream.make(encode("y")), process.stdin)
      assert.strictEqual(yield* text(process.stdout), "xy")
    })))

  it.scopedLive("a given input goes in; its failure comes out", () =>
    scoped(Effect.gen(function*() {
      const given = Command.stdin(Command.make("cat"), Stream.make(encode("given")))
      assert.strictEqual(yield* Command.string(given), "given")
      const fs = yield* FileSystem.FileSystem
      const failing = Command.stdin(Command.make("cat"), fs.stream("none"))
      assert.strictEqual((yield* systemError(Command.string(failing))).reason, "NotFound")
      assert.strictEqual(yield* Command.string(Command.stdin(Command.make("cat"), "inherit")), "")
    })))

  it.scopedLive("whoever feeds more than is taken is suspended, until somebody takes it or nobody will", () =>
    scoped(Effect.gen(function*() {
      let pulled = 0
      const piece = Effect.sync(() => new Uint8Array(64 * 1024).fill(Math.sign(++pulled)))
      const input = Stream.take(Stream.repeatEffect(piece), 100)
      yield* Command.exitCode(Command.make("mkfifo", "go"))
      const slow = yield* Command.start(sh("read -r line < go; wc -c"))
      const feeding = yield* Effect.fork(Stream.run(input, slow.stdin))
      yield* Effect.sleep("300 millis")
      assert.isAtMost(pulled, 16)
      yield* slow.kill("SIGKILL")
      yield* systemError(Fiber.join(feeding))
      const all = yield* Command.start(Command.make("wc", "-c"))
      const fed = yield* Effect.fork(Stream.run(input, all.stdin))
      assert.strictEqual(yield* text(all.stdout), `${100 * 64 * 1024}\n`)
      yield* Fiber.join(fed)
    })))

  it.scopedLive("output that nobody reads suspends the process", () =>
    scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const process = yield* Command.start(
        Command.runInShell(Command.make("for i in 1 2 3 4 5 6; do seq 1000000 1099999; done; touch end"), true)
      )
      yield* Effect.sleep("1 second")
      assert.isFalse(yield* fs.exists("end"))
      assert.isTrue(yield* process.isRunning)
      const size = yield* Stream.runFold(process.stdout, 0, (size, bytes) => size + bytes.length)
      assert.strictEqual(size, 600_000 * LINE)
      assert.isAbove(size, OUTPUT_WINDOW)
      assert.strictEqual(yield* process.exitCode, 0)
    })))

  it.scopedLive("output is read once, and what comes after its reader is written to nobody", () =>
    scoped(Effect.gen(function*() {
      const process = yield* Command.start(lines(200_000))
      const head = yield* process.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.runCollect)
      assert.strictEqual(Chunk.size(head), 1)
      assert.strictEqual(yield* process.exitCode, 0)
      assert.strictEqual(yield* text(process.stdout), "")
    })))

  it.scopedLive("output that waits survives the end of the process", () =>
    scoped(Effect.gen(function*() {
      const process = yield* Command.start(sh("echo out; echo err >&2; exit 2"))
      assert.strictEqual(yield* process.exitCode, 2)
      assert.isFalse(yield* process.isRunning)
      assert.strictEqual(yield* text(process.stdout), "out\n")
      assert.strictEqual(yield* text(process.stderr), "err\n")
      assert.match(JSON.stringify(process), /"pid":\d+/)
      assert.strictEqual((yield* systemError(process.kill())).syscall, "kill")
    })))

  it.scopedLive("an output can go through a sink", () =>
    scoped(Effect.gen(function*() {
      const reversed = Sink.map(
        Sink.take<Uint8Array>(1),
        (chunk) => Chunk.isEmpty(chunk) ? new Uint8Array(0) : Chunk.unsafeHead(chunk).toReversed()
      ) as unknown as Sink.Sink<Uint8Array, Uint8Array>
      assert.strictEqual(yield* Command.string(Command.stdout(Command.make("echo", "abc"), reversed)), "\ncba")
    })))

  it.scopedLive("a signal ends a process wherever it is", () =>
    scoped(Effect.gen(function*() {
      const dead = Effect.fnUntraced(function*(process: CommandExecutor.Process) {
        yield* process.kill("SIGHUP")
        assert.isFalse(yield* process.isRunning)
        assert.match((yield* systemError(process.exitCode)).message, /signal: SIGHUP$/)
        assert.strictEqual(yield* text(process.stdout), "")
      })
      yield* dead(yield* Command.start(Command.make("sleep", "60")))
      yield* dead(yield* Command.start(Command.stdin(Command.make("sleep", "60"), "inherit")))
      yield* dead(yield* Command.start(Command.stdin(Command.make("cat"), Stream.never)))
      const spinning = yield* Command.start(
        Command.stdin(Command.runInShell(Command.make("while :; do :; done"), true), "inherit")
      )
      assert.isAbove(spinning.pid, 0)
      yield* dead(spinning)
    })))

  it.scopedLive("a signal can be caught, and goes to all of a pipeline", () =>
    scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const trapping = yield* Command.start(
        sh("trap 'echo caught; exit 3' TERM; touch ready; while :; do sleep 0.05; done")
      )
      yield* appears(fs, "ready")
      yield* trapping.kill()
      assert.strictEqual(yield* trapping.exitCode, 3)
      assert.strictEqual(yield* text(trapping.stdout), "caught\n")
      const stage = (name: string) =>
        sh(`trap 'touch ${name}-hup; exit' HUP; touch ${name}; while :; do sleep 0.05; done`)
      const pipeline = yield* Command.start(Command.pipeTo(stage("one"), stage("two")))
      yield* appears(fs, "one")
      yield* appears(fs, "two")
      yield* pipeline.kill("SIGHUP")
      yield* appears(fs, "one-hup")
      yield* appears(fs, "two-hup")
      const left = yield* Command.string(Command.make("ps", "-o", "args"))
      assert.notInclude(left, "sleep")
      const odd = yield* Command.start(Command.make("sleep", "60"))
      assert.strictEqual((yield* systemError(odd.kill("SIGLOST"))).syscall, "kill SIGLOST")
      yield* odd.kill("SIGIOT")
      assert.match((yield* systemError(odd.exitCode)).message, /signal: SIGABRT$/)
    })))

  it.scopedLive("a process ends with its Scope, and a command with its fiber", () =>
    scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const beat = (name: string) => Command.stdin(sh(`while :; do echo x >> ${name}; sleep 0.02; done`), "inherit")
      const stopped = Effect.fnUntraced(function*(name: string) {
        yield* Effect.sleep("100 millis")
        const before = (yield* fs.stat(name)).size
        yield* Effect.sleep("200 millis")
        assert.strictEqual((yield* fs.stat(name)).size, before)
      })
      const scope = yield* Scope.make()
      const process = yield* Scope.extend(Command.start(beat("one")), scope)
      yield* appears(fs, "one")
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(yield* process.isRunning)
      yield* stopped("one")
      const fiber = yield* Effect.fork(Command.exitCode(beat("two")))
      yield* appears(fs, "two")
      yield* Fiber.interrupt(fiber)
      yield* stopped("two")
    })))

  it.scopedLive("the end of the VM fails what waits for its process", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(vmLayer, scope)
      const process = yield* Effect.provide(
        Command.start(Command.stdin(Command.make("sleep", "60"), "inherit")),
        context
      )
      const waiting = yield* Effect.fork(systemError(process.exitCode))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(waiting)).reason, "Unknown")
      assert.isFalse(yield* process.isRunning)
      yield* systemError(Effect.provide(Command.string(Command.make("echo")), context))
    }))

  it.scoped("the file of a context is the file of its commands", () =>
    Effect.gen(function*() {
      yield* Command.exitCode(sh("echo 1 > file"))
      assert.strictEqual(yield* (yield* Filesystem).readFileString("/home/user/file"), "1\n")
    }).pipe(Effect.provide(vmLayer)))
})
