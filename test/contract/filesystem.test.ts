import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FilesystemShape } from "../../services/Filesystem.ts"
import { Vm } from "../../services/Vm.ts"
import { bytes, live, same, subjects, text, told } from "./layers.ts"

const long = `/${"x".repeat(4999)}`

/** The nine methods of the guard matrix. */
const methods: Readonly<Record<string, (fs: FilesystemShape, path: string) => Effect.Effect<unknown, any>>> = {
  readFile: (fs, path) => fs.readFile(path),
  writeFile: (fs, path) => fs.writeFile(path, "x"),
  mkdir: (fs, path) => fs.mkdir(path),
  mkdirp: (fs, path) => fs.mkdir(path, { recursive: true }),
  readdir: (fs, path) => fs.readdir(path),
  readdirRecursive: (fs, path) => fs.readdirRecursive(path),
  stat: (fs, path) => fs.stat(path),
  exists: (fs, path) => fs.exists(path),
  delete: (fs, path) => fs.delete(path),
  moveFrom: (fs, path) => fs.move(path, "/tmp/to"),
  moveTo: (fs, path) => fs.move("/etc/hostname", path)
}

const guards: ReadonlyArray<readonly [path: string, message: string]> = [
  ["relative", "PathError: Path must be absolute: relative"],
  ["", "PathError: Path must be absolute: "],
  ["../x", "PathError: Path must be absolute: ../x"],
  ["/a/../b", "PathError: Path must be normalized: /a/../b"],
  ["/..", "PathError: Path must be normalized: /.."],
  ["/a/./b", "PathError: Path must be normalized: /a/./b"],
  ["/a//b", "PathError: Path must be normalized: /a//b"],
  ["//", "PathError: Path must be normalized: //"]
]

/** What each method makes of a path with a slash at its end: where there is a directory, a file, or nothing. */
const slashes: Readonly<Record<string, readonly [directory: string, file: string, nothing: string]>> = {
  readFile: ["EISDIR", "ENOTDIR", "ENOENT"],
  writeFile: ["EISDIR", "EISDIR", "EISDIR"],
  mkdir: ["EEXIST", "EEXIST", "done"],
  mkdirp: ["done", "ENOTDIR", "done"],
  readdir: ["done", "ENOTDIR", "ENOENT"],
  readdirRecursive: ["done", "ENOTDIR", "ENOENT"],
  stat: ["done", "ENOTDIR", "ENOENT"],
  exists: ["true", "false", "false"],
  delete: ["done", "ENOTDIR", "ENOENT"],
  moveFrom: ["done", "ENOTDIR", "ENOENT"],
  moveTo: ["ENOTDIR", "ENOTDIR", "ENOTDIR"]
}

for (const subject of subjects) {
  describe(`Filesystem over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("glob finds paths in one call, sorted and bounded", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { readdirEntries: 1500 } })
          const entries = Array.from(
            { length: 2000 },
            (_, i) => ({ path: `/srv/${i % 10}/f${i}.${i % 2 ? "ts" : "js"}`, content: "" })
          )
          yield* filesystem.writeFiles(entries)
          const paths = yield* filesystem.glob("**/*.ts", { cwd: "/srv" })
          assert.deepStrictEqual(paths, entries.map(({ path }) => path).filter((path) => path.endsWith(".ts")).sort())
          assert.deepStrictEqual(yield* filesystem.glob("/srv/{1,2}/f1?.{ts,js}"), ["/srv/1/f11.ts", "/srv/2/f12.js"])
          assert.strictEqual(
            yield* told(filesystem.glob("/srv/**")),
            "KernelError: ENOMEM: cannot allocate memory, glob '/srv/**'; limit readdirEntries is 1500, raise limits.readdirEntries to allow more"
          )
          assert.strictEqual(yield* told(filesystem.glob("*", { cwd: "srv" })), "PathError: Path must be absolute: srv")
          assert.match(yield* told(filesystem.glob("*", { cwd: "/none" })), /^KernelError: ENOENT: .*, glob '\/none'/)
        }))

      it.scoped("guards come first, in order, for every method", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          for (const [name, method] of Object.entries(methods)) {
            for (const [path, message] of guards) {
              assert.strictEqual(yield* told(method(filesystem, path)), message, `${name} ${path}`)
            }
          }
          // both paths of a move are looked at, the first one first
          assert.strictEqual(yield* told(filesystem.move("a", "b")), "PathError: Path must be absolute: a")
        }))

      it.scoped("the guards of /proc are asymmetric, as in the seeds", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          for (const path of ["/proc", "/proc/x"]) {
            assert.strictEqual(yield* told(filesystem.writeFile(path, "x")), `PathError: Path is read-only: ${path}`)
            const made = filesystem.mkdir(path, { recursive: true })
            assert.strictEqual(yield* told(made), `PathError: Path is read-only: ${path}`)
          }
          assert.match(
            yield* told(filesystem.mkdir("/proc/x")),
            /^KernelError: E(ROFS|PERM|ACCES|NOENT): .*, mkdir '\/proc\/x'/
          )
          assert.match(yield* told(filesystem.delete("/proc/version")), /^KernelError: E(ROFS|PERM|ACCES|BUSY)/)
          assert.match(yield* told(filesystem.move("/proc/version", "/tmp/v")), /^KernelError: E(XDEV|ROFS|PERM|BUSY)/)
          assert.match(yield* filesystem.readFileString("/proc/version"), /^Linux/)
        }))

      it.scoped("NUL, 5,000 bytes and a trailing slash are the kernel's to refuse, without harm", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          for (const [name, method] of Object.entries(methods)) {
            if (name === "exists") continue
            const nul = yield* told(method(filesystem, "/tmp/a\0b"))
            assert.match(nul, /^KernelError: E(INVAL|NOENT): /, `${name} of NUL`)
            assert.match(
              yield* told(method(filesystem, long)),
              /^KernelError: ENAMETOOLONG: name too long, /,
              `${name} of 5,000`
            )
          }
          assert.match(yield* told(filesystem.exists("/tmp/a\0b")), /^KernelError: EINVAL: /)
          assert.match(yield* told(filesystem.exists(long)), /^KernelError: ENAMETOOLONG: /)
          yield* filesystem.mkdir("/tmp/d/")
          assert.isTrue((yield* filesystem.stat("/tmp/d/")).isDirectory)
          assert.deepStrictEqual(yield* filesystem.readdir("/tmp/d/"), [])
          yield* filesystem.writeFile("/tmp/f", "x")
          assert.match(yield* told(filesystem.readFile("/tmp/f/")), /^KernelError: ENOTDIR/)
          assert.match(yield* told(filesystem.writeFile("/tmp/new/", "x")), /^KernelError: E(ISDIR|NOTDIR|NOENT)/)
          yield* filesystem.delete("/tmp/d/")
        }))

      it.scoped("a slash at the end asks every method for a directory", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          for (const [name, method] of Object.entries(methods)) {
            for (const [index, kind] of (["directory", "file", "nothing"] as const).entries()) {
              yield* Effect.ignore(filesystem.delete("/tmp/p", { recursive: true }))
              yield* Effect.ignore(filesystem.delete("/tmp/to", { recursive: true }))
              if (kind === "directory") yield* filesystem.mkdir("/tmp/p")
              if (kind === "file") yield* filesystem.writeFile("/tmp/p", "x")
              const outcome = yield* Effect.match(method(filesystem, "/tmp/p/"), {
                onSuccess: (value) => typeof value === "boolean" ? String(value) : "done",
                onFailure: (error: { readonly errno?: string; readonly message: string }) =>
                  error.errno ?? error.message
              })
              assert.strictEqual(outcome, slashes[name][index], `${name} of a ${kind}`)
            }
          }
        }))

      it.scoped("a path of a mebibyte is refused with a typed error, and the VM lives on", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          for (const length of [1024 * 1024 - 40, 1024 * 1024 + 40, 1024 * 1024, 3_000_000]) {
            const error = yield* told(filesystem.stat(`/${"x".repeat(length)}`))
            assert.match(error.slice(0, 60), /^KernelError: ENAMETOOLONG|^TransportError/)
          }
          for (let slack = 0; slack < 60; slack += 3) {
            yield* Effect.ignore(filesystem.stat(`/${"x".repeat(1024 * 1024 + 64 - 24 - slack)}`))
          }
          assert.isTrue(yield* filesystem.exists("/etc"))
        }))

      it.scoped("writing and reading: empty, text, binary, across every boundary, 64 MiB", () =>
        Effect.gen(function*() {
          const MiB = 1024 * 1024
          const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 512 * MiB, readBytes: 128 * MiB } })
          const sizes = [
            0,
            1,
            65_535,
            65_536,
            65_537,
            512 * 1024 - 1,
            512 * 1024,
            512 * 1024 + 1,
            MiB,
            3 * MiB + 7,
            64 * MiB
          ]
          for (const size of sizes) {
            const content = bytes(size, size)
            yield* filesystem.writeFile("/home/user/file", content)
            assert.isTrue(same(yield* filesystem.readFile("/home/user/file"), content), `${size} bytes`)
            assert.strictEqual((yield* filesystem.stat("/home/user/file")).size, size)
          }
          yield* filesystem.writeFile("/home/user/text", "äß€😀\ufeff\0\r\n")
          assert.strictEqual(yield* filesystem.readFileString("/home/user/text"), "äß€😀\ufeff\0\r\n")
          const stat = yield* filesystem.stat("/home/user/text")
          assert.deepStrictEqual([stat.uid, stat.gid, stat.mode & 0o7777], [1000, 1000, 0o644])
        }))

      it.scoped("the bytes of a caller and the bytes of a file are never the same memory", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          for (const size of [10, 65_536, 512 * 1024, 3 * 1024 * 1024]) {
            const content = bytes(size, size)
            const given = content.slice()
            yield* filesystem.writeFile("/home/user/own", given)
            given.fill(0)
            const read = yield* filesystem.readFile("/home/user/own")
            assert.isTrue(same(read, content), `${size} bytes, after the caller changed what it had written`)
            read.fill(1)
            assert.isTrue(same(yield* filesystem.readFile("/home/user/own"), content), `${size} bytes, after a change`)
          }
        }))

      it.scoped("large reads hold no descriptor afterwards, not even failed and interrupted ones", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { openFiles: 8 } })
          yield* filesystem.writeFile("/tmp/large", bytes(2_000_000))
          for (let i = 0; i < 30; i++) yield* filesystem.readFile("/tmp/large")
          for (let i = 0; i < 40; i++) {
            yield* Effect.raceFirst(
              filesystem.readFile("/tmp/large"),
              i % 2 === 0 ? Effect.yieldNow() : Effect.sleep(1)
            )
          }
          yield* Effect.sleep(50)
          assert.strictEqual((yield* filesystem.readFile("/tmp/large")).length, 2_000_000)
        }))

      it.scoped("read and space limits", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 3_000_000, readBytes: 1_000_000 } })
          yield* filesystem.writeFile("/tmp/a", bytes(2_000_000))
          assert.match(
            yield* told(filesystem.readFile("/tmp/a")),
            /^KernelError: EFBIG: .*'\/tmp\/a'.*readBytes.*1000000/
          )
          for (const size of [1_100_000, 5_000_000, 400_000_000 / 8]) {
            assert.match(
              yield* told(filesystem.writeFile("/tmp/b", bytes(size))),
              /^KernelError: ENOSPC: .*filesystemBytes/
            )
            assert.isFalse(yield* filesystem.exists("/tmp/b"))
          }
          yield* filesystem.writeFile("/tmp/a", "small")
          yield* filesystem.writeFile("/tmp/b", bytes(2_500_000))
        }))

      it.scoped("batches keep their order and never fail", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 8_000_000, readBytes: 6_000_000 } })
          yield* filesystem.writeFile("/tmp/file", "x")
          const large = bytes(700_000)
          const written = yield* filesystem.writeFiles([
            { path: "/tmp/deep/er/a", content: "a" },
            { path: "relative", content: "" },
            { path: "/tmp/file/below", content: "" },
            { path: "/proc/x", content: "" },
            { path: "/tmp/large", content: large },
            { path: "/tmp/x/../y", content: "" },
            { path: "/tmp", content: "" },
            { path: long, content: "" },
            { path: "/tmp/huge", content: new Uint8Array(9_000_000) },
            { path: "/tmp/last", content: text("last") }
          ])
          const expected = [
            undefined,
            /^Path must be absolute: relative$/,
            /^E(NOTDIR|EXIST): .*\/tmp\/file/,
            /^Path is read-only: \/proc\/x$/,
            undefined,
            /^Path must be normalized: \/tmp\/x\/..\/y$/,
            /^EISDIR: illegal operation on a directory, open '\/tmp'$/,
            /^ENAMETOOLONG: name too long, /,
            /^ENOSPC: no space left on device, open '\/tmp\/huge'.*filesystemBytes/,
            undefined
          ]
          expected.forEach((error, index) => {
            assert.strictEqual(written[index].success, error === undefined, `${index}: ${written[index].error}`)
            if (error !== undefined) assert.match(written[index].error!, error)
          })
          assert.deepStrictEqual(Object.keys(written[0]), ["path", "success"])
          const read = yield* filesystem.readFiles([
            "/tmp/deep/er/a",
            "relative",
            "/none",
            "/tmp/large",
            "/tmp",
            `/${"x".repeat(70_000)}`,
            "/tmp/last",
            "/proc/version"
          ])
          assert.deepStrictEqual(read.map(({ content }) => content?.length), [
            1,
            undefined,
            undefined,
            700_000,
            undefined,
            undefined,
            4,
            read[7].content!.length
          ])
          assert.isTrue(same(read[3].content!, large))
          assert.strictEqual(read[1].error, "Path must be absolute: relative")
          assert.match(read[2].error!, /^ENOENT: no such file or directory, open '\/none'/)
          assert.match(read[4].error!, /^EISDIR: /)
          assert.match(read[5].error!, /^ENAMETOOLONG: /)
          assert.deepStrictEqual(yield* filesystem.writeFiles([]), [])
          assert.deepStrictEqual(yield* filesystem.readFiles([]), [])
        }))

      it.scoped("a thousand small files in one round trip, and back", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          const entries = Array.from(
            { length: 1000 },
            (_, i) => ({ path: `/tmp/many/${i % 10}/${i}`, content: `file ${i}` })
          )
          const written = yield* filesystem.writeFiles(entries)
          assert.isTrue(written.every(({ success }) => success))
          const read = yield* filesystem.readFiles(entries.map(({ path }) => path))
          assert.deepStrictEqual(
            read.map(({ content }) => new TextDecoder().decode(content!)),
            entries.map(({ content }) => content)
          )
        }))

      it.scoped("mkdir: one level, recursive, over files, a thousand deep", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          yield* filesystem.mkdir("/tmp/one")
          assert.strictEqual(
            yield* told(filesystem.mkdir("/tmp/one")),
            "KernelError: EEXIST: file already exists, mkdir '/tmp/one'"
          )
          assert.strictEqual(
            yield* told(filesystem.mkdir("/tmp/none/two")),
            "KernelError: ENOENT: no such file or directory, mkdir '/tmp/none/two'"
          )
          yield* filesystem.mkdir("/tmp/one", { recursive: true })
          yield* filesystem.mkdir("/tmp/one/two/three", { recursive: true })
          yield* filesystem.writeFile("/tmp/file", "x")
          assert.match(
            yield* told(filesystem.mkdir("/tmp/file", { recursive: true })),
            /^KernelError: E(EXIST|NOTDIR): .*mkdir '\/tmp\/file/
          )
          assert.match(
            yield* told(filesystem.mkdir("/tmp/file/below", { recursive: true })),
            /^KernelError: ENOTDIR: .*mkdir '\/tmp\/file/
          )
          assert.strictEqual(yield* filesystem.readFileString("/tmp/file"), "x")
          const deep = `/tmp${"/d".repeat(1000)}`
          yield* filesystem.mkdir(deep, { recursive: true })
          yield* filesystem.writeFile(`${deep}/f`, "down here")
          assert.strictEqual(yield* filesystem.readFileString(`${deep}/f`), "down here")
          assert.strictEqual((yield* filesystem.readdirRecursive("/tmp/d")).length, 1000)
          yield* filesystem.delete("/tmp/d", { recursive: true })
          assert.isFalse(yield* filesystem.exists("/tmp/d"))
        }))

      it.scoped("readdir is sorted and bounded; a listing larger than a frame arrives", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { inodes: 100_000 } })
          const names = Array.from({ length: 4096 }, (_, i) => `${String(i).padStart(5, "0")}${"n".repeat(250)}`)
          yield* filesystem.writeFiles(names.map((name) => ({ path: `/tmp/wide/${name}`, content: "" })))
          assert.deepStrictEqual(yield* filesystem.readdir("/tmp/wide"), names)
          yield* filesystem.writeFile("/tmp/wide/more", "")
          assert.match(
            yield* told(filesystem.readdir("/tmp/wide")),
            /^KernelError: ENOMEM: .*'\/tmp\/wide'.*readdirEntries.*4096/
          )
          assert.match(yield* told(filesystem.readdir("/etc/hostname")), /^KernelError: ENOTDIR: /)
          assert.match(yield* told(filesystem.readdir("/none")), /^KernelError: ENOENT: /)
        }))

      it.scoped("readdirRecursive: breadth first, sorted, links reported, depth and exclude", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          yield* filesystem.writeFiles([
            { path: "/tmp/t/b/c/deep", content: "123" },
            { path: "/tmp/t/a", content: "1" },
            { path: "/tmp/t/node_modules/x/y", content: "" },
            { path: "/tmp/t/b/node_modules/z", content: "" }
          ])
          yield* processes.exec("ln -s /tmp/t /tmp/t/loop && ln -s nowhere /tmp/t/b/dangling")
          const list = (options?: { maxDepth?: number; exclude?: Array<string> }) =>
            Effect.map(
              filesystem.readdirRecursive("/tmp/t", options),
              (entries) => entries.map(({ path, type }) => `${type[0]} ${path.slice(7)}`)
            )
          assert.deepStrictEqual(yield* list({ exclude: ["node_modules"] }), [
            "f a",
            "d b",
            "s loop",
            "d b/c",
            "s b/dangling",
            "f b/c/deep"
          ])
          assert.deepStrictEqual(yield* list({ maxDepth: 0 }), ["f a", "d b", "s loop", "d node_modules"])
          const all = yield* list()
          assert.lengthOf(all, 11)
          assert.deepStrictEqual(yield* list({ maxDepth: Number.POSITIVE_INFINITY }), all)
          assert.deepStrictEqual(yield* list({ maxDepth: 2 ** 40 }), all)
          assert.deepStrictEqual(yield* list({ maxDepth: -1 }), yield* list({ maxDepth: 0 }))
          const excluded = Array.from({ length: 5000 }, (_, i) => `n${i}`)
          assert.deepStrictEqual(yield* list({ exclude: excluded }), all)
          const entries = yield* filesystem.readdirRecursive("/tmp/t/b/c")
          assert.deepStrictEqual(entries, [{ path: "/tmp/t/b/c/deep", type: "file", size: 3 }])
          assert.match(yield* told(filesystem.readdirRecursive("/tmp/t/a")), /^KernelError: ENOTDIR: /)
        }))

      it.scoped("move and delete", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({ mounts: [{ path: "/mnt", plugin: { id: "memory" } }] })
          yield* filesystem.writeFiles([
            { path: "/tmp/a/b/f", content: "f" },
            { path: "/tmp/g", content: "g" },
            { path: "/tmp/h", content: "h" }
          ])
          yield* filesystem.move("/tmp/g", "/tmp/h")
          assert.strictEqual(yield* filesystem.readFileString("/tmp/h"), "g")
          assert.strictEqual(
            yield* told(filesystem.move("/tmp/g", "/tmp/i")),
            "KernelError: ENOENT: no such file or directory, rename '/tmp/g' -> '/tmp/i'"
          )
          assert.match(yield* told(filesystem.move("/tmp/a", "/tmp/a/b/c")), /^KernelError: EINVAL: /)
          assert.match(yield* told(filesystem.move("/tmp/h", "/tmp/a")), /^KernelError: EISDIR: /)
          assert.match(yield* told(filesystem.move("/tmp/a", "/tmp/h")), /^KernelError: ENOTDIR: /)
          yield* filesystem.move("/tmp/a", "/mnt/a")
          assert.strictEqual(yield* filesystem.readFileString("/mnt/a/b/f"), "f")
          assert.isFalse(yield* filesystem.exists("/tmp/a"))
          assert.match(yield* told(filesystem.delete("/mnt/a")), /^KernelError: ENOTEMPTY: .*'\/mnt\/a'/)
          assert.match(yield* told(filesystem.delete("/mnt")), /^KernelError: EBUSY: /)
          yield* filesystem.delete("/mnt/a", { recursive: true })
          assert.deepStrictEqual(yield* filesystem.readdir("/mnt"), [])
          yield* processes.exec("mkdir /tmp/real && touch /tmp/real/kept && ln -s /tmp/real /tmp/link")
          yield* filesystem.delete("/tmp/link", { recursive: true })
          assert.deepStrictEqual(yield* filesystem.readdir("/tmp/real"), ["kept"])
          assert.match(yield* told(filesystem.delete("/none")), /^KernelError: ENOENT: .*'\/none'/)
          assert.match(yield* told(filesystem.delete("/none", { recursive: true })), /^KernelError: ENOENT: /)
          assert.match(yield* told(filesystem.delete("/", { recursive: true })), /^KernelError: E(BUSY|PERM|INVAL)/)
          assert.isTrue(yield* filesystem.exists("/etc"))
        }))

      it.scoped("walk lists a tree of any size as it is read, in one request that can be left", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          const files = Array.from({ length: 20_000 }, (_, i) => ({ path: `/srv/d${i % 7}/file-${i}`, content: "" }))
          yield* filesystem.writeFiles(files)
          const listed = yield* filesystem.readdirRecursive("/srv")
          const walked = yield* Stream.runCollect(filesystem.walk("/srv"))
          assert.deepStrictEqual(Array.from(walked), listed)
          const options = { maxDepth: 0, exclude: ["d3"] }
          const top = yield* Stream.runCollect(filesystem.walk("/srv", options))
          assert.deepStrictEqual(Array.from(top), yield* filesystem.readdirRecursive("/srv", options))
          const few = yield* Stream.runCollect(Stream.take(filesystem.walk("/srv"), 10))
          assert.deepStrictEqual(Array.from(few), listed.slice(0, 10))
          assert.match(yield* told(Stream.runDrain(filesystem.walk("/none"))), /^KernelError: ENOENT: .*'\/none'/)
          assert.match(yield* told(Stream.runDrain(filesystem.walk("srv"))), /^PathError: Path must be absolute: srv/)
        }))

      it.scoped("move with the flags of renameat2, and statfs", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 1024 * 1024, inodes: 500 } })
          yield* filesystem.writeFiles([{ path: "/tmp/a", content: "a" }, { path: "/tmp/b", content: "b" }])
          const taken = filesystem.move("/tmp/a", "/tmp/b", { noReplace: true })
          assert.match(yield* told(taken), /^KernelError: EEXIST: .*rename '\/tmp\/a' -> '\/tmp\/b'/)
          yield* filesystem.move("/tmp/a", "/tmp/b", { exchange: true })
          assert.strictEqual(yield* filesystem.readFileString("/tmp/a"), "b")
          assert.strictEqual(yield* filesystem.readFileString("/tmp/b"), "a")
          assert.match(yield* told(filesystem.move("/tmp/a", "/tmp/c", { exchange: true })), /^KernelError: ENOENT: /)
          const both = filesystem.move("/tmp/a", "/tmp/b", { exchange: true, noReplace: true })
          assert.match(yield* told(both), /^KernelError: EINVAL: /)
          yield* filesystem.move("/tmp/a", "/tmp/c", { noReplace: true })
          assert.isFalse(yield* filesystem.exists("/tmp/a"))
          const before = yield* filesystem.statfs("/tmp")
          assert.deepInclude(before, { type: "rootfs", blockSize: 4096, blocks: 256, files: 500, nameMax: 255 })
          yield* filesystem.writeFile("/tmp/large", bytes(512 * 1024))
          const after = yield* filesystem.statfs("/tmp")
          assert.strictEqual(before.blocksFree - after.blocksFree, 128)
          assert.strictEqual(before.filesFree - after.filesFree, 1)
          assert.match(yield* told(filesystem.statfs("/none")), /^KernelError: ENOENT: .*statfs '\/none'/)
        }))

      it.scoped("what a kept snapshot holds is charged until it is dropped", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({ limits: { filesystemBytes: 1024 * 1024 } })
          const { filesystem } = vm
          yield* filesystem.writeFile("/tmp/a", bytes(700_000))
          const snapshot = yield* vm.snapshot
          yield* filesystem.delete("/tmp/a")
          assert.match(
            yield* told(filesystem.writeFile("/tmp/b", bytes(700_000))),
            /^KernelError: ENOSPC: .*limit filesystemBytes is 1048576/
          )
          yield* vm.dropSnapshot(snapshot)
          yield* filesystem.writeFile("/tmp/b", bytes(700_000))
        }))

      it.scoped("devices and generated files give bounded answers", () =>
        Effect.gen(function*() {
          const { filesystem } = yield* Vm.make({})
          for (const path of ["/dev/zero", "/dev/null", "/dev/urandom", "/proc/self/maps", "/proc/meminfo"]) {
            const outcome = yield* Effect.either(filesystem.readFile(path))
            if (outcome._tag === "Right") assert.isAtMost(outcome.right.length, 64 * 1024 * 1024, path)
            else assert.strictEqual(outcome.left._tag, "KernelError", path)
          }
          yield* filesystem.writeFile("/dev/null", bytes(2_000_000))
          assert.match(yield* told(filesystem.writeFile("/dev/full", "x")), /^KernelError: ENOSPC/)
        }))
    })
  })
}
