import { assert, describe, it } from "@effect/vitest"
import * as Flags from "../../../native/kernel/filesystem/flags.ts"
import { bytes, fails, make, names, root, text, user } from "./support.ts"

const tree = (...paths: ReadonlyArray<string>) => {
  const fs = make()
  for (const path of paths) {
    fs.mkdirp(root, path.slice(0, path.lastIndexOf("/")) || "/")
    fs.writeFile(root, path, bytes(path))
  }
  return fs.snapshot()
}

describe("mounts", () => {
  it("cover a directory, show in their parent and are left by ..", () => {
    const fs = make()
    fs.mkdirp(root, "/a/m")
    fs.writeFile(root, "/a/m/hidden", bytes(""))
    fs.mount("/a/m", tree("/x/file"), { type: "memory", source: "test" })
    fs.mount("/a/m/x/inner", tree("/deep"))
    assert.deepStrictEqual(names(fs, "/a"), ["m"])
    assert.deepStrictEqual(names(fs, "/a/m"), ["x"])
    assert.deepStrictEqual(names(fs, "/a/m/x"), ["file", "inner"])
    assert.strictEqual(text(fs.readFile(root, "/a/m/x/inner/../file")), "/x/file")
    assert.strictEqual(fs.realpath(root, "/a/m/x/inner/../../.."), "/a")
    assert.notStrictEqual(fs.stat(root, "/a/m").dev, fs.stat(root, "/a").dev)
    assert.deepStrictEqual(fs.mounts().map(({ path, source, type }) => [path, type, source]), [
      ["/", "rootfs", "rootfs"],
      ["/a/m", "memory", "test"],
      ["/a/m/x/inner", "memory", "none"]
    ])
    fails("EBUSY", () => fs.unmount("/a/m"))
    fs.unmount("/a/m/x/inner")
    const open = fs.open(root, "/a/m/x/file")
    fails("EBUSY", () => fs.unmount("/a/m"))
    open.close()
    fs.unmount("/a/m")
    assert.deepStrictEqual(names(fs, "/a/m"), ["hidden"])
  })

  it("refuse bad mount points", () => {
    const fs = make()
    const snapshot = tree()
    fs.writeFile(root, "/file", bytes(""))
    fs.mkdir(root, "/real")
    fs.symlink(root, "real", "/link")
    fs.mount("/made/on/the/way", snapshot)
    fails("EEXIST", () => fs.mount("/made/on/the/way", snapshot))
    for (const path of ["/", "relative", "/a//b", "/a/../b", "/a/", ""]) fails("EINVAL", () => fs.mount(path, snapshot))
    fails("EINVAL", () => fs.mount("/link", snapshot))
    fails("ENOTDIR", () => fs.mount("/file", snapshot))
    fails("EINVAL", () => fs.unmount("/"))
    fails("EINVAL", () => fs.unmount("/real"))
    fails("EINVAL", () => fs.snapshotMount("/real"))
  })

  it("cannot be renamed, removed or replaced, nor can what leads to them", () => {
    const fs = make()
    fs.mount("/a/b/m", tree("/f"))
    fs.mkdir(root, "/empty")
    fails("EBUSY", () => fs.rename(root, "/a/b/m", "/x"))
    fails("EBUSY", () => fs.rename(root, "/a/b", "/x"))
    fails("EBUSY", () => fs.rename(root, "/a", "/x"))
    fails("EBUSY", () => fs.rename(root, "/empty", "/a/b/m"))
    fails("EBUSY", () => fs.rename(root, "/empty", "/a", { exchange: true }))
    fails("EBUSY", () => fs.rmdir(root, "/a/b/m"))
    fails("EBUSY", () => fs.remove(root, "/a", { recursive: true }))
    fails("EBUSY", () => fs.remove(root, "/a/b/m", { recursive: true }))
    fails("EBUSY", () => fs.remove(root, "/", { recursive: true }))
    fails("EBUSY", () => fs.remove(root, "//", { recursive: true, force: true }))
    fails("EBUSY", () => fs.copy(root, "/a", "/copy", { recursive: true }))
    assert.isFalse(fs.exists(root, "/copy"))
    fails("EXDEV", () => fs.rename(root, "/a/b/m/f", "/f"))
    assert.strictEqual(text(fs.readFile(root, "/a/b/m/f")), "/f")
  })

  it("refuse every change when read-only", () => {
    const fs = make()
    fs.mount("/ro", tree("/f", "/d/g"), { readOnly: true })
    fs.mount("/dev", tree())
    const denied: ReadonlyArray<() => unknown> = [
      () => fs.writeFile(root, "/ro/f", bytes("")),
      () => fs.writeFile(root, "/ro/new", bytes("")),
      () => fs.open(root, "/ro/f", Flags.O_RDWR),
      () => fs.open(root, "/ro/new", Flags.O_CREAT | Flags.O_WRONLY),
      () => fs.mkdir(root, "/ro/new"),
      () => fs.mkdirp(root, "/ro/new/x"),
      () => fs.rmdir(root, "/ro/d"),
      () => fs.unlink(root, "/ro/f"),
      () => fs.unlink(root, "/ro/missing"),
      () => fs.remove(root, "/ro/d", { recursive: true }),
      () => fs.rename(root, "/ro/f", "/ro/g"),
      () => fs.link(root, "/ro/f", "/ro/g"),
      () => fs.symlink(root, "f", "/ro/g"),
      () => fs.chmod(root, "/ro/f", 0o777),
      () => fs.chown(root, "/ro/f", 1, 1),
      () => fs.utimes(root, "/ro/f", 1n, 1n),
      () => fs.truncate(root, "/ro/f", 0),
      () => fs.copy(root, "/ro/f", "/ro/g"),
      () => fs.move(root, "/ro/f", "/g"),
      () => fs.access(root, "/ro/f", Flags.W_OK)
    ]
    for (const run of denied) fails("EROFS", run)
    fails("EEXIST", () => fs.mkdir(root, "/ro/d"))
    fs.mkdirp(root, "/ro/d")
    fs.copy(root, "/ro/f", "/g")
    assert.deepStrictEqual(names(fs, "/"), ["dev", "g", "ro"])
    const sealed = make({ root: tree("/f"), readOnly: true })
    fails("EROFS", () => sealed.writeFile(root, "/f", bytes("")))
    sealed.mount("/m", tree())
    sealed.writeFile(root, "/m/new", bytes("x"))
    assert.isTrue(sealed.mounts()[0].readOnly)
  })

  it("stay where they are when the root is restored", () => {
    const fs = make()
    fs.writeFile(root, "/m", bytes("in the way later"))
    const before = fs.snapshot()
    fs.unlink(root, "/m")
    fs.mount("/m", tree("/f"))
    fs.mount("/deep/er/m", tree("/g"))
    fs.mount("/deep/er/m/sub", tree("/h"))
    fs.writeFile(root, "/m/new", bytes("kept"))
    fs.restore(before)
    assert.deepStrictEqual(names(fs, "/m"), ["f", "new"])
    assert.strictEqual(text(fs.readFile(root, "/deep/er/m/sub/h")), "/h")
    assert.strictEqual(fs.realpath(root, "/deep/er/m/sub/.."), "/deep/er/m")
    fails("EBUSY", () => fs.rename(root, "/deep", "/x"))
  })

  it("leave the directory that they covered before a restore", () => {
    const fs = make()
    fs.mkdir(root, "/before")
    const snapshot = fs.snapshot()
    fs.rename(root, "/before", "/m")
    fs.mount("/m", tree("/f"))
    fs.restore(snapshot)
    assert.deepStrictEqual(names(fs, "/before"), [])
    assert.deepStrictEqual(names(fs, "/m"), ["f"])
  })

  it("have snapshots of their own", () => {
    const fs = make()
    fs.mount("/m", tree("/f"))
    const before = fs.snapshotMount("/m")
    fs.writeFile(root, "/m/f", bytes("changed"))
    const other = make()
    other.mount("/copy", before)
    assert.strictEqual(text(other.readFile(root, "/copy/f")), "/f")
    fs.mount("/again", fs.snapshotMount("/m"))
    fs.writeFile(root, "/again/f", bytes("differs"))
    assert.strictEqual(text(fs.readFile(root, "/m/f")), "changed")
    fs.unlink(root, "/again/f")
    fs.unlink(root, "/m/f")
    assert.strictEqual(fs.usage().bytes, 0)
  })

  it("report capacity", () => {
    const fs = make({ limits: { bytes: 40_960, inodes: 10 } })
    fs.writeFile(root, "/f", new Uint8Array(5000))
    assert.deepInclude(fs.statfs(user, "/f"), { blockSize: 4096, blocks: 10, blocksFree: 8, files: 10, filesFree: 9 })
  })
})
