/** A terminal as an open file. How much a read waits for is the terminal's settings' business: VMIN and VTIME. */
import { END, OpenFile } from "../io/open-file.ts"
import type { Process } from "../processes/process.ts"
import type { Terminal } from "./terminal.ts"

/** Milliseconds of a unit of VTIME. */
const TENTH = 100

export class TerminalFile extends OpenFile {
  /** The time of the read under way is over: it gets what there is. */
  private expired = false

  constructor(readonly terminal: Terminal, readonly target: string) {
    super()
  }

  override get isTerminal(): boolean {
    return true
  }

  override peek(process?: Process): Uint8Array | undefined {
    const bytes = this.terminal.peek(process)
    const { flags, min, time } = this.terminal.settings
    if (flags.has("icanon") || bytes?.length === 0) return bytes
    if (this.expired) return bytes ?? END
    if (bytes === undefined) return min === 0 && time === 0 && !this.isHeldBack(process) ? END : undefined
    return this.terminal.readableBytes < min ? undefined : bytes
  }

  private isHeldBack(process: Process | undefined): boolean {
    return process !== undefined && this.terminal.isBackground(process)
  }

  override consume(count: number): void {
    this.expired = false
    this.terminal.consume(count)
  }

  override async readable(process: Process): Promise<void> {
    const { terminal } = this
    const { flags, min, time } = terminal.settings
    // the time runs from the beginning, or from the first byte
    const timed = !flags.has("icanon") && time > 0 && (min === 0 || terminal.readableBytes > 0)
    if (!timed || terminal.isBackground(process)) return terminal.changed(process)
    const timer = process.machine.timer(process, time * TENTH)
    try {
      const before = terminal.readableBytes
      await Promise.race([terminal.changed(process), timer.done])
      if (terminal.readableBytes === before) this.expired = true
    } finally {
      timer.cancel()
    }
  }

  override write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    return this.terminal.write(process, bytes)
  }

  protected override close(): undefined {
    this.terminal.released()
  }
}
