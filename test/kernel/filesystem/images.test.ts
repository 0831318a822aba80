import { assert, describe, it } from "@effect/vitest"
import { baseImage } from "../../../native/kernel/filesystem/base-image.ts"
import { composeLowers } from "../../../native/kernel/filesystem/lowers.ts"
import type { FilesystemEntry } from "../../../native/kernel/filesystem/snapshot-format.ts"
import { exportEntries, importEntries } from "../../../native/kernel/filesystem/snapshot-format.ts"
import { exportTree, importTree } from "../../../native/kernel/filesystem/tree-entries.ts"
import { bytes, fails, make, names, root, text, user } from "./support.ts"

describe("the base image", () => {
  const commands = ["ls", "cat", "sh"]
  const fs = make({ root: baseImage(commands) })

  it("looks like a small Linux system", () => {
    for (
      const path of ["/bin", "/etc/passwd", "/etc/hosts", "/lib", "/opt", "/run", "/srv", "/usr/local/bin", "/var/log"]
    ) {
      assert.isTrue(fs.exists(user, path), path)
    }
    assert.deepInclude(fs.stat(user, "/home/user"), { uid: 1000, gid: 1000, mode: 0o040755 })
    assert.strictEqual(fs.stat(user, "/root").mode, 0o040700)
    assert.strictEqual(fs.stat(user, "/tmp").mode, 0o041777)
    assert.strictEqual(fs.realpath(user, "/var/run"), "/run")
    assert.strictEqual(fs.readlink(user, "/etc/mtab"), "/proc/mounts")
    assert.include(text(fs.readFile(user, "/etc/os-release")), "NAME=")
    assert.include(text(fs.readFile(user, "/etc/passwd")), "user:x:1000:1000:")
    fails("EACCES", () => fs.readFile(user, "/etc/shadow"))
    fs.writeFile(user, "/home/user/file", bytes(""))
    fs.writeFile(user, "/tmp/file", bytes(""))
    fails("EACCES", () => fs.writeFile(user, "/opt/file", bytes("")))
  })

  it("has a stub for every command, and always sh, bash and env", () => {
    for (const name of ["ls", "cat", "sh", "bash", "env"]) {
      assert.deepInclude(fs.stat(user, `/bin/${name}`), { mode: 0o100755, uid: 0 })
      assert.strictEqual(fs.realpath(user, `/usr/bin/${name}`), `/bin/${name}`)
    }
    assert.deepStrictEqual(names(fs, "/bin"), ["bash", "cat", "env", "ls", "sh"])
  })

  it("is built once and shared", () => {
    assert.strictEqual(baseImage(["ls", "cat", "sh"]), baseImage(commands))
    assert.notStrictEqual(baseImage(["ls"]), baseImage(commands))
    assert.isFalse(make({ root: baseImage(commands) }).exists(root, "/home/user/file"))
  })
})

const entries: ReadonlyArray<FilesystemEntry> = [
  { path: "/", type: "directory", mode: "0755", uid: 0, gid: 0 },
  { path: "/bin", type: "directory", mode: "0755", uid: 0, gid: 0 },
  { path: "/bin/tool", type: "file", mode: "04755", uid: 0, gid: 5, content: "#!/bin/sh\n", encoding: "utf8" },
  { path: "/bytes", type: "file", mode: "0644", uid: 1, gid: 2, content: "AP+A", encoding: "base64" },
  { path: "/empty", type: "file", mode: "0600", uid: 0, gid: 0, content: "", encoding: "utf8" },
  { path: "/link", type: "symlink", mode: "0777", uid: 0, gid: 0, target: "bin/tool" },
  { path: "/text", type: "file", mode: "0644", uid: 0, gid: 0, content: "\ufeffgrüße 😀", encoding: "utf8" }
]

describe("the snapshot format", () => {
  it("round trips", () => {
    const snapshot = importEntries(entries)
    assert.deepStrictEqual(exportEntries(snapshot), [...entries])
    assert.deepStrictEqual(exportEntries(importEntries([...entries].reverse())), [...entries])
    const all = Array.from({ length: 256 }, (_, i) => i)
    const fs = make({ root: snapshot })
    fs.writeFile(root, "/all", new Uint8Array(all))
    const again = make({ root: importEntries(exportEntries(fs.snapshot())) })
    assert.deepStrictEqual([...again.readFile(root, "/all")], all)
    const image = baseImage(["ls"])
    assert.deepStrictEqual(
      exportEntries(importEntries(exportEntries(image, { exclude: [] })), { exclude: [] }),
      exportEntries(image, { exclude: [] })
    )
  })

  it("has defaults, makes parents and replaces", () => {
    const fs = make({
      root: importEntries([
        { path: "/a/b/c", type: "file" },
        { path: "/d", type: "directory" },
        { path: "/l", type: "symlink", target: "a" },
        { path: "/d", type: "directory", mode: "700", uid: 9 },
        { path: "/l", type: "file", content: "now a file" }
      ])
    })
    assert.deepInclude(fs.stat(root, "/a/b/c"), { mode: 0o100644, uid: 0, size: 0 })
    assert.deepInclude(fs.stat(root, "/a/b"), { mode: 0o040755 })
    assert.deepInclude(fs.stat(root, "/d"), { mode: 0o040700, uid: 9 })
    assert.strictEqual(text(fs.readFile(root, "/l")), "now a file")
    const over = make({ root: importEntries([{ path: "/a/b/c", type: "file", content: "x" }], fs.snapshot()) })
    assert.strictEqual(text(over.readFile(root, "/a/b/c")), "x")
    assert.strictEqual(fs.stat(root, "/a/b/c").size, 0)
  })

  it("refuses bad entries and names their path", () => {
    const bad = (errno: string, entry: Record<string, unknown>) => {
      const fault = fails(errno, () => importEntries([entry as unknown as FilesystemEntry]))
      assert.strictEqual(fault.path, String(entry["path"]))
    }
    for (const path of ["", "relative", "/a/../b", "/a//b", "/a/", "/./a", "/a\0b", "/\ud800"]) {
      bad("EINVAL", { path, type: "file" })
    }
    bad("EINVAL", { path: 5, type: "file" })
    bad("EINVAL", { path: "/a", type: "socket" })
    bad("EINVAL", { path: "/a", type: "constructor" })
    bad("EINVAL", { path: "/", type: "file" })
    for (const mode of ["0999", "rwx", "", "077777", 493, "-1"]) bad("EINVAL", { path: "/a", type: "file", mode })
    for (const uid of [-1, 1.5, "0", 2 ** 32]) bad("EINVAL", { path: "/a", type: "file", uid })
    for (const content of ["A", "A===", "AA=A", "A A=", "ÄÄÄÄ"]) {
      bad("EINVAL", { path: "/a", type: "file", content, encoding: "base64" })
    }
    bad("EINVAL", { path: "/a", type: "file", content: "x", encoding: "hex" })
    bad("EINVAL", { path: "/a", type: "file", content: 5 })
    for (const target of [undefined, "", "a\0b", 5]) bad("EINVAL", { path: "/a", type: "symlink", target })
    bad("ENAMETOOLONG", { path: `/${"n".repeat(256)}`, type: "file" })
    bad("ENAMETOOLONG", { path: "/a", type: "symlink", target: "t".repeat(4096) })
    const file = { path: "/f", type: "file" } as const
    assert.strictEqual(fails("ENOTDIR", () => importEntries([file, { path: "/f/x", type: "file" }])).path, "/f/x")
    assert.strictEqual(
      fails("ENOTEMPTY", () => importEntries([{ path: "/d/x", type: "file" }, { path: "/d", type: "file" }])).path,
      "/d"
    )
  })

  it("leaves out devices, /dev, /proc and what is excluded, and is bounded", () => {
    const fs = make()
    fs.mkdirp(root, "/dev/x")
    fs.mkdirp(root, "/proc")
    fs.mkdirp(root, "/mnt/data")
    fs.writeFile(root, "/mnt/data/big", new Uint8Array(1000))
    const snapshot = fs.snapshot()
    assert.deepStrictEqual(exportEntries(snapshot).map(({ path }) => path), ["/", "/mnt", "/mnt/data", "/mnt/data/big"])
    assert.deepStrictEqual(exportEntries(snapshot, { exclude: ["/dev", "/mnt/data"] }).map(({ path }) => path), [
      "/",
      "/mnt",
      "/proc"
    ])
    const fault = fails("EFBIG", () => exportEntries(snapshot, { maxBytes: 999 }))
    assert.deepStrictEqual(fault.limit, { name: "exportBytes", value: 999 })
    assert.strictEqual(exportEntries(snapshot, { maxBytes: 1000 }).length, 4)
  })

  it("keeps times in its raw form", () => {
    const file = {
      path: "/d/f",
      type: "file",
      mode: 0o600,
      uid: 0,
      gid: 0,
      mtimeMs: 1234.5,
      content: bytes("x")
    } as const
    const directory = {
      path: "/d",
      type: "directory",
      mode: 0o700,
      uid: 0,
      gid: 0,
      mtimeMs: 99,
      content: bytes("")
    } as const
    const snapshot = importTree([directory, file], undefined, 7_000_000n)
    const out = [...exportTree(snapshot)]
    assert.deepStrictEqual(out.slice(1), [directory, file])
    assert.strictEqual(out[0].mtimeMs, 7)
    fails("EINVAL", () => importTree([{ ...file, mtimeMs: Number.NaN }]))
    fails("EINVAL", () => importTree([{ ...file, mode: 0o10000 }]))
  })
})

describe("lowers", () => {
  const lower = (...list: ReadonlyArray<FilesystemEntry>) => importEntries(list)
  const file = (path: string, content: string): FilesystemEntry => ({ path, type: "file", content })

  it("show the one of higher precedence", () => {
    const small = lower(
      file("/a", "high"),
      file("/dir/x", "high"),
      { path: "/dir", type: "directory", mode: "0700" },
      file("/was-dir", "file")
    )
    const large = lower(
      file("/a", "low"),
      file("/b", "low"),
      file("/dir/x", "low"),
      file("/dir/y", "low"),
      file("/was-dir/inner/z", "low"),
      { path: "/link", type: "symlink", target: "b" }
    )
    for (const padding of [0, 50]) {
      // The larger tree is kept and the smaller brought in: both ways must give the same.
      const high = importEntries(Array.from({ length: padding }, (_, i) => file(`/pad/${i}`, "p")), small)
      const fs = make({ root: composeLowers([high, large]) })
      assert.strictEqual(text(fs.readFile(root, "/a")), "high")
      assert.strictEqual(text(fs.readFile(root, "/b")), "low")
      assert.strictEqual(text(fs.readFile(root, "/link")), "low")
      assert.strictEqual(text(fs.readFile(root, "/dir/x")), "high")
      assert.strictEqual(text(fs.readFile(root, "/dir/y")), "low")
      assert.strictEqual(text(fs.readFile(root, "/was-dir")), "file")
      assert.strictEqual(fs.stat(root, "/dir").mode, 0o040700)
      assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 })
      fs.writeFile(root, "/b", bytes("mine"))
    }
    assert.strictEqual(text(make({ root: large }).readFile(root, "/b")), "low")
  })

  it("of any number are one tree, and keep hard links", () => {
    const linked = make()
    linked.writeFile(root, "/one", bytes("1"))
    linked.link(root, "/one", "/two")
    const fs = make({
      root: composeLowers([lower(file("/top", "t")), linked.snapshot(), lower(file("/one", "0"), file("/z", "z"))])
    })
    assert.deepStrictEqual(names(fs, "/"), ["one", "top", "two", "z"])
    assert.strictEqual(fs.stat(root, "/one").ino, fs.stat(root, "/two").ino)
    assert.strictEqual(fs.stat(root, "/one").nlink, 2)
    assert.deepStrictEqual(names(make({ root: composeLowers([]) }), "/"), [])
  })
})
