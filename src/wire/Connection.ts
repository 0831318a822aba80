/**
 * One end of a connection: frames multiplexed into exchanges, in both directions, with byte credit per stream, cancel,
 * ping and goaway. Plain callbacks, so that the sidecar's hot path and every host transport share it; host
 * programs meet it as the `Transport` service.
 *
 * Rules that keep both ends honest:
 * - whoever opens a request may cancel it; every request gets exactly one answer, also a cancelled one;
 * - an answer to a request that is not open, a chunk beyond its credit, a malformed frame end the connection;
 * - control frames overtake data; data of one exchange stays in order.
 *
 * @since 0.1.0
 */
import * as Codec from "./Codec.ts"
import { Exchange, type ExchangeHandlers } from "./Exchange.ts"
import { failureCodec, refused, WireFailure } from "./Failure.ts"
import { FrameFault, FrameParser, header, Kind, LENGTH_OVERHEAD } from "./Frame.ts"
import { Outbox } from "./Outbox.ts"

/**
 * The byte stream under a connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Link {
  /** Takes the parts to write, in order. `false` asks the connection to wait for `writable()`. */
  readonly send: (parts: ReadonlyArray<Uint8Array>) => boolean
  /** Ends the stream, after what was sent. Must be callable more than once. */
  readonly close: () => void
}

/**
 * Why a connection ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface CloseCause {
  readonly reason: "Closed" | "Protocol" | "FrameTooLarge" | "Timeout" | "Unauthorized" | "Version"
  readonly detail: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ConnectionOptions {
  /** The host opens requests with odd ids, the sidecar with even ones. */
  readonly role: "host" | "sidecar"
  readonly link: Link
  /** Largest frame accepted, see `Frame.DEFAULT_MAX_FRAME`. */
  readonly maxFrame: number
  /** Bytes that a stream may have under way before its reader grants more. */
  readonly window: number
  /** Exchanges that each side may have open. */
  readonly maxExchanges: number
  readonly onRequest: (exchange: Exchange, operation: number, body: Uint8Array) => void
  readonly onEvent: (channel: number, body: Uint8Array) => void
  readonly onClose: (cause: CloseCause) => void
}

/**
 * Bytes that a stream may have under way by default: 512 KiB.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT_WINDOW = 512 * 1024

/**
 * Exchanges that each side may have open by default.
 *
 * @since 0.1.0
 * @category constants
 */
export const DEFAULT_MAX_EXCHANGES = 16_384

/**
 * @since 0.1.0
 * @category models
 */
export class Connection {
  /** Why the connection ended; `undefined` while it is open. */
  closed: CloseCause | undefined
  /** Bytes that a stream may have under way; set by the handshake, before the first stream. */
  window: number
  /** Whether the peer was heard of since the last `tick`. */
  private heard = true
  private silentTicks = 0
  private nextId: number
  private readonly outbox: Outbox
  private readonly parser: FrameParser
  private readonly mine = new Map<number, Exchange>()
  private readonly theirs = new Map<number, Exchange>()
  /** Requests of ours that were cancelled and not answered yet. */
  private readonly cancelled = new Set<number>()

  constructor(private readonly options: ConnectionOptions) {
    this.window = options.window
    this.nextId = options.role === "host" ? 1 : 2
    this.outbox = new Outbox(options.link)
    this.parser = new FrameParser(
      options.maxFrame,
      (kind, id, body) => this.onFrame(kind, id, body),
      (kind, id, length) => kind === Kind.chunk ? this.find(id)?.handlers.place?.(length) : undefined
    )
  }

  /** The largest frame that this side accepts; raised by the handshake. */
  set maxFrame(bytes: number) {
    this.parser.maxLength = bytes
  }
  get maxFrame(): number {
    return this.parser.maxLength
  }

  /** Exchanges that are open, in both directions. */
  get open(): number {
    return this.mine.size + this.theirs.size
  }

  /** Feeds bytes that the link received. */
  receive(bytes: Uint8Array): void {
    if (this.closed !== undefined) return
    this.heard = true
    try {
      this.parser.push(bytes)
    } catch (fault) {
      if (fault instanceof FrameFault) this.fail("FrameTooLarge", fault.detail)
      else if (fault instanceof Codec.Malformed) this.fail("Protocol", fault.detail)
      else throw fault
    }
  }

  /** The link can take more. */
  writable(): void {
    this.outbox.resume()
  }

  /** The link has ended. */
  ended(detail: string): void {
    this.close({ reason: "Closed", detail: this.parser.idle ? detail : `${detail}, in the middle of a frame` })
  }

  /** Opens a request. Its handlers run until it is answered or cancelled. */
  request(operation: number, body: Uint8Array, handlers: ExchangeHandlers): Exchange {
    const exchange = new Exchange(this, this.takeId(), true, this.window, handlers)
    if (this.closed !== undefined) {
      exchange.over = true
      queueMicrotask(() => exchange.handlers.onFailure?.(this.closed!))
      return exchange
    }
    this.mine.set(exchange.id, exchange)
    const prefix = new Uint8Array(2)
    prefix[0] = operation
    prefix[1] = operation >>> 8
    this.outbox.data([header(Kind.request, exchange.id, body.length + 2), prefix, body])
    return exchange
  }

  /** Whether another request may be opened. */
  get admits(): boolean {
    return this.mine.size + this.cancelled.size < this.options.maxExchanges
  }

  event(channel: number, body: Uint8Array): void {
    if (this.closed === undefined) this.outbox.data([header(Kind.event, channel, body.length), body])
  }

  /** Called at a steady pace: pings the peer, and gives up on one that has been silent for `silentLimit` calls. */
  tick(silentLimit: number): void {
    if (this.closed !== undefined) return
    this.silentTicks = this.heard ? 0 : this.silentTicks + 1
    this.heard = false
    if (this.silentTicks >= silentLimit) this.fail("Timeout", "the other side has gone silent")
    else this.outbox.control([header(Kind.ping, 0, 0)])
  }

  /** Ends the connection from this side, telling the other why. */
  goaway(reason: CloseCause["reason"], detail: string): void {
    if (this.closed !== undefined) return
    const body = Codec.encode(goawayCodec, { reason, detail })
    this.outbox.finish([header(Kind.goaway, 0, body.length), body])
    this.close({ reason, detail })
  }

  // --- used by Exchange -------------------------------------------------------------------------------------------

  sendChunk(exchange: Exchange, bytes: Uint8Array): void {
    this.outbox.data([header(Kind.chunk, exchange.id, bytes.length), bytes])
  }
  sendEnd(exchange: Exchange): void {
    this.outbox.data([header(Kind.end, exchange.id, 0)])
  }
  sendCredit(exchange: Exchange, bytes: number): void {
    const frame = new Uint8Array(13)
    frame.set(header(Kind.credit, exchange.id, 4))
    new DataView(frame.buffer).setUint32(9, bytes, true)
    this.outbox.control([frame])
  }
  answer(exchange: Exchange, body: Uint8Array): void {
    if (!this.fits(body)) return this.refuse(exchange, new WireFailure("internal", "the answer is larger than a frame"))
    if (!this.theirs.delete(exchange.id)) return
    exchange.over = true
    this.outbox.data([header(Kind.response, exchange.id, body.length), body])
  }
  refuse(exchange: Exchange, failure: WireFailure): void {
    if (!this.theirs.delete(exchange.id)) return
    exchange.over = true
    let body = Codec.encode(failureCodec, failure)
    // what makes it large are the paths, which the caller knows
    if (!this.fits(body)) body = Codec.encode(failureCodec, { ...failure, path: undefined, dest: undefined })
    this.outbox.data([header(Kind.failure, exchange.id, body.length), body])
  }
  cancelExchange(exchange: Exchange): void {
    exchange.over = true
    if (!this.mine.delete(exchange.id) || this.closed !== undefined) return
    this.cancelled.add(exchange.id)
    // behind the request if that still waits to be written, else ahead of all data
    this.outbox.afterPending([header(Kind.cancel, exchange.id, 0)])
  }

  // --- receiving --------------------------------------------------------------------------------------------------

  /** Whether the other side takes a frame with this body: both accept the same size. */
  private fits(body: Uint8Array): boolean {
    return body.length + LENGTH_OVERHEAD <= this.maxFrame
  }

  private takeId(): number {
    let id = this.nextId
    while (id === 0 || this.mine.has(id) || this.cancelled.has(id)) id = (id + 2) >>> 0
    this.nextId = (id + 2) >>> 0
    return id
  }

  private opensHere(id: number): boolean {
    return (id & 1) === (this.options.role === "host" ? 1 : 0)
  }

  private find(id: number): Exchange | undefined {
    return this.opensHere(id) ? this.mine.get(id) : this.theirs.get(id)
  }

  private onFrame(kind: number, id: number, body: Uint8Array): void {
    if (this.closed !== undefined) return
    switch (kind) {
      case Kind.request:
        return this.onRequest(id, body)
      case Kind.response:
        return this.settle(id, (exchange) => exchange.handlers.onResponse?.(body))
      case Kind.failure: {
        const failure = Codec.decode(failureCodec, body)
        return this.settle(id, (exchange) => exchange.handlers.onFailure?.(failure))
      }
      case Kind.chunk:
        return this.onChunk(id, body)
      case Kind.end:
        return this.find(id)?.receivedEnd()
      case Kind.credit:
        return this.onCredit(id, Codec.decode(Codec.u32, body))
      case Kind.cancel:
        return this.onCancel(id)
      case Kind.event:
        return this.options.onEvent(id, body)
      case Kind.ping:
        return this.outbox.control([header(Kind.pong, 0, 0)])
      case Kind.pong:
        return
      case Kind.goaway: {
        const cause = Codec.decode(goawayCodec, body)
        return this.close({ reason: cause.reason, detail: cause.detail })
      }
      default:
        return this.fail("Protocol", `unknown frame kind ${kind}`)
    }
  }

  private onRequest(id: number, body: Uint8Array): void {
    if (id === 0 || this.opensHere(id) || this.theirs.has(id)) {
      return this.fail("Protocol", `request id ${id} is not the other side's to open`)
    }
    if (body.length < 2) return this.fail("Protocol", "request without an operation")
    const exchange = new Exchange(this, id, false, this.window, {})
    this.theirs.set(id, exchange)
    if (this.theirs.size > this.options.maxExchanges) {
      return exchange.fail(refused(`more than ${this.options.maxExchanges} requests are open`))
    }
    this.options.onRequest(exchange, body[0] | (body[1] << 8), body.subarray(2))
  }

  private settle(id: number, run: (exchange: Exchange) => void): void {
    const exchange = this.opensHere(id) ? this.mine.get(id) : undefined
    if (exchange === undefined) {
      if (this.cancelled.delete(id)) return
      return this.fail("Protocol", `answer to request ${id}, which is not open`)
    }
    this.mine.delete(id)
    exchange.over = true
    run(exchange)
  }

  private onChunk(id: number, body: Uint8Array): void {
    const exchange = this.find(id)
    if (exchange === undefined) return
    if (!exchange.received(body)) this.fail("Protocol", `exchange ${id} sent beyond its credit`)
  }

  private onCredit(id: number, bytes: number): void {
    const exchange = this.find(id)
    if (exchange === undefined) return
    if (!exchange.credited(bytes)) this.fail("Protocol", `exchange ${id} was given more credit than its window`)
  }

  private onCancel(id: number): void {
    if (this.opensHere(id)) return this.fail("Protocol", `cancel of request ${id}, which is not the other side's`)
    const exchange = this.theirs.get(id)
    if (exchange === undefined) return
    exchange.fail(new WireFailure("cancelled", "cancelled by its caller"))
    exchange.handlers.onCancel?.()
  }

  private fail(reason: CloseCause["reason"], detail: string): void {
    this.goaway(reason, detail)
  }

  private close(cause: CloseCause): void {
    if (this.closed !== undefined) return
    this.closed = cause
    this.outbox.close()
    this.options.link.close()
    const mine = Array.from(this.mine.values())
    const theirs = Array.from(this.theirs.values())
    this.mine.clear()
    this.theirs.clear()
    this.cancelled.clear()
    for (const exchange of mine.concat(theirs)) exchange.over = true
    for (const exchange of mine) exchange.handlers.onFailure?.(cause)
    for (const exchange of theirs) exchange.handlers.onCancel?.()
    this.options.onClose(cause)
  }
}

const goawayCodec = Codec.struct({
  reason: Codec.literals("Closed", "Protocol", "FrameTooLarge", "Timeout", "Unauthorized", "Version"),
  detail: Codec.string
})
