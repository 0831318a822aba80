import { assert, describe, it } from "@effect/vitest"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import type { Snapshot } from "../../../native/kernel/filesystem/tree.ts"
import { fails, make, makeRandom, root } from "./support.ts"

const KiB = 1024
const filled = (length: number) => new Uint8Array(length).fill(1)

/** Bytes of all chunks that the tree or one of the snapshots reaches, each counted once. */
const held = (fs: Filesystem, kept: Iterable<Snapshot>): number => {
  const chunks = new Set<{ readonly length: number }>()
  for (const snapshot of [fs.snapshot(), ...kept]) {
    snapshot.inodes.forEach((inode) => {
      ;(inode.content as any)?.chunks.forEach((chunk: { readonly length: number }) => chunks.add(chunk))
    })
  }
  let bytes = 0
  for (const { length } of chunks) bytes += length
  return bytes
}

describe("content of kept snapshots", () => {
  it("is charged until the last snapshot that holds it is forgotten", () => {
    const fs = make({ limits: { bytes: 300 * KiB } })
    fs.writeFile(root, "/a", filled(200 * KiB))
    const first = fs.keep("/")
    assert.strictEqual(fs.usage().bytes, 200 * KiB)
    fs.unlink(root, "/a")
    assert.strictEqual(fs.usage().bytes, 200 * KiB)
    const fault = fails("ENOSPC", () => fs.writeFile(root, "/b", filled(101 * KiB)))
    assert.deepStrictEqual(fault.limit, { name: "filesystemBytes", value: 300 * KiB })
    const second = fs.keep("/")
    fs.forget(second)
    fs.writeFile(root, "/b", filled(100 * KiB))
    fs.forget(first)
    assert.strictEqual(fs.usage().bytes, 100 * KiB)
  })

  it("is not what was written and removed since", () => {
    const fs = make({ limits: { bytes: 1000 * KiB } })
    fs.writeFile(root, "/a", filled(100 * KiB))
    const kept = fs.keep("/")
    for (let i = 0; i < 50; i++) {
      fs.copy(root, "/a", "/b")
      fs.writeFile(root, "/c", filled(300 * KiB))
      fs.unlink(root, "/b")
      fs.unlink(root, "/c")
    }
    assert.strictEqual(fs.usage().bytes, 100 * KiB)
    fails("ENOSPC", () => fs.writeFile(root, "/a", filled(901 * KiB)))
    fs.writeFile(root, "/a", filled(900 * KiB))
    assert.strictEqual(fs.usage().bytes, 1000 * KiB)
    fs.forget(kept)
    assert.strictEqual(fs.usage().bytes, 900 * KiB)
  })

  it("of a mount stays charged when the mount is gone", () => {
    const fs = make()
    fs.mount("/m", make().snapshot())
    fs.writeFile(root, "/m/a", filled(100 * KiB))
    const kept = fs.keep("/m")
    fs.unmount("/m")
    assert.strictEqual(fs.usage().bytes, 100 * KiB)
    fs.forget(kept)
    assert.strictEqual(fs.usage().bytes, 0)
  })

  const randomUse = (seed: number, restores: boolean, check: (usage: number, held: number, step: string) => void) => {
    const random = makeRandom(seed)
    const fs = make()
    const kept: Array<Snapshot> = []
    const path = () => `/f${random(6)}`
    for (let i = 0; i < 1500; i++) {
      try {
        const choice = random(20)
        if (choice < 7) fs.writeFile(root, path(), filled(random(200_000)), { append: random(2) === 0 })
        else if (choice < 9) fs.unlink(root, path())
        else if (choice < 12) fs.truncate(root, path(), random(200_000))
        else if (choice < 13) fs.move(root, path(), path())
        else if (choice < 14) fs.link(root, path(), path())
        else if (choice < 17) kept.push(fs.keep("/"))
        else if (choice < 19 && kept.length > 0) fs.forget(kept.splice(random(kept.length), 1)[0])
        else if (restores && kept.length > 0) fs.restore(kept[random(kept.length)])
      } catch (error) {
        assert.match((error as { errno: string }).errno, /ENOENT|EEXIST/)
      }
      check(fs.usage().bytes, held(fs, kept), `seed ${seed}, step ${i}`)
    }
    for (const snapshot of kept) fs.forget(snapshot)
    assert.strictEqual(fs.usage().bytes, held(fs, []), `seed ${seed}, at the end`)
  }

  it("is counted to the byte in random use", () => {
    for (let seed = 1; seed <= 10; seed++) randomUse(seed, false, assert.strictEqual)
  })

  it("is never counted too low with restores to and fro, and to the byte once all are forgotten", () => {
    for (let seed = 1; seed <= 10; seed++) randomUse(seed, true, assert.isAtLeast)
  })
})
