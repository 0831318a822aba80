/** Locks of flock(2): who may have one, who waits, and when they end. */
import { assert, describe, it } from "@effect/vitest"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { O_CREAT, O_RDWR } from "../../../native/kernel/filesystem/flags.ts"
import { type LockKind, type LockOutcome, MAX_LOCK_WAITERS } from "../../../native/kernel/filesystem/lock-table.ts"
import type { OpenFile } from "../../../native/kernel/filesystem/open-file.ts"
import { fails, make, makeRandom, root } from "./support.ts"

const open = (fs: Filesystem, path = "/f"): OpenFile => fs.open(root, path, O_RDWR | O_CREAT)

/** Asks for a lock; gives what has become of it so far, and what withdraws it. */
const ask = (file: OpenFile, kind: LockKind) => {
  const asked: { outcome: LockOutcome | "waits"; withdraw: () => void } = { outcome: "waits", withdraw: () => {} }
  const withdraw = file.lockLater(kind, (outcome) => void (asked.outcome = outcome))
  if (withdraw === undefined) asked.outcome = "granted"
  else asked.withdraw = withdraw
  return asked
}

describe("locks", () => {
  it("are shared by many or had by one", () => {
    const fs = make()
    const [a, b, c] = [open(fs), open(fs), open(fs)]
    a.lock("shared")
    b.lock("shared")
    fails("EAGAIN", () => c.lock("exclusive"))
    a.unlock()
    fails("EAGAIN", () => c.lock("exclusive"))
    b.unlock()
    c.lock("exclusive")
    c.lock("exclusive")
    fails("EAGAIN", () => a.lock("shared"))
    open(fs, "/g").lock("exclusive")
  })

  it("belong to the inode, whatever name it is opened by, and to the open file, whatever descriptor", () => {
    const fs = make()
    const a = open(fs)
    fs.link(root, "/f", "/other")
    const b = open(fs, "/other")
    a.lock("exclusive")
    fails("EAGAIN", () => b.lock("shared"))
    const twin = a.duplicate()
    a.close()
    fails("EAGAIN", () => b.lock("shared"))
    twin.close()
    b.lock("exclusive")
    fails("EBADF", () => a.lock("shared"))
    fails("EBADF", () => a.close())
    b.close()
    assert.strictEqual(fs.usage().openFiles, 0)
  })

  it("are converted by giving the old one up first, as on Linux", () => {
    const fs = make()
    const [a, b] = [open(fs), open(fs)]
    a.lock("shared")
    b.lock("shared")
    fails("EAGAIN", () => a.lock("exclusive"))
    // a has lost what it had
    b.lock("exclusive")
    b.lock("shared")
    a.lock("shared")
  })

  it("are waited for in order, and end with the file", () => {
    const fs = make()
    const [a, b, c, d] = [open(fs), open(fs), open(fs), open(fs)]
    a.lock("exclusive")
    const [first, second, third] = [ask(b, "shared"), ask(c, "exclusive"), ask(d, "shared")]
    assert.deepStrictEqual([first.outcome, second.outcome, third.outcome], ["waits", "waits", "waits"])
    a.close()
    assert.deepStrictEqual([first.outcome, second.outcome, third.outcome], ["granted", "waits", "granted"])
    b.unlock()
    d.close()
    assert.strictEqual(second.outcome, "granted")
    fails("EAGAIN", () => b.lock("shared"))
  })

  it("that are withdrawn, closed, restored or released wait no more", () => {
    const fs = make()
    const before = fs.snapshot()
    const [a, b, c] = [open(fs), open(fs), open(fs)]
    a.lock("exclusive")
    const withdrawn = ask(b, "exclusive")
    withdrawn.withdraw()
    withdrawn.withdraw()
    const closed = ask(b, "shared")
    b.close()
    assert.strictEqual(closed.outcome, "closed")
    const restored = ask(c, "shared")
    fs.restore(before)
    assert.strictEqual(restored.outcome, "closed")
    assert.strictEqual(withdrawn.outcome, "waits")
    fails("EBADF", () => a.lock("shared"))
    a.close()
    const [d, e] = [open(fs), open(fs)]
    d.lock("exclusive")
    const released = ask(e, "shared")
    fs.close()
    assert.strictEqual(released.outcome, "released")
  })

  it("are waited for by so many and no more", () => {
    const fs = make()
    open(fs).lock("exclusive")
    const waiting = Array.from({ length: MAX_LOCK_WAITERS }, () => ask(open(fs), "shared"))
    const { limit } = fails("ENOLCK", () => ask(open(fs), "shared"))
    assert.deepStrictEqual(limit, { name: "lockWaiters", value: MAX_LOCK_WAITERS })
    waiting[7].withdraw()
    assert.strictEqual(ask(open(fs), "shared").outcome, "waits")
  })

  it("never stand against each other, and nobody waits in vain, whatever the order", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = makeRandom(seed)
      const fs = make()
      const files = Array.from({ length: 6 }, () => open(fs))
      const held = new Map<OpenFile, LockKind>()
      const asked = new Map<OpenFile, { readonly kind: LockKind; readonly withdraw: () => void }>()
      const free = (file: OpenFile, kind: LockKind) =>
        [...held].every(([other, mine]) => other === file || (kind === "shared" && mine === "shared"))
      for (let step = 0; step < 100; step++) {
        const file = files[random(files.length)]
        const kind = random(3) === 0 ? "exclusive" : "shared"
        const waiting = asked.get(file)
        if (waiting !== undefined) {
          if (random(3) !== 0) continue
          waiting.withdraw()
          asked.delete(file)
        } else if (random(2) === 0) {
          held.delete(file)
          file.unlock()
        } else {
          held.delete(file)
          const withdraw = file.lockLater(kind, (outcome) => {
            assert.strictEqual(outcome, "granted")
            asked.delete(file)
            held.set(file, kind)
          })
          if (withdraw === undefined) held.set(file, kind)
          else asked.set(file, { kind, withdraw })
        }
        for (const [holder, mine] of held) assert.isTrue(free(holder, mine), `seed ${seed}, step ${step}`)
        for (const [waiter, { kind }] of asked) assert.isFalse(free(waiter, kind), `seed ${seed}, step ${step}`)
      }
    }
  })
})
