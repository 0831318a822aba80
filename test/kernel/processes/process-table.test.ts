/** The process table: what a worker may tell of its processes, and what is a violation. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/FastCheck"
import type { Notice } from "../../../native/guests/protocol.ts"
import { PID_BLOCK } from "../../../native/guests/protocol.ts"
import type { Process } from "../../../native/kernel/processes/process.ts"
import { killed } from "../../../native/kernel/processes/process.ts"
import { INIT, ProcessTable } from "../../../native/kernel/processes/process-table.ts"

const ROOT = 2

const withRoot = (limit = 100) => {
  const table = new ProcessTable({ limit, now: () => 7n })
  const pid = table.takePid()
  assert.strictEqual(pid, ROOT)
  const root: Process = {
    pid,
    ppid: INIT,
    pgid: pid,
    sid: pid,
    trace: undefined,
    root: pid,
    tty: "/dev/pts/0",
    argv: ["sh"],
    cwd: "/",
    env: { A: "a" },
    uid: 1000,
    gid: 1000,
    descriptors: 3,
    startedAt: 1n,
    cpuMs: 5,
    state: "running",
    status: undefined
  }
  table.add(root)
  const first = table.grant()!
  return { table, root, first }
}

const fork = (pid: number, ppid = ROOT) => ({ _tag: "fork" as const, pid, ppid })
const exit = (pid: number, reaped?: boolean): Notice => ({ _tag: "exit", pid, exitCode: 0, reaped })

describe("ProcessTable", () => {
  it("a fork takes after its parent, an exec and others change it", () => {
    const { first, root, table } = withRoot()
    assert.isUndefined(table.apply({ ...fork(first), pgid: first }))
    const child = table.get(first)!
    assert.deepStrictEqual(child, { ...root, pid: first, ppid: ROOT, pgid: first, startedAt: 7n, cpuMs: 0 })
    const told: ReadonlyArray<Notice> = [
      { _tag: "exec", pid: first, argv: ["sleep", "1"], cwd: "/tmp", descriptors: 4 },
      { _tag: "usage", pid: first, cpuMs: 12, descriptors: 9 },
      { _tag: "stop", pid: first, signal: "SIGTSTP" }
    ]
    for (const notice of told) assert.isUndefined(table.apply(notice))
    assert.deepInclude(child, { argv: ["sleep", "1"], cwd: "/tmp", cpuMs: 12, descriptors: 9, state: "stopped" })
    assert.isUndefined(table.apply({ _tag: "continue", pid: first }))
    assert.isUndefined(table.apply({ _tag: "session", pid: first }))
    assert.deepInclude(child, { state: "running", sid: first, pgid: first, tty: undefined, root: ROOT })
  })

  it("a zombie stays until its parent has waited, and init adopts and waits for the orphans", () => {
    const { first, table } = withRoot()
    const [child, grandchild, dead] = [first, first + 1, first + 2]
    for (const notice of [fork(child), fork(grandchild, child), fork(dead, child), exit(dead)]) {
      assert.isUndefined(table.apply(notice))
    }
    assert.strictEqual(table.get(dead)!.state, "zombie")
    assert.isUndefined(table.apply(exit(child)))
    assert.isUndefined(table.get(dead))
    assert.deepInclude(table.get(grandchild)!, { ppid: INIT, root: ROOT, state: "running" })
    assert.isUndefined(table.apply({ _tag: "reap", pid: child }))
    assert.isUndefined(table.apply(exit(grandchild)))
    assert.deepStrictEqual(table.list().map(({ pid }) => pid), [ROOT])
  })

  it("the host's process stays a zombie until it is removed; its tree lives as long as anything of it", () => {
    const { first, root, table } = withRoot()
    table.apply(fork(first))
    table.apply({ _tag: "session", pid: first })
    assert.isUndefined(table.apply(exit(ROOT)))
    assert.strictEqual(root.state, "zombie")
    table.remove(root)
    assert.isTrue(table.treeLives(ROOT))
    assert.notInclude(Array.from({ length: 1000 }, () => table.takePid()), ROOT)
    table.apply(exit(first))
    assert.isFalse(table.treeLives(ROOT))
    assert.strictEqual(table.size, 0)
  })

  const violations: Record<string, readonly [told: ReadonlyArray<Notice>, expected: string]> = {
    "a number that was not granted": [[fork(9_999)], "not granted"],
    "a number twice": [[fork(3), fork(3)], "not granted"],
    "a number of somebody else": [[fork(ROOT)], "not granted"],
    "a parent that is not there": [[fork(3, 77)], "does not have"],
    "init as a parent": [[fork(3, INIT)], "does not have"],
    "a parent that has ended": [[fork(3), exit(3), fork(4, 3)], "does not have"],
    "a process that is not there": [[exit(77)], "does not have"],
    "init": [[exit(INIT)], "does not have"],
    "two exits": [[fork(3), exit(3), exit(3)], "has ended"],
    "a stop after the exit": [[fork(3), exit(3), { _tag: "stop", pid: 3, signal: "SIGSTOP" }], "has ended"],
    "a wait for what lives": [[fork(3), { _tag: "reap", pid: 3 }], "lives"],
    "a wait for the host's process": [[exit(ROOT), { _tag: "reap", pid: ROOT }], "the host's"],
    "an exit of the host's process that somebody waited for": [[exit(ROOT, true)], "the host's"],
    "a group of another session": [
      [fork(3), { _tag: "session", pid: 3 }, fork(4), { _tag: "group", pid: 4, pgid: 3 }],
      "group"
    ]
  }
  for (const [name, [told, expected]] of Object.entries(violations)) {
    it(`refuses ${name}`, () => {
      const { table } = withRoot()
      const answers = told.map((notice) => table.apply(notice))
      assert.include(answers.pop(), expected)
      assert.deepStrictEqual(answers, answers.map(() => undefined))
    })
  }

  it("refuses processes far above the limit, and grants numbers as they are used", () => {
    const { first, table } = withRoot(10)
    const answers = Array.from({ length: 20 }, (_, i) => table.apply(fork(first + i)))
    assert.deepStrictEqual(answers.filter((answer) => answer === undefined).length, 19)
    assert.strictEqual(answers.at(-1), "more processes than allowed")
    const { first: begin, table: other } = withRoot(1_000)
    assert.isUndefined(other.grant())
    for (let i = 0; i < PID_BLOCK / 2; i++) other.apply(fork(begin + i))
    assert.isNumber(other.grant())
  })

  it("whatever is told, processes have living parents and trees are counted right", () => {
    const notice = Arbitrary.oneof(
      Arbitrary.record({ _tag: Arbitrary.constant("fork" as const), pid: Arbitrary.nat(40), ppid: Arbitrary.nat(40) }),
      Arbitrary.record({
        _tag: Arbitrary.constant("exit" as const),
        pid: Arbitrary.nat(40),
        exitCode: Arbitrary.constant(0),
        reaped: Arbitrary.boolean()
      }),
      Arbitrary.record({ _tag: Arbitrary.constantFrom("reap" as const, "session" as const), pid: Arbitrary.nat(40) })
    )
    Arbitrary.assert(Arbitrary.property(Arbitrary.array(notice, { maxLength: 80 }), (told) => {
      const { root, table } = withRoot()
      for (const each of told) table.apply(each)
      for (const { ppid, state } of table.list()) {
        const parent = table.get(ppid)
        assert.isTrue(ppid === INIT || (parent !== undefined && (parent.state !== "zombie" || state === "zombie")))
      }
      if (root.state !== "zombie") table.end(root, killed, false)
      table.remove(root)
      for (const process of table.list()) if (process.state !== "zombie") table.end(process, killed, true)
      assert.deepStrictEqual([table.size, table.treeLives(ROOT)], [0, false])
    }))
  })
})
