/**
 * Scripts that try to get at what a policy denies: the secret never shows in their output, and the protected files are
 * as they were.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestSidecar } from "../../layers/testing/index.ts"
import type { ExecResult } from "../../services/Processes.ts"
import { Vm } from "../../services/Vm.ts"
import type { Change } from "../../src/VmSnapshot.ts"
import { changes, closed, config, programs, reads, SECRET } from "./corpus.ts"

const vm = Vm.layer(config).pipe(Layer.provide(TestSidecar.layer({ warmWorkers: 1 })))

const sh = (script: string) =>
  Effect.flatMap(
    Vm,
    ({ processes }) => processes.exec(`rm -rf /tmp/w; mkdir /tmp/w; cd /tmp/w\n${script}`, { timeout: "20 seconds" })
  )

layer(vm, { excludeTestServices: true, timeout: "20 seconds" })("a denied path", (it) => {
  it.effect(`is not read, by ${reads.length} scripts`, () =>
    Effect.gen(function*() {
      for (const script of [...reads, ...closed]) {
        const { stderr, stdout } = yield* sh(script)
        assert.notInclude(stdout + stderr, SECRET, script)
      }
    }), 120_000)

  it.effect(`is not changed, by ${changes.length} scripts`, () =>
    Effect.gen(function*() {
      const { filesystem, setPermissions } = yield* Vm
      for (const script of changes) yield* sh(script)
      yield* setPermissions({})
      assert.strictEqual(yield* filesystem.readFileString("/frozen/conf"), "original\n")
      for (const path of ["/secret/key", "/secret/deep/key", "/area/inner/vault/key"]) {
        assert.strictEqual(yield* filesystem.readFileString(path), `${SECRET}\n`, path)
      }
      assert.deepStrictEqual(yield* filesystem.readdir("/secret"), ["deep", "key"])
    }), 120_000)
})

const open = Vm.layer({ ...config, permissions: {} }).pipe(Layer.provide(TestSidecar.layer({ warmWorkers: 1 })))

/** What a script comes to in the VM as it was at first. */
const fresh = (
  scripts: ReadonlyArray<string>,
  check: (script: string, result: ExecResult, changed: ReadonlyArray<Change>) => void
) =>
  Effect.gen(function*() {
    const { diff, restore, snapshot } = yield* Vm
    const before = yield* snapshot
    for (const script of scripts) {
      const result = yield* sh(script)
      check(script, result, yield* diff(before))
      yield* restore(before)
    }
  })

layer(open, { excludeTestServices: true, timeout: "20 seconds" })("without a policy", (it) => {
  it.effect("each script gets at what it wants", () =>
    Effect.gen(function*() {
      yield* fresh(reads, (script, { stderr, stdout }) => assert.include(stdout + stderr, SECRET, script))
      yield* fresh(programs, (script, { stderr, stdout }) => assert.include(stdout + stderr, "ran", script))
      yield* fresh(changes, (script, _, changed) =>
        assert.isTrue(changed.some(({ path }) => /^\/(secret|area|frozen)\b/.test(path)), script))
    }), 240_000)
})

layer(vm, { excludeTestServices: true, timeout: "20 seconds" })("a denied program", (it) => {
  it.effect(`is not run, by ${programs.length} scripts`, () =>
    Effect.gen(function*() {
      for (const script of programs) {
        const { stderr, stdout } = yield* sh(script)
        assert.notInclude(stdout + stderr.replaceAll(script, ""), "ran", script)
      }
      const refused = yield* sh("nohup echo ran")
      assert.deepStrictEqual(refused, { exitCode: 126, stdout: "", stderr: "bash: nohup: Permission denied\n" })
    }), 60_000)

  it.effect("and the rest still works", () =>
    Effect.gen(function*() {
      const { stdout } = yield* sh(
        "echo a > f; mv f g; cat g; mkdir -p d/e; cp -r d k; mv d z; rm -r k z; ls; echo $VISIBLE; cat /open/sub/note"
      )
      assert.strictEqual(stdout, "a\ng\n1\na note\n")
    }))
})

layer(vm, { excludeTestServices: true, timeout: "20 seconds" })("the host", (it) => {
  it.effect("is subject to the policy, and told what decided", () =>
    Effect.gen(function*() {
      const { filesystem, setPermissions, snapshot, diff } = yield* Vm
      const error = yield* Effect.flip(filesystem.readFile("/secret/key"))
      assert.deepInclude(error, {
        _tag: "KernelError",
        errno: "EACCES",
        denied: { domain: "fs", operation: "read", resource: "/secret/key", rule: 0, mode: "deny" }
      })
      assert.strictEqual(
        error.message,
        "EACCES: permission denied, open '/secret/key': blocked by fs.read policy (rule 0)"
      )
      assert.isFalse(yield* filesystem.exists("/secret/key"))
      assert.notInclude(yield* filesystem.readdir("/"), "secret")
      assert.deepStrictEqual(yield* filesystem.glob("/secret/*"), [])
      assert.strictEqual((yield* filesystem.readFiles(["/secret/key"]))[0].error, error.message)
      for (
        const refused of [
          filesystem.stat("/secret/nothing"),
          filesystem.move("/secret", "/tmp/s"),
          filesystem.mkdir("/secret/x/y", { recursive: true }),
          filesystem.delete("/area", { recursive: true }),
          filesystem.writeFile("/frozen/conf", "x")
        ]
      ) {
        assert.strictEqual(
          (yield* Effect.flip(refused as Effect.Effect<unknown, { readonly message: string }>)).message.slice(0, 6),
          "EACCES"
        )
      }
      const before = yield* snapshot
      yield* setPermissions({})
      yield* filesystem.writeFile("/secret/key", "other")
      yield* filesystem.writeFile("/open/sub/note", "other")
      yield* setPermissions({ fs: { default: "allow", rules: [{ mode: "deny", paths: ["/secret/**"] }] } })
      assert.deepStrictEqual((yield* diff(before)).map(({ path }) => path), ["/open/sub/note"])
      yield* setPermissions({ fs: "deny" })
      assert.include((yield* Effect.flip(filesystem.readdir("/"))).message, "blocked by fs.readdir policy (default)")
    }))
})
