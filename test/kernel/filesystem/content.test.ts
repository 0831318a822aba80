import { assert, describe, it } from "@effect/vitest"
import { CHUNK_SIZE, Content } from "../../../native/kernel/filesystem/content.ts"
import { Account, Owner } from "../../../native/kernel/filesystem/owner.ts"
import { finish } from "../../../native/kernel/filesystem/steps.ts"
import { makeRandom } from "./support.ts"

const MAX = 5 * CHUNK_SIZE

interface Allocation {
  owner: Owner
  bytes: number
}

const allocate = (): Allocation => ({ owner: new Owner(new Account()), bytes: 0 })

/** Offsets near chunk borders, near the end, or anywhere. */
const pickOffset = (random: (n: number) => number, size: number): number => {
  switch (random(4)) {
    case 0:
      return Math.min(MAX, Math.max(0, random(5) * CHUNK_SIZE + random(7) - 3))
    case 1:
      return Math.min(MAX, Math.max(0, size + random(9) - 4))
    default:
      return random(MAX)
  }
}

const pickLength = (random: (n: number) => number): number =>
  random(20) === 0 ? random(2 * CHUNK_SIZE) : random(10) === 0 ? CHUNK_SIZE : random(200)

const OPERATIONS = 100_000

describe("Content", () => {
  it("adopts a whole chunk that is given away, and nothing else", () => {
    const allocation = allocate()
    const chunk = new Uint8Array(CHUNK_SIZE).fill(7)
    const whole = Content.empty.adopt(allocation, chunk)!
    assert.deepStrictEqual([whole.size, whole.allocated, allocation.bytes], [CHUNK_SIZE, CHUNK_SIZE, CHUNK_SIZE])
    chunk[0] = 8
    assert.strictEqual(whole.read(0, 1)[0], 8)
    const longer = whole.adopt(allocation, new Uint8Array(CHUNK_SIZE))!.write(
      allocation,
      2 * CHUNK_SIZE,
      chunk.subarray(0, 3)
    )
    assert.strictEqual(longer.size, 2 * CHUNK_SIZE + 3)
    assert.isUndefined(longer.adopt(allocation, new Uint8Array(CHUNK_SIZE)))
    assert.isUndefined(Content.empty.adopt(allocation, new Uint8Array(CHUNK_SIZE - 1)))
    assert.isUndefined(Content.empty.adopt(allocation, new Uint8Array(2 * CHUNK_SIZE).subarray(0, CHUNK_SIZE)))
    assert.strictEqual(longer.truncate(allocation, 0).size, 0)
    assert.strictEqual(allocation.bytes, 0)
  })

  it("agrees with a byte array over random operations, and snapshots never change", { timeout: 60_000 }, () => {
    const seed = Number(process.env["FSX_SEED"] ?? 42)
    const random = makeRandom(seed)
    const allocation = allocate()
    let content = Content.empty
    let size = 0
    const model = new Uint8Array(MAX)
    const snapshots: Array<readonly [Content, Uint8Array]> = []
    const check = (step: number, actual: Uint8Array, expected: Uint8Array) => {
      if (Buffer.compare(actual, expected) !== 0) assert.fail(`seed ${seed}, step ${step}: bytes differ`)
    }
    for (let step = 0; step < OPERATIONS; step++) {
      const choice = random(100)
      if (choice < 40) {
        const offset = pickOffset(random, size)
        const data = new Uint8Array(Math.min(pickLength(random), MAX - offset)).fill(random(255) + 1)
        const cost = content.cost(allocation.owner.account, offset, data.length)
        const before = allocation.bytes
        content = content.write(allocation, offset, data)
        assert.strictEqual(allocation.bytes - before, cost)
        if (data.length > 0) {
          model.set(data, offset)
          size = Math.max(size, offset + data.length)
        }
        data.fill(0)
      } else if (choice < 55) {
        const data = new Uint8Array(Math.min(random(40), MAX - size)).fill(step)
        content = content.write(allocation, size, data)
        model.set(data, size)
        size += data.length
      } else if (choice < 65) {
        const target = pickOffset(random, size)
        const before = allocation.bytes
        const cost = content.truncateCost(allocation.owner.account, target)
        content = content.truncate(allocation, target)
        assert.isAtMost(allocation.bytes - before, cost)
        if (target < size) model.fill(0, target, size)
        size = target
      } else if (choice < 98) {
        const offset = pickOffset(random, size)
        const length = pickLength(random)
        const data = content.read(offset, length)
        check(step, data, model.subarray(Math.min(offset, size), Math.min(size, offset + length)))
        data.fill(99)
      } else if (snapshots.length < 40 || random(100) === 0) {
        snapshots.push([content, model.slice(0, size)])
        allocation.owner = new Owner(allocation.owner.account)
      }
      assert.strictEqual(content.size, size)
      if (step % 2000 === 0) {
        check(step, content.read(0, size), model.subarray(0, size))
        assert.strictEqual(content.charged(allocation.owner.account), allocation.bytes)
      }
    }
    for (const [old, expected] of snapshots) check(-1, old.read(0, old.size), expected)
    content = content.truncate(allocation, 0)
    assert.strictEqual(allocation.bytes, 0)
    assert.strictEqual(content.allocated, 0)
  })

  it("keeps holes unallocated and reads them as zeros", () => {
    const allocation = allocate()
    const far = 2 ** 40
    const content = Content.empty.truncate(allocation, far).write(allocation, far - 1, new Uint8Array([9]))
    assert.strictEqual(content.size, far)
    assert.isAtMost(content.allocated, CHUNK_SIZE)
    assert.deepStrictEqual(content.read(far - 3, 10), new Uint8Array([0, 0, 9]))
    assert.deepStrictEqual(content.read(12345, 3), new Uint8Array(3))
    assert.strictEqual(content.truncate(allocation, 5).allocated, 0)
  })

  it("copies each byte only a few times when appending line by line", () => {
    const allocation = allocate()
    const line = new Uint8Array([10])
    const set = Uint8Array.prototype.set
    let copied = 0
    Uint8Array.prototype.set = function(source: ArrayLike<number>, offset?: number) {
      copied += source.length
      set.call(this, source, offset)
    }
    try {
      let content = Content.empty
      for (let i = 0; i < CHUNK_SIZE; i++) content = content.write(allocation, i, line)
      assert.strictEqual(content.size, CHUNK_SIZE)
    } finally {
      Uint8Array.prototype.set = set
    }
    assert.isBelow(copied, 4 * CHUNK_SIZE)
  })

  it("gives memory back when it is cut", () => {
    const allocation = allocate()
    const full = new Uint8Array(CHUNK_SIZE).fill(1)
    const content = Content.empty.write(allocation, 0, full).truncate(allocation, 1)
    assert.strictEqual(allocation.bytes, 1)
    const chunk = [...(content as unknown as { chunks: Iterable<[number, { bytes: Uint8Array }]> }).chunks][0][1]
    assert.isBelow(chunk.bytes.length, 200)
    const grown = content.truncate(allocation, 4)
    assert.deepStrictEqual(grown.read(0, 9), new Uint8Array([1, 0, 0, 0]))
  })

  it("is charged for what it copies, not for what it shares", () => {
    const theirs = allocate()
    const ours = allocate()
    const base = Content.empty.write(theirs, 0, new Uint8Array(3 * CHUNK_SIZE).fill(1))
    const next = base.write(ours, CHUNK_SIZE + 10, new Uint8Array(5))
    assert.strictEqual(ours.bytes, CHUNK_SIZE)
    assert.strictEqual(theirs.bytes, 3 * CHUNK_SIZE)
    next.truncate(ours, 0)
    assert.strictEqual(ours.bytes, 0)
    assert.strictEqual(base.read(CHUNK_SIZE + 10, 1)[0], 1)
  })

  it("duplicates with holes", () => {
    const theirs = allocate()
    const ours = allocate()
    const base = Content.empty.write(theirs, 5 * CHUNK_SIZE, new Uint8Array([1, 2, 3])).truncate(theirs, 6 * CHUNK_SIZE)
    const copy = finish(base.duplicate(ours))
    assert.strictEqual(copy.size, 6 * CHUNK_SIZE)
    assert.strictEqual(ours.bytes, 3)
    assert.deepStrictEqual(copy.read(5 * CHUNK_SIZE, 4), new Uint8Array([1, 2, 3, 0]))
  })
})
