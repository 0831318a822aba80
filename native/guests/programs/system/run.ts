/** Programs that run other programs: env, timeout, nice, time. */
import type { Timer } from "../../bash/machine.ts"
import { joinGroup, membersOf } from "../../bash/processes/groups.ts"
import { SIGCONT, SIGKILL, signalNumber } from "../../bash/processes/signals.ts"
import { SystemCallError } from "../../shell/client.ts"
import { missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { become } from "./become.ts"
import { splitWords } from "./xargs.ts"

const inQuotes = (name: string): string => `'${name}'`

/** The exit code of a command, with a message when there was none to run. */
const runCommand = async (
  context: ProgramContext,
  argv: ReadonlyArray<string>,
  options: Parameters<ProgramContext["run"]>[1] = {}
): Promise<number> => {
  const status = await context.run(argv, options)
  if (status >= 0) return status
  await context.complain(`${inQuotes(argv[0])}: ${status === -127 ? "No such file or directory" : "Permission denied"}`)
  return -status
}

/** Where a directory is that a program is to run in. */
const entered = async (context: ProgramContext, name: string): Promise<string> => {
  try {
    const path = await context.sys("realpath", context.path(name))
    if ((await context.sys("stat", path)).type === "directory") return path
    throw new SystemCallError("ENOTDIR", "chdir", name)
  } catch (error) {
    throw new ProgramFailure(`cannot change directory to ${quoted(name)}: ${context.reason(error)}`, 125)
  }
}

export const env: Program = async (context) => {
  const line = parseOptions(context, {
    short: "iu:C:0S:v",
    long: { "ignore-environment": "i", "unset=": "u", "chdir=": "C", null: "0", "split-string=": "S" },
    status: 125,
    strict: true
  })
  const result = new Map(line.has("i") || line.operands[0] === "-" ? [] : context.env)
  for (const name of line.all("u")) result.delete(name)
  const words = [...(line.has("S") ? splitWords(line.get("S")!) : []), ...line.operands]
  if (words[0] === "-") words.shift()
  while (words[0]?.includes("=") === true) {
    const word = words.shift()!
    result.set(word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1))
  }
  if (words.length > 0) {
    const cwd = line.get("C")
    const exec = { ...context.exec, env: result, cwd: cwd === undefined ? context.cwd : await entered(context, cwd) }
    return become(context, words, inQuotes, exec)
  }
  for (const [name, value] of result) await context.stdout.write(`${name}=${value}${line.has("0") ? "\0" : "\n"}`)
  return 0
}

export const printenv: Program = async (context) => {
  const line = parseOptions(context, { short: "0", long: { null: "0" } })
  const end = line.has("0") ? "\0" : "\n"
  if (line.operands.length === 0) {
    for (const [name, value] of context.env) await context.stdout.write(`${name}=${value}${end}`)
  }
  let status = 0
  for (const name of line.operands) {
    const value = context.env.get(name)
    if (value === undefined) status = 1
    else await context.stdout.write(value + end)
  }
  return status
}

const seconds = (text: string): number | undefined => {
  const match = /^(\d+\.?\d*|\.\d+|inf(?:inity)?)([smhd]?)$/.exec(text)
  if (match === null) return undefined
  if (match[1].startsWith("inf")) return 10 ** 9
  return Number(match[1]) * ({ "": 1, s: 1, m: 60, h: 3600, d: 86400 }[match[2]] ?? 1)
}

export const sleep: Program = async (context) => {
  const { operands } = parseOptions(context, { short: "" })
  if (operands.length === 0) throw missingOperand(context)
  let total = 0
  for (const operand of operands) {
    const value = seconds(operand)
    if (value === undefined) {
      throw new ProgramFailure(`invalid time interval '${operand}'\nTry 'sleep --help' for more information.`)
    }
    total += value
  }
  await context.machine.sleep(context.process, total * 1000)
  return 0
}

export const timeout: Program = async (context) => {
  const line = parseOptions(context, {
    short: "k:s:fpv",
    long: { "kill-after=": "k", "signal=": "s", "preserve-status": "p", foreground: "f", verbose: "v" },
    status: 125,
    strict: true
  })
  const [limit, ...argv] = line.operands
  if (limit === undefined || argv.length === 0) {
    throw new ProgramFailure("missing operand\nTry 'timeout --help' for more information.", 125)
  }
  const value = seconds(limit)
  if (value === undefined) {
    throw new ProgramFailure(`invalid time interval '${limit}'\nTry 'timeout --help' for more information.`, 125)
  }
  const signal = signalNumber(line.get("s") ?? "TERM")
  if (signal === undefined) throw new ProgramFailure(`'${line.get("s")}': invalid signal`, 125)
  let expired = false
  let killed = false
  // what it starts is a group with it, and stays one when a process in between ends
  const { process } = context
  if (!line.has("f") && process.session.id !== process.pid) joinGroup(process, process.pid)
  const children = () => {
    const members = line.has("f") ? [] : membersOf(context.machine.vm, process.pid)
    return Array.from(new Set([...descendants(context), ...members.filter((member) => member !== process)]))
  }
  let timer: Timer | undefined
  let over = false
  const wait = (milliseconds: number, run: () => void) => {
    timer = context.machine.timer(context.process, milliseconds)
    // a wait that is cancelled ends as well, and the command may be over
    void timer.done.then(() => over ? undefined : run(), () => {})
  }
  const expire = () => {
    expired = true
    for (const child of children()) child.signal(signal)
    if (signal !== SIGKILL && signal !== SIGCONT) { for (const child of children()) child.signal(SIGCONT) }
    const grace = line.get("k")
    if (grace !== undefined) wait((seconds(grace) ?? 0) * 1000, kill)
  }
  const kill = () => {
    killed = true
    for (const child of children()) child.signal(SIGKILL)
  }
  if (value > 0) wait(value * 1000, expire)
  let status: number
  try {
    status = await runCommand(context, argv)
  } finally {
    over = true
    timer?.cancel()
  }
  if (!expired) return status
  return line.has("p") ? status : killed || signal === SIGKILL ? 137 : 124
}

/** Every process that this one has started, however far down. */
const descendants = (context: ProgramContext) => {
  const all = Array.from(context.machine.processes.values())
  const found = new Set([context.process])
  for (let grew = true; grew;) {
    grew = false
    for (const each of all) {
      if (each.parent !== undefined && found.has(each.parent) && !found.has(each)) {
        found.add(each)
        grew = true
      }
    }
  }
  found.delete(context.process)
  return Array.from(found)
}

export const nice: Program = (context) => {
  const line = parseOptions(context, { short: "n:", long: { "adjustment=": "n" }, status: 125, strict: true })
  return line.operands.length === 0
    ? context.stdout.write("0\n")?.then(() => 0) ?? 0
    : become(context, line.operands, inQuotes)
}

export const time: Program = async (context) => {
  const line = parseOptions(context, {
    short: "pf:o:v",
    long: { portability: "p", "format=": "f" },
    status: 125,
    strict: true
  })
  const start = Date.now()
  const status = await runCommand(context, line.operands)
  const real = (Date.now() - start) / 1000
  await context.stderr.write(`real ${real.toFixed(2)}\nuser 0.00\nsys 0.00\n`)
  return status
}
