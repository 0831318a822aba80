/**
 * Processes of a VM.
 *
 * @since 0.1.0
 */
import * as Codec from "../Codec.ts"
import { make, nothing } from "./Operation.ts"

const environment = Codec.array(Codec.struct({ name: Codec.string, value: Codec.string }))

/**
 * Runs a command. Up: standard input, until its end. Down: chunks that begin with a byte of channel: 0 the
 * process has started (its pid as u32 follows), 1 stdout, 2 stderr. A cancel kills the process and all its descendants.
 *
 * @since 0.1.0
 * @category operations
 */
export const run = make(
  48,
  "run",
  Codec.struct({
    vm: Codec.u32,
    command: Codec.string,
    argv: Codec.array(Codec.string),
    cwd: Codec.optional(Codec.string),
    env: environment,
    /** Milliseconds until the process is killed. */
    timeoutMs: Codec.optional(Codec.f64),
    /** Bytes of standard output, and of standard error, after which the process is killed. */
    maxOutputBytes: Codec.optional(Codec.f64),
    /** What the host names its span by; told with what the process and its descendants ask of the host. */
    trace: Codec.optional(Codec.u32),
    /** Whether standard input follows as a stream; without it, it is empty. */
    stdin: Codec.bool,
    /** The shell session that the command runs in, after those that are there before it. */
    session: Codec.optional(Codec.string)
  }),
  Codec.struct({
    /** 0: it has not begun, because its session was busy until the deadline. */
    pid: Codec.u32,
    exitCode: Codec.u16,
    signal: Codec.optional(Codec.string),
    /** Whether the deadline or the output limit ended it; `session`: it ended, but its state is too large to be kept. */
    stopped: Codec.literals("no", "deadline", "output", "session")
  })
)

/**
 * A shell session, as `sessions` tells of it.
 *
 * @since 0.1.0
 * @category codecs
 */
export const sessionCodec = Codec.struct({
  name: Codec.string,
  /** None before its first command has ended. */
  cwd: Codec.optional(Codec.string),
  bytes: Codec.u32,
  busy: Codec.bool
})

/** Down: records of `sessionCodec`, by name. @since 0.1.0 @category operations */
export const sessions = make(62, "sessions", Codec.struct({ vm: Codec.u32 }), nothing)

/** Forgets a shell session; answers whether there was one. @since 0.1.0 @category operations */
export const dropSession = make(
  63,
  "dropSession",
  Codec.struct({ vm: Codec.u32, name: Codec.string }),
  Codec.struct({ found: Codec.bool })
)

/**
 * Starts a process that runs on its own, until its tree is stopped or the VM released. `script`: shell text with its
 * positional parameters; `program`: one that is looked for along PATH, with its arguments. `unread`: what becomes of
 * output that nobody reads when there is no more room for it.
 *
 * @since 0.1.0
 * @category operations
 */
export const spawn = make(
  52,
  "spawn",
  Codec.struct({
    vm: Codec.u32,
    form: Codec.literals("script", "program"),
    command: Codec.string,
    argv: Codec.array(Codec.string),
    cwd: Codec.optional(Codec.string),
    env: environment,
    stdin: Codec.bool,
    unread: Codec.literals("discard", "suspend"),
    keepBytes: Codec.u32,
    /** As in `run`. */
    trace: Codec.optional(Codec.u32)
  }),
  Codec.struct({ pid: Codec.u32 })
)

/**
 * Starts a program in a terminal of its own, which it leads a session on. What it writes is the `stdout` of its output;
 * `writeStdin` is what is typed, without an end. Columns and rows are counted from 1 to 65,535.
 *
 * @since 0.1.0
 * @category operations
 */
export const openTerminal = make(
  60,
  "openTerminal",
  Codec.struct({
    vm: Codec.u32,
    command: Codec.string,
    argv: Codec.array(Codec.string),
    cwd: Codec.optional(Codec.string),
    env: environment,
    columns: Codec.u16,
    rows: Codec.u16,
    unread: Codec.literals("discard", "suspend"),
    keepBytes: Codec.u32,
    /** As in `run`. */
    trace: Codec.optional(Codec.u32)
  }),
  Codec.struct({ pid: Codec.u32, tty: Codec.string })
)

/** Tells a terminal the size of its window, by the process that was started in it. @since 0.1.0 @category operations */
export const resizeTerminal = make(
  61,
  "resizeTerminal",
  Codec.struct({ vm: Codec.u32, pid: Codec.u32, columns: Codec.u16, rows: Codec.u16 }),
  nothing
)

const onProcess = Codec.struct({ vm: Codec.u32, pid: Codec.u32 })

/** Answers when the process has room for more; `end` closes its standard input. @since 0.1.0 @category operations */
export const writeStdin = make(
  53,
  "writeStdin",
  Codec.struct({ vm: Codec.u32, pid: Codec.u32, end: Codec.bool, content: Codec.rest }),
  nothing
)
/**
 * Reads what a process and its descendants have written from a position on, or from the oldest byte kept, until its end.
 * Down: the position of the first byte as f64, then chunks; those of `output`, which is both channels in the order
 * written, begin with a byte of channel as in `run`. `missing`: what is not kept any more, in place of all that.
 *
 * @since 0.1.0
 * @category operations
 */
export const attach = make(
  54,
  "attach",
  Codec.struct({
    vm: Codec.u32,
    pid: Codec.u32,
    view: Codec.literals("stdout", "stderr", "output"),
    cursor: Codec.optional(Codec.f64)
  }),
  Codec.struct({ missing: Codec.optional(Codec.struct({ from: Codec.f64, to: Codec.f64 })) })
)

const exitStatus = Codec.struct({ exitCode: Codec.u16, signal: Codec.optional(Codec.string) })

/** Answers when the process has ended and its outputs are closed. @since 0.1.0 @category operations */
export const waitProcess = make(55, "wait", onProcess, exitStatus)
/** Sends a signal to a process, a process group, or a tree. @since 0.1.0 @category operations */
export const signal = make(
  56,
  "signal",
  Codec.struct({
    vm: Codec.u32,
    scope: Codec.literals("process", "group", "tree"),
    id: Codec.u32,
    signal: Codec.string
  }),
  nothing
)

/**
 * A process, as `list` tells of it.
 *
 * @since 0.1.0
 * @category codecs
 */
export const processCodec = Codec.struct({
  pid: Codec.u32,
  ppid: Codec.u32,
  pgid: Codec.u32,
  sid: Codec.u32,
  root: Codec.u32,
  tty: Codec.optional(Codec.string),
  argv: Codec.array(Codec.string),
  cwd: Codec.string,
  uid: Codec.u32,
  gid: Codec.u32,
  state: Codec.literals("running", "stopped", "zombie", "ended"),
  startedAtMs: Codec.f64,
  cpuMs: Codec.f64,
  descriptors: Codec.u32,
  status: Codec.optional(exitStatus)
})

/** Down: records of `processCodec`: all, or one, which may have ended. @since 0.1.0 @category operations */
export const processes = make(
  57,
  "processes",
  Codec.struct({ vm: Codec.u32, pid: Codec.optional(Codec.u32) }),
  nothing
)
/**
 * Ends the tree of a process: SIGTERM, and SIGKILL after a time (at once when that is 0). Answers when nothing of it lives.
 *
 * @since 0.1.0
 * @category operations
 */
export const stopProcess = make(
  59,
  "stopProcess",
  Codec.struct({ vm: Codec.u32, pid: Codec.u32, graceMs: Codec.f64 }),
  nothing
)
