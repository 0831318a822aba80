/**
 * The processes of one VM: running what a model wrote, with live output, deadlines and typed errors.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { KernelError } from "../src/errors/KernelError.ts"
import type { PathError } from "../src/errors/PathError.ts"
import type { ProcessError } from "../src/errors/ProcessError.ts"
import type { SidecarError } from "../src/errors/SidecarError.ts"
import type { TransportError } from "../src/errors/TransportError.ts"
import type { Signal } from "../src/Signals.ts"

/**
 * Everything that running a command can fail with. A non-zero exit code is a result.
 *
 * @since 0.1.0
 * @category errors
 */
export type ProcessesError = ProcessError | PathError | KernelError | SidecarError | TransportError

/**
 * @since 0.1.0
 * @category models
 */
export interface RunOptions<E = never, R = never> {
  /** Working directory; absolute. Default: the user's home. */
  readonly cwd?: string | undefined
  /** Variables that are added to the VM's environment, or replace it there. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Positional parameters of the command: `$1`, `$2`, ... */
  readonly args?: ReadonlyArray<string> | undefined
  /** Standard input. Default: empty. */
  readonly stdin?: string | Uint8Array | Stream.Stream<Uint8Array, E, R> | undefined
  /** After this the process and its descendants are killed, and the run fails with `TimedOut`. Default: none. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * The shell session that the command runs in: one shell of the VM that goes on from command to command, by its name of 1 to
   * 64 letters, digits, `.`, `_` and `-`. It begins with its first command. Default: a shell of the command's own.
   *
   * - *What stays*: the working directory and the stack of `pushd`, variables with their attributes, functions, aliases, `set`
   *   and `shopt`, `$1` and on, `$?`, `umask`, `ulimit`, traps. *What ends with the command*: descriptors that `exec` has
   *   opened, the list of jobs (background processes live on as without a session), and `$$`, which each command has anew.
   * - The commands of a session run one after the other, in the order in which they came; a command that waits can be
   *   interrupted, and `timeout` counts from the call, so that it is `TimedOut` with no `pid` when the session was busy all
   *   the time. Different sessions run at once.
   * - `exit` ends the command with its code, and the session goes on as it was then. So it does after whatever else ends a
   *   script: `set -e`, `${x:?}`, a syntax error, `exec PROGRAM`. The EXIT trap runs where a shell would end, and not
   *   between two commands.
   * - A command that does not end by itself, but is interrupted, times out, goes beyond `maxOutputBytes` or dies of a signal,
   *   leaves the session as it was before that command.
   * - `cwd`, `env` and `args` are set in the session, and stay: as if the command began with `cd`, `export` and `set --`.
   * - The session is data that the VM keeps: it outlives the worker that its commands run in, is part of snapshots of the root
   *   and of what they restore, and a fork has its own, which begins as the origin's was. Commands fail with ENOSPC above the
   *   limit `shellSessions`, and with `SessionLimit` when the state is above `sessionBytes`, which leaves it as it was.
   */
  readonly session?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ExecOptions<E = never, R = never> extends RunOptions<E, R> {
  /**
   * Bytes of standard output, and of standard error, to keep. Above it the process is killed and the run fails with
   * `OutputLimit`. Default: the VM's limit `outputBytes` (16 MiB).
   */
  readonly maxOutputBytes?: number | undefined
}

/**
 * How a command ended. A process that died of signal n has exit code 128 + n.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExecResult {
  readonly exitCode: number
  /** As UTF-8 text. Bytes that matter come from `run`. */
  readonly stdout: string
  readonly stderr: string
}

/**
 * What happens to a running command, in order: `Started` first, `Exited` last and after all output.
 *
 * @since 0.1.0
 * @category models
 */
export type ProcessEvent =
  | { readonly _tag: "Started"; readonly pid: number }
  | { readonly _tag: "Stdout"; readonly bytes: Uint8Array }
  | { readonly _tag: "Stderr"; readonly bytes: Uint8Array }
  | { readonly _tag: "Exited"; readonly pid: number; readonly exitCode: number; readonly signal?: string }

/**
 * How a process ended: by itself, or of a signal.
 *
 * @since 0.1.0
 * @category models
 */
export type ExitStatus =
  | { readonly exitCode: number; readonly signal?: undefined }
  | { readonly signal: Signal; readonly exitCode?: undefined }

/**
 * @since 0.1.0
 * @category models
 */
export interface SpawnOptions {
  /** Working directory; absolute. Default: the user's home. */
  readonly cwd?: string | undefined
  /** Variables that are added to the VM's environment, or replace it there. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Whether standard input is a pipe, or empty. Default: a pipe, which the handle writes to. */
  readonly stdin?: "pipe" | "none" | undefined
  /**
   * Bytes of output, of both channels together, that are kept for readers who come later. Default 1 MiB; at least 512 KiB,
   * at most 64 MiB.
   */
  readonly keepBytes?: number | undefined
  /**
   * What happens to a process that has written `keepBytes` more than anybody has read, while nobody reads: `discard` drops
   * the oldest (after a second, in which a first reader may come), `suspend` lets it wait as at a full pipe. Default:
   * `discard`.
   */
  readonly unread?: "discard" | "suspend" | undefined
  /**
   * How long the process and its descendants have between SIGTERM and SIGKILL when the Scope closes. 0 kills them at once.
   * Default: 100 milliseconds.
   */
  readonly stopGrace?: Duration.DurationInput | undefined
}

/**
 * Positions in the output of a process: bytes since its start, of each channel and of both together. Without one, a stream
 * begins with the oldest byte that is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface AttachOptions {
  readonly stdoutCursor?: number | undefined
  readonly stderrCursor?: number | undefined
  readonly outputCursor?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface OutputPart {
  readonly channel: "stdout" | "stderr"
  readonly bytes: Uint8Array
}

/**
 * A process that runs on its own. The streams may be read any number of times, at the same time too; each goes on where
 * the handle's last one of its kind stopped, and ends with the process and all that hold its outputs. One that asks for
 * what is not kept any more fails with `Truncated` and the range that is missing. A reader that is slow suspends the
 * process.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProcessHandle {
  readonly pid: number
  /** Standard input; its end closes it. Waits while the process does not read, and fails with EPIPE when it never will. */
  readonly stdin: Sink.Sink<void, Uint8Array, never, ProcessesError>
  /** Writes to standard input and leaves it open. */
  readonly write: (bytes: Uint8Array | string) => Effect.Effect<void, ProcessesError>
  /** Closes standard input. */
  readonly endStdin: Effect.Effect<void, ProcessesError>
  readonly stdout: Stream.Stream<Uint8Array, ProcessesError>
  readonly stderr: Stream.Stream<Uint8Array, ProcessesError>
  /** Both channels in the order in which they were written. */
  readonly output: Stream.Stream<OutputPart, ProcessesError>
  /** How far this handle's streams have been read: what `attach` takes to go on from there. */
  readonly cursors: Effect.Effect<Required<AttachOptions>>
  /**
   * Waits until the process has ended and nobody holds its outputs. An ended process can be asked for ten minutes, and as
   * long as it is among the last 256.
   */
  readonly wait: Effect.Effect<ExitStatus, ProcessesError>
  readonly isRunning: Effect.Effect<boolean, ProcessesError>
  /** Sends a signal to the process alone. Default: SIGTERM. Nothing happens when it has ended. */
  readonly kill: (signal?: Signal) => Effect.Effect<void, ProcessesError>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TerminalSize {
  /** Columns and rows of the window, each from 1 to 65,535. */
  readonly cols: number
  readonly rows: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TerminalOptions extends TerminalSize {
  /** The program that is started in it. Default: `bash`. */
  readonly command?: string | undefined
  readonly args?: ReadonlyArray<string> | undefined
  /** Working directory; absolute. Default: the user's home. */
  readonly cwd?: string | undefined
  /** Variables that are added to the VM's environment, or replace it there. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** What the terminal can do, by its name in terminfo: `TERM`. Default: `xterm-256color`. */
  readonly term?: string | undefined
  /** As in `SpawnOptions`. */
  readonly keepBytes?: number | undefined
  /** As in `SpawnOptions`. */
  readonly unread?: "discard" | "suspend" | undefined
  /** How long its processes have between the hang-up and SIGKILL when the Scope closes. Default: 100 milliseconds. */
  readonly stopGrace?: Duration.DurationInput | undefined
}

/**
 * A terminal of the VM with a program in it. What is written to `input` is typed; what the programs show comes out of
 * `output`, which may be read any number of times: each reading goes on where the handle's last one stopped. Keys work as on
 * any terminal: `\x03` interrupts what is in the foreground, `\x1a` stops it, `\x04` ends the input.
 *
 * @since 0.1.0
 * @category models
 */
export interface TerminalHandle {
  /** Of the program that was started in it, which leads its session. */
  readonly pid: number
  /** Path in the VM, such as `/dev/pts/0`. */
  readonly tty: string
  readonly output: Stream.Stream<Uint8Array, ProcessesError>
  /** What is typed; its end ends nothing. A key that sends a signal is heard at once, whatever was typed and not read. */
  readonly input: Sink.Sink<void, Uint8Array, never, ProcessesError>
  /** Types. Waits while 64 KiB have not been read and 256 KiB more wait. */
  readonly write: (bytes: Uint8Array | string) => Effect.Effect<void, ProcessesError>
  /** Tells the window's size: the foreground hears SIGWINCH if it is another one. */
  readonly resize: (size: TerminalSize) => Effect.Effect<void, ProcessesError>
  /** How far `output` has been read: what `attachTerminal` takes to go on from there. */
  readonly cursor: Effect.Effect<number>
  /** Waits until the program has ended. What it leaves in the background has lost the terminal. */
  readonly wait: Effect.Effect<ExitStatus, ProcessesError>
  readonly isRunning: Effect.Effect<boolean, ProcessesError>
  /** Sends a signal to the program. Default: SIGHUP, which ends a shell that ignores SIGTERM. */
  readonly kill: (signal?: Signal) => Effect.Effect<void, ProcessesError>
}

/**
 * A process of a VM, whoever started it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProcessInfo {
  readonly pid: number
  /** 1 (init) when its parent has ended, or is the host. */
  readonly ppid: number
  /** Process group, and session. */
  readonly pgid: number
  readonly sid: number
  /** The process that the host started and from which this one descends. */
  readonly root: number
  /** Path of its controlling terminal. */
  readonly tty?: string
  /** Name of its program, and all its words. */
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly state: "running" | "stopped" | "zombie" | "ended"
  /** Milliseconds since 1970, on the VM's clock. */
  readonly startedAt: number
  /** Processor time in milliseconds, and open descriptors, as last measured. */
  readonly cpuMs: number
  readonly descriptors: number
  /** Of one that has ended. */
  readonly status?: ExitStatus
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ProcessTree extends ProcessInfo {
  readonly children: ReadonlyArray<ProcessTree>
}

/**
 * What a signal goes to: a process, the processes of a group, or what the host has started with all its descendants.
 *
 * @since 0.1.0
 * @category models
 */
export type SignalTarget = number | { readonly group: number } | { readonly tree: number }

/**
 * @since 0.1.0
 * @category models
 */
export interface StopOptions {
  /** Between SIGTERM and SIGKILL. Default: 5 seconds. */
  readonly grace?: Duration.DurationInput | undefined
}

/**
 * A shell session between its commands.
 *
 * @since 0.1.0
 * @category models
 */
export interface ShellSession {
  readonly name: string
  /** Its working directory; none before its first command has ended. */
  readonly cwd?: string
  /** Size of its state, which the limit `sessionBytes` bounds. */
  readonly bytes: number
  /** Whether a command runs in it. */
  readonly busy: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ProcessesShape {
  /** Runs a shell command to its end. Interruption kills it with all its descendants. */
  readonly exec: <E = never, R = never>(
    command: string,
    options?: ExecOptions<E, R>
  ) => Effect.Effect<ExecResult, ProcessesError | NoInfer<E>, NoInfer<R>>
  /**
   * Runs a shell command and gives its output as it comes. A reader that stops reading suspends the process; one that
   * leaves kills it.
   */
  readonly run: <E = never, R = never>(
    command: string,
    options?: RunOptions<E, R>
  ) => Stream.Stream<ProcessEvent, ProcessesError | NoInfer<E>, NoInfer<R>>
  /**
   * Starts a program, which is looked for along PATH. It runs beside its host until it ends; when the Scope closes it is
   * stopped with all its descendants. One that is not found ends with exit code 127, as in a shell.
   */
  readonly spawn: (
    command: string,
    args?: ReadonlyArray<string>,
    options?: SpawnOptions
  ) => Effect.Effect<ProcessHandle, ProcessesError, Scope.Scope>
  /**
   * A handle on a process that somebody has spawned, also on one that has ended not long ago. Fails with `NotFound`. The
   * process does not end with it.
   */
  readonly attach: (pid: number, options?: AttachOptions) => Effect.Effect<ProcessHandle, ProcessesError>
  /**
   * Opens a terminal and starts a program in it, by default a shell. When the Scope closes it is hung up: its programs hear
   * SIGHUP, and what is left of them after a time is killed. Fails with ENOSPC above the limit `ptys`.
   */
  readonly openTerminal: (options: TerminalOptions) => Effect.Effect<TerminalHandle, ProcessesError, Scope.Scope>
  /**
   * A handle on a terminal that somebody has opened, by the program in it. Without a cursor its output begins with the oldest
   * byte that is kept. Fails with `NotFound`. The terminal does not end with it.
   */
  readonly attachTerminal: (
    pid: number,
    options?: { readonly cursor?: number | undefined }
  ) => Effect.Effect<TerminalHandle, ProcessesError>
  /** The processes of the VM, those that guests have started included; init (1) is not among them. */
  readonly list: Effect.Effect<ReadonlyArray<ProcessInfo>, ProcessesError>
  /** One of them, or one that was spawned and has ended not long ago. Fails with `NotFound`. */
  readonly get: (pid: number) => Effect.Effect<ProcessInfo, ProcessesError>
  /** All of them by their parents; at the top are those whose parent is init. */
  readonly tree: Effect.Effect<ReadonlyArray<ProcessTree>, ProcessesError>
  /** Sends a signal. Fails with `NotFound` when there is nothing that it could go to. */
  readonly signal: (target: SignalTarget, signal: Signal) => Effect.Effect<void, ProcessesError>
  /**
   * SIGTERM, and after a time SIGKILL, to what was spawned with all its descendants, or to one process of its tree; waits
   * until it is gone. Nothing happens when it has ended; fails with `NotFound` when it never was.
   */
  readonly stopProcess: (pid: number, options?: StopOptions) => Effect.Effect<void, ProcessesError>
  /** The same with SIGKILL at once. */
  readonly killProcess: (pid: number) => Effect.Effect<void, ProcessesError>
  /** The shell sessions of the VM, by name. */
  readonly sessions: Effect.Effect<ReadonlyArray<ShellSession>, ProcessesError>
  /**
   * Forgets a shell session; its EXIT trap does not run. A command that runs in it goes on and leaves nothing, those that wait
   * begin it anew. Fails with `NotFound` when there is none of this name.
   */
  readonly dropSession: (name: string) => Effect.Effect<void, ProcessesError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Processes extends Context.Tag("effect-agent-os/Processes")<Processes, ProcessesShape>() {}
