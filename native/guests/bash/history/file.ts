/** The history in a file: one line for a command, and a comment with the time in front of it when times are kept. */
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText, encodeText } from "../text.ts"
import { type HistoryEntry, MAX_CHARACTERS, MAX_ENTRIES } from "./history.ts"
import { historyFile, historyFileSize, historySize } from "./settings.ts"

const timeLine = /^#(\d{1,12})$/

/** Commands of several lines are told apart by the times in front of them, if there are any. */
export const parseHistory = (
  text: string
): { readonly entries: ReadonlyArray<HistoryEntry>; readonly lines: number } => {
  const all = text.split("\n")
  if (all.at(-1) === "") all.pop()
  const timed = all.length > 0 && timeLine.test(all[0])
  const entries: Array<HistoryEntry> = []
  let time: number | undefined
  let begins = true
  for (const line of all) {
    const stamp = timeLine.exec(line)
    if (stamp !== null) {
      time = Number(stamp[1])
      begins = true
      continue
    }
    if (timed && !begins && entries.length > 0) {
      const last = entries.pop()!
      entries.push({ line: `${last.line}\n${line}`, time: last.time })
    } else if (line !== "") {
      entries.push({ line, time })
      time = undefined
    }
    begins = false
  }
  return { entries, lines: all.length }
}

export const formatHistory = (entries: ReadonlyArray<HistoryEntry>, timed: boolean): string =>
  entries.map(({ line, time }) => `${timed && time !== undefined ? `#${time}\n` : ""}${line}\n`).join("")

const isTimed = ({ variables }: Shell): boolean => variables.get("HISTTIMEFORMAT") !== undefined

/** Not through the process, which may have been killed already: its last lines are kept all the same. */
const load = async ({ cwd, machine }: Shell, name: string): Promise<string> => {
  const path = resolvePath(cwd, name)
  const { size } = await machine.sys("stat", path)
  if (size > 4 * MAX_CHARACTERS) throw new SystemCallError("EFBIG", "read", path)
  return decodeText(await machine.sys("readFile", path))
}

const store = async ({ cwd, machine }: Shell, name: string, text: string): Promise<void> => {
  await machine.sys("writeFile", resolvePath(cwd, name), encodeText(text), false, 0o600)
}

const lastOf = (entries: ReadonlyArray<HistoryEntry>, count: number): ReadonlyArray<HistoryEntry> =>
  count === 0 ? [] : entries.slice(-count)

/** The end of the file that it may be long. */
const shortened = (text: string, max: number): string => {
  const { entries } = parseHistory(text)
  return entries.length <= max ? text : formatHistory(lastOf(entries, max), true)
}

/** Reads lines of a file into the history; `newOnly` those that were not there before. Throws what the file throws. */
export const readHistory = async (shell: Shell, name: string, newOnly = false): Promise<void> => {
  const text = await load(shell, name)
  const { history } = shell
  const from = newOnly ? text.split("\n").slice(history.linesRead).join("\n") : text
  const { entries } = parseHistory(from)
  const { lines } = parseHistory(text)
  const { fresh } = history
  for (const { line, time } of entries.slice(-MAX_ENTRIES)) history.add(line, time, historySize(shell))
  history.fresh = Math.min(fresh, history.size)
  history.linesRead = lines
}

/** Writes the whole history over a file. */
export const writeHistory = async (shell: Shell, name: string): Promise<void> => {
  const { history } = shell
  const text = formatHistory(lastOf(history.entries(), historyFileSize(shell)), isTimed(shell))
  await store(shell, name, text)
  history.fresh = 0
  history.linesRead = parseHistory(text).lines
}

/** Adds what was entered in this shell to a file. */
export const appendHistory = async (shell: Shell, name: string): Promise<void> => {
  const { history } = shell
  if (history.fresh === 0) return
  const added = formatHistory(history.entries().slice(-history.fresh), isTimed(shell))
  let before = ""
  try {
    before = await load(shell, name)
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error
  }
  await store(shell, name, shortened(before + added, historyFileSize(shell)))
  history.linesRead += parseHistory(added).lines
  history.fresh = 0
}

/** What an interactive shell does when it begins. */
export const beginHistory = async (shell: Shell): Promise<void> => {
  const name = historyFile(shell)
  if (name === undefined) return
  try {
    await readHistory(shell, name)
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
  }
}

/** And when it ends. That it cannot be written is nobody's trouble. */
export const endHistory = async (shell: Shell): Promise<void> => {
  const name = historyFile(shell)
  const { history } = shell
  if (name === undefined || history.fresh === 0 || !shell.options.has("history")) return
  try {
    if (shell.options.has("histappend") || history.fresh < history.size) await appendHistory(shell, name)
    else await writeHistory(shell, name)
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
  }
}
