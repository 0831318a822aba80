/**
 * SHA3-256 (FIPS 202), as a library without dependencies computes it wherever this one runs.
 *
 * @since 0.1.0
 */
import { sha3_256 } from "js-sha3"

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

/**
 * The digest of bytes, as 64 characters of lower-case hexadecimal.
 *
 * @since 0.1.0
 * @category digests
 */
export const sha3 = (bytes: Uint8Array): string =>
  // joined at once: a text that is put together piece by piece keeps its pieces
  sha3_256.array(bytes).map((byte) => digits[byte]).join("")
