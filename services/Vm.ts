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
import type { VmConfigInput } from "../src/config/VmConfig.ts"
import * as VmConfig from "../src/config/VmConfig.ts"
import type { Change, VmSnapshot } from "../src/VmSnapshot.ts"
import type { FilesystemError, FilesystemShape } from "./Filesystem.ts"
import { Filesystem } from "./Filesystem.ts"
import type { ProcessesShape } from "./Processes.ts"
import { Processes } from "./Processes.ts"
import type { SchedulerShape } from "./Scheduler.ts"
import { Scheduler } from "./Scheduler.ts"
import type { LeaseError } from "./Sidecar.ts"
import { Sidecar } from "./Sidecar.ts"

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
  /** Keeps the present state of the root filesystem, in constant time, for as long as the VM lives. */
  readonly snapshot: Effect.Effect<VmSnapshot, FilesystemError>
  /** The same for the tree mounted at a path. */
  readonly snapshotMount: (path: string) => Effect.Effect<VmSnapshot, FilesystemError>
  /** Makes the root filesystem what a snapshot of it holds, in constant time. Files that are open in it are closed. */
  readonly restore: (snapshot: VmSnapshot) => Effect.Effect<void, FilesystemError>
  /**
   * A second live VM with the same files, mounts and snapshots, in constant time; the two are independent from then on. It
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
   * behaviour is not there yet with `NotYetSupported`.
   *
   * @since 0.1.0
   */
  static make(config: VmConfigInput): Effect.Effect<VmShape, LeaseError, Sidecar | Scope.Scope> {
    return VmConfig.decode(config).pipe(
      Effect.flatMap((decoded) => Effect.flatMap(Sidecar, (sidecar) => sidecar.lease(decoded))),
      Effect.withSpan("Vm.make", { captureStackTrace: false })
    )
  }

  /**
   * One VM as a layer: the Vm itself and its services.
   *
   * @since 0.1.0
   */
  static layer(config: VmConfigInput): Layer.Layer<Vm | Filesystem | Processes | Scheduler, LeaseError, Sidecar> {
    return Layer.scopedContext(Effect.map(Vm.make(config), (vm) =>
      Context.make(Vm, vm).pipe(
        Context.add(Filesystem, vm.filesystem),
        Context.add(Processes, vm.processes),
        Context.add(Scheduler, vm.scheduler)
      )))
  }
}
