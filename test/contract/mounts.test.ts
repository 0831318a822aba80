/** Mounts of every kind, as the host and guests see them. */
import * as PlatformFileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as FileSystemDriver from "../../layers/platform/FileSystemDriver.ts"
import { Vm } from "../../services/Vm.ts"
import { fill, temporaryFolder, tree } from "../node/support.ts"
import { live, subjects } from "./layers.ts"

const told = <A, E extends { readonly _tag: string; readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onSuccess: () => "nothing", onFailure: ({ _tag, message }) => `${_tag}: ${message}` })

const overlay = (hostPath: string) =>
  ({ filesystem: { type: "overlay", lowers: [{ kind: "host_dir", config: { hostPath } }] } }) as const

for (const subject of subjects) {
  describe(`mounts over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("host_dir is the folder as it is, at every operation", () =>
        Effect.gen(function*() {
          const host = yield* temporaryFolder
          fill(host, { "a/b/c/d.txt": "one", "big": "x".repeat(700_000) })
          const { filesystem, processes } = yield* Vm.make({
            mounts: [{ path: "/data", plugin: { id: "host_dir", config: { hostPath: host } } }]
          })
          assert.strictEqual(yield* filesystem.readFileString("/data/a/b/c/d.txt"), "one")
          writeFileSync(join(host, "a/b/c/d.txt"), "twice")
          assert.strictEqual(yield* filesystem.readFileString("/data/a/b/c/d.txt"), "twice")
          assert.strictEqual((yield* filesystem.stat("/data/a/b/c/d.txt")).size, 5)
          mkdirSync(join(host, "new"))
          writeFileSync(join(host, "new/file"), "here")
          assert.deepStrictEqual(yield* filesystem.readdir("/data"), ["a", "big", "new"])
          const run = yield* processes.exec("cat new/file a/b/c/d.txt; wc -c < big; find . | sort | tr '\\n' ' '", {
            cwd: "/data"
          })
          assert.strictEqual(run.stdout, "heretwice700000\n. ./a ./a/b ./a/b/c ./a/b/c/d.txt ./big ./new ./new/file ")
          assert.deepStrictEqual((yield* filesystem.readFile("/data/big")).length, 700_000)
          assert.deepStrictEqual(yield* filesystem.glob("/data/**/*.txt"), ["/data/a/b/c/d.txt"])
          const denied = yield* processes.exec("echo x > /data/new/file; mkdir /data/z; rm /data/big")
          assert.strictEqual(denied.stderr.match(/[Rr]ead-only file ?system/g)?.length, 3, denied.stderr)
          assert.strictEqual(readFileSync(join(host, "new/file"), "utf8"), "here")
          yield* filesystem.copy("/data/a", "/home/user/copy", { recursive: true })
          assert.strictEqual(yield* filesystem.readFileString("/home/user/copy/b/c/d.txt"), "twice")
        }))

      it.scoped("host_dir that may be written writes to the folder", () =>
        Effect.gen(function*() {
          const host = yield* temporaryFolder
          fill(host, { "keep.txt": "keep", "old/name": "n" })
          const { filesystem, processes } = yield* Vm.make({
            mounts: [{ path: "/data", plugin: { id: "host_dir", config: { hostPath: host, readOnly: false } } }]
          })
          yield* filesystem.writeFile("/data/made.txt", "made")
          const run = yield* processes.exec(
            [
              "mkdir -p deep/er",
              "echo one > deep/er/f",
              "echo two >> deep/er/f",
              "mv old deep/moved",
              "ln -s er/f deep/link",
              "cp -r deep twin",
              "rm made.txt",
              "chmod 600 keep.txt",
              "cat deep/link twin/moved/name"
            ].join(" && "),
            { cwd: "/data" }
          )
          assert.strictEqual(run.stdout, "one\ntwo\nn", run.stderr)
          assert.deepInclude(tree(host), {
            "deep/er/f": "file 644 one\ntwo\n",
            "deep/moved/name": "file 644 n",
            "deep/link": "link er/f",
            "twin/er/f": "file 644 one\ntwo\n",
            "keep.txt": "file 600 keep"
          })
          assert.isUndefined(tree(host)["made.txt"])
          assert.isUndefined(tree(host)["old"])
          const big = new Uint8Array(1_500_000).fill(7)
          yield* filesystem.writeFile("/data/big", big)
          assert.isTrue(Buffer.from(big).equals(readFileSync(join(host, "big"))))
          yield* filesystem.truncate("/data/big", 10)
          yield* filesystem.pwrite("/data/big", 12, Uint8Array.of(1, 2))
          assert.deepStrictEqual([...readFileSync(join(host, "big"))], [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 1, 2])
          yield* filesystem.delete("/data/deep", { recursive: true })
          assert.isUndefined(tree(host)["deep"])
          assert.match(yield* told(filesystem.chown("/data/keep.txt", 7, 7)), /EPERM/)
          yield* filesystem.move("/data/twin", "/home/user/twin")
          assert.isUndefined(tree(host)["twin"])
          assert.strictEqual(yield* filesystem.readFileString("/home/user/twin/moved/name"), "n")
        }))

      it.scoped("an overlay reads through and keeps what is written, with snapshots and forks", () =>
        Effect.gen(function*() {
          const host = yield* temporaryFolder
          fill(host, { "a.txt": "one", "dir/b.txt": "two", "dir/sub/c.txt": "three", "gone.txt": "g" })
          linkSync(join(host, "a.txt"), join(host, "twin"))
          symlinkSync("dir/b.txt", join(host, "link"))
          const before = tree(host)
          const vm = yield* Vm.make({ mounts: [{ path: "/repo", ...overlay(host) }] })
          const start = yield* vm.snapshotMount("/repo")
          assert.deepStrictEqual(yield* vm.diff(start), [])
          const run = yield* vm.processes.exec(
            "cat link; echo 1 >> a.txt; cat twin; rm gone.txt; mv dir/sub moved; echo new > dir/new; ls; cat moved/c.txt",
            { cwd: "/repo" }
          )
          assert.strictEqual(run.stdout, "twoone1\na.txt\ndir\nlink\nmoved\ntwin\nthree", run.stderr)
          assert.deepStrictEqual(tree(host), before)
          assert.deepStrictEqual((yield* vm.diff(start)).map(({ from, kind, path }) => [kind, path, from]), [
            ["modified", "/repo/a.txt", undefined],
            ["created", "/repo/dir/new", undefined],
            ["removed", "/repo/gone.txt", undefined],
            ["moved", "/repo/moved", "/repo/dir/sub"],
            ["modified", "/repo/twin", undefined]
          ])
          const twin = yield* vm.fork
          yield* twin.filesystem.writeFile("/repo/dir/b.txt", "of the fork")
          assert.strictEqual(yield* vm.filesystem.readFileString("/repo/link"), "two")
          assert.strictEqual(yield* twin.filesystem.readFileString("/repo/link"), "of the fork")
          assert.strictEqual(yield* twin.filesystem.readFileString("/repo/moved/c.txt"), "three")
          assert.match(yield* told(vm.filesystem.link("/repo/a.txt", "/home/user/x")), /EXDEV/)
          yield* vm.filesystem.unmountFs("/repo")
          assert.deepStrictEqual(yield* vm.filesystem.readdir("/repo"), [])
          assert.strictEqual(yield* twin.filesystem.readFileString("/repo/twin"), "one1\n")
        }))

      it.scoped("a file that changes under an overlay is taken as it is until it has been read, then it is stale", () =>
        Effect.gen(function*() {
          const host = yield* temporaryFolder
          fill(host, { unread: "old", read: "o".repeat(300_000) })
          const vm = yield* Vm.make({ mounts: [{ path: "/repo", ...overlay(host) }] })
          assert.deepStrictEqual(yield* vm.filesystem.readdir("/repo"), ["read", "unread"])
          assert.strictEqual((yield* vm.filesystem.pread("/repo/read", 0, 10)).length, 10)
          fill(host, { unread: "newer", read: "n".repeat(300_001) })
          assert.strictEqual(yield* vm.filesystem.readFileString("/repo/unread"), "newer")
          assert.match(yield* told(vm.filesystem.pread("/repo/read", 299_000, 10)), /ESTALE/)
        }))

      it.scoped("a platform FileSystem serves a mount", () =>
        Effect.gen(function*() {
          const host = yield* temporaryFolder
          const fs = yield* PlatformFileSystem.FileSystem
          const driver = FileSystemDriver.make(fs, { root: host })
          const { filesystem, processes } = yield* Vm.make({ mounts: [{ path: "/mnt", driver }] })
          const run = yield* processes.exec(
            "mkdir -p a/b && echo hello > a/b/f && ln -s b/f a/l && cat a/l && mv a c && ls -R . && rm c/l && stat -c %U c/b/f",
            { cwd: "/mnt" }
          )
          assert.strictEqual(run.stdout, "hello\n.:\nc\n\n./c:\nb\nl\n\n./c/b:\nf\nuser\n", run.stderr)
          assert.strictEqual(readFileSync(join(host, "c/b/f"), "utf8"), "hello\n")
          const mounts = yield* filesystem.listMounts
          assert.deepInclude(mounts, { path: "/mnt", type: "driver", source: "driver", readOnly: false })
          assert.include((yield* processes.exec("cat /proc/mounts")).stdout, "driver /mnt driver rw")
        }).pipe(Effect.provide(NodeFileSystem.layer)))

      it.scoped("a driver that hangs, fails or dies hurts only its own calls", () =>
        Effect.gen(function*() {
          const fs = yield* PlatformFileSystem.FileSystem
          const host = yield* temporaryFolder
          fill(host, { hang: "x", fail: "x", die: "x", fine: "fine" })
          const driver = FileSystemDriver.make(fs, { root: host })
          const bad = {
            ...driver,
            pread: (path: string, offset: number, length: number) =>
              path === "/hang"
                ? Effect.never
                : path === "/fail"
                ? Effect.fail(Object.assign(new Error("no"), { code: "EDQUOT" }))
                : path === "/die"
                ? Effect.dieMessage("broken")
                : driver.pread(path, offset, length)
          }
          const { filesystem } = yield* Vm.make({ mounts: [{ path: "/mnt", driver: bad, timeoutMs: 3000 }] })
          const [hang, fail, die, fine] = yield* Effect.all(
            ["hang", "fail", "die", "fine"].map((name) => told(filesystem.readFile(`/mnt/${name}`))),
            { concurrency: "unbounded" }
          )
          assert.match(hang, /ETIMEDOUT.*\/mnt\/hang/)
          assert.match(fail, /EDQUOT.*\/mnt\/fail/)
          assert.match(die, /EIO.*\/mnt\/die/)
          assert.strictEqual(fine, "nothing")
          const lies = {
            ...driver,
            readDir: () => Effect.succeed(["ok", "../up"]),
            lstat: (path: string) =>
              Effect.map(driver.lstat("/"), (stat) => path === "/nan" ? { ...stat, size: NaN } : stat)
          }
          yield* filesystem.mountFs("/lies", { driver: lies })
          assert.match(yield* told(filesystem.readdir("/lies")), /EIO/)
          assert.match(yield* told(filesystem.stat("/lies/nan")), /EIO/)
          assert.isTrue(yield* filesystem.exists("/etc/passwd"))
        }).pipe(Effect.provide(NodeFileSystem.layer)))

      it.scoped("is not unmounted while a guest or the host uses it, and is when they are done", () =>
        Effect.gen(function*() {
          const host = yield* temporaryFolder
          fill(host, { "dir/f": "content" })
          const { filesystem, processes } = yield* Vm.make({})
          const config = { plugin: { id: "host_dir", config: { hostPath: host, readOnly: false } } } as const
          yield* filesystem.mountFs("/data", config)
          const unmounted = told(filesystem.unmountFs("/data"))
          const users = {
            "an open file of a guest": "exec 3< /data/dir/f; echo ready; read x; cat <&3",
            "a working directory of a guest": "cd /data/dir; echo ready; read x; cat f",
            "a working directory of its child": "(cd /data; echo ready; read x; cat dir/f)"
          }
          for (const [what, script] of Object.entries(users)) {
            const process = yield* processes.spawn("sh", ["-c", script])
            const lines = yield* Stream.toPull(Stream.splitLines(Stream.decodeText(process.stdout)))
            assert.deepStrictEqual(Array.from(yield* Effect.orDie(lines)), ["ready"], what)
            assert.strictEqual(yield* unmounted, "KernelError: EBUSY: device or resource busy, unmount '/data'", what)
            yield* Stream.run(Stream.make(new TextEncoder().encode("go\n")), process.stdin)
            assert.deepStrictEqual(Array.from(yield* Effect.orDie(lines)), ["content"], what)
            yield* process.wait
            assert.strictEqual(yield* unmounted, "nothing", what)
            yield* filesystem.mountFs("/data", config)
          }
          yield* Effect.scoped(Effect.gen(function*() {
            yield* filesystem.open("/data/dir/f")
            assert.match(yield* unmounted, /EBUSY/)
          }))
          yield* filesystem.mountFs("/data/dir", { plugin: { id: "memory" } })
          assert.match(yield* unmounted, /EBUSY/)
          assert.match(yield* told(filesystem.mountFs("/data", config)), /EEXIST/)
          yield* filesystem.unmountFs("/data/dir")
          assert.strictEqual(yield* unmounted, "nothing")
          assert.strictEqual(yield* unmounted, "KernelError: EINVAL: invalid argument, unmount '/data'")
          assert.strictEqual(readFileSync(join(host, "dir/f"), "utf8"), "content")
        }))

      it.scoped("is not unmounted before what was changed is told to its driver", () =>
        Effect.gen(function*() {
          const fs = yield* PlatformFileSystem.FileSystem
          const host = yield* temporaryFolder
          const [begun, go] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
          const driver = FileSystemDriver.make(fs, { root: host })
          const slow = {
            ...driver,
            createDir: (path: string) =>
              Deferred.succeed(begun, undefined).pipe(
                Effect.zipRight(Deferred.await(go)),
                Effect.zipRight(driver.createDir(path))
              )
          }
          const { filesystem, processes } = yield* Vm.make({ mounts: [{ path: "/mnt", driver: slow }] })
          const run = yield* Effect.fork(processes.exec("mkdir /mnt/made"))
          yield* Deferred.await(begun)
          assert.match(yield* told(filesystem.unmountFs("/mnt")), /EBUSY/)
          yield* Deferred.succeed(go, undefined)
          assert.strictEqual((yield* Fiber.join(run)).exitCode, 0)
          assert.strictEqual(yield* told(filesystem.unmountFs("/mnt")), "nothing")
          assert.isDefined(tree(host)["made"])
        }).pipe(Effect.provide(NodeFileSystem.layer)))

      it.scoped("comes and goes while a guest looks, which sees it or what it covers, and nothing else", () =>
        Effect.gen(function*() {
          const host = yield* temporaryFolder
          fill(host, { "f": "mounted" })
          const { filesystem, processes } = yield* Vm.make({})
          yield* filesystem.mkdir("/data")
          yield* filesystem.writeFile("/data/f", "covered")
          const script = "while :; do cat /data/f; echo; [ -e /tmp/stop ] && break; done"
          const guest = yield* processes.spawn("sh", ["-c", script])
          let times = 0
          for (let round = 0; round < 20; round++) {
            yield* filesystem.mountFs("/data", { plugin: { id: "host_dir", config: { hostPath: host } } })
            assert.strictEqual(yield* filesystem.readFileString("/data/f"), "mounted")
            yield* Effect.retry(filesystem.unmountFs("/data"), {
              while: (error) => error._tag === "KernelError" && error.errno === "EBUSY",
              schedule: Schedule.spaced("2 millis")
            })
            assert.strictEqual(yield* filesystem.readFileString("/data/f"), "covered")
            times++
          }
          yield* filesystem.writeFile("/tmp/stop", "")
          const output = yield* Stream.mkString(Stream.decodeText(guest.stdout))
          assert.strictEqual(times, 20)
          const seen = new Set(output.split("\n").filter((line) => line !== ""))
          assert.isTrue(Array.from(seen).every((line) => line === "mounted" || line === "covered"), [...seen].join())
          assert.isAbove(seen.size, 0)
        }))
    })
  })
}
