/**
 * JSON as it goes between a guest and a tool: bounded on the way in, canonical on the way out.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { sha3 } from "./Sha3.ts"

/**
 * Arrays and objects that may be within each other.
 *
 * @since 0.1.0
 * @category constants
 */
export const MAX_DEPTH = 64

/**
 * Why something is no acceptable JSON, and where (`$.items[0]`).
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonFault {
  readonly path: string
  readonly detail: string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false })

const name = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/**
 * A path with another key.
 *
 * @since 0.1.0
 * @category conversions
 */
export const below = (path: string, key: string | number): string =>
  typeof key === "number" ? `${path}[${key}]` : name.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`

class Fault {
  constructor(readonly fault: JsonFault) {}
}

const refuse = (path: string, detail: string): never => {
  throw new Fault({ path, detail })
}

const caught = <A>(run: () => A): Either.Either<A, JsonFault> => {
  try {
    return Either.right(run())
  } catch (thrown) {
    if (thrown instanceof Fault) return Either.left(thrown.fault)
    throw thrown
  }
}

const isComposite = (value: unknown): value is object => typeof value === "object" && value !== null

/** Refuses what is too deep, and keys that would reach an object's prototype when somebody copies them. */
const check = (value: unknown, path: string, depth: number): void => {
  if (!isComposite(value)) return
  if (depth > MAX_DEPTH) refuse(path, `more than ${MAX_DEPTH} levels deep`)
  if (Array.isArray(value)) {
    return value.forEach((item, index) => isComposite(item) && check(item, below(path, index), depth + 1))
  }
  for (const key of Object.keys(value)) {
    if (key === "__proto__") refuse(path, "the key \"__proto__\" is not allowed")
    const item = (value as Record<string, unknown>)[key]
    if (isComposite(item)) check(item, below(path, key), depth + 1)
  }
}

/**
 * Reads JSON text that somebody else wrote.
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (bytes: Uint8Array): Either.Either<unknown, JsonFault> => {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    return Either.left({ path: "$", detail: cause instanceof SyntaxError ? cause.message : "is not UTF-8" })
  }
  return caught(() => {
    check(value, "$", 1)
    return value
  })
}

/** UTF-16 order is not that of UTF-8 beyond the basic plane. */
const compareKeys = (a: string, b: string): number => {
  if (a === b) return 0
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue
    const x = a.codePointAt(i)!
    const y = b.codePointAt(i)!
    return x - y
  }
  return a.length - b.length
}

/** The text of a value, in parts; `left` is what may still be written. */
class Writer {
  readonly parts: Array<string> = []
  private readonly open = new Set<object>()
  /** Keys from the value down to what is written now, of which a path is made when something is wrong. */
  private readonly keys: Array<string | number> = []

  constructor(private left: number) {}

  private refuse(detail: string): never {
    return refuse(this.keys.reduce(below, "$"), detail)
  }

  private put(text: string): void {
    this.left -= text.length
    if (this.left < 0) this.refuse("is too large")
    this.parts.push(text)
  }

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        // before it is escaped, which may make it longer than a string can be
        if (value.length > this.left) this.refuse("is too large")
        return this.put(JSON.stringify(value))
      case "boolean":
        return this.put(String(value))
      case "number":
        if (!Number.isFinite(value)) this.refuse(`${value} is no JSON`)
        return this.put(JSON.stringify(value))
      case "object":
        return value === null ? this.put("null") : this.composite(value, depth)
      default:
        return this.refuse(`a ${typeof value} is no JSON`)
    }
  }

  private composite(value: object, depth: number): void {
    if (depth > MAX_DEPTH) this.refuse(`more than ${MAX_DEPTH} levels deep`)
    if (this.open.has(value)) this.refuse("contains itself")
    this.open.add(value)
    if (Array.isArray(value)) this.list(value, depth)
    else {
      const { toJSON } = value as { readonly toJSON?: unknown }
      if (typeof toJSON === "function") this.value(toJSON.call(value), depth + 1)
      else this.fields(value as Record<string, unknown>, depth)
    }
    this.open.delete(value)
  }

  private below(key: string | number, value: unknown, depth: number): void {
    this.keys.push(key)
    this.value(value, depth + 1)
    this.keys.pop()
  }

  private list(items: ReadonlyArray<unknown>, depth: number): void {
    this.put("[")
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.put(",")
      this.below(i, items[i] === undefined ? null : items[i], depth)
    }
    this.put("]")
  }

  private fields(fields: Record<string, unknown>, depth: number): void {
    this.put("{")
    let first = true
    for (const key of Object.keys(fields).sort(compareKeys)) {
      const value = fields[key]
      if (value === undefined) continue
      this.put(`${first ? "" : ","}${JSON.stringify(key)}:`)
      first = false
      this.below(key, value, depth)
    }
    this.put("}")
  }
}

/**
 * The canonical JSON text of a value: keys sorted by their UTF-8 bytes, no whitespace, numbers as JavaScript writes them.
 * What JSON cannot say is a fault: a cycle, a function, NaN, too many levels, or a text of more than `maxCharacters`.
 *
 * @since 0.1.0
 * @category encoding
 */
export const canonical = (value: unknown, maxCharacters = Number.MAX_SAFE_INTEGER): Either.Either<string, JsonFault> =>
  caught(() => {
    const writer = new Writer(maxCharacters)
    writer.value(value, 1)
    return writer.parts.join("")
  })

/**
 * @since 0.1.0
 * @category digests
 */
export const digestText = (text: string): string => sha3(encoder.encode(text))

/**
 * SHA3-256 of the canonical JSON of a value; of no bytes when it has none, as in the seed.
 *
 * @since 0.1.0
 * @category digests
 */
export const digest = (value: unknown): string => digestText(Either.getOrElse(canonical(value), () => ""))
