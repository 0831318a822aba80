/** Policies of whole VMs: at mounts and lowers, in what is watched and exported, replaced, inherited, and when that fails. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as HostTime from "../../layers/testing/HostTime.ts"
import { TestSidecar } from "../../layers/testing/index.ts"
import { layerIn, type RunningServer } from "../../layers/testing/TestSidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf, live } from "../contract/layers.ts"
import { fill, temporaryFolder } from "../node/support.ts"

const deny = (...paths: ReadonlyArray<string>) => ({
  fs: { default: "allow" as const, rules: [{ mode: "deny" as const, paths }] }
})

const denied = (operation: string, resource: string) => ({ domain: "fs", operation, resource, rule: 0, mode: "deny" })

/** What the policy says of a refused call of the host. */
const refusal = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(failureOf(effect), (error) => {
    const { denied } = error as { readonly denied?: unknown }
    return { ...denied as object }
  })

layer(TestSidecar.layer({ warmWorkers: 1 }), live)("a policy", (it) => {
  it.scoped("holds in lowers, mounts of the host's folders and memory, by their places in the VM", () =>
    Effect.gen(function*() {
      const host = yield* temporaryFolder
      fill(host, { "open": "open", "private/key": "secret" })
      const { filesystem, processes } = yield* Vm.make({
        rootFilesystem: {
          lowers: [{
            kind: "snapshot-export",
            source: {
              format: "agent-os-filesystem-snapshot-v1",
              filesystem: {
                entries: [
                  { path: "/lower", type: "directory" },
                  { path: "/lower/key", type: "file", content: "secret" },
                  { path: "/lower/open", type: "file", content: "open" }
                ]
              }
            }
          }]
        },
        mounts: [
          { path: "/data", plugin: { id: "host_dir", config: { hostPath: host } } },
          { path: "/memory", plugin: { id: "memory" } }
        ],
        permissions: deny("/data/private/**", "/lower/key", "/memory/private/**")
      })
      for (const path of ["/data/private/key", "/lower/key"]) {
        assert.deepStrictEqual(yield* refusal(filesystem.readFile(path)), denied("read", path))
      }
      assert.strictEqual(yield* filesystem.readFileString("/data/open"), "open")
      assert.strictEqual(yield* filesystem.readFileString("/lower/open"), "open")
      const script =
        "cat /data/private/key /lower/key /data/open/../private/key; cp -r /data /tmp/d; cat /tmp/d/private/key;" +
        "cd /data/private && cat key; cp -r /lower /tmp/l; cat /tmp/l/key; mv /lower /tmp/m; cat /tmp/m/key;" +
        "ln -s /data /tmp/n; cat /tmp/n/private/key; cat /data/open"
      assert.strictEqual((yield* processes.exec(script)).stdout, "open")
      yield* filesystem.mkdir("/memory/private")
      assert.deepStrictEqual(
        yield* refusal(filesystem.writeFile("/memory/private/a", "x")),
        denied("write", "/memory/private/a")
      )
      assert.deepStrictEqual(yield* filesystem.readdir("/lower"), ["open"])
    }))

  it.scoped("lets nothing be mounted over what guards something, nor over a path that it says is sensitive", () =>
    Effect.gen(function*() {
      const host = yield* temporaryFolder
      fill(host, { "key": "mine" })
      const plugin = { id: "host_dir", config: { hostPath: host } } as const
      const { filesystem } = yield* Vm.make({
        permissions: {
          fs: {
            default: "allow",
            rules: [
              { mode: "deny", paths: ["/etc/secrets/**"] },
              { mode: "deny", operations: ["mount_sensitive"], paths: ["/usr", "/usr/**"] }
            ]
          }
        }
      })
      for (const path of ["/etc", "/etc/secrets", "/etc/secrets/deep", "/usr", "/usr/local/lib"]) {
        const error = yield* failureOf(filesystem.mountFs(path, { plugin }))
        assert.deepInclude(error, { _tag: "KernelError", errno: "EACCES" }, path)
      }
      yield* filesystem.mountFs("/mnt", { plugin })
      assert.strictEqual(yield* filesystem.readFileString("/mnt/key"), "mine")
    }))

  it.scoped("leaves out of watches, exports and differences what may not be seen", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      const { filesystem, processes } = vm
      yield* processes.exec("mkdir -p /tmp/w/secret; echo a > /tmp/w/secret/key; echo b > /tmp/w/note")
      const before = yield* vm.snapshot
      // it may be written, and by nobody seen
      const paths = ["/tmp/w/secret", "/tmp/w/secret/**", "**/.env"]
      yield* vm.setPermissions({
        fs: { default: "allow", rules: [{ mode: "deny", operations: ["stat", "read"], paths }] }
      })
      const ready = yield* Deferred.make<void>()
      const events = yield* Effect.fork(
        filesystem.watch("/tmp/w", { recursive: true }).pipe(
          Stream.tap(({ _tag }) => _tag === "ready" ? Deferred.succeed(ready, undefined) : Effect.void),
          Stream.takeUntil((event) => event._tag !== "ready" && event.path === "/tmp/w/end"),
          Stream.runCollect
        )
      )
      yield* Deferred.await(ready)
      for (const path of ["secret/key", ".env", "note"]) yield* filesystem.writeFile(`/tmp/w/${path}`, "changed")
      yield* processes.exec("echo > /tmp/w/end")
      const told = Array.from(yield* Fiber.join(events), (event) => event._tag === "ready" ? "" : event.path)
      assert.include(told, "/tmp/w/note")
      assert.deepStrictEqual(told.filter((path) => /secret|\.env/.test(path)), [])
      const changed = (yield* vm.diff(before)).map(({ path }) => path)
      assert.deepStrictEqual(changed, ["/tmp/w/end", "/tmp/w/note"])
      const exported = JSON.stringify(yield* filesystem.snapshotRootFilesystem())
      assert.include(exported, "/tmp/w/note")
      assert.notInclude(exported, "/tmp/w/secret")
      assert.notInclude(exported, "/tmp/w/.env")
    }))

  it.scoped("holds for a working directory and a later open, not for a file that is open", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      const { filesystem, processes } = vm
      yield* processes.exec("mkdir /tmp/w; printf 'one\\ntwo\\nthree\\n' > /tmp/w/key")
      const running = yield* processes.spawn("bash", [
        "-c",
        "cd /tmp/w; exec 3<key; read -r line <&3; echo $line; read -r go; read -r line <&3; echo $line; cat key; cat ./key; cat /dev/fd/3"
      ])
      const ready = yield* Deferred.make<void>()
      const collect = (stream: typeof running.stdout) =>
        stream.pipe(Stream.decodeText(), Stream.tap(() => Deferred.succeed(ready, undefined)), Stream.mkString)
      const output = yield* Effect.fork(
        Effect.all([collect(running.stdout), collect(running.stderr)], { concurrency: 2 })
      )
      yield* Deferred.await(ready)
      yield* vm.setPermissions(deny("/tmp/w", "/tmp/w/**"))
      yield* running.write("go\n")
      yield* running.endStdin
      const [stdout, stderr] = yield* Fiber.join(output)
      assert.strictEqual(stdout, "one\ntwo\nthree\n")
      assert.strictEqual(stderr, "cat: key: Permission denied\ncat: ./key: Permission denied\n")
      assert.deepStrictEqual(yield* refusal(filesystem.readFile("/tmp/w/key")), denied("read", "/tmp/w/key"))
    }))

  it.scoped("is inherited by a fork, and is its own from then on", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({ permissions: deny("/etc/passwd") })
      const fork = yield* vm.fork
      for (const { filesystem, processes } of [vm, fork]) {
        assert.deepStrictEqual(yield* refusal(filesystem.readFile("/etc/passwd")), denied("read", "/etc/passwd"))
        assert.strictEqual((yield* processes.exec("cat /etc/passwd")).stdout, "")
      }
      yield* vm.setPermissions({})
      assert.strictEqual((yield* failureOf(fork.filesystem.readFile("/etc/passwd")))._tag, "KernelError")
      yield* vm.filesystem.readFile("/etc/passwd")
      yield* vm.setPermissions({ process: "deny", tool: "deny" })
      yield* (yield* vm.fork).setPermissions({})
      assert.strictEqual((yield* failureOf(vm.processes.list))._tag, "KernelError")
    }))

  it.scoped("that is no policy is refused before anything changes", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({ permissions: deny("/etc/passwd") })
      const error = yield* failureOf(vm.setPermissions({ fs: { rules: [{ mode: "deny", paths: [] }] } }))
      assert.strictEqual(error._tag, "ConfigError")
      assert.include(error.message, "paths must not be empty")
      assert.strictEqual((yield* failureOf(vm.filesystem.readFile("/etc/passwd")))._tag, "KernelError")
      yield* vm.filesystem.readFile("/etc/hostname")
    }))
})

describe("a policy that cannot be put in place", () => {
  const servers = new Set<RunningServer>()
  const sidecar = Layer.unwrapScoped(Effect.map(HostTime.make(undefined), (time) => layerIn(time, {}, { servers })))
  it.live("leaves everything denied until there is a whole one", () =>
    Effect.gen(function*() {
      const vm = yield* Vm.make({})
      yield* vm.filesystem.readFile("/etc/hostname")
      const [kernel] = Array.from(servers).flatMap(({ server }) =>
        Array.from(server.sessions, ({ vms }) => Array.from(vms.values())).flat()
      )
      assert.throws(() => kernel.replacePolicy({ fs: { rules: undefined } } as never))
      const error = yield* failureOf(vm.filesystem.readFile("/etc/hostname"))
      assert.strictEqual(
        error.message,
        "EACCES: permission denied, open '/etc/hostname': blocked by fs.read policy (default)"
      )
      assert.strictEqual((yield* failureOf(vm.processes.list))._tag, "KernelError")
      assert.strictEqual((yield* failureOf(vm.processes.spawn("true")))._tag, "KernelError")
      yield* vm.setPermissions({})
      yield* vm.filesystem.readFile("/etc/hostname")
    }).pipe(Effect.scoped, Effect.provide(sidecar)))
})
