/** ps, pgrep, pkill and top: the processes of the VM. */
import { signalNames, signalNumber } from "../../bash/processes/signals.ts"
import { decodeText } from "../../bash/text.ts"
import type { GuestProcess } from "../../protocol.ts"
import { readUsers } from "../files/users.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { compileRegex } from "../text/regex.ts"
import { formatTime } from "../text/strftime.ts"

/** All processes of the VM: the kernel's, and those that this command's shell has started in its worker. */
const allProcesses = async (context: ProgramContext): Promise<ReadonlyArray<GuestProcess>> => {
  const known = await context.sys("processes")
  const pids = new Set(known.map(({ pid }) => pid))
  const { gid, uid } = context.machine.identity
  const inner = Array.from(context.machine.processes.values()).filter(({ pid }) => !pids.has(pid))
  const own = inner.map((process): GuestProcess => {
    const argv = process.command.split(" ")
    return {
      pid: process.pid,
      ppid: process.parent?.pid ?? 1,
      pgid: process.group,
      sid: process.session.id,
      tty: process.session.terminal?.path,
      command: argv[0].replace(/^.*\//, ""),
      argv,
      cwd: context.cwd,
      uid,
      gid,
      state: process.stopped ? "stopped" : "running",
      startedAtMs: process.startedAt,
      cpuMs: 0,
      descriptors: 3
    }
  })
  return [...known, ...own].sort((a, b) => a.pid - b.pid)
}

const stateLetters = { running: "S", stopped: "T", zombie: "Z" } as const

const clock = (milliseconds: number): string => {
  const seconds = Math.floor(milliseconds / 1000)
  const part = (value: number) => String(value).padStart(2, "0")
  return `${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`
}

const elapsed = (milliseconds: number): string => {
  const text = clock(milliseconds % 86_400_000)
  const days = Math.floor(milliseconds / 86_400_000)
  if (days > 0) return `${days}-${text}`
  return text.startsWith("00:") ? text.slice(3) : text
}

interface Column {
  readonly head: string
  readonly width: number
  readonly left?: boolean
  readonly of: (process: GuestProcess) => string
}

const commandLine = ({ argv, command, state }: GuestProcess): string =>
  state === "zombie" ? `[${command}] <defunct>` : argv.length === 0 ? `[${command}]` : argv.join(" ")

const columnsOf = async (context: ProgramContext): Promise<Readonly<Record<string, Column>>> => {
  const { groupName, userName } = await readUsers(context)
  const now = await context.sys("now")
  const user = (process: GuestProcess) => userName(process.uid) ?? String(process.uid)
  const name: Column = {
    head: "COMMAND",
    width: 15,
    left: true,
    of: ({ command, state }) => state === "zombie" ? `${command} <defunct>` : command
  }
  const whole: Column = { head: "COMMAND", width: 27, left: true, of: commandLine }
  const percent = (process: GuestProcess) => (process.cpuMs / Math.max(1, now - process.startedAtMs) * 100).toFixed(1)
  const terminal = ({ tty }: GuestProcess) => tty?.replace("/dev/", "") ?? "?"
  return {
    pid: { head: "PID", width: 7, of: ({ pid }) => String(pid) },
    ppid: { head: "PPID", width: 7, of: ({ ppid }) => String(ppid) },
    pgid: { head: "PGID", width: 7, of: ({ pgid }) => String(pgid) },
    pgrp: { head: "PGRP", width: 7, of: ({ pgid }) => String(pgid) },
    sid: { head: "SID", width: 7, of: ({ sid }) => String(sid) },
    sess: { head: "SESS", width: 7, of: ({ sid }) => String(sid) },
    user: { head: "USER", width: 8, left: true, of: user },
    uid_name: { head: "UID", width: 8, left: true, of: user },
    euser: { head: "EUSER", width: 8, left: true, of: user },
    uid: { head: "UID", width: 5, of: ({ uid }) => String(uid) },
    gid: { head: "GID", width: 5, of: ({ gid }) => String(gid) },
    group: { head: "GROUP", width: 8, left: true, of: ({ gid }) => groupName(gid) ?? String(gid) },
    tty: { head: "TTY", width: 8, left: true, of: terminal },
    tt: { head: "TT", width: 8, left: true, of: terminal },
    stat: { head: "STAT", width: 4, left: true, of: ({ state }) => stateLetters[state] },
    state: { head: "S", width: 1, left: true, of: ({ state }) => stateLetters[state] },
    s: { head: "S", width: 1, left: true, of: ({ state }) => stateLetters[state] },
    time: { head: "TIME", width: 8, of: ({ cpuMs }) => clock(cpuMs) },
    cputime: { head: "TIME", width: 8, of: ({ cpuMs }) => clock(cpuMs) },
    etime: { head: "ELAPSED", width: 11, of: ({ startedAtMs }) => elapsed(Math.max(0, now - startedAtMs)) },
    etimes: {
      head: "ELAPSED",
      width: 7,
      of: ({ startedAtMs }) => String(Math.max(0, Math.floor((now - startedAtMs) / 1000)))
    },
    stime: {
      head: "STIME",
      width: 5,
      left: true,
      of: ({ startedAtMs }) => formatTime("%H:%M", startedAtMs, context.zone)
    },
    start: { head: "STARTED", width: 8, of: ({ startedAtMs }) => formatTime("%H:%M:%S", startedAtMs, context.zone) },
    lstart: {
      head: "STARTED",
      width: 24,
      of: ({ startedAtMs }) => formatTime("%a %b %e %H:%M:%S %Y", startedAtMs, context.zone)
    },
    c: { head: "C", width: 2, of: (process) => String(Math.floor(Number(percent(process)))) },
    pcpu: { head: "%CPU", width: 4, of: percent },
    "%cpu": { head: "%CPU", width: 4, of: percent },
    pmem: { head: "%MEM", width: 4, of: () => "0.0" },
    "%mem": { head: "%MEM", width: 4, of: () => "0.0" },
    vsz: { head: "VSZ", width: 6, of: () => "0" },
    rss: { head: "RSS", width: 5, of: () => "0" },
    ni: { head: "NI", width: 3, of: () => "0" },
    pri: { head: "PRI", width: 3, of: () => "19" },
    nlwp: { head: "NLWP", width: 4, of: () => "1" },
    comm: name,
    ucmd: { ...name, head: "CMD" },
    cmd_name: { ...name, head: "CMD" },
    args: whole,
    command: whole,
    cmd: { ...whole, head: "CMD" }
  }
}

const table = (columns: ReadonlyArray<Column>, processes: ReadonlyArray<GuestProcess>): string => {
  const rows = [
    columns.map(({ head }) => head),
    ...processes.map((process) => columns.map((column) => column.of(process)))
  ]
  const shown = columns.every(({ head }) => head === "") ? rows.slice(1) : rows
  const widths = columns.map((column, index) => Math.max(column.width, ...rows.map((row) => row[index].length)))
  return shown.map((row) =>
    `${
      row.map((cell, index) =>
        index === row.length - 1 && columns[index].left === true
          ? cell
          : columns[index].left === true
          ? cell.padEnd(widths[index])
          : cell.padStart(widths[index])
      ).join(" ").trimEnd()
    }\n`
  ).join("")
}

const formatColumns = (all: Readonly<Record<string, Column>>, lists: ReadonlyArray<string>): Array<Column> =>
  lists.flatMap((list) => {
    const parts = list.includes("=") ? [list] : list.split(/[ ,]+/)
    return parts.filter((part) => part !== "").map((part) => {
      const [name, head] = part.split(/=(.*)/s)
      // `-o pid,comm=` gives a head to the last one only.
      const [last, ...before] = name.split(",").reverse()
      const column = all[last.toLowerCase()]
      if (column === undefined) throw new ProgramFailure(`unknown user-defined format specifier "${last}"`)
      const made = { ...column, head: head ?? column.head }
      return [...before.reverse().map((each) => all[each.toLowerCase()] ?? column), made]
    }).flat()
  })

const spec = {
  short: "AaedfFlo:O:p:u:U:g:G:t:C:HhNTwjLyM",
  long: {
    "format=": "o",
    "pid=": "p",
    "ppid=": "ppid",
    "user=": "u",
    "User=": "U",
    "sort=": "sort",
    "no-headers": "h",
    "no-heading": "h",
    headers: "headers",
    forest: "H",
    deselect: "N",
    "cols=": "cols",
    "columns=": "cols",
    "width=": "cols"
  }
}

const select = (
  context: ProgramContext,
  line: CommandLine,
  all: ReadonlyArray<GuestProcess>,
  everyone: boolean,
  userId: (name: string) => number | undefined
) => {
  const list = (name: string) => line.all(name).flatMap((text) => text.split(/[ ,]+/))
  const self = all.find(({ pid }) => pid === context.process.pid)
  const chosen = ["p", "ppid", "u", "U", "C", "g", "t"].some((name) => line.has(name))
  return all.filter((process) => {
    if (chosen) {
      const { command, pid, ppid, uid } = process
      const user = (name: string) => (userId(name) ?? Number(name)) === uid
      return list("p").includes(String(pid)) || list("ppid").includes(String(ppid)) || list("C").includes(command)
        || list("u").some(user) || list("U").some(user)
    }
    if (everyone || line.has("A") || line.has("e")) return true
    if (line.has("a") || line.has("d")) return process.pid !== process.sid
    if (self?.tty !== undefined) return process.tty === self.tty
    return process.sid === self?.sid || process.uid === context.machine.identity.uid
  })
}

export const ps: Program = async (context) => {
  // The forms of BSD have no dash: `ps aux`.
  const bsd = context.args.filter((arg) => /^[axufewl]+$/.test(arg)).join("")
  const line = parseOptions(context, spec, context.args.filter((arg) => !/^[axufewl]+$/.test(arg)))
  const all = await columnsOf(context)
  const { userId } = await readUsers(context)
  const processes = select(context, line, await allProcesses(context), /[ax]/.test(bsd), userId)
  const layout = line.has("o")
    ? undefined
    : bsd.includes("u")
    ? "user,pid,%cpu,%mem,vsz,rss,tty,stat,stime,time,command"
    : line.has("f") || line.has("F")
    ? "uid_name,pid,ppid,c,stime,tty,time,cmd"
    : line.has("l")
    ? "s,uid,pid,ppid,c,pri,ni,tty,time,ucmd"
    : line.has("j")
    ? "pid,pgid,sid,tty,time,ucmd"
    : bsd === ""
    ? "pid,tty,time,ucmd"
    : "pid,tty,stat,time,command"
  const columns = formatColumns(all, layout === undefined ? line.all("o") : [layout])
  const order = line.get("sort")
  const sorted = processes.slice()
  if (order !== undefined) {
    const key = all[order.replace(/^[-+]/, "")]
    if (key === undefined) throw new ProgramFailure(`unknown sort specifier`)
    const sign = order.startsWith("-") ? -1 : 1
    sorted.sort((a, b) => {
      const [x, y] = [key.of(a), key.of(b)]
      return sign * (Number.isNaN(Number(x)) ? (x < y ? -1 : x > y ? 1 : 0) : Number(x) - Number(y))
    })
  }
  const bare = columns.map((column) => line.has("h") ? { ...column, head: "" } : column)
  await context.stdout.write(table(bare, sorted))
  return sorted.length === 0 ? 1 : 0
}

const matchSpec = {
  short: "acd:fg:G:ilLno:P:s:t:u:U:vxeq",
  long: {
    "list-name": "l",
    "list-full": "a",
    "delimiter=": "d",
    full: "f",
    "pgroup=": "g",
    "ignore-case": "i",
    newest: "n",
    oldest: "o",
    "parent=": "P",
    "session=": "s",
    "euid=": "u",
    "uid=": "U",
    inverse: "v",
    exact: "x",
    count: "c",
    "signal=": "signal",
    echo: "e"
  },
  status: 2
}

const matching = async (context: ProgramContext, line: CommandLine): Promise<Array<GuestProcess>> => {
  const [pattern] = line.operands
  const narrowed = ["g", "P", "s", "u", "U", "t"].some((name) => line.has(name))
  if (pattern === undefined && !narrowed) {
    throw new ProgramFailure(`no matching criteria specified\nTry \`${context.name} --help' for more information.`, 2)
  }
  const regex = compileRegex(pattern ?? "", {
    extended: true,
    ignoreCase: line.has("i"),
    around: line.has("x") ? "line" : undefined
  })
  if (regex === undefined) throw new ProgramFailure(`regex error: ${pattern}`, 2)
  const { userId } = await readUsers(context)
  const among = (name: string, value: number) =>
    !line.has(name) ||
    line.all(name).flatMap((text) => text.split(",")).some((each) => Number(each) === value || userId(each) === value)
  let found = (await allProcesses(context)).filter((process) => {
    const text = line.has("f") ? process.argv.join(" ") : process.command
    const matches = regex.test(text) && among("P", process.ppid) && among("g", process.pgid) && among("s", process.sid)
      && among("u", process.uid) && among("U", process.uid)
    return matches !== line.has("v") && process.pid !== context.process.pid && process.pid !== 1
  })
  if (line.has("n")) found = found.slice(-1)
  return found
}

export const pgrep: Program = async (context) => {
  const line = parseOptions(context, matchSpec)
  const found = await matching(context, line)
  if (line.has("c")) await context.stdout.line(String(found.length))
  else if (found.length > 0) {
    const show = (process: GuestProcess) =>
      line.has("a")
        ? `${process.pid} ${process.argv.join(" ")}`
        : line.has("l")
        ? `${process.pid} ${process.command}`
        : String(process.pid)
    await context.stdout.line(found.map(show).join(line.get("d") ?? "\n"))
  }
  return found.length === 0 ? 1 : 0
}

export const pkill: Program = async (context) => {
  let signal = "SIGTERM"
  const args = context.args.filter((arg) => {
    const number = /^-(?:\d+|(?:SIG)?[A-Z][A-Z0-9]+)$/.test(arg) ? signalNumber(arg.slice(1)) : undefined
    if (number === undefined) return true
    signal = `SIG${signalNames[number].replace(/^SIG/, "")}`
    return false
  })
  const line = parseOptions(context, matchSpec, args)
  const given = line.get("signal")
  if (given !== undefined) {
    const number = signalNumber(given)
    if (number === undefined) throw new ProgramFailure(`Unknown signal "${given}".`, 2)
    signal = `SIG${signalNames[number].replace(/^SIG/, "")}`
  }
  let status = 1
  for (const process of await matching(context, line)) {
    try {
      const inner = context.machine.processes.get(process.pid)
      if (inner === undefined) await context.sys("kill", process.pid, signal as never)
      else inner.signal(signalNumber(signal)!)
      status = 0
      if (line.has("e")) await context.stdout.line(`${process.command} killed (pid ${process.pid})`)
    } catch (error) {
      await context.blame(`killing pid ${process.pid} failed`, error)
    }
  }
  return status
}

/** The processes once, as top shows them in batch mode. */
export const top: Program = async (context) => {
  parseOptions(context, { short: "bcHin:d:o:p:u:w::s1" })
  const now = await context.sys("now")
  const processes = await allProcesses(context)
  const uptime = decodeText(await context.sys("readFile", "/proc/uptime").catch(() => new Uint8Array(0)))
  const minutes = Math.floor(Number(uptime.split(" ")[0] ?? 0) / 60)
  const count = (state: string) => processes.filter((process) => process.state === state).length
  const all = await columnsOf(context)
  await context.stdout.write(
    `top - ${formatTime("%H:%M:%S", now, context.zone)} up ${minutes} min,  1 user,  load average: 0.00, 0.00, 0.00\n`
      + `Tasks: ${String(processes.length).padStart(3)} total, ${String(count("running")).padStart(3)} running, `
      + `${String(count("stopped")).padStart(3)} stopped, ${String(count("zombie")).padStart(3)} zombie\n\n`
      + table(formatColumns(all, ["pid,user,pri,ni,vsz,rss,s,%cpu,%mem,time,comm"]), processes)
  )
  return 0
}
