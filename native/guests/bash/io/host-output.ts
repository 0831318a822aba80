/**
 * Standard output and error of the host's command. Small writes are gathered until the event loop turns, in the order
 * in which they were made across both channels.
 */
import type { OutputChannel } from "../../shell/engine.ts"
import type { Process } from "../processes/process.ts"
import { OpenFile } from "./open-file.ts"

const GATHER_BYTES = 16 * 1024

type Write = (channel: OutputChannel, bytes: Uint8Array) => Promise<void>

export class HostOutputs {
  private channel: OutputChannel = "stdout"
  private pending: Array<Uint8Array> = []
  private size = 0
  /** Bytes handed on that have not been taken. */
  private underWay = 0
  private scheduled = false
  private last: Promise<void> | undefined
  /** Open files that lead to the host; the command is over when there are none. */
  open = 0
  private onClosed: (() => void) | undefined

  constructor(private readonly send: Write) {}

  put(channel: OutputChannel, bytes: Uint8Array): Promise<void> | undefined {
    if (channel !== this.channel) {
      void this.flush()
      this.channel = channel
    }
    this.pending.push(bytes)
    this.size += bytes.length
    if (this.size >= GATHER_BYTES) return this.flush()
    if (!this.scheduled) {
      this.scheduled = true
      setImmediate(() => {
        this.scheduled = false
        void this.flush()
      })
    }
    return undefined
  }

  flush(): Promise<void> | undefined {
    if (this.size === 0) return this.last
    const bytes = this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending)
    this.pending = []
    this.size = 0
    this.underWay += bytes.length
    this.last = this.send(this.channel, bytes).finally(() => {
      this.underWay -= bytes.length
    })
    return this.last
  }

  /** Bytes that were put and have not been taken. */
  get backlog(): number {
    return this.size + this.underWay
  }

  closed(): void {
    if (--this.open === 0) this.onClosed?.()
  }

  /** Resolves when no process holds the outputs any more. */
  whenClosed(): Promise<void> {
    return this.open === 0 ? Promise.resolve() : new Promise((resolve) => {
      this.onClosed = resolve
    })
  }
}

export class HostOutput extends OpenFile {
  readonly target: string

  constructor(private readonly outputs: HostOutputs, private readonly channel: OutputChannel) {
    super()
    this.target = `/dev/${channel}`
    outputs.open++
  }

  override write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    if (bytes.length === 0) return undefined
    const sent = this.outputs.put(this.channel, bytes)
    return sent === undefined ? undefined : process.block(sent)
  }

  protected override close(): undefined {
    this.outputs.closed()
  }
}
