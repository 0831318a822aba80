/**
 * What the services of one leased VM share: the transport, the VM's handle, and how failures of the wire become errors of
 * the services.
 *
 * @since 0.1.0
 */
import type * as RpcClient from "@effect/rpc/RpcClient"
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { CallError, CallOptions, TransportShape } from "../../services/Transport.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import { TransportError } from "../../src/errors/TransportError.ts"
import type { ControlGroup, UnknownVm } from "../../src/wire/Control.ts"
import type { WireFailure } from "../../src/wire/Failure.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import type { AuditServer } from "./audit/AuditServer.ts"
import type { VmAudit } from "./audit/VmAudit.ts"
import type { DriverServer, Served } from "./DriverServer.ts"
import type { ProcessSpans } from "./ProcessSpans.ts"
import type { ToolServer } from "./tools/ToolServer.ts"

/**
 * The client of the control plane.
 *
 * @since 0.1.0
 * @category models
 */
export type ControlClient = RpcClient.RpcClient<RpcGroup.Rpcs<typeof ControlGroup>, RpcClientError>

/**
 * A sidecar that runs and is connected.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attached {
  readonly transport: TransportShape
  readonly control: ControlClient
  /** How the sidecar ended; waits until it is known. */
  readonly exited: Effect.Effect<SidecarError>
}

/**
 * The same, with what it asks of this host.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connected extends Attached {
  readonly tools: ToolServer
  readonly audits: AuditServer
  /** The drivers of this program that VMs of the sidecar have mounted. */
  readonly drivers: DriverServer
}

/**
 * @since 0.1.0
 * @category models
 */
export interface VmLink extends Connected {
  readonly vmId: string
  /** The handle of the VM on this connection. */
  readonly vm: number
  /** Spans of the processes that the host has started. */
  readonly spans: ProcessSpans
  readonly audit: VmAudit
  /** Ends when the VM has been released, so that what its end brings is still heard. */
  readonly afterwards: Scope.CloseableScope
  /** Who owns what the host brings in. */
  readonly owner: { readonly uid: number; readonly gid: number }
  /** What a tree that is brought in may hold. */
  readonly bounds: { readonly bytes: number; readonly inodes: number }
  /** The drivers that are mounted, by their place. */
  readonly mounted: Map<string, Served>
}

/**
 * What a call of the control plane can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ControlError = KernelError | UnknownVm | RpcClientError

/**
 * @since 0.1.0
 * @category errors
 */
export type LinkError = KernelError | SidecarError | TransportError

/**
 * Calls an operation of the VM. A call that was under way when the sidecar died fails with `Exited`, a later one with
 * `VmLost`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const call = <A, B>(
  link: VmLink,
  operation: Operation<A, B>,
  request: A,
  options?: CallOptions
): Effect.Effect<B, LinkError> =>
  Effect.suspend(() =>
    link.transport.isOpen()
      ? Effect.catchAllCause(link.transport.call(operation, request, options), (cause) => explainCause(link, cause))
      : lost(link)
  )

/** A call that succeeds takes no step for this, unlike with `catchAll`. */
const explainCause = (link: VmLink, cause: Cause.Cause<CallError>): Effect.Effect<never, LinkError> =>
  Either.match(Cause.failureOrCause(cause), { onLeft: (error) => explain(link, error), onRight: Effect.failCause })

/**
 * The VM is gone, because its sidecar is.
 *
 * @since 0.1.0
 * @category combinators
 */
export const lost = (link: Connected): Effect.Effect<never, SidecarError> =>
  Effect.flatMap(
    link.exited,
    (exit) => Effect.fail(new SidecarError({ ...exit, reason: "VmLost", detail: `the VM is gone: ${exit.detail}` }))
  )

/**
 * The error for what a call failed with. What the caller cannot act on is a defect.
 *
 * @since 0.1.0
 * @category combinators
 */
export const explain = (link: Connected, error: CallError): Effect.Effect<never, LinkError> => {
  if (error._tag === "TransportError") return transportFailure(link, error)
  switch (error.reason) {
    case "kernel":
      return Effect.fail(kernelError(error))
    case "gone":
      return Effect.fail(vmLost(error.detail))
    default:
      return Effect.dieMessage(`the sidecar answered ${error.reason}: ${error.detail}`)
  }
}

/**
 * The same for the control plane, whose client ends with the sidecar's Scope: who waits for it, or asks afterwards, was
 * not interrupted.
 *
 * @since 0.1.0
 * @category combinators
 */
export const control = <A>(
  link: Connected,
  run: (client: ControlClient) => Effect.Effect<A, ControlError>
): Effect.Effect<A, LinkError> =>
  Effect.suspend((): Effect.Effect<A, LinkError> =>
    link.transport.isOpen()
      ? run(link.control).pipe(
        Effect.catchAll((error) => explainControl(link, error)),
        Effect.catchAllCause((cause) =>
          // not of the caller, for whom nothing would be caught
          Cause.isInterruptedOnly(cause)
            ? Effect.flatMap(link.exited, (exit) => Effect.fail(exit))
            : Effect.failCause(cause)
        )
      )
      : lost(link)
  )

const explainControl = (
  link: Connected,
  error: ControlError
): Effect.Effect<never, LinkError> => {
  switch (error._tag) {
    case "KernelError":
      return Effect.fail(error)
    case "UnknownVm":
      return Effect.fail(vmLost(error.detail))
    case "RpcClientError":
      // while the connection stands it is the message that was at fault
      if (link.transport.isOpen()) {
        return Effect.fail(new TransportError({ reason: "FrameTooLarge", detail: error.message }))
      }
      return Effect.flatMap(link.exited, (exit) => Effect.fail(exit))
  }
}

const transportFailure = (
  link: Connected,
  error: TransportError
): Effect.Effect<never, SidecarError | TransportError> =>
  link.transport.isOpen() ? Effect.fail(error) : Effect.flatMap(link.exited, (exit) => Effect.fail(exit))

const vmLost = (detail: string) => new SidecarError({ reason: "VmLost", detail })

/** A refused call is to cost no more than another. That the wire's own codec has read it is check enough. */
const kernelError = ({ denial, dest, errno, limit, path, syscall }: WireFailure) =>
  KernelError.unsafeMake({ errno, syscall, path, dest, limit, denied: denial })
