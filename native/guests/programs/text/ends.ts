/** head and tail. */
import { parseOptions, parseSize } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { eachInput } from "./stream.ts"

/** The old form `-5` becomes `-n 5`. */
const modernize = (args: ReadonlyArray<string>): Array<string> =>
  args.flatMap((arg, index) => index === 0 && /^-\d+$/.test(arg) ? ["-n", arg.slice(1)] : [arg])

interface Amount {
  readonly bytes: boolean
  readonly count: number
  readonly sign: string
}

const amountOf = (bytes: string | undefined, lines: string | undefined): Amount => {
  const text = bytes ?? lines ?? "10"
  const match = /^([-+]?)(.*)$/.exec(text)!
  const count = parseSize(match[2])
  if (count === undefined) {
    throw new ProgramFailure(`invalid number of ${bytes === undefined ? "lines" : "bytes"}: '${text}'`)
  }
  return { bytes: bytes !== undefined, count, sign: match[1] }
}

const headOf = async (context: ProgramContext, reader: Reader, amount: Amount): Promise<void> => {
  let left = amount.count
  while (left > 0) {
    const chunk = await reader.read(amount.bytes ? left : Infinity)
    if (chunk === undefined) return
    if (amount.bytes) {
      left -= chunk.length
      await context.stdout.write(chunk)
      continue
    }
    let end = 0
    while (left > 0) {
      const at = chunk.indexOf(10, end)
      if (at < 0) break
      end = at + 1
      left--
    }
    await context.stdout.write(left === 0 ? chunk.subarray(0, end) : chunk)
  }
}

/** All but the last `count`. */
const headExcept = async (context: ProgramContext, reader: Reader, amount: Amount): Promise<void> => {
  const bytes = await reader.all()
  await context.stdout.write(
    bytes.subarray(0, amount.bytes ? Math.max(0, bytes.length - amount.count) : lineStart(bytes, amount.count))
  )
}

/** Where the last `count` lines begin. */
const lineStart = (bytes: Uint8Array, count: number): number => {
  let at = bytes.length - (bytes[bytes.length - 1] === 10 ? 1 : 0)
  if (count === 0) return bytes.length
  for (let seen = 0; at > 0; at--) if (bytes[at - 1] === 10 && ++seen === count) return at
  return 0
}

const titled = (context: ProgramContext, names: ReadonlyArray<string>, quiet: boolean, always: boolean) => {
  let first = true
  return async (name: string) => {
    if (quiet || (names.length < 2 && !always)) return
    await context.stdout.write(`${first ? "" : "\n"}==> ${name === "-" ? "standard input" : name} <==\n`)
    first = false
  }
}

export const head: Program = async (context) => {
  const line = parseOptions(context, {
    short: "c:n:qvz",
    long: { "bytes=": "c", "lines=": "n", quiet: "q", silent: "q", verbose: "v" }
  }, modernize(context.args))
  const amount = amountOf(line.get("c"), line.get("n"))
  const title = titled(context, line.operands, line.has("q"), line.has("v"))
  return eachInput(context, line.operands, async (reader, name) => {
    await title(name)
    return amount.sign === "-" ? headExcept(context, reader, amount) : headOf(context, reader, amount)
  }, (name) => `cannot open '${name}' for reading`)
}

/** Keeps no more than is asked for. */
const tailOf = async (context: ProgramContext, reader: Reader, amount: Amount): Promise<void> => {
  let kept: Array<Uint8Array> = []
  let size = 0
  let newlines = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    kept.push(chunk)
    size += chunk.length
    if (!amount.bytes) { for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) newlines++ }
    const enough = amount.bytes ? size > 4 * amount.count + 262_144 : newlines > 4 * amount.count + 65_536
    if (!enough) continue
    const joined = Buffer.concat(kept)
    const rest = joined.subarray(amount.bytes ? joined.length - amount.count : lineStart(joined, amount.count + 1))
    kept = [rest]
    size = rest.length
    newlines = amount.count + 1
  }
  const joined = kept.length === 1 ? kept[0] : Buffer.concat(kept)
  const start = amount.bytes ? Math.max(0, joined.length - amount.count) : lineStart(joined, amount.count)
  await context.stdout.write(joined.subarray(start))
}

const tailFrom = async (context: ProgramContext, reader: Reader, amount: Amount): Promise<void> => {
  let skip = Math.max(0, amount.count - 1)
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    let start = 0
    if (amount.bytes) {
      start = Math.min(skip, chunk.length)
      skip -= start
    } else {
      while (skip > 0) {
        const at = chunk.indexOf(10, start)
        start = at < 0 ? chunk.length : at + 1
        if (at < 0) break
        skip--
      }
    }
    await context.stdout.write(chunk.subarray(start))
  }
}

const FOLLOW_MS = 200

/** Waits for more at the end of files, until the process is stopped. */
const follow = async (context: ProgramContext, names: ReadonlyArray<string>): Promise<number> => {
  const sizes = new Map<string, number>()
  for (const name of names) {
    sizes.set(
      name,
      (await context.sys("readFile", context.path(name)).catch(() => new Uint8Array(0))).length
    )
  }
  for (;;) {
    await context.stdout.flush()
    await context.sys("sleep", FOLLOW_MS)
    for (const [name, size] of sizes) {
      const stat = await context.sys("stat", context.path(name)).catch(() => undefined)
      context.process.check()
      if (stat === undefined || stat.size === size) continue
      const bytes = await context.sys("readFile", context.path(name))
      await context.stdout.write(bytes.subarray(bytes.length < size ? 0 : size))
      sizes.set(name, bytes.length)
    }
  }
}

export const tail: Program = async (context) => {
  const line = parseOptions(context, {
    short: "c:n:qvfFs:z",
    long: {
      "bytes=": "c",
      "lines=": "n",
      quiet: "q",
      silent: "q",
      verbose: "v",
      "follow[=": "f",
      retry: "r",
      "pid=": "p"
    }
  }, modernize(context.args.map((arg, index) => index === 0 && /^\+\d+$/.test(arg) ? `-n${arg}` : arg)))
  const amount = amountOf(line.get("c"), line.get("n"))
  const title = titled(context, line.operands, line.has("q"), line.has("v"))
  const status = await eachInput(context, line.operands, async (reader, name) => {
    await title(name)
    return amount.sign === "+" ? tailFrom(context, reader, amount) : tailOf(context, reader, amount)
  }, (name) => `cannot open '${name}' for reading`)
  return (line.has("f") || line.has("F")) && line.operands.length > 0 ? follow(context, line.operands) : status
}
