/** `s3` mounts, as the host and guests see them. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { S3Driver } from "../../layers/node/index.ts"
import { TestS3 } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import type { S3Config } from "../../src/config/MountPlugins.ts"
import { bytes, failureOf, live, same, subjects, told } from "./layers.ts"

const at = (path: string, config: typeof S3Config.Encoded, more: { readonly readOnly?: boolean } = {}) => ({
  path,
  plugin: { id: "s3", config },
  ...more
} as const)

for (const subject of subjects) {
  describe(`s3 mounts over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("guests write, read and list, and another VM sees it", () =>
        Effect.gen(function*() {
          const store = yield* TestS3.make()
          const mounts = [at("/shared", store.config({ prefix: "team", refreshMs: 0 }))]
          const first = yield* Vm.make({ mounts })
          const second = yield* Vm.make({ mounts, user: { name: "ada", uid: 4000 } })
          const run = yield* first.processes.exec(
            [
              "mkdir -p deep/er",
              "echo one > deep/er/f",
              "echo two >> deep/er/f",
              "ln -s er/f deep/link",
              "ln deep/er/f twin",
              "cp -r deep copy",
              "mv copy/er moved",
              "chmod 640 twin",
              "rm -r copy",
              "cat deep/link; ls -R .; stat -c '%a %h %U' twin"
            ].join(" && "),
            { cwd: "/shared" }
          )
          const tree = ".:\ndeep\nmoved\ntwin\n\n./deep:\ner\nlink\n\n./deep/er:\nf\n\n./moved:\nf\n"
          assert.strictEqual(run.stdout, `one\ntwo\n${tree}640 2 user\n`, run.stderr)
          yield* Effect.scoped(Effect.flatMap(first.filesystem.open("/shared/twin"), (file) => file.sync))
          const seen = yield* second.processes.exec("cat deep/link moved/f; echo three >> twin; stat -c %U twin", {
            cwd: "/shared"
          })
          assert.strictEqual(seen.stdout, "one\ntwo\none\ntwo\nada\n", seen.stderr)
          yield* Effect.scoped(Effect.flatMap(second.filesystem.open("/shared/twin"), (file) => file.sync))
          assert.strictEqual(yield* first.filesystem.readFileString("/shared/deep/er/f"), "one\ntwo\nthree\n")
          assert.deepInclude(yield* first.filesystem.listMounts, {
            path: "/shared",
            type: "s3",
            source: "s3",
            readOnly: false
          })
          yield* first.filesystem.unmountFs("/shared")
          assert.deepStrictEqual(yield* first.filesystem.readdir("/shared"), [])
          assert.strictEqual((yield* second.filesystem.readdir("/shared")).length, 3)
        }))

      it.scoped("large content goes both ways, as bytes, as streams and through guests", () =>
        Effect.gen(function*() {
          const store = yield* TestS3.make()
          const { filesystem, processes } = yield* Vm.make({
            mounts: [at("/s3", store.config({ chunkSize: 1_048_576 }))]
          })
          const content = bytes(5_000_001)
          yield* filesystem.writeFile("/s3/whole", content)
          yield* Stream.run(Stream.make(content, content), filesystem.writeStream("/s3/streamed"))
          const run = yield* processes.exec("cat whole streamed > /tmp/all; cp /tmp/all back; wc -c < back", {
            cwd: "/s3"
          })
          assert.strictEqual(run.stdout.trim(), "15000003", run.stderr)
          const parts = yield* Stream.runCollect(filesystem.readStream("/s3/back", { chunkSize: 1_000_000 }))
          assert.isTrue(same(Buffer.concat(Array.from(parts)), Buffer.concat([content, content, content])))
        }))

      it.scoped("forks share it; an overlay over it stays in the VM; read-only is kept to", () =>
        Effect.gen(function*() {
          const store = yield* TestS3.make()
          const config = store.config({ refreshMs: 0 })
          const seed = yield* Vm.make({ mounts: [at("/s3", config)] })
          yield* seed.filesystem.writeFile("/s3/file", "first")
          const twin = yield* seed.fork
          yield* twin.filesystem.writeFile("/s3/of-twin", "twin")
          assert.strictEqual(yield* seed.filesystem.readFileString("/s3/of-twin"), "twin")
          const keys = yield* store.keys
          const vm = yield* Vm.make({
            mounts: [
              { path: "/over", filesystem: { type: "overlay", lowers: [{ kind: "s3", config }] } },
              {
                path: "/driver",
                filesystem: { type: "overlay", lowers: [{ kind: "driver", driver: yield* S3Driver.make(config) }] }
              },
              at("/fixed", config, { readOnly: true })
            ]
          })
          for (const path of ["/over", "/driver"]) {
            const before = yield* vm.snapshotMount(path)
            const run = yield* vm.processes.exec("cat file; echo more >> file; rm of-twin; mkdir new; ls", {
              cwd: path
            })
            assert.strictEqual(run.stdout, "firstfile\nnew\n", run.stderr)
            assert.deepStrictEqual((yield* vm.diff(before)).map(({ kind }) => kind).sort(), [
              "created",
              "modified",
              "removed"
            ])
          }
          const denied = yield* vm.processes.exec("cat file; echo x > file; mkdir x; rm file", { cwd: "/fixed" })
          assert.strictEqual(denied.stdout, "first")
          assert.strictEqual(denied.stderr.match(/[Rr]ead-only file ?system/g)?.length, 3, denied.stderr)
          assert.deepStrictEqual(yield* store.keys, keys)
        }))

      it.scoped("what is wrong is typed, and hurts nothing else", () =>
        Effect.gen(function*() {
          const store = yield* TestS3.make()
          const vm = yield* Vm.make({ mounts: [at("/s3", store.config({ refreshMs: 0 }))] })
          const { filesystem, processes } = vm
          yield* filesystem.writeFile("/s3/f", "content")
          yield* store.fault({ kind: "status", status: 403, code: "AccessDenied" })
          assert.deepInclude(yield* failureOf(filesystem.readFile("/s3/f")), { errno: "EACCES" })
          const run = yield* processes.exec("cat /s3/f; echo $?; cat /etc/hostname > /dev/null; echo $?")
          assert.strictEqual(run.stdout, "1\n0\n")
          assert.match(run.stderr, /[Pp]ermission denied/)
          assert.isTrue(yield* filesystem.exists("/etc/passwd"))
          yield* store.heal
          assert.strictEqual(yield* filesystem.readFileString("/s3/f"), "content")
          const wrong = {
            accessKeyId: "test-key",
            secretAccessKey: Redacted.make("not-the-secret")
          }
          const plugin = { id: "s3", config: store.config({ credentials: wrong }) } as const
          const refused = yield* told(filesystem.mountFs("/other", { plugin }))
          assert.match(
            refused,
            /^ConfigError: .*plugin\.config\.credentials: s3: GET .*Denied \(403 SignatureDoesNotMatch\)$/
          )
          const { allowPrivateEndpoint: _, ...config } = store.config()
          assert.match(yield* told(Vm.make({ mounts: [at("/s3", config)] })), /^ConfigError: .* is private/)
          yield* store.fault({ kind: "status", status: 503, method: "GET" })
          yield* filesystem.unmountFs("/s3")
        }))
    })
  })
}
