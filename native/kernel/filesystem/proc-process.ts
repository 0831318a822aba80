/** The files that `/proc` shows for each process. */

export interface ProcProcess {
  readonly pid: number
  readonly ppid: number
  /** Name of the command, without its path. */
  readonly command: string
  readonly argv: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  /** Running, sleeping, stopped or a zombie. */
  readonly state: "R" | "S" | "T" | "Z"
  /** Nanoseconds since 1970. */
  readonly startedAt: bigint
  readonly descriptors: ReadonlyArray<{ readonly fd: number; readonly target: string }>
}

const stateNames = { R: "running", S: "sleeping", T: "stopped", Z: "zombie" } as const

/** Linux keeps 15 bytes of the name. */
const comm = (process: ProcProcess): string => process.command.slice(0, 15)

const terminated = (texts: ReadonlyArray<string>): string => texts.map((text) => `${text}\0`).join("")

const status = (process: ProcProcess): string => {
  const ids = (id: number) => [id, id, id, id].join("\t")
  const rows: ReadonlyArray<readonly [string, string | number]> = [
    ["Name", comm(process)],
    ["State", `${process.state} (${stateNames[process.state]})`],
    ["Tgid", process.pid],
    ["Pid", process.pid],
    ["PPid", process.ppid],
    ["Uid", ids(process.uid)],
    ["Gid", ids(process.gid)],
    ["FDSize", process.descriptors.length],
    ["Threads", 1]
  ]
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join("")
}

/** The 52 fields of proc(5). Process group and session are the process itself; what a VM does not measure is 0. */
const stat = (process: ProcProcess): string => {
  const { pid, ppid, state } = process
  const unmeasured = new Array<number>(52 - 6).fill(0)
  return `${[pid, `(${comm(process)})`, state, ppid, pid, pid, ...unmeasured].join(" ")}\n`
}

export const processTexts: ReadonlyArray<{
  readonly name: string
  readonly mode: number
  readonly text: (process: ProcProcess) => string
}> = [
  { name: "cmdline", mode: 0o444, text: (process) => terminated(process.argv) },
  { name: "comm", mode: 0o444, text: (process) => `${comm(process)}\n` },
  {
    name: "environ",
    mode: 0o400,
    text: (process) => terminated(Object.entries(process.env).map(([name, value]) => `${name}=${value}`))
  },
  { name: "stat", mode: 0o444, text: stat },
  { name: "status", mode: 0o444, text: status }
]
