/** A session: the processes that share a controlling terminal. */

import type { OpenFile } from "../io/open-file.ts"

/** What a session needs of its terminal. */
export interface ControllingTerminal {
  /** Path, as `ttyname` tells it. */
  readonly path: string
  /** The group that reads from it and that its keys signal. */
  foreground: number
  readonly open: (target?: string) => OpenFile
  /** Its settings as they are, for `restore`. */
  readonly settings: unknown
  readonly restore: (settings: unknown) => void
  /** The session's leader has ended: the terminal controls nobody any more. */
  readonly leave: () => void
}

export class Session {
  constructor(readonly id: number, public terminal: ControllingTerminal | undefined = undefined) {}
}
