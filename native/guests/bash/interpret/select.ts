/** `select`. */
import type * as Ast from "unbash"
import { readChoice } from "../builtins/read.ts"
import { expandWords } from "../expand/expand.ts"
import { expandPrompt } from "../expand/prompt.ts"
import type { Shell } from "../state/shell.ts"
import { textLength } from "../text.ts"
import { begins, goesOn, inLoop } from "./compound.ts"
import { runList } from "./run.ts"

const WIDTH = 80
const TAB = 8
const MARK = ") "

/** Blanks from one column to another, tabs as far as they go. */
const indent = (from: number, to: number): string => {
  let text = ""
  for (let at = from; at < to;) {
    const isTab = Math.floor(to / TAB) > Math.floor(at / TAB)
    text += isTab ? "\t" : " "
    at += isTab ? TAB - at % TAB : 1
  }
  return text
}

/** The choices in columns, downwards, as wide as the terminal. */
const menu = (words: ReadonlyArray<string>, width: number): string => {
  const digits = String(words.length).length
  const column = Math.max(...words.map(textLength)) + digits + MARK.length + 2
  let rows = Math.ceil(words.length / Math.max(1, Math.floor(width / column)))
  if (rows === 1) rows = words.length
  let text = ""
  for (let row = 0; row < rows; row++) {
    let at = 0
    for (let index = row; index < words.length; index += rows) {
      const numbers = index === row ? String(rows).length : digits
      text += `${String(index + 1).padStart(numbers)}${MARK}${words[index]}`
      if (index + rows >= words.length) break
      text += indent(at + textLength(words[index]) + numbers + MARK.length, at + column)
      at += column
    }
    text += "\n"
  }
  return text
}

export const runSelect = async (shell: Shell, node: Ast.Select): Promise<number> => {
  const list = node.wordlist === undefined ? " \"$@\"" : node.wordlist.map(({ text }) => ` ${text}`).join("")
  await begins(shell, node, `select ${node.name.text} in${list}`)
  const words = node.wordlist === undefined ? shell.parameters : await expandWords(shell, node.wordlist)
  if (words.length === 0) return 0
  let status = 0
  let shows = true
  return inLoop(shell, async () => {
    for (;;) {
      if (shows) await shell.tell(menu(words, Number(shell.variables.get("COLUMNS")) || WIDTH))
      await shell.tell(await expandPrompt(shell, shell.variables.get("PS3") ?? "#? "))
      const line = await readChoice(shell)
      if (line === undefined) {
        await shell.write(1, "\n")
        return 1
      }
      shell.variables.set("REPLY", line)
      shows = line === ""
      if (shows) continue
      const choice = Number(line.trim())
      shell.variables.set(node.name.value, words[choice - 1] ?? "")
      status = await runList(shell, node.body.commands)
      if (!goesOn(shell)) return shell.flow === undefined ? status : shell.status
    }
  })
}
