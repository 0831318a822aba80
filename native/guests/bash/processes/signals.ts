/** Signals by number and name, and what they do to a process that has not said otherwise. */
import { isSignal, type Signal } from "../../../../src/Signals.ts"

const RTMIN = 34
const RTMAX = 64

/** Each half of the real-time signals is counted from its own end. */
const realTime = Array.from({ length: RTMAX - RTMIN + 1 }, (_, index) => {
  const left = RTMAX - RTMIN - index
  return index < 16 ? `RTMIN${index === 0 ? "" : `+${index}`}` : `RTMAX${left === 0 ? "" : `-${left}`}`
})

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
  "SYS",
  // two that the C library keeps for itself
  "",
  "",
  ...realTime
]

/** By number; those that have no name are empty. */
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
  const name = spec.toUpperCase().replace(/^SIG/, "")
  if (name === "") return undefined
  const index = names.indexOf(name)
  return index >= 0 ? index : realTimeNumber(name)
}

/** `RTMIN+20`, which has another name. */
const realTimeNumber = (name: string): number | undefined => {
  const match = /^RTMIN\+(\d+)$/.exec(name)
  return match === null || Number(match[1]) > RTMAX - RTMIN ? undefined : RTMIN + Number(match[1])
}

/** The name with SIG, as the host knows it, which knows no real-time signals. */
export const nameOf = (signal: number): Signal | undefined => {
  const name = `SIG${names[signal]}`
  return isSignal(name) ? name : undefined
}

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

export const signalDescription = (signal: number): string =>
  descriptions[signal] ?? (signal >= RTMIN ? `Real-time signal ${signal - RTMIN}` : `Unknown signal ${signal}`)

/** All signals with their numbers, in five columns: `kill -l` and `trap -l`. */
export const signalTable = (): string => {
  const cells = names.map((name, number) =>
    name === "" || number === 0 ? "" : `${String(number).padStart(2)}) SIG${name}`
  )
    .filter((cell) => cell !== "")
  return `${cells.map((cell, index) => `${cell}${index % 5 === 4 ? "\n" : "\t"}`).join("")}\n`
}
