/** Signals by number and name, and what they do to a process that has not said otherwise. */
import type { Signal } from "../../../../src/Signals.ts"

const names = [
  "EXIT",
  "HUP",
  "INT",
  "QUIT",
  "ILL",
  "TRAP",
  "ABRT",
  "BUS",
  "FPE",
  "KILL",
  "USR1",
  "SEGV",
  "USR2",
  "PIPE",
  "ALRM",
  "TERM",
  "STKFLT",
  "CHLD",
  "CONT",
  "STOP",
  "TSTP",
  "TTIN",
  "TTOU",
  "URG",
  "XCPU",
  "XFSZ",
  "VTALRM",
  "PROF",
  "WINCH",
  "IO",
  "PWR",
  "SYS"
]

export const signalNames: ReadonlyArray<string> = names

export const SIGHUP = 1
export const SIGINT = 2
export const SIGQUIT = 3
export const SIGKILL = 9
export const SIGPIPE = 13
export const SIGALRM = 14
export const SIGTERM = 15
export const SIGCHLD = 17
export const SIGCONT = 18
export const SIGSTOP = 19
export const SIGTSTP = 20
export const SIGTTIN = 21
export const SIGTTOU = 22
export const SIGXCPU = 24
export const SIGXFSZ = 25
export const SIGWINCH = 28

const ignoredByDefault: ReadonlySet<number> = new Set([17, 18, 23, 28])
const stopping: ReadonlySet<number> = new Set([19, 20, 21, 22])

export const isIgnoredByDefault = (signal: number): boolean => ignoredByDefault.has(signal)
export const isStopping = (signal: number): boolean => stopping.has(signal)

/** The number of `TERM`, `SIGTERM`, `sigterm` or `15`. */
export const signalNumber = (spec: string): number | undefined => {
  if (/^\d+$/.test(spec)) return Number(spec) <= 64 ? Number(spec) : undefined
  const index = names.indexOf(spec.toUpperCase().replace(/^SIG/, ""))
  return index >= 0 ? index : undefined
}

/** The name with SIG, as the host knows it. */
export const nameOf = (signal: number): Signal => `SIG${names[signal]}` as Signal

export const signalName = (signal: number): string => names[signal] ?? String(signal)

const descriptions: Readonly<Record<number, string>> = {
  1: "Hangup",
  2: "Interrupt",
  3: "Quit",
  4: "Illegal instruction",
  5: "Trace/breakpoint trap",
  6: "Aborted",
  7: "Bus error",
  8: "Floating point exception",
  9: "Killed",
  10: "User defined signal 1",
  11: "Segmentation fault",
  12: "User defined signal 2",
  13: "Broken pipe",
  14: "Alarm clock",
  15: "Terminated",
  16: "Stack fault",
  17: "Child exited",
  18: "Continued",
  19: "Stopped (signal)",
  20: "Stopped",
  21: "Stopped (tty input)",
  22: "Stopped (tty output)",
  23: "Urgent I/O condition",
  24: "CPU time limit exceeded",
  25: "File size limit exceeded",
  26: "Virtual timer expired",
  27: "Profiling timer expired",
  28: "Window changed",
  29: "I/O possible",
  30: "Power failure",
  31: "Bad system call"
}

export const signalDescription = (signal: number): string => descriptions[signal] ?? `Unknown signal ${signal}`

/** All signals with their numbers, in five columns: `kill -l` and `trap -l`. */
export const signalTable = (): string => {
  const cells = signalNames.slice(1).map((name, index) => `${String(index + 1).padStart(2)}) SIG${name}`)
  const rows: Array<string> = []
  for (let index = 0; index < cells.length; index += 5) rows.push(cells.slice(index, index + 5).join("\t"))
  return `${rows.join("\n")}\n`
}
