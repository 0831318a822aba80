/** Where a script's output goes: to the command's own streams as it comes, or into the report. */
import * as Effect from "effect/Effect"
import type { Failure } from "../exit.ts"
import { toStderr, toStdout } from "../output.ts"

export interface Sink {
  readonly stdout: (bytes: Uint8Array) => Effect.Effect<void, Failure>
  readonly stderr: (bytes: Uint8Array) => Effect.Effect<void>
  /** What was kept for the report. */
  readonly kept: () => { readonly stdout: string; readonly stderr: string; readonly truncated: boolean }
}

export const streaming: Sink = {
  stdout: toStdout,
  stderr: toStderr,
  kept: () => ({ stdout: "", stderr: "", truncated: false })
}

/** Keeps at most so many bytes of each stream. */
export const collecting = (maxBytes: number): Sink => {
  const stdout = new Kept(maxBytes)
  const stderr = new Kept(maxBytes)
  return {
    stdout: (bytes) => Effect.sync(() => stdout.add(bytes)),
    stderr: (bytes) => Effect.sync(() => stderr.add(bytes)),
    kept: () => ({ stdout: stdout.text(), stderr: stderr.text(), truncated: stdout.truncated || stderr.truncated })
  }
}

class Kept {
  private readonly parts: Array<Uint8Array> = []
  private room: number
  truncated = false

  constructor(maxBytes: number) {
    this.room = maxBytes
  }

  add(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.room)
    if (part.length < bytes.length) this.truncated = true
    if (part.length === 0) return
    this.room -= part.length
    this.parts.push(part)
  }

  text(): string {
    return Buffer.concat(this.parts).toString("utf8")
  }
}
