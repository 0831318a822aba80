/**
 * The limits of a VM. The kernel counts each of them; at 100 % an operation fails with an error that names the limit.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { integerBetween, withDefault } from "./Primitives.ts"

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

const limit = (value: number, maximum: number) => withDefault(integerBetween(1, maximum), () => value)

/**
 * All values are positive integers. Sizes are in bytes, times in milliseconds.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Limits = Schema.Struct({
  /** Content of all files together. Default 64 MiB. Enforced by the filesystem, on every write: ENOSPC. */
  filesystemBytes: limit(64 * MiB, 64 * GiB),
  /** Files, directories and links together. Default 16,384. Enforced by the filesystem, on creation: ENOSPC. */
  inodes: limit(16_384, 16_777_216),
  /** Processes, ended ones that nobody has waited for included. Default 256. Enforced on spawn: EAGAIN. */
  processes: limit(256, 65_536),
  /**
   * Open descriptors of one VM, of all its guests and its host together. Default 256. Enforced on open: ENFILE. A process
   * of a guest has 1,024 descriptors at most, whatever this is: one more is EMFILE.
   */
  openFiles: limit(256, 65_536),
  /** Pipes. Default 128. Not enforced yet: another value is refused with NotYetSupported, as with sockets and connections. */
  pipes: limit(128, 65_536),
  /** Terminals open at one time. Default 128. Enforced by openTerminal: ENOSPC. */
  ptys: limit(128, 65_536),
  /** Shell sessions. Default 64. Enforced when one begins: ENOSPC. */
  shellSessions: limit(64, 4096),
  /**
   * State of one shell session between two commands: variables, functions and the rest, with some overhead. Default 1 MiB.
   * Enforced when a command in it has ended: SessionLimit. It is kept outside the filesystem, once for each snapshot and
   * fork in which it differs.
   */
  sessionBytes: limit(MiB, 64 * MiB),
  /** Sockets, listening ones included. Default 256. */
  sockets: limit(256, 65_536),
  /** Established connections. Default 256. */
  connections: limit(256, 65_536),
  /** Entries of one directory listing. Default 4,096. Enforced by the filesystem, on readdir: ENOMEM. */
  readdirEntries: limit(4096, 1_048_576),
  /** Arguments of one process. Default 1 MiB. Enforced on spawn: E2BIG. */
  argvBytes: limit(MiB, 64 * MiB),
  /** Environment of one process. Default 1 MiB. Enforced on spawn: E2BIG. */
  envBytes: limit(MiB, 64 * MiB),
  /** Output that is collected for one process, per stream. Default 16 MiB. Enforced while it runs: OutputLimit. */
  outputBytes: limit(16 * MiB, GiB),
  /** One whole-file read. Default 64 MiB. Enforced by the filesystem: EFBIG; streams are not bound by it. */
  readBytes: limit(64 * MiB, GiB),
  /**
   * JavaScript heap of one guest worker. Default 256 MiB: a worker that passes it dies, its processes with SIGKILL. It is
   * set for a whole sidecar (`workerHeapMb`); another value for one VM is refused with NotYetSupported.
   */
  workerHeapBytes: limit(256 * MiB, 4 * GiB),
  /**
   * Memory of one WebAssembly program, in whole pages of 64 KiB. Default 256 MiB. Enforced when it starts: one that begins
   * with more is not run, with exit code 126; and while it runs: its memory does not grow beyond.
   */
  wasmMemoryBytes: limit(256 * MiB, 4 * GiB),
  /** Time for one tool call, unless the tool has its own. Default 30 s. Enforced by the host: the call fails. */
  toolTimeoutMs: limit(30_000, 300_000)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Limits extends Schema.Schema.Type<typeof Limits> {}

// made once: every lease needs it, and making it checks it
let defaults: Limits | undefined

/**
 * @since 0.1.0
 * @category constructors
 */
export const defaultLimits = (): Limits => (defaults ??= Limits.make({}))
