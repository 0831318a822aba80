/** A worker's place in a VM, on the machine's clock. */
import type { WorkerOwner } from "../../../native/kernel/workers/guest-worker.ts"

export const place = (hostname: string, stepwise = false): WorkerOwner => ({
  binding: {
    hostname,
    user: "user",
    uid: 1000,
    gid: 1000,
    processes: 256,
    argvBytes: 2 ** 20,
    envBytes: 2 ** 20,
    wasmMemoryBytes: 2 ** 26,
    seed: new Uint8Array(32).fill(7),
    stepwise
  },
  now: () => Date.now()
})
