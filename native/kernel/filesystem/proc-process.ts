/** The files that `/proc` shows for each process. */

export interface ProcProcess {
  readonly pid: number
  readonly ppid: number
  readonly pgid: number
  readonly sid: number
  /** Path of the controlling terminal: `/dev/pts/N`. */
  readonly tty: string | undefined
  /** Processor time. */
  readonly cpuMs: number
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
    ["TracerPid", 0],
    ["Uid", ids(process.uid)],
    ["Gid", ids(process.gid)],
    ["FDSize", process.descriptors.length],
    ["Threads", 1]
  ]
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join("")
}

/** Major number of pseudo-terminals: their device number as stat(5) tells it. */
const PTY_MAJOR = 136
/** Clock ticks in a second, and so the unit of processor time in `stat`. */
const TICKS = 100

const ttyNumber = ({ tty }: ProcProcess): number => {
  const number = tty === undefined ? Number.NaN : Number(tty.slice(tty.lastIndexOf("/") + 1))
  return Number.isNaN(number) ? 0 : PTY_MAJOR * 256 + number
}

/** The 52 fields of proc(5); what a VM does not measure is 0. Start times count from `bootedAt`. */
const stat = (process: ProcProcess, bootedAt: bigint): string => {
  const { cpuMs, pgid, pid, ppid, sid, startedAt, state } = process
  const tpgid = process.tty === undefined ? -1 : pgid
  const fields = new Array<string | number>(52).fill(0)
  fields.splice(0, 8, pid, `(${comm(process)})`, state, ppid, pgid, sid, ttyNumber(process), tpgid)
  fields[13] = Math.floor(cpuMs / 1000 * TICKS)
  fields[17] = 20
  fields[19] = 1
  fields[21] = Number((startedAt - bootedAt) / (1_000_000_000n / BigInt(TICKS)))
  return `${fields.join(" ")}\n`
}

export const processTexts: ReadonlyArray<{
  readonly name: string
  readonly mode: number
  readonly text: (process: ProcProcess, bootedAt: bigint) => string
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
