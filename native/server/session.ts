/**
 * One connection to the sidecar: its handshake, the VMs it has leased, and where its requests go. When it ends, so do its
 * VMs.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { CloseCause, Link } from "../../src/wire/Connection.ts"
import { Connection, DEFAULT_MAX_EXCHANGES, DEFAULT_WINDOW } from "../../src/wire/Connection.ts"
import type { Exchange } from "../../src/wire/Exchange.ts"
import { refused, WireFailure } from "../../src/wire/Failure.ts"
import { DEFAULT_MAX_FRAME, HANDSHAKE_MAX_FRAME } from "../../src/wire/Frame.ts"
import {
  HANDSHAKE_TIMEOUT_MS,
  HELLO,
  helloCodec,
  MIN_MAX_FRAME,
  MIN_WINDOW,
  welcomeCodec,
  WIRE_VERSION
} from "../../src/wire/Handshake.ts"
import { CONTROL_CHANNEL } from "../../src/wire/Operations.ts"
import type { Fault } from "../kernel/fault.ts"
import type { Pause, Work } from "../kernel/filesystem/steps.ts"
import type { Vm } from "../kernel/vm.ts"
import type { SidecarServer } from "./server.ts"

/** Answers one operation. Throws `Fault`, `WireFailure` or `Malformed`; may give an iterator of short steps. */
export type Answer = (session: Session, exchange: Exchange, body: Uint8Array) => Work | void

export class Session {
  readonly connection: Connection
  readonly vms = new Map<number, Vm>()
  /** Hears the control plane's messages. */
  onControl: ((message: Uint8Array) => void) | undefined
  /** Ends what serves the control plane. */
  onEnd: (() => void) | undefined
  private authenticated = false
  private readonly cancelHandshake: () => void

  constructor(readonly server: SidecarServer, link: Link, private readonly onClose: (cause: CloseCause) => void) {
    this.connection = new Connection({
      role: "sidecar",
      link,
      maxFrame: HANDSHAKE_MAX_FRAME,
      window: DEFAULT_WINDOW,
      maxExchanges: DEFAULT_MAX_EXCHANGES,
      onRequest: (exchange, operation, body) => this.onRequest(exchange, operation, body),
      onEvent: (channel, body) => this.onEvent(channel, body),
      onClose: (cause) => this.end(cause)
    })
    this.cancelHandshake = server.options.machineAfter(HANDSHAKE_TIMEOUT_MS, () => {
      this.connection.goaway("Timeout", "the handshake did not come")
    })
  }

  /** The VM that a handle names on this connection. */
  vm(handle: number): Vm {
    const vm = this.vms.get(handle)
    if (vm === undefined) throw new WireFailure("gone", "the VM has been released")
    return vm
  }

  private onRequest(exchange: Exchange, operation: number, body: Uint8Array): void {
    if (operation === HELLO) return this.onHello(exchange, body)
    if (!this.authenticated) return this.connection.goaway("Unauthorized", "the first request must be the handshake")
    const answer = this.server.operations.get(operation)
    if (answer === undefined) return exchange.fail(refused(`unknown operation ${operation}`))
    // every body begins with the handle of its VM; work of one VM waits only for that VM's
    const owner = body.length >= 4
      ? this.vms.get(new DataView(body.buffer, body.byteOffset).getUint32(0, true))
      : undefined
    this.server.queue.add(owner ?? this, () => {
      // withdrawn while it waited
      if (!exchange.over) return this.guard(exchange, () => answer(this, exchange, body))
    })
  }

  /** Turns what an operation throws into its answer, also from the later steps of an iterator. */
  guard(exchange: Exchange, run: () => Work | void): Work | void {
    try {
      const steps = run()
      return steps === undefined ? undefined : { next: () => this.guardedStep(exchange, steps) }
    } catch (thrown) {
      exchange.fail(this.server.failureOf(thrown))
    }
  }

  private guardedStep(exchange: Exchange, steps: Work): IteratorResult<Pause, void> {
    try {
      return steps.next()
    } catch (thrown) {
      exchange.fail(this.server.failureOf(thrown))
      return { done: true, value: undefined }
    }
  }

  private onEvent(channel: number, body: Uint8Array): void {
    if (!this.authenticated) return this.connection.goaway("Unauthorized", "the first request must be the handshake")
    if (channel === CONTROL_CHANNEL) this.onControl?.(body)
  }

  private onHello(exchange: Exchange, body: Uint8Array): void {
    const { connection, server } = this
    if (this.authenticated) return connection.goaway("Protocol", "a second handshake")
    const hello = this.decodeHello(body)
    if (hello === undefined) return
    if (hello.version !== WIRE_VERSION) {
      const detail =
        `the host speaks version ${hello.version} of the protocol, this sidecar version ${WIRE_VERSION}: ` +
        `install the same version of effect-agent-os on both sides`
      return connection.goaway("Version", detail)
    }
    if (!server.options.admits(hello.token)) return connection.goaway("Unauthorized", "wrong token")
    const maxFrame = Math.min(Math.max(hello.maxFrame, MIN_MAX_FRAME), DEFAULT_MAX_FRAME)
    const window = Math.min(Math.max(hello.window, MIN_WINDOW), DEFAULT_WINDOW)
    this.authenticated = true
    this.cancelHandshake()
    connection.maxFrame = maxFrame
    connection.window = window
    exchange.respond(
      Codec.encode(welcomeCodec, {
        version: WIRE_VERSION,
        sidecarId: server.options.sidecarId,
        pid: server.options.pid,
        maxFrame,
        window
      })
    )
    server.options.attachControl(this)
  }

  private decodeHello(body: Uint8Array): Codec.TypeOf<typeof helloCodec> | undefined {
    try {
      return Codec.decode(helloCodec, body)
    } catch (fault) {
      const detail = fault instanceof Codec.Malformed ? fault.detail : "malformed"
      this.connection.goaway("Protocol", `handshake: ${detail}`)
      return undefined
    }
  }

  private end(cause: CloseCause): void {
    this.cancelHandshake()
    for (const handle of Array.from(this.vms.keys())) this.server.release(this, handle)
    this.onEnd?.()
    this.onClose(cause)
  }
}

/** The wire's form of a kernel failure. */
export const failureOfFault = (fault: Fault): WireFailure =>
  new WireFailure("kernel", "", fault.errno, fault.syscall, fault.path, fault.dest, fault.limit, fault.denial)
