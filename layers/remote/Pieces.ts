/**
 * Bytes in pieces of the size that was asked for.
 *
 * @since 0.1.0
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import { joined } from "../../src/wire/Stream.ts"

/**
 * The same bytes in pieces of `size` bytes; only the last may have fewer. Holds less than one piece. A piece that comes
 * whole is handed on as it is.
 *
 * @since 0.1.0
 * @category combinators
 */
export const inPieces =
  (size: number) => <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
    Stream.pipeThroughChannel(bytes, Channel.suspend(() => regroup<E>(size)))

type Regroup<E> = Channel.Channel<Chunk.Chunk<Uint8Array>, Chunk.Chunk<Uint8Array>, E, E, unknown, unknown>

const regroup = <E>(size: number): Regroup<E> => {
  let parts: Array<Uint8Array> = []
  let held = 0
  const take = (): Uint8Array => {
    const piece = parts.length === 1 ? parts[0] : joined(parts, held)
    parts = []
    held = 0
    return piece
  }
  const feed = (bytes: Uint8Array, ready: Array<Uint8Array>): void => {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + size - held)
      parts.push(part)
      held += part.length
      at += part.length
      if (held === size) ready.push(take())
    }
  }
  const rest = () => held === 0 ? Channel.void : Channel.write(Chunk.of(take()))
  const next: Regroup<E> = Channel.readWith({
    onInput: (input: Chunk.Chunk<Uint8Array>): Regroup<E> => {
      const ready: Array<Uint8Array> = []
      for (const bytes of input) feed(bytes, ready)
      return ready.length === 0 ? next : Channel.zipRight(Channel.write(Chunk.unsafeFromArray(ready)), next)
    },
    // what came before a failure is told before it
    onFailure: (error) => Channel.zipRight(rest(), Channel.fail(error)),
    onDone: rest
  })
  return next
}
