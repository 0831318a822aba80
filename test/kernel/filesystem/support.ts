import { assert } from "@effect/vitest"
import { Fault } from "../../../native/kernel/fault.ts"
import type { Caller } from "../../../native/kernel/filesystem/filesystem.ts"
import { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import type { FilesystemLimits } from "../../../native/kernel/filesystem/state.ts"
import type { Snapshot } from "../../../native/kernel/filesystem/tree.ts"
import { Tree } from "../../../native/kernel/filesystem/tree.ts"

export const root: Caller = { credentials: { uid: 0, gid: 0, groups: [], umask: 0o022 }, cwd: "/" }
export const user: Caller = { credentials: { uid: 1000, gid: 1000, groups: [], umask: 0o022 }, cwd: "/" }

export const wide: FilesystemLimits = {
  bytes: 2 ** 40,
  inodes: 2 ** 40,
  openFiles: 2 ** 20,
  readdirEntries: 2 ** 20
}

export interface Options {
  readonly root?: Snapshot
  readonly limits?: Partial<FilesystemLimits>
  readonly readOnly?: boolean
}

/** A filesystem whose clock goes on by one microsecond with every look. */
export const make = (options: Options = {}): Filesystem => {
  let time = 1_000_000_000_000n
  return new Filesystem({
    root: options.root ?? Tree.empty(0n).snapshot(),
    readOnly: options.readOnly === true,
    now: () => (time += 1000n),
    limits: { ...wide, ...options.limits },
    random: (bytes) => bytes.fill(7)
  })
}

/** What a call throws; fails the test when it throws nothing, or anything but a fault. */
export const faultOf = (run: () => unknown): Fault => {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error("the call did not fail")
}

export const fails = (errno: string, run: () => unknown): Fault => {
  const fault = faultOf(run)
  assert.strictEqual(fault.errno, errno, `${fault.syscall} ${fault.path}`)
  return fault
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)
export const text = (data: Uint8Array): string => decoder.decode(data)

/** A small deterministic generator: numbers below `n`. */
export const makeRandom = (seed: number): (n: number) => number => {
  let state = (seed ^ 0x9e3779b9) >>> 0
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}

/** Every path of a tree with what a full comparison needs. */
export const names = (fs: Filesystem, path: string): Array<string> => fs.readdir(root, path).map(({ name }) => name)
