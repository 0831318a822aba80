/** The functions that awk has. */
import { textLength, textSlice } from "../../bash/text.ts"
import { formatTime } from "../text/strftime.ts"
import type { LocalZone } from "../time/local-zone.ts"
import { instantOf, zoneOf } from "../time/local-zone.ts"
import type { Expression } from "./ast.ts"
import type { Expressions, Run } from "./expressions.ts"
import { sprintf } from "./format.ts"
import { matching, splitting, substitution } from "./matching.ts"
import type { Frame, Pending, Runtime } from "./runtime.ts"
import { Untyped, when } from "./runtime.ts"
import { sorting } from "./sorting.ts"
import type { Value } from "./values.ts"
import { AwkArray, Fatal, Input, toNumber } from "./values.ts"

export type CallNode = Extract<Expression, { kind: "call" }>

/** A function of values alone. */
type Plain = (runtime: Runtime, args: ReadonlyArray<Value>) => Pending<Value>

const bad = (name: string): never => {
  throw new Fatal(`wrong number or kind of arguments to \`${name}'`)
}

const number = (apply: (...numbers: Array<number>) => number, least: number, most = least): Plain => (_, args) => {
  if (args.length < least || args.length > most) throw new Fatal("wrong number of arguments to a function of numbers")
  return apply(...args.map(toNumber))
}

const warned = async (runtime: Runtime, name: string, value: number): Promise<number> => {
  await runtime.context.complain(`warning: ${name}: received negative argument ${runtime.text(value)}`)
  return NaN
}

const now = (runtime: Runtime): Promise<number> =>
  runtime.context.sys("now").then((time) => Math.floor(Number(time) / 1000))

/** Whole numbers of up to 53 bits. */
const bits = (apply: (left: bigint, right: bigint) => bigint): Plain => (_, args) => {
  if (args.length < 2) throw new Fatal("called with less than two arguments")
  return Number(BigInt.asUintN(64, args.map((arg) => BigInt(Math.trunc(toNumber(arg)))).reduce(apply)))
}

const substring = (text: string, from: number, length: number): string => {
  // as POSIX rounds: what lies between the two ends
  const start = Math.round(from)
  const end = length === Infinity ? Infinity : start + Math.round(length)
  return Number.isNaN(start) || Number.isNaN(end) ? "" : textSlice(text, Math.max(0, start - 1), Math.max(0, end - 1))
}

/** `YYYY MM DD HH MM SS`, in UTC. */
const timeOf = (text: string, zone: LocalZone): number => {
  const parts = text.trim().split(/\s+/).map(Number)
  if (parts.length < 6 || parts.some(Number.isNaN)) return -1
  const [year, month, day, hour, minute, second] = parts
  return Math.floor(instantOf(zone, Date.UTC(year, month - 1, day, hour, minute, second)) / 1000)
}

/** The zone of the environment, unless the last argument asks for Greenwich. */
const zoneFor = ({ context }: Runtime, universal: Value | undefined): LocalZone =>
  universal !== undefined && toNumber(universal) !== 0 ? zoneOf("GMT0") : context.zone

const plain: Readonly<Record<string, Plain>> = {
  substr: (runtime, args) =>
    args.length < 2 || args.length > 3
      ? bad("substr")
      : substring(runtime.text(args[0]), toNumber(args[1]), args.length === 3 ? toNumber(args[2]) : Infinity),
  index: (runtime, args) => {
    if (args.length !== 2) return bad("index")
    const text = runtime.text(args[0])
    const at = text.indexOf(runtime.text(args[1]))
    return at < 0 ? 0 : textLength(text.slice(0, at)) + 1
  },
  sprintf: (runtime, args) =>
    args.length === 0 ? bad("sprintf") : sprintf(runtime.text(args[0]), args.slice(1), runtime.text),
  sin: number(Math.sin, 1),
  cos: number(Math.cos, 1),
  atan2: number(Math.atan2, 2),
  exp: number(Math.exp, 1),
  log: (runtime, [of]) => toNumber(of) < 0 ? warned(runtime, "log", toNumber(of)) : Math.log(toNumber(of)),
  sqrt: (runtime, [of]) => toNumber(of) < 0 ? warned(runtime, "sqrt", toNumber(of)) : Math.sqrt(toNumber(of)),
  int: number((of) => Math.trunc(of) || 0, 1),
  rand: (runtime) => runtime.random.next(),
  srand: (runtime, args) => {
    const random = runtime.random
    const before = random.seed
    if (args.length > 0) {
      random.start(args[0])
      return before
    }
    return now(runtime).then((seconds) => {
      random.start(seconds)
      return before
    })
  },
  tolower: (runtime, args) => args.length === 1 ? runtime.text(args[0]).toLowerCase() : bad("tolower"),
  toupper: (runtime, args) => args.length === 1 ? upper(runtime.text(args[0])) : bad("toupper"),
  system: (runtime, [command]) => runtime.streams.system(runtime.text(command)),
  close: (runtime, [name]) => runtime.streams.close(runtime.text(name)),
  fflush: (runtime, args) =>
    args.length === 0
      ? runtime.streams.flush().then(() => 0)
      : runtime.streams.flushOne(runtime.text(args[0])).then((known) => known ? 0 : -1),
  systime: (runtime) => now(runtime),
  mktime: (runtime, [text, universal]) => timeOf(runtime.text(text), zoneFor(runtime, universal)),
  strftime: (runtime, [format, seconds, universal]) => {
    const zone = zoneFor(runtime, universal)
    const shown = format === undefined ? "%a %b %e %H:%M:%S %Z %Y" : runtime.text(format)
    if (seconds !== undefined) return formatTime(shown, Math.trunc(toNumber(seconds)) * 1000, zone)
    return now(runtime).then((now) => formatTime(shown, now * 1000, zone))
  },
  and: bits((left, right) => left & right),
  or: bits((left, right) => left | right),
  xor: bits((left, right) => left ^ right),
  lshift: (_, [of, by]) =>
    Number(BigInt.asUintN(64, BigInt(Math.trunc(toNumber(of))) << BigInt(Math.min(64, Math.trunc(toNumber(by)))))),
  rshift: (_, [of, by]) => Number(BigInt(Math.trunc(toNumber(of))) >> BigInt(Math.min(64, Math.trunc(toNumber(by))))),
  compl: (_, [of]) => Number(BigInt.asUintN(53, ~BigInt(Math.trunc(toNumber(of))))),
  strtonum: (runtime, [of]) => {
    const text = runtime.text(of).trim()
    if (/^[-+]?0[xX][0-9a-fA-F]+/.test(text)) return Number.parseInt(text, 16)
    if (/^[-+]?0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
    return toNumber(of)
  }
}

/** Characters that become several stay as they are. */
const upper = (text: string): string => {
  const whole = text.toUpperCase()
  return whole.length === text.length
    ? whole
    : Array.from(text, (char) => char.toUpperCase().length === char.length ? char.toUpperCase() : char).join("")
}

const length = (expressions: Expressions, { args }: CallNode): Run => {
  const { runtime } = expressions
  if (args.length === 0) return () => textLength(runtime.record.all)
  const [only] = args
  const of = expressions.compile(only)
  if (only.kind !== "name") return (frame) => when(of(frame), (value) => textLength(runtime.text(value)))
  const place = expressions.scope.place(only.name, expressions.inside)
  return (frame) => {
    const cell = place.cell(frame)
    const array = cell instanceof Untyped ? cell.array : cell
    return array instanceof AwkArray ? array.size : when(of(frame), (value) => textLength(runtime.text(value)))
  }
}

const kindOf = (expressions: Expressions, { args, name }: CallNode): Run => {
  const [only] = args
  if (only === undefined) return bad(name)
  const place = only.kind === "name" ? expressions.scope.place(only.name, expressions.inside) : undefined
  const isArray = (frame: Frame): boolean => {
    const cell = place?.cell(frame)
    return cell instanceof AwkArray || (cell instanceof Untyped && cell.array !== undefined)
  }
  if (name === "isarray") return (frame) => isArray(frame) ? 1 : 0
  if (only.kind === "regex") return () => "regexp"
  const of = expressions.compile(only)
  return (frame) =>
    isArray(frame) ? "array" : when(of(frame), (value) =>
      typeof value === "number"
        ? "number"
        : typeof value === "string"
        ? "string"
        : value instanceof Input
        ? (value.number === undefined ? "string" : "strnum")
        : place === undefined
        ? "unassigned"
        : "untyped")
}

const special: Readonly<Record<string, (expressions: Expressions, node: CallNode) => Run>> = {
  length,
  typeof: kindOf,
  isarray: kindOf,
  split: splitting,
  patsplit: splitting,
  sub: substitution,
  gsub: substitution,
  gensub: substitution,
  match: matching,
  asort: sorting,
  asorti: sorting
}

export const builtin = (expressions: Expressions, node: CallNode): Run => {
  const own = special[node.name]
  if (own !== undefined) return own(expressions, node)
  const { runtime } = expressions
  const apply = plain[node.name]
  const all = expressions.list(node.args)
  return (frame) => when(all(frame), (args) => apply(runtime, args))
}
