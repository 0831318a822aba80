/** The process numbers that the kernel has granted, each to be given once. */
interface Block {
  next: number
  readonly end: number
}

export class Pids {
  private readonly blocks: Array<Block> = []
  private waiting: Array<() => void> = []

  grant(first: number, count: number): void {
    this.blocks.push({ next: first, end: first + count })
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  get isEmpty(): boolean {
    return this.blocks.length === 0
  }

  /** A number that nobody has had; there must be one. */
  take(): number {
    const [block] = this.blocks
    const pid = block.next++
    if (block.next === block.end) this.blocks.shift()
    return pid
  }

  /** Resolves when there is a number again. */
  more(): Promise<void> {
    return this.isEmpty ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve()
  }
}
