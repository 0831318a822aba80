/** What the keys of a line do to its text. Pure: a state in, a state out, or a bell. */
import { characters } from "../text.ts"
import { type EditorState, MAX_KILLS, MAX_LINE, MAX_UNDO, type Step } from "./state.ts"
import { nextCharacter, previousCharacter } from "./width.ts"

export type Command = (state: EditorState) => Step

export const bell = (state: EditorState): Step => ({ state, effect: "bell" })

/** The text with something else in a place, and the cursor behind it. What was there can be had back. */
export const replace = (state: EditorState, start: number, end: number, by: string): Step => {
  if (state.text.length - (end - start) + by.length > MAX_LINE) return bell(state)
  const text = state.text.slice(0, start) + by + state.text.slice(end)
  // what is typed at one go is undone at one go
  const undo = state.last === "insert" && start === end
    ? state.undo
    : [...state.undo.slice(-(MAX_UNDO - 1)), { text: state.text, cursor: state.cursor }]
  return { state: { ...state, text, cursor: start + by.length, undo } }
}

export const insert = (state: EditorState, text: string): Step => {
  const step = replace(state, state.cursor, state.cursor, text)
  return step.effect === undefined ? { ...step, mark: "insert" } : step
}

const move = (to: (state: EditorState) => number): Command => (state) => ({ state: { ...state, cursor: to(state) } })

const isWord = (char: string | undefined): boolean => char !== undefined && /[\p{L}\p{N}]/u.test(char)

const charAt = (text: string, at: number): string => text.slice(at, nextCharacter(text, at))

/** The end of the word at the cursor, or behind it. */
export const wordEnd = (text: string, from: number): number => {
  let at = from
  while (at < text.length && !isWord(charAt(text, at))) at = nextCharacter(text, at)
  while (at < text.length && isWord(charAt(text, at))) at = nextCharacter(text, at)
  return at
}

export const wordStart = (text: string, from: number): number => {
  let at = from
  const previous = () => charAt(text, previousCharacter(text, at))
  while (at > 0 && !isWord(previous())) at = previousCharacter(text, at)
  while (at > 0 && isWord(previous())) at = previousCharacter(text, at)
  return at
}

/** As ^W sees words: what stands between blanks. */
const blankStart = (text: string, from: number): number => {
  let at = from
  while (at > 0 && /\s/.test(text[at - 1])) at--
  while (at > 0 && !/\s/.test(text[at - 1])) at--
  return at
}

/** What stands between blanks and slashes. */
const fileNameStart = (text: string, from: number): number => {
  let at = from
  while (at > 0 && /[\s/]/.test(text[at - 1])) at--
  while (at > 0 && !/[\s/]/.test(text[at - 1])) at--
  return at
}

/** Cuts; what is cut by several keys in a row is one text. */
const kill = (state: EditorState, start: number, end: number): Step => {
  if (start === end) return { state }
  const cut = state.text.slice(start, end)
  const [first = "", ...rest] = state.kills
  const kills = state.last !== "kill"
    ? [cut, ...state.kills].slice(0, MAX_KILLS)
    : [(start < state.cursor ? cut + first : first + cut).slice(0, MAX_LINE), ...rest]
  const { state: next } = replace(state, start, end, "")
  return { state: { ...next, kills }, mark: "kill" }
}

const yank: Command = (state) => {
  const [text] = state.kills
  if (text === undefined) return bell(state)
  const step = replace(state, state.cursor, state.cursor, text)
  if (step.effect !== undefined) return step
  const place = { start: state.cursor, end: state.cursor + text.length, index: 0 }
  return { state: { ...step.state, yank: place }, mark: "yank" }
}

/** Another of the texts that were cut takes the place of the one just put back. */
const yankPop: Command = (state) => {
  if (state.last !== "yank" || state.yank === undefined) return bell(state)
  const { end, index, start } = state.yank
  const next = (index + 1) % state.kills.length
  const text = state.kills[next]
  const step = replace(state, start, end, text)
  if (step.effect !== undefined) return step
  return { state: { ...step.state, yank: { start, end: start + text.length, index: next } }, mark: "yank" }
}

/** The last word of the line before; again, of the one before that. */
const yankArgument: Command = (state) => {
  const again = state.last === "argument" && state.yank !== undefined
  const index = again ? state.yank!.index - 1 : state.history.length - 1
  const line = state.history[index]
  if (line === undefined && !again) return bell(state)
  const text =
    /(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[^\s\\"'])+\s*$/.exec((line ?? "").slice(-4096))?.[0].trim() ?? ""
  const start = again ? state.yank!.start : state.cursor
  const step = replace(state, start, again ? state.yank!.end : state.cursor, text)
  if (step.effect !== undefined) return step
  return { state: { ...step.state, yank: { start, end: start + text.length, index } }, mark: "argument" }
}

/** The two characters at the cursor change places; at the end, the last two. */
const transpose: Command = (state) => {
  const { cursor, text } = state
  const middle = cursor === text.length ? previousCharacter(text, cursor) : cursor
  const start = previousCharacter(text, middle)
  const end = nextCharacter(text, middle)
  if (middle === 0 || middle === end) return bell(state)
  return replace(state, start, end, text.slice(middle, end) + text.slice(start, middle))
}

const transposeWords: Command = (state) => {
  const { cursor, text } = state
  const secondEnd = wordEnd(text, cursor)
  const second = wordStart(text, secondEnd)
  const first = wordStart(text, second)
  const firstEnd = wordEnd(text, first)
  if (first === second || firstEnd > second) return bell(state)
  const swapped = text.slice(second, secondEnd) + text.slice(firstEnd, second) + text.slice(first, firstEnd)
  return replace(state, first, secondEnd, swapped)
}

const changeWord = (change: (word: string) => string): Command => (state) => {
  const end = wordEnd(state.text, state.cursor)
  return end === state.cursor
    ? { state }
    : replace(state, state.cursor, end, change(state.text.slice(state.cursor, end)))
}

const capital = (word: string): string => {
  const at = characters(word).findIndex(isWord)
  return characters(word).map((char, index) => index === at ? char.toUpperCase() : char.toLowerCase()).join("")
}

/** Behind what came back, or where something went. */
const placeOfChange = (now: string, before: string): number => {
  const most = Math.min(now.length, before.length)
  let start = 0
  while (start < most && now[start] === before[start]) start++
  let end = 0
  while (end < most - start && now[now.length - 1 - end] === before[before.length - 1 - end]) end++
  return before.length - end
}

const undo: Command = (state) => {
  const before = state.undo.at(-1)
  if (before === undefined) return bell(state)
  const cursor = placeOfChange(state.text, before.text)
  return { state: { ...state, text: before.text, cursor, undo: state.undo.slice(0, -1) } }
}

const erase = (range: (state: EditorState) => readonly [start: number, end: number]): Command => (state) => {
  const [start, end] = range(state)
  return start === end ? bell(state) : replace(state, start, end, "")
}

const blanks = ({ cursor, text }: EditorState): readonly [number, number] => [
  cursor - /[ \t]*$/.exec(text.slice(0, cursor))![0].length,
  cursor + /^[ \t]*/.exec(text.slice(cursor))![0].length
]

const deleteBlanks: Command = (state) => replace(state, ...blanks(state), "")

/** What keys do, by the names that readline has for it. */
export const editing: Readonly<Record<string, Command>> = {
  "beginning-of-line": move(() => 0),
  "end-of-line": move(({ text }) => text.length),
  "backward-char": move(({ cursor, text }) => previousCharacter(text, cursor)),
  "forward-char": move(({ cursor, text }) => nextCharacter(text, cursor)),
  "backward-word": move(({ cursor, text }) => wordStart(text, cursor)),
  "forward-word": move(({ cursor, text }) => wordEnd(text, cursor)),
  "backward-delete-char": erase(({ cursor, text }) => [previousCharacter(text, cursor), cursor]),
  "delete-char": erase(({ cursor, text }) => [cursor, nextCharacter(text, cursor)]),
  "kill-line": (state) => kill(state, state.cursor, state.text.length),
  "unix-line-discard": (state) => kill(state, 0, state.cursor),
  "backward-kill-line": (state) => kill(state, 0, state.cursor),
  "kill-whole-line": (state) => kill(state, 0, state.text.length),
  "unix-word-rubout": (state) => kill(state, blankStart(state.text, state.cursor), state.cursor),
  "unix-filename-rubout": (state) => kill(state, fileNameStart(state.text, state.cursor), state.cursor),
  "backward-kill-word": (state) => kill(state, wordStart(state.text, state.cursor), state.cursor),
  "kill-word": (state) => kill(state, state.cursor, wordEnd(state.text, state.cursor)),
  "forward-backward-delete-char": erase(({ cursor, text }) =>
    cursor === text.length ? [previousCharacter(text, cursor), cursor] : [cursor, nextCharacter(text, cursor)]
  ),
  "delete-horizontal-space": deleteBlanks,
  yank,
  "yank-pop": yankPop,
  "yank-last-arg": yankArgument,
  "transpose-chars": transpose,
  "transpose-words": transposeWords,
  "upcase-word": changeWord((word) => word.toUpperCase()),
  "downcase-word": changeWord((word) => word.toLowerCase()),
  "capitalize-word": changeWord(capital),
  undo,
  "revert-line": (state) => state.undo.length === 0 ? { state } : { state: { ...state, ...state.undo[0], undo: [] } }
}
