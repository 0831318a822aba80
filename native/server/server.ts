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
import type { VmOwner } from "../kernel/vm.ts"
import { Vm } from "../kernel/vm.ts"
import type { WorkerPool } from "../kernel/workers/pool.ts"
import { batchOperations } from "./batches.ts"
import { descriptorOperations } from "./descriptors.ts"
import { FairQueue, type Work } from "./fair-queue.ts"
import { fileOperations } from "./files.ts"
import { processOperations } from "./processes.ts"
import type { Answer } from "./session.ts"
import { failureOfFault, Session } from "./session.ts"
import { treeOperations } from "./trees.ts"
import { watchOperations } from "./watches.ts"

export interface ServerOptions {
  readonly sidecarId: string
  readonly pid: number
  /** Whether a token is the secret that a host must show. */
  readonly admits: (token: string) => boolean
  readonly pool: WorkerPool
  /** Milliseconds, monotonic, for slices and deadlines. */
  readonly monotonic: () => number
  /** Nanoseconds since 1970, for what guests see. */
  readonly now: () => bigint
  readonly random: (bytes: Uint8Array) => void
  readonly uuid: () => string
  /** Runs the callback after pending input and output. */
  readonly later: (run: () => void) => void
  /** Runs the callback after some milliseconds; gives what cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
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
    const vm = new Vm({ spec, vmId: this.options.uuid(), host: this.options, owner: this, ...(origin && { origin }) })
    session.vms.set(words[0], vm)
    return { vm, handle: words[0] }
  }

  enqueue(vm: Vm, work: Work): void {
    this.queue.add(vm, work)
  }

  readonly onStarved = (): void => {
    for (const session of this.sessions) for (const vm of session.vms.values()) if (vm.shed()) return
  }

  /** Ends a VM. What still waits for it finds it gone. */
  release(session: Session, handle: number): void {
    const vm = session.vm(handle)
    session.vms.delete(handle)
    vm.release()
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
