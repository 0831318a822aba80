/** Values written so that the shell reads them back. */
import type { Variable } from "../state/values.ts"
import { AssociativeArray, IndexedArray, isUnset } from "../state/values.ts"

const control = /[\x00-\x1f\x7f\uDC80-\uDCFF]/u

const names: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\x1b": "\\E",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  "'": "\\'"
}

/** `$'…'`. */
const quoteAnsi = (text: string): string => {
  let out = "$'"
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (names[char] !== undefined) out += names[char]
    else if (code < 0x20 || code === 0x7f) out += `\\${code.toString(8).padStart(3, "0")}`
    else if (code >= 0xdc80 && code <= 0xdcff) out += `\\${(code - 0xdc00).toString(8)}`
    else out += char
  }
  return `${out}'`
}

/** As `declare -p` shows a value. */
export const quoteDeclared = (text: string): string =>
  control.test(text) ? quoteAnsi(text) : `"${text.replace(/["\\$`]/g, "\\$&")}"`

/** As `set` and `trap` and `xtrace` show a value: bare when it needs no quotes. */
export const quoteMinimal = (text: string): string => {
  if (control.test(text)) return quoteAnsi(text)
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) && !/^[~#]/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** As `printf %q` shows a value: with backslashes. */
export const quoteBackslash = (text: string): string => {
  if (text === "") return "''"
  if (control.test(text)) return quoteAnsi(text)
  return text.replace(/[^A-Za-z0-9_@%+:./=\u0080-\uffff-]/g, "\\$&").replace(/^~/, "\\~")
}

const keyText = (key: string): string => /^[A-Za-z0-9_.-]+$/.test(key) ? key : quoteDeclared(key)

/** The value as it stands behind `=`. */
export const declaredValue = (value: Variable["value"]): string => {
  if (value instanceof IndexedArray) {
    return `(${value.keys().map((key) => `[${key}]=${quoteDeclared(value.get(key)!)}`).join(" ")})`
  }
  if (value instanceof AssociativeArray) {
    return `(${value.keys().map((key) => `[${keyText(key)}]=${quoteDeclared(value.get(key)!)} `).join("")})`
  }
  return quoteDeclared(value ?? "")
}

const letterOf = { lower: "l", upper: "u", capital: "c" } as const

export const flagsOf = (variable: Variable): string => {
  const flags = (variable.value instanceof IndexedArray ? "a" : variable.value instanceof AssociativeArray ? "A" : "")
    + (variable.integer ? "i" : "") + (variable.letters === undefined ? "" : letterOf[variable.letters])
    + (variable.nameref ? "n" : "") + (variable.readonly ? "r" : "") + (variable.exported ? "x" : "")
  return flags === "" ? "--" : `-${flags}`
}

/** The command that would declare the variable so. `short` leaves `declare --` away. */
export const declaration = (name: string, variable: Variable, short = false): string => {
  const flags = flagsOf(variable)
  if (short && flags === "--" && typeof variable.value === "string") {
    return `${name}='${variable.value.replaceAll("'", "'\\''")}'`
  }
  return variable.value === undefined || isUnset(variable.value)
    ? `declare ${flags} ${name}`
    : `declare ${flags} ${name}=${declaredValue(variable.value)}`
}
