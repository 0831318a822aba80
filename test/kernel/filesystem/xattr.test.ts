/** Extended attributes: the rules of xattr(7), what they cost, and where they go. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as NodeFs from "node:fs"
import * as NodeOs from "node:os"
import * as NodePath from "node:path"
import { diff } from "../../../native/kernel/filesystem/diff.ts"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { composeLowers } from "../../../native/kernel/filesystem/lowers.ts"
import { Tree } from "../../../native/kernel/filesystem/tree.ts"
import { XATTR_LIST_MAX } from "../../../native/kernel/filesystem/xattr.ts"
import { bytes, fails, make, root, text, user } from "./support.ts"

const withFile = (limits = {}): Filesystem => {
  const fs = make({ limits })
  fs.writeFile(root, "/f", bytes("x"))
  return fs
}

const value = (fs: Filesystem, path: string, name: string): string => text(fs.getXattr(root, path, name))

describe("extended attributes", () => {
  it("are set, read, listed in order and removed", () => {
    const fs = withFile()
    fs.setXattr(root, "/f", "user.b", bytes("2"))
    fs.setXattr(root, "/f", "user.a", bytes(""))
    fs.setXattr(root, "/f", "user.b", bytes("two"))
    assert.deepStrictEqual(fs.listXattrs(root, "/f"), ["user.a", "user.b"])
    assert.strictEqual(value(fs, "/f", "user.a"), "")
    assert.strictEqual(value(fs, "/f", "user.b"), "two")
    fs.removeXattr(root, "/f", "user.b")
    fails("ENODATA", () => fs.getXattr(root, "/f", "user.b"))
    fails("ENODATA", () => fs.removeXattr(root, "/f", "user.b"))
    assert.deepStrictEqual(fs.listXattrs(root, "/f"), ["user.a"])
  })

  it("change the change time and nothing else", () => {
    const fs = withFile()
    const before = fs.stat(root, "/f")
    fs.setXattr(root, "/f", "user.a", bytes("1"))
    const after = fs.stat(root, "/f")
    assert.isTrue(after.ctime > before.ctime)
    assert.deepStrictEqual({ ...after, ctime: 0n }, { ...before, ctime: 0n })
  })

  it("can be asked to be new, or to be there", () => {
    const fs = withFile()
    fails("ENODATA", () => fs.setXattr(root, "/f", "user.a", bytes("1"), { replace: true }))
    fs.setXattr(root, "/f", "user.a", bytes("1"), { create: true })
    fails("EEXIST", () => fs.setXattr(root, "/f", "user.a", bytes("2"), { create: true }))
    fs.setXattr(root, "/f", "user.a", bytes("2"), { replace: true })
    assert.strictEqual(value(fs, "/f", "user.a"), "2")
  })

  it("are refused with the errors of Linux", () => {
    const fs = withFile()
    fs.symlink(root, "f", "/link")
    fs.symlink(root, "none", "/dangling")
    const set = (path: string, name: string, size = 1) => fs.setXattr(root, path, name, new Uint8Array(size))
    const { limit } = fails("ERANGE", () => set("/f", `user.${"x".repeat(251)}`))
    assert.deepStrictEqual(limit, { name: "xattrName", value: 255 })
    set("/f", `user.${"x".repeat(250)}`)
    fails("ERANGE", () => set("/none", ""))
    fails("E2BIG", () => set("/none", "user.a", 65_537))
    set("/f", "user.a", 65_536)
    fails("ENOENT", () => set("/none", "user.a"))
    fails("ENOTSUP", () => set("/f", "plain"))
    fails("ENOTSUP", () => set("/f", "system.x"))
    fails("ENOTSUP", () => fs.getXattr(root, "/f", "usera"))
    fails("EINVAL", () => set("/f", "user."))
    fails("EPERM", () => fs.setXattr(user, "/f", "trusted.a", bytes("1")))
    fails("ENODATA", () => fs.getXattr(user, "/f", "trusted.a"))
    // through a link, but not on one
    set("/link", "user.via")
    assert.include(fs.listXattrs(root, "/f"), "user.via")
    fails("EPERM", () => fs.setXattr(root, "/link", "user.a", bytes("1"), { follow: false }))
    fails("ENODATA", () => fs.getXattr(root, "/link", "user.a", { follow: false }))
    fails("ENOENT", () => set("/dangling", "user.a"))
    assert.deepStrictEqual(fs.listXattrs(root, "/link", { follow: false }), [])
  })

  it("need the right to read, or to write, and in sticky directories to own", () => {
    const fs = withFile()
    fs.setXattr(root, "/f", "user.a", bytes("1"))
    assert.strictEqual(text(fs.getXattr(user, "/f", "user.a")), "1")
    fails("EACCES", () => fs.setXattr(user, "/f", "user.a", bytes("2")))
    fails("EACCES", () => fs.removeXattr(user, "/f", "user.a"))
    fs.chmod(root, "/f", 0o600)
    fails("EACCES", () => fs.getXattr(user, "/f", "user.a"))
    assert.deepStrictEqual(fs.listXattrs(user, "/f"), ["user.a"])
    fs.mkdir(root, "/tmp", 0o777)
    fs.chmod(root, "/tmp", 0o1777)
    fails("EPERM", () => fs.setXattr(user, "/tmp", "user.a", bytes("1")))
    fs.chmod(root, "/tmp", 0o777)
    fs.setXattr(user, "/tmp", "user.a", bytes("1"))
    const still = make({ root: fs.snapshot(), readOnly: true })
    fails("EROFS", () => still.setXattr(root, "/f", "user.a", bytes("1")))
  })

  it("are charged by names and values, and given back", () => {
    const fs = withFile({ bytes: 1000 })
    const usage = fs.usage()
    fs.setXattr(root, "/f", "user.a", new Uint8Array(100))
    assert.strictEqual(fs.usage().bytes, usage.bytes + 7 + 100)
    fs.setXattr(root, "/f", "user.a", new Uint8Array(10))
    assert.strictEqual(fs.usage().bytes, usage.bytes + 7 + 10)
    const { limit } = fails("ENOSPC", () => fs.setXattr(root, "/f", "user.b", new Uint8Array(1000)))
    assert.deepStrictEqual(limit, { name: "filesystemBytes", value: 1000 })
    const fork = make({ root: fs.snapshot() })
    assert.strictEqual(fork.usage().bytes, 0)
    fork.setXattr(root, "/f", "user.b", new Uint8Array(1))
    fork.removeXattr(root, "/f", "user.b")
    fork.removeXattr(root, "/f", "user.a")
    assert.strictEqual(fork.usage().bytes, 0)
    fs.removeXattr(root, "/f", "user.a")
    assert.deepStrictEqual(fs.usage(), usage)
    fs.setXattr(root, "/f", "user.a", new Uint8Array(10))
    fs.unlink(root, "/f")
    assert.strictEqual(fs.usage().bytes, 0)
  })

  it("have names of 64 KiB at most, so that a listing always fits", () => {
    const fs = withFile()
    const name = (i: number) => `user.${String(i).padStart(250, "x")}`
    const most = XATTR_LIST_MAX / 256
    for (let i = 0; i < most; i++) fs.setXattr(root, "/f", name(i), bytes("1"))
    const { limit } = fails("ENOSPC", () => fs.setXattr(root, "/f", name(most), bytes("1")))
    assert.deepStrictEqual(limit, { name: "xattrList", value: XATTR_LIST_MAX })
    fs.setXattr(root, "/f", name(0), bytes("22"))
    assert.lengthOf(fs.listXattrs(root, "/f"), most)
  })

  it("go with names, copies, moves, forks, restores and lowers, each its own from then on", () => {
    const fs = withFile()
    fs.mkdir(root, "/d")
    fs.setXattr(root, "/f", "user.a", bytes("1"))
    fs.setXattr(root, "/d", "user.d", bytes("d"))
    const before = fs.snapshot()
    fs.link(root, "/f", "/g")
    fs.copy(root, "/f", "/copy")
    fs.copy(root, "/d", "/e", { recursive: true })
    fs.mount("/m", Tree.empty(0n).snapshot())
    fs.move(root, "/copy", "/m/moved")
    assert.strictEqual(value(fs, "/m/moved", "user.a"), "1")
    assert.strictEqual(value(fs, "/e", "user.d"), "d")
    fs.setXattr(root, "/g", "user.a", bytes("2"))
    assert.strictEqual(value(fs, "/f", "user.a"), "2")
    assert.strictEqual(value(fs, "/m/moved", "user.a"), "1")
    const fork = make({ root: before })
    assert.strictEqual(value(fork, "/f", "user.a"), "1")
    const composed = make({ root: composeLowers([before, Tree.empty(0n).snapshot()]) })
    assert.strictEqual(value(composed, "/f", "user.a"), "1")
    assert.strictEqual(composed.usage().bytes, 0)
    fs.restore(before)
    assert.strictEqual(value(fs, "/f", "user.a"), "1")
  })

  it("are merged by a copy over a file that has some", () => {
    const fs = withFile()
    fs.writeFile(root, "/g", bytes("y"))
    fs.setXattr(root, "/f", "user.a", bytes("new"))
    fs.setXattr(root, "/g", "user.a", bytes("old"))
    fs.setXattr(root, "/g", "user.b", bytes("kept"))
    fs.copy(root, "/f", "/g")
    assert.deepStrictEqual(fs.listXattrs(root, "/g").map((name) => value(fs, "/g", name)), ["new", "kept"])
    fs.unlink(root, "/f")
    fs.unlink(root, "/g")
    assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 })
  })

  it("are a change that a difference tells, of directories too", () => {
    const fs = withFile()
    fs.mkdir(root, "/d")
    const before = fs.snapshot()
    fs.setXattr(root, "/f", "user.a", bytes("1"))
    fs.setXattr(root, "/d", "user.a", bytes("1"))
    const changes = diff(before, fs.snapshot()).map(({ kind, path }) => `${kind} ${path}`)
    assert.deepStrictEqual(changes, ["modified /d", "modified /f"])
    fs.removeXattr(root, "/f", "user.a")
    fs.setXattr(root, "/d", "user.a", bytes("2"))
    fs.removeXattr(root, "/d", "user.a")
    assert.deepStrictEqual(diff(before, fs.snapshot()), [])
  })
})

/** Python has the calls in its library; a host without it, or without attributes in its temporary folder, has no say. */
const script = `
import os, sys, json, errno
top, steps = sys.argv[1], json.load(sys.stdin)
out = []
for op, path, name, size, flags in steps:
    path = top + path
    try:
        if op == "get": out.append(len(os.getxattr(path, name)))
        elif op == "set": os.setxattr(path, name, b"v" * size, flags); out.append("done")
        elif op == "remove": os.removexattr(path, name); out.append("done")
        else: out.append(sorted(n for n in os.listxattr(path) if n.startswith("user.")))
    except OSError as e: out.append(errno.errorcode[e.errno])
print(json.dumps(out))
`

const host = (top: string, steps: unknown): Array<unknown> | undefined => {
  try {
    return JSON.parse(execFileSync("python3", ["-c", script, top], { input: JSON.stringify(steps) }).toString())
  } catch {
    return undefined
  }
}

describe("extended attributes against the host", () => {
  it("agree call by call", (context) => {
    const top = NodeFs.mkdtempSync(NodePath.join(NodeOs.tmpdir(), "xattr-"))
    try {
      NodeFs.writeFileSync(`${top}/f`, "x")
      NodeFs.mkdirSync(`${top}/d`)
      NodeFs.symlinkSync("f", `${top}/l`)
      const names = ["user.a", "user.b", "user.", "", "nothing", "user.é", `user.${"n".repeat(251)}`]
      const steps: Array<readonly [op: string, path: string, name: string, size: number, flags: number]> = []
      for (const path of ["/f", "/d", "/l", "/none"]) {
        for (const name of names) {
          for (const flags of [2, 1, 1, 0]) {
            steps.push(["set", path, name, 10 + flags, flags], ["get", path, name, 0, 0])
          }
          steps.push(["list", path, "", 0, 0], ["set", path, name, 65_537, 0], ["remove", path, name, 0, 0])
          steps.push(["remove", path, name, 0, 0], ["set", path, name, 0, 0], ["get", path, name, 0, 0])
        }
      }
      const expected = host(top, steps)
      if (expected === undefined || expected[2] !== "done") return context.skip()
      const fs = withFile()
      fs.mkdir(root, "/d")
      fs.symlink(root, "f", "/l")
      steps.forEach(([op, path, name, size, flags], index) => {
        const run = () => {
          if (op === "get") return fs.getXattr(root, path, name).length
          if (op === "list") return fs.listXattrs(root, path)
          if (op === "remove") return fs.removeXattr(root, path, name) ?? "done"
          const options = { create: flags === 1, replace: flags === 2 }
          return fs.setXattr(root, path, name, new Uint8Array(size), options) ?? "done"
        }
        let actual: unknown
        try {
          actual = run()
        } catch (fault) {
          actual = (fault as { errno: string }).errno
        }
        assert.deepStrictEqual(actual, expected[index], `${op} ${path} ${name} ${size} ${flags}`)
      })
    } finally {
      NodeFs.rmSync(top, { recursive: true })
    }
  })
})
