/**
 * The names of shell sessions.
 *
 * @since 0.1.0
 */

/**
 * Whether a text can be the name of a shell session: 1 to 64 letters, digits, `.`, `_` and `-`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSessionName = (name: string): boolean => /^[A-Za-z0-9._-]{1,64}$/.test(name)
