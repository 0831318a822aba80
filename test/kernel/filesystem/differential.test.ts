/**
 * Random sequences of operations on the kernel's filesystem and on that of the host, side by side. Results and errors
 * must be the same. DIFFERENTIAL_SEED and DIFFERENTIAL_RUNS choose other and more sequences.
 */
import { assert, describe, it } from "@effect/vitest"
import * as NodeFs from "node:fs"
import * as NodeOs from "node:os"
import * as NodePath from "node:path"
import { Fault } from "../../../native/kernel/fault.ts"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import * as Flags from "../../../native/kernel/filesystem/flags.ts"
import type { OpenFile } from "../../../native/kernel/filesystem/open-file.ts"
import type { Caller } from "../../../native/kernel/filesystem/operation.ts"
import type { Stat } from "../../../native/kernel/filesystem/stat.ts"
import { make, makeRandom, root } from "./support.ts"

/** 200,000 operations in CI, which is 20 seconds of one quiet core. */
const RUNS = Number(process.env["DIFFERENTIAL_RUNS"] ?? (process.env["CI"] === undefined ? 30 : 200))
const OPERATIONS = 1000
const FIRST_SEED = Number(process.env["DIFFERENTIAL_SEED"] ?? 1)

const names = ["a", "b", "c", "d", "e", "x".repeat(255)]
const targets = ["a", "b", "c/d", "../a", "a/b/", ".", "d/../e", "missing", "x".repeat(256)]

type Random = (n: number) => number

const pick = <A>(random: Random, values: ReadonlyArray<A>): A => values[random(values.length)]

const component = (random: Random): string => {
  const choice = random(60)
  if (choice === 0) return "."
  if (choice === 1) return ".."
  if (choice === 2) return ""
  if (choice === 3) return "y".repeat(256)
  return choice < 8 ? names[5] : names[random(5)]
}

const randomPath = (random: Random, top: string): string => {
  const depth = 1 + random(random(3) === 0 ? 4 : 2)
  const parts = Array.from({ length: depth }, () => component(random))
  const tail = random(25) === 0 ? "/" : random(60) === 0 ? "/." : ""
  return `${top}/${parts.join("/")}${tail}`
}

interface Handle {
  readonly fd: number
  readonly file: OpenFile
}

interface World {
  readonly fs: Filesystem
  readonly caller: Caller
  readonly top: string
  readonly random: Random
  readonly handles: Array<Handle>
}

/** Both sides of one operation, and words for it. */
interface Action {
  readonly label: string
  readonly host: () => unknown
  readonly kernel: () => unknown
}

const kindOf = (mode: number): string => (mode & 0o170000).toString(8)

const hostStat = (stat: NodeFs.Stats) => ({
  mode: stat.mode,
  uid: stat.uid,
  gid: stat.gid,
  nlink: stat.isDirectory() ? 0 : stat.nlink,
  size: stat.isDirectory() ? 0 : stat.size
})

const kernelStat = ({ gid, mode, nlink, size, uid }: Stat) => {
  const directory = kindOf(mode) === "40000"
  return { mode, uid, gid, nlink: directory ? 0 : nlink, size: directory ? 0 : size }
}

const hostKind = (entry: NodeFs.Dirent): string =>
  entry.isDirectory() ? "directory" : entry.isSymbolicLink() ? "symlink" : entry.isFile() ? "file" : "other"

const randomData = (random: Random): Uint8Array =>
  new Uint8Array(random(8) === 0 ? random(150_000) : random(50)).fill(random(255) + 1)

const randomFlags = (random: Random): number => {
  let flags = random(3)
  for (const flag of [Flags.O_CREAT, Flags.O_CREAT, Flags.O_EXCL, Flags.O_TRUNC, Flags.O_APPEND, Flags.O_NOFOLLOW]) {
    if (random(3) === 0) flags |= flag
  }
  // What O_CREAT means together with O_DIRECTORY differs between kernels, and O_EXCL alone means nothing.
  if (random(8) === 0) flags = (flags & ~Flags.O_CREAT) | Flags.O_DIRECTORY
  return (flags & Flags.O_CREAT) === 0 ? flags & ~Flags.O_EXCL : flags
}

const openAction = ({ caller, fs, handles, random, top }: World): Action => {
  const path = randomPath(random, top)
  const flags = randomFlags(random)
  const mode = pick(random, [0o666, 0o777, 0o600, 0o4755])
  let fd = -1
  return {
    label: `open ${path} ${flags.toString(8)}`,
    host: () => {
      fd = NodeFs.openSync(path, flags, mode)
    },
    kernel: () => {
      handles.push({ fd, file: fs.open(caller, path, flags, mode) })
    }
  }
}

const handleAction = (world: World): Action => {
  const { handles, random } = world
  const index = random(handles.length)
  const { fd, file } = handles[index]
  const at = random(100)
  // Node answers a read of no bytes by itself.
  const length = 1 + random(200)
  const label = `on open ${file.path}`
  switch (random(8)) {
    case 0:
    case 1:
      return {
        label: `${label}: close`,
        host: () => NodeFs.closeSync(fd),
        kernel: () => {
          handles.splice(index, 1)
          file.close()
        }
      }
    case 2: {
      const data = randomData(random)
      return { label: `${label}: write`, host: () => NodeFs.writeSync(fd, data), kernel: () => file.write(data) }
    }
    case 3: {
      const data = randomData(random)
      const host = () => NodeFs.writeSync(fd, data, 0, data.length, at)
      return { label: `${label}: pwrite ${data.length} at ${at}`, host, kernel: () => file.pwrite(at, data) }
    }
    case 4: {
      const size = random(5000)
      const host = () => NodeFs.ftruncateSync(fd, size)
      return { label: `${label}: truncate ${size}`, host, kernel: () => file.truncate(size) }
    }
    case 5:
      return {
        label: `${label}: stat`,
        host: () => hostStat(NodeFs.fstatSync(fd)),
        kernel: () => kernelStat(file.stat())
      }
    default: {
      const buffer = new Uint8Array(length)
      const position = random(2) === 0 ? null : at
      return {
        label: `${label}: read ${length} at ${position}`,
        host: () => buffer.slice(0, NodeFs.readSync(fd, buffer, 0, length, position)),
        kernel: () => (position === null ? file.read(length) : file.pread(position, length))
      }
    }
  }
}

type Maker = (world: World, path: string, other: string) => Action

const makers: ReadonlyArray<readonly [weight: number, make: Maker]> = [
  [6, ({ caller, fs, random }, path) => {
    const data = randomData(random)
    return {
      label: `writeFile ${path} ${data.length}`,
      host: () => NodeFs.writeFileSync(path, data),
      kernel: () => fs.writeFile(caller, path, data)
    }
  }],
  [3, ({ caller, fs, random }, path) => {
    const data = randomData(random)
    return {
      label: `append ${path} ${data.length}`,
      host: () => NodeFs.appendFileSync(path, data),
      kernel: () => fs.writeFile(caller, path, data, { append: true })
    }
  }],
  [2, ({ caller, fs }, path) => ({
    label: `create ${path}`,
    host: () => NodeFs.writeFileSync(path, "new", { flag: "wx", mode: 0o640 }),
    kernel: () => fs.writeFile(caller, path, Buffer.from("new"), { exclusive: true, mode: 0o640 })
  })],
  [6, ({ caller, fs }, path) => ({
    label: `readFile ${path}`,
    host: () => new Uint8Array(NodeFs.readFileSync(path)),
    kernel: () => fs.readFile(caller, path)
  })],
  [8, ({ caller, fs, random }, path) => {
    const mode = pick(random, [0o777, 0o700, 0o2775, 0o1777])
    return {
      label: `mkdir ${path} ${mode.toString(8)}`,
      host: () => NodeFs.mkdirSync(path, mode),
      kernel: () => fs.mkdir(caller, path, mode)
    }
  }],
  [3, ({ caller, fs }, path) => ({
    label: `rmdir ${path}`,
    host: () => NodeFs.rmdirSync(path),
    kernel: () => fs.rmdir(caller, path)
  })],
  [5, ({ caller, fs }, path) => ({
    label: `unlink ${path}`,
    host: () => NodeFs.unlinkSync(path),
    kernel: () => fs.unlink(caller, path)
  })],
  [8, ({ caller, fs }, path, other) => ({
    label: `rename ${path} ${other}`,
    host: () => NodeFs.renameSync(path, other),
    kernel: () => fs.rename(caller, path, other)
  })],
  [4, ({ caller, fs }, path, other) => ({
    label: `link ${path} ${other}`,
    host: () => NodeFs.linkSync(path, other),
    kernel: () => fs.link(caller, path, other)
  })],
  [4, ({ caller, fs, random, top }, path) => {
    const target = random(4) === 0 ? `${top}/${pick(random, names)}` : pick(random, targets)
    return {
      label: `symlink ${target} ${path}`,
      host: () => NodeFs.symlinkSync(target, path),
      kernel: () => fs.symlink(caller, target, path)
    }
  }],
  [3, ({ caller, fs }, path) => ({
    label: `readlink ${path}`,
    host: () => NodeFs.readlinkSync(path),
    kernel: () => fs.readlink(caller, path)
  })],
  [3, ({ caller, fs, random }, path) => {
    const mode = pick(random, [0o644, 0o755, 0o600, 0o4755, 0o2775, 0o1777])
    return {
      label: `chmod ${path} ${mode.toString(8)}`,
      host: () => NodeFs.chmodSync(path, mode),
      kernel: () => fs.chmod(caller, path, mode)
    }
  }],
  [3, ({ caller, fs, random }, path) => {
    const size = random(3) === 0 ? random(200_000) : random(100)
    return {
      label: `truncate ${path} ${size}`,
      host: () => NodeFs.truncateSync(path, size),
      kernel: () => fs.truncate(caller, path, size)
    }
  }],
  [6, ({ caller, fs }, path) => ({
    label: `stat ${path}`,
    host: () => hostStat(NodeFs.statSync(path)),
    kernel: () => kernelStat(fs.stat(caller, path))
  })],
  [6, ({ caller, fs }, path) => ({
    label: `lstat ${path}`,
    host: () => hostStat(NodeFs.lstatSync(path)),
    kernel: () => kernelStat(fs.lstat(caller, path))
  })],
  [4, ({ caller, fs }, path) => ({
    label: `readdir ${path}`,
    host: () =>
      NodeFs.readdirSync(path, { withFileTypes: true }).map((entry) => `${entry.name} ${hostKind(entry)}`).sort(),
    kernel: () => fs.readdir(caller, path).map(({ name, type }) => `${name} ${type}`).sort()
  })],
  [3, ({ caller, fs }, path) => ({
    label: `realpath ${path}`,
    host: () => NodeFs.realpathSync.native(path),
    kernel: () => fs.realpath(caller, path)
  })],
  [2, ({ caller, fs, random }, path) => {
    const seconds = random(1_000_000)
    return {
      label: `utimes ${path} ${seconds}`,
      host: () => {
        NodeFs.utimesSync(path, seconds, seconds + 1)
        return NodeFs.statSync(path).mtimeMs
      },
      kernel: () => {
        fs.utimes(caller, path, BigInt(seconds) * 1_000_000_000n, BigInt(seconds + 1) * 1_000_000_000n)
        return Number(fs.stat(caller, path).mtime / 1_000_000n)
      }
    }
  }]
]

const totalWeight = makers.reduce((sum, [weight]) => sum + weight, 0)

const nextAction = (world: World): Action => {
  const { handles, random, top } = world
  if (handles.length > 0 && random(4) === 0) return handleAction(world)
  if (handles.length < 6 && random(8) === 0) return openAction(world)
  let at = random(totalWeight)
  const path = randomPath(random, top)
  const other = randomPath(random, top)
  for (const [weight, make] of makers) {
    at -= weight
    if (at < 0) return make(world, path, other)
  }
  throw new Error("unreachable")
}

const outcome = (run: () => unknown): unknown => {
  try {
    return run() ?? "done"
  } catch (error) {
    if (error instanceof Fault) return error.errno
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return code
  }
}

/** Everything below a directory, for comparing the two sides whole. */
const listing = (
  path: string,
  read: (path: string) => ReadonlyArray<readonly [name: string, line: string, descend: boolean]>
) => {
  const lines: Array<string> = []
  const pending = [path]
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const [name, line, descend] of read(at)) {
      lines.push(`${at}/${name} ${line}`)
      if (descend) pending.push(`${at}/${name}`)
    }
  }
  return lines.sort()
}

const compareTrees = ({ caller, fs }: World, home: string, label: string): void => {
  const host = listing(home, (path) =>
    NodeFs.readdirSync(path, { withFileTypes: true }).map((entry) => {
      const stat = JSON.stringify(hostStat(NodeFs.lstatSync(`${path}/${entry.name}`)))
      return [entry.name, stat, entry.isDirectory()]
    }))
  const kernel = listing(home, (path) =>
    fs.readdir(caller, path).map(({ name, type }) => {
      return [name, JSON.stringify(kernelStat(fs.lstat(caller, `${path}/${name}`))), type === "directory"]
    }))
  assert.deepStrictEqual(kernel, host, label)
}

const runSequence = (base: string, seed: number): void => {
  const random = makeRandom(seed)
  const top = NodePath.join(base, `run-${seed}`, "1", "2", "3", "4", "5", "6")
  const uid = process.getuid!()
  const gid = process.getgid!()
  const umask = process.umask()
  const caller: Caller = { credentials: { uid, gid, groups: process.getgroups!(), umask }, cwd: "/" }
  NodeFs.mkdirSync(top, { recursive: true })
  const fs = make()
  for (let path = top; path !== "/"; path = NodePath.dirname(path)) {
    fs.mkdirp(root, path)
    fs.chown(root, path, uid, gid)
  }
  const world: World = { fs, caller, top, random, handles: [] }
  const history: Array<string> = []
  try {
    for (let step = 0; step < OPERATIONS; step++) {
      const { host, kernel, label } = nextAction(world)
      history.push(label)
      const expected = outcome(host)
      const actual = outcome(kernel)
      const words = () => `seed ${seed}, step ${step}\n${history.slice(-25).join("\n")}`.replaceAll(`${top}/`, "")
      if (JSON.stringify(expected) !== JSON.stringify(actual)) assert.deepStrictEqual(actual, expected, words())
      if (step % 250 === 249) compareTrees(world, NodePath.join(base, `run-${seed}`), words())
    }
  } finally {
    for (const { fd } of world.handles) NodeFs.closeSync(fd)
  }
  for (const { file } of world.handles) file.close()
  fs.remove(root, base, { recursive: true })
  for (let path = NodePath.dirname(base); path !== "/"; path = NodePath.dirname(path)) fs.rmdir(root, path)
  assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 }, `seed ${seed}: something leaks`)
}

describe("Filesystem against the host", () => {
  it(`agrees over ${RUNS * OPERATIONS} random operations`, { timeout: 600_000 }, () => {
    const base = NodeFs.realpathSync(NodeFs.mkdtempSync(NodePath.join(NodeOs.tmpdir(), "differential-")))
    try {
      for (let run = 0; run < RUNS; run++) runSequence(base, FIRST_SEED + run)
    } finally {
      NodeFs.rmSync(base, { recursive: true, force: true })
    }
  })
})
