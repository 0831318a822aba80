import { assert, describe, it } from "@effect/vitest"
import { CHUNK_SIZE, MAX_FILE_SIZE } from "../../../native/kernel/filesystem/content.ts"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import * as Flags from "../../../native/kernel/filesystem/flags.ts"
import { bytes, fails, make, makeRandom, names, root, text } from "./support.ts"

const full = (fs: Filesystem, name: string, value: number, run: () => unknown) => {
  const before = fs.usage()
  const fault = fails("ENOSPC", run)
  assert.deepStrictEqual(fault.limit, { name, value })
  assert.deepStrictEqual(fs.usage(), before)
}

describe("limits", () => {
  it("count bytes, and a refused write changes nothing", () => {
    const fs = make({ limits: { bytes: 1000 } })
    const refused = (run: () => unknown) => full(fs, "filesystemBytes", 1000, run)
    fs.writeFile(root, "/a", new Uint8Array(600).fill(1))
    refused(() => fs.writeFile(root, "/b", new Uint8Array(401)))
    assert.isFalse(fs.exists(root, "/b"))
    refused(() => fs.writeFile(root, "/a", new Uint8Array(401), { append: true }))
    refused(() => fs.writeFile(root, "/a", new Uint8Array(1001)))
    assert.deepStrictEqual(fs.readFile(root, "/a"), new Uint8Array(600).fill(1))
    fs.writeFile(root, "/a", new Uint8Array(1000).fill(2))
    const file = fs.open(root, "/a", Flags.O_RDWR)
    refused(() => file.pwrite(999, new Uint8Array(2)))
    file.pwrite(998, new Uint8Array(2))
    refused(() => fs.symlink(root, "x", "/link"))
    refused(() => fs.copy(root, "/a", "/copy"))
    fs.truncate(root, "/a", 10)
    fs.symlink(root, "t".repeat(90), "/link")
    assert.strictEqual(fs.usage().bytes, 100)
    fs.copy(root, "/a", "/copy")
    fs.unlink(root, "/link")
    fs.unlink(root, "/copy")
    fs.unlink(root, "/a")
    assert.strictEqual(fs.usage().bytes, 10)
    file.close()
    assert.strictEqual(fs.usage().bytes, 0)
  })

  it("do not charge holes", () => {
    const fs = make({ limits: { bytes: 1000 } })
    fs.writeFile(root, "/a", bytes("x"))
    fs.truncate(root, "/a", MAX_FILE_SIZE)
    assert.deepInclude(fs.stat(root, "/a"), { size: MAX_FILE_SIZE, blocks: 1 })
    assert.strictEqual(fails("EFBIG", () => fs.truncate(root, "/a", MAX_FILE_SIZE + 1)).limit?.name, "fileSize")
    fails("EFBIG", () => fs.writeFile(root, "/a", bytes("y"), { append: true }))
    fails("EINVAL", () => fs.truncate(root, "/a", -1))
    fails("EINVAL", () => fs.truncate(root, "/a", 1.5))
    fails("EINVAL", () => fs.truncate(root, "/a", Number.NaN))
    assert.deepStrictEqual(fails("EFBIG", () => fs.readFile(root, "/a")).limit, {
      name: "readBytes",
      value: Flags.READ_MAX
    })
    fails("EFBIG", () => fs.readFile(root, "/a", { max: 10 }))
    const file = fs.open(root, "/a")
    assert.strictEqual(file.read(Number.MAX_SAFE_INTEGER).length, Flags.READ_MAX)
    file.close()
  })

  it("count inodes and extra names, in every way to make one", () => {
    const fs = make({ limits: { inodes: 3 } })
    const refused = (run: () => unknown) => full(fs, "inodes", 3, run)
    fs.mkdir(root, "/d")
    fs.writeFile(root, "/f", bytes("x"))
    refused(() => fs.mkdirp(root, "/x/y"))
    fs.link(root, "/f", "/g")
    refused(() => fs.link(root, "/f", "/h"))
    refused(() => fs.writeFile(root, "/h", bytes("")))
    refused(() => fs.open(root, "/h", Flags.O_CREAT | Flags.O_WRONLY))
    refused(() => fs.mkdir(root, "/h"))
    refused(() => fs.symlink(root, "x", "/h"))
    refused(() => fs.copy(root, "/f", "/h"))
    fs.rename(root, "/f", "/h")
    fs.unlink(root, "/g")
    fs.symlink(root, "h", "/s")
    assert.strictEqual(fs.usage().inodes, 3)
  })

  it("do not charge what the VM started from, and copies of it only when written", () => {
    const base = make()
    base.writeFile(root, "/big", new Uint8Array(3 * CHUNK_SIZE).fill(1))
    base.symlink(root, "big", "/link")
    base.writeFile(root, "/twice", bytes("x"))
    base.link(root, "/twice", "/again")
    const snapshot = base.snapshot()
    const fs = make({ root: snapshot, limits: { bytes: CHUNK_SIZE, inodes: 2 } })
    assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 })
    fs.copy(root, "/big", "/copy")
    assert.strictEqual(fs.usage().bytes, 0)
    fs.open(root, "/copy", Flags.O_WRONLY).pwrite(CHUNK_SIZE + 5, bytes("y"))
    assert.strictEqual(fs.usage().bytes, CHUNK_SIZE)
    full(fs, "filesystemBytes", CHUNK_SIZE, () => fs.truncate(root, "/big", 100))
    fs.unlink(root, "/big")
    fs.unlink(root, "/link")
    fs.unlink(root, "/again")
    fs.unlink(root, "/twice")
    assert.strictEqual(fs.usage().bytes, CHUNK_SIZE)
    assert.strictEqual(fs.usage().inodes, 1)
    fs.truncate(root, "/copy", 0)
    assert.strictEqual(fs.usage().bytes, 0)
  })

  it("count open files", () => {
    const fs = make({ limits: { openFiles: 2 } })
    fs.writeFile(root, "/a", bytes("x"))
    const first = fs.open(root, "/a")
    const second = fs.open(root, "/")
    const fault = fails("ENFILE", () => fs.open(root, "/new", Flags.O_CREAT | Flags.O_WRONLY))
    assert.deepStrictEqual(fault.limit, { name: "openFiles", value: 2 })
    assert.isFalse(fs.exists(root, "/new"))
    assert.strictEqual(text(fs.readFile(root, "/a")), "x")
    first.close()
    fs.open(root, "/new", Flags.O_CREAT | Flags.O_WRONLY).close()
    second.close()
    assert.strictEqual(fs.usage().openFiles, 0)
  })

  it("are told by their names where a name or a path is too long", () => {
    const fs = make()
    const name = { name: "nameBytes", value: 255 }
    const path = { name: "pathBytes", value: 4096 }
    for (const long of ["x".repeat(256), "\u00e9".repeat(128)]) {
      assert.deepStrictEqual(fails("ENAMETOOLONG", () => fs.stat(root, `/${long}`)).limit, name)
      assert.deepStrictEqual(fails("ENAMETOOLONG", () => fs.writeFile(root, `/${long}`, bytes(""))).limit, name)
      assert.deepStrictEqual(fails("ENAMETOOLONG", () => fs.mkdirp(root, `/a/b/${long}`)).limit, name)
    }
    const deep = "/x".repeat(2048)
    assert.deepStrictEqual(fails("ENAMETOOLONG", () => fs.mkdirp(root, deep)).limit, path)
    assert.deepStrictEqual(fails("ENAMETOOLONG", () => fs.symlink(root, deep, "/link")).limit, path)
    fs.mkdirp(root, deep.slice(0, 4094))
    fs.symlink(root, deep.slice(1), "/link")
  })

  it("bound listings", () => {
    const fs = make({ limits: { readdirEntries: 3 } })
    for (const name of ["c", "a", "b"]) fs.mkdirp(root, `/d/${name}`)
    assert.deepStrictEqual(names(fs, "/d"), ["a", "b", "c"])
    fs.mkdir(root, "/d/e")
    assert.deepStrictEqual(fails("ENOMEM", () => fs.readdir(root, "/d")).limit, { name: "readdirEntries", value: 3 })
    fs.remove(root, "/d", { recursive: true })
    assert.deepStrictEqual(names(fs, "/"), [])
  })

  it("hold over all mounts, and moving between them frees nothing twice", () => {
    const fs = make({ limits: { bytes: 1000 } })
    fs.mount("/m", make().snapshot())
    fs.writeFile(root, "/a", new Uint8Array(600))
    full(fs, "filesystemBytes", 1000, () => fs.writeFile(root, "/m/b", new Uint8Array(401)))
    full(fs, "filesystemBytes", 1000, () => fs.move(root, "/a", "/m/a"))
    assert.strictEqual(fs.stat(root, "/a").size, 600)
    fs.truncate(root, "/a", 300)
    fs.move(root, "/a", "/m/a")
    fs.writeFile(root, "/a", new Uint8Array(700))
    assert.strictEqual(fs.usage().bytes, 1000)
  })

  it("are never passed nor lost count of in random use", () => {
    const random = makeRandom(7)
    const limit = 300_000
    const fs = make({ limits: { bytes: limit, inodes: 40 } })
    fs.mount("/m", make().snapshot())
    const path = () => `${random(2) === 0 ? "/m" : ""}/f${random(12)}`
    const snapshots = [fs.snapshot()]
    let refusals = 0
    let allowed = limit
    for (let i = 0; i < 20_000; i++) {
      try {
        const choice = random(12)
        if (choice < 4) fs.writeFile(root, path(), new Uint8Array(random(90_000)), { append: random(2) === 0 })
        else if (choice < 6) fs.copy(root, path(), path())
        else if (choice < 7) fs.unlink(root, path())
        else if (choice < 8) fs.truncate(root, path(), random(100_000))
        else if (choice < 9) fs.move(root, path(), path())
        else if (choice < 10) fs.link(root, path(), path())
        else if (choice < 11) snapshots[random(4)] = fs.snapshot()
        else if (random(10) === 0) {
          // A restore is an act of the owner and is not refused; there is just no room left after it.
          fs.restore(snapshots[random(snapshots.length)] ?? snapshots[0])
          allowed = Math.max(limit, fs.usage().bytes)
        }
      } catch (error) {
        if ((error as { errno: string }).errno === "ENOSPC") refusals++
      }
      assert.isAtMost(fs.usage().bytes, allowed)
      allowed = Math.max(limit, fs.usage().bytes)
      assert.isAtLeast(fs.usage().bytes, 0)
    }
    assert.isAbove(refusals, 100)
    for (const name of names(fs, "/m")) fs.unlink(root, `/m/${name}`)
    for (const name of names(fs, "/").filter((name) => name !== "m")) fs.unlink(root, `/${name}`)
    assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 1, openFiles: 0 })
  })
})
