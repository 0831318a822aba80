/**
 * Clock, randomness and timers of Node.js, as the server takes them.
 */
import { randomFillSync, randomUUID } from "node:crypto"
import type { Usage } from "./control.ts"
import type { ServerOptions } from "./server.ts"

/** The longest delay that a timer of Node.js can have. */
const MAX_DELAY = 2 ** 31 - 1

const after = (milliseconds: number, run: () => void): () => void => {
  const timer = setTimeout(run, Math.min(milliseconds, MAX_DELAY))
  return () => clearTimeout(timer)
}

type NodeHost = Omit<ServerOptions, "sidecarId" | "admits" | "pool" | "log" | "attachControl">

export const nodeHost: NodeHost = {
  pid: process.pid,
  monotonic: () => performance.now(),
  now: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
  random: (bytes) => void randomFillSync(bytes),
  uuid: randomUUID,
  later: (run) => void setImmediate(run),
  after,
  machineAfter: after,
  stepwise: false
}

export const nodeUsage: Usage = {
  nodeVersion: process.version,
  uptimeMs: () => performance.now(),
  rssBytes: () => process.memoryUsage.rss()
}
