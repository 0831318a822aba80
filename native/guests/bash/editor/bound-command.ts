/** A command of the shell that a key runs: it sees the line, and may change it. */
import { evaluateText } from "../interpret/evaluate.ts"
import type { Shell } from "../state/shell.ts"
import { plain } from "../state/values.ts"
import { characters } from "../text.ts"
import { type EditorState, MAX_LINE } from "./state.ts"

const names = ["READLINE_LINE", "READLINE_POINT", "READLINE_MARK", "READLINE_ARGUMENT"] as const

/** The place behind so many characters. */
const placeOf = (text: string, count: string | undefined, otherwise: number): number =>
  count === undefined || !/^-?\d{1,9}$/.test(count)
    ? Math.min(otherwise, text.length)
    : characters(text).slice(0, Math.max(0, Number(count))).join("").length

/** The line as the command leaves it. */
export const runBoundCommand = async (shell: Shell, command: string, state: EditorState): Promise<EditorState> => {
  const { lastArgument, pipeStatus, status } = shell
  const before = String(characters(state.text.slice(0, state.cursor)).length)
  const values: Record<string, string> = { READLINE_LINE: state.text, READLINE_POINT: before, READLINE_MARK: "0" }
  if (state.count !== undefined) values["READLINE_ARGUMENT"] = String(state.count)
  for (const [name, value] of Object.entries(values)) shell.variables.put(name, { ...plain, value })
  try {
    await evaluateText(shell, command, "eval")
    const text = (shell.variables.get("READLINE_LINE") ?? "").slice(0, MAX_LINE)
    const point = shell.variables.get("READLINE_POINT")
    const cursor = text === state.text && point === before ? state.cursor : placeOf(text, point, state.cursor)
    const undo = text === state.text
      ? state.undo
      : [...state.undo, { text: state.text, cursor: state.cursor }].slice(-100)
    return { ...state, text, cursor, undo, count: undefined, last: undefined }
  } finally {
    for (const name of names) shell.variables.unset(name)
    Object.assign(shell, { lastArgument, pipeStatus, status })
  }
}
