/**
 * The Schema of what a codec carries, derived from the codec's shape: for checks of values before they are sent, for
 * generated values in tests, for documentation of the wire.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Codec, Shape } from "./Codec.ts"

/**
 * The Schema of a codec's values.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toSchema = <A>(codec: Codec<A>): Schema.Schema<A> =>
  ofShape(codec.shape) as Schema.Schema<any> as Schema.Schema<A>

const unsigned = (bits: number) => Schema.Int.pipe(Schema.between(0, 2 ** bits - 1))

// a lone surrogate has no UTF-8 form
const wellFormed = Schema.String.pipe(
  Schema.filter((text) => !/[\ud800-\udfff]/u.test(text), {
    arbitrary: () => (fc) => fc.string({ unit: "grapheme", maxLength: 20 })
  })
)

const ofShape = (shape: Shape): Schema.Schema.AnyNoContext => {
  switch (shape._tag) {
    case "u8":
      return unsigned(8)
    case "u16":
      return unsigned(16)
    case "u32":
      return unsigned(32)
    case "f64":
      return Schema.Finite
    case "bool":
      return Schema.Boolean
    case "string":
      return wellFormed
    case "bytes":
    case "rest":
      return Schema.Uint8ArrayFromSelf
    case "literals":
      return Schema.Literal(...shape.values)
    case "optional":
      return Schema.UndefinedOr(ofShape(shape.of))
    case "array":
      return Schema.Array(ofShape(shape.of)).pipe(Schema.maxItems(shape.max))
    case "struct":
      return Schema.Struct(Object.fromEntries(Object.entries(shape.fields).map(([name, of]) => [name, ofShape(of)])))
  }
}
