/** The log in the kernel: what is noted, what is lost, and its way to the host. */
import { assert, describe, it } from "@effect/vitest"
import { DecisionLog, LOG_NOTES, LOG_UNITS, type Teller } from "../../native/kernel/policy/decision-log.ts"
import { AuditFeed } from "../../native/server/audit-feed.ts"
import type { Session } from "../../native/server/session.ts"
import * as Codec from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"

const allow = { mode: "allow", rule: undefined } as const
const deny = { mode: "deny", rule: 3 } as const
const idle: Teller = { schedule: () => {}, flush: () => {} }

const make = ({ all = true, tell = () => idle }: { all?: boolean; tell?: (log: DecisionLog) => Teller } = {}) => {
  let now = 0n
  return new DecisionLog({ now: () => (now += 1_000_000n), traceOf: (pid) => pid * 10, tell, all })
}

const read = (log: DecisionLog, resource: string, decision: typeof allow | typeof deny = allow) =>
  log.note(7, "fs", "read", resource, decision)

const told = (log: DecisionLog, count = 10_000, units = LOG_UNITS) =>
  log.take(count, units).map(({ decision, lost, replaced }) =>
    decision === undefined ? lost ?? (replaced && "replaced") : `${decision.resource} ${decision.mode}`
  )

describe("DecisionLog", () => {
  it("notes what is refused, and what is allowed only when asked for all", () => {
    const log = make({ all: false })
    read(log, "/a")
    read(log, "/b", deny)
    log.replaced(false)
    log.all = true
    read(log, "/c")
    assert.deepStrictEqual(told(log), ["/b deny", "replaced", "/c allow"])
    assert.isTrue(log.isEmpty)
  })

  it("has the process, the trace and the time of each; process 0 is the host", () => {
    const log = make()
    read(log, "/a")
    log.note(0, "fs", "read", "/b", allow)
    log.note(undefined, "fs", "read", "/c", allow)
    const notes = log.take(10, 1000)
    assert.deepStrictEqual(notes.map(({ pid, time, trace }) => [pid, trace, time]), [
      [7, 70, 1],
      [undefined, undefined, 2],
      [undefined, undefined, 3]
    ])
  })

  it("keeps so many, and tells how many of the oldest are lost", () => {
    const log = make()
    for (let i = 0; i < LOG_NOTES + 5; i++) read(log, `/${i}`)
    assert.deepStrictEqual(told(log, 3), [5, "/5 allow", "/6 allow"])
    assert.deepStrictEqual(told(log, 1), ["/7 allow"])
    for (let i = 0; i < 3 * LOG_NOTES; i++) read(log, `/${i}`)
    const [lost, first] = told(log, 2)
    assert.strictEqual(lost, 3 * LOG_NOTES - 3)
    assert.strictEqual(first, `/${2 * LOG_NOTES} allow`)
    const names = make()
    for (let i = 0; i < 1000; i++) read(names, `/${"x".repeat(5000)}`)
    assert.strictEqual(told(names, 1)[0], 1000 - LOG_UNITS / 4096)
    assert.isAtMost(told(names, 1000, 10_000).length, 3)
  })

  it("an operation that begins anew, or asks again in its course, decides once", () => {
    const log = make()
    let missing = true
    const begin = log.once(function*() {
      read(log, "/a")
      yield
      read(log, "/b")
      if (missing) throw new Error("missing")
      read(log, "/c")
      log.within(() => read(log, "/c"))
      log.within(() => read(log, "/d", deny))
    })
    const other = () => read(log, "/other")
    const first = begin()
    first.next()
    other()
    assert.throws(() => first.next())
    missing = false
    const second = begin()
    second.next()
    other()
    assert.isTrue(second.next().done)
    log.probe(() => read(log, "/e", deny))
    assert.deepStrictEqual(told(log), ["/a allow", "/other allow", "/b allow", "/other allow", "/c allow", "/d deny"])
  })
})

describe("AuditFeed", () => {
  const rig = (after?: (milliseconds: number, run: () => void) => void) => {
    const sent: Array<{ readonly resources: ReadonlyArray<unknown>; readonly answer: () => void }> = []
    const queued: Array<() => void> = []
    const connection = {
      closed: undefined,
      admits: true,
      request: (code: number, body: Uint8Array, { onResponse }: { onResponse: () => void }) => {
        assert.strictEqual(code, Operations.tellAudit.code)
        const told = Codec.decode(Operations.tellAudit.request, body)
        const notes = Codec.decode(Operations.auditNotesCodec, told.notes)
        assert.strictEqual(told.count, notes.length)
        sent.push({ resources: notes.map(({ decision, lost }) => lost ?? decision?.resource), answer: onResponse })
      }
    }
    const session = { connection } as unknown as Session
    const log = make({ tell: (log) => new AuditFeed(session, 1, log, (work) => void queued.push(work), after) })
    const run = () => {
      for (const work of queued.splice(0)) work()
    }
    return { connection, log, sent, run, queued }
  }

  it("puts what is noted in one turn into one batch, with two batches under way at most", () => {
    const { log, queued, run, sent } = rig()
    read(log, "/a")
    read(log, "/b")
    assert.strictEqual(queued.length, 1)
    run()
    read(log, "/c")
    run()
    read(log, "/d")
    read(log, "/e")
    run()
    assert.deepStrictEqual(sent.map(({ resources }) => resources), [["/a", "/b"], ["/c"]])
    sent[0].answer()
    run()
    assert.deepStrictEqual(sent[2].resources, ["/d", "/e"])
    assert.isTrue(log.isEmpty)
  })

  it("gathers what comes one by one while time passes, but for the first", () => {
    const timers: Array<() => void> = []
    const { log, run, sent } = rig((_, then) => void timers.push(then))
    for (const path of ["/a", "/b", "/c"]) {
      read(log, path)
      run()
      for (const { answer } of sent) answer()
    }
    assert.deepStrictEqual(sent.map(({ resources }) => resources), [["/a"]])
    timers.shift()!()
    run()
    assert.deepStrictEqual(sent.map(({ resources }) => resources), [["/a"], ["/b", "/c"]])
    timers.shift()!()
    run()
    assert.deepStrictEqual([sent.length, timers.length], [2, 0])
    read(log, "/d")
    log.flush()
    assert.deepStrictEqual(sent[2].resources, ["/d"])
  })

  it("flushes before something that must not overtake, and counts what could not be told", () => {
    const { connection, log, run, sent } = rig()
    for (let i = 0; i < 2500; i++) read(log, `/${i}`)
    log.flush()
    assert.strictEqual(sent.flatMap(({ resources }) => resources).length, 2500)
    connection.admits = false
    for (let i = 0; i < 4; i++) read(log, `/late${i}`)
    log.flush()
    connection.admits = true
    read(log, "/last")
    run()
    sent[0].answer()
    run()
    sent[1].answer()
    sent[2].answer()
    run()
    assert.deepStrictEqual(sent.at(-1)?.resources, [4, "/last"])
  })
})
