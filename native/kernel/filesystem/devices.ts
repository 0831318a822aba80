/** Character devices: what reading and writing them does, and the tree of `/dev`. */
import { S_IFCHR } from "./inode.ts"
import type { Operation } from "./operation.ts"
import type { State } from "./state.ts"
import type { Snapshot } from "./tree.ts"
import { ROOT_INO, Tree } from "./tree.ts"

/** The number of a device. */
export const device = (major: number, minor: number): number => (major << 8) | minor

const NULL = device(1, 3)
const ZERO = device(1, 5)
const FULL = device(1, 7)
const RANDOM = device(1, 8)
const URANDOM = device(1, 9)
const TTY = device(5, 0)
const PTMX = device(5, 2)
/** Terminals, as Linux numbers them. */
export const TERMINAL_MAJOR = 136
const STDIN = device(60, 0)
const STDOUT = device(60, 1)
const STDERR = device(60, 2)

/** Bytes of an endless device that a whole-file read returns. */
export const WHOLE_DEVICE_BYTES = 4096
/** Most bytes that one read of an endless device returns. */
const READ_BYTES = 64 * 1024

/** A VM has no controlling terminal of its own, and those of its guests are opened where the guests are. */
export const canOpen = (rdev: number): boolean => rdev !== TTY && rdev !== PTMX && rdev >> 8 !== TERMINAL_MAJOR

export const readDevice = (state: State, rdev: number, length: number): Uint8Array => {
  const bytes = Math.min(length, READ_BYTES)
  switch (rdev) {
    case ZERO:
    case FULL:
      return new Uint8Array(bytes)
    case RANDOM:
    case URANDOM: {
      const out = new Uint8Array(bytes)
      state.random(out)
      return out
    }
    default:
      // The standard streams belong to processes; seen as files they are empty.
      return new Uint8Array(0)
  }
}

export const writeDevice = (op: Operation, rdev: number, length: number): number => {
  if (rdev === FULL && length > 0) throw op.fault("ENOSPC")
  return length
}

const nodes: ReadonlyArray<readonly [name: string, rdev: number, mode: number]> = [
  ["null", NULL, 0o666],
  ["zero", ZERO, 0o666],
  ["full", FULL, 0o666],
  ["random", RANDOM, 0o666],
  ["urandom", URANDOM, 0o666],
  ["tty", TTY, 0o666],
  ["stdin", STDIN, 0o666],
  ["stdout", STDOUT, 0o666],
  ["stderr", STDERR, 0o666]
]

const buildDevices = (): Snapshot => {
  const tree = Tree.empty(0n)
  for (const [name, rdev, mode] of nodes) tree.create(ROOT_INO, name, S_IFCHR | mode, 0, 0, 0n).rdev = rdev
  tree.createLink(ROOT_INO, "fd", "/proc/self/fd", 0, 0, 0n)
  tree.create(ROOT_INO, "shm", 0o041777, 0, 0, 0n)
  tree.create(ROOT_INO, "pts", 0o040755, 0, 0, 0n)
  return tree.snapshot()
}

let devices: Snapshot | undefined

/** The tree to mount on `/dev`, built once and shared by all VMs. */
export const deviceSnapshot = (): Snapshot => (devices ??= buildDevices())
