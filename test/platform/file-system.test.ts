import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { VmContext } from "../../layers/platform/index.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import { systemError, vmLayer } from "./support.ts"

const encode = (text: string) => new TextEncoder().encode(text)

describe("the files of a VM", () => {
  it.scoped("relative paths begin in the directory of the context, whatever the host's is", () =>
    Effect.gen(function*() {
      const vm = yield* Filesystem
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString("here//./x/../file", "1")
      assert.strictEqual(yield* vm.readFileString("/home/user/here/file"), "1")
      const elsewhere = yield* Layer.build(VmContext.layerWith({ cwd: "here/" }))
      yield* Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        assert.strictEqual(yield* fs.readFileString("file"), "1")
        assert.strictEqual(path.resolve("file"), "/home/user/here/file")
        yield* fs.writeFileString("../up", "2")
      }).pipe(Effect.provide(elsewhere))
      assert.strictEqual(yield* vm.readFileString("/home/user/up"), "2")
    }).pipe(
      Effect.provideServiceEffect(
        FileSystem.FileSystem,
        Effect.tap(FileSystem.FileSystem, (fs) => fs.makeDirectory("here"))
      ),
      Effect.provide(vmLayer)
    ))

  it.scoped("paths that are no paths are refused before the kernel sees them", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const empty = yield* systemError(fs.remove("", { recursive: true }))
      assert.strictEqual(empty.reason, "NotFound")
      assert.isTrue(yield* fs.exists("/home/user"))
      assert.strictEqual((yield* Effect.flip(fs.rename("x", "a\0b")))._tag, "BadArgument")
      const proc = yield* Effect.flip(fs.writeFileString("/proc/x", ""))
      assert.strictEqual(proc.message, "FileSystem.writeFile: Path is read-only: /proc/x")
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("numbers that are none are refused", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString("file", "1")
      const refused = yield* Effect.forEach([
        fs.chmod("file", Number.NaN),
        fs.chown("file", -1, 0),
        fs.chown("file", 0, 2 ** 32),
        fs.truncate("file", 1.5),
        fs.utimes("file", 0, new Date(Number.NaN)),
        fs.makeDirectory("d", { mode: -1 }),
        fs.writeFileString("w", "", { mode: 0.5 }),
        Effect.scoped(fs.open("file", { mode: -1 }))
      ], Effect.flip)
      assert.deepStrictEqual(refused.map((error) => error._tag), refused.map(() => "BadArgument"))
      yield* fs.truncate("file", -5)
      assert.strictEqual((yield* fs.stat("file")).size, FileSystem.Size(0))
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("an open file has one position; what it cannot do is an error", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.open("file", { flag: "w+", mode: 0o600 })
      const pieces = Array.from({ length: 20 }, (_, i) => `piece ${i + 10}`)
      yield* Effect.forEach(pieces, (piece) => file.writeAll(encode(piece)), { concurrency: "unbounded" })
      yield* file.seek(0, "start")
      const read = yield* Effect.forEach(pieces, () => file.readAlloc(8), { concurrency: "unbounded" })
      assert.deepStrictEqual(
        read.map((part) => new TextDecoder().decode(Option.getOrThrow(part))).toSorted(),
        pieces
      )
      yield* file.seek(-1, "start")
      const before = yield* systemError(file.readAlloc(1))
      assert.deepStrictEqual([before.syscall, before.pathOrDescriptor], ["read", file.fd])
      yield* file.seek(2n ** 80n, "start")
      yield* systemError(file.write(encode("x")))
      const other = yield* fs.open("file")
      assert.notStrictEqual(other.fd, file.fd)
      assert.strictEqual((yield* systemError(other.writeAll(encode("x")))).reason, "BadResource")
      assert.strictEqual(((yield* file.stat).mode) & 0o777, 0o600)
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("a file is closed with its Scope", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const scope = yield* Scope.make()
      const file = yield* Scope.extend(fs.open("file", { flag: "w+" }), scope)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* systemError(file.readAlloc(1))).reason, "BadResource")
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("stat follows links and tells kinds apart", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.symlink("/tmp", "link")
      yield* fs.makeDirectory("deep/er", { recursive: true })
      assert.deepStrictEqual(yield* fs.readDirectory("deep//", { recursive: true }), ["er"])
      assert.include(yield* fs.readDirectory("/", { recursive: true }), "home/user/deep")
      const kinds = yield* Effect.forEach(["link", "/dev/null", "/etc/passwd"], (path) =>
        Effect.map(fs.stat(path), ({ type }) => type))
      assert.deepStrictEqual(kinds, ["Directory", "CharacterDevice", "File"])
      const info = yield* fs.stat("/etc/passwd")
      assert.isTrue(Option.isSome(info.mtime) && Option.isSome(info.ino) && Option.isNone(info.blksize))
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("temporary names come from Random; a name that is taken is followed by another", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const seeded = fs.makeTempDirectory({ prefix: "t-" }).pipe(Effect.withRandom(Random.make("seed")))
      const first = yield* seeded
      assert.match(first, /^\/tmp\/t-[0-9A-Za-z]{6}$/)
      const second = yield* fs.makeTempDirectory({ prefix: "t-" }).pipe(Effect.withRandom(Random.make("seed")))
      assert.notStrictEqual(second, first)
      yield* fs.remove(first)
        .pipe(Effect.flip)
      const scope = yield* Scope.make()
      const gone = yield* Scope.extend(fs.makeTempDirectoryScoped(), scope)
      yield* fs.remove(gone, { recursive: true })
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(Scope.close(scope, Exit.void))))
      const never = fs.makeTempDirectory().pipe(Effect.withRandom(Random.fixed([0])))
      yield* never
      assert.strictEqual((yield* systemError(never)).reason, "AlreadyExists")
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("watching gives every change, with absolute paths", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      assert.strictEqual((yield* systemError(Stream.runDrain(fs.watch("none")))).reason, "NotFound")
      yield* fs.makeDirectory("watched")
      const seen = yield* fs.watch("watched", { recursive: true }).pipe(
        Stream.takeUntil(({ _tag, path }) => _tag === "Remove" && path === "/home/user/watched/b"),
        Stream.runCollect,
        Effect.fork
      )
      // a watch begins when its reader asks: what is written before is not in it
      yield* Effect.iterate(0, {
        while: (round) => round < 50,
        body: (round) => Effect.as(Effect.yieldNow(), round + 1)
      })
      yield* fs.exists("watched")
      yield* fs.writeFileString("watched/a", "1")
      yield* fs.rename("watched/a", "watched/b")
      yield* fs.remove("watched/b")
      const events = Array.from(yield* seen, ({ _tag, path }) => [_tag, path])
      assert.deepStrictEqual(events.filter(([tag]) => tag !== "Update"), [
        ["Create", "/home/user/watched/a"],
        ["Remove", "/home/user/watched/a"],
        ["Create", "/home/user/watched/b"],
        ["Remove", "/home/user/watched/b"]
      ])
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("large content streams in and out", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const piece = new Uint8Array(100_000).fill(7)
      yield* Stream.run(Stream.take(Stream.repeatValue(piece), 50), fs.sink("big"))
      const size = yield* Stream.runFold(fs.stream("big"), 0, (size, bytes) => size + bytes.length)
      assert.strictEqual(size, 5_000_000)
    }).pipe(Effect.provide(vmLayer)))

  it.scoped("a merge keeps what is there, replaces links, and stops at what does not match", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory("from/sub", { recursive: true })
      yield* fs.writeFileString("from/sub/file", "new")
      yield* fs.symlink("file", "from/sub/link")
      yield* fs.makeDirectory("to/sub", { recursive: true })
      yield* fs.symlink("elsewhere", "to/sub/link")
      yield* fs.writeFileString("to/sub/own", "own")
      yield* fs.copy("from", "to")
      assert.strictEqual(yield* fs.readLink("to/sub/link"), "elsewhere")
      yield* fs.copy("from", "to", { overwrite: true })
      assert.strictEqual(yield* fs.readLink("to/sub/link"), "file")
      assert.strictEqual(yield* fs.readFileString("to/sub/own"), "own")
      yield* fs.writeFileString("to/other", "")
      yield* fs.makeDirectory("from/other")
      assert.strictEqual((yield* systemError(fs.copy("from", "to"))).reason, "BadResource")
      assert.strictEqual((yield* systemError(fs.copy("from", "from/sub/deeper"))).syscall, "cp")
    }).pipe(Effect.provide(vmLayer)))

  it.effect("the end of the VM is a system error with the cause in it", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(vmLayer, scope)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust(0)
      const error = yield* systemError(
        Effect.provide(Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile("/etc/passwd")), context)
      )
      assert.strictEqual(error.reason, "Unknown")
      assert.propertyVal(error.cause as object, "_tag", "SidecarError")
    }))
})

describe("paths of a VM", () => {
  it.scoped("are POSIX and begin in the VM", () =>
    Effect.gen(function*() {
      const path = yield* Path.Path
      assert.strictEqual(path.resolve(), "/home/user")
      assert.strictEqual(path.resolve("a", "../b/"), "/home/user/b")
      assert.strictEqual(path.resolve("/x", "y"), "/x/y")
      assert.strictEqual(path.relative("/home/user/a", "b/c"), "../b/c")
      assert.strictEqual(path.relative("", "/"), "../..")
      assert.strictEqual((yield* path.toFileUrl("a b/")).href, "file:///home/user/a%20b/")
      assert.strictEqual((yield* path.toFileUrl("/")).href, "file:///")
      assert.strictEqual(path.join("a", "..", "b"), "b")
    }).pipe(Effect.provide(vmLayer)))
})
