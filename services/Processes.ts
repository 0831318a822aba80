/**
 * The processes of one VM: running what a model wrote, with live output, deadlines and typed errors.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { KernelError } from "../src/errors/KernelError.ts"
import type { PathError } from "../src/errors/PathError.ts"
import type { ProcessError } from "../src/errors/ProcessError.ts"
import type { SidecarError } from "../src/errors/SidecarError.ts"
import type { TransportError } from "../src/errors/TransportError.ts"

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
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Processes extends Context.Tag("effect-agent-os/Processes")<Processes, ProcessesShape>() {}
