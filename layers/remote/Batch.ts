/**
 * Batches of files in one round trip. A batch never fails as a whole: each entry has its outcome, in the order of the
 * input.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { BatchReadResult, BatchWriteEntry, BatchWriteResult } from "../../services/Filesystem.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { checkSafe, checkWritable } from "../../src/Paths.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { RecordParser } from "../../src/wire/Stream.ts"
import { records } from "./Bytes.ts"
import { bytesRead, bytesWritten } from "./Telemetry.ts"
import { call, type LinkError, type VmLink } from "./VmLink.ts"

/** The largest record that a sidecar may send: a file of the largest readable size, with its path. */
const MAX_RECORD = 2 ** 31

const encoder = new TextEncoder()

/**
 * @since 0.1.0
 * @category combinators
 */
export const writeFiles = (
  link: VmLink,
  entries: ReadonlyArray<BatchWriteEntry>
): Effect.Effect<Array<BatchWriteResult>> =>
  Effect.suspend(() => {
    const batch = new Batch(entries.map((entry) => checkWritable(entry.path)?.message ?? oversize(link, entry)))
    const results: Array<BatchWriteResult> = entries.map(({ path }) => ({ path, success: true }))
    const fail = (index: number, error: string) => {
      results[index] = { path: entries[index].path, success: false, error }
    }
    const sizes: Array<number> = []
    const files = function*() {
      for (const index of batch.admitted) {
        const { content, path } = entries[index]
        const bytes = typeof content === "string" ? encoder.encode(content) : content
        sizes[index] = bytes.length
        yield { path, content: bytes }
      }
    }
    const parser = new RecordParser(Operations.outcomeCodec, MAX_RECORD, (outcome) => {
      const index = batch.next()
      if (outcome.error !== undefined) fail(index, outcome.error)
      else bytesWritten.unsafeUpdate(sizes[index], [])
    })
    return batch.run(
      call(link, Operations.writeFiles, { vm: link.vm }, {
        up: records(Operations.fileCodec, files()),
        down: (bytes) => parser.push(bytes)
      }),
      fail,
      results
    )
  })

/**
 * @since 0.1.0
 * @category combinators
 */
export const readFiles = (
  link: VmLink,
  paths: ReadonlyArray<string>
): Effect.Effect<Array<BatchReadResult>> =>
  Effect.suspend(() => {
    const batch = new Batch(paths.map((path) => checkSafe(path)?.message))
    const results: Array<BatchReadResult> = paths.map((path) => ({ path, content: null }))
    const fail = (index: number, error: string) => {
      results[index] = { path: paths[index], content: null, error }
    }
    const parser = new RecordParser(Operations.outcomeCodec, MAX_RECORD, (outcome) => {
      const index = batch.next()
      if (outcome.error !== undefined) return fail(index, outcome.error)
      bytesRead.unsafeUpdate(outcome.content.length, [])
      results[index] = { path: paths[index], content: outcome.content.slice() }
    })
    return batch.run(
      call(link, Operations.readFiles, { vm: link.vm }, {
        up: records(Operations.pathCodec, batch.admitted.map((index) => ({ path: paths[index] })).values()),
        down: (bytes) => parser.push(bytes)
      }),
      fail,
      results
    )
  })

/** Why an entry can fit into no file of the VM, if so. It is not sent: the rest of its batch goes on without it. */
const oversize = ({ bounds }: VmLink, { content, path }: BatchWriteEntry): string | undefined => {
  // a UTF-16 unit becomes at most 3 bytes
  const atMost = typeof content === "string" ? content.length * 3 : content.length
  if (atMost <= bounds.bytes) return undefined
  const bytes = typeof content === "string" ? encoder.encode(content).length : content.length
  if (bytes <= bounds.bytes) return undefined
  const limit = { name: "filesystemBytes", value: bounds.bytes }
  return new KernelError({ errno: "ENOSPC", syscall: "open", path, limit }).message
}

/** Which entries passed their guards, and how many of those have their outcome. */
class Batch {
  /** Indexes of the entries that are sent. */
  readonly admitted: Array<number> = []
  private done = 0

  constructor(private readonly refusals: ReadonlyArray<string | undefined>) {
    refusals.forEach((refusal, index) => refusal === undefined && this.admitted.push(index))
  }

  /** The entry that the next outcome is about. */
  next(): number {
    return this.admitted[this.done++]
  }

  /** Runs the call; what is left without an outcome because it failed gets the failure's message. */
  run<A>(
    effect: Effect.Effect<unknown, LinkError>,
    fail: (index: number, error: string) => void,
    results: Array<A>
  ): Effect.Effect<Array<A>> {
    this.refusals.forEach((refusal, index) => refusal !== undefined && fail(index, refusal))
    if (this.admitted.length === 0) return Effect.succeed(results)
    return Effect.match(effect, {
      onSuccess: () => results,
      onFailure: (error) => {
        while (this.done < this.admitted.length) fail(this.next(), error.message)
        return results
      }
    })
  }
}
