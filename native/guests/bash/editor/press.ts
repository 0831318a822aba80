/** A key and a state make another state, and say what else is to be done. Pure. */
import { bell, editing, insert } from "./editing.ts"
import type { Key } from "./keys.ts"
import { endSearch, recalling, searchKey } from "./recall.ts"
import type { EditorState, Step } from "./state.ts"

/** How often one key may count. */
const MAX_COUNT = 1_000

/** Keys and what they do: readline's of its Emacs mode. */
const defaultKeys: Readonly<Record<string, string>> = {
  "C-a": "beginning-of-line",
  home: "beginning-of-line",
  "C-e": "end-of-line",
  end: "end-of-line",
  "C-b": "backward-char",
  left: "backward-char",
  "C-f": "forward-char",
  right: "forward-char",
  "M-b": "backward-word",
  "C-left": "backward-word",
  "M-left": "backward-word",
  "M-f": "forward-word",
  "C-right": "forward-word",
  "M-right": "forward-word",
  backspace: "backward-delete-char",
  delete: "delete-char",
  "C-k": "kill-line",
  "C-u": "unix-line-discard",
  "C-w": "unix-word-rubout",
  "M-backspace": "backward-kill-word",
  "M-d": "kill-word",
  "M-delete": "kill-word",
  "C-delete": "kill-word",
  "M-\\": "delete-horizontal-space",
  "C-y": "yank",
  "M-y": "yank-pop",
  "M-.": "yank-last-arg",
  "M-_": "yank-last-arg",
  "C-t": "transpose-chars",
  "M-t": "transpose-words",
  "M-u": "upcase-word",
  "M-l": "downcase-word",
  "M-c": "capitalize-word",
  "C-_": "undo",
  "M-r": "revert-line",
  up: "previous-history",
  "C-p": "previous-history",
  down: "next-history",
  "C-n": "next-history",
  "M-<": "beginning-of-history",
  "M->": "end-of-history",
  "C-r": "reverse-search-history",
  "C-s": "forward-search-history",
  enter: "accept-line",
  "C-l": "clear-screen",
  tab: "complete",
  "M-?": "possible-completions",
  "M-=": "possible-completions",
  "M-#": "insert-comment",
  "C-g": "abort",
  "M-C-g": "abort",
  "C-v": "quoted-insert",
  "C-q": "quoted-insert",
  "C-x": "prefix"
}

/** Second keys behind C-x. */
const afterPrefix: Readonly<Record<string, string>> = {
  "C-u": "undo",
  "C-g": "abort",
  "C-r": "re-read-init-file",
  backspace: "backward-kill-line"
}

/** What does more than to change the text. */
const acting: Readonly<Record<string, (state: EditorState) => Step>> = {
  "accept-line": (state) => ({ state, effect: "accept" }),
  "clear-screen": (state) => ({ state, effect: "clear" }),
  complete: (state) => ({ state, effect: state.last === "complete" ? "list" : "complete", mark: "complete" }),
  "possible-completions": (state) => ({ state, effect: "list" }),
  "menu-complete": (state) => acting["complete"](state),
  "menu-complete-backward": (state) => acting["complete"](state),
  "delete-char-or-list": (state) =>
    state.cursor < state.text.length ? editing["delete-char"](state) : { state, effect: "list" },
  "insert-comment": (state) => ({ state: { ...state, text: state.comment + state.text, cursor: 0 }, effect: "accept" }),
  "clear-display": (state) => ({ state, effect: "clear" }),
  "redraw-current-line": (state) => ({ state }),
  "re-read-init-file": (state) => ({ state, effect: "reread" }),
  "magic-space": (state) => insert(state, " "),
  "tab-insert": (state) => insert(state, "\t"),
  abort: bell,
  "quoted-insert": (state) => ({ state: { ...state, quoting: true } }),
  prefix: (state) => ({ state: { ...state, prefix: true } })
}

const perform = (state: EditorState, name: string): Step => {
  const command = editing[name] ?? recalling[name] ?? acting[name]
  if (command === undefined) return bell(state)
  const times = Math.min(MAX_COUNT, state.count ?? 1)
  const start: EditorState = { ...state, count: undefined }
  let step = run(start, command)
  for (let time = 1; time < times && step.effect === undefined; time++) step = run(step.state, command)
  return step
}

/** What the key before was, counts for this one only. */
const run = (state: EditorState, command: (state: EditorState) => Step): Step => settle(command(state))

const settle = (step: Step): Step =>
  step.state.last === step.mark ? step : { ...step, state: { ...step.state, last: step.mark } }

const type = (state: EditorState, text: string): Step => {
  const times = Math.min(MAX_COUNT, state.count ?? 1)
  const plain: EditorState = { ...state, count: undefined, quoting: false }
  return settle(insert(plain, times === 1 ? text : text.repeat(times)))
}

/** Digits with Meta say how often the next key counts. */
const countKey = (state: EditorState, name: string): Step | undefined => {
  const digit = /^M-(\d)$/.exec(name)?.[1]
  return digit === undefined ? undefined : counting(state, digit)
}

const counting = (state: EditorState, digit: string): Step => {
  return { state: { ...state, count: Math.min(MAX_COUNT, (state.count ?? 0) * 10 + Number(digit)) } }
}

/** What a key does. */
export const press = (state: EditorState, key: Key): Step => {
  if (key.does !== undefined) return pressBound(state, key.does, key.text)
  if (state.quoting) return type(state, key.text)
  if (state.search !== undefined) {
    const step = searchKey(state, state.search, key)
    if (step !== undefined) return step
    const ended = endSearch(state)
    // the key that ends a search by itself does nothing else
    return key.name === "unknown" ? { state: ended } : press(ended, key)
  }
  if (state.prefix) {
    const name = afterPrefix[key.name]
    const plain = { ...state, prefix: false }
    return name === undefined ? bell(plain) : perform(plain, name)
  }
  switch (key.name) {
    case "text":
      return type(state, key.text)
    case "paste":
      return type(state, key.text.replace(/\r\n?/g, "\n"))
    case "paste-begin":
    case "paste-end":
      return { state: { ...state, pasting: key.name === "paste-begin", last: undefined } }
    case "unknown":
    case "C-@":
      return { state: { ...state, last: undefined } }
  }
  // at the beginning of an empty line it ends the input, and anywhere else it deletes
  if (key.name === "C-d") {
    return state.text === "" ? { state, effect: "end" } : perform(state, "delete-char")
  }
  const counted = countKey(state, key.name)
  if (counted !== undefined) return counted
  return perform(state, defaultKeys[key.name] ?? lower(key.name))
}

/** The keys that a search knows, by what they do. */
const inSearch: Readonly<Record<string, string>> = {
  "reverse-search-history": "C-r",
  "forward-search-history": "C-s",
  abort: "C-g",
  "backward-delete-char": "backspace",
  "self-insert": "text"
}

/** A key that has been bound to a function. */
const pressBound = (state: EditorState, does: string, text: string): Step => {
  if (state.search !== undefined) {
    const step = searchKey(state, state.search, { name: inSearch[does] ?? "", text })
    return step ?? pressBound(endSearch(state), does, text)
  }
  // whatever it is bound to, at an empty line it ends the input
  if (text === "\x04" && state.text === "") return { state, effect: "end" }
  if (does === "self-insert") return type(state, text)
  const digit = text.at(-1) ?? ""
  return does === "digit-argument" && /\d/.test(digit) ? counting(state, digit) : perform(state, does)
}

/** Letters with Meta mean the same in both cases. */
const lower = (name: string): string => defaultKeys[name.replace(/^M-[A-Z]$/, (given) => given.toLowerCase())] ?? ""
