/** The log on the host's side: order, cursors, what is lost, its end. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AuditLog, KEPT_EVENTS } from "../../layers/remote/audit/AuditLog.ts"
import { AuditEvent } from "../../src/audit/AuditEvent.ts"
import { Malformed } from "../../src/wire/Codec.ts"

const replaced = (time: number) => ({ _tag: "PolicyReplaced" as const, time, failed: false })

const make = (count: number) => {
  const log = new AuditLog("vm-1")
  for (let i = 0; i < count; i++) log.append(replaced(i))
  return { log, audit: log.shape(Effect.void, Effect.void) }
}

const sequences = (events: Iterable<AuditEvent>) => Array.from(events, ({ sequence }) => sequence)

describe("AuditLog", () => {
  it.effect("gives what is kept, then what comes, and ends when it is closed", () =>
    Effect.gen(function*() {
      const { audit, log } = make(3)
      const fiber = yield* Effect.fork(Stream.runCollect(audit.events()))
      yield* Effect.yieldNow()
      log.append(replaced(3))
      yield* Effect.yieldNow()
      log.append(replaced(4))
      log.close()
      const events = yield* Fiber.join(fiber)
      assert.deepStrictEqual(sequences(events), [0, 1, 2, 3, 4])
      for (const event of events) {
        assert.deepStrictEqual(Schema.decodeSync(AuditEvent)(Schema.encodeSync(AuditEvent)(event)), event)
      }
      assert.deepStrictEqual(sequences(yield* audit.recent), [0, 1, 2, 3, 4])
    }))

  it.effect("makes events that came together when one of them is asked for, in their places", () =>
    Effect.gen(function*() {
      const { audit, log } = make(2)
      let made = 0
      log.appendLater(3, () => {
        made++
        return [replaced(2), replaced(3), replaced(4)]
      })
      log.append(replaced(5))
      assert.strictEqual(made, 0)
      const events = yield* audit.recent
      assert.deepStrictEqual(
        events.map(({ sequence, time, vmId }) => [sequence, time, vmId]),
        [0, 1, 2, 3, 4, 5].map((at) => [at, at, "vm-1"])
      )
      assert.deepStrictEqual(sequences(yield* audit.events(3).pipe(Stream.take(2), Stream.runCollect)), [3, 4])
      assert.strictEqual(made, 1)
    }))

  it.effect("has what cannot be read, or is not as many as was said, as lost", () =>
    Effect.gen(function*() {
      const { audit, log } = make(0)
      log.appendLater(2, () => {
        throw new Malformed("no notes")
      })
      log.appendLater(2, () => [replaced(0)])
      log.append(replaced(9))
      const events = yield* audit.recent
      assert.deepStrictEqual(events.map(({ _tag, sequence }) => `${sequence} ${_tag}`), [
        "0 Lost",
        "1 Lost",
        "2 Lost",
        "3 Lost",
        "4 PolicyReplaced"
      ])
    }))

  it.effect("goes on after a cursor, and tells how much is no longer there", () =>
    Effect.gen(function*() {
      const { audit, log } = make(KEPT_EVENTS + 10)
      log.close()
      const first = yield* audit.events(4).pipe(Stream.take(3), Stream.runCollect)
      const [lost, ...others] = first
      assert.deepInclude(lost, { _tag: "Lost", count: 6, sequence: 9, vmId: "vm-1" })
      assert.deepStrictEqual(sequences(others), [10, 11])
      // who goes on after any of them misses nothing and gets nothing twice
      for (const { sequence } of first) {
        const next = yield* audit.events(sequence + 1).pipe(Stream.runHead, Effect.flatten)
        assert.strictEqual(next.sequence, sequence + 1)
      }
      assert.strictEqual((yield* audit.events(10).pipe(Stream.runCollect)).length, KEPT_EVENTS)
      assert.strictEqual((yield* audit.events(KEPT_EVENTS + 10).pipe(Stream.runCollect)).length, 0)
    }))

  it.effect("a reader that is too slow is told what it has missed, and goes on", () =>
    Effect.gen(function*() {
      const { audit, log } = make(1)
      const seen: Array<AuditEvent> = []
      yield* audit.events().pipe(
        Stream.runForEach((event) =>
          Effect.sync(() => {
            seen.push(event)
            if (event.sequence > 0) return log.close()
            for (let i = 0; i < KEPT_EVENTS * 2; i++) log.append(replaced(i))
          })
        )
      )
      assert.deepInclude(seen[1], { _tag: "Lost", count: KEPT_EVENTS, sequence: KEPT_EVENTS })
      assert.strictEqual(seen[2].sequence, KEPT_EVENTS + 1)
      assert.strictEqual(seen.length, 2 + KEPT_EVENTS)
    }))

  it.effect("an event between a reader's look and its wait wakes it", () =>
    Effect.gen(function*() {
      const base = Scheduler.defaultScheduler
      for (let at = 0; at < 150; at++) {
        const { audit, log } = make(0)
        let steps = 0
        // stops once, at a step of its own each time; the event comes there
        const scheduler: Scheduler.Scheduler = {
          scheduleTask: (task, priority) => base.scheduleTask(task, priority),
          shouldYield: () => steps++ === at && 0
        }
        const fiber = yield* audit.events().pipe(
          Stream.take(1),
          Stream.runCollect,
          Effect.withScheduler(scheduler),
          Effect.fork
        )
        while (steps <= at && fiber.unsafePoll() === null && steps < 10_000) {
          const before = steps
          yield* Effect.yieldNow()
          if (steps === before) break
        }
        log.append(replaced(at))
        const found = yield* Fiber.join(fiber)
        assert.strictEqual(Chunk.unsafeHead(found).time, at)
      }
    }), 20_000)

  it.effect("decisions are those of policies and of approvals", () =>
    Effect.gen(function*() {
      const { audit, log } = make(1)
      log.append({ _tag: "Decision", time: 1, domain: "fs", operation: "read", resource: "/a", mode: "deny", rule: 0 })
      log.append({ _tag: "Lost", time: 2, count: 7 })
      log.close()
      const tags = Array.from(yield* Stream.runCollect(audit.decisions), ({ _tag }) => _tag)
      assert.deepStrictEqual(tags, ["Decision", "Lost"])
    }))

  it.effect("waits for what is under way", () =>
    Effect.gen(function*() {
      const { log } = make(0)
      log.begin()
      const fiber = yield* Effect.fork(log.idle)
      yield* Effect.yieldNow()
      assert.isNull(fiber.unsafePoll())
      log.end()
      yield* Fiber.join(fiber)
      yield* log.idle
    }))
})
