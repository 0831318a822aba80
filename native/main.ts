/**
 * The sidecar program. It is started with a pipe on standard input, over which the host sends one line of JSON (`Boot`),
 * and the framed connection on descriptor 3. It ends when either of them does.
 */
import { availableParallelism } from "node:os"
import { setFlagsFromString } from "node:v8"
import { WorkerPool } from "./kernel/workers/pool.ts"

/** What the host says before anything else. */
interface Boot {
  readonly sidecarId: string
  readonly token: string
  /** Path of a Unix socket on which further connections are taken. */
  readonly socketPath?: string
  /** Guest workers kept ready, and alive at most. */
  readonly warmWorkers: number
  readonly maxWorkers: number
  readonly workerHeapMb: number
}

/** Descriptor of the framed connection. */
const LANE = 3

const exit = (code: number): never => process.exit(code)

const log = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Standard input carries the boot line; its end is the end of the host. */
const readBoot = (onBoot: (boot: Boot) => Promise<void>): void => {
  let text = ""
  process.stdin.setEncoding("utf8")
  process.stdin.on("data", (piece: string) => {
    if (text.endsWith("\n")) return
    text += piece
    if (text.length > 64 * 1024) exit(2)
    if (text.endsWith("\n")) void onBoot(JSON.parse(text))
  })
  process.stdin.on("end", () => exit(0))
  process.stdin.on("error", () => exit(0))
}

// the host bounds the young generation of the kernel thread; guest workers have V8's own bounds
setFlagsFromString("--max-semi-space-size=0")

// the pool starts its first workers while the rest of the program is loaded and gets ready
readBoot(async (boot) => {
  const pool = new WorkerPool({
    program: new URL("./shell-worker.js", import.meta.url),
    warm: boot.warmWorkers,
    max: boot.maxWorkers,
    starting: availableParallelism(),
    resourceLimits: { maxOldGenerationSizeMb: boot.workerHeapMb },
    onWarmFailure: (error) => log(`a guest worker did not start: ${error.message}`)
  })
  const { serveProgram } = await import("./server/program.ts")
  const { sidecarId, socketPath, token } = boot
  serveProgram({ sidecarId, token, socketPath, pool, lane: LANE, log, exit })
})

// what no one has foreseen ends the process at once: the host gives its leases a clear error and starts another
process.on("uncaughtException", (error) => {
  log(`fatal: ${error.stack ?? error.message}`)
  exit(70)
})
process.on("SIGINT", () => {})
process.on("SIGTERM", () => exit(0))
