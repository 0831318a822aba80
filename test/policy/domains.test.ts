/** What the policies of processes, programs and environments hold, by every way to them. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import { failureOf, live } from "../contract/layers.ts"

const vm = Vm.layer({
  env: { TOKEN: "t0ken" },
  rootFilesystem: {
    bootstrapEntries: [
      { path: "/opt/tools", type: "directory", mode: "0777" },
      { path: "/opt/tools/deploy", type: "file", mode: "0755", content: "#!/bin/sh\necho ran\n" }
    ]
  }
}).pipe(Layer.provide(TestSidecar.layer({ warmWorkers: 1 })))

const sh = (script: string) => Effect.flatMap(Vm, ({ processes }) => processes.exec(script, { timeout: "20 seconds" }))

const inspection = (rule?: number) =>
  ({ domain: "process", operation: "inspect", resource: "process://snapshot", rule, mode: "deny" }) as const

layer(vm, live)("a policy of processes", (it) => {
  it.effect("hides all others from a guest, in lists and in /proc", () =>
    Effect.gen(function*() {
      const { processes, setPermissions } = yield* Vm
      const sleeper = yield* processes.spawn("sleep", ["60"])
      yield* setPermissions({ process: "deny" })
      for (const script of ["ps", "ps aux", "pgrep sleep", "top -b -n 1", `ps -p ${sleeper.pid}`]) {
        const { exitCode, stdout } = yield* sh(script)
        assert.notInclude(stdout, "60", script)
        assert.notStrictEqual(exitCode, 0, script)
      }
      const pids = (yield* sh("ls /proc")).stdout.split("\n").filter((name) => /^\d+$/.test(name))
      assert.isAtMost(pids.length, 1)
      assert.notInclude(pids, String(sleeper.pid))
      for (
        const path of [`${sleeper.pid}/cmdline`, `${sleeper.pid}/environ`, `${sleeper.pid}/cwd`, "1/comm", "4000/stat"]
      ) {
        const result = yield* sh(`cat /proc/${path}`)
        assert.deepStrictEqual(
          result,
          { exitCode: 1, stdout: "", stderr: `cat: /proc/${path}: Permission denied\n` },
          path
        )
      }
      assert.strictEqual((yield* sh("cat /proc/self/comm")).stdout, "cat\n")
      assert.strictEqual((yield* sh(`cat /proc/[0-9]*/cmdline | tr '\\0' ' '`)).stdout.includes("sleep 60"), false)
      assert.strictEqual((yield* sh("jobs; sleep 60 & kill $!; wait; echo done")).stdout, "done\n")
    }).pipe(Effect.scoped))

  it.effect("holds for the host, but for what it has started itself", () =>
    Effect.gen(function*() {
      const { filesystem, processes, setPermissions } = yield* Vm
      const started = yield* processes.spawn("bash", ["-c", "sleep 60 & wait"])
      yield* setPermissions({})
      const child = (yield* Effect.repeat(processes.list, {
        until: (list) => list.some(({ ppid }) => ppid === started.pid)
      })).find(({ ppid }) => ppid === started.pid)!
      yield* setPermissions({ process: { default: "allow", rules: [{ mode: "deny", patterns: ["process://*"] }] } })
      for (const refused of [processes.list, processes.tree, processes.get(child.pid), processes.get(999_999)]) {
        const error = yield* failureOf<unknown, unknown, never>(refused)
        assert.deepInclude(error, { _tag: "KernelError", errno: "EACCES", denied: inspection(0) })
        assert.strictEqual(
          (error as Error).message,
          "EACCES: permission denied, processes: blocked by process.inspect policy (rule 0)"
        )
      }
      assert.strictEqual((yield* processes.get(started.pid)).pid, started.pid)
      assert.isTrue(yield* started.isRunning)
      assert.deepInclude(yield* failureOf(filesystem.readFile("/proc/1/comm")), { denied: inspection(0) })
      assert.notInclude(yield* filesystem.readdir("/proc"), String(child.pid))
      yield* setPermissions({})
      assert.include((yield* processes.list).map(({ pid }) => pid), child.pid)
    }).pipe(Effect.scoped))
})

layer(vm, live)("a policy of programs", (it) => {
  it.effect("holds a rule about a path under each name that leads there", () =>
    Effect.gen(function*() {
      const { processes, setPermissions } = yield* Vm
      const ways = [
        "/opt/tools/deploy",
        "cd /opt/tools; ./deploy",
        "PATH=/opt/tools; deploy",
        "ln -s /opt/tools/deploy /tmp/other; /tmp/other; rm /tmp/other",
        "ln -s /opt/tools /tmp/t; /tmp/t/deploy; rm /tmp/t",
        "env /opt/tools/deploy",
        "/opt/../opt/tools/deploy"
      ]
      for (const way of ways) assert.strictEqual((yield* sh(way)).stdout, "ran\n", way)
      yield* setPermissions({
        childProcess: { default: "allow", rules: [{ mode: "deny", patterns: ["/opt/tools/*", "/usr/bin/tac"] }] }
      })
      for (const way of ways) assert.strictEqual((yield* sh(way)).stdout, "", way)
      for (const way of ["tac", "/bin/tac", "/usr/bin/tac"]) {
        assert.deepInclude(yield* sh(`echo ran | ${way}`), { exitCode: 126, stdout: "" }, way)
      }
      assert.strictEqual((yield* sh("echo ran | cat")).stdout, "ran\n")
      const error = yield* failureOf(processes.spawn("/opt/tools/deploy"))
      assert.deepInclude(error, {
        _tag: "KernelError",
        errno: "EACCES",
        denied: { domain: "childProcess", operation: "spawn", resource: "/opt/tools/deploy", rule: 0, mode: "deny" }
      })
    }).pipe(Effect.scoped))

  it.effect("finds a link by its own name, whatever way leads to it", () =>
    Effect.gen(function*() {
      const { processes, setPermissions } = yield* Vm
      const script = "mkdir -p /tmp/opt/linked; echo 'echo ran' > /tmp/opt/real; chmod +x /tmp/opt/real; " +
        "ln -s /tmp/opt/real /tmp/opt/linked/tool; ln -s /tmp/opt/linked /tmp/aside"
      yield* setPermissions({ childProcess: "allow" })
      yield* sh(script)
      const ways = [
        "/tmp/opt/linked/tool",
        "/tmp/opt/../opt/linked/tool",
        "/tmp/opt/linked/../linked/./tool",
        "cd /tmp/opt; linked/../linked/tool",
        "/tmp/aside/tool",
        "/tmp/aside/../linked/tool",
        "PATH=/tmp/opt/../opt/linked; tool"
      ]
      for (const way of ways) assert.strictEqual((yield* sh(way)).stdout, "ran\n", way)
      yield* setPermissions({
        childProcess: { default: "allow", rules: [{ mode: "deny", patterns: ["/tmp/opt/linked/*"] }] }
      })
      for (const way of ways) assert.strictEqual((yield* sh(way)).stdout, "", way)
      for (const command of ["/tmp/opt/../opt/linked/tool", "/tmp/aside/tool"]) {
        assert.deepInclude(
          yield* failureOf(processes.spawn(command)),
          { _tag: "KernelError", errno: "EACCES" },
          command
        )
      }
    }).pipe(Effect.scoped))

  it.effect("leaves what runs within the shell", () =>
    Effect.gen(function*() {
      yield* (yield* Vm).setPermissions({ childProcess: "deny" })
      assert.deepStrictEqual(
        yield* sh("x=$(echo a); (echo $x); for i in 1 2; do printf '%s' $i; done; cat /etc/hostname"),
        {
          exitCode: 126,
          stdout: "a\n12",
          stderr: "bash: cat: Permission denied\n"
        }
      )
    }))

  it.effect("allows what an allow list names, and nothing under such a name", () =>
    Effect.gen(function*() {
      yield* (yield* Vm).setPermissions({
        childProcess: { rules: [{ mode: "allow", patterns: ["cat", "cp", "chmod", "mkdir"] }] }
      })
      const script = "mkdir -p /tmp/l; cp /bin/tac /tmp/l/cat; chmod +x /tmp/l/cat; echo ran | /tmp/l/cat"
      assert.deepInclude(yield* sh(script), { exitCode: 126, stdout: "" })
      assert.strictEqual((yield* sh("echo ran | cat")).stdout, "ran\n")
    }))
})

layer(vm, live)("a policy of environments", (it) => {
  it.effect("decides what the host may give to a process, and what the process is given", () =>
    Effect.gen(function*() {
      const { processes, setPermissions } = yield* Vm
      yield* setPermissions({
        env: {
          default: "allow",
          rules: [{ mode: "deny", operations: ["write"], patterns: ["PATH", "LD_*"] }, {
            mode: "deny",
            operations: ["read"],
            patterns: ["TOKEN"]
          }]
        }
      })
      for (
        const run of [
          processes.exec("true", { env: { LD_PRELOAD: "x" } }),
          processes.spawn("true", [], { env: { PATH: "/x" } })
        ]
      ) {
        const error = yield* failureOf<unknown, unknown, any>(run)
        assert.deepInclude((error as { readonly denied: unknown }).denied, {
          domain: "env",
          operation: "write",
          rule: 0
        })
      }
      const { stdout } = yield* processes.exec("echo $OTHER $TOKEN; LD_PRELOAD=y env | grep LD_", {
        env: { OTHER: "o" }
      })
      assert.strictEqual(stdout, "o\nLD_PRELOAD=y\n")
    }).pipe(Effect.scoped))
})
