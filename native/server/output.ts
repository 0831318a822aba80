/**
 * Output of processes on its way to the host, as fast as the host grants credit.
 */
import type { Exchange } from "../../src/wire/Exchange.ts"
import { CHUNK_BYTES } from "../../src/wire/Stream.ts"
import type { Channel, OutputReader } from "../kernel/processes/output-log.ts"

export const channelByte: Readonly<Record<Channel | "started", number>> = { started: 0, stdout: 1, stderr: 2 }

/** Bytes with what goes before them. */
export const framed = (first: number | undefined, bytes: Uint8Array): Uint8Array => {
  const head = first === undefined ? 0 : 1
  const frame = new Uint8Array(bytes.length + head)
  if (first !== undefined) frame[0] = first
  frame.set(bytes, head)
  return frame
}

/** The most that can be sent now with a byte before it. */
export const roomFor = (exchange: Exchange): number => Math.min(CHUNK_BYTES, exchange.writable - 1)

/** Sends what a reader has, each part with its channel if so asked. Gives whether all is sent that will ever be there. */
export const sendOutput = (exchange: Exchange, reader: OutputReader, withChannel: boolean): boolean => {
  for (;;) {
    const part = reader.next(roomFor(exchange))
    if (part === undefined) return reader.done
    exchange.write(framed(withChannel ? channelByte[part.channel] : undefined, part.bytes))
  }
}
