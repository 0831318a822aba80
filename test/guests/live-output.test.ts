/** Live output must change when a script's output leaves, and nothing else. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { CallSystem } from "../../native/guests/shell/engine.ts"
import { Fault } from "../../native/kernel/fault.ts"
import { corpus } from "./support/corpus.ts"
import type * as Engine from "./support/engine.ts"
import { MemoryKernel } from "./support/memory-kernel.ts"
import { bundle } from "./support/workers.ts"

let directory = ""
let engine: typeof Engine

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "shell-engine-"))
  await bundle({ outdir: directory, minify: false, entryPoints: { engine: "test/guests/support/engine.ts" } })
  engine = await import(/* @vite-ignore */ join(directory, "engine.js")) as typeof Engine
})
afterAll(() => rmSync(directory, { recursive: true }))

interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

const identity = { hostname: "vm", user: "user", uid: 1000, gid: 1000 }

const run = async (
  command: string,
  live: boolean
): Promise<Ran & { readonly kernel: MemoryKernel; readonly writes: number }> => {
  const kernel = new MemoryKernel()
  const call = (async (_pid: number, name: never, ...args: ReadonlyArray<unknown>) => {
    try {
      return await kernel.call(name, args)
    } catch (error) {
      if (error instanceof Fault) throw new engine.SystemCallError(error.errno, error.syscall, error.path)
      throw error
    }
  }) as CallSystem
  const out: Record<"stdout" | "stderr", Array<Uint8Array>> = { stdout: [], stderr: [] }
  let writes = 0
  const { exitCode } = await engine.makeJustBash(call, identity, { live }).run({
    pid: 42,
    command,
    argv: [],
    cwd: "/home/user",
    env: { HOME: "/home/user", PATH: "/usr/bin:/bin" },
    stdin: new Uint8Array(0),
    signal: new AbortController().signal,
    write: async (channel, bytes) => {
      writes++
      out[channel].push(bytes.slice())
    }
  })
  // As Latin-1: a difference of any byte shows.
  const text = (pieces: Array<Uint8Array>) => Buffer.concat(pieces).toString("latin1")
  return { stdout: text(out.stdout), stderr: text(out.stderr), exitCode, kernel, writes }
}

const bash = existsSync("/bin/bash") ? "/bin/bash" : undefined

const runInBash = (script: string): Ran => {
  const directory = mkdtempSync(join(tmpdir(), "corpus-"))
  try {
    const { status, stderr, stdout } = spawnSync(bash!, ["-c", script], {
      cwd: directory,
      encoding: "latin1",
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", HOME: directory }
    })
    return { stdout, stderr, exitCode: status ?? -1 }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const onlyResult = ({ exitCode, stderr, stdout }: Ran): Ran => ({ stdout, stderr, exitCode })

describe("live output", () => {
  /** Binary output held back to the end loses its nature; live it is right, so the two differ there on purpose. */
  const isBinary = (script: string) => /\\xf[ef]|\\x80/.test(script)

  for (const { differs, script } of corpus) {
    it(`is the output held back: ${JSON.stringify(script).slice(0, 90)}`, async () => {
      const live = await run(script, true)
      if (!isBinary(script)) assert.deepStrictEqual(onlyResult(live), onlyResult(await run(script, false)))
      if (bash !== undefined && differs === undefined) assert.deepStrictEqual(onlyResult(live), runInBash(script))
      // The private devices are nobody's files.
      assert.isFalse(live.kernel.log.some((entry) => entry.includes("/dev/.")), "a private path reached the kernel")
      assert.notInclude(live.stdout + live.stderr, "/dev/.")
    })
  }
})
