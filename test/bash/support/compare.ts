/** Scripts run by the host's bash and by the engine, with what both made of them. */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { constants, tmpdir } from "node:os"
import { join } from "node:path"
import type { Groups } from "../corpus/types.ts"
import { ShellVm } from "./vm.ts"

export interface Expectation {
  readonly stdout: string
  readonly exitCode: number
  /** Compared where the words of messages are the point. */
  readonly stderr: string
}

export interface Difference {
  readonly group: string
  readonly script: string
  readonly expected: Expectation
  readonly actual: Expectation
}

const LIMIT_MS = 10_000

/** What the host's bash makes of a script in an empty directory. */
export const runOnHost = async (script: string): Promise<Expectation> => {
  const directory = await mkdtemp(join(tmpdir(), "bash-"))
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn("bash", ["-c", script], {
        cwd: directory,
        env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: directory, LC_ALL: "C.UTF-8", TZ: "UTC" },
        stdio: ["ignore", "pipe", "pipe"],
        timeout: LIMIT_MS
      })
      let stdout = ""
      let stderr = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
      child.on("error", reject)
      child.on(
        "close",
        (code, signal) =>
          resolve({ stdout, stderr, exitCode: code ?? (signal === null ? 1 : 128 + constants.signals[signal]) })
      )
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** What the engine makes of it, in a new VM. */
export const runOnEngine = async (script: string): Promise<Expectation> => {
  const vm = new ShellVm()
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), LIMIT_MS)
  try {
    return await vm.run(script, {
      env: { HOME: "/home/user", PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" },
      signal: abort.signal
    })
  } catch (error) {
    return { stdout: "", stderr: `engine failed: ${String(error)}`, exitCode: -1 }
  } finally {
    clearTimeout(timer)
  }
}

/** Groups in which standard error counts too. */
const wordy = new Set(["errors"])

const same = (group: string, left: Expectation, right: Expectation): boolean =>
  left.stdout === right.stdout && left.exitCode === right.exitCode &&
  (!wordy.has(group) || left.stderr === right.stderr)

export const compare = async (
  groups: Groups,
  expectation: (group: string, script: string) => Promise<Expectation>
): Promise<{ readonly differences: ReadonlyArray<Difference>; readonly rates: Readonly<Record<string, string>> }> => {
  const differences: Array<Difference> = []
  const rates: Record<string, string> = {}
  for (const [group, scripts] of Object.entries(groups)) {
    let passed = 0
    for (const script of scripts) {
      const expected = await expectation(group, script)
      const { exitCode, stderr, stdout } = await runOnEngine(script)
      if (same(group, expected, { exitCode, stderr, stdout })) passed++
      else differences.push({ group, script, expected, actual: { exitCode, stderr, stdout } })
    }
    rates[group] = `${passed}/${scripts.length}`
  }
  return { differences, rates }
}
