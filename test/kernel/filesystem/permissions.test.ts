import { assert, describe, it } from "@effect/vitest"
import * as Flags from "../../../native/kernel/filesystem/flags.ts"
import { bytes, fails, make, names, root, text, user } from "./support.ts"

const other = { ...user, credentials: { ...user.credentials, uid: 1001, gid: 1001 } }
const member = { ...user, credentials: { ...user.credentials, uid: 1002, gid: 1002, groups: [1000] } }
const modeOf = (mode: number) => (mode & 0o7777).toString(8)

const home = () => {
  const fs = make()
  fs.mkdirp(root, "/home/user")
  fs.chown(root, "/home/user", 1000, 1000)
  return fs
}

describe("permissions", () => {
  it("keep users from what is root's", () => {
    const fs = home()
    fs.mkdirp(root, "/etc")
    fs.writeFile(root, "/etc/passwd", bytes("root"))
    assert.strictEqual(text(fs.readFile(user, "/etc/passwd")), "root")
    fails("EACCES", () => fs.writeFile(user, "/etc/passwd", bytes("me")))
    fails("EACCES", () => fs.writeFile(user, "/etc/passwd", bytes("me"), { append: true }))
    fails("EACCES", () => fs.unlink(user, "/etc/passwd"))
    fails("EACCES", () => fs.rename(user, "/etc/passwd", "/home/user/passwd"))
    fails("EACCES", () => fs.rename(user, "/etc", "/home/user/etc"))
    fails("EACCES", () => fs.remove(user, "/etc", { recursive: true }))
    fails("EACCES", () => fs.writeFile(user, "/etc/new", bytes("")))
    fails("EACCES", () => fs.mkdir(user, "/etc/new"))
    fails("EACCES", () => fs.mkdirp(user, "/etc/new/deep"))
    fails("EACCES", () => fs.symlink(user, "x", "/etc/new"))
    fails("EACCES", () => fs.truncate(user, "/etc/passwd", 0))
    fails("EPERM", () => fs.chmod(user, "/etc/passwd", 0o777))
    fails("EPERM", () => fs.chown(user, "/etc/passwd", 1000, 1000))
    fails("EPERM", () => fs.utimes(user, "/etc/passwd", 0n, 0n))
    fails("EACCES", () => fs.utimes(user, "/etc/passwd", "now", "now"))
    fails("EPERM", () => fs.link(user, "/etc/passwd", "/home/user/passwd"))
    fails("EACCES", () => fs.access(user, "/etc/passwd", Flags.W_OK))
    fs.access(user, "/etc/passwd", Flags.R_OK)
    assert.strictEqual(text(fs.readFile(root, "/etc/passwd")), "root")
  })

  it("choose the class of owner, group or others, and only that", () => {
    const fs = home()
    fs.writeFile(user, "/home/user/f", bytes("x"))
    fs.chmod(user, "/home/user/f", 0o077)
    fails("EACCES", () => fs.readFile(user, "/home/user/f"))
    assert.strictEqual(text(fs.readFile(member, "/home/user/f")), "x")
    assert.strictEqual(text(fs.readFile(other, "/home/user/f")), "x")
    fs.chmod(user, "/home/user/f", 0o707)
    fails("EACCES", () => fs.readFile(member, "/home/user/f"))
    assert.strictEqual(text(fs.readFile(root, "/home/user/f")), "x")
    fs.chmod(user, "/home/user/f", 0o600)
    fails("EACCES", () => fs.access(root, "/home/user/f", Flags.X_OK))
    fs.access(root, "/home/user/f", Flags.R_OK | Flags.W_OK)
  })

  it("apply the umask, and what a caller creates for another owner", () => {
    const fs = home()
    const strict = { ...user, credentials: { ...user.credentials, umask: 0o077 } }
    fs.writeFile(strict, "/home/user/f", bytes(""))
    fs.mkdir(strict, "/home/user/d")
    fs.writeFile(user, "/home/user/x", bytes(""), { mode: 0o777 })
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/f").mode), "600")
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/d").mode), "700")
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/x").mode), "755")
    const host = { ...root, credentials: { ...root.credentials, createUid: 1000, createGid: 1000 } }
    fs.writeFile(host, "/root-owned-directory-file", bytes(""))
    assert.deepInclude(fs.stat(root, "/root-owned-directory-file"), { uid: 1000, gid: 1000 })
  })

  it("protect entries of sticky directories", () => {
    const fs = home()
    fs.mkdir(root, "/tmp")
    fs.chmod(root, "/tmp", 0o1777)
    fs.writeFile(user, "/tmp/mine", bytes("x"), { mode: 0o666 })
    fs.mkdir(user, "/tmp/dir")
    fs.writeFile(other, "/tmp/other", bytes("y"))
    fails("EPERM", () => fs.unlink(other, "/tmp/mine"))
    fails("EPERM", () => fs.rename(other, "/tmp/mine", "/tmp/stolen"))
    fails("EPERM", () => fs.rename(other, "/tmp/other", "/tmp/mine"))
    fails("EPERM", () => fs.rmdir(other, "/tmp/dir"))
    fails("EPERM", () => fs.remove(other, "/tmp/dir", { recursive: true }))
    fs.unlink(user, "/tmp/mine")
    fs.rmdir(root, "/tmp/dir")
  })

  it("give the group of a set-group-ID directory on", () => {
    const fs = make()
    fs.mkdir(root, "/shared")
    fs.chown(root, "/shared", 0, 50)
    fs.chmod(root, "/shared", 0o2777)
    fs.mkdir(user, "/shared/dir")
    fs.writeFile(user, "/shared/dir/file", bytes(""))
    assert.deepInclude(fs.stat(root, "/shared/dir"), { uid: 1000, gid: 50, mode: 0o042755 })
    assert.deepInclude(fs.stat(root, "/shared/dir/file"), { uid: 1000, gid: 50 })
    fs.open(user, "/shared/foreign", Flags.O_CREAT | Flags.O_WRONLY, 0o2775).close()
    assert.strictEqual(modeOf(fs.stat(root, "/shared/foreign").mode), "755")
  })

  it("let owners choose among their groups, and take privilege from what changes", () => {
    const fs = home()
    fs.writeFile(user, "/home/user/f", bytes("x"))
    fs.chown(user, "/home/user/f", -1, 1000)
    fails("EPERM", () => fs.chown(user, "/home/user/f", -1, 50))
    fails("EPERM", () => fs.chown(user, "/home/user/f", 0, -1))
    fails("EINVAL", () => fs.chown(root, "/home/user/f", -2, 0))
    fs.chmod(user, "/home/user/f", 0o6755)
    fs.writeFile(user, "/home/user/f", bytes("y"), { append: true })
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/f").mode), "755")
    fs.chmod(root, "/home/user/f", 0o6755)
    fs.chown(root, "/home/user/f", 1001, 1001)
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/f").mode), "755")
    fails("EPERM", () => fs.chmod(user, "/home/user/f", 0o777))
    fs.chown(root, "/home/user/f", 1000, 50)
    fs.chmod(user, "/home/user/f", 0o2755)
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/f").mode), "755")
  })

  it("take privilege from a file that is begun, and from one whose group is not one's own", () => {
    const fs = home()
    fs.writeFile(user, "/home/user/new", bytes("x"), { mode: 0o6755 })
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/new").mode), "755")
    fs.writeFile(root, "/home/user/f", bytes("x"))
    fs.chown(root, "/home/user/f", 1000, 50)
    // a change of no owner is anybody's, unless it takes privilege away
    fs.chown(other, "/home/user/f", -1, -1)
    fs.chmod(root, "/home/user/f", 0o2764)
    fails("EPERM", () => fs.chown(other, "/home/user/f", -1, -1))
    fs.writeFile(user, "/home/user/f", bytes("y"), { append: true })
    assert.strictEqual(modeOf(fs.stat(root, "/home/user/f").mode), "764")
  })

  it("are asked before it is asked what a path is", () => {
    const fs = home()
    fs.mkdir(user, "/home/user/closed", 0o700)
    fails("EACCES", () => fs.readFile(other, "/home/user/closed"))
    fails("EISDIR", () => fs.readFile(user, "/home/user/closed"))
    fails("EPERM", () => fs.link(other, "/home/user/closed", "/home/user/again"))
  })

  it("check the whole tree before removing any of it", () => {
    const fs = home()
    fs.mkdirp(user, "/home/user/a/b")
    fs.writeFile(user, "/home/user/a/1", bytes(""))
    fs.mkdir(root, "/home/user/a/b/roots")
    fs.writeFile(root, "/home/user/a/b/roots/file", bytes(""))
    fails("EACCES", () => fs.remove(user, "/home/user/a", { recursive: true }))
    assert.deepStrictEqual(names(fs, "/home/user/a"), ["1", "b"])
    fs.unlink(root, "/home/user/a/b/roots/file")
    fs.mkdir(root, "/home/user/a/sticky")
    fs.chmod(root, "/home/user/a/sticky", 0o1777)
    fs.writeFile(other, "/home/user/a/sticky/theirs", bytes(""))
    fails("EPERM", () => fs.remove(user, "/home/user/a", { recursive: true }))
    fs.unlink(other, "/home/user/a/sticky/theirs")
    // An empty directory of somebody else can go, for its parent is one's own.
    fs.remove(user, "/home/user/a", { recursive: true })
    assert.deepStrictEqual(names(fs, "/home/user"), [])
  })

  it("ask for write permission on a directory that moves elsewhere", () => {
    const fs = home()
    fs.mkdirp(user, "/home/user/from/dir")
    fs.mkdir(user, "/home/user/to")
    fs.chmod(user, "/home/user/from/dir", 0o555)
    fails("EACCES", () => fs.rename(user, "/home/user/from/dir", "/home/user/to/dir"))
    fs.rename(user, "/home/user/from/dir", "/home/user/from/other")
    fs.rename(root, "/home/user/from/other", "/home/user/to/dir")
  })
})
