/** Operations in steps: how short they are, and that nothing breaks when others change the tree between them. */
import { assert, describe, it } from "@effect/vitest"
import { diff, diffSteps } from "../../../native/kernel/filesystem/diff.ts"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { composeLowers, composeSteps } from "../../../native/kernel/filesystem/lowers.ts"
import {
  finish,
  sorted,
  STEP_BYTES,
  STEP_UNITS,
  type Steps,
  Wait,
  waitFor
} from "../../../native/kernel/filesystem/steps.ts"
import { type Snapshot, Tree } from "../../../native/kernel/filesystem/tree.ts"
import { exportNodes, exportTree, importSteps } from "../../../native/kernel/filesystem/tree-entries.ts"
import { bytes, fails, make, makeRandom, names, root, text, user } from "./support.ts"

const ENTRIES = 16_000

/** A directory /t with 16,000 entries: wide, deep and with content. */
const large = (): Filesystem => {
  const fs = make()
  fs.mkdir(root, "/t")
  for (let i = 0; i < 99; i++) fs.mkdirp(root, `/t/d${i}/e`)
  for (let i = 0; i < ENTRIES - 200; i++) {
    fs.writeFile(root, i < 8000 ? `/t/f${i}` : `/t/d${i % 99}/e/f${i}`, bytes("x"))
  }
  return fs
}

/** Runs all steps, with something else between them; gives their number. */
const count = (steps: Iterator<unknown>, between: (step: number) => void = () => {}): number => {
  let pauses = 0
  while (steps.next().done !== true) between(pauses++)
  return pauses
}

const atLeast = (pauses: number, units: number) => assert.isAtLeast(pauses, Math.floor(units / STEP_UNITS))

describe("steps", () => {
  it("cut every operation on a large tree into short parts", () => {
    const fs = large()
    const before = fs.snapshot()
    fs.mount("/m", Tree.empty(0n).snapshot())
    atLeast(count(fs.copySteps(root, "/t", "/copy", { recursive: true })), 2 * ENTRIES)
    atLeast(count(fs.copySteps(root, "/t", "/m/t", { recursive: true })), 2 * ENTRIES)
    atLeast(count(fs.moveSteps(root, "/m/t", "/moved")), 4 * ENTRIES)
    atLeast(count(diffSteps(before, fs.snapshot())), 2 * ENTRIES)
    atLeast(count(fs.removeSteps(root, "/t", { recursive: true })), 2 * ENTRIES)
    const exported = [...exportNodes(fs.snapshot())]
    assert.isAtLeast(exported.filter((node) => node === undefined).length, Math.floor(ENTRIES / STEP_UNITS))
    atLeast(count(importSteps(exportTree(fs.snapshot()))), 4 * ENTRIES)
    assert.deepStrictEqual(names(fs, "/"), ["copy", "m", "moved"])
    fs.unmount("/m")
  })

  it("move large content piece by piece", () => {
    const fs = make()
    const data = new Uint8Array(STEP_BYTES * 8 + 1).fill(7)
    assert.strictEqual(count(fs.writeSteps(root, "/f", data)), 9)
    assert.strictEqual(count(fs.writeSteps(root, "/f", data, { append: true })), 9)
    assert.strictEqual(fs.stat(root, "/f").size, 2 * data.length)
    assert.deepStrictEqual(finish(fs.readSteps(root, "/f")), fs.readFile(root, "/f"))
    fs.mount("/m", Tree.empty(0n).snapshot())
    assert.isAtLeast(count(fs.copySteps(root, "/f", "/m/f")), 16)
    assert.deepStrictEqual(fs.readFile(root, "/m/f"), fs.readFile(root, "/f"))
    // what is read is the file as it was at the first step
    const steps = fs.readSteps(root, "/f")
    steps.next()
    fs.writeFile(root, "/f", bytes("other"))
    assert.strictEqual(finish(steps).length, 2 * data.length)
    fails("ENOENT", () => finish(fs.readSteps(root, "/none")))
    fs.unlink(root, "/m/f")
    fs.unlink(root, "/f")
    assert.strictEqual(fs.usage().bytes, 0)
  })

  it("leave no trace of a write that does not fit, nor of an abandoned one", () => {
    const fs = make({ limits: { bytes: 4 * STEP_BYTES } })
    fs.writeFile(root, "/f", bytes("old"))
    const data = new Uint8Array(5 * STEP_BYTES)
    const { limit } = fails("ENOSPC", () => finish(fs.writeSteps(root, "/f", data)))
    assert.deepStrictEqual(limit, { name: "filesystemBytes", value: 4 * STEP_BYTES })
    fails("ENOSPC", () => finish(fs.writeSteps(root, "/f", data, { append: true })))
    const abandoned = fs.writeSteps(root, "/f", data.subarray(0, 3 * STEP_BYTES))
    abandoned.next()
    assert.isAbove(fs.usage().bytes, STEP_BYTES)
    abandoned.return()
    assert.strictEqual(text(fs.readFile(root, "/f")), "old")
    assert.deepStrictEqual(fs.usage(), { bytes: 3, inodes: 1, openFiles: 0 })
  })

  it("remove what was there at the first of them, as rm does", () => {
    const fs = large()
    const { errno, path } = fails(
      "ENOTEMPTY",
      () =>
        void count(fs.removeSteps(root, "/t", { recursive: true }), (step) => {
          if (step === 3) fs.writeFile(root, "/t/d5/e/new", bytes("n"))
          // after 62 steps of looking, none of removal is over
          if (step === 62) fs.rename(root, "/t/d6", "/saved")
        })
    )
    assert.deepStrictEqual([errno, path], ["ENOTEMPTY", "/t"])
    assert.strictEqual(text(fs.readFile(root, "/t/d5/e/new")), "n")
    assert.strictEqual(text(fs.readFile(root, "/saved/e/f8025")), "x")
    fs.remove(root, "/t", { recursive: true })
    fs.remove(root, "/saved", { recursive: true })
    assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 })
  })

  it("never remove, nor follow, what took the place of something while its directory was being removed", () => {
    const fs = large()
    fs.mkdirp(root, "/other/e")
    fs.writeFile(root, "/other/e/f", bytes("safe"))
    let replaced = 0
    const removing = fs.removeSteps(root, "/t", { recursive: true })
    const { errno, path } = fails("ENOTEMPTY", () =>
      void count(removing, (step) => {
        // all of it has been looked at, and little been removed
        if (step !== 64) return
        for (let i = 0; i < 99; i++) {
          if (!fs.exists(root, `/t/d${i}/e`)) continue
          if (i % 3 === 0) {
            fs.rename(root, `/t/d${i}`, `/moved${i}`)
            fs.symlink(root, "/other", `/t/d${i}`)
          } else if (i % 3 === 1) {
            fs.rename(root, `/t/d${i}`, `/moved${i}`)
            fs.mkdirp(root, `/t/d${i}/e`)
            fs.writeFile(root, `/t/d${i}/e/f`, bytes("new"))
          } else {
            fs.rename(root, `/t/d${i}`, `/moved${i}`)
            fs.writeFile(root, `/t/d${i}`, bytes("file"))
          }
          replaced++
        }
        for (let i = 0; i < 8000; i++) {
          if (!fs.exists(root, `/t/f${i}`)) continue
          fs.unlink(root, `/t/f${i}`)
          fs.writeFile(root, `/t/f${i}`, bytes("again"))
          replaced++
        }
      }))
    assert.deepStrictEqual([errno, path], ["ENOTEMPTY", "/t"])
    assert.isAbove(replaced, 1000)
    assert.lengthOf(names(fs, "/t"), replaced)
    assert.strictEqual(text(fs.readFile(root, "/other/e/f")), "safe")
    for (const name of names(fs, "/t").filter((name) => name.startsWith("f"))) {
      assert.strictEqual(text(fs.readFile(root, `/t/${name}`)), "again")
    }
    // as with rm(1), a directory that is open in the removal is emptied also where it has been moved to
    assert.isAtMost(
      names(fs, "/").filter((name) => name.startsWith("moved") && !fs.exists(root, `/${name}/e`)).length,
      1
    )
    for (const name of names(fs, "/t").filter((name) => name.startsWith("d"))) {
      if (Number(name.slice(1)) % 3 === 1) assert.strictEqual(text(fs.readFile(root, `/t/${name}/e/f`)), "new")
    }
  })

  it("list a large directory as it was at the first of them", () => {
    const fs = make()
    fs.mkdir(root, "/t")
    for (let i = 0; i < ENTRIES; i++) fs.writeFile(root, `/t/f${i}`, bytes(""))
    const expected = fs.readdir(root, "/t")
    const listing = fs.readdirSteps(root, "/t")
    let pauses = 0
    for (let next = listing.next();; next = listing.next()) {
      if (next.done === true) {
        assert.deepStrictEqual(next.value, expected)
        break
      }
      if (pauses++ === 3) fs.remove(root, "/t", { recursive: true })
    }
    atLeast(pauses, ENTRIES)
    fails("ENOENT", () => fs.readdirSteps(root, "/t"))
  })

  it("make directories of any depth, whatever others do to them meanwhile", () => {
    const fs = make()
    fs.watch(root, "/")
    const deep = "/a".repeat(2047)
    atLeast(count(fs.mkdirpSteps(root, deep)), 2 * 2047)
    assert.isTrue(fs.exists(root, deep))
    fs.remove(root, "/a", { recursive: true })
    const between = (change: () => void) => count(fs.mkdirpSteps(root, deep), (step) => step === 1 && change())
    // what somebody else has made is taken
    between(() => fs.mkdirp(root, deep))
    assert.strictEqual(fs.usage().inodes, 2047)
    fs.remove(root, "/a", { recursive: true })
    fails("ENOENT", () => between(() => fs.remove(root, "/a", { recursive: true })))
    // what is moved away is made where it is then
    between(() => fs.rename(root, "/a", "/b"))
    assert.isTrue(fs.exists(root, deep.replace("/a", "/b")))
    const kept = fs.snapshot()
    fs.remove(root, "/b", { recursive: true })
    fails("ECANCELED", () => between(() => fs.restore(kept)))
    assert.strictEqual(fs.usage().openFiles, 0)
  })

  it("put lowers and bootstrap entries together", () => {
    const lower = (names: number, from = 0) => {
      const fs = make()
      for (let i = 0; i < 10; i++) fs.mkdir(root, `/d${i}`)
      for (let i = from; i < from + names; i++) fs.writeFile(root, `/d${i % 10}/f${i}`, bytes("x"))
      return fs.snapshot()
    }
    const lowers = [lower(ENTRIES), lower(ENTRIES - 1, 8000)]
    let root_: Snapshot | undefined
    const composing = composeSteps(lowers)
    let pauses = 0
    for (let next = composing.next(); root_ === undefined; next = composing.next()) {
      if (next.done === true) root_ = next.value
      else pauses++
    }
    atLeast(pauses, 2 * (ENTRIES - 1))
    const fs = make({ root: root_ })
    assert.lengthOf(names(fs, "/d1"), 2400)
    // a directory full of files that something else hides
    const hides = make()
    hides.writeFile(root, "/d1", bytes("file"))
    for (let i = 0; i < 2 * ENTRIES; i++) hides.writeFile(root, `/g${i}`, bytes(""))
    atLeast(count(composeSteps([lower(1), hides.snapshot()])), 1)
    assert.strictEqual(text(make({ root: composeLowers([hides.snapshot(), lowers[0]]) }).readFile(root, "/d1")), "file")
  })

  it("copy what was there at the first of them", () => {
    const fs = large()
    count(fs.copySteps(root, "/t", "/c", { recursive: true }), (step) => {
      if (step === 1) fs.remove(root, "/t", { recursive: true })
    })
    assert.lengthOf(names(fs, "/c"), 8000 + 99)
    assert.strictEqual(text(fs.readFile(root, "/c/d7/e/f8026")), "x")
    fs.remove(root, "/c", { recursive: true })
    assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 })
  })

  it("are checked whole before the first change", () => {
    const fs = large()
    fs.chmod(root, "/", 0o777)
    fs.chown(root, "/t", 1000, 1000)
    const before = fs.usage()
    fails("EACCES", () => finish(fs.removeSteps(user, "/t", { recursive: true })))
    assert.deepStrictEqual(fs.usage(), before)
    const tight = make({ root: fs.snapshot(), limits: { inodes: 100 } })
    let pauses = 0
    fails("ENOSPC", () => {
      pauses = count(tight.copySteps(root, "/t", "/c", { recursive: true }))
    })
    assert.strictEqual(tight.usage().inodes, 0)
    assert.strictEqual(pauses, 0)
  })

  it("are not undermined by mounts, and end with a restore", () => {
    const fs = large()
    const kept = fs.snapshot()
    fs.mount("/m", Tree.empty(0n).snapshot())
    const removing = fs.removeSteps(root, "/t", { recursive: true })
    for (let i = 0; i < 70; i++) removing.next()
    fs.mkdir(root, "/t/late")
    fs.mount("/t/late", Tree.empty(0n).snapshot())
    fails("ENOTEMPTY", () => void count(removing))
    assert.deepStrictEqual(names(fs, "/t"), ["late"])
    fs.unmount("/t/late")
    fs.restore(kept)
    const mounted = fs.removeSteps(root, "/t", { recursive: true })
    mounted.next()
    fs.mount("/t/d3/e", Tree.empty(0n).snapshot())
    fails("EBUSY", () => void count(mounted))
    fs.unmount("/t/d3/e")
    fs.restore(kept)
    for (const steps of [fs.moveSteps(root, "/t", "/m/t"), fs.removeSteps(root, "/t", { recursive: true })]) {
      for (let i = 0; i < 100; i++) steps.next()
      if (names(fs, "/m").length > 0) fails("EBUSY", () => fs.unmount("/m"))
      fs.restore(kept)
      fails("ECANCELED", () => void count(steps))
      assert.lengthOf(names(fs, "/t"), 8000 + 99)
    }
    fs.unmount("/m")
  })

  it("keep the tree whole whatever happens between them", () => {
    for (let seed = 1; seed <= 40; seed++) interfere(seed)
  })

  it("sort as the language does", () => {
    const random = makeRandom(5)
    for (const length of [0, 1, 255, 256, 257, 1000, 5000]) {
      const values = Array.from({ length }, (_, at) => ({ key: random(50), at }))
      const expected = values.slice().sort((a, b) => a.key - b.key)
      assert.deepStrictEqual(finish(sorted(values.slice(), (a, b) => a.key - b.key)), expected)
    }
  })
})

const tryTo = (run: () => unknown): void => {
  try {
    run()
  } catch (error) {
    assert.property(error, "errno")
  }
}

/** One long operation at a time, with random others between its steps. Afterwards nothing may have got lost. */
const interfere = (seed: number): void => {
  const random = makeRandom(seed)
  const fs = make({ limits: { inodes: 6000 } })
  fs.mount("/m", Tree.empty(0n).snapshot())
  const path = () => Array.from({ length: 2 + random(3) }, () => `/${"abcdefghijkl"[random(12)]}`).join("")
  const place = () => (random(4) === 0 ? `/m${path()}` : `/${"abc"[random(3)]}${path()}`)
  const change = () => {
    const kind = random(8)
    if (kind < 3) fs.mkdirp(root, place())
    else if (kind === 3) fs.writeFile(root, place(), new Uint8Array(random(200)))
    else if (kind === 4) fs.rename(root, place(), place())
    else if (kind === 5) fs.link(root, place(), place())
    else if (kind === 6) fs.remove(root, place(), { recursive: true })
    else fs.snapshot()
  }
  for (let i = 0; i < 1200; i++) tryTo(change)
  const tops = ["/a", "/b", "/c", "/m/a", "/m/b"]
  const top = () => tops[random(tops.length)]
  for (let round = 0; round < 6; round++) {
    const long: Steps = [
      () => fs.removeSteps(root, top(), { recursive: true }),
      () => fs.copySteps(root, top(), top(), { recursive: true }),
      () => fs.moveSteps(root, top(), `${top()}/z`)
    ][random(3)]()
    tryTo(() =>
      count(long, () => {
        for (let i = random(6); i > 0; i--) tryTo(change)
      })
    )
    const before = fs.snapshot()
    assert.deepStrictEqual(diff(before, fs.snapshot()), [])
  }
  for (const name of names(fs, "/m")) fs.remove(root, `/m/${name}`, { recursive: true })
  fs.unmount("/m")
  for (const name of names(fs, "/")) fs.remove(root, `/${name}`, { recursive: true })
  assert.deepStrictEqual(fs.usage(), { bytes: 0, inodes: 0, openFiles: 0 }, `seed ${seed}`)
}

describe("work that waits", () => {
  it("goes on when the outcome comes before anybody has parked it, too", () => {
    for (const before of [true, false]) {
      let settle = (_: string) => {}
      const work = waitFor<string>(({ succeed }) => void (settle = succeed))
      const pause = work.next().value
      let woken = 0
      if (before) settle("here")
      assert.instanceOf(pause, Wait)
      if (pause instanceof Wait) pause.park(() => woken++)
      if (!before) settle("here")
      assert.strictEqual(woken, 1)
      assert.deepStrictEqual(work.next(), { done: true, value: "here" })
    }
  })
})
