/**
 * The sidecar's server: connections in, operations on VMs out. It owns the VMs, the worker pool and the fair queue; it
 * does no input or output of its own, so that it also runs inside a test.
 */
import * as Codec from "../../src/wire/Codec.ts"
import type { CloseCause, Link } from "../../src/wire/Connection.ts"
import type { VmSpec } from "../../src/wire/Control.ts"
import { WireFailure } from "../../src/wire/Failure.ts"
import type { Operation } from "../../src/wire/Operations.ts"
import { Fault } from "../kernel/fault.ts"
import type { Processes } from "../kernel/processes/processes.ts"
import type { VmHost, VmOwner } from "../kernel/vm.ts"
import { Vm } from "../kernel/vm.ts"
import type { Workers } from "../kernel/workers/pool.ts"
import { AuditFeed } from "./audit-feed.ts"
import { batchOperations } from "./batches.ts"
import { descriptorOperations } from "./descriptors.ts"
import { FairQueue, type Work } from "./fair-queue.ts"
import { fileOperations } from "./files.ts"
import { processOperations } from "./processes.ts"
import type { Answer } from "./session.ts"
import { failureOfFault, Session } from "./session.ts"
import { callHost } from "./tools.ts"
import { treeOperations } from "./trees.ts"
import { watchOperations } from "./watches.ts"

export interface ServerOptions {
  readonly sidecarId: string
  readonly pid: number
  /** Whether a token is the secret that a host must show. */
  readonly admits: (token: string) => boolean
  readonly pool: Workers
  /** Milliseconds, monotonic, for slices and deadlines. */
  readonly monotonic: () => number
  /** Nanoseconds since 1970, for what guests see. */
  readonly now: () => bigint
  readonly random: (bytes: Uint8Array) => void
  readonly uuid: () => string
  /** Runs the callback after pending input and output. */
  readonly later: (run: () => void) => void
  /** Runs the callback after some milliseconds of the clock that `now` shows; gives what cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
  /** The same on the machine's own clock. */
  readonly machineAfter: (milliseconds: number, run: () => void) => () => void
  /** Whether guests run in steps between which no time passes: where `now` shows a clock that stands still meanwhile. */
  readonly stepwise: boolean
  readonly callProbe?: VmHost["callProbe"]
  /** Told of a VM before it ends. */
  readonly onRelease?: ((vm: Vm) => void) | undefined
  readonly log: (line: string) => void
  /** Joins the control plane to an authenticated session. */
  readonly attachControl: (session: Session) => void
}

/** Milliseconds that VMs' work may take before the event loop gets its turn. */
const SLICE = 2

export class SidecarServer implements VmOwner {
  readonly queue: FairQueue
  readonly sessions = new Set<Session>()
  readonly operations = new Map<number, Answer>()
  /** Snapshots that were forgotten so far. */
  dropped = 0

  constructor(readonly options: ServerOptions) {
    this.queue = new FairQueue({
      slice: SLICE,
      now: options.monotonic,
      later: options.later,
      onDefect: (defect) => options.log(`defect in queued work: ${describe(defect)}`)
    })
    for (
      const [operation, answer] of [
        ...fileOperations,
        ...batchOperations,
        ...descriptorOperations,
        ...treeOperations,
        ...watchOperations,
        ...processOperations
      ]
    ) {
      this.operations.set(operation.code, answer)
    }
  }

  /** Takes a byte stream as a new connection. The caller feeds the session's connection. */
  accept(link: Link, onClose: (cause: CloseCause) => void = () => {}): Session {
    const session = new Session(this, link, (cause) => {
      this.sessions.delete(session)
      onClose(cause)
    })
    this.sessions.add(session)
    return session
  }

  /** A new VM, with a handle that nobody can guess and that is good on this connection only. */
  lease(session: Session, spec: VmSpec, origin?: Vm): { readonly vm: Vm; readonly handle: number } {
    const words = new Uint32Array(1)
    do this.options.random(new Uint8Array(words.buffer))
    while (words[0] === 0 || session.vms.has(words[0]))
    const handle = words[0]
    const gatherAfter = this.options.stepwise ? undefined : this.options.machineAfter
    const vm: Vm = new Vm({
      spec,
      vmId: this.options.uuid(),
      host: this.options,
      owner: this,
      callHost: callHost(session, () => handle, this.options.now),
      tell: (log) => new AuditFeed(session, handle, log, (work) => this.queue.add(vm, work), gatherAfter),
      ...(origin && { origin })
    })
    session.vms.set(handle, vm)
    return { vm, handle }
  }

  enqueue(vm: Vm, work: Work): void {
    this.queue.add(vm, work)
  }

  readonly onStarved = (): void => {
    for (const session of this.sessions) for (const vm of session.vms.values()) if (vm.processes.shed()) return
  }

  /** Ends a VM. What still waits for it finds it gone. */
  release(session: Session, handle: number): void {
    const vm = session.vm(handle)
    session.vms.delete(handle)
    this.options.onRelease?.(vm)
    vm.release()
  }

  /** Forgets a kept snapshot of a VM. */
  forget(vm: Vm, snapshot: number, path: string): void {
    vm.forget(snapshot, path)
    this.dropped++
  }

  /** Ends every connection, and with it every VM. */
  close(detail: string): void {
    for (const session of this.sessions) session.connection.goaway("Closed", detail)
  }

  get vms(): number {
    let count = 0
    for (const session of this.sessions) count += session.vms.size
    return count
  }

  get processes(): number {
    let count = 0
    for (const session of this.sessions) for (const vm of session.vms.values()) count += vm.processes.size
    return count
  }

  /** Whether nothing goes on before time passes or a host asks for something. Where guests run stepwise. */
  get isSettled(): boolean {
    return this.queue.idle && this.unsettled() === undefined
  }

  /** Waits for something that goes on; more may follow from it. */
  async settle(): Promise<void> {
    await this.unsettled()?.settle()
  }

  private unsettled(): Processes | undefined {
    for (const session of this.sessions) {
      for (const { processes } of session.vms.values()) if (!processes.isSettled) return processes
    }
    return undefined
  }

  /** What a host is told of something that was thrown. Its own defects are logged and stay here. */
  failureOf(thrown: unknown): WireFailure {
    if (thrown instanceof Fault) return failureOfFault(thrown)
    if (thrown instanceof WireFailure) return thrown
    if (thrown instanceof Codec.Malformed) return new WireFailure("refused", `malformed request: ${thrown.detail}`)
    this.options.log(`defect: ${describe(thrown)}`)
    return new WireFailure("internal", "the sidecar has a defect; its log tells more")
  }
}

/** An operation with its answer. */
export type Route = readonly [Operation<any, any>, Answer]

const describe = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.stack ?? thrown.message : JSON.stringify(thrown) ?? String(thrown)
