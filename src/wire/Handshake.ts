/**
 * The first request of every connection: the host names its version and token, the sidecar answers with what both will
 * keep to. Until it has been answered a sidecar accepts nothing else, and no frame above `HANDSHAKE_MAX_FRAME`.
 *
 * @since 0.1.0
 */
import * as Codec from "./Codec.ts"

/**
 * The version of the wire contract. Both sides must speak the same one.
 *
 * @since 0.1.0
 * @category constants
 */
export const WIRE_VERSION = 2

/**
 * The operation number of the handshake.
 *
 * @since 0.1.0
 * @category constants
 */
export const HELLO = 0

/**
 * The smallest maximum of a frame that a side may ask for: what travels in one piece fits in it.
 *
 * @since 0.1.0
 * @category constants
 */
export const MIN_MAX_FRAME = 576 * 1024

/**
 * The smallest credit of a stream that a side may ask for: every chunk fits in what is left of it.
 *
 * @since 0.1.0
 * @category constants
 */
export const MIN_WINDOW = 128 * 1024

/**
 * How long the other side may take to come up with the handshake, in milliseconds.
 *
 * @since 0.1.0
 * @category constants
 */
export const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * What the host sends.
 *
 * @since 0.1.0
 * @category codecs
 */
export const helloCodec = Codec.struct({
  magic: Codec.literals("effect-agent-os"),
  version: Codec.u16,
  /** The secret that the sidecar was started with. */
  token: Codec.string,
  /** The largest frame that the host accepts. */
  maxFrame: Codec.u32,
  /** The credit that the host gives each stream. */
  window: Codec.u32
})

/**
 * What the sidecar answers: the smaller of both sides' frame and window.
 *
 * @since 0.1.0
 * @category codecs
 */
export const welcomeCodec = Codec.struct({
  version: Codec.u16,
  sidecarId: Codec.string,
  pid: Codec.u32,
  maxFrame: Codec.u32,
  window: Codec.u32
})

/**
 * @since 0.1.0
 * @category models
 */
export type Welcome = Codec.TypeOf<typeof welcomeCodec>
