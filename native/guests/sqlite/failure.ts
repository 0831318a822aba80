/** Errors of statements in the words of the shell. */
import { decodeText, encodeText } from "../bash/text.ts"
import type { Connection } from "./library.ts"
import { SqlFailure } from "./library.ts"
import { tokens } from "./text.ts"

/** Longest piece of SQL that is shown, and how much of it before the error. */
const SHOWN = 78
const BEFORE = 50
/** From where on the arrow stands behind its words. */
const ARROW = 25
const WORDS = "error here ---"

/** A statement has failed, with where. */
export class Failed extends Error {
  constructor(readonly stage: "prepare" | "step", readonly code: number, message: string, readonly context: string) {
    super(code > 1 ? `${message} (${code})` : message)
  }
}

/** How messages name the word that they are about. */
const about = [
  /^near "([\s\S]*)": syntax error$/,
  /^unrecognized token: "([\s\S]*)"$/,
  /^no such column: (?:.*\.)?(.*?)(?: - should this be.*)?$/,
  /^ambiguous column name: (?:.*\.)?(.*)$/,
  /^no such function: (.*)$/,
  /^wrong number of arguments to function (.*)\(\)$/,
  /^table (.*) already exists$/,
  /^misuse of (?:aggregate|window)(?: function)?:? (.*)\(\)$/
]

/** Whether SQL that ends with a word fails there. */
const failsAt = (connection: Connection, sql: string, end: number, message: string): boolean => {
  try {
    connection.prepare(sql.slice(0, end)).finalize()
    return false
  } catch (error) {
    return error instanceof SqlFailure && error.message === message
  }
}

/** Where in the SQL an error is; undefined where the message does not tell. */
const offsetOf = (connection: Connection, sql: string, message: string): number | undefined => {
  for (const [index, form] of about.entries()) {
    const word = form.exec(message)?.[1]
    if (word === undefined) continue
    const bare = word.replace(/^"(.*)"$/, "$1").toLowerCase()
    const places = tokens(sql).filter(({ text }) =>
      text === word || (index > 1 && text.replace(/^["`[](.*)["`\]]$/, "$1").toLowerCase() === bare)
    )
    if (index > 1 || places.length === 1) return places[0]?.at
    return places.slice(0, SHOWN).find(({ at, text }) => failsAt(connection, sql, at + text.length, message))?.at
  }
  return undefined
}

/** The place of an error, shown below a piece of the SQL. */
const contextOf = (connection: Connection, sql: string, message: string): string => {
  const found = offsetOf(connection, sql, message)
  if (found === undefined) return ""
  let bytes = encodeText(sql)
  let offset = encodeText(sql.slice(0, found)).length
  while (offset > BEFORE) {
    const size = 1 + bytes.subarray(1).findIndex((byte) => (byte & 0xc0) !== 0x80)
    bytes = bytes.subarray(size)
    offset -= size
  }
  let end = Math.min(bytes.length, SHOWN)
  while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end--
  const arrow = offset < ARROW
    ? `${" ".repeat(offset)}^--- error here`
    : `${" ".repeat(offset - WORDS.length)}${WORDS}^`
  return `\n  ${decodeText(bytes.subarray(0, end)).replace(/\s/g, " ")}\n  ${arrow}`
}

export const failed = (connection: Connection, sql: string, failure: SqlFailure): Failed => {
  const context = failure.stage === "prepare" ? contextOf(connection, sql, failure.message) : ""
  return new Failed(failure.stage, failure.code, failure.message, context)
}
