/**
 * Takes what the sidecar tells of the decisions of its VMs, over one connection, into their audits.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { TransportShape } from "../../../services/Transport.ts"
import { refused, WireFailure } from "../../../src/wire/Failure.ts"
import * as Operations from "../../../src/wire/Operations.ts"
import { KEPT_EVENTS } from "./AuditLog.ts"
import type { VmAudit } from "./VmAudit.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface AuditServer {
  /** Takes what is told of a VM while the Scope is open. */
  readonly register: (vm: number, audit: VmAudit) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (transport: TransportShape): Effect.Effect<AuditServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const vms = new Map<number, VmAudit>()
    yield* transport.serve(Operations.tellAudit, (told) =>
      Effect.suspend(() => {
        const audit = vms.get(told.vm)
        if (audit === undefined) return Effect.fail(new WireFailure("gone", "the VM has been released"))
        // each of them takes a place, whether it can be read or not
        if (told.count > KEPT_EVENTS) return Effect.fail(refused(`${told.count} notes at once`))
        audit.take(told)
        return Effect.succeed({})
      }))
    return {
      // not `acquireRelease`: its finalizer keeps the refs of the fiber that leases in the one that releases, for each lease
      register: (vm, audit) =>
        Effect.scopeWith((scope) => {
          vms.set(vm, audit)
          return Scope.addFinalizer(scope, Effect.sync(() => vms.delete(vm)))
        })
    }
  })
