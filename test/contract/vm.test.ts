import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { FilesystemShape } from "../../services/Filesystem.ts"
import { Vm } from "../../services/Vm.ts"
import { bytes, live, same, subjects, told } from "./layers.ts"

/** A folder of the host that goes away with the test. */
const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "agent-os-contract-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const hostDirectory = Effect.map(folder, (root) => {
  mkdirSync(join(root, "src/deep"), { recursive: true })
  mkdirSync(join(root, "node_modules/x"), { recursive: true })
  writeFileSync(join(root, "src/a.txt"), "a")
  writeFileSync(join(root, "src/deep/binary"), bytes(200_000))
  writeFileSync(join(root, "run.sh"), "#!/bin/sh\n")
  chmodSync(join(root, "run.sh"), 0o755)
  writeFileSync(join(root, "node_modules/x/y"), "excluded")
  symlinkSync("a.txt", join(root, "src/inside"))
  symlinkSync("/etc/passwd", join(root, "src/outside"))
  symlinkSync("..", join(root, "src/up"))
  symlinkSync("/", join(root, "everything"))
  return root
})

const listing = (filesystem: FilesystemShape, path: string) =>
  Effect.map(filesystem.readdirRecursive(path), (entries) => entries.map((entry) => `${entry.type[0]} ${entry.path}`))

for (const subject of subjects) {
  describe(`Vm over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("unknown keys are told at every level, parts to come by their place", () =>
        Effect.gen(function*() {
          const refused: ReadonlyArray<readonly [config: any, message: RegExp]> = [
            [{ colour: 1 }, /^ConfigError: invalid configuration at colour: /],
            [{ limits: { inode: 1 } }, /^ConfigError: invalid configuration at limits\.inode: /],
            [{ rootFilesystem: { lower: [] } }, /^ConfigError: invalid configuration at rootFilesystem\.lower: /],
            [
              { mounts: [{ path: "/m", plugin: { id: "host_dir", config: { hostPath: "/", exclud: [] } } }] },
              /^ConfigError: invalid configuration at mounts\[0\]\.plugin\.config\.exclud: /
            ],
            [{ mounts: [{ path: "m", plugin: { id: "memory" } }] }, /mounts\[0\]\.path: .*Path must be absolute: m/],
            [{ mounts: [{ path: "/", plugin: { id: "memory" } }] }, /cannot mount over root/],
            [{ user: { uid: -1 } }, /^ConfigError: invalid configuration at user\.uid: /],
            [{ limits: { processes: 0 } }, /^ConfigError: invalid configuration at limits\.processes: /],
            [{ sidecar: { kind: "explicit", handle: {} } }, /^ConfigError: .*sidecar\.handle.*is not a handle/],
            [null, /^ConfigError: /]
          ]
          for (const [config, message] of refused) assert.match(yield* told(Vm.make(config)), message)
          const missing: ReadonlyArray<readonly [config: any, message: string]> = [
            [
              { software: [{ package: "x", kind: "tool" }] },
              "software packages of kind tool, asked for by software[0].kind"
            ],
            [{ loopbackExemptPorts: [80] }, "access to the host's loopback, asked for by loopbackExemptPorts"],
            [
              { mounts: [{ path: "/m", plugin: { id: "js_bridge" } }] },
              "the mount plugin js_bridge, asked for by mounts[0].plugin.id"
            ]
          ]
          for (const [config, message] of missing) {
            assert.strictEqual(yield* told(Vm.make(config)), `NotYetSupported: not yet supported: ${message}`)
          }
        }))

      it.scoped("a configuration larger than a frame is a typed error, and harms no other VM", () =>
        Effect.gen(function*() {
          const neighbour = yield* Vm.make({})
          const env = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`V${i}`, "x".repeat(10_000)]))
          assert.match(
            yield* told(Effect.scoped(Vm.make({ env, limits: { envBytes: 4_000_000 } }))),
            /^TransportError|^ConfigError/
          )
          assert.isTrue(yield* neighbour.filesystem.exists("/etc"))
        }))

      it.scoped("two VMs share nothing", () =>
        Effect.gen(function*() {
          const [a, b] = yield* Effect.all([
            Vm.make({}),
            Vm.make({ hostname: "other", user: { name: "eve", uid: 2000, gid: 2000 } })
          ])
          assert.notStrictEqual(a.vmId, b.vmId)
          yield* a.filesystem.writeFile("/tmp/a", "a")
          assert.isFalse(yield* b.filesystem.exists("/tmp/a"))
          assert.strictEqual((yield* b.processes.exec("hostname; whoami; id -u")).stdout, "other\neve\n2000\n")
          assert.strictEqual((yield* a.processes.exec("hostname; whoami; id -u")).stdout, "agent-os\nuser\n1000\n")
        }))

      it.scoped("the root export goes back in as a lower, equal in content, links and modes", () =>
        Effect.gen(function*() {
          const first = yield* Vm.make({})
          const binary = bytes(700_000)
          yield* first.filesystem.writeFile("/home/user/binary", binary)
          yield* first.filesystem.writeFile("/home/user/text", "äß€😀\ufeff\0")
          yield* first.processes.exec(
            "ln -s text link; ln -s /none dangling; touch run; chmod 4751 run; mkdir sticky; chmod 1777 sticky"
          )
          yield* first.filesystem.delete("/etc/hostname")
          const exported = yield* first.filesystem.snapshotRootFilesystem()
          const second = yield* Vm.make({ rootFilesystem: { disableDefaultBaseLayer: true, lowers: [exported] } })
          assert.deepStrictEqual(yield* second.filesystem.snapshotRootFilesystem(), exported)
          assert.isTrue(same(yield* second.filesystem.readFile("/home/user/binary"), binary))
          assert.strictEqual(yield* second.filesystem.readFileString("/home/user/link"), "äß€😀\ufeff\0")
          assert.strictEqual((yield* second.filesystem.stat("/home/user/run")).mode & 0o7777, 0o4751)
          assert.strictEqual((yield* second.filesystem.stat("/home/user/sticky")).mode & 0o7777, 0o1777)
          assert.isFalse(yield* second.filesystem.exists("/etc/hostname"))
          assert.strictEqual(
            (yield* second.processes.exec("cat text | head -c 2; echo works > new; cat new")).stdout,
            "äworks\n"
          )
          assert.isFalse(yield* first.filesystem.exists("/home/user/new"))
          const paths = exported.source.filesystem.entries.map(({ path }) => path)
          assert.isFalse(paths.some((path) => path.startsWith("/proc/")), "no generated file is exported")
        }))

      it.scoped("bootstrap entries below /dev, /proc and /sys are skipped, the others are there", () =>
        Effect.gen(function*() {
          const skipped = ["/dev/new", "/dev/null", "/dev/pts/9", "/proc/new", "/proc/version", "/sys/new", "/sys/a/b"]
          const made = ["/devices/x", "/system", "/home/user/proc/x"]
          const file = (path: string) => ({ path, type: "file" as const, content: "mine" })
          const vm = yield* Vm.make({
            rootFilesystem: {
              bootstrapEntries: [
                ...[...skipped, ...made].map(file),
                { path: "/dev", type: "symlink", target: "/tmp" },
                file("/proc"),
                file("/sys"),
                { path: "/sys", type: "directory", mode: "0700" }
              ]
            }
          })
          const { filesystem } = vm
          const there = yield* Effect.filter(
            skipped,
            (path) =>
              Effect.catchAll(filesystem.readFileString(path), () => Effect.succeed("")).pipe(
                Effect.map((content) => content === "mine")
              )
          )
          assert.deepStrictEqual(there, [])
          assert.deepStrictEqual(yield* Effect.forEach(made, filesystem.readFileString), made.map(() => "mine"))
          const types = yield* Effect.forEach(["/dev", "/proc", "/sys"], filesystem.lstat)
          assert.deepStrictEqual(types.map(({ isDirectory }) => isDirectory), [true, true, true])
          assert.strictEqual(types[2].mode & 0o7777, 0o700)
          assert.strictEqual((yield* vm.processes.exec("echo x > /dev/null; ls /sys")).stdout, "")
        }))

      it.scoped("lowers in order, bootstrap entries over them, and a read-only root", () =>
        Effect.gen(function*() {
          const lower = (content: string, path: string) => ({
            kind: "snapshot-export" as const,
            source: {
              format: "agent-os-filesystem-snapshot-v1" as const,
              filesystem: {
                entries: [{ path, type: "file" as const, content }, { path: "/both", type: "file" as const, content }]
              }
            }
          })
          const vm = yield* Vm.make({
            rootFilesystem: {
              mode: "read-only",
              lowers: [lower("upper", "/one"), lower("lower", "/two")],
              bootstrapEntries: [
                {
                  path: "/boot/strapped",
                  type: "file",
                  content: "AAEC",
                  encoding: "base64",
                  mode: "0600",
                  uid: 7,
                  gid: 8
                },
                { path: "/boot/link", type: "symlink", target: "strapped" }
              ]
            }
          })
          const { filesystem, processes } = vm
          assert.deepStrictEqual(yield* Effect.forEach(["/one", "/two", "/both"], filesystem.readFileString), [
            "upper",
            "lower",
            "upper"
          ])
          assert.deepStrictEqual(Array.from(yield* filesystem.readFile("/boot/link")), [0, 1, 2])
          const { gid, mode, uid } = yield* filesystem.stat("/boot/strapped")
          assert.deepStrictEqual([mode & 0o7777, uid, gid], [0o600, 7, 8])
          assert.isTrue(yield* filesystem.exists("/bin/sh"), "the bundled base is below")
          for (
            const write of [
              filesystem.writeFile("/new", "x"),
              filesystem.mkdir("/new"),
              filesystem.delete("/one"),
              filesystem.move("/one", "/x"),
              filesystem.writeFile("/one", new Uint8Array(1_000_000))
            ]
          ) assert.match(yield* told(write), /^KernelError: EROFS: read-only filesystem, /)
          assert.match((yield* processes.exec("echo x > /tmp/x")).stderr, /[Rr]ead-only/)
          yield* filesystem.mountFs("/mnt", { plugin: { id: "memory" } })
          yield* filesystem.writeFile("/mnt/x", "a mount can still be written")
        }))

      it.scoped("memory mounts: at the start and at run time", () =>
        Effect.gen(function*() {
          const { filesystem, snapshotMount, diff } = yield* Vm.make({
            mounts: [{ path: "/deep/er", plugin: { id: "memory" } }]
          })
          yield* filesystem.writeFile("/deep/er/x", "x")
          yield* filesystem.mountFs("/deep/er/inner", { plugin: { id: "memory" } }, { readOnly: true })
          const mounts = yield* filesystem.listMounts
          assert.deepStrictEqual(
            mounts.filter(({ type }) => type === "memory").map(({ path, readOnly }) => [path, readOnly]),
            [["/deep/er", false], ["/deep/er/inner", true]]
          )
          assert.deepStrictEqual(mounts.map(({ path }) => path), mounts.map(({ path }) => path).slice().sort())
          assert.match(yield* told(filesystem.writeFile("/deep/er/inner/x", "")), /^KernelError: EROFS/)
          assert.match(yield* told(filesystem.unmountFs("/deep/er")), /^KernelError: EBUSY/)
          assert.match(yield* told(filesystem.unmountFs("/tmp")), /^KernelError: EINVAL/)
          assert.match(yield* told(filesystem.unmountFs("tmp")), /^PathError: Path must be absolute/)
          assert.match(yield* told(filesystem.mountFs("tmp", { plugin: { id: "memory" } })), /^PathError: /)
          assert.match(
            yield* told(filesystem.mountFs("/", { plugin: { id: "memory" } })),
            /^ConfigError: .*cannot mount over root/
          )
          assert.match(yield* told(filesystem.mountFs("/m", { plugin: { id: "js_bridge" } })), /^NotYetSupported: /)
          assert.match(
            yield* told(filesystem.mountFs("/m", { plugin: { id: "memory", config: { a: 1 } } } as never)),
            /^ConfigError: /
          )
          const before = yield* snapshotMount("/deep/er")
          yield* filesystem.writeFile("/deep/er/y", "12")
          assert.deepStrictEqual((yield* diff(before)).map(({ kind, path, size }) => [kind, path, size]), [[
            "created",
            "/deep/er/y",
            2
          ]])
          yield* filesystem.unmountFs("/deep/er/inner")
          yield* filesystem.unmountFs("/deep/er")
          assert.isFalse(yield* filesystem.exists("/deep/er/x"))
        }))

      it.scoped("host_dir: links kept and never followed out, exclude, modes, owner", () =>
        Effect.gen(function*() {
          const hostPath = yield* hostDirectory
          const { filesystem, processes } = yield* Vm.make({
            mounts: [{ path: "/repo", plugin: { id: "host_dir", config: { hostPath, exclude: ["node_modules"] } } }]
          })
          assert.deepStrictEqual(yield* listing(filesystem, "/repo"), [
            "s /repo/everything",
            "f /repo/run.sh",
            "d /repo/src",
            "f /repo/src/a.txt",
            "d /repo/src/deep",
            "s /repo/src/inside",
            "s /repo/src/outside",
            "s /repo/src/up",
            "f /repo/src/deep/binary"
          ])
          assert.strictEqual(yield* filesystem.readFileString("/repo/src/inside"), "a")
          assert.isTrue(same(yield* filesystem.readFile("/repo/src/deep/binary"), bytes(200_000)))
          // a link to the outside leads into the VM's own tree
          assert.strictEqual(
            yield* filesystem.readFileString("/repo/src/outside"),
            yield* filesystem.readFileString("/etc/passwd")
          )
          assert.deepStrictEqual(yield* filesystem.readdir("/repo/everything"), yield* filesystem.readdir("/"))
          const stat = yield* filesystem.stat("/repo/run.sh")
          assert.deepStrictEqual([stat.mode & 0o777, stat.uid, stat.gid], [0o755, 1000, 1000])
          for (
            const write of [
              filesystem.writeFile("/repo/x", ""),
              filesystem.delete("/repo/run.sh"),
              filesystem.move("/repo/run.sh", "/tmp/x")
            ]
          ) {
            assert.match(yield* told(write), /^KernelError: EROFS/)
          }
          assert.strictEqual((yield* processes.exec("cat src/a.txt", { cwd: "/repo" })).stdout, "a")
          const mounts = yield* filesystem.listMounts
          const mount = mounts.find(({ path }) => path === "/repo")!
          assert.deepStrictEqual([mount.type, mount.readOnly, mount.source.includes(hostPath)], [
            "host_dir",
            true,
            false
          ])
        }))

      it.scoped("overlay: writable in the VM only, what is no folder", () =>
        Effect.gen(function*() {
          const hostPath = yield* hostDirectory
          const filesystem = { type: "overlay", lowers: [{ kind: "host_dir", config: { hostPath } }] } as const
          const vm = yield* Vm.make({})
          yield* vm.filesystem.mountFs("/repo", { filesystem })
          yield* vm.filesystem.writeFile("/repo/src/a.txt", "changed")
          const again = yield* Vm.make({ mounts: [{ path: "/repo", filesystem }] })
          assert.strictEqual(yield* again.filesystem.readFileString("/repo/src/a.txt"), "a")
          for (const bad of [join(hostPath, "none"), join(hostPath, "run.sh")]) {
            const mounting = vm.filesystem.mountFs("/bad", { plugin: { id: "host_dir", config: { hostPath: bad } } })
            assert.match(yield* told(mounting), /^ConfigError: .*cannot read the folder/)
          }
          assert.isFalse(yield* vm.filesystem.exists("/bad/run.sh"))
        }))

      it.scoped("a lower with a file above the VM's space is refused with ENOSPC, as are too many entries", () =>
        Effect.gen(function*() {
          const lowers = (...entries: Array<{ path: string; type: "file"; content: string }>) => [{
            kind: "snapshot-export" as const,
            source: { format: "agent-os-filesystem-snapshot-v1" as const, filesystem: { entries } }
          }]
          const big = lowers({ path: "/big", type: "file", content: "x".repeat(2_000_000) })
          assert.match(
            yield* told(Vm.make({ rootFilesystem: { lowers: big }, limits: { filesystemBytes: 1_000_000 } })),
            /^KernelError: ENOSPC: .*filesystemBytes.*1000000/
          )
          const many = lowers(
            ...Array.from({ length: 2000 }, (_, i) => ({ path: `/f${i}`, type: "file" as const, content: "" }))
          )
          assert.match(
            yield* told(Vm.make({ rootFilesystem: { lowers: many }, limits: { inodes: 1000 } })),
            /^KernelError: ENOSPC: .*inodes/
          )
        }))

      it.scoped("snapshot and diff of the root", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({})
          yield* vm.filesystem.writeFiles([
            { path: "/tmp/keep", content: "k" },
            { path: "/tmp/change", content: "1" },
            { path: "/tmp/gone", content: "g" },
            { path: "/tmp/old-name", content: "a content of its own" }
          ])
          const before = yield* vm.snapshot
          assert.deepStrictEqual(yield* vm.diff(before), [])
          yield* vm.processes.exec(
            "echo 22 > /tmp/change; rm /tmp/gone; mkdir -p /tmp/new/dir; echo n > /tmp/new/dir/f; mv /tmp/old-name /tmp/new-name"
          )
          const changes = (yield* vm.diff(before)).filter(({ path }) => path.startsWith("/tmp/"))
          assert.deepStrictEqual(changes.map(({ from, kind, path }) => `${kind} ${from ?? ""} ${path}`), [
            "modified  /tmp/change",
            "removed  /tmp/gone",
            "created  /tmp/new",
            "moved /tmp/old-name /tmp/new-name",
            "created  /tmp/new/dir",
            "created  /tmp/new/dir/f"
          ])
          const other = yield* Vm.make({})
          assert.match(yield* told(other.diff(before)), /^(KernelError: ENOENT|KernelError: EINVAL)/)
          assert.match(yield* told(vm.diff({ ...before, snapshot: 99 })), /^KernelError: ENOENT/)
          assert.match(yield* told(vm.snapshotMount("/tmp")), /^KernelError: EINVAL/)
        }))

      it.effect("a released VM answers every service with VmLost", () =>
        Effect.gen(function*() {
          const vm = yield* Effect.scoped(Vm.make({}))
          const calls: ReadonlyArray<Effect.Effect<unknown, any>> = [
            vm.filesystem.readFile("/etc/hostname"),
            vm.filesystem.listMounts,
            vm.filesystem.snapshotRootFilesystem(),
            vm.processes.exec("true"),
            vm.snapshot,
            vm.filesystem.mountFs("/m", { plugin: { id: "memory" } }),
            vm.processes.exec("cat", { stdin: "x" }),
            vm.filesystem.writeFile("/x", new Uint8Array(700_000))
          ]
          for (const call of calls) assert.match(yield* told(call), /^SidecarError: .*VM.*(released|gone)/)
          const [result] = yield* vm.filesystem.readFiles(["/etc/hostname"])
          assert.match(result.error!, /VM/)
        }))

      it.effect("what is under way when its VM is released ends at once", () =>
        Effect.gen(function*() {
          const scope = yield* Effect.scoped(Effect.gen(function*() {
            const vm = yield* Vm.make({})
            yield* vm.filesystem.writeFile("/tmp/x", bytes(8_000_000))
            const work: ReadonlyArray<Effect.Effect<unknown, any>> = [
              vm.processes.exec("sleep 30"),
              vm.processes.exec("while true; do :; done"),
              vm.filesystem.readFile("/tmp/x"),
              vm.filesystem.writeFile("/tmp/y", bytes(8_000_000)),
              vm.filesystem.snapshotRootFilesystem(),
              vm.filesystem.readdirRecursive("/"),
              vm.processes.exec("cat /dev/zero"),
              vm.filesystem.listMounts
            ]
            const fibers = yield* Effect.forEach(work, (effect) => Effect.forkDaemon(Effect.exit(effect)))
            yield* Effect.sleep(20)
            return fibers
          }))
          for (const fiber of scope) yield* Effect.timeout(fiber.await, "10 seconds")
        }))
    })
  })
}
