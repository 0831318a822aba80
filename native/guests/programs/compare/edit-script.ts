/**
 * The difference of two sequences as the shortest list of changes, by Myers's algorithm in linear space, with changes
 * moved as far down as they go, so that neighbours join, as GNU diff does.
 */
import type { ProgramContext } from "../program.ts"

export interface Change {
  /** Lines `[from, to)` of the old sequence give way to lines `[start, end)` of the new one. */
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
}

/** Edits after which the search for the very shortest list is given up. */
const MAX_COST = 16_384

interface Box {
  readonly x0: number
  readonly x1: number
  readonly y0: number
  readonly y1: number
}

class Comparison {
  readonly deleted: Uint8Array
  readonly inserted: Uint8Array
  private readonly forward: Int32Array
  private readonly backward: Int32Array
  private readonly offset: number
  private work = 0

  constructor(
    private readonly context: ProgramContext,
    private readonly left: Int32Array,
    private readonly right: Int32Array
  ) {
    this.deleted = new Uint8Array(left.length)
    this.inserted = new Uint8Array(right.length)
    this.offset = right.length + 1
    this.forward = new Int32Array(left.length + right.length + 3)
    this.backward = new Int32Array(left.length + right.length + 3)
  }

  async run(): Promise<void> {
    const pending: Array<Box> = [{ x0: 0, x1: this.left.length, y0: 0, y1: this.right.length }]
    while (pending.length > 0) {
      const { left, right } = this
      let { x0, x1, y0, y1 } = pending.pop()!
      while (x0 < x1 && y0 < y1 && left[x0] === right[y0]) {
        x0++
        y0++
      }
      while (x0 < x1 && y0 < y1 && left[x1 - 1] === right[y1 - 1]) {
        x1--
        y1--
      }
      if (x0 === x1) this.inserted.fill(1, y0, y1)
      else if (y0 === y1) this.deleted.fill(1, x0, x1)
      else {
        const [x, y] = this.middle({ x0, x1, y0, y1 })
        pending.push({ x0: x, x1, y0: y, y1 }, { x0, x1: x, y0, y1: y })
      }
      if (this.work > 200_000) {
        this.work = 0
        const tick = this.context.tick()
        if (tick !== undefined) await tick
      }
    }
  }

  /** A point on a shortest path, near its middle. */
  private middle({ x0, x1, y0, y1 }: Box): readonly [number, number] {
    const { backward: bd, forward: fd, left, offset, right } = this
    const [lowest, highest] = [x0 - y1, x1 - y0]
    const [first, last] = [x0 - y0, x1 - y1]
    const odd = ((first - last) & 1) !== 0
    let [fmin, fmax, bmin, bmax] = [first, first, last, last]
    fd[offset + first] = x0
    bd[offset + last] = x1
    for (let cost = 1;; cost++) {
      if (fmin > lowest) fd[offset + --fmin - 1] = -1
      else fmin++
      if (fmax < highest) fd[offset + ++fmax + 1] = -1
      else fmax--
      for (let d = fmax; d >= fmin; d -= 2) {
        const [low, high] = [fd[offset + d - 1], fd[offset + d + 1]]
        let x = low < high ? high : low + 1
        let y = x - d
        while (x < x1 && y < y1 && left[x] === right[y]) {
          x++
          y++
        }
        fd[offset + d] = x
        if (odd && bmin <= d && d <= bmax && bd[offset + d] <= x) return [x, y]
      }
      if (bmin > lowest) bd[offset + --bmin - 1] = 0x7fffffff
      else bmin++
      if (bmax < highest) bd[offset + ++bmax + 1] = 0x7fffffff
      else bmax--
      for (let d = bmax; d >= bmin; d -= 2) {
        const [low, high] = [bd[offset + d - 1], bd[offset + d + 1]]
        let x = low < high ? low : high - 1
        let y = x - d
        while (x0 < x && y0 < y && left[x - 1] === right[y - 1]) {
          x--
          y--
        }
        bd[offset + d] = x
        if (!odd && fmin <= d && d <= fmax && x <= fd[offset + d]) return [x, y]
      }
      this.work += fmax - fmin + bmax - bmin
      if (cost >= MAX_COST) return this.furthest({ x0, x1, y0, y1 }, fmin, fmax)
    }
  }

  /** The best point reached so far. */
  private furthest({ x1, y0, y1 }: Box, fmin: number, fmax: number): readonly [number, number] {
    let best = -1
    let at = 0
    for (let d = fmax; d >= fmin; d -= 2) {
      const x = Math.min(this.forward[this.offset + d], x1)
      const y = Math.min(Math.max(x - d, y0), y1)
      if (best < x + y) {
        best = x + y
        at = x
      }
    }
    return [at, Math.min(best - at, y1)]
  }
}

/** Moves runs of changed lines down past equal lines, joining them with those they meet. */
const shift = (changed: Uint8Array, other: Uint8Array, lines: Int32Array): void => {
  const end = lines.length
  let i = 0
  let j = 0
  for (;;) {
    while (i < end && changed[i] === 0) {
      while (other[j] === 1) j++
      j++
      i++
    }
    if (i === end) return
    let start = i
    while (changed[++i] === 1);
    while (other[j] === 1) j++
    let length: number
    let corresponding: number
    do {
      length = i - start
      while (start > 0 && lines[start - 1] === lines[i - 1]) {
        changed[--start] = 1
        changed[--i] = 0
        while (start > 0 && changed[start - 1] === 1) start--
        while (other[--j] === 1);
      }
      corresponding = j > 0 && other[j - 1] === 1 ? i : end
      while (i !== end && lines[start] === lines[i]) {
        changed[start++] = 0
        changed[i++] = 1
        while (changed[i] === 1) i++
        while (other[++j] === 1) corresponding = i
      }
    } while (length !== i - start)
    while (corresponding < i) {
      changed[--start] = 1
      changed[--i] = 0
      while (other[--j] === 1);
    }
  }
}

/** Lines as numbers: equal ones have the same. */
const number = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): readonly [Int32Array, Int32Array] => {
  const known = new Map<string, number>()
  const convert = (lines: ReadonlyArray<string>) =>
    Int32Array.from(lines, (line) => {
      let id = known.get(line)
      if (id === undefined) known.set(line, id = known.size)
      return id
    })
  return [convert(left), convert(right)]
}

/** Keys of lines, equal where the lines count as equal. */
export const editScript = async (
  context: ProgramContext,
  left: ReadonlyArray<string>,
  right: ReadonlyArray<string>
): Promise<Array<Change>> => {
  const [a, b] = number(left, right)
  const comparison = new Comparison(context, a, b)
  await comparison.run()
  const { deleted, inserted } = comparison
  shift(deleted, inserted, a)
  shift(inserted, deleted, b)
  const changes: Array<Change> = []
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [from, start] = [i, j]
    while (i < a.length && deleted[i] === 1) i++
    while (j < b.length && inserted[j] === 1) j++
    if (i > from || j > start) changes.push({ from, to: i, start, end: j })
    i++
    j++
  }
  return changes
}
