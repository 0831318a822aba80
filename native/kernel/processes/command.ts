/**
 * A process that the host started: its input, what its tree has written, and who waits for its end.
 */
import { OUTPUT_WINDOW } from "../../guests/protocol.ts"
import type { OutputLog, OutputLogOptions } from "./output-log.ts"
import type { ExitStatus, Process } from "./process.ts"
import { killed } from "./process.ts"
import type { StdinPipe } from "./stdin-pipe.ts"

/** What becomes of the output of a command, and of the command when it has ended. */
export interface Keeping extends Pick<OutputLogOptions, "capacity" | "unread"> {
  /** Whether it can be asked for after its end. */
  readonly afterEnd: boolean
}

/** Of a command whose one reader is there from the start, and takes all. */
export const forOneReader: Keeping = { capacity: 2 * OUTPUT_WINDOW, unread: "suspend", afterEnd: false }

export class Command {
  private readonly waiting = new Set<() => void>()
  private over = false

  constructor(readonly process: Process, readonly stdin: StdinPipe, readonly log: OutputLog) {}

  get pid(): number {
    return this.process.pid
  }

  /** Whether it has ended, and nobody holds its outputs. */
  get ended(): boolean {
    return this.over
  }

  get status(): ExitStatus {
    return this.process.status ?? killed
  }

  /** Calls back at its end, at once if that has been; gives what cancels it. */
  whenEnded(run: () => void): () => void {
    if (this.over) {
      run()
      return () => {}
    }
    this.waiting.add(run)
    return () => void this.waiting.delete(run)
  }

  end(): void {
    this.over = true
    this.log.end()
    for (const run of this.waiting) run()
    this.waiting.clear()
  }
}

/** Commands whose end somebody may still ask for. */
const MAX_KEPT = 256
/** Bytes of output that are kept of them together. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024
/** Nanoseconds after which an ended command is forgotten. */
const KEPT_FOR = 600n * 1_000_000_000n

/** The commands of a VM by their pid; of ended ones the latest, for a time. */
export class Commands {
  private readonly living = new Map<number, Command>()
  private readonly ended = new Map<number, { readonly command: Command; readonly at: bigint }>()

  constructor(private readonly now: () => bigint) {}

  add(command: Command): void {
    this.ended.delete(command.pid)
    this.living.set(command.pid, command)
  }

  get(pid: number): Command | undefined {
    this.forget()
    return this.living.get(pid) ?? this.ended.get(pid)?.command
  }

  end(command: Command, keep: boolean): void {
    this.living.delete(command.pid)
    if (keep) this.ended.set(command.pid, { command, at: this.now() })
    this.forget()
  }

  clear(): void {
    this.living.clear()
    this.ended.clear()
  }

  private forget(): void {
    const oldest = this.now() - KEPT_FOR
    let bytes = 0
    for (const { command } of this.ended.values()) bytes += command.log.size
    for (const [pid, { at, command }] of this.ended) {
      if (at >= oldest && this.ended.size <= MAX_KEPT && bytes <= MAX_KEPT_BYTES) return
      bytes -= command.log.size
      this.ended.delete(pid)
    }
  }
}
