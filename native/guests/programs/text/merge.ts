/** comm and join: two sorted files side by side. */
import type { CommandLine } from "../options.ts"
import { extraOperand, missingAfter, missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { Lines } from "./lines.ts"

const openPair = async (context: ProgramContext, line: CommandLine): Promise<readonly [Lines, Lines]> => {
  const [first, second, extra] = line.operands
  if (first === undefined) throw missingOperand(context)
  if (second === undefined) throw missingAfter(context, first)
  if (extra !== undefined) throw extraOperand(context, extra)
  const open = async (name: string) => {
    try {
      return new Lines((await context.open(name)).lines(line.has("z") ? 0 : 10))
    } catch (error) {
      throw new ProgramFailure(`${name}: ${context.reason(error)}`)
    }
  }
  return [await open(first), await open(second)]
}

/** Checks that the lines of a file come in order. */
class Order {
  private before: string | undefined
  private complained = false
  constructor(private readonly compare: (a: string, b: string) => number) {}
  violates(key: string): boolean {
    const bad = this.before !== undefined && this.compare(this.before, key) > 0
    this.before = key
    if (!bad || this.complained) return false
    this.complained = true
    return true
  }
  get failed(): boolean {
    return this.complained
  }
}

const byText = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

export const comm: Program = async (context) => {
  const line = parseOptions(context, {
    short: "123z",
    long: {
      "check-order": "check-order",
      "nocheck-order": "nocheck-order",
      "output-delimiter=": "output-delimiter",
      "zero-terminated": "z",
      total: "total"
    }
  })
  const [left, right] = await openPair(context, line)
  const delimiter = line.get("output-delimiter") ?? "\t"
  const end = line.has("z") ? "\0" : "\n"
  const indent = [
    "",
    line.has("1") ? "" : delimiter,
    (line.has("1") ? "" : delimiter) + (line.has("2") ? "" : delimiter)
  ]
  const totals = [0, 0, 0]
  const orders = [new Order(byText), new Order(byText)]
  let unpaired = false
  let status = 0
  const late: Array<string> = []
  const check = async (side: 0 | 1, text: string | undefined) => {
    if (line.has("nocheck-order") || text === undefined || !orders[side].violates(text)) return
    const message = `file ${side + 1} is not in sorted order`
    if (line.has("check-order")) throw new ProgramFailure(message)
    late.push(message)
  }
  let a = await left.next()
  let b = await right.next()
  await check(0, a)
  await check(1, b)
  while (a !== undefined || b !== undefined) {
    const order = a === undefined ? 1 : b === undefined ? -1 : byText(a, b)
    const column = order < 0 ? 0 : order > 0 ? 1 : 2
    if (order !== 0) unpaired = true
    totals[column]++
    if (!line.has(String(column + 1))) {
      const pending = context.stdout.write(indent[column] + (order <= 0 ? a : b) + end)
      if (pending !== undefined) await pending
    }
    if (order <= 0) await check(0, a = await left.next())
    if (order >= 0) await check(1, b = await right.next())
    if (late.length > 0 && unpaired) {
      for (const message of late.splice(0)) await context.complain(message)
      status = 1
    }
  }
  if (line.has("total")) await context.stdout.write(`${totals.join(delimiter)}${delimiter}total${end}`)
  if (status === 1) throw new ProgramFailure("input is not in sorted order")
  return 0
}

interface Row {
  readonly text: string
  readonly fields: ReadonlyArray<string>
  readonly key: string
}

interface JoinSettings {
  readonly keys: readonly [number, number]
  readonly separator: string | undefined
  readonly filler: string
  format: ReadonlyArray<readonly [file: number, field: number]> | undefined
  readonly fold: (key: string) => string
}

const split = (text: string, separator: string | undefined): Array<string> =>
  separator === undefined
    ? text.replace(/^[ \t]+/, "").split(/[ \t]+/)
    : separator === ""
    ? [text]
    : text.split(separator)

const joinField = (context: ProgramContext, text: string): number => {
  if (!/^\d+$/.test(text) || Number(text) === 0) {
    throw new ProgramFailure(`invalid field number: ${context.quote(text)}`)
  }
  return Number(text)
}

const joinSettings = (context: ProgramContext, line: CommandLine): JoinSettings => {
  const tab = line.get("t")
  if (tab !== undefined && tab !== "\\0" && Array.from(tab).length > 1) {
    throw new ProgramFailure(`multi-character tab ${context.quote(tab)}`)
  }
  const both = line.get("j")
  const list = line.all("o").join(",")
  const format = list === "" || list === "auto" ? undefined : list.split(/[, ]+/).map((word) => {
    if (word === "0") return [0, 0] as const
    const match = /^([12])\.(\d+)$/.exec(word)
    if (match === null) throw new ProgramFailure(`invalid field specifier: ${context.quote(word)}`)
    return [Number(match[1]), joinField(context, match[2])] as const
  })
  return {
    keys: [joinField(context, line.get("1") ?? both ?? "1"), joinField(context, line.get("2") ?? both ?? "1")],
    separator: tab === "\\0" ? "\0" : tab,
    filler: line.get("e") ?? "",
    format,
    fold: line.has("i") ? (key) => key.toLowerCase() : (key) => key
  }
}

/** Groups of lines with the same key. */
class Groups {
  private ahead: Row | undefined
  private readonly order: Order
  number = 0
  disorder: string | undefined

  constructor(private readonly lines: Lines, private readonly file: 0 | 1, private readonly settings: JoinSettings) {
    this.order = new Order(byText)
  }

  async row(): Promise<Row | undefined> {
    const { ahead } = this
    if (ahead !== undefined) {
      this.ahead = undefined
      return ahead
    }
    const text = await this.lines.next()
    if (text === undefined) return undefined
    this.number++
    const fields = split(text, this.settings.separator)
    const key = this.settings.fold(fields[this.settings.keys[this.file] - 1] ?? "")
    if (this.order.violates(key)) this.disorder = `${this.number}: is not sorted: ${text}`
    return { text, fields, key }
  }

  async next(): Promise<Array<Row> | undefined> {
    const first = await this.row()
    if (first === undefined) return undefined
    const rows = [first]
    for (;;) {
      const row = await this.row()
      if (row === undefined) return rows
      if (row.key !== first.key) {
        this.ahead = row
        return rows
      }
      rows.push(row)
    }
  }
}

const show = (left: Row | undefined, right: Row | undefined, settings: JoinSettings): string => {
  const { filler, format, keys, separator } = settings
  const between = separator === undefined || separator === "" ? " " : separator
  const fill = (text: string | undefined) => text === undefined || text === "" ? filler : text
  const present = left ?? right!
  const key = left === undefined ? right!.fields[keys[1] - 1] : left.fields[keys[0] - 1]
  if (format !== undefined) {
    return format.map(([file, field]) =>
      file === 0 ? fill(key ?? present.key) : fill((file === 1 ? left : right)?.fields[field - 1])
    ).join(between)
  }
  const others = (row: Row | undefined, at: number) => row?.fields.filter((_, index) => index !== at - 1) ?? []
  return [fill(key), ...others(left, keys[0]).map(fill), ...others(right, keys[1]).map(fill)].join(between)
}

/** As many fields as the first lines have. */
const automatic = (keys: readonly [number, number], left: Row | undefined, right: Row | undefined) => {
  const others = (file: 1 | 2, row: Row | undefined) =>
    (row?.fields ?? []).map((_, index) => [file, index + 1] as const).filter(([, field]) => field !== keys[file - 1])
  return [[0, 0] as const, ...others(1, left), ...others(2, right)]
}

export const join: Program = async (context) => {
  const line = parseOptions(context, {
    short: "1:2:a:e:ij:o:t:v:z",
    long: {
      "ignore-case": "i",
      "check-order": "check-order",
      "nocheck-order": "nocheck-order",
      header: "header",
      "zero-terminated": "z"
    }
  })
  const settings = joinSettings(context, line)
  const [first, second] = await openPair(context, line)
  const [left, right] = [new Groups(first, 0, settings), new Groups(second, 1, settings)]
  const end = line.has("z") ? "\0" : "\n"
  const shown = (file: "1" | "2") => line.all("a").includes(file) || line.all("v").includes(file)
  const print = (a: Row | undefined, b: Row | undefined) => context.stdout.write(show(a, b, settings) + end)
  if (line.has("header")) {
    const heads = [await left.row(), await right.row()]
    if (heads[0] !== undefined || heads[1] !== undefined) await print(heads[0], heads[1])
  }
  let a = await left.next()
  let b = await right.next()
  if (line.get("o") === "auto") settings.format = automatic(settings.keys, a?.[0], b?.[0])
  while (a !== undefined || b !== undefined) {
    const order = a === undefined ? 1 : b === undefined ? -1 : byText(a[0].key, b[0].key)
    if (order < 0) { if (shown("1")) { for (const row of a!) await print(row, undefined) } }
    else if (order > 0) { if (shown("2")) { for (const row of b!) await print(undefined, row) } }
    else if (!line.has("v")) { for (const x of a!) for (const y of b!) await print(x, y) }
    if (order <= 0) a = await left.next()
    if (order >= 0) b = await right.next()
  }
  let status = 0
  for (const [index, groups] of [left, right].entries()) {
    if (groups.disorder === undefined || line.has("nocheck-order")) continue
    await context.complain(`${line.operands[index]}:${groups.disorder}`)
    status = 1
  }
  if (status === 1) throw new ProgramFailure("input is not in sorted order")
  return 0
}
