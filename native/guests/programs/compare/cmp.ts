/** cmp. */
import { extraOperand, missingOperand, parseOptions, parseSize } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"

/** Bytes of one input with a way to look at as many as both have. */
class Side {
  bytes: Uint8Array = new Uint8Array(0)
  ended = false
  constructor(private readonly reader: Reader) {}

  async fill(): Promise<void> {
    while (this.bytes.length === 0 && !this.ended) {
      const chunk = await this.reader.read()
      if (chunk === undefined) this.ended = true
      else this.bytes = chunk
    }
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      await this.fill()
      if (this.ended) return
      const taken = Math.min(left, this.bytes.length)
      this.bytes = this.bytes.subarray(taken)
      left -= taken
    }
  }
}

const visible = (byte: number): string => {
  const low = byte & 0x7f
  const text = low < 32 ? `^${String.fromCharCode(low + 64)}` : low === 127 ? "^?" : String.fromCharCode(low)
  return byte >= 128 ? `M-${text}` : text
}

/** Places are as wide as the last one may need; of two that have no size, nobody knows. */
const MAX_PLACE = 19

const placeWidth = async (context: ProgramContext, names: ReadonlyArray<string>, limit: number): Promise<number> => {
  let last = limit
  for (const name of names) {
    const stat = name === "-" || name.startsWith("/dev/")
      ? undefined
      : await context.sys("stat", context.path(name)).catch(() => undefined)
    if (stat?.type === "file") last = Math.min(last, stat.size)
  }
  return Number.isFinite(last) ? String(last).length : MAX_PLACE
}

const octal = (byte: number): string => byte.toString(8).padStart(3)

export const cmp: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bci:ln:sv",
    long: {
      "print-bytes": "b",
      "ignore-initial=": "i",
      verbose: "l",
      "bytes=": "n",
      quiet: "s",
      silent: "s"
    },
    status: 2,
    named: true
  })
  const [first, second = "-", ...skips] = line.operands
  if (first === undefined) {
    throw new ProgramFailure(
      missingOperand(context).message.replace("missing operand", "missing operand after 'cmp'").replace(
        "Try 'cmp",
        "cmp: Try 'cmp"
      ),
      2
    )
  }
  if (skips.length > 2) throw new ProgramFailure(extraOperand(context, skips[2]).message, 2)
  const ignored = (line.get("i") ?? "").split(":")
  const amount = (text: string | undefined): number => {
    if (text === undefined || text === "") return 0
    const size = parseSize(text)
    if (size === undefined) {
      throw new ProgramFailure(
        `invalid --ignore-initial value '${text}'\ncmp: Try 'cmp --help' for more information.`,
        2
      )
    }
    return size
  }
  const sides: Array<Side> = []
  for (const [index, name] of [first, second].entries()) {
    try {
      const side = new Side(await context.open(name))
      await side.skip(amount(skips[index] ?? ignored[index] ?? ignored[0]))
      await side.fill()
      sides.push(side)
    } catch (error) {
      if (error instanceof ProgramFailure) throw error
      if (line.has("s")) {
        context.reason(error)
        return 2
      }
      throw new ProgramFailure(`${name}: ${context.reason(error)}`, 2)
    }
  }
  const limit = line.has("n") ? parseSize(line.get("n")!) ?? 0 : Infinity
  return compare(context, sides, [first, second], limit, {
    all: line.has("l"),
    bytes: line.has("b"),
    quiet: line.has("s"),
    width: line.has("l") ? await placeWidth(context, [first, second], limit) : 0
  })
}

const compare = async (
  context: ProgramContext,
  [left, right]: ReadonlyArray<Side>,
  names: readonly [string, string],
  limit: number,
  shows: { readonly all: boolean; readonly bytes: boolean; readonly quiet: boolean; readonly width: number }
): Promise<number> => {
  let position = 0
  let lines = 1
  let lastEnd = false
  let status = 0
  while (position < limit) {
    await left.fill()
    await right.fill()
    if (left.ended || right.ended) {
      if (left.ended && right.ended) return status
      if (shows.quiet) return 1
      const name = left.ended ? names[0] : names[1]
      const place = position === 0
        ? "which is empty"
        : shows.all
        ? `after byte ${position}`
        : lastEnd
        ? `after byte ${position}, line ${lines - 1}`
        : `after byte ${position}, in line ${lines}`
      await context.complain(`EOF on ${name === "-" ? "-" : name} ${place}`)
      return 1
    }
    const size = Math.min(left.bytes.length, right.bytes.length, limit - position)
    const [a, b] = [left.bytes.subarray(0, size), right.bytes.subarray(0, size)]
    if (Buffer.compare(a, b) !== 0) {
      for (let at = 0; at < size; at++) {
        if (a[at] === b[at]) {
          if (a[at] === 10) lines++
          continue
        }
        status = 1
        if (shows.quiet) return 1
        if (!shows.all) {
          const bytes = shows.bytes ? ` is ${octal(a[at])} ${visible(a[at])} ${octal(b[at])} ${visible(b[at])}` : ""
          await context.stdout.line(`${names[0]} ${names[1]} differ: byte ${position + at + 1}, line ${lines}${bytes}`)
          return 1
        }
        const place = String(position + at + 1).padStart(shows.width)
        await context.stdout.line(
          shows.bytes
            ? `${place} ${octal(a[at])} ${visible(a[at]).padEnd(4)} ${octal(b[at])} ${visible(b[at])}`
            : `${place} ${octal(a[at])} ${octal(b[at])}`
        )
      }
    } else for (let at = a.indexOf(10); at >= 0; at = a.indexOf(10, at + 1)) lines++
    lastEnd = a[size - 1] === 10
    left.bytes = left.bytes.subarray(size)
    right.bytes = right.bytes.subarray(size)
    position += size
    const tick = context.tick()
    if (tick !== undefined) await tick
  }
  return status
}
