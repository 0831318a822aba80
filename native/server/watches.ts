/**
 * Watches: each reads the change log of its VM by its cursor, as fast as the host takes the events. It holds no event
 * itself beyond those of one step.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { WireFailure } from "../../src/wire/Failure.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { CHUNK_BYTES, record } from "../../src/wire/Stream.ts"
import { Fault } from "../kernel/fault.ts"
import type { ChangeEvent, ChangeLog } from "../kernel/filesystem/change-log.ts"
import type { Vm } from "../kernel/vm.ts"
import { perform } from "./perform.ts"
import type { Route } from "./server.ts"
import type { Answer, Session } from "./session.ts"

type Told = Codec.TypeOf<typeof Operations.watchEventCodec>

/** Watches of one VM. */
const MAX_WATCHES = 64
/** Events that are looked at in one step. */
const STEP_EVENTS = 64

const nothing = new Uint8Array(0)

const watch: Answer = (session, exchange, body) => {
  const request = Codec.decode(Operations.watch.request, body)
  const vm = session.vm(request.vm)
  return perform(
    vm,
    () => vm.filesystem.watch(vm.host, request.path),
    (watched) => begin(session, exchange, vm, request, watched)
  )
}

const begin = (
  session: Session,
  exchange: Exchange,
  vm: Vm,
  request: Codec.TypeOf<typeof Operations.watch.request>,
  { log, path }: ReturnType<Vm["filesystem"]["watch"]>
): void => {
  if (log.readers >= MAX_WATCHES) {
    throw new Fault("EMFILE", "watch", request.path, undefined, { name: "watches", value: MAX_WATCHES })
  }
  const since = request.since ?? log.cursor
  if (!Number.isInteger(since) || since < 0 || since > log.cursor) throw new Fault("EINVAL", "watch", request.path)
  new Watch(session, exchange, vm, log, path, request.recursive, since).start()
}

class Watch {
  private piece: Uint8Array = nothing
  private queued = false
  private over = false
  private readonly prefix: string
  private stopListening = () => {}

  constructor(
    private readonly session: Session,
    private readonly exchange: Exchange,
    private readonly vm: Vm,
    private readonly log: ChangeLog,
    private readonly path: string,
    private readonly recursive: boolean,
    private cursor: number
  ) {
    this.prefix = path === "/" ? "/" : `${path}/`
  }

  start(): void {
    this.stopListening = this.log.listen(this.schedule)
    this.exchange.handlers.onWritable = this.schedule
    this.exchange.handlers.onCancel = () => this.stop()
    this.piece = this.told({ kind: "ready", cursor: this.cursor, ino: 0, path: this.path })
    this.schedule()
  }

  private stop(): void {
    this.over = true
    this.stopListening()
  }

  private told(
    event: Omit<Told, "from" | "to"> & { readonly from?: string | undefined; readonly to?: number }
  ): Uint8Array {
    return record(Operations.watchEventCodec, { from: undefined, to: undefined, ...event })
  }

  /** Whether there is something to do, or to send. */
  private get waiting(): boolean {
    return this.piece.length > 0 || this.cursor < this.log.cursor || this.log.closed
  }

  private readonly schedule = (): void => {
    if (this.queued || this.over || this.exchange.writable <= 0 || !this.waiting) return
    this.queued = true
    this.session.server.queue.add(this.vm, () => {
      this.queued = false
      if (this.over || this.exchange.over) return
      this.turn()
      this.schedule()
    })
  }

  private turn(): void {
    if (this.log.closed) {
      this.stop()
      return this.exchange.fail(new WireFailure("gone", "the VM has been released"))
    }
    if (this.piece.length === 0) this.piece = this.read()
    const size = Math.min(this.piece.length, this.exchange.writable, CHUNK_BYTES)
    if (size > 0) this.exchange.write(this.piece.subarray(0, size))
    this.piece = this.piece.subarray(size)
    if (this.piece.length > 0 || this.lost === undefined) return
    this.stop()
    this.exchange.respond(nothing)
  }

  /** The first event that was missed; after it there is nothing more to tell. */
  private lost: number | undefined

  /** The records of the next events. */
  private read(): Uint8Array {
    const parts: Array<Uint8Array> = []
    for (let looked = 0; looked < STEP_EVENTS && this.cursor < this.log.cursor; looked++) {
      this.lost = this.log.lost(this.cursor)
      if (this.lost !== undefined) {
        parts.push(this.told({ kind: "overflow", cursor: this.lost, ino: 0, path: this.path, to: this.log.missed }))
        break
      }
      const event = this.log.after(this.cursor)
      this.cursor++
      if (event !== undefined && this.concerns(event)) parts.push(this.told({ ...event, cursor: this.cursor }))
    }
    return Buffer.concat(parts)
  }

  private concerns({ from, path }: ChangeEvent): boolean {
    const { filesystem } = this.vm
    return (this.covers(path) || (from !== undefined && this.covers(from))) &&
      filesystem.shows(path) && (from === undefined || filesystem.shows(from))
  }

  private covers(path: string): boolean {
    if (path === this.path) return true
    return path.startsWith(this.prefix) && (this.recursive || !path.includes("/", this.prefix.length))
  }
}

export const watchOperations: ReadonlyArray<Route> = [[Operations.watch, watch]]
