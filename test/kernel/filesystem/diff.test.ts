import { assert, describe, it } from "@effect/vitest"
import type { Change } from "../../../native/kernel/filesystem/diff.ts"
import { diff } from "../../../native/kernel/filesystem/diff.ts"
import type { Inode } from "../../../native/kernel/filesystem/inode.ts"
import { sizeOf } from "../../../native/kernel/filesystem/stat.ts"
import type { Snapshot } from "../../../native/kernel/filesystem/tree.ts"
import { ROOT_INO } from "../../../native/kernel/filesystem/tree.ts"
import { mutate } from "./snapshot-support.ts"
import { bytes, fails, make, makeRandom, root } from "./support.ts"

const short = (changes: ReadonlyArray<Change>) =>
  changes.map(({ from, kind, path }) => (from === undefined ? `${kind} ${path}` : `${kind} ${from} ${path}`))

/** All paths of a tree. */
const walk = (snapshot: Snapshot): Map<string, Inode> => {
  const paths = new Map<string, Inode>()
  const pending: Array<readonly [string, Inode]> = [["", snapshot.inode(ROOT_INO)!]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [path, inode] = next
    paths.set(path === "" ? "/" : path, inode)
    inode.entries?.forEach((ino, name) => pending.push([`${path}/${name}`, snapshot.inode(ino)!]))
  }
  return paths
}

const identity = (inode: Inode | undefined): string | undefined => inode === undefined ? undefined : `${inode.ino}`

const content = (inode: Inode): string =>
  Buffer.from(inode.content?.read(0, inode.content.size) ?? []).toString("latin1")

const differs = (a: Inode, b: Inode): boolean =>
  a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid ||
  (!a.isDirectory && (a.mtime !== b.mtime || a.target !== b.target || content(a) !== content(b)))

/** The name of a path in its directory, told by the identity of the directory. */
const edgeOf = (paths: ReadonlyMap<string, Inode>, path: string): string => {
  const slash = path.lastIndexOf("/")
  return `${identity(paths.get(slash === 0 ? "/" : path.slice(0, slash)))}/${path.slice(slash + 1)}`
}

/** The difference by comparing everything with everything. */
const naive = (before: Snapshot, after: Snapshot): Array<string> => {
  const old = walk(before)
  const now = walk(after)
  const edges = (paths: ReadonlyMap<string, Inode>) =>
    new Map(
      [...paths].filter(([path]) => path !== "/").map(([path, inode]) => [`${edgeOf(paths, path)} ${inode.ino}`, path])
    )
  const oldEdges = edges(old)
  const newEdges = edges(now)
  const removed = new Set([...oldEdges].filter(([edge]) => !newEdges.has(edge)).map(([, path]) => path))
  const added = new Set([...newEdges].filter(([edge]) => !oldEdges.has(edge)).map(([, path]) => path))
  const lines: Array<string> = []
  const replaced = new Set<string>()
  const moved: Array<readonly [from: string, to: string]> = []
  const sources = [...removed].sort()
  for (const path of [...added].sort()) {
    const index = sources.findIndex((from) => old.get(from)!.ino === now.get(path)!.ino)
    if (index === -1) continue
    moved.push([sources[index], path])
    sources.splice(index, 1)
  }
  for (const [from, to] of moved) {
    lines.push(`moved ${from} ${to}`)
    added.delete(to)
    removed.delete(from)
    removed.delete(to)
  }
  for (const path of added) {
    const a = old.get(path)
    const b = now.get(path)!
    if (a === undefined || !removed.has(path) || a.type !== b.type) continue
    added.delete(path)
    removed.delete(path)
    replaced.add(path)
    if (differs(a, b)) lines.push(`modified ${path}`)
  }
  for (const path of removed) lines.push(`removed ${path}`)
  for (const path of added) lines.push(`created ${path}`)
  const oldByIno = new Map([...old.values()].map((inode) => [inode.ino, inode]))
  for (const [path, inode] of now) {
    const was = oldByIno.get(inode.ino)
    if (was === undefined || added.has(path) || replaced.has(path)) continue
    if (differs(was, inode)) lines.push(`modified ${path}`)
  }
  return lines.sort()
}

describe("diff", () => {
  it("agrees with a full comparison after random edits", { timeout: 60_000 }, () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = makeRandom(seed)
      const fs = make()
      for (let i = random(120); i > 0; i--) mutate(fs, random)
      const before = fs.snapshot()
      for (let i = random(25); i > 0; i--) mutate(fs, random)
      const after = fs.snapshot()
      const changes = diff(before, after)
      const expected = naive(before, after)
      assert.deepStrictEqual(short(changes).sort(), expected, `seed ${seed}`)
      assert.deepStrictEqual(changes.map(({ path }) => path), changes.map(({ path }) => path).sort(), `seed ${seed}`)
      const [old, now] = [walk(before), walk(after)]
      for (const { kind, mode, path, size, type } of changes) {
        const inode = (kind === "removed" ? old : now).get(path)!
        assert.deepStrictEqual({ mode, size, type }, { mode: inode.mode, size: sizeOf(inode), type: inode.type })
      }
    }
  })

  it("tells created, removed, modified and moved", () => {
    const fs = make()
    fs.mkdirp(root, "/dir/sub")
    fs.writeFile(root, "/dir/sub/file", bytes("1"))
    fs.writeFile(root, "/keep", bytes("1"))
    fs.writeFile(root, "/gone", bytes("1"))
    fs.writeFile(root, "/swap", bytes("1"))
    const before = fs.snapshot()
    assert.deepStrictEqual(diff(before, before), [])
    fs.rename(root, "/dir", "/moved")
    fs.writeFile(root, "/moved/sub/file", bytes("22"))
    fs.unlink(root, "/gone")
    fs.mkdirp(root, "/new/deep")
    fs.writeFile(root, "/tmp", bytes("replacement"))
    fs.rename(root, "/tmp", "/swap")
    fs.utimes(root, "/keep", 5n, "omit")
    const changes = diff(before, fs.snapshot())
    assert.deepStrictEqual(short(changes), [
      "removed /gone",
      "moved /dir /moved",
      "modified /moved/sub/file",
      "created /new",
      "created /new/deep",
      "modified /swap"
    ])
    assert.deepStrictEqual(changes[2], {
      kind: "modified",
      path: "/moved/sub/file",
      type: "file",
      size: 2,
      mode: 0o100644
    })
  })

  it("sees the root, hard links and changes of kind", () => {
    const fs = make()
    fs.writeFile(root, "/a", bytes("1"))
    fs.link(root, "/a", "/b")
    fs.mkdirp(root, "/kind/x")
    const before = fs.snapshot()
    fs.chmod(root, "/", 0o700)
    fs.writeFile(root, "/a", bytes("2"))
    fs.link(root, "/a", "/c")
    fs.remove(root, "/kind", { recursive: true })
    fs.writeFile(root, "/kind", bytes(""))
    assert.deepStrictEqual(short(diff(before, fs.snapshot())), [
      "modified /",
      "modified /a",
      "modified /b",
      "created /c",
      "created /kind",
      "removed /kind",
      "removed /kind/x"
    ])
  })

  it("does not take equal inode numbers of two forks for one inode", () => {
    const one = make()
    one.mkdir(root, "/shared")
    const two = make({ root: one.snapshot() })
    one.writeFile(root, "/shared/a", bytes("1"))
    one.mkdirp(root, "/dir/one")
    two.writeFile(root, "/shared/a", bytes("2"))
    two.mkdirp(root, "/dir/two")
    two.chmod(root, "/dir", 0o700)
    assert.strictEqual(one.stat(root, "/dir").ino, two.stat(root, "/dir").ino)
    assert.deepStrictEqual(short(diff(one.snapshot(), two.snapshot())), [
      "modified /dir",
      "removed /dir/one",
      "created /dir/two",
      "modified /shared/a"
    ])
  })

  it("refuses paths that cannot be, instead of growing with the square of the depth", () => {
    const fs = make()
    const before = fs.snapshot()
    fs.mkdirp(root, "/d".repeat(2000))
    fs.mkdirp(root, "/e".repeat(100))
    fs.rename(root, "/d", `${"/e".repeat(100)}/d`)
    assert.strictEqual(fails("ENAMETOOLONG", () => diff(before, fs.snapshot())).syscall, "diff")
  })

  it("walks only what differs", () => {
    const fs = make()
    fs.mkdir(root, "/big")
    for (let i = 0; i < 20_000; i++) fs.writeFile(root, `/big/f${i}`, bytes("x"))
    const before = fs.snapshot()
    fs.writeFile(root, "/big/f77", bytes("y"))
    fs.unlink(root, "/big/f78")
    const after = fs.snapshot()
    const started = performance.now()
    for (let i = 0; i < 50; i++) diff(before, after)
    assert.isBelow((performance.now() - started) / 50, 5)
    assert.deepStrictEqual(short(diff(before, after)), ["modified /big/f77", "removed /big/f78"])
  })
})
