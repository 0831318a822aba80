/** md5sum and its kin, cksum and sum: checksums printed and checked. */
import { createHash } from "node:crypto"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { eachInput } from "../text/stream.ts"

interface Algorithm {
  readonly hash: string
  readonly tag: string
  readonly digits: number
}

const algorithms: Readonly<Record<string, Algorithm>> = {
  md5sum: { hash: "md5", tag: "MD5", digits: 32 },
  sha1sum: { hash: "sha1", tag: "SHA1", digits: 40 },
  sha224sum: { hash: "sha224", tag: "SHA224", digits: 56 },
  sha256sum: { hash: "sha256", tag: "SHA256", digits: 64 },
  sha384sum: { hash: "sha384", tag: "SHA384", digits: 96 },
  sha512sum: { hash: "sha512", tag: "SHA512", digits: 128 },
  b2sum: { hash: "blake2b512", tag: "BLAKE2b", digits: 128 }
}

const STEP = 256 * 1024

const digestOf = async (context: ProgramContext, reader: Reader, { hash }: Algorithm): Promise<string> => {
  const state = createHash(hash)
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    for (let at = 0; at < chunk.length; at += STEP) {
      state.update(chunk.subarray(at, at + STEP))
      const tick = context.tick()
      if (tick !== undefined) await tick
    }
  }
  return state.digest("hex")
}

const escapeName = (name: string): string =>
  name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")

const unescapeName = (name: string): string =>
  name.replace(/\\([\\nr])/g, (_, char: string) => char === "n" ? "\n" : char === "r" ? "\r" : "\\")

interface Check {
  readonly digest: string
  readonly name: string
}

const parseCheck = (text: string, { digits, tag }: Algorithm): Check | undefined => {
  const escaped = text.startsWith("\\")
  const plain = escaped ? text.slice(1) : text
  const tagged = /^([\w-]+) ?\((.*)\) ?= ([0-9a-fA-F]+)$/.exec(plain)
  const match = tagged ?? /^()([0-9a-fA-F]+) [ *](.*)$/.exec(plain)
  if (match === null || (tagged !== null && tagged[1] !== tag)) return undefined
  const [digest, name] = tagged === null ? [match[2], match[3]] : [match[3], match[2]]
  if (digest.length !== digits) return undefined
  return { digest: digest.toLowerCase(), name: escaped ? unescapeName(name) : name }
}

const plural = (count: number, one: string, many: string): string => `WARNING: ${count} ${count === 1 ? one : many}`

const checkList = async (
  context: ProgramContext,
  line: CommandLine,
  algorithm: Algorithm,
  list: Reader,
  listName: string
): Promise<boolean> => {
  const counts = { good: 0, bad: 0, unreadable: 0, malformed: 0, checks: 0 }
  const lines = list.lines()
  let number = 0
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    for (const text of batch) {
      number++
      if (text.startsWith("#") || text === "") continue
      const check = parseCheck(text.replace(/\r$/, ""), algorithm)
      if (check === undefined) {
        counts.malformed++
        if (line.has("w")) {
          await context.complain(`${listName}: ${number}: improperly formatted ${algorithm.tag} checksum line`)
        }
        continue
      }
      counts.checks++
      await checkOne(context, line, algorithm, check, counts)
    }
  }
  if (counts.checks === 0) {
    await context.complain(`${listName}: no properly formatted checksum lines found`)
    return false
  }
  if (!line.has("status")) {
    if (counts.malformed > 0) {
      await context.complain(plural(counts.malformed, "line is improperly formatted", "lines are improperly formatted"))
    }
    if (counts.unreadable > 0) {
      await context.complain(
        plural(counts.unreadable, "listed file could not be read", "listed files could not be read")
      )
    }
    if (counts.bad > 0) {
      await context.complain(plural(counts.bad, "computed checksum did NOT match", "computed checksums did NOT match"))
    }
    if (line.has("ignore-missing") && counts.good === 0 && counts.bad === 0) {
      await context.complain(`${listName}: no file was verified`)
    }
  }
  return counts.bad === 0 && counts.unreadable === 0 && !(line.has("strict") && counts.malformed > 0)
    && !(line.has("ignore-missing") && counts.good === 0)
}

const checkOne = async (
  context: ProgramContext,
  line: CommandLine,
  algorithm: Algorithm,
  { digest, name }: Check,
  counts: { good: number; bad: number; unreadable: number }
): Promise<void> => {
  const shown = name.includes("\n") ? `\\${escapeName(name)}` : name
  try {
    const reader = await context.open(name)
    const actual = await digestOf(context, reader, algorithm)
    await reader.close()
    if (actual === digest) {
      counts.good++
      if (!line.has("quiet") && !line.has("status")) await context.stdout.line(`${shown}: OK`)
    } else {
      counts.bad++
      if (!line.has("status")) await context.stdout.line(`${shown}: FAILED`)
    }
  } catch (error) {
    const reason = context.reason(error)
    if (line.has("ignore-missing") && reason === "No such file or directory") return
    counts.unreadable++
    await context.complain(`${shown}: ${reason}`)
    if (!line.has("status")) await context.stdout.line(`${shown}: FAILED open or read`)
  }
}

const digestSpec = {
  short: "a:bctwzl:",
  long: {
    "algorithm=": "a",
    binary: "b",
    check: "c",
    "ignore-missing": "ignore-missing",
    "length=": "l",
    quiet: "quiet",
    status: "status",
    strict: "strict",
    tag: "tag",
    untagged: "untagged",
    text: "t",
    warn: "w",
    zero: "z"
  }
}

const runDigest = async (
  context: ProgramContext,
  line: CommandLine,
  algorithm: Algorithm,
  tagged: boolean
): Promise<number> => {
  if (line.has("c")) {
    let good = true
    const status = await eachInput(context, line.operands, async (reader, name) => {
      good = await checkList(context, line, algorithm, reader, name === "-" ? "'standard input'" : name) && good
    })
    return good ? status : 1
  }
  return eachInput(context, line.operands, async (reader, name) => {
    const digest = await digestOf(context, reader, algorithm)
    const escapes = /[\\\n\r]/.test(name) && !line.has("z")
    const shown = escapes ? "\\" : ""
    const file = escapes ? escapeName(name) : name
    const text = tagged
      ? `${shown}${algorithm.tag} (${file}) = ${digest}`
      : `${shown}${digest} ${line.has("b") ? "*" : " "}${file}`
    await context.stdout.write(text + (line.has("z") ? "\0" : "\n"))
  })
}

export const digest: Program = (context) => {
  const line = parseOptions(context, digestSpec)
  for (const name of ["status", "quiet", "strict", "ignore-missing", "w"]) {
    if (line.has(name) && !line.has("c")) {
      throw new ProgramFailure(
        `the --${
          name === "w" ? "warn" : name
        } option is meaningful only when verifying checksums\nTry '${context.name} --help' for more information.`
      )
    }
  }
  return runDigest(context, line, algorithms[context.name], line.has("tag"))
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit++) value = (value & 0x80000000) !== 0 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value >>> 0
})

/** The checksum of POSIX's cksum: the content, then its length. */
const crc = async (reader: Reader): Promise<readonly [sum: number, size: number]> => {
  let sum = 0
  let size = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    for (const byte of chunk) sum = (sum << 8) ^ table[(sum >>> 24) ^ byte]
    size += chunk.length
  }
  for (let left = size; left > 0; left = Math.floor(left / 256)) sum = (sum << 8) ^ table[(sum >>> 24) ^ (left & 255)]
  return [~sum >>> 0, size]
}

export const cksum: Program = (context) => {
  const line = parseOptions(context, digestSpec)
  const kind = line.get("a") ?? "crc"
  const named = Object.values(algorithms).find(({ hash, tag }) => hash === kind || tag.toLowerCase() === kind)
  if (named !== undefined) return runDigest(context, line, named, !line.has("untagged"))
  if (kind === "sysv" || kind === "bsd") return printSums(context, line.operands, kind === "sysv")
  if (kind !== "crc") {
    throw new ProgramFailure(`invalid argument ${context.quote(kind)} for ${context.quote("--algorithm")}`)
  }
  return eachInput(context, line.operands, async (reader, name) => {
    const [sum, size] = await crc(reader)
    await context.stdout.line(`${sum} ${size}${line.operands.length === 0 ? "" : ` ${name}`}`)
  })
}

const printSums = (context: ProgramContext, names: ReadonlyArray<string>, systemV: boolean): Promise<number> =>
  eachInput(context, names, async (reader, name) => {
    let sum = 0
    let size = 0
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      for (const byte of chunk) {
        sum = systemV ? (sum + byte) >>> 0 : (((sum >> 1) + ((sum & 1) << 15)) + byte) & 0xffff
      }
      size += chunk.length
    }
    const label = names.length === 0 ? "" : ` ${name}`
    if (systemV) {
      const half = (sum & 0xffff) + ((sum >>> 16) & 0xffff)
      const folded = (half & 0xffff) + (half >>> 16)
      await context.stdout.line(`${folded} ${Math.ceil(size / 512)}${names.length === 0 ? "" : ` ${name}`}`)
    } else {
      await context.stdout.line(`${String(sum).padStart(5, "0")} ${String(Math.ceil(size / 1024)).padStart(5)}${label}`)
    }
  })

export const sum: Program = (context) => {
  const line = parseOptions(context, { short: "rs", long: { sysv: "s" } })
  return printSums(context, line.operands, line.options.at(-1)?.name === "s")
}
