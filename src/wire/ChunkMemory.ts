/**
 * Memory of whole chunks. What a file holds is mostly chunks of 64 KiB, and they have to go back to the system when they are
 * freed: an allocator that takes them from its heap keeps all of it below the last block in use. glibc maps what is larger
 * than a threshold for itself alone, which costs a write some of its speed. A chunk has therefore a little more memory than
 * it needs, so that a threshold (`CHUNK_MAPPING`) can tell it from all other buffers of 64 KiB.
 *
 * @since 0.1.0
 */

/**
 * The most that is put in one chunk: 64 KiB, a tenth of a millisecond of copying.
 *
 * @since 0.1.0
 * @category constants
 */
export const CHUNK_BYTES = 64 * 1024

const CHUNK_MEMORY = CHUNK_BYTES + 64

/**
 * What tells glibc's allocator (mallopt(3)) to map chunks, and 1 GiB of them at most: a process has a limited number of
 * mappings. Other allocators ignore it.
 *
 * @since 0.1.0
 * @category constants
 */
export const CHUNK_MAPPING = {
  MALLOC_MMAP_THRESHOLD_: String(CHUNK_BYTES + 1),
  MALLOC_MMAP_MAX_: "16384"
} as const

/**
 * Memory for so many bytes, with nothing else in it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const memoryFor = (length: number): Uint8Array =>
  length === CHUNK_BYTES ? new Uint8Array(new ArrayBuffer(CHUNK_MEMORY), 0, length) : new Uint8Array(length)

/**
 * Whether bytes are a whole chunk in memory of its own.
 *
 * @since 0.1.0
 * @category guards
 */
export const isWholeChunk = ({ buffer, byteOffset, length }: Uint8Array): boolean =>
  length === CHUNK_BYTES && byteOffset === 0 && buffer.byteLength <= CHUNK_MEMORY
