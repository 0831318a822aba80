/**
 * What is due next, among many: a binary heap whose items know their place, so that each can be moved and taken out.
 *
 * @since 0.1.0
 */

/**
 * An item of at most one queue. Only the queue writes to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Due {
  /** Milliseconds of the epoch. */
  due: number
  /** Among items that are due at once the one that was put in first comes first. */
  order: number
  /** Its place in the heap; -1 outside. */
  place: number
}

const before = (a: Due, b: Due): boolean => a.due < b.due || (a.due === b.due && a.order < b.order)

/**
 * @since 0.1.0
 * @category models
 */
export class DueQueue<A extends Due> {
  private readonly heap: Array<A> = []
  private order = 0

  /**
   * @since 0.1.0
   */
  get size(): number {
    return this.heap.length
  }

  /**
   * The item that is due first.
   *
   * @since 0.1.0
   */
  get first(): A | undefined {
    return this.heap[0]
  }

  /**
   * All items, in no order.
   *
   * @since 0.1.0
   */
  [Symbol.iterator](): Iterator<A> {
    return this.heap.values()
  }

  /**
   * Puts an item in, or moves it to another instant.
   *
   * @since 0.1.0
   */
  set(item: A, due: number): void {
    item.due = due
    item.order = this.order++
    if (item.place < 0) {
      item.place = this.heap.length
      this.heap.push(item)
    } else {
      this.sink(item)
    }
    this.rise(item)
  }

  /**
   * Takes an item out; whether it was in.
   *
   * @since 0.1.0
   */
  delete(item: A): boolean {
    const { place } = item
    if (place < 0) return false
    item.place = -1
    const last = this.heap.pop()!
    if (last !== item) {
      this.put(last, place)
      this.sink(last)
      this.rise(last)
    }
    return true
  }

  /**
   * Takes the first item out if it is due.
   *
   * @since 0.1.0
   */
  take(now: number): A | undefined {
    const item = this.heap[0]
    if (item === undefined || item.due > now) return undefined
    this.delete(item)
    return item
  }

  private put(item: A, place: number): void {
    this.heap[place] = item
    item.place = place
  }

  private rise(item: A): void {
    let { place } = item
    while (place > 0) {
      const parent = this.heap[(place - 1) >> 1]
      if (!before(item, parent)) break
      this.put(parent, place)
      place = (place - 1) >> 1
    }
    this.put(item, place)
  }

  private sink(item: A): void {
    let { place } = item
    while (true) {
      const left = place * 2 + 1
      if (left >= this.heap.length) break
      const right = left + 1
      const smaller = right < this.heap.length && before(this.heap[right], this.heap[left]) ? right : left
      if (!before(this.heap[smaller], item)) break
      this.put(this.heap[smaller], place)
      place = smaller
    }
    this.put(item, place)
  }
}
