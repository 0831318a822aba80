/**
 * The host's end of a terminal in the worker: what comes from the kernel goes to whoever listens, and waits until
 * somebody does.
 */

/** What a terminal hears from its host. */
export interface TerminalEvents {
  readonly input: (bytes: Uint8Array) => void
  readonly resize: (columns: number, rows: number) => void
  readonly hangUp: () => void
}

export interface TerminalLine {
  /** As `ttyname` tells it. */
  readonly path: string
  readonly columns: number
  readonly rows: number
  /** Hears all that comes, also what came before. */
  readonly listen: (events: TerminalEvents) => void
  /** That many bytes of input have been taken: the kernel may send as many more. */
  readonly taken: (bytes: number) => void
}

export class HostLine implements TerminalLine {
  private events: TerminalEvents | undefined
  private readonly early: Array<(events: TerminalEvents) => void> = []

  constructor(
    readonly path: string,
    readonly columns: number,
    readonly rows: number,
    readonly taken: (bytes: number) => void
  ) {}

  readonly listen = (events: TerminalEvents): void => {
    this.events = events
    for (const tell of this.early.splice(0)) tell(events)
  }

  /** Hands on what the kernel says. */
  tell(what: (events: TerminalEvents) => void): void {
    if (this.events === undefined) this.early.push(what)
    else what(this.events)
  }
}
