/**
 * The limit that an operation ran into, as errors carry it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Limits } from "../config/Limits.ts"

/**
 * A limit by its name in the configuration (`limits.NAME`) and its value, in the unit of that limit.
 *
 * @since 0.1.0
 * @category schemas
 */
export const LimitFact = Schema.Struct({
  name: Schema.String,
  value: Schema.NonNegativeInt
}).annotations({ identifier: "LimitFact" })

/**
 * @since 0.1.0
 * @category models
 */
export interface LimitFact extends Schema.Schema.Type<typeof LimitFact> {}

/**
 * What a message says about the limit, as a suffix; empty when no limit was met. Only a limit of the configuration can be
 * raised; others are fixed.
 *
 * @since 0.1.0
 * @category conversions
 */
export const limitSuffix = (limit: LimitFact | undefined): string =>
  limit === undefined
    ? ""
    : `; limit ${limit.name} is ${limit.value}${
      Object.hasOwn(Limits.fields, limit.name) ? `, raise limits.${limit.name} to allow more` : ""
    }`
