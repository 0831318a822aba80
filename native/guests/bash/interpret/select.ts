/** `select`. */
import type * as Ast from "unbash"
import { readLine } from "../builtins/read-line.ts"
import { expandWords } from "../expand/expand.ts"
import { expandPrompt } from "../expand/prompt.ts"
import type { Shell } from "../state/shell.ts"
import { textLength } from "../text.ts"
import { goesOn, inLoop } from "./compound.ts"
import { runList } from "./run.ts"

const WIDTH = 80

/** The choices in columns, downwards, as wide as the terminal. */
const menu = (words: ReadonlyArray<string>): string => {
  const digits = String(words.length).length
  const widest = Math.max(...words.map(textLength))
  const column = digits + 2 + widest + 2
  const columns = Math.min(words.length, Math.max(1, Math.floor(WIDTH / column)))
  const rows = Math.ceil(words.length / columns)
  if (Math.ceil(words.length / rows) <= 1 || words.length <= 1) {
    return words.map((word, index) => `${String(index + 1).padStart(digits)}) ${word}\n`).join("")
  }
  let text = ""
  for (let row = 0; row < rows; row++) {
    for (let index = row; index < words.length; index += rows) {
      const item = `${String(index + 1).padStart(digits)}) ${words[index]}`
      text += index + rows < words.length ? item + " ".repeat(column - textLength(item)) : item
    }
    text += "\n"
  }
  return text
}

export const runSelect = async (shell: Shell, node: Ast.Select): Promise<number> => {
  const words = node.wordlist === undefined ? shell.parameters : await expandWords(shell, node.wordlist)
  if (words.length === 0) return 0
  let status = 0
  let shows = true
  return inLoop(shell, async () => {
    for (;;) {
      if (shows) await shell.tell(menu(words))
      await shell.tell(await expandPrompt(shell, shell.variables.get("PS3") ?? "#? "))
      const line = await readLine(shell.process.descriptors.require(0), shell.process, "\n")
      if (line.text === "" && line.ended) {
        await shell.write(1, "\n")
        return 1
      }
      shell.variables.set("REPLY", line.text)
      shows = line.text === ""
      if (shows) continue
      const choice = Number(line.text.trim())
      shell.variables.set(node.name.value, words[choice - 1] ?? "")
      status = await runList(shell, node.body.commands)
      if (!goesOn(shell)) return shell.flow === undefined ? status : shell.status
    }
  })
}
