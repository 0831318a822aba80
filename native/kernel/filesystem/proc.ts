/** `/proc`: nodes made up from a view of the processes when they are looked at. */
import { Inode, S_IFDIR, S_IFLNK, S_IFREG } from "./inode.ts"
import type { MountInfo } from "./mount-table.ts"
import { Account, Owner } from "./owner.ts"
import type { ProcProcess } from "./proc-process.ts"
import { processTexts } from "./proc-process.ts"
import type { SyntheticVolume } from "./volume.ts"

/** What `/proc` shows. The kernel implements it over its process table. */
export interface ProcSource {
  readonly version: string
  readonly cpuCount: number
  /** Nanoseconds since 1970 at which the VM started, and now. */
  readonly startedAt: bigint
  now(): bigint
  memory(): { readonly total: number; readonly free: number }
  mounts(): ReadonlyArray<MountInfo>
  pids(): ReadonlyArray<number>
  process(pid: number): ProcProcess | undefined
  /** Whether another process, or the host, may see a process. */
  shows(pid: number, viewer: number | undefined): boolean
  /** Faults unless it may. */
  mayShow(pid: number, viewer: number | undefined): void
}

const kilobytes = (bytes: number): string => `${Math.floor(bytes / 1024)}`.padStart(8)

/** Octal escapes, as the kernel writes mount paths. */
const escape = (text: string): string =>
  text.replace(/[\s\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`)

const cpuinfo = (source: ProcSource): string =>
  Array.from(
    { length: source.cpuCount },
    (_, i) => `processor\t: ${i}\nvendor_id\t: Virtual\nmodel name\t: Virtual CPU\ncpu cores\t: ${source.cpuCount}\n\n`
  ).join("")

const meminfo = (source: ProcSource): string => {
  const { free, total } = source.memory()
  const rows: ReadonlyArray<readonly [string, number]> = [
    ["MemTotal:", total],
    ["MemFree:", free],
    ["MemAvailable:", free],
    ["SwapTotal:", 0],
    ["SwapFree:", 0]
  ]
  return rows.map(([name, bytes]) => `${name.padEnd(16)}${kilobytes(bytes)} kB\n`).join("")
}

const loadavg = (source: ProcSource, viewer: number | undefined): string => {
  const pids = source.pids().filter((pid) => source.shows(pid, viewer))
  const running = pids.filter((pid) => source.process(pid)?.state === "R").length
  return `0.00 0.00 0.00 ${running}/${pids.length} ${Math.max(0, ...pids)}\n`
}

const uptime = (source: ProcSource): string => {
  const seconds = (Number(source.now() - source.startedAt) / 1e9).toFixed(2)
  return `${seconds} ${seconds}\n`
}

const mountTable = (source: ProcSource): string =>
  source.mounts().map(({ path, readOnly, source: device, type }) =>
    `${escape(device)} ${escape(path)} ${escape(type)} ${readOnly ? "ro" : "rw"},noatime 0 0\n`
  ).join("")

const filesystems = (): string => "nodev\trootfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\tmemory\n"

const texts: ReadonlyArray<
  readonly [
    name: string,
    text: (source: ProcSource, viewer: number | undefined) => string
  ]
> = [
  ["cpuinfo", cpuinfo],
  ["filesystems", filesystems],
  ["loadavg", loadavg],
  ["meminfo", meminfo],
  ["mounts", mountTable],
  ["uptime", uptime],
  ["version", (source) => `${source.version}\n`]
]

/**
 * Inode numbers: the root, then the plain files and `self`, then a block for each process: its directory, its files,
 * and from `FD` on its descriptors.
 */
const ROOT = 1
const TEXTS = 2
const SELF = TEXTS + texts.length
const BLOCK = 2 ** 17
const CWD = 30
const FD_DIRECTORY = 31
const FD = 32
const MAX_FD = BLOCK - FD - 1

const owner = new Owner(new Account())
const encoder = new TextEncoder()
const pidPattern = /^[1-9]\d{0,9}$/
const fdPattern = /^(0|[1-9]\d{0,5})$/

class Proc implements SyntheticVolume {
  readonly rootIno = ROOT

  constructor(private readonly source: ProcSource) {}

  private node(ino: number, mode: number, process: ProcProcess | undefined, target?: string): Inode {
    const time = process?.startedAt ?? this.source.startedAt
    const inode = new Inode(owner, ino, owner.account, mode, process?.uid ?? 0, process?.gid ?? 0, time)
    inode.target = target
    inode.parent = process === undefined || ino % BLOCK === 0 ? ROOT : Math.floor(ino / BLOCK) * BLOCK
    if (ino % BLOCK >= FD && process !== undefined) inode.parent += FD_DIRECTORY
    if (inode.isDirectory) inode.nlink = 2
    return inode
  }

  inode(ino: number, pid: number | undefined): Inode | undefined {
    if (ino >= BLOCK) return this.processNode(ino, pid)
    if (ino === ROOT) return this.node(ino, S_IFDIR | 0o555, undefined)
    if (ino === SELF) return pid === undefined ? undefined : this.node(ino, S_IFLNK | 0o777, undefined, String(pid))
    return ino < SELF ? this.node(ino, S_IFREG | 0o444, undefined) : undefined
  }

  private processNode(ino: number, viewer: number | undefined): Inode | undefined {
    const pid = Math.floor(ino / BLOCK)
    this.source.mayShow(pid, viewer)
    const process = this.source.process(pid)
    if (process === undefined) return undefined
    const slot = ino % BLOCK
    if (slot === 0) return this.node(ino, S_IFDIR | 0o555, process)
    if (slot === CWD) return this.node(ino, S_IFLNK | 0o777, process, process.cwd)
    if (slot === FD_DIRECTORY) return this.node(ino, S_IFDIR | 0o500, process)
    if (slot >= FD) {
      const target = process.descriptors.find(({ fd }) => fd === slot - FD)?.target
      return target === undefined ? undefined : this.node(ino, S_IFLNK | 0o700, process, target)
    }
    const text = processTexts[slot - 1]
    return text === undefined ? undefined : this.node(ino, S_IFREG | text.mode, process)
  }

  child(directory: Inode, name: string, pid: number | undefined): Inode | undefined {
    const ino = this.childIno(directory.ino, name)
    return ino === undefined ? undefined : this.inode(ino, pid)
  }

  private childIno(directory: number, name: string): number | undefined {
    if (directory === ROOT) {
      if (name === "self") return SELF
      if (pidPattern.test(name)) return Number(name) * BLOCK
      const index = texts.findIndex(([text]) => text === name)
      return index === -1 ? undefined : TEXTS + index
    }
    if (directory % BLOCK === FD_DIRECTORY) {
      const fd = fdPattern.test(name) ? Number(name) : MAX_FD + 1
      return fd <= MAX_FD ? directory - FD_DIRECTORY + FD + fd : undefined
    }
    if (name === "cwd") return directory + CWD
    if (name === "fd") return directory + FD_DIRECTORY
    const index = processTexts.findIndex((text) => text.name === name)
    return index === -1 ? undefined : directory + 1 + index
  }

  private names(directory: number, viewer: number | undefined): ReadonlyArray<string> {
    if (directory === ROOT) {
      const pids = this.source.pids().filter((pid) => this.source.shows(pid, viewer))
      return ["self", ...texts.map(([name]) => name), ...pids.map(String)]
    }
    const process = this.source.process(Math.floor(directory / BLOCK))
    if (process === undefined) return []
    if (directory % BLOCK === FD_DIRECTORY) return process.descriptors.map(({ fd }) => String(fd))
    return ["cwd", "fd", ...processTexts.map(({ name }) => name)]
  }

  list(directory: Inode, f: (name: string, inode: Inode) => void, pid: number | undefined): void {
    for (const name of this.names(directory.ino, pid)) {
      const child = this.child(directory, name, pid)
      if (child !== undefined) f(name, child)
    }
  }

  read(inode: Inode, viewer: number | undefined): Uint8Array {
    if (inode.ino < BLOCK) return encoder.encode(texts[inode.ino - TEXTS][1](this.source, viewer))
    const process = this.source.process(Math.floor(inode.ino / BLOCK))
    const text = processTexts[(inode.ino % BLOCK) - 1]
    return process === undefined ? new Uint8Array(0) : encoder.encode(text.text(process, this.source.startedAt))
  }
}

export const makeProc = (source: ProcSource): SyntheticVolume => new Proc(source)
