/** The worker of one running WebAssembly program, as the shell worker sees it. */
import type { Worker } from "node:worker_threads"
import type { Ticket } from "../shell/gate.ts"
import type { FromProgram, ProgramStart } from "./protocol.ts"
import {
  ANSWERED,
  BYTES,
  FAULT,
  HEADER_BYTES,
  HEADER_WORDS,
  JSON_TEXT,
  KIND,
  LENGTH,
  STATE,
  WINDOW_BYTES
} from "./protocol.ts"
import { takeWorker, ticket } from "./workers.ts"

/** What becomes of a program: it asks for something, or it has ended, perhaps with its worker. */
export type ProgramEvent = FromProgram | { readonly op: "died"; readonly reason: string }

const encoder = new TextEncoder()

export class ProgramThread {
  private readonly worker: Worker
  private readonly header: Int32Array
  private readonly window: Uint8Array
  private readonly heard: Array<ProgramEvent> = []
  private listening: ((event: ProgramEvent) => void) | undefined
  /** Held while the program works. */
  private working: Ticket | undefined
  /** It has said something. Before, its worker may still be loading what it needs. */
  hasBegun = false
  /** It has said its last word, after which its worker ends as well. */
  private isOver = false
  /** The worker is being ended. */
  isEnding = false
  /** Resolves when the worker is gone. */
  readonly gone: Promise<void>

  constructor(start: Omit<ProgramStart, "answers">) {
    const answers = new SharedArrayBuffer(HEADER_BYTES + WINDOW_BYTES)
    this.header = new Int32Array(answers, 0, HEADER_WORDS)
    this.window = new Uint8Array(answers, HEADER_BYTES)
    this.worker = takeWorker()
    this.worker.on("message", (event: FromProgram) => this.hear(event))
    this.worker.on("error", (error: NodeJS.ErrnoException) => {
      const outOfMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY"
      this.hear({ op: "died", reason: outOfMemory ? "out of memory" : String(error.message).split("\n")[0] })
    })
    this.gone = new Promise((resolve) =>
      this.worker.once("exit", () => {
        this.hear({ op: "died", reason: "its worker has ended" })
        resolve()
      })
    )
    this.work()
    this.worker.postMessage({ ...start, answers } satisfies ProgramStart)
  }

  /** What comes next. To be asked again when it has been answered. */
  next(): Promise<ProgramEvent> {
    const event = this.heard.shift()
    return event === undefined
      ? new Promise((resolve) => {
        this.listening = resolve
      })
      : Promise.resolve(event)
  }

  answer(value: unknown): void {
    if (value instanceof Uint8Array) this.post(BYTES, value)
    else this.post(JSON_TEXT, encoder.encode(JSON.stringify(value ?? null)))
  }

  fault(errno: string): void {
    this.post(FAULT, encoder.encode(errno))
  }

  /** Ends the worker whatever it does. */
  end(): void {
    this.isEnding = true
    this.rest()
    this.listening = undefined
    void this.worker.terminate()
  }

  private post(kind: number, bytes: Uint8Array): void {
    if (bytes.length > this.window.length) throw new Error("an answer that does not fit")
    this.window.set(bytes)
    this.header[KIND] = kind
    this.header[LENGTH] = bytes.length
    this.work()
    Atomics.store(this.header, STATE, ANSWERED)
    Atomics.notify(this.header, STATE)
  }

  private hear(event: ProgramEvent): void {
    if (this.isOver) return
    this.hasBegun = true
    this.isOver = event.op === "exit" || event.op === "trap" || event.op === "died"
    const { working } = this
    this.working = undefined
    if (working === undefined) this.tell(event)
    else working.redeem(() => this.tell(event))
  }

  private tell(event: ProgramEvent): void {
    const { listening } = this
    this.listening = undefined
    if (listening === undefined) this.heard.push(event)
    else listening(event)
  }

  private work(): void {
    this.working ??= ticket()
  }

  private rest(): void {
    this.working?.cancel()
    this.working = undefined
  }
}
