/**
 * A value that is made when it is first asked for, and kept.
 *
 * @since 0.1.0
 */

/**
 * What throws is asked again the next time.
 *
 * @since 0.1.0
 * @category constructors
 */
export const once = <A>(make: () => A): () => A => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}
