/** The functions that match: split, sub, gsub, gensub, match. */
import { textLength } from "../../bash/text.ts"
import type { Match, Regex, Span } from "../text/regex.ts"
import type { Expression, Target } from "./ast.ts"
import type { CallNode } from "./builtins.ts"
import type { Expressions, Run } from "./expressions.ts"
import { cut, type Separator } from "./record.ts"
import type { Frame, Pending } from "./runtime.ts"
import { when } from "./runtime.ts"
import type { AwkArray } from "./values.ts"
import { Fatal, Input, toNumber } from "./values.ts"

const MAX_TEXT = 64 * 1024 * 1024

const wrong = (name: string): never => {
  throw new Fatal(`wrong number or kind of arguments to \`${name}'`)
}

const arrayOf = (expressions: Expressions, node: Expression | undefined, name: string) =>
  node?.kind === "name"
    ? expressions.scope.arrayAt(expressions.scope.place(node.name, expressions.inside))
    : wrong(name)

const fill = (array: AwkArray, parts: ReadonlyArray<string>, first: number): void => {
  array.clear()
  for (const [index, part] of parts.entries()) array.set(String(index + first), new Input(part))
}

/** split(text, array [, separator [, separators]]) and patsplit. */
export const splitting = (expressions: Expressions, { args, name }: CallNode): Run => {
  if (args.length < 2 || args.length > 4) return wrong(name)
  const { runtime } = expressions
  const text = expressions.compile(args[0])
  const array = arrayOf(expressions, args[1], name)
  const seps = args[3] === undefined ? undefined : arrayOf(expressions, args[3], name)
  const by = separator(expressions, args[2], name === "patsplit")
  return (frame) =>
    when(text(frame), (value) =>
      when(by(frame), (by) => {
        const between: Array<string> = []
        const parts = cut(runtime.text(value), by, seps === undefined ? undefined : between)
        fill(array(frame), parts, 1)
        if (seps !== undefined) fill(seps(frame), between, 1)
        return parts.length
      }))
}

const separator = (
  expressions: Expressions,
  node: Expression | undefined,
  content: boolean
): (frame: Frame) => Pending<Separator> => {
  const { runtime } = expressions
  if (node === undefined) {
    const name = content ? "FPAT" : "FS"
    return () => {
      const text = runtime.text(runtime.get(name))
      return content ? { kind: "content", regex: runtime.regex(text) } : runtime.separatorOf(text)
    }
  }
  if (content || node.kind === "regex") {
    const pattern = expressions.pattern(node)
    return (frame) =>
      when(
        pattern(frame),
        (regex): Separator => content ? { kind: "content", regex } : { kind: "regex", regex, newlines: false }
      )
  }
  const of = expressions.compile(node)
  return (frame) => when(of(frame), (value) => runtime.separatorOf(runtime.text(value)))
}

/** `&` is what was matched, `\&` an ampersand; `\\&` a backslash before what was matched. With groups `\1` is the first. */
const replacer = (
  text: string,
  groups: boolean
): (match: string, parts: ReadonlyArray<string | undefined>) => string => {
  const pieces: Array<string | number> = []
  let plain = ""
  const push = (part: number) => {
    if (plain !== "") pieces.push(plain)
    plain = ""
    pieces.push(part)
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    const next = text[at + 1]
    if (char === "&") push(0)
    else if (char !== "\\") plain += char
    else if (next === "&" || next === "\\") {
      plain += next
      at++
    } else if (groups && next !== undefined && /\d/.test(next)) {
      push(Number(next))
      at++
    } else plain += char
  }
  if (plain !== "") pieces.push(plain)
  if (pieces.every((piece) => typeof piece === "string")) return () => pieces.join("")
  return (match, parts) =>
    pieces.map((piece) => typeof piece === "string" ? piece : piece === 0 ? match : parts[piece] ?? "").join("")
}

const groupsOf = (found: Span | Match): Match["groups"] => "groups" in found ? found.groups : []

/** Replaces the n-th match, or all of them (0). */
const replace = (
  text: string,
  regex: Regex,
  make: ReturnType<typeof replacer>,
  which: number,
  groups: boolean
): readonly [text: string, count: number] => {
  let out = ""
  let copied = 0
  let count = 0
  let seen = 0
  let last = -1
  for (let at = 0; at <= text.length;) {
    const found = groups ? regex.exec(text, at) : regex.find(text, at)
    if (found === undefined) break
    const { end, start } = found
    // an empty match that touches the one before it is none
    if (start === end && start === last) {
      at = start + 1
      continue
    }
    at = last = end
    seen++
    if (which !== 0 && seen !== which) continue
    out += text.slice(copied, start) + make(text.slice(start, end), groupsOf(found))
    if (out.length > MAX_TEXT) throw new Fatal(`string above ${MAX_TEXT} characters`)
    copied = end
    count++
    if (which !== 0) break
  }
  return [out + text.slice(copied), count]
}

/** sub and gsub change their target; gensub gives the result. */
export const substitution = (expressions: Expressions, node: CallNode): Run => {
  const { args, name } = node
  const { runtime } = expressions
  if (args.length < 2 || args.length > (name === "gensub" ? 4 : 3)) return wrong(name)
  if (name === "gensub") return general(expressions, node)
  const pattern = expressions.pattern(args[0])
  const replacement = expressions.compile(args[1])
  const given = args[2] ?? { kind: "field", of: { kind: "number", value: 0 } }
  const inner = given.kind === "group" && given.items.length === 1 ? given.items[0] : given
  // what is no variable is computed, and the result is lost
  const isTarget = inner.kind === "name" || inner.kind === "element" || inner.kind === "field"
  const target = isTarget ? expressions.target(inner as Target) : undefined
  const value = isTarget ? undefined : expressions.compile(inner)
  return (frame) =>
    when(
      pattern(frame),
      (regex) =>
        when(replacement(frame), (by) =>
          when(target === undefined ? undefined : target.key(frame), (at) =>
            when(value === undefined ? target!.get(frame, at) : value(frame), (old) => {
              const text = runtime.text(old)
              const make = replacer(runtime.text(by), false)
              const [result, count] = replace(text, regex, make, name === "sub" ? 1 : 0, false)
              if (count > 0) {
                target?.put(frame, at, result)
              }
              return count
            })))
    )
}

const general = (expressions: Expressions, { args }: CallNode): Run => {
  const { runtime } = expressions
  const pattern = expressions.pattern(args[0])
  const all = expressions.list(args.slice(1))
  return (frame) =>
    when(pattern(frame), (regex) =>
      when(all(frame), ([by, how, of]) => {
        const text = args.length < 4 ? runtime.record.all : runtime.text(of)
        const which = /^[gG]/.test(runtime.text(how)) ? 0 : Math.max(1, Math.trunc(toNumber(how)))
        return replace(text, regex, replacer(runtime.text(by), true), which, true)[0]
      }))
}

/** match(text, pattern [, groups]). */
export const matching = (expressions: Expressions, { args, name }: CallNode): Run => {
  if (args.length < 2 || args.length > 3) return wrong(name)
  const { runtime } = expressions
  const text = expressions.compile(args[0])
  const pattern = expressions.pattern(args[1])
  const groups = args[2] === undefined ? undefined : arrayOf(expressions, args[2], name)
  return (frame) =>
    when(text(frame), (value) =>
      when(pattern(frame), (regex) => {
        const whole = runtime.text(value)
        const found = groups === undefined ? regex.find(whole, 0) : regex.exec(whole, 0)
        groups?.(frame).clear()
        if (found === undefined) {
          runtime.rstart = 0
          runtime.rlength = -1
          return 0
        }
        runtime.rstart = textLength(whole.slice(0, found.start)) + 1
        runtime.rlength = textLength(whole.slice(found.start, found.end))
        if (groups !== undefined) {
          put(groups(frame), groupsOf(found), whole, found.start, runtime.subsep)
        }
        return runtime.rstart
      }))
}

/** Groups, and where each begins and how long it is as far as that can be told. */
const put = (
  array: AwkArray,
  groups: ReadonlyArray<string | undefined>,
  whole: string,
  start: number,
  subsep: string
): void => {
  let from = start
  for (const [index, group] of groups.entries()) {
    if (group === undefined) continue
    array.set(String(index), new Input(group))
    const at = whole.indexOf(group, index === 0 ? start : from)
    if (index > 0) from = Math.max(from, at)
    array.set(`${index}${subsep}start`, textLength(whole.slice(0, at)) + 1)
    array.set(`${index}${subsep}length`, textLength(group))
  }
}
