/** Random operations on files, as data: both sides carry them out. */
import * as Flags from "../../../../native/kernel/filesystem/flags.ts"
import type { HostFacts } from "./host.ts"

/** Who does it (an index), what, and with which arguments. */
export type Operation = readonly [user: number, name: string, ...args: ReadonlyArray<unknown>]

export type Random = (n: number) => number

/** An open file: its number, and who opened it. */
export interface Slot {
  readonly slot: number
  readonly user: number
}

const names = ["a", "b", "c", "d", "e", "x".repeat(255)]
const targets = ["a", "b", "c/d", "../a", "a/b/", ".", "d/../e", "missing", "x".repeat(256)]
const MOST_OPEN = 6

/** Linux 6.2 settled when set-group-ID bits go. */
const settled = (release: string): boolean => {
  const [major, minor] = release.split(".").map(Number)
  return major > 6 || (major === 6 && minor >= 2)
}

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
  const depth = 1 + random(random(5) === 0 ? 4 : 2)
  const parts = Array.from({ length: depth }, () => component(random))
  const tail = random(25) === 0 ? "/" : random(60) === 0 ? "/." : ""
  return `${top}/${parts.join("/")}${tail}`
}

const randomSize = (random: Random): number => random(8) === 0 ? random(150_000) : random(50)
const randomByte = (random: Random): number => random(255) + 1
const randomTimes = (random: Random): ReadonlyArray<number> | null =>
  random(3) === 0 ? null : [random(1_000_000), random(1_000_000)]

const randomFlags = (random: Random): number => {
  let flags = random(3)
  for (const flag of [Flags.O_CREAT, Flags.O_CREAT, Flags.O_EXCL, Flags.O_TRUNC, Flags.O_APPEND, Flags.O_NOFOLLOW]) {
    if (random(3) === 0) flags |= flag
  }
  // What O_CREAT means together with O_DIRECTORY differs between kernels, and O_EXCL alone means nothing.
  if (random(8) === 0) flags = (flags & ~Flags.O_CREAT) | Flags.O_DIRECTORY
  if (random(8) === 0) flags |= Flags.O_NONBLOCK
  return (flags & Flags.O_CREAT) === 0 ? flags & ~Flags.O_EXCL : flags
}

type Make = (source: Source, path: string, other: string) => ReadonlyArray<unknown>

const onPaths: ReadonlyArray<readonly [weight: number, name: string, make: Make]> = [
  [6, "writeFile", ({ random }, path) => [path, randomByte(random), randomSize(random)]],
  [3, "append", ({ random }, path) => [path, randomByte(random), randomSize(random)]],
  [2, "create", (source, path) => [path, source.mode([0o640, 0o666, 0o2755])]],
  [6, "readFile", (_, path) => [path]],
  [8, "mkdir", (source, path) => [path, source.directoryMode()]],
  [1, "mkfifo", ({ random }, path) => [path, pick(random, [0o666, 0o600])]],
  [3, "rmdir", (_, path) => [path]],
  [5, "unlink", (_, path) => [path]],
  [8, "rename", (_, path, other) => [path, other, 0]],
  [4, "rename", ({ random }, path, other) => [path, other, pick(random, [1, 2, 2, 3])]],
  [4, "link", (_, path, other) => [path, other]],
  [4, "symlink", ({ random, top }, path) => [
    random(4) === 0 ? `${top}/${pick(random, names)}` : pick(random, targets),
    path
  ]],
  [3, "readlink", (_, path) => [path]],
  [5, "chmod", (source, path) => [
    path,
    source.random(2) === 0 ? source.directoryMode() : source.mode([0o644, 0o755, 0o600, 0o4755, 0o2775, 0o2744])
  ]],
  [5, "chown", (source, path) => [path, source.uid(), source.gid(), source.random(3) > 0]],
  [3, "truncate", ({ random }, path) => [path, random(3) === 0 ? random(200_000) : random(100)]],
  [6, "stat", (_, path) => [path]],
  [6, "lstat", (_, path) => [path]],
  [4, "readdir", (_, path) => [path]],
  [3, "realpath", (_, path) => [path]],
  [5, "access", ({ random }, path) => [path, random(8)]],
  [3, "utimes", ({ random }, path) => [path, randomTimes(random), random(3) > 0]]
]

const totalWeight = onPaths.reduce((sum, [weight]) => sum + weight, 0)

type MakeOnFile = (source: Source, slot: number) => ReadonlyArray<unknown>

const onFiles: ReadonlyArray<readonly [name: string, make: MakeOnFile]> = [
  ["close", (_, slot) => [slot]],
  ["close", (_, slot) => [slot]],
  ["write", ({ random }, slot) => [slot, randomByte(random), randomSize(random)]],
  ["write", ({ random }, slot) => [slot, randomByte(random), randomSize(random)]],
  ["pwrite", ({ random }, slot) => [slot, random(100), randomByte(random), randomSize(random)]],
  ["pwrite", ({ random }, slot) => [slot, random(100), randomByte(random), randomSize(random)]],
  ["ftruncate", ({ random }, slot) => [slot, random(5000)]],
  ["fstat", (_, slot) => [slot]],
  ["read", ({ random }, slot) => [slot, random(200)]],
  ["read", ({ random }, slot) => [slot, random(200)]],
  ["pread", ({ random }, slot) => [slot, random(100), random(200)]],
  ["seek", ({ random }, slot) => [slot, random(random(3) === 0 ? 100_000 : 100) - 30, random(3)]],
  ["fchmod", (source, slot) => [slot, source.mode([0o644, 0o600, 0o4755, 0o2755])]],
  ["fchown", (source, slot) => [slot, source.uid(), source.gid()]],
  ["futimes", ({ random }, slot) => [slot, randomTimes(random)]],
  ["fsync", (_, slot) => [slot]],
  ["freaddir", (_, slot) => [slot]],
  ["dup", (source, slot) => [slot, source.nextSlot()]]
]

/** Makes one operation after the other; who uses it tells which files are open. */
export class Source {
  readonly open: Array<Slot> = []
  private user = 0
  private slots = 0
  private readonly setsGroup: boolean

  constructor(readonly random: Random, readonly top: string, private readonly facts: HostFacts) {
    this.setsGroup = settled(facts.release)
  }

  nextSlot(): number {
    return ++this.slots
  }

  uid(): number {
    return pick(this.random, [-1, ...this.facts.users.map(({ uid }) => uid)])
  }

  gid(): number {
    return pick(this.random, [-1, ...this.facts.users.flatMap(({ gid, groups }) => [gid, ...groups])])
  }

  /** One of the modes, without what the host's kernel has rules of its own for. */
  mode(modes: ReadonlyArray<number>): number {
    return pick(this.random, modes) & (this.setsGroup ? 0o7777 : 0o5777)
  }

  /** A sticky directory that others may write to has more rules on a host with the settings `fs.protected_*`. */
  directoryMode(): number {
    const { fifos, regular, symlinks } = this.facts.protected
    const sticky = Math.max(fifos, regular, symlinks) === 0 ? [0o1777, 0o1777, 0o1775] : []
    return this.mode([0o777, 0o777, 0o777, 0o700, 0o770, 0o755, 0o2775, 0o2777, 0o711, 0o744, ...sticky])
  }

  next(): Operation {
    const { facts, open, random } = this
    // the superuser keeps the tree from being locked up by its users
    if (random(6) === 0) this.user = random(facts.users.length)
    if (random(100) === 0) return [this.user, "umask", pick(random, [0o022, 0o022, 0, 0o077, 0o002])]
    if (open.length > 0 && random(4) === 0) {
      const { slot, user } = pick(random, open)
      const [name, make] = pick(random, onFiles)
      return [user, name, ...make(this, slot)]
    }
    const path = randomPath(random, this.top)
    if (open.length < MOST_OPEN && random(8) === 0) {
      return [
        this.user,
        "open",
        this.nextSlot(),
        path,
        randomFlags(random),
        pick(random, [0o666, 0o777, 0o600, 0o4755])
      ]
    }
    const other = randomPath(random, this.top)
    let at = random(totalWeight)
    for (const [weight, name, make] of onPaths) {
      at -= weight
      if (at >= 0) continue
      // without the setting, anybody may give a name to anything
      const user = name === "link" && facts.protected.hardlinks === 0 ? 0 : this.user
      return [user, name, ...make(this, path, other)]
    }
    throw new Error("unreachable")
  }
}
