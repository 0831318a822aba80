import { assert, describe, it } from "@effect/vitest"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { exportEntries } from "../../../native/kernel/filesystem/snapshot-format.ts"
import { mutate } from "./snapshot-support.ts"
import { bytes, make, makeRandom, names, root, text } from "./support.ts"

describe("snapshots", () => {
  it("never change, whatever happens to what they were taken from", () => {
    const random = makeRandom(11)
    const fs = make()
    const kept: Array<readonly [ReturnType<Filesystem["snapshot"]>, string]> = []
    const states: Array<Filesystem> = [fs]
    for (let i = 0; i < 4000; i++) {
      const one = states[random(states.length)]
      mutate(one, random)
      if (random(40) === 0) {
        const snapshot = one.snapshot()
        kept.push([snapshot, JSON.stringify(exportEntries(snapshot))])
        if (states.length < 5) states.push(make({ root: snapshot }))
        else if (random(3) === 0) one.restore(kept[random(kept.length)][0])
      }
    }
    assert.isAbove(kept.length, 50)
    for (const [snapshot, exported] of kept) assert.strictEqual(JSON.stringify(exportEntries(snapshot)), exported)
  })

  it("fork, and forks do not see each other", () => {
    const one = make()
    one.writeFile(root, "/f", bytes("base"))
    const two = make({ root: one.snapshot() })
    one.writeFile(root, "/f", bytes(" one"), { append: true })
    two.writeFile(root, "/f", bytes(" two"), { append: true })
    two.mkdir(root, "/d")
    assert.strictEqual(text(one.readFile(root, "/f")), "base one")
    assert.strictEqual(text(two.readFile(root, "/f")), "base two")
    assert.deepStrictEqual(names(one, "/"), ["f"])
  })

  it("leave out what only open files keep alive", () => {
    const fs = make()
    const file = fs.open(root, "/f", 0o102)
    file.write(bytes("ghost"))
    fs.unlink(root, "/f")
    const snapshot = fs.snapshot()
    assert.strictEqual(snapshot.inodes.size, 1)
    file.write(bytes(" lives"))
    assert.strictEqual(text(file.pread(0, 20)), "ghost lives")
    fs.restore(snapshot)
    assert.deepInclude(fs.usage(), { bytes: 0, inodes: 0 })
    file.close()
    assert.strictEqual(fs.usage().openFiles, 0)
  })

  it("bring their charges back when restored", () => {
    const fs = make()
    fs.writeFile(root, "/a", new Uint8Array(1000))
    const before = fs.snapshot()
    const charged = fs.usage()
    fs.writeFile(root, "/b", new Uint8Array(1000))
    fs.link(root, "/b", "/c")
    fs.writeFile(root, "/a", new Uint8Array(1))
    fs.restore(before)
    assert.deepStrictEqual(fs.usage(), charged)
    const foreign = make()
    foreign.writeFile(root, "/x", new Uint8Array(500))
    fs.restore(foreign.snapshot())
    assert.deepInclude(fs.usage(), { bytes: 0, inodes: 0 })
    fs.unlink(root, "/x")
    assert.deepInclude(fs.usage(), { bytes: 0, inodes: 0 })
    fs.restore(before)
    fs.unlink(root, "/a")
    assert.deepInclude(fs.usage(), { bytes: 0, inodes: 0 })
  })

  it("are foreign once another VM has changed them", () => {
    const one = make()
    one.writeFile(root, "/a", new Uint8Array(1000))
    const two = make({ root: one.snapshot() })
    two.writeFile(root, "/b", new Uint8Array(10))
    one.restore(two.snapshot())
    one.unlink(root, "/a")
    one.unlink(root, "/b")
    assert.deepInclude(one.usage(), { bytes: 0, inodes: 0 })
  })

  it("never give an inode number out twice", () => {
    const fs = make()
    const before = fs.snapshot()
    fs.writeFile(root, "/a", bytes(""))
    const { ino } = fs.stat(root, "/a")
    fs.restore(before)
    fs.writeFile(root, "/b", bytes(""))
    assert.isAbove(fs.stat(root, "/b").ino, ino)
  })
})

describe("depth", () => {
  it("of 1,000 levels is made, listed, copied, exported and removed without recursion", { timeout: 30_000 }, () => {
    const fs = make()
    const path = "/d".repeat(1000)
    fs.mkdirp(root, path)
    fs.writeFile(root, `${path}/leaf`, bytes("leaf"))
    assert.strictEqual(fs.usage().inodes, 1001)
    assert.deepStrictEqual(names(fs, path), ["leaf"])
    fs.copy(root, "/d", "/copy", { recursive: true })
    assert.strictEqual(text(fs.readFile(root, `/copy${"/d".repeat(999)}/leaf`)), "leaf")
    assert.strictEqual(exportEntries(fs.snapshot()).length, 1 + 2 * 1001)
    fs.remove(root, "/copy", { recursive: true })
    fs.remove(root, "/d", { recursive: true })
    assert.deepInclude(fs.usage(), { bytes: 0, inodes: 0 })
  })

  it("beyond any path is still removed, and mkdirp is linear", () => {
    const fs = make()
    let started = performance.now()
    fs.mkdirp(root, "/d".repeat(200))
    for (let i = 0; i < 100; i++) {
      fs.mkdirp(root, `/x${"/d".repeat(200)}`)
      fs.rename(root, "/d", `/x${"/d".repeat(200)}/d`)
      fs.rename(root, "/x/d", "/d")
      fs.rmdir(root, "/x")
    }
    assert.isAbove(fs.usage().inodes, 20_000)
    fs.copy(root, "/d", "/e", { recursive: true })
    fs.remove(root, "/e", { recursive: true })
    fs.remove(root, "/d", { recursive: true })
    assert.strictEqual(fs.usage().inodes, 0)
    const times = [100, 1000].map((depth) => {
      started = performance.now()
      for (let i = 0; i < 20; i++) {
        fs.mkdirp(root, "/d".repeat(depth))
        fs.remove(root, "/d", { recursive: true })
      }
      return performance.now() - started
    })
    assert.isBelow(times[1], 60 * times[0])
  })
})
