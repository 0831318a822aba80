/** What the tests of the audit share. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AuditEvent } from "../../services/Audit.ts"
import type { VmShape } from "../../services/Vm.ts"

let marks = 0
/** The last event that was seen of a VM that has been asked for all. */
const last = new WeakMap<VmShape, number>()

/** The events of an operation, once there are all of them: those between two questions that nobody else asks. */
export const eventsOf = <A, E, R>(vm: VmShape, operation: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const begin = `/mark-${++marks}`
    const end = `${begin}-end`
    const about = (path: string) => (event: AuditEvent) => event._tag === "Decision" && event.resource === path
    const mark = (path: string) => Effect.ignore(vm.filesystem.stat(path))
    const until = (from: number | undefined, path: string) =>
      vm.audit.events(from).pipe(Stream.takeUntil(about(path)), Stream.runCollect)
    // heard of at the latest when the first reader has asked for it
    const known = last.get(vm)
    const begun = yield* (known === undefined
      ? Effect.raceFirst(until(undefined, begin), Effect.forever(Effect.zipRight(mark(begin), Effect.sleep(20))))
      : Effect.zipRight(mark(begin), until(known + 1, begin)))
    const sent = yield* Effect.exit(operation)
    yield* mark(end)
    const seen = yield* until(Chunk.unsafeLast(begun).sequence + 1, end)
    last.set(vm, Chunk.unsafeLast(seen).sequence)
    return { exit: sent, events: Array.from(seen).slice(0, -1).filter((event) => !about(begin)(event)) }
  })

/** A decision in short: who, what, on what, and what was said. */
export const short = (event: AuditEvent): string => {
  if (event._tag !== "Decision") return event._tag
  const { domain, mode, operation, pid, resource, rule } = event
  const by = rule === undefined ? "" : ` by ${rule}`
  return `${pid === undefined ? "host" : "guest"} ${domain} ${operation} ${resource}: ${mode}${by}`
}

export const shortOf = <A, E, R>(vm: VmShape, operation: Effect.Effect<A, E, R>) =>
  Effect.map(eventsOf(vm, operation), ({ events }) => events.map(short))
