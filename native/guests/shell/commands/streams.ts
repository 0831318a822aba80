/** Commands that make or transform streams: yes, shuf, dd, xxd, and xargs with its options as people write them. */
import type { Command } from "just-bash"
import { latin1FromBytes } from "just-bash"
import { fromByteString, toByteString } from "../bytes.ts"
import { resolvePath } from "../paths.ts"
import type { CommandSetup } from "./setup.ts"
import { bytes, command, CommandFailure, parseOptions, parseSize, reason, text } from "./setup.ts"

/** There are no streaming pipes: `yes` ends by itself, after more than a consumer usually takes. */
const YES_BYTES = 1024 * 1024

const yes = command("yes", async (args) => {
  const line = `${args.length === 0 ? "y" : args.join(" ")}\n`
  return text(line.repeat(Math.max(1, Math.ceil(YES_BYTES / line.length))))
})

const shuffle = <A>(items: Array<A>): Array<A> => {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1))
    const item = items[index]
    items[index] = items[other]
    items[other] = item
  }
  return items
}

const shuf = ({ filesystem }: CommandSetup): Command =>
  command("shuf", async (args, { cwd, stdin }) => {
    const { flags, operands, values } = parseOptions(args, {
      e: "echo",
      r: "repeat",
      z: "zero-terminated",
      "i:": "input-range",
      "n:": "head-count",
      "o:": "output"
    })
    const range = values.get("i")
    let items: Array<string>
    if (range !== undefined) {
      const bounds = /^(\d+)-(\d+)$/.exec(range)
      const [low, high] = [Number(bounds?.[1]), Number(bounds?.[2])]
      if (!(high - low < 10_000_000)) throw new CommandFailure(`invalid input range: '${range}'`)
      items = Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => String(low + index))
    } else if (flags.has("e")) items = [...operands]
    else {
      const input = operands.length === 0 || operands[0] === "-"
        ? latin1FromBytes(stdin)
        : toByteString(await filesystem.readFileBuffer(resolvePath(cwd, operands[0])))
      const end = flags.has("z") ? "\0" : "\n"
      items = input.split(end)
      if (items.at(-1) === "") items.pop()
    }
    const count = values.has("n") ? parseSize(values.get("n")!, "line count") : undefined
    const chosen = flags.has("r")
      ? Array.from({ length: count ?? 0 }, () => items[Math.floor(Math.random() * items.length)])
      : shuffle(items).slice(0, count)
    const out = chosen.map((item) => item + (flags.has("z") ? "\0" : "\n")).join("")
    // Lines of a file are byte strings, those of the command line are text.
    const content = flags.has("e") ? toByteString(new TextEncoder().encode(out)) : out
    const target = values.get("o")
    if (target === undefined) return bytes(content)
    await filesystem.writeFile(resolvePath(cwd, target), content, "binary")
    return text("")
  })

/** Largest block count times block size that `dd` copies. */
const DD_BYTES = 64 * 1024 * 1024

const endless = async (path: string, length: number): Promise<Uint8Array | undefined> => {
  if (path === "/dev/zero") return new Uint8Array(length)
  if (path !== "/dev/urandom" && path !== "/dev/random") return undefined
  const random = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(random.subarray(at, Math.min(length, at + 65_536)))
  return random
}

const dd = ({ filesystem }: CommandSetup): Command =>
  command("dd", async (args, { cwd, stdin }) => {
    const options = new Map(args.map((arg) => [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)]))
    for (const key of options.keys()) {
      if (!["if", "of", "bs", "count", "skip", "seek", "conv", "status", "ibs", "obs"].includes(key)) {
        throw new CommandFailure(`unrecognized operand '${args.find((arg) => arg.startsWith(key))}'`)
      }
    }
    const size = (name: string, otherwise: number) =>
      options.has(name) ? parseSize(options.get(name)!, "number") : otherwise
    const block = size("bs", size("ibs", 512))
    const count = options.has("count") ? size("count", 0) : undefined
    const [from, to] = [options.get("if"), options.get("of")]
    const input = from === undefined ? undefined : resolvePath(cwd, from)
    const wanted = (count ?? Number.POSITIVE_INFINITY) * block
    const isEndless = input !== undefined && await endless(input, 0) !== undefined
    if (isEndless && wanted > DD_BYTES) throw new CommandFailure("cannot copy more than 64 MiB at once")
    const source = input === undefined
      ? fromByteString(latin1FromBytes(stdin))
      : await endless(input, isEndless ? wanted : 0).then((made) => made ?? filesystem.readFileBuffer(input)).catch(
        (error: unknown) => {
          throw new CommandFailure(`failed to open '${from}': ${reason(error)}`)
        }
      )
    const start = isEndless ? 0 : size("skip", 0) * block
    const data = source.slice(start, start + Math.min(wanted, source.length))
    const full = Math.floor(data.length / block)
    const blocks = `${full}+${data.length % block === 0 ? 0 : 1}`
    const status = options.get("status")
    const report = status === "none"
      ? ""
      : `${blocks} records in\n${blocks} records out\n` + (status === "noxfer" ? "" : `${data.length} bytes copied\n`)
    if (to === undefined) return bytes(toByteString(data), 0, report)
    const target = resolvePath(cwd, to)
    const conversions = (options.get("conv") ?? "").split(",")
    const offset = size("seek", 0) * block
    if (offset === 0 && !conversions.includes("notrunc")) await filesystem.writeFile(target, data)
    else {
      const old = await filesystem.exists(target) ? await filesystem.readFileBuffer(target) : new Uint8Array(0)
      const kept = conversions.includes("notrunc") ? old.length : Math.min(old.length, offset)
      if (offset + data.length > DD_BYTES) throw new CommandFailure("cannot write beyond 64 MiB")
      const merged = new Uint8Array(Math.max(kept, offset + data.length))
      merged.set(old.subarray(0, Math.min(kept, merged.length)))
      merged.set(data, offset)
      await filesystem.writeFile(target, merged)
    }
    return text("", 0, report)
  })

const hex = (byte: number) => byte.toString(16).padStart(2, "0")

const xxdLine = (row: Uint8Array, at: number, columns: number, group: number): string => {
  let digits = ""
  for (let index = 0; index < columns; index++) {
    digits += index < row.length ? hex(row[index]) : "  "
    if ((index + 1) % group === 0) digits += " "
  }
  const shown = Array.from(row, (byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("")
  return `${at.toString(16).padStart(8, "0")}: ${digits.trimEnd().padEnd(digits.length)} ${shown}\n`
}

const xxd = ({ filesystem }: CommandSetup): Command =>
  command("xxd", async (args, { cwd, stdin }) => {
    const spec = { p: "plain", r: "reverse", "l:": "len", "s:": "seek", "c:": "cols", "g:": "groupsize" }
    const { flags, operands, values } = parseOptions(args.map((arg) => arg === "-ps" ? "-p" : arg), spec)
    const whole = operands.length === 0 || operands[0] === "-"
      ? fromByteString(latin1FromBytes(stdin))
      : await filesystem.readFileBuffer(resolvePath(cwd, operands[0]))
    if (flags.has("r")) {
      const lines = toByteString(whole).split("\n")
      // A full dump carries an address before and the characters after its digits.
      const bare = (line: string) => line.replace(/^[^:]*: ?/, "").replace(/ {2}.*$/, "")
      const digits = flags.has("p") ? lines : lines.map(bare)
      return bytes(toByteString(new Uint8Array(Buffer.from(digits.join("").replace(/\s+/g, ""), "hex"))))
    }
    const number = (name: string, otherwise: number) => values.has(name) ? Number(values.get(name)) : otherwise
    const start = number("s", 0)
    const data = whole.subarray(start, start + number("l", whole.length))
    const columns = Math.max(1, Math.min(256, number("c", flags.has("p") ? 30 : 16)))
    let out = ""
    for (let at = 0; at < data.length; at += columns) {
      const row = data.subarray(at, at + columns)
      out += flags.has("p")
        ? `${Array.from(row, hex).join("")}\n`
        : xxdLine(row, start + at, columns, number("g", 2) || columns)
    }
    return text(out)
  })

/** Stands for a byte above 127 while just-bash's printf formats; from a block for private use, in no real text. */
const PLACEHOLDER = 0xf700
const escapedByte = /(\\\\)|\\(?:x([89a-fA-F][0-9a-fA-F])|0?([23][0-7]{2}))/g

/**
 * just-bash turns `\\xff` into a letter. Here escaped bytes that are no ASCII travel through its printf and echo as
 * placeholders and become bytes again afterwards.
 */
const withBytes = (name: string, applies: (args: ReadonlyArray<string>) => boolean): Command => ({
  name,
  execute: async (args, context) => {
    if (!args.some((arg) => arg.includes("\\")) || !applies(args)) return context.origCommand!(args)
    let found = false
    const replaced = args.map((arg) =>
      arg.replace(escapedByte, (whole, backslash?: string, hexadecimal?: string, octal?: string) => {
        if (backslash !== undefined) return whole
        found = true
        const byte = hexadecimal === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hexadecimal, 16)
        return String.fromCharCode(PLACEHOLDER + byte)
      })
    )
    const result = await context.origCommand!(replaced)
    if (!found) return result
    const encoded = result.stdout.replace(
      /[^\0-\x7f\uf780-\uf7ff]+/gu,
      (letters) => toByteString(new TextEncoder().encode(letters))
    )
    const raw = encoded.replace(/[\uf780-\uf7ff]/g, (char) => String.fromCharCode(char.charCodeAt(0) - PLACEHOLDER))
    return bytes(raw, result.exitCode, result.stderr)
  }
})

const printf = withBytes("printf", (args) => args[0] !== "-v")
const echo = withBytes("echo", (args) => /^-[neE]*e[neE]*$/.test(args[0]))

/** just-bash's xargs knows its options only as separate words. */
const xargs: Command = {
  name: "xargs",
  execute: async (args, context) => {
    const apart: Array<string> = []
    let index = 0
    for (; index < args.length && args[index].startsWith("-") && args[index] !== "-"; index++) {
      const arg = args[index]
      const glued = /^-([IndPL])(.+)$/.exec(arg) ?? /^--(replace|max-args|max-procs|delimiter)=(.+)$/.exec(arg)
      const names: Record<string, string> = {
        L: "n",
        replace: "I",
        "max-args": "n",
        "max-procs": "P",
        delimiter: "d"
      }
      if (arg === "--") {
        index++
        break
      }
      if (glued !== null) apart.push(`-${names[glued[1]] ?? glued[1]}`, glued[2])
      else if (arg === "-i") apart.push("-I", "{}")
      else if (/^-[IndPL]$/.test(arg)) apart.push(arg === "-L" ? "-n" : arg, args[++index] ?? "")
      else apart.push(arg)
    }
    // With a replacement, the items are whole lines.
    if (apart.includes("-I") && !apart.includes("-d") && !apart.includes("-0")) apart.unshift("-d", "\\n")
    // The first word that is no option begins the command.
    return context.origCommand!([...apart, ...args.slice(index)])
  }
}

export const streamCommands = (setup: CommandSetup): ReadonlyArray<Command> => [
  yes,
  shuf(setup),
  dd(setup),
  xxd(setup),
  printf,
  echo,
  xargs
]
