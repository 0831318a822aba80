/** A folder of the host with every known way out of it, and what lies outside. */
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import * as HostDirectory from "../../layers/node/hostdir/HostDirectory.ts"
import type { Driver } from "../../src/Driver.ts"
import { temporaryFolder } from "./support.ts"

export const SECRET = "outside"

/** All that can be told of what lies outside: one text, which must stay the same. */
export const stateOf = (path: string): string => {
  const lines: Array<string> = []
  const pending = [path]
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const stat = lstatSync(at, { bigint: true })
    const { ctimeNs, gid, ino, mode, mtimeNs, nlink, size, uid } = stat
    const content = stat.isFile() ? readFileSync(at, "utf8") : stat.isSymbolicLink() ? readlinkSync(at) : ""
    lines.push([at, ino, mode, nlink, uid, gid, size, mtimeNs, ctimeNs, content].join(" "))
    if (stat.isDirectory()) { for (const name of readdirSync(at)) pending.push(join(at, name)) }
  }
  return lines.sort().join("\n")
}

/** `top/root` is the folder; `top/out` must neither be seen nor changed. */
export const given = Effect.gen(function*() {
  const top = yield* temporaryFolder
  const root = join(top, "root")
  const out = join(top, "out")
  mkdirSync(join(root, "dir"), { recursive: true })
  mkdirSync(join(out, "sub"), { recursive: true })
  writeFileSync(join(root, "dir/file"), "inside")
  writeFileSync(join(out, "file"), SECRET)
  writeFileSync(join(out, "sub/deep"), SECRET)
  symlinkSync("sub", join(out, "link"))
  const driver = yield* HostDirectory.make({ hostPath: root, readOnly: false, exclude: [] })
  return { top, root, out, driver }
})

/** Links out of the folder, in every form. */
export const plantLinks = (root: string, top: string): void => {
  const links: Readonly<Record<string, string>> = {
    relative: "../out/file",
    absolute: join(top, "out/file"),
    chain1: "chain2",
    chain2: "dir/../../out/file",
    directory: "../out",
    absdir: join(top, "out"),
    up: "..",
    dangling: "../out/new",
    proc: "/proc/self/root",
    cwd: "/proc/self/cwd",
    fd: "/proc/self/fd",
    zero: "/dev/zero",
    "dir/inner": "../../out",
    circle: "circle"
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name))
}

/** Paths that lead out, if anything does. */
export const waysOut = (top: string): ReadonlyArray<string> => [
  "/../out/file",
  "/dir/../../out/file",
  "/dir/./../../out/file",
  "//../out/file",
  "/%2e%2e/out/file",
  "/..%2fout/file",
  "/%c0%ae%c0%ae/out/file",
  "/\uff0e\uff0e/out/file",
  "/\u2024\u2024/out/file",
  "/dir\\..\\..\\out/file",
  "/dir/\0/../../out/file",
  "/..\0/out/file",
  "/\ud800/../../out/file",
  "../out/file",
  "out/../../out/file",
  join(top, "out/file"),
  `file://${top}/out/file`,
  "/relative",
  "/absolute",
  "/chain1",
  "/directory/file",
  "/directory/sub/deep",
  "/directory/link/deep",
  "/absdir/file",
  "/up/out/file",
  "/dir/inner/file",
  "/dangling",
  "/directory/new",
  "/absdir/new",
  "/up/out/new",
  "/dir/inner/new",
  `/proc${top}/out/file`,
  `/proc/proc/self/root${top}/out/file`,
  "/cwd/package.json",
  "/fd/0",
  "/zero",
  "/circle"
]

/** Every method that changes something, aimed at a path. */
export const changes = (driver: Driver, path: string): Readonly<Record<string, Effect.Effect<unknown, unknown>>> => {
  const content = new TextEncoder().encode("overwritten")
  return {
    writeFile: driver.writeFile(path, content),
    pwrite: driver.pwrite(path, 0, content),
    truncate: driver.truncate(path, 1),
    chmod: driver.chmod(path, 0o777),
    chown: driver.chown(path, 12345, 12345),
    utimes: driver.utimes(path, 1000, 1000),
    createDir: driver.createDir(path),
    mkdir: driver.mkdir(`${path}/made/deep`, true),
    symlink: driver.symlink("/etc/passwd", path),
    symlinkBelow: driver.symlink("/etc/passwd", `${path}/link-made`),
    linkTo: driver.link("/dir/file", path),
    linkBelow: driver.link("/dir/file", `${path}/linked`),
    linkFrom: driver.link(path, "/stolen"),
    renameTo: driver.rename("/dir/file", path),
    renameBelow: driver.rename("/dir/file", `${path}/renamed`),
    renameFrom: driver.rename(path, "/stolen"),
    removeFile: driver.removeFile(path),
    removeDir: driver.removeDir(path)
  }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Every way to look at a path: what it gives as text. */
export const looks = (driver: Driver, path: string): Readonly<Record<string, Effect.Effect<string, unknown>>> => {
  const slash = Math.max(0, path.lastIndexOf("/"))
  const [directory, name] = [path.slice(0, slash) || "/", path.slice(slash + 1)]
  return {
    readFile: Effect.map(driver.readFile(path), text),
    readTextFile: driver.readTextFile(path),
    pread: Effect.map(driver.pread(path, 0, 100), text),
    read: Effect.map(driver.shortcuts!.read(path, 0, 100), ({ content }) => text(content)),
    readDir: Effect.map(driver.readDir(path), (names) => `names ${names.join(" ")}`),
    readDirWithTypes: Effect.map(
      driver.readDirWithTypes(path),
      (found) => `names ${found.map((e) => e.name).join(" ")}`
    ),
    entries: Effect.map(
      driver.shortcuts!.entries(directory, [name]),
      (found) => `sizes ${found.map((e) => e.stat.ino)}`
    ),
    descend: Effect.map(
      driver.shortcuts!.descend("/", path.split("/").filter((part) => part !== "")),
      (found) => `sizes ${found.map((e) => e.stat.ino)}`
    ),
    stat: Effect.map(driver.stat(path), ({ ino }) => `sizes ${ino}`),
    realpath: driver.realpath(path),
    readlink: Effect.map(driver.readlink(path), () => "a target")
  }
}

/** What is neither a file, a directory nor a link, under its name in the folder. Devices are there only for root. */
export const plantSpecial = (root: string) =>
  Effect.gen(function*() {
    const made = ["fifo", "socket"]
    execFileSync("mkfifo", [join(root, "fifo")])
    yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((socket) => socket.destroy())
        server.listen(join(root, "socket"), () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
    )
    try {
      execFileSync("mknod", [join(root, "device"), "c", "1", "5"], { stdio: "ignore" })
      made.push("device")
    } catch {
      // only root makes devices, and not everywhere
    }
    return made
  })

/** A second name within the folder for a file outside of it. */
export const plantHardLink = (root: string, out: string): void => linkSync(join(out, "file"), join(root, "hard"))
