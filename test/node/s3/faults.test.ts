/** `s3` when the store does wrong. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as S3Driver from "../../../layers/node/s3/S3Driver.ts"
import { TestS3 } from "../../../layers/testing/index.ts"
import { bytes, same, text } from "../../contract/layers.ts"
import { blocksOf, errno, patience, small, sync, told } from "./support.ts"

describe("s3 when the store does wrong", () => {
  const mounted = (more: Partial<Parameters<TestS3.TestS3["config"]>[0]> = {}) =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const driver = yield* S3Driver.make(store.config({ ...small, ...more }), { patience })
      yield* driver.writeFile("/large", bytes(100_000))
      return { store, driver }
    })

  it.scopedLive("errors that pass are not seen", () =>
    Effect.gen(function*() {
      const { driver, store } = yield* mounted()
      yield* store.fault({ kind: "status", status: 503, code: "SlowDown", times: 3 })
      assert.strictEqual((yield* driver.readFile("/large")).length, 100_000)
      for (const kind of ["cut", "short", "lost", "hang"] as const) {
        yield* store.fault({ kind, key: "blocks/", method: "GET", times: 1 })
        assert.isTrue(same(yield* driver.readFile("/large"), bytes(100_000)), kind)
      }
      yield* store.fault({ kind: "cut", key: "manifest", times: 1 })
      assert.deepStrictEqual(yield* driver.readDir("/"), ["large"])
      yield* store.fault({ kind: "status", status: 400, code: "RequestTimeout", key: "blocks/", times: 1 })
      yield* driver.writeFile("/second", bytes(100_000))
      assert.strictEqual((yield* driver.readFile("/second")).length, 100_000)
    }), 30_000)

  it.scopedLive("a change whose answer is lost is made once", () =>
    Effect.gen(function*() {
      const { driver, store } = yield* mounted()
      yield* store.fault({ kind: "lost", method: "PUT", key: "manifest", times: 1 })
      assert.strictEqual(yield* errno(driver.createDir("/dir")), "nothing")
      yield* store.fault({ kind: "lost", method: "PUT", key: "manifest", times: 1 })
      assert.strictEqual(yield* errno(driver.rename("/dir", "/moved")), "nothing")
      yield* store.fault({ kind: "lost", method: "PUT", key: "manifest", times: 1 })
      assert.strictEqual(yield* errno(driver.removeDir("/moved")), "nothing")
      assert.deepStrictEqual(yield* driver.readDir("/"), ["large"])
    }))

  it.scopedLive(
    "errors that stay are error numbers, and end when the store is well again",
    () =>
      Effect.gen(function*() {
        const { driver, store } = yield* mounted()
        const cases = [
          ["EIO", { kind: "status", status: 500 }],
          ["EACCES", { kind: "status", status: 403, code: "AccessDenied" }],
          ["EIO", { kind: "status", status: 301, code: "PermanentRedirect" }],
          ["ENOENT", { kind: "status", status: 404, code: "NoSuchBucket" }],
          ["EIO", { kind: "garbage" }],
          ["EIO", { kind: "lost" }],
          ["ENOSPC", { kind: "status", status: 507, code: "QuotaExceeded" }]
        ] as const
        for (const [expected, fault] of cases) {
          yield* store.fault({ ...fault, key: fault.kind === "garbage" ? "manifest" : "" })
          assert.strictEqual(yield* errno(driver.readDir("/")), expected, JSON.stringify(fault))
          assert.strictEqual(yield* errno(driver.createDir("/new")), expected, JSON.stringify(fault))
          yield* store.heal
          // what is lost may have been done
          if (fault.kind === "lost") yield* driver.removeDir("/new")
          assert.deepStrictEqual(yield* driver.readDir("/"), ["large"], JSON.stringify(fault))
        }
        // a block that is gone for good
        const [block] = yield* blocksOf(store)
        yield* store.remove(block)
        assert.strictEqual(yield* errno(driver.readFile("/large")), "EIO")
      }).pipe(Logger.withMinimumLogLevel(LogLevel.None)),
    30_000
  )

  it.scopedLive("what hangs is ETIMEDOUT", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const impatient = { attemptMs: 50, totalMs: 300, retries: 2, backoffMs: 1 }
      const driver = yield* S3Driver.make(store.config(small), { patience: impatient })
      yield* store.fault({ kind: "hang" })
      assert.strictEqual(yield* errno(driver.readDir("/")), "ETIMEDOUT")
      yield* store.heal
      yield* store.fault({ kind: "delay", milliseconds: 5000 })
      assert.strictEqual(yield* errno(driver.createDir("/d")), "ETIMEDOUT")
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))

  it.scopedLive("what was written is held until the store takes it, and whoever writes next is told", () =>
    Effect.gen(function*() {
      const { driver, store } = yield* mounted()
      yield* driver.pwrite("/large", 3, text("abc"))
      yield* store.fault({ kind: "status", status: 403, method: "PUT" })
      assert.strictEqual(yield* errno(sync(driver)), "EACCES")
      assert.strictEqual(new TextDecoder().decode(yield* driver.pread("/large", 3, 3)), "abc")
      yield* store.heal
      yield* sync(driver)
      const other = yield* S3Driver.make(store.config(small), { readOnly: true })
      assert.strictEqual(new TextDecoder().decode(yield* other.pread("/large", 3, 3)), "abc")
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))

  it.scopedLive("the end of a mount does not wait for a store that is gone for ever", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const log = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(String(message))))
      const store = yield* TestS3.make()
      const scope = yield* Scope.make()
      const impatient = { attemptMs: 100, totalMs: 300, retries: 1, backoffMs: 1 }
      const made = S3Driver.make(store.config(small), { patience: impatient })
      const driver = yield* Effect.provide(Scope.extend(made, scope), log)
      yield* driver.writeFile("/f", text("x"))
      yield* driver.pwrite("/f", 0, text("y"))
      yield* store.fault({ kind: "hang" })
      const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
      assert.isBelow(Duration.toMillis(took), 9000)
      assert.match(lines.join("\n"), /what was written last is lost: s3: GET|PUT/)
    }))

  it.scopedLive("mounting says what is wrong, and where", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const at = (config: Parameters<typeof S3Driver.make>[0], readOnly = false) =>
        Effect.scoped(told(S3Driver.make(config, { patience, readOnly })))
      const credentials = { accessKeyId: "test-key", secretAccessKey: "wrong-secret" }
      assert.match(yield* at(store.config({ credentials })), /at plugin.config.credentials: .*SignatureDoesNotMatch/)
      assert.match(yield* at(store.config({ bucket: "other" })), /at plugin.config.bucket: .*NoSuchBucket/)
      assert.match(yield* at(store.config({ allowPrivateEndpoint: false })), /at plugin.config.endpoint: .*is private/)
      const byName = store.config({ endpoint: store.endpoint.replace("127.0.0.1", "localhost") })
      assert.match(
        yield* at({ ...byName, allowPrivateEndpoint: false }),
        /at plugin.config.endpoint: .*the address of localhost is private/
      )
      yield* store.put("filesystem-manifest.json", text("{}"))
      assert.match(yield* at(store.config()), /at plugin.config.prefix: .*cannot be used/)
      yield* store.remove("filesystem-manifest.json")
      yield* store.fault({ kind: "status", status: 503 })
      assert.strictEqual(yield* at(store.config()), "EIO: i/o error, mount")
      yield* store.heal
      // reading needs no right to write
      yield* store.fault({ kind: "status", status: 403, method: "PUT" })
      assert.match(yield* at(store.config()), /at plugin.config.credentials/)
      assert.strictEqual(yield* at(store.config(), true), "nothing")
      const careless = yield* TestS3.make({ conditions: false })
      assert.match(yield* at(careless.config()), /at plugin.config.endpoint: the store ignores If-Match/)
      assert.strictEqual(yield* at(careless.config(), true), "nothing")
      assert.deepStrictEqual(yield* careless.keys, [])
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)), 30_000)

  it.scopedLive("takes the keys of the environment where there are none", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const { credentials: _, ...config } = store.config()
      const make = (env: ReadonlyArray<readonly [string, string]>) =>
        Effect.withConfigProvider(told(S3Driver.make(config)), ConfigProvider.fromMap(new Map(env)))
      assert.match(yield* make([]), /at plugin.config.credentials: are missing/)
      const keys = [["AWS_ACCESS_KEY_ID", "test-key"], ["AWS_SECRET_ACCESS_KEY", "test-secret"]] as const
      assert.strictEqual(yield* make(keys), "nothing")
      assert.strictEqual(yield* make([...keys, ["AWS_SESSION_TOKEN", "token"]]), "nothing")
    }))

  it.scopedLive("no secret is in a message, a line of the log or a span", () =>
    Effect.gen(function*() {
      const secret = "Zm9vYmFyYmF6cXV4/secret"
      const token = "session-Zm9vYmFy"
      const seen: Array<string> = []
      const log = Logger.replace(
        Logger.defaultLogger,
        Logger.make((entry) =>
          void seen.push(JSON.stringify([entry.message, Cause.pretty(entry.cause), entry.annotations]))
        )
      )
      const store = yield* TestS3.make({ credentials: { accessKeyId: "k", secretAccessKey: secret } })
      const config = (secretAccessKey: string) =>
        store.config({ ...small, credentials: { accessKeyId: "k", secretAccessKey, sessionToken: token } })
      const spans = yield* Effect.gen(function*() {
        const wrong = yield* Effect.exit(S3Driver.make(config(`${secret}x`), { patience }))
        seen.push(JSON.stringify(wrong), String(wrong), Exit.isFailure(wrong) ? Cause.pretty(wrong.cause) : "")
        const driver = yield* S3Driver.make(config(secret), { patience })
        yield* driver.writeFile("/f", bytes(100_000))
        for (const fault of [{ kind: "garbage" }, { kind: "lost" }, { kind: "status", status: 403 }] as const) {
          yield* store.fault(fault)
          const failed = yield* Effect.exit(driver.readFile("/f"))
          seen.push(JSON.stringify(failed), Exit.isFailure(failed) ? Cause.pretty(failed.cause) : "")
          yield* store.heal
        }
        for (const value of [secret.repeat(100), `${secret}\0`, { [secret]: secret }, Redacted.make(`${secret}\0`)]) {
          const refused = yield* Effect.exit(S3Driver.make(config(value as string)))
          seen.push(JSON.stringify(refused), Exit.isFailure(refused) ? Cause.pretty(refused.cause) : "")
        }
        return yield* Effect.currentSpan
      }).pipe(Effect.withSpan("test"), Effect.provide(log))
      seen.push(JSON.stringify([...spans.attributes]))
      const all = seen.join("\n")
      assert.isAbove(all.length, 500)
      assert.notInclude(all, secret)
      assert.notInclude(all, token)
      assert.notInclude(all, "AWS4-HMAC")
    }), 30_000)
})
