/**
 * What an operation of the data plane is.
 *
 * @since 0.1.0
 */
import * as Codec from "../Codec.ts"

/**
 * One operation: its number, name and bodies.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<A, B> {
  readonly code: number
  readonly name: string
  readonly request: Codec.Codec<A>
  readonly response: Codec.Codec<B>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, B>(
  code: number,
  name: string,
  request: Codec.Codec<A>,
  response: Codec.Codec<B>
): Operation<A, B> => ({
  code,
  name,
  request,
  response
})

/**
 * The body of an answer that says nothing but that it is done.
 *
 * @since 0.1.0
 * @category codecs
 */
export const nothing = Codec.struct({})

/**
 * The body of a request about one path.
 *
 * @since 0.1.0
 * @category codecs
 */
export const onPath = Codec.struct({ vm: Codec.u32, path: Codec.string })
