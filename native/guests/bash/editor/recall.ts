/** Lines of the history in the place of the one under way: by going up and down, and by searching. Pure. */
import { bell, type Command } from "./editing.ts"
import type { Key } from "./keys.ts"
import type { EditorState, Search, Step } from "./state.ts"

const lineAt = ({ edited, history }: EditorState, index: number): string => edited.get(index) ?? history[index] ?? ""

/** Shows another line; what was made of this one is kept meanwhile. */
export const show = (state: EditorState, index: number): Step => {
  if (index < 0 || index > state.history.length || index === state.index) return bell(state)
  const edited = new Map(state.edited).set(state.index, state.text)
  const text = lineAt({ ...state, edited }, index)
  return { state: { ...state, edited, index, text, cursor: text.length, undo: [] } }
}

/** A line that begins as this one does up to the cursor. */
const byBeginning = (step: -1 | 1): Command => (state) => {
  const beginning = state.text.slice(0, state.cursor)
  for (let at = state.index + step; at >= 0 && at < state.history.length; at += step) {
    const line = lineAt(state, at)
    if (!line.startsWith(beginning) || line === state.text) continue
    const shown = show(state, at)
    return { ...shown, state: { ...shown.state, cursor: beginning.length } }
  }
  return bell(state)
}

/** A line that has in it what stands in front of the cursor; once more, another that has the same. */
const bySubstring = (step: -1 | 1): Command => (state) => {
  const sought = state.last === "substring" ? state.sought : state.text.slice(0, state.cursor)
  if (sought === "") {
    const shown = show(state, state.index + step)
    return { ...shown, state: { ...shown.state, sought }, mark: "substring" }
  }
  for (let at = state.index + step; at >= 0 && at < state.history.length; at += step) {
    const line = lineAt(state, at)
    const cursor = step < 0 ? line.lastIndexOf(sought) : line.indexOf(sought)
    if (cursor < 0 || line === state.text) continue
    const shown = show(state, at)
    return { ...shown, state: { ...shown.state, cursor, sought }, mark: "substring" }
  }
  // where readline leaves the cursor then
  const cursor = Math.min(sought.length, state.text.length)
  return { state: { ...state, cursor, sought }, effect: "bell", mark: "substring" }
}

const begin = (backward: boolean): Command => (state) => {
  const before = { text: state.text, cursor: state.cursor, index: state.index }
  return { state: { ...state, search: { backward, text: "", failed: false, before } } }
}

export const recalling: Readonly<Record<string, Command>> = {
  "previous-history": (state) => show(state, state.index - 1),
  "next-history": (state) => show(state, state.index + 1),
  "beginning-of-history": (state) => state.index === 0 ? { state } : show(state, 0),
  "end-of-history": (state) => state.index === state.history.length ? { state } : show(state, state.history.length),
  "history-search-backward": byBeginning(-1),
  "history-search-forward": byBeginning(1),
  "history-substring-search-backward": bySubstring(-1),
  "history-substring-search-forward": bySubstring(1),
  "reverse-search-history": begin(true),
  "forward-search-history": begin(false)
}

/** The nearest place of a text, from a place in a line on. */
const find = (
  state: EditorState,
  { backward, text }: Search,
  index: number,
  cursor: number
): { readonly index: number; readonly cursor: number } | undefined => {
  const step = backward ? -1 : 1
  for (let at = index; at >= 0 && at <= state.history.length; at += step) {
    const line = at === state.index ? state.text : lineAt(state, at)
    const from = at === index ? cursor : backward ? line.length : 0
    const found = backward ? (from < 0 ? -1 : line.lastIndexOf(text, from)) : line.indexOf(text, from)
    if (found >= 0) return { index: at, cursor: found }
  }
  return undefined
}

const found = (state: EditorState, search: Search, index: number, cursor: number): Step => {
  if (search.text === "") return { state: { ...state, search } }
  const place = find(state, search, index, cursor)
  if (place === undefined) return { state: { ...state, search: { ...search, failed: true } }, effect: "bell" }
  const text = place.index === state.index ? state.text : lineAt(state, place.index)
  return { state: { ...state, ...place, text, undo: [], search: { ...search, failed: false } } }
}

/** Another text to look for: from where the search stands, or, when it got shorter, from its beginning. */
const lookFor = (state: EditorState, search: Search, text: string): Step => {
  const next = { ...search, text }
  if (text.length >= search.text.length) return found(state, next, state.index, state.cursor)
  const back = { ...state, ...search.before }
  return found(back, { ...next, failed: false }, back.index, search.backward ? back.text.length : 0)
}

/** The same text once more, further on in the direction of the key. */
const again = (state: EditorState, search: Search, backward: boolean): Step => {
  const text = search.text === "" ? state.lastSearch : search.text
  const next = { ...search, text, backward }
  if (search.text === "") return found(state, next, state.index, backward ? state.text.length : 0)
  return found(state, next, state.index, state.cursor + (backward ? -1 : 1))
}

/** Ends a search where it is. */
export const endSearch = (state: EditorState): EditorState =>
  state.search === undefined
    ? state
    : { ...state, search: undefined, lastSearch: state.search.text === "" ? state.lastSearch : state.search.text }

/** A key while there is a search; undefined for one that ends it, and then does what it always does. */
export const searchKey = (state: EditorState, search: Search, key: Key): Step | undefined => {
  switch (key.name) {
    case "text":
    case "paste":
      return lookFor(state, search, (search.text + key.text).slice(0, 1_000))
    case "backspace":
      return search.text === "" ? bell(state) : lookFor(state, search, search.text.slice(0, -1))
    case "C-r":
      return again(state, search, true)
    case "C-s":
      return again(state, search, false)
    case "C-g":
      return { state: { ...endSearch(state), ...search.before }, effect: "bell" }
    case "paste-begin":
    case "paste-end":
      return { state: { ...state, pasting: key.name === "paste-begin" } }
    default:
      return undefined
  }
}

/** What stands in the place of the prompt. */
export const searchPrompt = ({ backward, failed, text }: Search): string =>
  `(${failed ? "failed " : ""}${backward ? "reverse-i-search" : "i-search"})\`${text}': `
