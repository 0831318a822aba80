/** Compiles the words of the syntax tree. What it makes is kept with the node. */
import type * as Ast from "unbash"
import { ansiQuoted } from "./ansi.ts"
import { expandBraces } from "./braces.ts"
import { parseScript } from "./script.ts"
import type { ParameterOperation, ParameterSegment, Segment, Word } from "./word-model.ts"

type Part = Ast.WordPart | Ast.DoubleQuotedChild

const compiled = new WeakMap<object, Word>()
const compiledLists = new WeakMap<object, ReadonlyArray<Word>>()

const special = /[\\*?[\]~$`'"{}()!+@]/

/** Unquoted text with backslashes: what follows one is quoted. */
const splitEscapes = (text: string, out: Array<Segment>): void => {
  let plain = ""
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "\\" || at + 1 >= text.length) {
      plain += text[at]
      continue
    }
    if (plain !== "") out.push({ kind: "text", text: plain, quoted: false })
    plain = ""
    at++
    if (text[at] !== "\n") out.push({ kind: "text", text: text[at], quoted: true })
  }
  if (plain !== "") out.push({ kind: "text", text: plain, quoted: false })
}

const operationOf = (node: Ast.ParameterExpansionPart, quoted: boolean): ParameterOperation | undefined => {
  const { operation } = node
  switch (operation?.type) {
    case "Default":
      return { kind: "default", operator: operation.operator, operand: compileOperand(operation.operand, quoted) }
    case "Remove":
      return { kind: "remove", operator: operation.operator, pattern: compileOperand(operation.operand, false) }
    case "Replace":
      return {
        kind: "replace",
        operator: operation.operator,
        pattern: compileOperand(operation.pattern, false),
        replacement: compileOperand(operation.replacement, false)
      }
    case "Slice":
      return { kind: "slice", offset: operation.offset.text, length: operation.length?.text }
    case "CaseModification":
      return {
        kind: "case",
        operator: operation.operator,
        pattern: operation.operand === undefined ? undefined : compileOperand(operation.operand, false)
      }
    case "Transform":
      return { kind: "transform", operator: operation.operand.text }
    case "Names":
      return { kind: "names", operator: operation.operator }
    default:
      return undefined
  }
}

const parameterOf = (node: Ast.ParameterExpansionPart, quoted: boolean): ParameterSegment => ({
  kind: "parameter",
  name: node.parameter,
  index: node.index === undefined ? undefined : { text: node.index.text, word: compileOperand(node.index, false) },
  isLength: node.prefix === "#",
  isIndirect: node.prefix === "!",
  operation: operationOf(node, quoted),
  bad: node.operation?.type === "Unknown" || node.parameter === "",
  text: node.text,
  quoted
})

const simpleParameter = (text: string, quoted: boolean): ParameterSegment => ({
  kind: "parameter",
  name: text.slice(1),
  index: undefined,
  isLength: false,
  isIndirect: false,
  operation: undefined,
  bad: false,
  text,
  quoted
})

const compilePart = (part: Part, quoted: boolean, out: Array<Segment>): void => {
  switch (part.type) {
    case "Literal":
      if (quoted) out.push({ kind: "text", text: part.value, quoted })
      else splitEscapes(part.text, out)
      return
    case "Glob":
      if (part.parts === undefined || part.parts.length === 0) splitEscapes(part.text, out)
      else {
        out.push({ kind: "text", text: "[", quoted: false })
        for (const inner of part.parts) compilePart(inner, false, out)
        out.push({ kind: "text", text: "]", quoted: false })
      }
      return
    case "SingleQuoted":
      out.push({ kind: "text", text: part.value, quoted: true })
      return
    case "AnsiCQuoted":
      out.push({ kind: "text", text: ansiQuoted(part.text.slice(2, -1)), quoted: true })
      return
    case "DoubleQuoted":
    case "LocaleString":
      if (part.parts.length === 0) out.push({ kind: "text", text: "", quoted: true })
      for (const inner of part.parts) compilePart(inner, true, out)
      return
    case "SimpleExpansion":
      out.push(simpleParameter(part.text, quoted))
      return
    case "ParameterExpansion":
      out.push(parameterOf(part, quoted))
      return
    case "CommandExpansion":
      out.push({ kind: "command", script: part.script, source: part.script?.source, text: part.text, quoted })
      return
    case "ArithmeticExpansion":
      out.push({
        kind: "arithmetic",
        body: part.text.startsWith("$[") ? part.text.slice(2, -1) : part.text.slice(3, -2),
        quoted
      })
      return
    case "ProcessSubstitution":
      out.push({ kind: "process", direction: part.operator, script: part.script, text: part.text })
      return
    case "ExtendedGlob":
      compileExtendedGlob(part, out)
      return
    case "BraceExpansion":
      splitEscapes(part.text, out)
  }
}

const compileExtendedGlob = (part: Ast.ExtendedGlobPart, out: Array<Segment>): void => {
  out.push({ kind: "text", text: `${part.operator}(`, quoted: false })
  if (part.parts === undefined) splitEscapes(part.pattern, out)
  else for (const inner of part.parts) compilePart(inner, false, out)
  out.push({ kind: "text", text: ")", quoted: false })
}

/** A leading `~` or `~name` becomes a segment of its own. In a value it may also end at a colon. */
const withTilde = (segments: Array<Segment>, value = false): Array<Segment> => {
  const [first] = segments
  if (first?.kind !== "text" || first.quoted || !first.text.startsWith("~")) return segments
  const slash = first.text.search(value ? /[/:]/ : /\//)
  const end = slash < 0 ? first.text.length : slash
  const user = first.text.slice(1, end)
  if (!/^[A-Za-z0-9_.+-]*$/.test(user) || (slash < 0 && segments.length > 1)) return segments
  return [
    { kind: "tilde", user },
    ...(slash < 0 ? [] : [{ kind: "text" as const, text: first.text.slice(end), quoted: false }]),
    ...segments.slice(1)
  ]
}

const literalOf = (segments: ReadonlyArray<Segment>): string | undefined => {
  let text = ""
  for (const segment of segments) {
    if (segment.kind !== "text") return undefined
    if (!segment.quoted && special.test(segment.text)) return undefined
    text += segment.text
  }
  return segments.length > 0 ? text : undefined
}

const finish = (segments: Array<Segment>, text: string): Word => ({ segments, literal: literalOf(segments), text })

const segmentsOf = (node: Ast.Word, quoted: boolean): Array<Segment> => {
  const segments: Array<Segment> = []
  if (node.parts === undefined) {
    if (quoted) segments.push({ kind: "text", text: node.value, quoted: true })
    else splitEscapes(node.text, segments)
  } else for (const part of node.parts) compilePart(part, quoted, segments)
  return segments
}

/** The operand of an expansion; inside double quotes it is quoted as a whole. */
const compileOperand = (node: Ast.Word, quoted: boolean): Word =>
  finish(quoted ? segmentsOf(node, true) : withTilde(segmentsOf(node, false)), node.text)

/** A word in a place where braces mean nothing. */
export const compileWord = (node: Ast.Word): Word => {
  let word = compiled.get(node)
  if (word === undefined) {
    word = finish(withTilde(segmentsOf(node, false)), node.text)
    compiled.set(node, word)
  }
  return word
}

/** The value of an assignment: a tilde also counts after each unquoted colon. */
export const compileValue = (node: Ast.Word): Word => {
  let word = compiled.get(node)
  if (word !== undefined) return word
  word = finish(valueSegments(segmentsOf(node, false)), node.text)
  compiled.set(node, word)
  return word
}

const valueSegments = (given: Array<Segment>): Array<Segment> => {
  const segments: Array<Segment> = []
  for (const segment of withTilde(given, true)) {
    if (segment.kind !== "text" || segment.quoted || !segment.text.includes(":~")) {
      segments.push(segment)
      continue
    }
    segment.text.split(/(?<=:)(?=~)/)
      .forEach((piece) => segments.push(...withTilde([{ ...segment, text: piece }], true)))
  }
  return segments
}

/** Like `prefix=~/x`: an argument with the looks of an assignment has tildes as one, unless the shell is POSIX's. */
const asAssignment = (word: Word): Word => {
  const [first, ...rest] = word.segments
  if (first?.kind !== "text" || first.quoted || !first.text.includes("~")) return word
  const head = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/.exec(first.text)?.[0]
  if (head === undefined) return word
  const value = valueSegments([{ ...first, text: first.text.slice(head.length) }, ...rest])
  const segments = value.map((each): Segment => each.kind === "tilde" ? { ...each, looks: true } : each)
  return finish([{ ...first, text: head }, ...segments], word.text)
}

const parseWord = (text: string): Ast.Word | undefined => {
  const [statement] = parseScript(`: ${text}`).commands
  if (statement?.command.type !== "Command") return undefined
  const [word] = statement.command.suffix
  return word?.type === "Word" ? word : undefined
}

/** A word from its text. */
export const compileText = (text: string): Word => {
  if (!special.test(text)) return { segments: [{ kind: "text", text, quoted: false }], literal: text, text }
  const node = parseWord(text)
  return node === undefined
    ? { segments: [{ kind: "text", text, quoted: true }], literal: text, text }
    : finish(withTilde(segmentsOf(node, false)), text)
}

/** The words that one word of a command becomes by brace expansion, unless that is off. */
export const compileWords = (node: Ast.Word, braces = true): ReadonlyArray<Word> => {
  if (!braces) return [asAssignment(compileWord(node))]
  let words = compiledLists.get(node)
  if (words !== undefined) return words
  const hasBraces = node.parts?.some((part) => part.type === "BraceExpansion") === true
  const texts = hasBraces ? expandBraces(node.text) : undefined
  words = texts === undefined ? [asAssignment(compileWord(node))] : texts.map(compileText)
  compiledLists.set(node, words)
  return words
}

/** Text as if between double quotes, with the quotes themselves plain: here-documents, arithmetic, prompts. */
export const compileHereText = (text: string): Word => {
  if (!/[$`\\]/.test(text)) return { segments: [{ kind: "text", text, quoted: true }], literal: text, text }
  let mark = "EOT"
  while (text.includes(mark)) mark += "_"
  const [statement] = parseScript(`:<<${mark}\n${text}\n${mark}\n`).commands
  const redirect = statement?.command.type === "Command" ? statement.command.redirects[0] : undefined
  if (redirect?.type !== "HereDoc") return { segments: [{ kind: "text", text, quoted: true }], literal: text, text }
  const word = compileHereBody(redirect.body, false)
  // The line end before the mark is not part of the text.
  const segments = word.segments.slice()
  const last = segments[segments.length - 1]
  if (last?.kind === "text" && last.text.endsWith("\n")) {
    segments[segments.length - 1] = { ...last, text: last.text.slice(0, -1) }
  }
  return finish(segments, text)
}

/** `<<-`: tabs at the beginnings of lines do not count. */
const withoutTabs = (segments: ReadonlyArray<Segment>): Array<Segment> =>
  segments.map((segment, index) =>
    segment.kind === "text"
      ? { ...segment, text: segment.text.replace(index === 0 ? /(^|\n)\t+/g : /(\n)\t+/g, "$1") }
      : segment
  )

export const compileHereBody = (body: Ast.HereDocBody, literal: boolean, strips = false): Word => {
  let word = compiled.get(body)
  if (word !== undefined) return word
  const segments: Array<Segment> = []
  if (literal) segments.push({ kind: "text", text: body.text, quoted: true })
  // what has no expansions is not taken apart: the parser would put it together again character by character
  else if (!/[$`]/.test(body.text) || body.parts === undefined) {
    segments.push({
      kind: "text",
      text: body.text.replace(/\\([$`\\\n])/g, (_, char) => char === "\n" ? "" : char),
      quoted: true
    })
  } else for (const part of body.parts) compilePart(part, true, segments)
  word = finish(strips ? withoutTabs(segments) : segments, body.text)
  compiled.set(body, word)
  return word
}
