/** What the worker tells the kernel of its processes: gathered, and sent before anything else that it says. */
import type { Notice } from "../protocol.ts"
import { MAX_NOTICES } from "../protocol.ts"

export class Notices {
  private pending: Array<Notice> = []
  private scheduled = false

  constructor(private readonly send: (notices: ReadonlyArray<Notice>) => void) {}

  readonly add = (notice: Notice): void => {
    this.pending.push(notice)
    if (this.pending.length === MAX_NOTICES) return this.flush()
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.flush()
    })
  }

  flush(): void {
    if (this.pending.length === 0) return
    const notices = this.pending
    this.pending = []
    this.send(notices)
  }
}
