import { assert, describe, it } from "@effect/vitest"
import type { ChangeEvent } from "../../../native/kernel/filesystem/change-log.ts"
import { ChangeLog, LOG_EVENTS, LOG_UNITS } from "../../../native/kernel/filesystem/change-log.ts"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import * as Flags from "../../../native/kernel/filesystem/flags.ts"
import { Tree } from "../../../native/kernel/filesystem/tree.ts"
import { mutate } from "./snapshot-support.ts"
import { bytes, make, makeRandom, root } from "./support.ts"

/** All events after a cursor. */
const since = (log: ChangeLog, cursor: number): Array<ChangeEvent> => {
  const events: Array<ChangeEvent> = []
  while (cursor < log.cursor) events.push(log.after(cursor++)!)
  return events
}

const short = (events: ReadonlyArray<ChangeEvent>) =>
  events.map(({ from, kind, path }) => from === undefined ? `${kind} ${path}` : `${kind} ${from} ${path}`)

/** Every path with its inode number. */
const pathsOf = (fs: Filesystem): Map<string, number> => {
  const found = new Map<string, number>()
  const pending = [""]
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const { ino, name, type } of fs.readdir(root, at === "" ? "/" : at)) {
      found.set(`${at}/${name}`, ino)
      if (type === "directory") pending.push(`${at}/${name}`)
    }
  }
  return found
}

const isAt = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`)

/** Takes what is at some paths out of a model, in the order of the paths. */
const lift = (model: Map<string, number>, tops: ReadonlyArray<string>) =>
  tops.map((top) => {
    const below = [...model].filter(([path]) => isAt(path, top))
    for (const [path] of below) model.delete(path)
    return below.map(([path, ino]) => [path.slice(top.length), ino] as const)
  })

/** Does to a model what the events say. */
const replay = (model: Map<string, number>, events: ReadonlyArray<ChangeEvent>): void => {
  const put = (top: string, below: ReadonlyArray<readonly [string, number]>) => {
    for (const [rest, ino] of below) model.set(top + rest, ino)
  }
  for (let i = 0; i < events.length; i++) {
    const { from, ino, kind, path } = events[i]
    if (kind === "created") {
      assert.isFalse(model.has(path), `created ${path}`)
      model.set(path, ino)
    } else if (kind === "removed") {
      assert.strictEqual(model.get(path), ino, `removed ${path}`)
      model.delete(path)
    } else if (kind === "modified") {
      assert.isTrue(path === "/" || model.has(path), `modified ${path}`)
    } else {
      const next = events[i + 1]
      // two that change places are two events in a row
      const swap = next?.kind === "moved" && next.from === path && next.path === from
      const [first, second] = lift(model, swap ? [from!, path] : [from!])
      put(path, first)
      if (!swap) continue
      put(from!, second)
      i++
    }
    if (kind === "moved") assert.strictEqual(model.get(path), ino, `moved ${path}`)
  }
}

describe("changes", () => {
  it("replayed in their order give the names of the tree", () => {
    let seen = 0
    for (let seed = 1; seed <= 300; seed++) {
      const random = makeRandom(seed)
      const fs = make()
      for (let i = random(60); i > 0; i--) mutate(fs, random)
      const model = pathsOf(fs)
      const { log } = fs.watch(root, "/")
      for (let i = 0; i < 120; i++) {
        const before = log.cursor
        mutate(fs, random)
        const events = since(log, before)
        seen += events.length
        replay(model, events)
      }
      assert.deepStrictEqual([...model].sort(), [...pathsOf(fs)].sort(), `seed ${seed}`)
    }
    assert.isAbove(seen, 5000)
  })

  it("are told for every way to make them", () => {
    const fs = make()
    const { log } = fs.watch(root, "/")
    let cursor = 0
    const told = (run: () => unknown, ...expected: ReadonlyArray<string>) => {
      run()
      assert.deepStrictEqual(short(since(log, cursor)), [...expected])
      cursor = log.cursor
    }
    told(() => fs.mkdirp(root, "/a/b"), "created /a", "created /a/b")
    told(() => fs.writeFile(root, "/a/f", bytes("x")), "created /a/f")
    told(() => fs.writeFile(root, "/a/f", bytes("y")), "modified /a/f")
    told(() => fs.writeFile(root, "/a/f", bytes("y"), { append: true }), "modified /a/f")
    told(() => fs.truncate(root, "/a/f", 0), "modified /a/f")
    told(() => fs.chmod(root, "/a/f", 0o600), "modified /a/f")
    told(() => fs.chown(root, "/a", 5, 5), "modified /a")
    told(() => fs.utimes(root, "/a/f", 1n, 1n), "modified /a/f")
    told(() => fs.chmod(root, "/", 0o755), "modified /")
    told(() => fs.link(root, "/a/f", "/l"), "created /l")
    told(() => fs.writeFile(root, "/l", bytes("z")), "modified /l")
    told(() => fs.symlink(root, "l", "/s"), "created /s")
    told(() => fs.rename(root, "/l", "/a/b/m"), "moved /l /a/b/m")
    told(() => fs.rename(root, "/s", "/a/b/m"), "removed /a/b/m", "moved /s /a/b/m")
    told(() => fs.rename(root, "/a/f", "/a/b", { exchange: true }), "moved /a/b /a/f", "moved /a/f /a/b")
    fs.copy(root, "/a", "/c", { recursive: true })
    const copied = ["/c", "/c/b", "/c/f", "/c/f/m"]
    const all = (kind: string) => copied.map((path) => `${kind} ${path}`)
    assert.sameMembers(short(since(log, cursor)), [...all("created"), ...all("modified")])
    cursor = log.cursor
    fs.remove(root, "/c", { recursive: true })
    assert.sameMembers(short(since(log, cursor)), all("removed"))
    cursor = log.cursor
    assert.isFalse(fs.exists(root, "/c"))
    const stage = fs.stage(root, "/big")
    told(() => stage.append(bytes("x")))
    told(() => stage.commit(), "created /big", "modified /big")
    const file = fs.open(root, "/big", Flags.O_RDWR)
    told(() => file.write(bytes("abc")), "modified /big")
    told(() => fs.rename(root, "/big", "/large"), "moved /big /large")
    told(() => file.pwrite(9, bytes("abc")), "modified /large")
    told(() => fs.unlink(root, "/large"), "removed /large")
    told(() => file.write(bytes("nobody can see it")))
    file.close()
    told(() => fs.mount("/mnt", Tree.empty(0n).snapshot()), "created /mnt", "modified /mnt")
    told(() => fs.writeFile(root, "/mnt/f", bytes("")), "created /mnt/f")
    told(() => fs.unmount("/mnt"), "modified /mnt")
    told(() => fs.readFile(root, "/a/b"))
  })

  it("cost nothing before somebody watches", () => {
    const fs = make()
    fs.mkdirp(root, "/a/b/c")
    const { log } = fs.watch(root, "/a")
    assert.strictEqual(log.cursor, 0)
    fs.mkdir(root, "/a/d")
    assert.strictEqual(log.cursor, 1)
  })

  it("survive paths of any depth in bounded time", () => {
    const fs = make()
    const { log } = fs.watch(root, "/")
    fs.mkdirp(root, "/d".repeat(2000))
    fs.mkdirp(root, "/e".repeat(1900))
    fs.rename(root, "/d", `${"/e".repeat(1900)}/d`)
    const deep = { ...root, cwd: "/e".repeat(1900) }
    const before = log.cursor
    fs.writeFile(deep, `d${"/d".repeat(1000)}/f`, bytes("x"))
    assert.strictEqual(log.cursor, before)
    assert.isBelow(log.cursor, LOG_EVENTS)
  })
})

describe("ChangeLog", () => {
  const event = (path: string): ChangeEvent => ({ kind: "created", ino: 1, path })
  const begun = () => {
    const log = new ChangeLog()
    log.arm()
    return log
  }

  it("keeps the latest events and knows what it does not keep", () => {
    const log = begun()
    for (let i = 1; i <= LOG_EVENTS; i++) log.record(event(`/${i}`))
    assert.isUndefined(log.lost(0))
    assert.strictEqual(log.after(0)?.path, "/1")
    log.record(event("/last"))
    assert.strictEqual(log.lost(0), 1)
    assert.strictEqual(log.missed, 1)
    assert.isUndefined(log.lost(1))
    assert.strictEqual(log.after(1)?.path, "/2")
    assert.strictEqual(log.after(log.cursor - 1)?.path, "/last")
    assert.isUndefined(log.after(log.cursor))
  })

  it("keeps no more text than its bound", () => {
    const log = begun()
    const long = "x".repeat(4000)
    for (let i = 0; i < 1000; i++) log.record(event(`/${i}${long}`))
    const kept = log.cursor - log.missed
    assert.isAtMost(kept * 4001, LOG_UNITS)
    assert.isAbove(kept * 4001, LOG_UNITS - 2 * 4010)
  })

  it("takes writes in a row for one, until somebody has read of them", () => {
    const log = begun()
    const write = { kind: "modified", ino: 5, path: "/f" } as const
    log.record(write)
    log.record(write)
    assert.strictEqual(log.cursor, 1)
    assert.deepStrictEqual(log.after(0), write)
    log.record(write)
    assert.strictEqual(log.cursor, 2)
    log.record({ ...write, ino: 6, path: "/g" })
    log.record(write)
    assert.strictEqual(log.cursor, 4)
  })

  it("makes every reader look again after a reset", () => {
    const log = begun()
    log.record(event("/a"))
    log.reset()
    assert.strictEqual(log.lost(0), 1)
    assert.strictEqual(log.lost(1), 2)
    assert.isUndefined(log.lost(log.cursor))
    log.record(event("/b"))
    assert.strictEqual(log.after(2)?.path, "/b")
  })
})
