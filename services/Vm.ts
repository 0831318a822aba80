/**
 * One virtual machine: its filesystem, its processes, its snapshots. `Vm.layer` gives a program one VM; `Vm.make` gives
 * handles to programs with many.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { PermissionsConfig } from "../src/config/PermissionsConfig.ts"
import type { VmConfigInput } from "../src/config/VmConfig.ts"
import * as VmConfig from "../src/config/VmConfig.ts"
import type { ConfigError } from "../src/errors/ConfigError.ts"
import type { InvalidRecording } from "../src/errors/InvalidRecording.ts"
import type { KernelError } from "../src/errors/KernelError.ts"
import type { ReplayDiverged } from "../src/errors/ReplayDiverged.ts"
import type { SidecarError } from "../src/errors/SidecarError.ts"
import type { TransportError } from "../src/errors/TransportError.ts"
import type { Change, VmSnapshot } from "../src/VmSnapshot.ts"
import type { AuditShape } from "./Audit.ts"
import { Audit } from "./Audit.ts"
import type { FilesystemError, FilesystemShape } from "./Filesystem.ts"
import { Filesystem } from "./Filesystem.ts"
import type { ProcessesShape } from "./Processes.ts"
import { Processes } from "./Processes.ts"
import type { Recorded, RecordingSummary, RecordOptions } from "./Recorder.ts"
import { Recorder } from "./Recorder.ts"
import type { SchedulerShape } from "./Scheduler.ts"
import { Scheduler } from "./Scheduler.ts"
import type { LeaseError } from "./Sidecar.ts"
import { Sidecar } from "./Sidecar.ts"
import type { HandlersOfConfig } from "./ToolKit.ts"
import type { VmToolsShape } from "./VmTools.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface VmShape {
  /** Random, unique among all VMs. */
  readonly vmId: string
  /** The sidecar that hosts the VM. */
  readonly sidecarId: string
  readonly filesystem: FilesystemShape
  readonly processes: ProcessesShape
  /** Jobs at certain times; they end with the VM. */
  readonly scheduler: SchedulerShape
  /** Every decision, approval and tool call. */
  readonly audit: AuditShape
  /** The tools of its kits and of the VM itself, for the host and its models. */
  readonly tools: VmToolsShape
  /**
   * Puts another permission policy in the place of the present one, at once, while guests run: what has begun goes on. The
   * host's own calls are subject to it. When it cannot be put in place, everything is denied until one is.
   */
  readonly setPermissions: (
    permissions: typeof PermissionsConfig.Encoded
  ) => Effect.Effect<void, ConfigError | KernelError | SidecarError | TransportError>
  /** A section of Markdown that tells a model which tools the VM has and how to call them; empty without tools. */
  readonly toolInstructions: string
  /**
   * Keeps the present state of the root filesystem and of the shell sessions, in constant time, until it is dropped or the VM
   * ends.
   */
  readonly snapshot: Effect.Effect<VmSnapshot, FilesystemError>
  /** The same for the tree mounted at a path. */
  readonly snapshotMount: (path: string) => Effect.Effect<VmSnapshot, FilesystemError>
  /**
   * Forgets a snapshot: what only it held is freed, and goes back to the system when the sidecar is next at rest. `ENOENT`
   * when it is forgotten already. Forks that were made meanwhile keep theirs.
   */
  readonly dropSnapshot: (snapshot: VmSnapshot) => Effect.Effect<void, FilesystemError>
  /**
   * Makes the root filesystem and the shell sessions what a snapshot of it holds, in constant time. Files that are open in it
   * are closed; a command that runs in a session goes on and leaves nothing in it.
   */
  readonly restore: (snapshot: VmSnapshot) => Effect.Effect<void, FilesystemError>
  /**
   * A second live VM with the same files, mounts, snapshots and shell sessions, in constant time; the two are independent from then on. It
   * lives as long as the Scope, whatever becomes of this one. Processes stay where they are.
   */
  readonly fork: Effect.Effect<VmShape, LeaseError, Scope.Scope>
  /** What became of a tree since a snapshot of it, sorted by path; walks only what differs. */
  readonly diff: (since: VmSnapshot) => Effect.Effect<Array<Change>, FilesystemError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Vm extends Context.Tag("effect-agent-os/Vm")<Vm, VmShape>() {
  /**
   * A VM for as long as the Scope is open. Unknown keys of the configuration fail with `ConfigError`, known ones whose
   * behaviour is not there yet with `NotYetSupported`. The handlers of its tool kits are taken from the context.
   *
   * @since 0.1.0
   */
  static make<const Config extends VmConfigInput>(
    config: Config
  ): Effect.Effect<VmShape, LeaseError, Sidecar | HandlersOfConfig<Config> | Scope.Scope> {
    return VmConfig.decode(config).pipe(
      Effect.flatMap((decoded) => Effect.flatMap(Sidecar, (sidecar) => sidecar.lease(decoded))),
      Effect.tap((vm) => Effect.annotateCurrentSpan("vm.id", vm.vmId)),
      Effect.withSpan("Vm.make", { captureStackTrace: false })
    )
  }

  /**
   * One VM as a layer: the Vm itself and its services.
   *
   * @since 0.1.0
   */
  static layer<const Config extends VmConfigInput>(
    config: Config
  ): Layer.Layer<
    Vm | Filesystem | Processes | Scheduler | Audit,
    LeaseError,
    Sidecar | HandlersOfConfig<Config>
  > {
    return Layer.scopedContext(Effect.map(Vm.make(config), (vm) =>
      Context.make(Vm, vm).pipe(
        Context.add(Filesystem, vm.filesystem),
        Context.add(Processes, vm.processes),
        Context.add(Scheduler, vm.scheduler),
        Context.add(Audit, vm.audit)
      )))
  }

  /**
   * Runs a program whose VMs are recorded. It gives how the program ended, the recording, and its hashes; a program that fails is
   * recorded as well. The program gets a sidecar of its own.
   *
   * ```ts
   * import { Effect } from "effect"
   * import { Vm } from "effect-agent-os"
   * import { Recording } from "effect-agent-os/testing"
   *
   * const program = Effect.flatMap(Vm.make({}), (vm) => vm.processes.exec("echo $RANDOM > /tmp/a; cat /tmp/a"))
   *
   * export const twice = Effect.gen(function*() {
   *   const { exit, log, summary } = yield* Vm.record(program, { seed: 7 })
   *   const again = yield* Vm.replay(log)
   *   return { output: (yield* exit).stdout, same: again.eventHash === summary.eventHash }
   * }).pipe(Effect.provide(Recording.layerRecorder()))
   * ```
   *
   * @since 0.1.0
   */
  static record<A, E, R>(
    program: Effect.Effect<A, E, R>,
    options?: RecordOptions
  ): Effect.Effect<Recorded<A, E>, never, Recorder | Exclude<R, Sidecar | Scope.Scope>> {
    return Effect.flatMap(Recorder, (recorder) => recorder.record(program, options))
  }

  /**
   * Runs a recording again, without the program. Gives the same hashes, or fails with the first event that differs.
   *
   * @since 0.1.0
   */
  static replay(log: Uint8Array): Effect.Effect<RecordingSummary, ReplayDiverged | InvalidRecording, Recorder> {
    return Effect.flatMap(Recorder, (recorder) => recorder.replay(log))
  }
}
