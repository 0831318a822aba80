/** The memory of the WebAssembly instance: it moves when it grows, so views are made when they are needed. */
import { decodeText, encodeText } from "../bash/text.ts"

interface WasmMemory {
  readonly buffer: ArrayBuffer
  readonly grow: (pages: number) => number
}

const PAGE = 65536

export class Memory {
  private memory: WasmMemory | undefined
  private seen: Uint8Array = new Uint8Array(0)
  private data = new DataView(new ArrayBuffer(0))

  /** The instance's memory, once there is one. */
  attach(memory: unknown): void {
    this.memory = memory as WasmMemory
  }

  private refresh(): void {
    const buffer = this.memory!.buffer
    if (this.seen.buffer === buffer) return
    this.seen = new Uint8Array(buffer)
    this.data = new DataView(buffer)
  }

  get bytes(): Uint8Array {
    this.refresh()
    return this.seen
  }

  get view(): DataView {
    this.refresh()
    return this.data
  }

  /** A C string. */
  text(at: number): string {
    const { bytes } = this
    return decodeText(bytes.slice(at, bytes.indexOf(0, at)))
  }

  /** Text without its end, cut off where it does not fit; gives its size. */
  put(to: number, size: number, text: string): number {
    const bytes = encodeText(text).subarray(0, size)
    this.bytes.set(bytes, to)
    return bytes.length
  }

  /** Grows to some pages; more than the VM allows it is refused, and SQLite has no memory left. */
  grow(pages: number): number {
    const more = pages - this.memory!.buffer.byteLength / PAGE
    try {
      if (more > 0) this.memory!.grow(more)
      return 1
    } catch {
      return 0
    }
  }
}
