/** Two ends of a connection, with a link between them that cuts, joins and delays as a seed says. */
import type { CloseCause, ConnectionOptions, Link } from "../../src/wire/Connection.ts"
import { Connection, DEFAULT_MAX_EXCHANGES, DEFAULT_WINDOW } from "../../src/wire/Connection.ts"
import { DEFAULT_MAX_FRAME, FrameParser } from "../../src/wire/Frame.ts"

export interface PairOptions {
  readonly seed?: number
  /** Nothing is delivered unless a test does so; what was sent is kept. */
  readonly manual?: boolean
  readonly window?: number
  readonly maxExchanges?: number
  readonly onHostRequest?: ConnectionOptions["onRequest"]
  readonly onRequest?: ConnectionOptions["onRequest"]
}

/** A small generator of numbers below 1. */
export const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

/** The kinds of the frames in what was sent. */
export const kindsOf = (parts: ReadonlyArray<Uint8Array>): Array<number> => {
  const kinds: Array<number> = []
  const parser = new FrameParser(DEFAULT_MAX_FRAME, (kind) => void kinds.push(kind))
  for (const part of parts) parser.push(part)
  return kinds
}

export class Pair {
  readonly host: Connection
  readonly sidecar: Connection
  readonly sent = { host: [] as Array<Uint8Array>, sidecar: [] as Array<Uint8Array> }
  readonly closed: { host?: CloseCause; sidecar?: CloseCause } = {}
  readonly events: Array<readonly [channel: number, body: string]> = []
  /** While it is set the host's link says that it is full. */
  hostFull = false
  private readonly next: () => number

  constructor(private readonly options: PairOptions = {}) {
    this.next = random(options.seed ?? 1)
    this.host = this.end("host", options.onHostRequest ?? (() => {}), () => this.sidecar)
    this.sidecar = this.end("sidecar", options.onRequest ?? (() => {}), () => this.host)
  }

  private end(
    role: "host" | "sidecar",
    onRequest: ConnectionOptions["onRequest"],
    other: () => Connection
  ): Connection {
    const { maxExchanges = DEFAULT_MAX_EXCHANGES, window = DEFAULT_WINDOW } = this.options
    return new Connection({
      role,
      link: this.link(role, other),
      maxFrame: DEFAULT_MAX_FRAME,
      window,
      maxExchanges,
      onRequest,
      onEvent: (channel, body) => void this.events.push([channel, Buffer.from(body).toString()]),
      onClose: (cause) => {
        this.closed[role] = cause
      }
    })
  }

  private link(role: "host" | "sidecar", other: () => Connection): Link {
    let waiting: Array<Uint8Array> = []
    let running = false
    let closed = false
    const deliver = async () => {
      while (waiting.length > 0) {
        const bytes = new Uint8Array(Buffer.concat(waiting))
        waiting = []
        for (let at = 0; at < bytes.length;) {
          if (this.next() < 0.2) await new Promise((resolve) => setImmediate(resolve))
          const size = this.next() < 0.3 ? 1 + Math.floor(this.next() * 12) : 1 + Math.floor(this.next() * 40_000)
          other().receive(bytes.subarray(at, at + size))
          at += size
        }
      }
      running = false
      if (closed) other().ended("the link has ended")
    }
    const wake = () => {
      if (running || this.options.manual === true) return
      running = true
      queueMicrotask(() => void deliver())
    }
    return {
      send: (parts) => {
        const copies = parts.map((part) => part.slice())
        this.sent[role].push(...copies)
        waiting.push(...copies)
        wake()
        return role !== "host" || !this.hostFull
      },
      close: () => {
        closed = true
        wake()
      }
    }
  }
}

/** Waits until a condition holds. */
export const until = async (condition: () => boolean, what: string): Promise<void> => {
  const end = Date.now() + 5000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`it did not come: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
