/**
 * The audit of one VM: decisions of its policy, approvals and tool calls, in order. What is not simply allowed is told in any
 * case, what is allowed once somebody has asked (see `VmConfig.audit`).
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { AuditEvent } from "../src/audit/AuditEvent.ts"
import type { CallRecord } from "../src/tools/CallRecord.ts"

export {
  /**
   * @since 0.1.0
   */
  AuditEvent
} from "../src/audit/AuditEvent.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface AuditShape {
  /**
   * Events from a sequence number on (default: the oldest that is kept, of 4,096), and then as they come, until the VM is
   * released. To go on after an event, pass its sequence number and one. What is no longer there is told by a `Lost` event.
   * The first run has every decision told from then on, unless the VM's `audit` is `refusals`.
   */
  readonly events: (since?: number) => Stream.Stream<AuditEvent>
  /** The same for the decisions among the events: of the policy and of approvals. */
  readonly decisions: Stream.Stream<AuditEvent>
  /** The events that are kept, with those of all that has been decided before. */
  readonly recent: Effect.Effect<Array<AuditEvent>>
  /**
   * Records of the tool calls that are kept, one of each, those refused before among them, in the order in which the calls
   * ended. One that waits for an approval has the status `approval_pending` until it has been decided.
   */
  readonly calls: Effect.Effect<Array<CallRecord>>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Audit extends Context.Tag("effect-agent-os/Audit")<Audit, AuditShape>() {}
