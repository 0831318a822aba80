/**
 * The processes that host VMs: shared ones by the name of their pool, and explicit ones by handle.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { SidecarDescription } from "../src/config/SidecarPlacement.ts"
import type { VmConfig } from "../src/config/VmConfig.ts"
import type { ConfigError } from "../src/errors/ConfigError.ts"
import type { KernelError } from "../src/errors/KernelError.ts"
import type { NotYetSupported } from "../src/errors/NotYetSupported.ts"
import type { SidecarError } from "../src/errors/SidecarError.ts"
import type { TransportError } from "../src/errors/TransportError.ts"
import type { Health } from "../src/wire/Control.ts"
import type { VmShape } from "./Vm.ts"

/**
 * Everything that leasing a VM can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type LeaseError = SidecarError | TransportError | KernelError | ConfigError | NotYetSupported

/**
 * One sidecar, whether its process runs at the moment or not: it is started by the first lease, shared by all, and ends
 * some time after the last one.
 *
 * @since 0.1.0
 * @category models
 */
export interface SidecarHandle {
  /** `agent-os-shared-sidecar:POOL`, or the id of an explicit sidecar. */
  readonly sidecarId: string
  /** A copy of the sidecar's present state. */
  readonly describe: Effect.Effect<SidecarDescription>
  /** A VM on this sidecar, for as long as the Scope is open. */
  readonly lease: (config: VmConfig) => Effect.Effect<VmShape, LeaseError, Scope.Scope>
  /** What the process holds and uses; starts it when it does not run. */
  readonly health: Effect.Effect<typeof Health.Type, SidecarError | TransportError>
  /** Releases every lease and ends the process. Idempotent; failures are joined by `"; "`. */
  readonly dispose: Effect.Effect<void, SidecarError>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SidecarShape {
  /** The live sidecar of a pool, made when there is none. Default pool: `default`. */
  readonly shared: (pool?: string) => Effect.Effect<SidecarHandle>
  /** A sidecar of one's own. Default id: `agent-os-sidecar-UUID`. */
  readonly create: (sidecarId?: string) => Effect.Effect<SidecarHandle>
  /** A VM on the sidecar that its configuration names, for as long as the Scope is open. */
  readonly lease: (config: VmConfig) => Effect.Effect<VmShape, LeaseError, Scope.Scope>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Sidecar extends Context.Tag("effect-agent-os/Sidecar")<Sidecar, SidecarShape>() {}
