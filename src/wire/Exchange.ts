/**
 * One request with its answer and, between them, a stream in each direction under byte credit.
 *
 * @since 0.1.0
 */
import type { CloseCause, Connection } from "./Connection.ts"
import type { WireFailure } from "./Failure.ts"

/**
 * What an end of an exchange wants to hear of. The opener hears `onResponse` or `onFailure` once; the other side hears
 * `onCancel` when the request was withdrawn or the connection ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExchangeHandlers {
  onResponse?: (body: Uint8Array) => void
  onFailure?: (failure: WireFailure | CloseCause) => void
  onCancel?: () => void
  /** Bytes of the other side's stream. The receiver must `grant` them once it has dealt with them. */
  onChunk?: (bytes: Uint8Array) => void
  /** May give the memory, of just this length, that the next chunk is received into. `onChunk` then gets it back. */
  place?: (length: number) => Uint8Array | undefined
  /** The other side's stream is complete. */
  onEnd?: () => void
  /** More credit has come. */
  onWritable?: () => void
}

/**
 * @since 0.1.0
 * @category models
 */
export class Exchange {
  handlers: ExchangeHandlers
  /** Whether the request has been answered, or withdrawn, or its connection has ended. */
  over = false
  private credit: number
  private owed: number
  private ungranted = 0
  /** The other side's stream before anybody hears it; its credit bounds it. */
  private early: Array<Uint8Array> = []
  private earlyEnd = false

  constructor(
    private readonly connection: Connection,
    readonly id: number,
    readonly opener: boolean,
    private readonly window: number,
    handlers: ExchangeHandlers
  ) {
    this.handlers = handlers
    this.credit = window
    this.owed = window
  }

  /** Bytes that may be written now. A stream may always start a chunk while this is above zero. */
  get writable(): number {
    return this.credit
  }

  /** Sends bytes of this side's stream; at most `writable` of them. Returns whether more may follow at once. */
  write(bytes: Uint8Array): boolean {
    this.credit -= bytes.length
    if (!this.over) this.connection.sendChunk(this, bytes)
    return this.credit > 0
  }

  /** This side's stream is complete. */
  end(): void {
    if (!this.over) this.connection.sendEnd(this)
  }

  /** The receiver has dealt with `bytes` of the other side's stream. Small grants are gathered. */
  grant(bytes: number): void {
    this.ungranted += bytes
    if (this.over || this.ungranted * 4 < this.window) return
    this.owed += this.ungranted
    this.connection.sendCredit(this, this.ungranted)
    this.ungranted = 0
  }

  /** Answers the request; nothing may be sent on the exchange afterwards. */
  respond(body: Uint8Array): void {
    this.connection.answer(this, body)
  }

  /** Answers the request with a failure. */
  fail(failure: WireFailure): void {
    this.connection.refuse(this, failure)
  }

  /** Withdraws the request. No handler runs afterwards. */
  cancel(): void {
    this.handlers = {}
    this.early = []
    this.connection.cancelExchange(this)
  }

  /** Hears the other side's stream, with what has come of it already. */
  listen(onChunk: (bytes: Uint8Array) => void, onEnd: () => void): void {
    const { early, earlyEnd } = this
    this.early = []
    this.handlers.onChunk = onChunk
    this.handlers.onEnd = onEnd
    for (const bytes of early) onChunk(bytes)
    if (earlyEnd) onEnd()
  }

  // --- used by Connection -------------------------------------------------------------------------------------------

  /** Received bytes; `false` when the other side had no credit for them. */
  received(bytes: Uint8Array): boolean {
    this.owed -= bytes.length
    // an empty chunk would cost no credit, so that any number of them could be sent
    if (bytes.length === 0 || this.owed < 0) return false
    if (this.handlers.onChunk === undefined) this.early.push(bytes)
    else this.handlers.onChunk(bytes)
    return true
  }

  /** The other side's stream is complete. */
  receivedEnd(): void {
    if (this.handlers.onEnd === undefined) this.earlyEnd = true
    else this.handlers.onEnd()
  }

  /** Credit from the other side; `false` when that is more than it ever had to give. */
  credited(bytes: number): boolean {
    this.credit += bytes
    if (this.credit > this.window) return false
    this.handlers.onWritable?.()
    return true
  }
}
