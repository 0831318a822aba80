/**
 * A server's host whose every answer passes a gate: timers, turns of the event loop, workers and what they say.
 */
import type { GuestWorker } from "../kernel/workers/guest-worker.ts"
import type { WorkerPool, Workers } from "../kernel/workers/pool.ts"
import type { ServerOptions } from "../server/server.ts"
import type { Gate, Input } from "./gate.ts"
import { hashOf } from "./log.ts"

type Host = Pick<ServerOptions, "pid" | "monotonic" | "now" | "later" | "after" | "machineAfter" | "stepwise" | "pool">

export interface GatedHostOptions {
  readonly gate: Gate
  readonly pool: WorkerPool
  /** Timers of the recorded run, on the VMs' clock and on the machine's. In a replay none goes off by itself. */
  readonly after: ServerOptions["after"]
  readonly machineAfter: ServerOptions["after"]
}

/** Steps of queued work in one slice; milliseconds cannot be counted on. */
const STEP_MS = 0.05
const nothing = new Uint8Array(0)
const encoder = new TextEncoder()

export const gatedHost = ({ after, gate, machineAfter, pool }: GatedHostOptions): Host => {
  let steps = 0
  let timers = 0
  const timer = (start: ServerOptions["after"]): ServerOptions["after"] => (milliseconds, run) => {
    const input: Input = { kind: "timer", index: timers++, body: nothing, note: `${milliseconds} ms`, run }
    const cancel = start(milliseconds, () => gate.input(input))
    return () => {
      input.withdrawn = true
      cancel()
    }
  }
  return {
    pid: 0,
    stepwise: true,
    now: () => gate.time,
    monotonic: () => steps++ * STEP_MS,
    later: (run) => gate.input({ kind: "later", index: 0, body: nothing, note: "", run }),
    after: timer(after),
    machineAfter: timer(machineAfter),
    pool: gatedWorkers(gate, pool)
  }
}

/** Workers that are never scarce: whether one is depends on the machine. */
const gatedWorkers = (gate: Gate, pool: WorkerPool): Workers => {
  let acquisitions = 0
  return {
    stats: () => ({ ...pool.stats(), waiting: 0 }),
    acquire: (signal) => {
      const index = acquisitions++
      return new Promise((resolve, reject) => {
        const settle = (kind: "acquired" | "refused", run: () => void) =>
          gate.input({ kind, index, body: nothing, note: "", run })
        pool.acquire(signal).then((worker) => {
          listen(gate, index, worker)
          settle("acquired", () => resolve(worker))
        }, (error: unknown) => settle("refused", () => reject(error)))
      })
    }
  }
}

/** What a worker says waits at the gate, and so does its death. */
const listen = (gate: Gate, index: number, worker: GuestWorker): void => {
  worker.intake = (message, take) => {
    const text = JSON.stringify(message, plain)
    const ends = text.startsWith("{\"_tag\":\"death\"")
    gate.input({
      kind: "message",
      index,
      body: hashOf(encoder.encode(text)),
      note: noteOf(message, text),
      run: take,
      // what a worker says while it is ended may be heard or not
      get withdrawn() {
        return worker.isEnding && !ends
      }
    })
  }
}

const plain = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") : value

const noteOf = (message: unknown, text: string): string => {
  const { _tag, args, name } = message as { readonly _tag: string; readonly name?: string; readonly args?: unknown }
  return name === undefined ? text.slice(0, 100) : `${_tag} ${name} ${JSON.stringify(args, plain).slice(0, 80)}`
}
