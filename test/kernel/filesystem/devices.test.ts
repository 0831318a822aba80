import { assert, describe, it } from "@effect/vitest"
import { Fault } from "../../../native/kernel/fault.ts"
import { deviceSnapshot } from "../../../native/kernel/filesystem/devices.ts"
import * as Flags from "../../../native/kernel/filesystem/flags.ts"
import { makeProc } from "../../../native/kernel/filesystem/proc.ts"
import type { ProcProcess } from "../../../native/kernel/filesystem/proc-process.ts"
import { bytes, fails, make, names, root, text, user } from "./support.ts"

const withDevices = () => {
  const fs = make()
  fs.mount("/dev", deviceSnapshot(), { type: "devtmpfs", source: "dev" })
  return fs
}

describe("devices", () => {
  it("swallow, repeat or refuse", () => {
    const fs = withDevices()
    assert.strictEqual(fs.readFile(user, "/dev/null").length, 0)
    assert.deepStrictEqual(fs.readFile(user, "/dev/zero"), new Uint8Array(4096))
    assert.deepStrictEqual(fs.readFile(user, "/dev/urandom"), new Uint8Array(4096).fill(7))
    assert.strictEqual(fs.readFile(user, "/dev/random").length, 4096)
    assert.strictEqual(fs.readFile(user, "/dev/stdin").length, 0)
    for (const name of ["null", "zero", "stdout", "stderr"]) fs.writeFile(user, `/dev/${name}`, bytes("gone"))
    fs.writeFile(user, "/dev/null", bytes("gone"), { append: true })
    fails("ENOSPC", () => fs.writeFile(user, "/dev/full", bytes("x")))
    fails("ENXIO", () => fs.readFile(user, "/dev/tty"))
    fails("ENXIO", () => fs.open(user, "/dev/tty"))
    fails("EEXIST", () => fs.writeFile(user, "/dev/null", bytes(""), { exclusive: true }))
    fails("EINVAL", () => fs.truncate(root, "/dev/null", 0))
    fails("EINVAL", () => fs.copy(root, "/dev/zero", "/zero"))
    assert.deepInclude(fs.usage(), { bytes: 0, openFiles: 0 })
  })

  it("are read in bounded pieces", () => {
    const fs = withDevices()
    const zero = fs.open(user, "/dev/zero", Flags.O_RDWR | Flags.O_TRUNC)
    assert.strictEqual(zero.read(2 ** 40).length, 65_536)
    assert.strictEqual(zero.read(10).length, 10)
    assert.strictEqual(zero.write(new Uint8Array(1000)), 1000)
    zero.close()
    assert.strictEqual(fs.readFile(user, "/dev/zero", { max: 10 }).length, 10)
  })

  it("are what stat says, and belong to root", () => {
    const fs = withDevices()
    assert.deepInclude(fs.stat(user, "/dev/null"), { mode: 0o020666, rdev: 0x103, size: 0 })
    assert.deepStrictEqual(fs.readdir(user, "/dev").find(({ name }) => name === "zero")?.type, "character")
    fails("EACCES", () => fs.unlink(user, "/dev/null"))
    fails("EACCES", () => fs.writeFile(user, "/dev/mine", bytes("")))
    fs.writeFile(user, "/dev/shm/mine", bytes("ok"))
    assert.strictEqual(fs.readlink(user, "/dev/fd"), "/proc/self/fd")
  })
})

const init: ProcProcess = {
  pid: 7,
  ppid: 1,
  pgid: 7,
  sid: 5,
  tty: "/dev/pts/3",
  cpuMs: 120,
  command: "a-rather-long-command",
  argv: ["sh", "-c", "sleep 1"],
  env: { HOME: "/home/user", SECRET: "s" },
  cwd: "/home/user",
  uid: 1000,
  gid: 1000,
  state: "R",
  startedAt: 5_000_000_000n,
  descriptors: [{ fd: 0, target: "/dev/null" }, { fd: 12, target: "pipe:[3]" }]
}

const withProc = (shows: (pid: number, viewer: number | undefined) => boolean = () => true) => {
  const fs = make()
  const processes = new Map([[7, init], [8, { ...init, pid: 8, uid: 0, gid: 0, state: "S" as const }]])
  const proc = makeProc({
    version: "Agent OS 0.1.0",
    cpuCount: 2,
    startedAt: 1_000_000_000n,
    now: () => 3_500_000_000n,
    memory: () => ({ total: 64 * 1024 * 1024, free: 1024 * 1024 }),
    mounts: () => fs.mounts(),
    pids: () => [...processes.keys()],
    process: (pid) => processes.get(pid),
    shows,
    mayShow: (pid, viewer) => {
      if (!shows(pid, viewer)) throw new Fault("EACCES", "open", `/proc/${pid}`)
    }
  })
  fs.mountSynthetic("/proc", proc, { type: "proc", source: "proc" })
  return { fs, processes }
}

const me = { ...user, pid: 7 }

describe("/proc", () => {
  it("shows the machine", () => {
    const { fs } = withProc()
    const read = (name: string) => text(fs.readFile(me, `/proc/${name}`))
    assert.strictEqual(read("version"), "Agent OS 0.1.0\n")
    assert.strictEqual(read("uptime"), "2.50 2.50\n")
    assert.strictEqual(read("loadavg"), "0.00 0.00 0.00 1/2 8\n")
    assert.strictEqual(read("mounts"), "rootfs / rootfs rw,noatime 0 0\nproc /proc proc ro,noatime 0 0\n")
    assert.include(read("meminfo"), "MemTotal:          65536 kB\n")
    assert.strictEqual(read("cpuinfo").match(/^processor/gm)?.length, 2)
    assert.include(read("filesystems"), "proc")
    fs.mount("/with space", make().snapshot())
    assert.include(read("mounts"), "none /with\\040space memory")
  })

  it("shows no others where that is denied, whether they are there or not", () => {
    const { fs } = withProc((pid, viewer) => pid === viewer)
    const listed = (caller: typeof user) =>
      fs.readdir(caller, "/proc").map(({ name }) => name).filter((name) => +name > 0)
    assert.deepStrictEqual(listed(me), ["7"])
    assert.deepStrictEqual(listed(user), [])
    assert.strictEqual(text(fs.readFile(me, "/proc/loadavg")), "0.00 0.00 0.00 1/1 7\n")
    assert.strictEqual(text(fs.readFile(user, "/proc/loadavg")), "0.00 0.00 0.00 0/0 0\n")
    assert.strictEqual(text(fs.readFile(me, "/proc/self/cmdline")), "sh\0-c\0sleep 1\0")
    for (
      const path of ["/proc/8", "/proc/8/cmdline", "/proc/8/cwd", "/proc/8/fd/0", "/proc/9", "/proc/self/../8/stat"]
    ) {
      fails("EACCES", () => fs.lstat(me, path))
      fails("EACCES", () => fs.readFile(me, path))
    }
    fails("EACCES", () => fs.readlink(user, "/proc/7/cwd"))
  })

  it("shows processes, and self to each its own", () => {
    const { fs, processes } = withProc()
    assert.deepStrictEqual(names(fs, "/proc"), [
      "7",
      "8",
      "cpuinfo",
      "filesystems",
      "loadavg",
      "meminfo",
      "mounts",
      "uptime",
      "version"
    ])
    assert.include(fs.readdir(me, "/proc").map(({ name }) => name), "self")
    assert.strictEqual(fs.readlink(me, "/proc/self"), "7")
    fails("ENOENT", () => fs.readlink(user, "/proc/self"))
    const read = (name: string) => text(fs.readFile(me, `/proc/self/${name}`))
    assert.strictEqual(read("cmdline"), "sh\0-c\0sleep 1\0")
    assert.strictEqual(read("environ"), "HOME=/home/user\0SECRET=s\0")
    assert.strictEqual(read("comm"), "a-rather-long-c\n")
    assert.strictEqual(read("stat").split(" ").length, 52)
    assert.isTrue(read("stat").startsWith("7 (a-rather-long-c) R 1 "))
    assert.include(read("status"), "Uid:\t1000\t1000\t1000\t1000\n")
    assert.strictEqual(fs.readlink(me, "/proc/7/cwd"), "/home/user")
    assert.deepStrictEqual(fs.readdir(me, "/proc/self/fd").map(({ name }) => name), ["0", "12"])
    assert.strictEqual(fs.readlink(me, "/proc/self/fd/12"), "pipe:[3]")
    assert.strictEqual(fs.realpath(me, "/proc/self/fd/.."), "/proc/7")
    assert.strictEqual(fs.realpath(me, "/proc/7/fd/../../.."), "/")
    fails("EACCES", () => fs.readFile(me, "/proc/8/environ"))
    fails("EACCES", () => fs.readdir(me, "/proc/8/fd"))
    for (
      const path of ["/proc/9", "/proc/07", "/proc/7/nothing", "/proc/7/fd/1", "/proc/7/fd/00", "/proc/99999999999"]
    ) {
      fails("ENOENT", () => fs.lstat(me, path))
    }
    fails("ENOTDIR", () => fs.stat(me, "/proc/version/x"))
    const open = fs.open(me, "/proc/7/status")
    assert.strictEqual(text(open.read(5)), "Name:")
    processes.delete(7)
    fails("ESRCH", () => open.read(5))
    open.close()
    fails("ENOENT", () => fs.readFile(me, "/proc/self/status"))
  })

  it("cannot be changed", () => {
    const { fs } = withProc()
    const denied: ReadonlyArray<() => unknown> = [
      () => fs.writeFile(root, "/proc/version", bytes("")),
      () => fs.writeFile(root, "/proc/new", bytes("")),
      () => fs.open(root, "/proc/version", Flags.O_RDWR),
      () => fs.mkdir(root, "/proc/new"),
      () => fs.mkdirp(root, "/proc/new/x"),
      () => fs.unlink(root, "/proc/version"),
      () => fs.rmdir(root, "/proc/7"),
      () => fs.remove(root, "/proc/7", { recursive: true }),
      () => fs.rename(root, "/proc/version", "/proc/other"),
      () => fs.link(root, "/proc/version", "/proc/other"),
      () => fs.symlink(root, "x", "/proc/other"),
      () => fs.chmod(root, "/proc/version", 0o777),
      () => fs.truncate(root, "/proc/version", 0),
      () => fs.copy(root, "/proc/version", "/proc/other"),
      () => fs.move(root, "/proc/version", "/version"),
      () => fs.mount("/proc/new", make().snapshot())
    ]
    for (const run of denied) fails("EROFS", run)
    fails("EINVAL", () => fs.snapshotMount("/proc"))
    fs.copy(root, "/proc/version", "/version")
    assert.strictEqual(text(fs.readFile(root, "/version")), "Agent OS 0.1.0\n")
    fails("EINVAL", () => fs.copy(root, "/proc", "/copy", { recursive: true }))
    fs.unmount("/proc")
    assert.deepStrictEqual(names(fs, "/proc"), [])
  })
})
