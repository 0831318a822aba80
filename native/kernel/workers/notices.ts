/**
 * Checks of the form of a worker's notices. What they refer to is checked by the process table.
 */
import { isSignal } from "../../../src/Signals.ts"
import type { Notice } from "../../guests/protocol.ts"
import { ARGV_SHOWN, WORDS_SHOWN } from "../../guests/protocol.ts"

/** Longest working directory: PATH_MAX. */
const MAX_CWD = 4096
/** Processor time that a notice may claim: a century. */
const MAX_CPU_MS = 1e13

type Fields = Record<string, unknown>

const isPid = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= MAX_CPU_MS
const isCwd = (value: unknown): boolean => typeof value === "string" && value.startsWith("/") && value.length <= MAX_CWD

const isArgv = (value: unknown): boolean => {
  if (!Array.isArray(value) || value.length > WORDS_SHOWN) return false
  let length = 0
  return value.every((word) => typeof word === "string" && (length += word.length) <= ARGV_SHOWN)
}

const maybe = (value: unknown, check: (value: unknown) => boolean): boolean => value === undefined || check(value)

const forms: { readonly [Tag in Notice["_tag"]]: (notice: Fields) => boolean } = {
  fork: ({ argv, cwd, pgid, ppid }) => isPid(ppid) && maybe(pgid, isPid) && maybe(argv, isArgv) && maybe(cwd, isCwd),
  exec: ({ argv, cwd, descriptors }) => isArgv(argv) && maybe(cwd, isCwd) && maybe(descriptors, isCount),
  chdir: ({ cwd }) => isCwd(cwd),
  group: ({ pgid }) => isPid(pgid),
  session: () => true,
  stop: ({ signal }) => isSignal(signal),
  continue: () => true,
  usage: ({ cpuMs, descriptors }) => isTime(cpuMs) && isCount(descriptors),
  exit: ({ cpuMs, exitCode, reaped, signal }) =>
    isCount(exitCode)
    && (exitCode as number) <= 255
    && maybe(signal, isSignal)
    && maybe(cpuMs, isTime)
    && (reaped === undefined || typeof reaped === "boolean"),
  reap: () => true
}

/** Whether something has the form of a notice. */
export const isNotice = (value: unknown): value is Notice => {
  if (typeof value !== "object" || value === null) return false
  const notice = value as Fields
  const { _tag, pid } = notice
  return typeof _tag === "string" && isPid(pid) && Object.hasOwn(forms, _tag) && forms[_tag as Notice["_tag"]](notice)
}
