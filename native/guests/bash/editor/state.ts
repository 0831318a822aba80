/** What a line under way consists of. Plain data: each key makes another value. */

/** Characters of a line; what is typed beyond is refused with a bell. */
export const MAX_LINE = 1024 * 1024
/** Texts that were cut and can be put back. */
export const MAX_KILLS = 10
/** Changes that can be undone. */
export const MAX_UNDO = 100

export interface Search {
  readonly backward: boolean
  readonly text: string
  /** Nothing was found for the text as it is. */
  readonly failed: boolean
  /** What was there when the search began. */
  readonly before: { readonly text: string; readonly cursor: number; readonly index: number }
}

export interface EditorState {
  readonly text: string
  readonly cursor: number
  /** The newest first. */
  readonly kills: ReadonlyArray<string>
  /** What the last key did, where that matters for the next one. */
  readonly last: "kill" | "yank" | "argument" | "insert" | "complete" | "substring" | undefined
  /** What the last yank has put where. */
  readonly yank: { readonly start: number; readonly end: number; readonly index: number } | undefined
  readonly undo: ReadonlyArray<{ readonly text: string; readonly cursor: number }>
  /** Lines of the history, the oldest first, and which of them is shown; at its length it is the new line. */
  readonly history: ReadonlyArray<string>
  readonly index: number
  /** Lines as they were left on the way to others. */
  readonly edited: ReadonlyMap<number, string>
  readonly search: Search | undefined
  /** The text that the last search was for. */
  readonly lastSearch: string
  /** What lines of the history are looked through for, key by key. */
  readonly sought: string
  /** The next key is taken as it is. */
  readonly quoting: boolean
  /** The first of two keys has come. */
  readonly prefix: boolean
  /** How often the next key is to count. */
  readonly count: number | undefined
  readonly pasting: boolean
  /** What makes a comment of a line. */
  readonly comment: string
}

export const makeState = (
  history: ReadonlyArray<string>,
  kept: Pick<EditorState, "kills" | "lastSearch"> = { kills: [], lastSearch: "" },
  text = "",
  comment = "#"
): EditorState => ({
  text,
  cursor: text.length,
  kills: kept.kills,
  last: undefined,
  yank: undefined,
  undo: [],
  history,
  index: history.length,
  edited: new Map(),
  search: undefined,
  lastSearch: kept.lastSearch,
  sought: "",
  quoting: false,
  prefix: false,
  count: undefined,
  pasting: false,
  comment
})

/** What is to be done about a key, besides another state. */
export type EditorEffect = "accept" | "end" | "bell" | "clear" | "complete" | "list" | "cancel" | "reread"

export interface Step {
  readonly state: EditorState
  readonly effect?: EditorEffect | undefined
  /** What the next key is to know of this one. */
  readonly mark?: EditorState["last"]
}
