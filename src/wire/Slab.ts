/**
 * Memory for small bodies. An array of its own costs more than all that is written to one of a hundred bytes, so that they
 * share larger ones: whoever keeps one of them for long keeps 8 KiB.
 *
 * @since 0.1.0
 */

const SLAB_BYTES = 8 * 1024

/**
 * A part of a slab, or an array of its own where it is too large for one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Part {
  readonly memory: Uint8Array
  readonly start: number
}

let memory = new Uint8Array(SLAB_BYTES)
let used = 0

/**
 * So many bytes that nobody else writes to. They need not be zero.
 *
 * @since 0.1.0
 * @category constructors
 */
export const take = (bytes: number): Part => {
  if (bytes > SLAB_BYTES / 4) return { memory: new Uint8Array(bytes), start: 0 }
  if (used + bytes > SLAB_BYTES) {
    memory = new Uint8Array(SLAB_BYTES)
    used = 0
  }
  const start = used
  used += bytes
  return { memory, start }
}

/**
 * Gives back what is left of a part from `end` on, where nothing has been taken after it.
 *
 * @since 0.1.0
 * @category destructors
 */
export const giveBack = (part: Part, bytes: number, end: number): void => {
  if (part.memory === memory && used === part.start + bytes) used = end
}
