/** head and tail. */
import { isErrno } from "../../shell/client.ts"
import { parseOptions, parseSize } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { eachInput } from "./stream.ts"

/** The old form `-5` becomes `-n 5`. */
const modernize = (args: ReadonlyArray<string>): Array<string> =>
  args.flatMap((arg, index) => index === 0 && /^-\d+$/.test(arg) ? ["-n", arg.slice(1)] : [arg])

interface Amount {
  readonly bytes: boolean
  readonly count: number
  readonly sign: string
  /** The byte that ends a line. */
  readonly end: number
}

const amountOf = (
  context: ProgramContext,
  bytes: string | undefined,
  lines: string | undefined,
  end: number
): Amount => {
  const text = bytes ?? lines ?? "10"
  const match = /^([-+]?)(.*)$/.exec(text)!
  const count = parseSize(match[2])
  if (count === undefined) {
    throw new ProgramFailure(`invalid number of ${bytes === undefined ? "lines" : "bytes"}: ${context.quote(text)}`)
  }
  return { bytes: bytes !== undefined, count, sign: match[1], end }
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
      const at = chunk.indexOf(amount.end, end)
      if (at < 0) break
      end = at + 1
      left--
    }
    await context.stdout.write(left === 0 ? chunk.subarray(0, end) : chunk)
  }
}

/** All but the last `count`, of which no more is held than has to be. */
const headExcept = async (context: ProgramContext, reader: Reader, amount: Amount): Promise<void> => {
  let held: Uint8Array = new Uint8Array(0)
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    if (held.length < 65_536) continue
    // Whatever comes can only add to what is kept back.
    const keep = amount.bytes ? held.length - amount.count : lineStart(held, amount.count + 1, amount.end)
    if (keep <= 0) continue
    await context.stdout.write(held.subarray(0, keep))
    held = held.slice(keep)
  }
  const end = amount.bytes ? Math.max(0, held.length - amount.count) : lineStart(held, amount.count, amount.end)
  await context.stdout.write(held.subarray(0, end))
}

/** Where the last `count` lines begin. */
const lineStart = (bytes: Uint8Array, count: number, end: number): number => {
  let at = bytes.length - (bytes[bytes.length - 1] === end ? 1 : 0)
  if (count === 0) return bytes.length
  for (let seen = 0; at > 0; at--) if (bytes[at - 1] === end && ++seen === count) return at
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

const describe = (name: string, error: unknown): string =>
  isErrno(error, "EISDIR") ? `error reading ${quoted(name)}` : `cannot open ${quoted(name)} for reading`

export const head: Program = async (context) => {
  const line = parseOptions(context, {
    short: "c:n:qvz",
    long: { "bytes=": "c", "lines=": "n", quiet: "q", silent: "q", verbose: "v", "zero-terminated": "z" }
  }, modernize(context.args))
  const amount = amountOf(context, line.get("c"), line.get("n"), line.has("z") ? 0 : 10)
  const title = titled(context, line.operands, line.has("q"), line.has("v"))
  return eachInput(context, line.operands, async (reader, name) => {
    await title(name)
    return amount.sign === "-" ? headExcept(context, reader, amount) : headOf(context, reader, amount)
  }, describe)
}

/** Keeps no more than is asked for. */
const tailOf = async (context: ProgramContext, reader: Reader, amount: Amount): Promise<void> => {
  let kept: Array<Uint8Array> = []
  let size = 0
  let newlines = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    kept.push(chunk)
    size += chunk.length
    if (!amount.bytes) {
      for (let at = chunk.indexOf(amount.end); at >= 0; at = chunk.indexOf(amount.end, at + 1)) newlines++
    }
    const enough = amount.bytes ? size > 4 * amount.count + 262_144 : newlines > 4 * amount.count + 65_536
    if (!enough) continue
    const joined = Buffer.concat(kept)
    const rest = joined.subarray(
      amount.bytes ? joined.length - amount.count : lineStart(joined, amount.count + 1, amount.end)
    )
    kept = [rest]
    size = rest.length
    newlines = amount.count + 1
  }
  const joined = kept.length === 1 ? kept[0] : Buffer.concat(kept)
  const start = amount.bytes ? Math.max(0, joined.length - amount.count) : lineStart(joined, amount.count, amount.end)
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
        const at = chunk.indexOf(amount.end, start)
        start = at < 0 ? chunk.length : at + 1
        if (at < 0) break
        skip--
      }
    }
    await context.stdout.write(chunk.subarray(start))
  }
}

const FOLLOW_MS = 100

interface Followed {
  readonly name: string
  reader: Reader
  inode: number | undefined
}

/** What a file has grown by; from its start when it was cut, or replaced and `byName`. */
const reread = async (context: ProgramContext, followed: Followed, byName: boolean): Promise<void> => {
  const { name } = followed
  if (byName && name !== "-") {
    const stat = await context.sys("stat", context.path(name)).catch(() => undefined)
    context.process.check()
    if (stat !== undefined && followed.inode !== undefined && stat.ino !== followed.inode) {
      await context.complain(`'${name}' has been replaced;  following new file`)
      await followed.reader.close()
      followed.reader = await context.open(name)
      followed.inode = stat.ino
    }
  }
  const { file } = followed.reader
  const stat = await file.stat(context.process)
  if (stat?.type !== "file") return
  if (stat.size >= await file.seek(context.process, 0, "current")) return
  await context.complain(`${name}: file truncated`)
  await file.seek(context.process, 0, "start")
}

/** Waits for more at the end of files, until the process is stopped. */
const follow = async (
  context: ProgramContext,
  files: ReadonlyArray<Followed>,
  byName: boolean,
  title: (name: string) => Promise<void>
): Promise<number> => {
  let last = files.at(-1)
  for (const each of files) each.inode = (await each.reader.file.stat(context.process))?.ino
  while (files.length > 0) {
    for (const followed of files) {
      await reread(context, followed, byName)
      for (let chunk = await followed.reader.read(); chunk !== undefined; chunk = await followed.reader.read()) {
        if (followed !== last) await title(followed.name)
        last = followed
        await context.stdout.write(chunk)
      }
    }
    await context.stdout.flush()
    await context.sys("sleep", FOLLOW_MS)
  }
  return 1
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
      "pid=": "p",
      "sleep-interval=": "s",
      "zero-terminated": "z",
      "max-unchanged-stats=": "max-unchanged-stats"
    }
  }, modernize(context.args.map((arg, index) => index === 0 && /^\+\d+$/.test(arg) ? `-n${arg}` : arg)))
  const amount = amountOf(context, line.get("c"), line.get("n"), line.has("z") ? 0 : 10)
  const title = titled(context, line.operands, line.has("q"), line.has("v"))
  const follows = line.has("f") || line.has("F")
  const followed: Array<Followed> = []
  const status = await eachInput(context, line.operands, async (reader, name) => {
    await title(name)
    if (amount.sign === "+") await tailFrom(context, reader, amount)
    else await tailOf(context, reader, amount)
    if (!follows || (name === "-" && line.operands.length === 0)) return
    // It stays open beyond this.
    followed.push({ name, reader: reader.another(), inode: undefined })
  }, describe)
  if (followed.length === 0) return status
  try {
    return await follow(context, followed, line.has("F"), title)
  } finally {
    for (const { reader } of followed) void reader.close()
  }
}
