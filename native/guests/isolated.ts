/** Workers for code of others: nothing of this process's environment, arguments and streams reaches them. */
import type { ResourceLimits } from "node:worker_threads"
import { Worker } from "node:worker_threads"

/** A worker that begins with nothing but its program. Its standard error is the caller's to read. */
export const isolatedWorker = (program: URL | string, resourceLimits: ResourceLimits): Worker => {
  const worker = new Worker(program, {
    resourceLimits,
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    // kept from this process's own: they are swallowed
    stdout: true,
    stderr: true,
    trackUnmanagedFds: true
  })
  worker.stdout.resume()
  return worker
}
