/**
 * The standard input of a process on its way from the host to the worker: pieces wait here until the worker has credit
 * for them, and whoever wrote one hears when it has gone on.
 */
import { OUTPUT_CHUNK, STDIN_WINDOW } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"

/** Where the input goes, once there is a worker for it. */
export interface StdinTarget {
  readonly bytes: (piece: Uint8Array) => void
  readonly end: () => void
}

interface Piece {
  bytes: Uint8Array
  readonly done: (fault: Fault | undefined) => void
}

const broken = () => new Fault("EPIPE", "write", "/dev/stdin")

export class StdinPipe {
  private readonly waiting: Array<Piece> = []
  private target: StdinTarget | undefined
  private credit = STDIN_WINDOW
  private ended = false
  private closed = false

  /** Hands a piece on; `done` is called when all of it has gone, or can go no more. Gives what withdraws it. */
  write(bytes: Uint8Array, done: (fault: Fault | undefined) => void): () => void {
    if (this.closed || this.ended) {
      done(broken())
      return () => {}
    }
    const piece: Piece = { bytes, done }
    this.waiting.push(piece)
    this.pump()
    return () => {
      const index = this.waiting.indexOf(piece)
      if (index >= 0) this.waiting.splice(index, 1)
    }
  }

  /** Nothing follows what was written. */
  end(): void {
    if (this.ended) return
    this.ended = true
    this.pump()
  }

  /** The process has been started. */
  open(target: StdinTarget): void {
    this.target = target
    this.pump()
  }

  /** The process has read some. */
  grant(bytes: number): void {
    this.credit += bytes
    this.pump()
  }

  /** Nobody reads any more. */
  close(): void {
    if (this.closed) return
    this.closed = true
    for (const { done } of this.waiting.splice(0)) done(broken())
  }

  private pump(): void {
    const { target } = this
    if (target === undefined || this.closed) return
    while (this.waiting.length > 0) {
      const [piece] = this.waiting
      const size = Math.min(piece.bytes.length, this.credit, OUTPUT_CHUNK)
      if (size === 0 && piece.bytes.length > 0) return
      if (size > 0) {
        this.credit -= size
        target.bytes(piece.bytes.slice(0, size))
        piece.bytes = piece.bytes.subarray(size)
      }
      if (piece.bytes.length > 0) continue
      this.waiting.shift()
      piece.done(undefined)
    }
    if (!this.ended) return
    this.closed = true
    target.end()
  }
}
