/** Programs that run other programs: xargs, env, timeout, nohup, nice, time. */
import { BytesFile } from "../../bash/io/devices.ts"
import { signalNumber } from "../../bash/processes/signals.ts"
import { missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"

/** The exit code of a command, with a message when there was none to run. */
const runCommand = async (
  context: ProgramContext,
  argv: ReadonlyArray<string>,
  options: Parameters<ProgramContext["run"]>[1] = {},
  show: (name: string) => string = (name) => `'${name}'`
): Promise<number> => {
  const status = await context.run(argv, options)
  if (status >= 0) return status
  await context.complain(`${show(argv[0])}: ${status === -127 ? "No such file or directory" : "Permission denied"}`)
  return -status
}

/** Words at blanks, with quotes and backslashes. */
const splitWords = (text: string): Array<string> => {
  const words: Array<string> = []
  let word = ""
  let started = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (/\s/.test(char)) {
      if (started) words.push(word)
      word = ""
      started = false
    } else if (char === "'" || char === "\"") {
      const end = text.indexOf(char, at + 1)
      const line = text.indexOf("\n", at)
      if (end < 0 || (line >= 0 && line < end)) {
        throw new ProgramFailure(
          `unmatched ${
            char === "'" ? "single" : "double"
          } quote; by default quotes are special to xargs unless you use the -0 option`
        )
      }
      word += text.slice(at + 1, end)
      at = end
      started = true
    } else {
      if (char === "\\" && at + 1 < text.length) at++
      word += text[at]
      started = true
    }
  }
  if (started) words.push(word)
  return words
}

const MAX_COMMAND = 128 * 1024

/** The batches of arguments, each for one command. */
const batches = (items: ReadonlyArray<string>, max: number, chars: number): Array<ReadonlyArray<string>> => {
  const result: Array<ReadonlyArray<string>> = []
  let batch: Array<string> = []
  let size = 0
  for (const item of items) {
    if (batch.length >= max || (batch.length > 0 && size + item.length + 1 > chars)) {
      result.push(batch)
      batch = []
      size = 0
    }
    batch.push(item)
    size += item.length + 1
  }
  if (batch.length > 0) result.push(batch)
  return result
}

export const xargs: Program = async (context) => {
  const line = parseOptions(context, {
    short: "0a:d:E:e::i::I:L:l::n:oprP:s:tx",
    long: {
      null: "0",
      "arg-file=": "a",
      "delimiter=": "d",
      "replace[=": "i",
      "max-lines[=": "l",
      "max-args=": "n",
      "no-run-if-empty": "r",
      "max-procs=": "P",
      verbose: "t",
      "max-chars=": "s",
      interactive: "p",
      exit: "x"
    },
    strict: true
  })
  const reader = line.has("a") ? await context.open(line.get("a")!) : context.stdin
  const lines = reader.lines(0)
  let text = ""
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    text += batch.join("\0") + (lines.unterminated ? "" : "\0")
  }
  const replace = line.has("I") ? line.get("I")! : line.has("i") ? line.get("i") || "{}" : undefined
  const delimiter = line.has("0") ? "\0" : line.get("d")?.replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0")
  const items = delimiter !== undefined
    ? text.replace(delimiter === "\0" ? /\0$/ : new RegExp(`${delimiter.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`), "")
      .split(delimiter)
    : replace !== undefined
    ? text.split("\n").map((each) => each.replace(/^[ \t]+/, "")).filter((each) => each !== "").map((each) =>
      splitWords(each.replace(/ /g, "\\ ")).join(" ")
    )
    : splitWords(text)
  const given = delimiter !== undefined && text === "" ? [] : items
  const base = line.operands.length === 0 ? ["echo"] : line.operands
  const perLine = line.has("L") || line.has("l")
  const commands: Array<ReadonlyArray<string>> = replace !== undefined
    ? given.map((item) => base.map((word) => word.replaceAll(replace, () => item)))
    : (perLine
      ? text.split("\n").filter((each) => each.trim() !== "").map(splitWords)
      : batches(given, Number(line.get("n") ?? Infinity), Number(line.get("s") ?? MAX_COMMAND)))
      .map((batch) => [...base, ...batch])
  if (commands.length === 0 && replace === undefined && !line.has("r")) commands.push(base)
  return runAll(context, commands, Math.max(1, Number(line.get("P") ?? 1) || 8), line.has("t"))
}

const runAll = async (
  context: ProgramContext,
  commands: ReadonlyArray<ReadonlyArray<string>>,
  parallel: number,
  shows: boolean
): Promise<number> => {
  let status = 0
  let next = 0
  let stopped = false
  const worker = async () => {
    while (next < commands.length && !stopped) {
      const argv = commands[next++]
      if (shows) {
        await context.stderr.write(`${argv.join(" ")}\n`)
        await context.stderr.flush()
      }
      const code = await runCommand(
        context,
        argv,
        { stdin: new BytesFile(new Uint8Array(0), "/dev/null") },
        (name) => name
      )
      if (code === 255) {
        await context.complain(`${argv[0]}: exited with status 255; aborting`)
        status = 124
        stopped = true
      } else if (code === 126 || code === 127) {
        status = code
        stopped = true
      } else if (code > 128) {
        status = 125
        stopped = true
      } else if (code !== 0 && status < 123) status = 123
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, commands.length) }, worker))
  return status
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
    return runCommand(context, words, { env: result, cwd: cwd === undefined ? undefined : context.path(cwd) })
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
  await context.sys("sleep", total * 1000)
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
  const children = () => descendants(context)
  const timers: Array<Promise<void>> = []
  let over = false
  if (value > 0) {
    timers.push(
      context.sys("sleep", value * 1000).then(async () => {
        if (over) return
        expired = true
        for (const child of children()) child.signal(signal)
        const grace = line.get("k")
        if (grace === undefined) return
        await context.sys("sleep", (seconds(grace) ?? 0) * 1000)
        if (over) return
        killed = true
        for (const child of children()) child.signal(9)
      }).catch(() => {})
    )
  }
  const status = await runCommand(context, argv)
  over = true
  if (!expired) return status
  return line.has("p") ? status : killed || signal === 9 ? 137 : 124
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

export const nohup: Program = (context) => {
  if (context.args.length === 0) {
    throw new ProgramFailure("missing operand\nTry 'nohup --help' for more information.", 125)
  }
  context.process.ignored.add(1)
  return runCommand(context, context.args, {}, (name) => `failed to run command '${name}'`)
}

export const nice: Program = (context) => {
  const line = parseOptions(context, { short: "n:", long: { "adjustment=": "n" }, status: 125, strict: true })
  return line.operands.length === 0
    ? context.stdout.write("0\n")?.then(() => 0) ?? 0
    : runCommand(context, line.operands)
}

export const time: Program = async (context) => {
  const line = parseOptions(context, {
    short: "pf:o:v",
    long: { portability: "p", "format=": "f" },
    status: 125,
    strict: true
  })
  const start = performance.now()
  const status = await runCommand(context, line.operands)
  const real = (performance.now() - start) / 1000
  await context.stderr.write(`real ${real.toFixed(2)}\nuser 0.00\nsys 0.00\n`)
  return status
}
