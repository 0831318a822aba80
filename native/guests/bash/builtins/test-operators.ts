/** The operators of `test`, `[` and `[[`. */
import type { GuestStat } from "../../protocol.ts"
import { SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import { calculate } from "../expand/arithmetic.ts"
import { descriptorOf } from "../interpret/open.ts"
import type { Machine } from "../machine.ts"
import type { Process } from "../processes/process.ts"
import type { Shell } from "../state/shell.ts"

/** What file tests take: a shell has it, and so has a program. */
export interface Tester {
  readonly machine: Machine
  readonly process: Process
  readonly cwd: string
}

export const isUnary = (operator: string): boolean => /^-[abcdefghknoprstuvwxzGLNORS]$/.test(operator)

const statOf = async (tester: Tester, path: string, follow: boolean): Promise<GuestStat | undefined> => {
  if (path === "") return undefined
  try {
    const whole = resolvePath(tester.cwd, path)
    return await tester.process.block(tester.machine.sys(follow ? "stat" : "lstat", whole))
  } catch (error) {
    if (error instanceof SystemCallError && error.code !== "ECANCELED") return undefined
    throw error
  }
}

const permitted = ({ machine: { identity } }: Tester, stat: GuestStat, bit: number): boolean => {
  if (identity.uid === 0) return bit !== 1 || (stat.mode & 0o111) !== 0
  const shift = stat.uid === identity.uid ? 6 : stat.gid === identity.gid ? 3 : 0
  return ((stat.mode >> shift) & bit) !== 0
}

const types: Readonly<Record<string, string>> = {
  "-f": "file",
  "-d": "directory",
  "-b": "block",
  "-c": "character",
  "-p": "fifo",
  "-S": "socket"
}

export const fileTest = async (tester: Tester, operator: string, path: string): Promise<boolean> => {
  if (operator === "-t") return tester.process.descriptors.get(Number(path))?.isTerminal === true
  const fd = descriptorOf(path)
  if (fd !== undefined) {
    const open = tester.process.descriptors.get(fd) !== undefined
    return open &&
      (operator === "-e" || operator === "-a" || operator === "-r" || operator === "-w" || operator === "-p")
  }
  const link = operator === "-L" || operator === "-h"
  const stat = await statOf(tester, path, !link)
  if (stat === undefined) return false
  if (types[operator] !== undefined) return stat.type === types[operator]
  switch (operator) {
    case "-L":
    case "-h":
      return stat.type === "symlink"
    case "-s":
      return stat.size > 0
    case "-r":
      return permitted(tester, stat, 4)
    case "-w":
      return permitted(tester, stat, 2)
    case "-x":
      return permitted(tester, stat, 1)
    case "-u":
      return (stat.mode & 0o4000) !== 0
    case "-g":
      return (stat.mode & 0o2000) !== 0
    case "-k":
      return (stat.mode & 0o1000) !== 0
    case "-O":
      return stat.uid === tester.machine.identity.uid
    case "-G":
      return stat.gid === tester.machine.identity.gid
    case "-N":
      return stat.mtimeMs > stat.atimeMs
    default:
      return true
  }
}

/** Tests that need no file; undefined for the others. */
export const unaryTest = async (shell: Shell, operator: string, operand: string): Promise<boolean | undefined> => {
  switch (operator) {
    case "-z":
      return operand === ""
    case "-n":
      return operand !== ""
    case "-o":
      return shell.options.has(operand)
    case "-v":
      return isSet(shell, operand)
    case "-R":
      return shell.variables.own(operand)?.nameref === true
    default:
      return undefined
  }
}

const isSet = (shell: Shell, operand: string): boolean => {
  const element = /^([A-Za-z_][A-Za-z0-9_]*)\[(.*)\]$/s.exec(operand)
  if (element === null) {
    return /^\d+$/.test(operand)
      ? shell.parameters[Number(operand) - 1] !== undefined
      : shell.variables.get(operand) !== undefined
  }
  const value = shell.variables.find(element[1])?.value
  if (value === undefined) return false
  if (element[2] === "@" || element[2] === "*") return typeof value === "string" || value.size > 0
  if (typeof value === "string") return Number(calculate(shell, element[2])) === 0
  return "end" in value
    ? value.get(Number(calculate(shell, element[2]))) !== undefined
    : value.get(element[2]) !== undefined
}

export const compareFiles = async (tester: Tester, operator: string, left: string, right: string): Promise<boolean> => {
  const [a, b] = [await statOf(tester, left, true), await statOf(tester, right, true)]
  switch (operator) {
    case "-nt":
      return a !== undefined && (b === undefined || a.mtimeMs > b.mtimeMs)
    case "-ot":
      return b !== undefined && (a === undefined || a.mtimeMs < b.mtimeMs)
    case "-ef":
      return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
    default:
      return false
  }
}
