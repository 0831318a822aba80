/**
 * Memory that goes back when many VMs have been released, or what a snapshot held. V8 collects garbage when it needs room, and a sidecar that
 * has become idle never does: what its VMs held would stay with it.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** What is asked of the server. */
export interface Occupancy {
  /** VMs at the moment. */
  readonly vms: number
  /** Snapshots that were forgotten so far. */
  readonly dropped: number
  /** Processes at the moment. */
  readonly processes: number
  /** Whether work is waiting. */
  readonly queue: { readonly size: number }
}

/** A collection stops the thread for tens of milliseconds: fewer VMs than this are not worth it. */
export const MIN_RELEASED = 500

/**
 * Collects when at least half of the most VMs, and `MIN_RELEASED` of them, are gone, or a snapshot was forgotten, and
 * nothing moves: the number of VMs is what it was one period before, no process runs and no work waits.
 */
export class Reclaimer {
  private most = 0
  private last = 0
  private lastDropped = 0
  /** Snapshots whose memory has been given back. */
  private reclaimed = 0

  constructor(private readonly server: Occupancy, private readonly collect: () => void) {}

  /** Called once in each period. */
  tick(): void {
    const { dropped, vms } = this.server
    const still = vms === this.last && dropped === this.lastDropped
    this.last = vms
    this.lastDropped = dropped
    this.most = Math.max(this.most, vms)
    const released = this.most - vms >= MIN_RELEASED && vms * 2 <= this.most
    if (!still || (!released && dropped === this.reclaimed)) return
    if (this.server.processes > 0 || this.server.queue.size > 0) return
    this.most = vms
    this.reclaimed = dropped
    this.collect()
  }
}

let gc: (() => void) | undefined

/** Collects all garbage. V8 shows its collector only to contexts that are made while a flag is set. */
export const collectGarbage = (): void => {
  if (gc === undefined) {
    setFlagsFromString("--expose-gc")
    gc = runInNewContext("gc") as () => void
    setFlagsFromString("--no-expose-gc")
  }
  gc()
}
