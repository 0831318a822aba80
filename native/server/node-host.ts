/**
 * Clock, randomness and timers of Node.js, as the server takes them.
 */
import { randomFillSync, randomUUID } from "node:crypto"
import type { Usage } from "./control.ts"
import type { ServerOptions } from "./server.ts"

/** The longest delay that a timer of Node.js can have. */
const MAX_DELAY = 2 ** 31 - 1

export const nodeHost: Pick<ServerOptions, "pid" | "monotonic" | "now" | "random" | "uuid" | "later" | "after"> = {
  pid: process.pid,
  monotonic: () => performance.now(),
  now: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
  random: (bytes) => void randomFillSync(bytes),
  uuid: randomUUID,
  later: (run) => void setImmediate(run),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, Math.min(milliseconds, MAX_DELAY))
    return () => clearTimeout(timer)
  }
}

export const nodeUsage: Usage = {
  nodeVersion: process.version,
  uptimeMs: () => performance.now(),
  rssBytes: () => process.memoryUsage.rss()
}
