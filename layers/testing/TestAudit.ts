/**
 * An audit whose events a test tells: for programs that follow one. The readers, the cursors and the 4,096 events that are
 * kept are those of a VM's audit.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Audit } from "../../services/Audit.ts"
import type { AuditEvent } from "../../src/audit/AuditEvent.ts"
import type { NewEvent } from "../remote/audit/AuditLog.ts"
import { AuditLog } from "../remote/audit/AuditLog.ts"

type WithoutPlace<Event> = Event extends unknown
  ? Omit<Event, "sequence" | "vmId" | "time"> & { readonly time?: number | undefined }
  : never

/**
 * An event of which its place and its VM are not told, and its time need not be. Default of the time: now, on the Clock.
 *
 * @since 0.1.0
 * @category models
 */
export type Told = WithoutPlace<AuditEvent>

/**
 * @since 0.1.0
 * @category models
 */
export interface TestAuditShape {
  /** Tells events, in this order. */
  readonly tell: (...events: ReadonlyArray<Told>) => Effect.Effect<void>
  /** Ends all streams, as the release of the VM does, when they have told what there is. */
  readonly end: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class TestAudit extends Context.Tag("effect-agent-os/testing/TestAudit")<TestAudit, TestAuditShape>() {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The VM that the events are of. Default: `test`. */
  readonly vmId?: string | undefined
}

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Audit | TestAudit> =>
  Layer.scopedContext(Effect.gen(function*() {
    const log = new AuditLog(options.vmId ?? "test")
    const end = Effect.sync(() => log.close())
    yield* Effect.addFinalizer(() => end)
    const control: TestAuditShape = {
      tell: (...events) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          for (const event of events) log.append({ ...event, time: event.time ?? now } as NewEvent)
        }),
      end
    }
    return Context.make(Audit, log.shape(Effect.void, Effect.void)).pipe(Context.add(TestAudit, control))
  }))

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
