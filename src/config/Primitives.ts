/**
 * The small Schemas that the configuration is built from.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { checkSafe } from "../Paths.ts"

/**
 * A key that takes a default when it is absent or `undefined`, and is always written when encoded.
 *
 * @since 0.1.0
 * @category constructors
 */
export const withDefault = <S extends Schema.Schema.Any>(
  schema: S,
  value: () => Schema.Schema.Type<S>
): Schema.optionalWith<S, { default: () => Schema.Schema.Type<S> }> => Schema.optionalWith(schema, { default: value })

/**
 * An integer between two bounds, both included.
 *
 * @since 0.1.0
 * @category schemas
 */
export const integerBetween = (minimum: number, maximum: number): Schema.filter<typeof Schema.Int> =>
  Schema.Int.pipe(
    Schema.between(minimum, maximum, { description: `an integer from ${minimum} to ${maximum}` })
  )

/**
 * A string that is not empty and holds no NUL, up to a number of UTF-16 units.
 *
 * @since 0.1.0
 * @category schemas
 */
export const text = (maximum: number): Schema.filter<typeof Schema.String> =>
  Schema.String.pipe(
    Schema.filter((value) => value.length > 0 && value.length <= maximum && !value.includes("\0"), {
      description: `a string of 1 to ${maximum} characters`,
      arbitrary: () => (fc) =>
        fc.string({ minLength: 1, maxLength: Math.min(maximum, 24) }).filter((s) => !s.includes("\0"))
    })
  )

/**
 * A text that no message shows; it may be given as `Redacted`, and is so when it is decoded.
 *
 * @since 0.1.0
 * @category schemas
 */
export const secret = (maximum: number) => {
  const hidden = { description: `a secret of 1 to ${maximum} characters`, jsonSchema: { writeOnly: true } }
  const plain = Schema.String.annotations(hidden).pipe(
    Schema.filter((value) => value.length > 0 && value.length <= maximum && !value.includes("\0"), {
      ...hidden,
      arbitrary: () => (fc) => fc.stringMatching(/^[a-z0-9]{1,24}$/)
    })
  )
  return Schema.Union(Schema.Redacted(plain), Schema.RedactedFromSelf(plain)).annotations(hidden)
}

/**
 * A list up to a number of items.
 *
 * @since 0.1.0
 * @category schemas
 */
export const listOf = <A, I, R>(
  item: Schema.Schema<A, I, R>,
  maximum: number
): Schema.filter<Schema.Array$<Schema.Schema<A, I, R>>> =>
  Schema.Array(item).pipe(
    Schema.maxItems(maximum, { description: `an array of at most ${maximum} items` })
  )

const segment = /^[a-zA-Z0-9._ -]{1,16}$/

/**
 * A path of the guest that passes the safe guard.
 *
 * @since 0.1.0
 * @category schemas
 */
export const GuestPath: Schema.filter<typeof Schema.String> = Schema.String.pipe(
  Schema.filter((path) => checkSafe(path)?.message ?? (path.includes("\0") ? "path contains NUL byte" : undefined), {
    identifier: "GuestPath",
    arbitrary: () => (fc) =>
      fc.array(fc.stringMatching(segment).filter((name) => name !== "." && name !== ".."), { maxLength: 4 })
        .map((names) => `/${names.join("/")}`)
  })
)

/**
 * An id of a user or group.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AccountId: Schema.filter<typeof Schema.Int> = integerBetween(0, 0xffff_ffff)

/**
 * A name of a host in the sense of RFC 1123, one label.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Hostname: Schema.filter<typeof Schema.String> = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, {
    identifier: "Hostname",
    description: "a host name of letters, digits and hyphens, at most 63"
  })
)

const isVariableName = (name: string): boolean =>
  name !== "" && name !== "__proto__" && !name.includes("=") && !name.includes("\0")

/**
 * Environment variables. The total size is a limit of the VM (`limits.envBytes`).
 *
 * @since 0.1.0
 * @category schemas
 */
export const Environment = Schema.Record({
  key: Schema.String.pipe(
    Schema.filter(isVariableName, {
      description: "the name of a variable, without = or NUL",
      arbitrary: () => (fc) => fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/)
    })
  ),
  value: Schema.String.pipe(
    Schema.filter((value) => !value.includes("\0"), { description: "a string without NUL" })
  )
})
