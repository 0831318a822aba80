/** What is looked at from outside: processes, sockets, threads and temp files of this test process. */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const statOf = (pid: number | string): { readonly ppid: number; readonly state: string } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state, ppid: Number(ppid) }
  } catch {
    return undefined
  }
}

const commandOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
  } catch {
    return ""
  }
}

/** Whether a process runs. */
export const isAlive = (pid: number): boolean => {
  const stat = statOf(pid)
  return stat !== undefined && stat.state !== "Z"
}

/** The sidecars that a process has started. */
export const sidecarsOf = (parent: number): Array<number> =>
  readdirSync("/proc")
    .filter((name) =>
      /^\d+$/.test(name) && statOf(name)?.ppid === parent && /--(experimental-)?permission/.test(commandOf(name))
    )
    .map(Number)
    .filter(isAlive)

/** Sockets and pipes that this process has open. */
const openSockets = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:")
    } catch {
      return false
    }
  }).length

const threads = (): number => readdirSync("/proc/self/task").length

const tempFiles = (): number => readdirSync(tmpdir()).length

const count = () => ({
  sockets: openSockets(),
  threads: threads(),
  sidecars: sidecarsOf(process.pid).length,
  tempFiles: tempFiles()
})

export interface Left {
  readonly counts: ReturnType<typeof count>
  /** The folder for temp files, and the one before it. */
  readonly folder: string
  readonly formerly: string | undefined
}

/** What there is before a test, which gets a folder of its own for temp files. */
export const before = (): Left => {
  const formerly = process.env.TMPDIR
  const folder = mkdtempSync(join(tmpdir(), "agent-os-test-"))
  process.env.TMPDIR = folder
  return { counts: count(), folder, formerly }
}

const giveUp = ({ folder, formerly }: Left): void => {
  if (formerly === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = formerly
  rmSync(folder, { recursive: true, force: true })
}

/** Waits until nothing is left beyond what there was before; fails after a while with what is. */
export const expectNothingLeft = async (was: Left): Promise<void> => {
  const end = Date.now() + 5000
  for (;;) {
    const now = count()
    const left = Object.entries(now).filter(([name, value]) => value > was.counts[name as keyof typeof now])
    if (left.length === 0) return giveUp(was)
    if (Date.now() > end) throw new Error(`left behind: ${left.map(([name, value]) => `${name} ${value}`).join(", ")}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
