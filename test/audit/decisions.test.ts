/** Every door of a VM, and what the audit tells of who went through it. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Vm } from "../../services/Vm.ts"
import { live, subjects } from "../contract/layers.ts"
import { fill, temporaryFolder } from "../node/support.ts"
import { eventsOf, short, shortOf } from "./support.ts"

const permissions = {
  fs: {
    default: "allow",
    rules: [
      { mode: "deny", paths: ["/secret", "/secret/**"] },
      { mode: "ask", operations: ["chmod"], paths: ["/tmp/asked"] }
    ]
  },
  childProcess: { default: "allow", rules: [{ mode: "deny", patterns: ["tac"] }] },
  env: { default: "allow", rules: [{ mode: "deny", patterns: ["TOKEN"] }] },
  process: "deny"
} as const

const make = Vm.make({
  permissions,
  audit: "all",
  env: { TOKEN: "t" },
  rootFilesystem: {
    bootstrapEntries: [
      { path: "/secret", type: "directory", mode: "0777" },
      { path: "/secret/key", type: "file", content: "k", encoding: "utf8" }
    ]
  }
})

for (const subject of subjects) {
  describe(`decisions over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("what is kept has all that was decided before, also of what comes at short intervals", () =>
        Effect.gen(function*() {
          const { audit, filesystem, processes } = yield* make
          for (let i = 0; i < 20; i++) {
            yield* Effect.ignore(filesystem.readFile(`/secret/${i}`))
            const last = (yield* audit.recent).at(-1)
            assert.deepInclude(last, { _tag: "Decision", resource: `/secret/${i}`, mode: "deny" })
          }
          yield* processes.exec("for i in 1 2 3; do [ -e /secret/g$i ]; done")
          const denied = (yield* audit.recent).flatMap((event) => event._tag === "Decision" ? [event.resource] : [])
          assert.includeMembers(denied, ["/secret/g1", "/secret/g2", "/secret/g3"])
        }))

      it.scoped(
        "an operation of the host is decided once for each thing that it does, with the rule that decides",
        () =>
          Effect.gen(function*() {
            const vm = yield* make
            const { filesystem: files } = vm
            const big = new Uint8Array(3_000_000)
            const cases: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>, ReadonlyArray<string>]> = [
              ["mkdir", files.mkdir("/tmp/d"), ["create_dir /tmp/d: allow"]],
              ["mkdir -p", files.mkdir("/tmp/d/e/f", { recursive: true }), [
                "create_dir /tmp/d/e: allow",
                "create_dir /tmp/d/e/f: allow"
              ]],
              ["write", files.writeFile("/tmp/d/file", "x"), ["write /tmp/d/file: allow"]],
              ["a large write", files.writeFile("/tmp/d/big", big), ["write /tmp/d/big: allow"]],
              ["read", files.readFile("/tmp/d/file"), ["read /tmp/d/file: allow"]],
              ["a large read", files.readFile("/tmp/d/big"), ["read /tmp/d/big: allow"]],
              ["read many", files.readFiles(["/tmp/d/file", "/tmp/d/big", "/secret/key"]), [
                "read /tmp/d/file: allow",
                "read /tmp/d/big: allow",
                "read /secret/key: deny by 0"
              ]],
              [
                "write many",
                files.writeFiles([{ path: "/tmp/d/one", content: "1" }, { path: "/secret/b", content: "" }]),
                [
                  "write /tmp/d/one: allow",
                  "write /secret/b: deny by 0"
                ]
              ],
              ["pread", files.pread("/tmp/d/file", 0, 1), ["read /tmp/d/file: allow"]],
              ["pwrite", files.pwrite("/tmp/d/file", 0, new Uint8Array(1)), [
                "read /tmp/d/file: allow",
                "write /tmp/d/file: allow"
              ]],
              ["open", Effect.scoped(files.open("/tmp/d/file", { flag: "r+" })), [
                "read /tmp/d/file: allow",
                "write /tmp/d/file: allow"
              ]],
              ["read stream", Stream.runDrain(files.readStream("/tmp/d/big")), ["read /tmp/d/big: allow"]],
              ["write stream", Stream.run(Stream.make(big), files.writeStream("/tmp/d/big")), [
                "write /tmp/d/big: allow"
              ]],
              ["stat", files.stat("/tmp/d/file"), ["stat /tmp/d/file: allow"]],
              ["lstat", files.lstat("/tmp/d/file"), ["stat /tmp/d/file: allow"]],
              ["exists", files.exists("/tmp/d/file"), ["stat /tmp/d/file: allow"]],
              ["what is missing", files.readFile("/tmp/none"), ["stat /tmp/none: allow"]],
              ["readdir", files.readdir("/tmp/d"), ["readdir /tmp/d: allow"]],
              ["symlink", files.symlink("file", "/tmp/d/link"), ["symlink /tmp/d/link: allow"]],
              ["readlink", files.readlink("/tmp/d/link"), ["readlink /tmp/d/link: allow"]],
              ["through a link", files.readFile("/tmp/d/link"), ["read /tmp/d/file: allow"]],
              ["chmod", files.chmod("/tmp/d/file", 0o600), ["chmod /tmp/d/file: allow"]],
              ["truncate", files.truncate("/tmp/d/file", 0), ["truncate /tmp/d/file: allow"]],
              ["an attribute", files.setXattr("/tmp/d/file", "user.a", new Uint8Array(1)), [
                "write /tmp/d/file: allow"
              ]],
              ["copy", files.copy("/tmp/d/file", "/tmp/d/copy"), [
                "read /tmp/d/file: allow",
                "write /tmp/d/copy: allow"
              ]],
              ["move", files.move("/tmp/d/copy", "/tmp/d/moved"), [
                "rename /tmp/d/copy: allow",
                "write /tmp/d/moved: allow",
                "rename /tmp/d/moved: allow"
              ]],
              ["remove, which looks first", files.delete("/tmp/d/moved"), [
                "stat /tmp/d/moved: allow",
                "rm /tmp/d/moved: allow"
              ]],
              ["denied: read", files.readFile("/secret/key"), ["read /secret/key: deny by 0"]],
              ["denied: by '..'", files.stat("/secret/../secret/key"), []],
              ["denied: write", files.writeFile("/secret/new", "x"), ["write /secret/new: deny by 0"]],
              ["denied: readdir", files.readdir("/secret"), ["readdir /secret: deny by 0"]],
              ["denied: exists", files.exists("/secret/key"), ["stat /secret/key: deny by 0"]],
              ["denied: what is missing", files.readFile("/secret/none"), ["stat /secret/none: deny by 0"]],
              ["denied: chmod", files.chmod("/secret/key", 0o777), ["write /secret/key: deny by 0"]],
              ["asked", Effect.zipRight(files.writeFile("/tmp/asked", ""), files.chmod("/tmp/asked", 0)), [
                "write /tmp/asked: allow",
                "chmod /tmp/asked: ask by 1"
              ]],
              ["denied: move", files.move("/tmp/d/file", "/secret/file"), [
                "rename /tmp/d/file: allow",
                "write /secret/file: deny by 0"
              ]]
            ]
            for (const [title, operation, expected] of cases) {
              const { events, exit } = yield* eventsOf(vm, operation)
              assert.deepStrictEqual(events.map(short), expected.map((text) => `host fs ${text}`), `${title} ${exit}`)
            }
          }),
        60_000
      )

      it.scoped(
        "processes: their start, their environment, the list of them, what they open",
        () =>
          Effect.gen(function*() {
            const vm = yield* make
            const { events } = yield* eventsOf(
              vm,
              vm.processes.exec("cat /etc/hostname; tac x; cat /secret/key; ps; sort -h < /dev/null")
            )
            const told = events.map(short)
            const once = (text: string) => assert.strictEqual(told.filter((line) => line === text).length, 1, text)
            once("host env read TOKEN: deny by 0")
            once("host env read HOME: allow")
            once("host fs stat /home/user: allow")
            once("guest childProcess spawn sort: allow")
            once("guest childProcess spawn tac: deny by 0")
            once("guest fs read /etc/hostname: allow")
            once("guest fs read /secret/key: deny by 0")
            once("guest process inspect process://snapshot: deny")
            const [own] = events.filter(({ pid }) => pid !== undefined)
            assert.isTrue(events.every(({ pid, vmId }) => vmId === vm.vmId && (pid === undefined || pid >= own.pid!)))
            assert.isTrue(events.every(({ sequence }, at) => sequence === events[0].sequence + at))
            assert.isTrue(events.every(({ time }, at) => at === 0 || time >= events[at - 1].time))
            const spawned = yield* shortOf(vm, Effect.scoped(vm.processes.spawn("tac")))
            assert.include(spawned, "host childProcess spawn tac: deny by 0")
          }),
        60_000
      )

      it.scoped("what begins anew, as something of a mount was missing, is decided once", () =>
        Effect.gen(function*() {
          const hostPath = yield* temporaryFolder
          fill(hostPath, { "a/b/c/file": "x".repeat(600_000) })
          const vm = yield* Vm.make({
            permissions,
            audit: "all",
            mounts: [{ path: "/data", plugin: { id: "host_dir", config: { hostPath } } }]
          })
          assert.deepStrictEqual(yield* shortOf(vm, vm.filesystem.readFile("/data/a/b/c/file")), [
            "host fs read /data/a/b/c/file: allow"
          ])
          assert.deepStrictEqual(yield* shortOf(vm, vm.filesystem.copy("/data/a/b", "/tmp/b", { recursive: true })), [
            "host fs read /data/a/b: allow",
            "host fs write /tmp/b: allow",
            "host fs create_dir /tmp/b: allow",
            "host fs read /data/a/b/c: allow",
            "host fs write /tmp/b/c: allow",
            "host fs create_dir /tmp/b/c: allow",
            "host fs read /data/a/b/c/file: allow",
            "host fs write /tmp/b/c/file: allow"
          ])
        }), 60_000)

      it.scoped("a policy takes the place of another in the order of what it decides", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({})
          const read = Effect.ignore(vm.filesystem.readFile("/etc/hostname"))
          const told = yield* shortOf(
            vm,
            read.pipe(
              Effect.zipRight(
                vm.setPermissions({ fs: { default: "allow", rules: [{ mode: "deny", paths: ["/etc/*"] }] } })
              ),
              Effect.zipRight(read),
              Effect.zipRight(vm.setPermissions({ fs: "allow" })),
              Effect.zipRight(read)
            )
          )
          assert.deepStrictEqual(told, [
            "host fs read /etc/hostname: allow",
            "PolicyReplaced",
            "host fs read /etc/hostname: deny by 0",
            "PolicyReplaced",
            "host fs read /etc/hostname: allow"
          ])
        }), 60_000)

      it.scoped(
        "refusals are told though nobody has asked, the rest from when somebody does, or never",
        () =>
          Effect.gen(function*() {
            const config = {
              permissions: { fs: { default: "allow", rules: [{ mode: "deny", paths: ["/root/**"] }] } }
            } as const
            const run = (vm: Vm["Type"]) =>
              Effect.zipRight(vm.filesystem.stat("/etc/hostname"), Effect.ignore(vm.filesystem.stat("/root/x")))
            const vm = yield* Vm.make(config)
            yield* run(vm)
            const first = yield* Stream.runHead(vm.audit.decisions)
            assert.strictEqual(first._tag === "Some" && short(first.value), "host fs stat /root/x: deny by 0")
            assert.deepStrictEqual(yield* shortOf(vm, run(vm)), [
              "host fs stat /etc/hostname: allow",
              "host fs stat /root/x: deny by 0"
            ])
            const quiet = yield* Vm.make({ ...config, audit: "refusals" })
            yield* run(quiet)
            const two = quiet.audit.decisions.pipe(Stream.take(2), Stream.runCollect)
            const told = yield* Effect.zipLeft(two, run(quiet), { concurrent: true })
            assert.deepStrictEqual(Array.from(told, short), Array(2).fill("host fs stat /root/x: deny by 0"))
          }),
        60_000
      )

      it.scoped("a fork has an audit of its own", () =>
        Effect.gen(function*() {
          const vm = yield* make
          const fork = yield* vm.fork
          assert.deepStrictEqual(yield* shortOf(fork, fork.filesystem.stat("/secret/key")), [
            "host fs stat /secret/key: deny by 0"
          ])
          assert.isTrue((yield* fork.audit.recent).every(({ vmId }) => vmId === fork.vmId))
          assert.isFalse((yield* vm.audit.recent).some(({ vmId }) => vmId === fork.vmId))
        }), 60_000)
    })
  })
}
