/**
 * Random reads, writes, truncates and appends of one file against an array of bytes, in the manner of fsx, with snapshots
 * and forks taken at random, each of which is checked later against what the array was then. One sequence is always the same,
 * another one is new in each run. FSX_SEED and FSX_OPERATIONS choose one other sequence, and its length.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { O_APPEND, O_CREAT, O_RDWR } from "../../../native/kernel/filesystem/flags.ts"
import type { OpenFile } from "../../../native/kernel/filesystem/open-file.ts"
import { make, makeRandom, root } from "./support.ts"

const given = process.env["FSX_SEED"]
const SEEDS = given === undefined ? [1, Math.floor(Math.random() * 2 ** 31)] : [Number(given)]
/** Of each sequence: in CI a million of both, which is 12 seconds of one quiet core. */
const OPERATIONS = Number(process.env["FSX_OPERATIONS"] ?? (process.env["CI"] === undefined ? 20_000 : 500_000))

/** Four chunks and a bit: every way in which a write can lie across chunks. */
const LARGEST = 300_000
/** States that are kept to be checked later. */
const KEPT = 8

interface Side {
  readonly fs: Filesystem
  readonly file: OpenFile
  readonly appender: OpenFile
  /** What the file must hold: the first `size` bytes. */
  readonly model: Uint8Array
  size: number
}

const openSide = (fs: Filesystem, model: Uint8Array, size: number): Side => ({
  fs,
  file: fs.open(root, "/f", O_RDWR | O_CREAT),
  appender: fs.open(root, "/f", O_RDWR | O_APPEND),
  model: Uint8Array.from(model),
  size
})

const same = (side: Side, words: string): void => {
  const content = side.fs.readFile(root, "/f")
  assert.strictEqual(content.length, side.size, words)
  assert.strictEqual(Buffer.compare(content, side.model.subarray(0, side.size)), 0, words)
}

class Fsx {
  private readonly random: (n: number) => number
  private side = openSide(make(), new Uint8Array(LARGEST), 0)
  private readonly kept: Array<Side> = []
  private readonly counts: Record<string, number> = {}

  constructor(private readonly seed: number) {
    this.random = makeRandom(seed)
  }

  /** Mostly short lengths, some that take in whole chunks. */
  private length(most: number): number {
    return Math.min(most, 1 + (this.random(20) === 0 ? this.random(150_000) : this.random(3000)))
  }

  private data(length: number): Uint8Array {
    return new Uint8Array(length).fill(1 + this.random(255))
  }

  private resize(size: number): void {
    const { side } = this
    if (size > side.size) side.model.fill(0, side.size, size)
    side.size = size
  }

  private write(at: number, data: Uint8Array): void {
    if (at + data.length > this.side.size) this.resize(at + data.length)
    this.side.model.set(data, at)
  }

  /** Goes on in a fork; what it is forked from is kept, and checked when its turn comes. */
  private fork(words: string): void {
    const { side } = this
    const made = openSide(make({ root: side.fs.snapshot() }), side.model, side.size)
    this.kept.push(side)
    // which of the two goes on must make no difference
    this.side = this.random(2) === 0 ? made : side
    if (this.side === side) this.kept[this.kept.length - 1] = made
    if (this.kept.length > KEPT) same(this.kept.splice(this.random(KEPT), 1)[0], `${words}: a kept fork`)
  }

  private step(words: string): string {
    const { random, side } = this
    const choice = random(1000)
    if (choice < 3) {
      this.fork(words)
      return "fork"
    }
    if (choice < 10) {
      const back = this.kept.length === 0 ? undefined : random(this.kept.length)
      if (back !== undefined) [this.side, this.kept[back]] = [this.kept[back], this.side]
      return "switch"
    }
    if (choice < 20) {
      same(side, words)
      return "compare"
    }
    if (choice < 400) {
      const at = random(LARGEST)
      const length = this.length(LARGEST)
      const expected = side.model.subarray(Math.min(at, side.size), Math.min(at + length, side.size))
      assert.strictEqual(Buffer.compare(side.file.pread(at, length), expected), 0, `${words}: read ${length} at ${at}`)
      return "read"
    }
    if (choice < 800) {
      const at = random(random(4) === 0 ? LARGEST - 1 : Math.max(1, Math.min(LARGEST - 1, side.size)))
      const data = this.data(this.length(LARGEST - at))
      side.file.pwrite(at, data)
      this.write(at, data)
      return "write"
    }
    if (choice < 900) {
      if (side.size >= LARGEST) return "append"
      const data = this.data(this.length(LARGEST - side.size))
      side.appender.write(data)
      this.write(side.size, data)
      return "append"
    }
    const size = random(3) === 0 ? random(LARGEST) : random(Math.max(1, side.size))
    side.file.truncate(size)
    this.resize(size)
    return "truncate"
  }

  run(): Record<string, number> {
    for (let at = 0; at < OPERATIONS; at++) {
      const kind = this.step(`seed ${this.seed}, operation ${at}`)
      this.counts[kind] = (this.counts[kind] ?? 0) + 1
    }
    for (const side of [this.side, ...this.kept]) {
      same(side, `seed ${this.seed}, at the end`)
      side.file.close()
      side.appender.close()
      side.fs.unlink(root, "/f")
      assert.strictEqual(side.fs.usage().bytes, 0, "charged for nothing")
    }
    return this.counts
  }
}

describe("file content against an array", () => {
  for (const seed of SEEDS) {
    it(`agrees over ${OPERATIONS} operations, seed ${seed}, in every fork`, { timeout: 600_000 }, () => {
      console.log(`fsx: seed ${seed} (FSX_SEED)`)
      const counts = new Fsx(seed).run()
      assert.isAbove(counts["fork"] ?? 0, OPERATIONS / 1000)
      console.log(`fsx, seed ${seed}: ${JSON.stringify(counts)}`)
    })
  }
})
