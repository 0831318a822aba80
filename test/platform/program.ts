/** A program that knows nothing of VMs: it is written against the platform's services alone. */
import * as Command from "@effect/platform/Command"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Success, or the reason: what both sides must agree on. */
const outcome = <A, R>(effect: Effect.Effect<A, PlatformError, R>): Effect.Effect<unknown, never, R> =>
  Effect.match(effect, {
    onSuccess: (value) => value ?? "ok",
    onFailure: (error) => error._tag === "SystemError" ? `${error.module} ${error.method} ${error.reason}` : error._tag
  })

const files = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const at = (name: string) => path.join(directory, name)
  const log: Array<unknown> = []
  const say = <A, R>(effect: Effect.Effect<A, PlatformError, R>) =>
    Effect.map(outcome(effect), (value) => void log.push(value))
  const tree = Effect.map(fs.readDirectory(directory, { recursive: true }), (names) => names.toSorted())

  yield* say(Effect.asVoid(fs.makeDirectory(at("a/b/c"), { recursive: true, mode: 0o700 })))
  yield* say(fs.makeDirectory(at("a"), { mode: 0o700 }))
  yield* say(fs.makeDirectory(at("a/b/c/"), { recursive: true }))
  yield* say(fs.makeDirectory(at("x/y")))
  yield* say(Effect.map(fs.stat(at("a/b")), ({ mode, type }) => [mode & 0o777, type]))
  yield* say(fs.writeFileString(at("a/one.txt"), "one"))
  yield* say(fs.writeFileString(at("a/one.txt"), "more", { flag: "a" }))
  yield* say(fs.writeFileString(at("a/one.txt"), "none", { flag: "wx" }))
  yield* say(fs.writeFileString(at("a/one.txt"), "r", { flag: "r" }).pipe(Effect.mapError(forgetReason)))
  yield* say(fs.writeFileString(at("a/script"), "echo", { mode: 0o755 }))
  yield* say(Effect.map(fs.stat(at("a/script")), ({ mode }) => mode & 0o777))
  yield* say(fs.writeFileString(at("none/x"), ""))
  yield* say(fs.writeFileString(at("a"), ""))
  yield* say(fs.writeFileString(at("new/"), ""))
  yield* say(fs.readFileString(at("a/one.txt")))
  yield* say(fs.readFileString(at("a/one.txt/")))
  yield* say(fs.readFileString(at("a")))
  yield* say(fs.readFileString(""))
  yield* say(fs.readFileString("a\0b"))
  yield* say(fs.symlink("one.txt", at("a/link")))
  yield* say(fs.symlink("one.txt", at("a/link")))
  yield* say(fs.symlink("nowhere", at("a/broken")))
  yield* say(fs.symlink("self", at("a/self")))
  yield* say(fs.readLink(at("a/link")))
  yield* say(fs.readLink(at("a/one.txt")))
  yield* say(Effect.map(fs.realPath(at("a/../a//link")), (real) => path.relative(directory, real)))
  yield* say(Effect.map(fs.stat(at("a/link")), ({ size, type }) => [Number(size), type]))
  yield* say(fs.stat(at("a/broken")))
  yield* say(fs.readFile(at("a/self")))
  yield* say(fs.exists(at("a/broken")))
  yield* say(fs.exists(at("a/one.txt/x")))
  yield* say(fs.link(at("a/one.txt"), at("a/hard")))
  yield* say(Effect.map(fs.stat(at("a/hard")), ({ nlink }) => Option.getOrNull(nlink)))
  yield* say(fs.chmod(at("a/hard"), 0o640))
  yield* say(Effect.map(fs.stat(at("a/one.txt")), ({ mode }) => mode))
  yield* say(fs.chmod(at("none"), 0o640))
  yield* say(fs.access(at("a/hard"), { readable: true, writable: true }))
  yield* say(fs.access(at("none")))
  yield* say(fs.utimes(at("a/hard"), 1_000, new Date(2_500_000)))
  yield* say(Effect.map(fs.stat(at("a/hard")), ({ atime, mtime }) => [atime, mtime].map(Option.map(Number))))
  yield* say(fs.utimes(at("a/hard"), Number.NaN, 0))
  yield* say(fs.truncate(at("a/hard"), 2))
  yield* say(fs.truncate(at("a"), 2))
  yield* say(fs.readFileString(at("a/one.txt")))
  yield* say(fs.rename(at("a/hard"), at("a/renamed")))
  yield* say(fs.rename(at("a/hard"), at("a/renamed")))
  yield* say(fs.rename(at("a"), at("a/b/inside")))
  yield* say(tree)
  yield* say(copies(fs, at))
  yield* say(tree)
  yield* say(fs.remove(at("a/b/c")).pipe(Effect.mapError(forgetReason)))
  yield* say(fs.exists(at("a/b/c")))
  yield* say(fs.remove(at("none")))
  yield* say(fs.remove(at("none"), { recursive: true }))
  yield* say(fs.remove(at("none"), { force: true }))
  yield* say(fs.remove(at("a/one.txt/x"), { force: true }))
  yield* say(fs.remove(at("a/link")))
  yield* say(fs.remove(at("a"), { recursive: true, force: true }))
  yield* say(fs.readDirectory(at("a")))
  yield* say(fs.readDirectory(at("file")))
  yield* say(tree)
  yield* say(temporary(fs, path))
  return log
})

/** Where the VM has a reason and Node has none. */
const forgetReason = (error: PlatformError): PlatformError => {
  if (error._tag === "SystemError") Object.defineProperty(error, "reason", { value: "Unknown" })
  return error
}

const copies = Effect.fnUntraced(function*(fs: FileSystem.FileSystem, at: (name: string) => string) {
  const log: Array<unknown> = []
  const say = <A>(effect: Effect.Effect<A, PlatformError>) =>
    Effect.map(outcome(effect), (value) => void log.push(value))
  yield* fs.writeFileString(at("file"), "file", { mode: 0o600 })
  yield* say(fs.copyFile(at("file"), at("copied")))
  yield* say(Effect.map(fs.stat(at("copied")), ({ mode }) => mode & 0o777))
  yield* say(fs.copyFile(at("a/link"), at("followed")))
  yield* say(fs.readFileString(at("followed")))
  yield* say(Effect.mapError(fs.readLink(at("followed")), forgetReason))
  yield* fs.symlink("target", at("through"))
  yield* say(fs.copyFile(at("file"), at("through")))
  yield* say(fs.readFileString(at("target")))
  yield* say(fs.copyFile(at("a/one.txt"), at("through")))
  yield* say(fs.readFileString(at("target")))
  yield* say(fs.readLink(at("through")))
  yield* say(fs.copyFile(at("file"), at("file")))
  yield* say(fs.copyFile(at("a"), at("none")))
  yield* say(fs.copyFile(at("file"), at("a")))
  yield* say(fs.copyFile(at("none"), at("other")))
  yield* fs.makeDirectory(at("c/d"), { recursive: true })
  yield* fs.writeFileString(at("c/script"), "echo", { mode: 0o755 })
  yield* say(fs.copy(at("c"), at("deep/copy")))
  yield* say(Effect.map(fs.stat(at("deep/copy/script")), ({ mode }) => mode & 0o777))
  yield* fs.writeFileString(at("deep/copy/script"), "kept")
  yield* fs.writeFileString(at("c/d/late"), "late")
  yield* say(fs.copy(at("c"), at("deep/copy/")))
  yield* say(fs.readFileString(at("deep/copy/script")))
  yield* say(fs.readFileString(at("deep/copy/d/late")))
  yield* say(fs.copy(at("c/"), at("deep/copy"), { overwrite: true }))
  yield* say(fs.readFileString(at("deep/copy/script")))
  yield* say(fs.copy(at("none"), at("deep/none")))
  yield* say(Effect.mapError(fs.copy(at("a"), at("file")), forgetReason))
  yield* say(Effect.mapError(fs.copy(at("file"), at("a")), forgetReason))
  yield* say(fs.copy(at("a"), at("a/b/inside")))
  yield* say(fs.copy(at("a"), at("a")))
  yield* say(fs.copy(at("file"), at("file")))
  return log
})

const temporary = Effect.fnUntraced(function*(fs: FileSystem.FileSystem, path: Path.Path) {
  const made = yield* fs.makeTempDirectory({ prefix: "some-" })
  const { mode } = yield* fs.stat(made)
  const kept = yield* fs.makeTempFile({ directory: made, suffix: ".txt" })
  const gone = yield* Effect.scoped(Effect.gen(function*() {
    const directory = yield* fs.makeTempDirectoryScoped()
    const file = yield* fs.makeTempFileScoped({ prefix: "x" })
    yield* fs.writeFileString(path.join(directory, "x"), "")
    return [directory, path.dirname(file)]
  }))
  const left = yield* Effect.forEach(gone, fs.exists)
  const shape = [path.basename(made).length, path.extname(kept), mode & 0o777, yield* fs.exists(kept), left]
  yield* fs.remove(made, { recursive: true })
  return shape
})

const openFiles = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const name = `${directory}/handle`
  const log: Array<unknown> = []
  const file = yield* fs.open(name, { flag: "w+" })
  yield* file.writeAll(encode("0123456789"))
  yield* file.seek(-4, "current")
  log.push(Option.map(yield* file.readAlloc(3), decode))
  log.push(Option.map(yield* file.readAlloc(10n), decode), yield* file.readAlloc(1))
  yield* file.seek(2, "start")
  log.push(Number(yield* file.write(encode("ab"))))
  const buffer = new Uint8Array(3)
  log.push(Number(yield* file.read(buffer)), decode(buffer))
  yield* file.truncate(5)
  log.push(Number((yield* file.stat).size))
  yield* file.write(encode("!"))
  yield* file.seek(8, "start")
  yield* file.writeAll(encode("end"))
  yield* file.sync
  log.push(yield* fs.readFileString(name))
  yield* file.truncate()
  log.push(yield* fs.readFileString(name))
  const appended = yield* fs.open(name, { flag: "a+" })
  yield* appended.writeAll(encode("one"))
  yield* appended.writeAll(encode("two"))
  log.push(Option.map(yield* appended.readAlloc(4), decode))
  log.push(
    yield* outcome(Effect.mapError(
      Effect.flatMap(fs.open(name), (file) => file.write(encode("x"))),
      forgetReason
    ))
  )
  log.push(yield* outcome(fs.open(`${directory}/none`)))
  log.push(yield* outcome(fs.open(name, { flag: "ax" })))
  yield* Stream.run(Stream.make(encode("streamed "), encode("in")), fs.sink(name))
  log.push(
    yield* fs.stream(name, { offset: 2, bytesToRead: 5, chunkSize: 2 }).pipe(
      Stream.map(decode),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray)
    )
  )
  return log
})

const store = (directory: string) =>
  Effect.gen(function*() {
    const kv = yield* KeyValueStore.KeyValueStore
    yield* kv.set("key/with: odd", "value")
    yield* kv.set("bytes", encode("bytes"))
    yield* kv.modify("key/with: odd", (value) => `${value}!`)
    const found = [yield* kv.get("key/with: odd"), yield* kv.get("none"), yield* kv.size]
    yield* kv.remove("bytes")
    const size = yield* kv.size
    yield* kv.clear
    return [found, size, yield* kv.isEmpty]
  }).pipe(Effect.provide(KeyValueStore.layerFileSystem(`${directory}/store`)))

const commands = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const log: Array<unknown> = []
  const say = <A, R>(effect: Effect.Effect<A, PlatformError, R>) =>
    Effect.map(outcome(effect), (value) => void log.push(value))
  const inside = Command.workingDirectory(directory)
  yield* fs.writeFileString(`${directory}/words`, "pear\napple\nfig\n")
  yield* fs.writeFileString(`${directory}/plain`, "no program")
  yield* say(Command.string(Command.make("echo", "it's", "a  b", "$HOME", "`x`", "")))
  yield* say(Command.lines(inside(Command.make("cat", "words"))))
  yield* say(Command.string(Command.pipeTo(inside(Command.make("sort", "words")), Command.make("head", "-n", "1"))))
  yield* say(
    Command.make("cat").pipe(
      Command.pipeTo(Command.make("tr", "a-z", "A-Z")),
      Command.pipeTo(Command.make("sort", "-r")),
      Command.feed("b\nc\na\n"),
      Command.lines
    )
  )
  yield* say(Command.exitCode(Command.make("sh", "-c", "exit 7")))
  yield* say(Command.string(Command.env(Command.make("sh", "-c", "printf %s \"$A-$B\""), { A: "it's", B: "$A" })))
  yield* say(
    Command.make("sh", "-c", "echo ${SECRET-unset} $A").pipe(
      Command.env({ A: "a b" }, { extendEnv: false }),
      Command.string
    )
  )
  yield* say(Command.string(Command.runInShell(Command.make("echo $((1 + 2));", "echo", "'x  y'"), true)))
  yield* say(
    Command.make("echo", "$A").pipe(
      Command.pipeTo(Command.make("cat")),
      Command.runInShell("sh"),
      Command.env({ A: "in a pipeline" }),
      Command.workingDirectory(directory),
      Command.string
    )
  )
  yield* say(Command.string(Command.make("pwd").pipe(Command.workingDirectory("/usr/../tmp/"))))
  yield* say(Command.string(Command.make("no-such-program", "x")))
  yield* say(Command.exitCode(inside(Command.make("./none"))))
  yield* say(Command.exitCode(inside(Command.make("./plain"))))
  yield* say(Command.exitCode(Command.workingDirectory(Command.make("pwd"), "/none")))
  yield* fs.writeFile(`${directory}/bytes`, new Uint8Array([1, 128, 255, 195]))
  yield* say(
    Stream.runFold(
      Command.stream(inside(Command.make("cat", "bytes"))),
      "",
      (text, bytes) => `${text}${Array.from(bytes).join(" ")} `
    )
  )
  yield* say(
    Effect.map(
      Stream.runCollect(Command.streamLines(Command.make("printf", "a\\nb\\r\\n\\nü"))),
      Chunk.toReadonlyArray
    )
  )
  yield* say(process)
  return log
})

const process = Effect.scoped(Effect.gen(function*() {
  const text = <E>(bytes: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(bytes))
  const process = yield* Command.start(Command.make("sh", "-c", "cat; echo oops >&2; exit 3"))
  const running = yield* process.isRunning
  yield* Stream.run(Stream.make(encode("fed "), encode("in pieces")), process.stdin)
  const [stdout, stderr] = yield* Effect.all([text(process.stdout), text(process.stderr)], { concurrency: 2 })
  const code = yield* process.exitCode
  const killed = yield* Command.start(Command.make("sleep", "60"))
  yield* killed.kill()
  const exit = yield* Effect.exit(killed.exitCode)
  // one line is answered before the next one is written
  const echo = yield* Command.start(Command.make("sh", "-c", "while read -r line; do echo \"<$line>\"; done; exit 4"))
  const answers = yield* Queue.unbounded<string>()
  yield* Effect.forkScoped(
    Stream.runForEach(Stream.splitLines(Stream.decodeText(echo.stdout)), (line) => answers.offer(line))
  )
  const heard: Array<string> = []
  const lines = Stream.mapEffect(Stream.make("one", "two", "three"), (line) =>
    heard.length === 0 && line === "one"
      ? Effect.succeed(encode("one\n"))
      : Effect.map(answers.take, (answer) => {
        heard.push(answer)
        return encode(`${line}\n`)
      }))
  yield* Stream.run(lines, echo.stdin)
  heard.push(yield* answers.take)
  // a signal may be caught, and all of a pipeline hears it
  const trapping = yield* Command.start(
    Command.make("sh", "-c", "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done")
  )
  const said = yield* Queue.unbounded<string>()
  yield* Effect.forkScoped(
    Stream.runForEach(Stream.splitLines(Stream.decodeText(trapping.stdout)), (line) => said.offer(line))
  )
  heard.push(yield* said.take)
  yield* trapping.kill("SIGTERM")
  heard.push(yield* said.take)
  return [
    running,
    stdout,
    stderr,
    code,
    yield* process.isRunning,
    process.pid > 0,
    yield* killed.isRunning,
    Exit.isFailure(exit) ? "killed" : exit.value,
    heard,
    yield* echo.exitCode,
    yield* trapping.exitCode
  ]
}))

export const program = (directory: string) =>
  Effect.scoped(Effect.all({
    files: files(directory),
    openFiles: openFiles(directory),
    store: store(directory),
    commands: commands(directory)
  }))
