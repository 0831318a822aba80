/** The bundled shell worker, built once per test file into a folder of its own, and machines that run on it. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll } from "vitest"
import type { WorkerPoolOptions } from "../../../native/kernel/workers/pool.ts"
import { WorkerPool } from "../../../native/kernel/workers/pool.ts"
import { Machine } from "./machine.ts"

interface BundleOptions {
  readonly outdir: string
  readonly minify: boolean
  readonly entryPoints?: Readonly<Record<string, string>>
}

export const bundle = async (options: BundleOptions): Promise<void> => {
  // Not a TypeScript module, so not known by type.
  const script = new URL("../../../scripts/bundle-shell.mjs", import.meta.url).href
  const { bundleShell } = await import(/* @vite-ignore */ script) as {
    readonly bundleShell: (options: BundleOptions) => Promise<unknown>
  }
  await bundleShell(options)
}

export interface ShellWorkers {
  readonly program: string
  readonly pool: (options?: Partial<WorkerPoolOptions>) => WorkerPool
  /** A machine of the file's own pool; it dies with the test. */
  readonly machine: () => Promise<Machine>
}

export const useShellWorkers = (): ShellWorkers => {
  let directory = ""
  const pools: Array<WorkerPool> = []
  const pool = (options: Partial<WorkerPoolOptions> = {}) => {
    const made = new WorkerPool({ program: join(directory, "shell-worker.js"), warm: 0, max: 8, ...options })
    pools.push(made)
    return made
  }
  let own: WorkerPool | undefined
  const machines: Array<Machine> = []
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "shell-worker-"))
    await bundle({ outdir: directory, minify: false })
  })
  afterEach(async () => {
    await Promise.all(machines.splice(0).map(({ worker }) => worker.kill()))
  })
  afterAll(async () => {
    await Promise.all(pools.map((each) => each.close()))
    await rm(directory, { recursive: true, force: true })
  })
  return {
    get program() {
      return join(directory, "shell-worker.js")
    },
    pool,
    machine: async () => {
      const machine = new Machine(await (own ??= pool({ warm: 1 })).acquire())
      machines.push(machine)
      return machine
    }
  }
}
