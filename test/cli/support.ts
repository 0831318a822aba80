/** Runs the built command, as a user would. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export const program = join(root, "dist/bin/agent-os.js")

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Milliseconds since the start, with what came. */
  readonly pieces: Array<{ readonly at: number; readonly text: string }>
  readonly ended: Promise<Ended>
}

export interface Options {
  readonly cwd?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** The command. Default: the one that is built here. */
  readonly program?: string
}

export const start = (args: ReadonlyArray<string>, options: Options = {}): Running => {
  if (!existsSync(program)) throw new Error("the command is not built: npm run build")
  const child = spawn(process.execPath, [options.program ?? program, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"]
  })
  const began = performance.now()
  const pieces: Running["pieces"] = []
  let stdout = ""
  let stderr = ""
  child.stdin.on("error", () => {})
  if (options.input !== undefined) child.stdin.end(options.input)
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    pieces.push({ at: performance.now() - began, text })
    stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { child, pieces, ended }
}

export const agentOs = (args: ReadonlyArray<string>, options?: Options): Promise<Ended> => start(args, options).ended

/** A folder that goes when the test is over. */
export const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "agent-os-cli-")))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The children of a process, by /proc. */
export const childrenOf = (pid: number): Array<number> =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((candidate) => {
    try {
      const stat = readFileSync(`/proc/${candidate}/stat`, "utf8")
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid
    } catch {
      return false
    }
  })

export const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")
  } catch {
    return false
  }
}

export const residentKiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])

export const until = async (holds: () => boolean, milliseconds: number): Promise<boolean> => {
  const end = performance.now() + milliseconds
  while (!holds()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}
