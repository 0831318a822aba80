/** The program's end of its system calls: posts a request and sleeps until the answer is in the shared memory. */
import { wasi } from "@bjorn3/browser_wasi_shim"
import type { MessagePort } from "node:worker_threads"
import type { FromProgram, RequestName, Requests } from "./protocol.ts"
import { BYTES, FAULT, HEADER_BYTES, HEADER_WORDS, KIND, LENGTH, PENDING, STATE } from "./protocol.ts"

/** A request that has faulted, by WASI's number. */
export class WasiFault extends Error {
  constructor(readonly code: number) {
    super(`WASI error ${code}`)
  }
}

const numbers: Readonly<Record<string, unknown>> = wasi

/** WASI's number of an error of Linux. */
const codeOf = (errno: string): number => {
  const code = numbers[`ERRNO_${errno.slice(1)}`]
  return typeof code === "number" ? code : wasi.ERRNO_IO
}

const decoder = new TextDecoder()

export class SystemChannel {
  private readonly header: Int32Array
  private readonly window: Uint8Array

  constructor(private readonly port: MessagePort, answers: SharedArrayBuffer) {
    this.header = new Int32Array(answers, 0, HEADER_WORDS)
    this.window = new Uint8Array(answers, HEADER_BYTES)
  }

  /** Throws `WasiFault`. */
  ask<Name extends RequestName>(op: Name, request: Requests[Name][0]): Requests[Name][1] {
    Atomics.store(this.header, STATE, PENDING)
    this.port.postMessage({ op, ...request })
    // the notice of the answer before may come only now: who it wakes has no answer yet
    while (Atomics.load(this.header, STATE) === PENDING) Atomics.wait(this.header, STATE, PENDING)
    // a copy: the next answer takes its place, and what is shared cannot be decoded
    const bytes = this.window.slice(0, this.header[LENGTH])
    const kind = this.header[KIND]
    if (kind === FAULT) throw new WasiFault(codeOf(decoder.decode(bytes)))
    return (kind === BYTES ? bytes : JSON.parse(decoder.decode(bytes))) as Requests[Name][1]
  }

  /** The last word of a program. Its worker is ended then. */
  end(message: Extract<FromProgram, { op: "exit" | "trap" }>): void {
    this.port.postMessage(message)
  }
}

/** The outcome of a call as WASI has it: a number, 0 for none. */
export const outcome = (run: () => void): number => {
  try {
    run()
    return wasi.ERRNO_SUCCESS
  } catch (error) {
    if (error instanceof WasiFault) return error.code
    throw error
  }
}

/** The outcome of a call that gives something, and what it gives. */
export const answered = <A>(run: () => A): { readonly ret: number; readonly value: A | undefined } => {
  let value: A | undefined
  const ret = outcome(() => {
    value = run()
  })
  return { ret, value }
}
