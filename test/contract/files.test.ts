/** Single files, links, attributes and streams of the Filesystem service, over every transport. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { FilesystemShape } from "../../services/Filesystem.ts"
import { Vm } from "../../services/Vm.ts"
import { bytes, live, same, subjects, text, told } from "./layers.ts"

const MiB = 1024 * 1024

const joined = (fs: FilesystemShape, path: string, options?: Parameters<FilesystemShape["readStream"]>[1]) =>
  Effect.map(Stream.runCollect(fs.readStream(path, options)), (parts) => {
    const pieces = Array.from(parts)
    return { content: new Uint8Array(Buffer.concat(pieces)), sizes: pieces.map(({ length }) => length) }
  })

for (const subject of subjects) {
  describe(`Files over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("links: symlink, readlink, lstat, realpath, link", () =>
        Effect.gen(function*() {
          const { filesystem: fs } = yield* Vm.make({ mounts: [{ path: "/mnt", plugin: { id: "memory" } }] })
          yield* fs.writeFiles([{ path: "/srv/d/f", content: "text" }])
          yield* fs.symlink("d/../d", "/srv/l")
          yield* fs.symlink("nowhere", "/srv/dangling")
          yield* fs.symlink("circle", "/srv/circle")
          assert.strictEqual(yield* fs.readlink("/srv/l"), "d/../d")
          assert.strictEqual(yield* fs.realpath("/srv/l/f"), "/srv/d/f")
          assert.strictEqual(yield* fs.readFileString("/srv/l/f"), "text")
          const link = yield* fs.lstat("/srv/l")
          assert.deepInclude(link, { isSymbolicLink: true, isDirectory: false, size: 6, mode: 0o120777 })
          assert.deepInclude(yield* fs.stat("/srv/l"), { isSymbolicLink: false, isDirectory: true })
          assert.deepInclude(yield* fs.lstat("/srv/dangling"), { isSymbolicLink: true })
          yield* fs.link("/srv/d/f", "/srv/twin")
          const [first, second] = [yield* fs.stat("/srv/d/f"), yield* fs.stat("/srv/twin")]
          assert.deepStrictEqual([first.nlink, second.nlink, second.ino], [2, 2, first.ino])
          yield* fs.writeFile("/srv/twin", "both")
          assert.strictEqual(yield* fs.readFileString("/srv/d/f"), "both")
          // a link itself gets the other name
          yield* fs.link("/srv/dangling", "/srv/dangling2")
          assert.strictEqual(yield* fs.readlink("/srv/dangling2"), "nowhere")
          const failures: ReadonlyArray<readonly [Effect.Effect<unknown, any>, RegExp]> = [
            [fs.readlink("/srv/d/f"), /^KernelError: EINVAL: .*, readlink '\/srv\/d\/f'$/],
            [fs.readlink("/none"), /^KernelError: ENOENT: .*, readlink '\/none'$/],
            [fs.symlink("x", "/srv/l"), /^KernelError: EEXIST: .*, symlink 'x' -> '\/srv\/l'$/],
            [fs.symlink("", "/srv/empty"), /^KernelError: ENOENT: /],
            [fs.symlink("x", "/proc/x"), /^PathError: Path is read-only: \/proc\/x$/],
            [fs.stat("/srv/dangling"), /^KernelError: ENOENT: .*, stat '\/srv\/dangling'$/],
            [fs.stat("/srv/circle"), /^KernelError: ELOOP: /],
            [fs.realpath("/srv/dangling"), /^KernelError: ENOENT: .*, realpath /],
            [fs.link("/srv/d", "/srv/d2"), /^KernelError: EPERM: .*, link '\/srv\/d' -> '\/srv\/d2'$/],
            [fs.link("/srv/d/f", "/srv/twin"), /^KernelError: EEXIST: /],
            [fs.link("/srv/d/f", "/mnt/f"), /^KernelError: EXDEV: /],
            [fs.link("srv", "/x"), /^PathError: Path must be absolute: srv$/]
          ]
          for (const [failing, message] of failures) assert.match(yield* told(failing), message)
          yield* fs.delete("/srv/l")
          assert.isTrue(yield* fs.exists("/srv/d/f"))
        }))

      it.scoped("attributes: chmod, chown, utimes, access", () =>
        Effect.gen(function*() {
          const { filesystem: fs, processes } = yield* Vm.make({
            mounts: [{ path: "/ro", plugin: { id: "memory" }, readOnly: true }]
          })
          yield* fs.writeFile("/tmp/f", "x")
          yield* fs.symlink("f", "/tmp/l")
          yield* fs.chmod("/tmp/l", 0o4751)
          assert.strictEqual((yield* fs.stat("/tmp/f")).mode, 0o104751)
          yield* fs.chown("/tmp/l", 7, 4_000_000_000)
          // a new owner has none of the old one's privilege
          assert.deepInclude(yield* fs.stat("/tmp/f"), { uid: 7, gid: 4_000_000_000, mode: 0o100751 })
          yield* fs.utimes("/tmp/l", 1_000.25, 1_700_000_000_123.5)
          assert.deepInclude(yield* fs.stat("/tmp/f"), { atimeMs: 1_000.25, mtimeMs: 1_700_000_000_123.5 })
          assert.isAbove((yield* fs.stat("/tmp/f")).ctimeMs, 1_700_000_000_123.5)
          yield* fs.chmod("/tmp/f", 0o600)
          for (const mode of ["", "r", "w", "rw"]) yield* fs.access("/tmp/f", mode)
          const seen = yield* processes.exec("test -r /tmp/f; echo $?; stat -c '%a %u %g' /tmp/f")
          assert.strictEqual(seen.stdout, "1\n600 7 4000000000\n")
          const failures: ReadonlyArray<readonly [Effect.Effect<unknown, any>, RegExp]> = [
            [fs.access("/tmp/f", "x"), /^KernelError: EACCES: .*, access '\/tmp\/f'$/],
            [fs.access("/none"), /^KernelError: ENOENT: /],
            [fs.access("/ro", "w"), /^KernelError: EROFS: /],
            [fs.chmod("/none", 0o600), /^KernelError: ENOENT: .*, chmod '\/none'$/],
            [fs.chmod("/ro", 0o600), /^KernelError: EROFS: /],
            [fs.chmod("/tmp/f", -1), /^KernelError: EINVAL: /],
            [fs.chmod("/tmp/f", 1.5), /^KernelError: EINVAL: /],
            [fs.chown("/tmp/f", 1, 2 ** 40), /^KernelError: EINVAL: /],
            [fs.chown("/tmp/f/x", 1, 1), /^KernelError: ENOTDIR: /],
            [fs.utimes("/tmp/f", Number.NaN, 0), /^KernelError: EINVAL: /],
            [fs.utimes("/none", 0, 0), /^KernelError: ENOENT: /]
          ]
          for (const [failing, message] of failures) assert.match(yield* told(failing), message)
        }))

      it.scoped("parts of files: truncate, pread, pwrite", () =>
        Effect.gen(function*() {
          const { filesystem: fs } = yield* Vm.make({ limits: { filesystemBytes: 16 * MiB } })
          const content = bytes(3 * MiB)
          yield* fs.writeFile("/tmp/f", content)
          for (
            const [offset, length] of [[0, 0], [0, 10], [65_530, 20], [3 * MiB - 5, 100], [4 * MiB, 9], [1, 2 * MiB]]
          ) {
            const part = yield* fs.pread("/tmp/f", offset, length)
            assert.isTrue(same(part, content.subarray(offset, offset + length)), `${length} at ${offset}`)
          }
          const patch = bytes(2 * MiB, 9)
          assert.strictEqual(yield* fs.pwrite("/tmp/f", MiB + 3, patch), patch.length)
          content.set(patch.subarray(0, 2 * MiB - 3), MiB + 3)
          const whole = yield* fs.readFile("/tmp/f")
          assert.strictEqual(whole.length, 3 * MiB + 3)
          assert.isTrue(same(whole.subarray(0, 3 * MiB), content))
          // a hole costs nothing
          yield* fs.truncate("/tmp/f", 2 ** 30)
          assert.strictEqual((yield* fs.stat("/tmp/f")).size, 2 ** 30)
          assert.deepStrictEqual(yield* fs.pread("/tmp/f", 2 ** 30 - 4, 10), new Uint8Array(4))
          yield* fs.pwrite("/tmp/f", 2 ** 30 + 2, text("end"))
          assert.deepStrictEqual(yield* fs.pread("/tmp/f", 2 ** 30 - 1, 10), text("\0\0\0end"))
          yield* fs.truncate("/tmp/f", 3)
          assert.isTrue(same(yield* fs.readFile("/tmp/f"), content.subarray(0, 3)))
          yield* fs.truncate("/tmp/f")
          assert.strictEqual((yield* fs.stat("/tmp/f")).size, 0)
          const failures: ReadonlyArray<readonly [Effect.Effect<unknown, any>, RegExp]> = [
            [fs.truncate("/tmp", 1), /^KernelError: EISDIR: /],
            [fs.truncate("/none", 1), /^KernelError: ENOENT: .*, truncate '\/none'$/],
            [fs.truncate("/tmp/f", -1), /^KernelError: EINVAL: /],
            [fs.truncate("/tmp/f", 2 ** 50), /^KernelError: EFBIG: /],
            [fs.pread("/none", 0, 1), /^KernelError: ENOENT: /],
            [fs.pread("/tmp", 0, 1), /^KernelError: EISDIR: /],
            [fs.pread("/tmp/f", -1, 1), /^KernelError: EINVAL: /],
            [fs.pwrite("/none", 0, text("x")), /^KernelError: ENOENT: /],
            [fs.pwrite("/tmp/f", 0.5, text("x")), /^KernelError: EINVAL: /],
            [fs.pwrite("/tmp/f", 0, new Uint8Array(20 * MiB)), /^KernelError: ENOSPC: .*filesystemBytes/]
          ]
          for (const [failing, message] of failures) assert.match(yield* told(failing), message)
        }))

      it.scoped("copy keeps modes, times, links and hard links", () =>
        Effect.gen(function*() {
          const { filesystem: fs } = yield* Vm.make({ mounts: [{ path: "/mnt", plugin: { id: "memory" } }] })
          yield* fs.writeFiles([{ path: "/srv/a/b/f", content: bytes(200_000) }, { path: "/srv/a/g", content: "g" }])
          yield* fs.symlink("b/f", "/srv/a/link")
          yield* fs.symlink("nowhere", "/srv/a/dangling")
          yield* fs.link("/srv/a/g", "/srv/a/twin")
          yield* fs.chmod("/srv/a/b/f", 0o640)
          yield* fs.chmod("/srv/a/b", 0o2750)
          yield* fs.utimes("/srv/a/b/f", 1000, 2000)
          yield* fs.utimes("/srv/a/b", 3000, 4000)
          for (const to of ["/srv/copy", "/mnt/copy"]) {
            yield* fs.copy("/srv/a", to, { recursive: true })
            assert.isTrue(same(yield* fs.readFile(`${to}/b/f`), bytes(200_000)))
            assert.deepInclude(yield* fs.stat(`${to}/b/f`), { mode: 0o100640, atimeMs: 1000, mtimeMs: 2000 })
            assert.deepInclude(yield* fs.stat(`${to}/b`), { mode: 0o042750, mtimeMs: 4000 })
            assert.strictEqual(yield* fs.readlink(`${to}/link`), "b/f")
            assert.strictEqual(yield* fs.readlink(`${to}/dangling`), "nowhere")
            const [one, other] = [yield* fs.stat(`${to}/g`), yield* fs.stat(`${to}/twin`)]
            assert.deepStrictEqual([one.nlink, other.ino], [2, one.ino])
            assert.notStrictEqual(one.ino === (yield* fs.stat("/srv/a/g")).ino && to.startsWith("/srv"), true)
          }
          yield* fs.copy("/srv/a/g", "/srv/copy/b/f")
          assert.strictEqual(yield* fs.readFileString("/srv/copy/b/f"), "g")
          assert.strictEqual((yield* fs.stat("/srv/a/b/f")).size, 200_000)
          assert.match(
            yield* told(fs.copy("/srv/a", "/srv/c2")),
            /^KernelError: EISDIR: .*, cp '\/srv\/a' -> '\/srv\/c2'$/
          )
          assert.match(yield* told(fs.copy("/srv/a", "/srv/a/b/in", { recursive: true })), /^KernelError: EINVAL: /)
          assert.match(yield* told(fs.copy("/none", "/srv/c2")), /^KernelError: ENOENT: /)
          assert.match(yield* told(fs.copy("/srv/a/g", "/proc/x")), /^PathError: Path is read-only: \/proc\/x$/)
          assert.isFalse(yield* fs.exists("/srv/c2"))
        }))

      it.scoped("readStream gives any range in pieces of a size, of files larger than any answer", () =>
        Effect.gen(function*() {
          const { filesystem: fs } = yield* Vm.make({ limits: { filesystemBytes: 32 * MiB, readBytes: MiB } })
          const content = bytes(5 * MiB + 7)
          yield* fs.writeFile("/tmp/f", content)
          assert.match(yield* told(fs.readFile("/tmp/f")), /^KernelError: EFBIG: .*readBytes/)
          assert.isTrue(same((yield* joined(fs, "/tmp/f")).content, content))
          for (
            const [offset, length, chunkSize] of [[0, 10, 3], [65_530, 100_000, 4096], [5 * MiB, 100, 1], [
              9 * MiB,
              5,
              5
            ]]
          ) {
            const { content: part, sizes } = yield* joined(fs, "/tmp/f", { offset, length, chunkSize })
            assert.isTrue(same(part, content.subarray(offset, offset + length)), `${length} at ${offset}`)
            assert.isTrue(sizes.every((size) => size > 0 && size <= chunkSize), `pieces of ${chunkSize}`)
          }
          assert.isTrue(same((yield* joined(fs, "/tmp/f", { offset: MiB })).content, content.subarray(MiB)))
          assert.deepStrictEqual((yield* joined(fs, "/tmp/f", { chunkSize: 2 ** 24 })).sizes, [content.length])
          assert.lengthOf((yield* joined(fs, "/tmp/f", { length: 0 })).sizes, 0)
          const failing = (options: Parameters<typeof fs.readStream>[1], path = "/tmp/f") =>
            told(Stream.runDrain(fs.readStream(path, options)))
          assert.match(yield* failing({}, "/none"), /^KernelError: ENOENT: .*'\/none'/)
          assert.match(yield* failing({}, "/tmp"), /^KernelError: EISDIR: /)
          assert.match(yield* failing({}, "tmp"), /^PathError: Path must be absolute: tmp$/)
          assert.match(yield* failing({ offset: -1 }), /^KernelError: EINVAL: /)
          assert.match(yield* failing({ length: 0.5 }), /^KernelError: EINVAL: /)
          assert.match(yield* failing({ chunkSize: 2 ** 30 }), /^KernelError: EINVAL: .*chunkSize is 16777216/)
        }))

      it.scoped("writeStream takes any size, and what is abandoned leaves the old content", () =>
        Effect.gen(function*() {
          const { filesystem: fs } = yield* Vm.make({ limits: { filesystemBytes: 24 * MiB } })
          const parts = [bytes(3 * MiB, 1), bytes(1, 2), new Uint8Array(0), bytes(5 * MiB, 3), bytes(70_000, 4)]
          yield* Stream.run(Stream.fromIterable(parts), fs.writeStream("/tmp/f"))
          const content = new Uint8Array(Buffer.concat(parts))
          assert.isTrue(same(yield* fs.readFile("/tmp/f"), content))
          const unchanged = Effect.gen(function*() {
            assert.isTrue(same(yield* fs.readFile("/tmp/f"), content))
            assert.deepStrictEqual(yield* fs.readdir("/tmp"), ["f"])
          })
          // the source fails, the writer is interrupted, there is no room
          const failing = Stream.concat(Stream.make(bytes(2 * MiB)), Stream.fail({ _tag: "Mine", message: "mine" }))
          assert.strictEqual(yield* told(Stream.run(failing, fs.writeStream("/tmp/f"))), "Mine: mine")
          yield* unchanged
          const endless = Stream.concat(Stream.make(bytes(2 * MiB)), Stream.never)
          const writer = yield* Effect.fork(Stream.run(endless, fs.writeStream("/tmp/f")))
          yield* Effect.sleep(20)
          yield* unchanged
          yield* Fiber.interrupt(writer)
          yield* unchanged
          const tooMuch = Stream.fromIterable(Array.from({ length: 20 }, () => bytes(MiB)))
          assert.match(
            yield* told(Stream.run(tooMuch, fs.writeStream("/tmp/f"))),
            /^KernelError: ENOSPC: .*filesystemBytes/
          )
          yield* unchanged
          // nothing of it is charged any more
          yield* Stream.run(Stream.take(tooMuch, 12), fs.writeStream("/tmp/g"))
          yield* fs.delete("/tmp/g")
          yield* Stream.run(Stream.empty, fs.writeStream("/tmp/f"))
          assert.strictEqual((yield* fs.stat("/tmp/f")).size, 0)
          const into = (path: string) => told(Stream.run(Stream.make(text("x")), fs.writeStream(path)))
          assert.match(yield* into("/none/f"), /^KernelError: ENOENT: /)
          assert.match(yield* into("/tmp"), /^KernelError: EISDIR: /)
          assert.match(yield* into("/proc/f"), /^PathError: Path is read-only: \/proc\/f$/)
        }))
    })
  })
}
