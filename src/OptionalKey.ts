/**
 * Optional keys of Schemas: comfortable to write, clean on the wire.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * A key that may be absent. Constructors and decoders also take an explicit `undefined` (so that a value can be passed
 * through without a spread), and encoding leaves the key out.
 *
 * @since 0.1.0
 * @category constructors
 */
export const optionalKey = <A, I, R>(
  schema: Schema.Schema<A, I, R>
): Schema.PropertySignature<"?:", A | undefined, never, "?:", I | undefined, false, R> =>
  Schema.optionalToOptional(Schema.UndefinedOr(schema), Schema.UndefinedOr(Schema.typeSchema(schema)), {
    decode: Option.filter(Predicate.isNotUndefined),
    encode: Option.filter(Predicate.isNotUndefined)
  })
