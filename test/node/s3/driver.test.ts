/** `s3`: what is stored, and what several mounts see of each other. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as S3Driver from "../../../layers/node/s3/S3Driver.ts"
import { TestS3 } from "../../../layers/testing/index.ts"
import { bytes, same, text } from "../../contract/layers.ts"
import { blocksOf, errno, now, small, sync, until } from "./support.ts"

describe("s3", () => {
  it.scopedLive("stores a manifest, and blocks of what is large, below the prefix; and finds them again", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const config = store.config({ ...small, prefix: "/teams/a/" })
      const large = bytes(200_000)
      yield* Effect.scoped(Effect.gen(function*() {
        const driver = yield* S3Driver.make(config)
        yield* driver.mkdir("/dir/below", true)
        yield* driver.writeFile("/dir/small", text("small"))
        yield* driver.writeFile("/dir/large", large)
        yield* driver.symlink("small", "/dir/link")
        yield* driver.link("/dir/small", "/twin")
        yield* driver.chmod("/dir/small", 0o640)
        yield* driver.utimes("/dir/small", 1000, 2000.5)
        assert.deepStrictEqual((yield* store.keys).map((key) => key.replace(/[0-9a-f-]{36}/, "ID")), [
          "teams/a/blocks/ID",
          "teams/a/blocks/ID",
          "teams/a/blocks/ID",
          "teams/a/blocks/ID",
          "teams/a/filesystem-manifest.json"
        ])
        // written, and gone with the end of the mount
        yield* driver.pwrite("/dir/small", 5, text("er"))
      }))
      const again = yield* S3Driver.make(config, { readOnly: true })
      assert.strictEqual(yield* again.readTextFile("/dir/link"), "smaller")
      assert.isTrue(same(yield* again.readFile("/dir/large"), large))
      const stat = yield* again.stat("/twin")
      assert.deepInclude(stat, { mode: 0o100640, nlink: 2, size: 7, atimeMs: 1000 })
      assert.strictEqual(yield* errno(again.writeFile("/x", large)), "EROFS")
      assert.strictEqual(yield* errno(again.pwrite("/dir/small", 0, large)), "EROFS")
      const other = yield* S3Driver.make(store.config({ prefix: "teams/b" }))
      assert.deepStrictEqual(yield* other.readDir("/"), [])
    }))

  it.scopedLive("removes the blocks that nothing has any more", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const driver = yield* S3Driver.make(store.config(small))
      yield* driver.writeFile("/f", bytes(300_000))
      assert.strictEqual((yield* blocksOf(store)).length, 5)
      yield* driver.link("/f", "/g")
      yield* driver.removeFile("/f")
      assert.strictEqual((yield* blocksOf(store)).length, 5)
      yield* driver.pwrite("/g", 0, text("x"))
      yield* sync(driver)
      yield* driver.truncate("/g", 70_000)
      yield* sync(driver)
      yield* until(Effect.map(blocksOf(store), (blocks) => blocks.length === 2))
      yield* driver.truncate("/g", 10)
      yield* sync(driver)
      yield* until(Effect.map(blocksOf(store), (blocks) => blocks.length === 0))
      assert.strictEqual((yield* driver.readFile("/g")).length, 10)
    }))

  it.scopedLive("sweeps away blocks of a writer that died, not those of one that lives", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      yield* Effect.scoped(Effect.gen(function*() {
        const driver = yield* S3Driver.make(store.config({ ...small, prefix: "p & <q>" }))
        yield* driver.writeFile("/f", bytes(100_000))
      }))
      const [kept] = yield* blocksOf(store)
      const old = Date.now() - 2 * 86_400_000
      yield* store.put(kept, (yield* store.get(kept))!, old)
      const name = (at: number) => `p & <q>/blocks/00000000-${at}`
      for (let at = 0; at < 1100; at++) yield* store.put(name(at), text("x"), old)
      yield* store.put(name(5000), text("x"))
      yield* store.put("p & <q>/other", text("x"), old)
      const driver = yield* S3Driver.make(store.config({ ...small, prefix: "p & <q>" }))
      yield* until(Effect.map(blocksOf(store), (blocks) => blocks.length === 3))
      assert.strictEqual((yield* driver.readFile("/f")).length, 100_000)
      assert.isDefined(yield* store.get("p & <q>/other"))
    }))

  it.scopedLive(
    "a random file is what an array of bytes is, in this mount and in another",
    () =>
      Effect.gen(function*() {
        const seed = Number(process.env.SEED ?? Date.now())
        yield* Effect.gen(function*() {
          const store = yield* TestS3.make()
          const driver = yield* S3Driver.make(store.config(small))
          const other = yield* S3Driver.make(store.config({ ...small, refreshMs: 0 }), { readOnly: true })
          let model: Uint8Array = new Uint8Array(0)
          yield* driver.writeFile("/f", model)
          const resize = (size: number) => {
            const next = new Uint8Array(size)
            next.set(model.subarray(0, size))
            model = next
          }
          for (let step = 0; step < 300; step++) {
            const kind = yield* Random.nextIntBetween(0, 10)
            const at = yield* Random.nextIntBetween(0, 300_000)
            const length = yield* Random.nextIntBetween(0, (yield* Random.nextBoolean) ? 2000 : 150_000)
            if (kind < 4) {
              const content = bytes(length, step)
              yield* driver.pwrite("/f", at, content)
              if (length > 0 && at + length > model.length) resize(at + length)
              model.set(content, Math.min(at, model.length))
            } else if (kind < 6) {
              yield* driver.truncate("/f", at)
              resize(at)
            } else if (kind < 7) {
              model = bytes(length, step)
              yield* driver.writeFile("/f", model)
            } else if (kind < 9) {
              const found = yield* driver.pread("/f", at, length)
              assert.isTrue(same(found, model.subarray(at, at + length)), `seed ${seed}, step ${step}`)
            } else {
              yield* sync(driver)
              assert.isTrue(same(yield* other.readFile("/f"), model), `seed ${seed}, step ${step}`)
            }
            assert.strictEqual((yield* driver.stat("/f")).size, model.length, `seed ${seed}, step ${step}`)
          }
        }).pipe(Effect.withRandom(Random.make(seed)))
      }),
    60_000
  )

  it.scopedLive("changes of several mounts follow one another, and none is lost", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const drivers = yield* Effect.all(Array.from({ length: 3 }, () => S3Driver.make(store.config(now))))
      yield* drivers[0].createDir("/all")
      yield* Effect.forEach(drivers, (driver, index) =>
        Effect.forEach(
          Array.from({ length: 20 }, (_, at) => at),
          (at) => driver.writeFile(`/all/${index}-${at}`, text(`${index}`)),
          { concurrency: 5 }
        ), { concurrency: "unbounded" })
      for (const driver of drivers) assert.strictEqual((yield* driver.readDir("/all")).length, 60)
      // only one can have it
      const makers = yield* Effect.forEach(drivers, (driver) => errno(driver.createDir("/one")), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([...makers].sort(), ["EEXIST", "EEXIST", "nothing"])
      const movers = yield* Effect.forEach(drivers, (driver, at) => errno(driver.rename("/one", `/to${at}`)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([...movers].sort(), ["ENOENT", "ENOENT", "nothing"])
      // what one removes while another looks at it
      yield* drivers[0].writeFile("/big", bytes(500_000))
      assert.strictEqual((yield* drivers[1].readFile("/big")).length, 500_000)
      yield* drivers[0].writeFile("/big", bytes(400_000, 2))
      assert.isTrue(same(yield* drivers[1].readFile("/big"), bytes(400_000, 2)))
      yield* drivers[2].removeFile("/big")
      assert.strictEqual(yield* errno(drivers[1].readFile("/big")), "ENOENT")
    }), 30_000)

  it.scopedLive("with refreshMs, what others change is seen later, and nothing is refused for what is old", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const [a, b] = yield* Effect.all([
        S3Driver.make(store.config({ refreshMs: 3_600_000 })),
        S3Driver.make(store.config(now))
      ])
      yield* b.createDir("/dir")
      assert.deepStrictEqual(yield* a.readDir("/"), [])
      // a change is made to what is there by now
      yield* a.writeFile("/dir/f", text("x"))
      assert.deepStrictEqual(yield* a.readDir("/"), ["dir"])
      yield* b.removeFile("/dir/f")
      yield* b.removeDir("/dir")
      assert.deepStrictEqual(yield* a.readDir("/"), ["dir"])
      assert.strictEqual(yield* errno(a.createDir("/dir")), "nothing")
    }))

  it.scopedLive("reads a file that another mount replaces, whole or new", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const [a, b] = yield* Effect.all([
        S3Driver.make(store.config({ ...small, refreshMs: 3_600_000 })),
        S3Driver.make(store.config(small))
      ])
      yield* a.writeFile("/f", bytes(200_000, 1))
      yield* b.writeFile("/f", bytes(200_000, 2))
      yield* until(Effect.map(blocksOf(store), (blocks) => blocks.length === 4))
      // its blocks are gone: it is asked for again
      assert.isTrue(same(yield* a.readFile("/f"), bytes(200_000, 2)))
    }))

  it.scopedLive("two mounts that write to one file: what was not overwritten stays, or the later is told", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const [a, b] = yield* Effect.all([S3Driver.make(store.config(small)), S3Driver.make(store.config(small))])
      yield* a.writeFile("/f", new Uint8Array(200_000))
      yield* b.stat("/f")
      yield* a.pwrite("/f", 0, text("a"))
      yield* b.pwrite("/f", 150_000, text("b"))
      yield* sync(a)
      assert.strictEqual(yield* errno(sync(b)), "ESTALE")
      assert.strictEqual((yield* b.readFile("/f"))[0], 97)
      yield* b.pwrite("/f", 150_000, text("b"))
      yield* sync(b)
      const all = yield* a.readFile("/f")
      assert.deepStrictEqual([all[0], all[150_000], all.length], [97, 98, 200_000])
    }))

  it.scopedLive("what is written to a file is in the store within seconds, and before any other change", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const [a, b] = yield* Effect.all([S3Driver.make(store.config(now)), S3Driver.make(store.config(now))])
      yield* a.writeFile("/f", text(""))
      yield* a.pwrite("/f", 0, text("one"))
      yield* until(Effect.map(b.readTextFile("/f"), (found) => found === "one"))
      yield* a.pwrite("/f", 3, text(", two"))
      yield* a.rename("/f", "/g")
      assert.strictEqual(yield* b.readTextFile("/g"), "one, two")
    }))

  it.scopedLive("writes that come together go together", () =>
    Effect.gen(function*() {
      const store = yield* TestS3.make()
      const driver = yield* S3Driver.make(store.config({ refreshMs: 60_000 }))
      const puts = Effect.map(store.requests, (all) => all.filter(({ method }) => method === "PUT").length)
      const before = yield* puts
      yield* Effect.forEach(Array.from({ length: 100 }, (_, at) => at), (at) => driver.createDir(`/${at}`), {
        concurrency: "unbounded"
      })
      assert.isBelow((yield* puts) - before, 20)
      assert.strictEqual((yield* driver.readDir("/")).length, 100)
    }))

  it.scopedLive(
    "a large file written in order is sent block by block, and held only in part",
    () =>
      Effect.gen(function*() {
        const store = yield* TestS3.make()
        const driver = yield* S3Driver.make(store.config({ chunkSize: 1024 * 1024, refreshMs: 60_000 }))
        yield* driver.writeFile("/big", text(""))
        const piece = bytes(256 * 1024)
        for (let at = 0; at < 48 * 4; at++) yield* driver.pwrite("/big", at * piece.length, piece)
        // 48 MiB were written and at most 32 may be held
        assert.isAbove((yield* blocksOf(store)).length, 15)
        yield* sync(driver)
        // one block was stored half full, and its place in the store is given back in the background
        yield* until(Effect.map(blocksOf(store), (blocks) => blocks.length === 48))
        const asked = (yield* store.requests).length
        for (let at = 0; at < 8; at++) {
          assert.isTrue(same(yield* driver.pread("/big", at * piece.length, piece.length), piece))
        }
        // in order: each block is fetched once
        assert.strictEqual((yield* store.requests).length - asked, 2)
        const sparse = yield* driver.pread("/big", 47 * 1024 * 1024 + 5, 10)
        assert.deepStrictEqual([...sparse], [...piece.subarray(5, 15)])
        assert.strictEqual(yield* errno(driver.truncate("/big", 2 ** 30 + 1)), "EFBIG")
        assert.strictEqual(yield* errno(driver.pwrite("/big", 2 ** 30, piece)), "EFBIG")
        yield* driver.truncate("/big", 2 ** 30)
        yield* sync(driver)
        yield* until(Effect.map(blocksOf(store), (blocks) => blocks.length === 48))
        assert.deepStrictEqual([...(yield* driver.pread("/big", 2 ** 30 - 3, 10))], [0, 0, 0])
      }),
    60_000
  )
})
