/** The editor's settings of a shell: what its init file says when they are first needed, and then what `bind` makes of them. */
import { SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText } from "../text.ts"
import { InitParser } from "./init-file.ts"
import { type Readline, unchanged } from "./readline.ts"

/** Bytes of an init file. */
const MAX_SIZE = 1024 * 1024

const pathOf = (shell: Shell, name: string): string =>
  resolvePath(shell.cwd, name.replace(/^~(?=\/|$)/, shell.variables.get("HOME") ?? "/"))

/** Throws what the kernel says. */
const load = async (shell: Shell, name: string): Promise<string> => {
  const path = pathOf(shell, name)
  const { size, type } = await shell.process.block(shell.machine.sys("stat", path))
  if (type === "directory") throw new SystemCallError("EISDIR", "read", path)
  // what has no end is not read either
  if (type !== "file" && type !== "symlink") return ""
  if (size > MAX_SIZE) throw new SystemCallError("EFBIG", "read", path)
  return decodeText(await shell.process.block(shell.machine.sys("readFile", path)))
}

const read = async (shell: Shell, name: string): Promise<string | undefined> => {
  try {
    return await load(shell, name)
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    return undefined
  }
}

/** Has a parser change the settings, and tells what it says. `keymap`: where keys are bound that no `set keymap` is for. */
export const changeReadline = async (
  shell: Shell,
  by: (parser: InitParser) => Promise<unknown>,
  keymap?: string
): Promise<void> => {
  const facts = { terminal: shell.variables.get("TERM") ?? "dumb", read: (name: string) => read(shell, name) }
  const parser = new InitParser(shell.readline ?? unchanged, facts, keymap)
  await by(parser)
  shell.readline = parser.settings
  for (const message of parser.messages) await shell.tell(`${message}\n`)
}

/** Reads a file of settings; what the kernel says when it cannot be read. */
export const readInitFile = async (shell: Shell, name: string): Promise<string | undefined> => {
  try {
    await load(shell, name)
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    return error.reason
  }
  await changeReadline(shell, (parser) => parser.file(name))
  return undefined
}

/** The file of INPUTRC, or of the user, or of the system. */
export const readOwnInitFile = (shell: Shell): Promise<void> =>
  changeReadline(shell, async (parser) => {
    const given = shell.variables.get("INPUTRC") ?? ""
    if (given !== "") return parser.file(given)
    return await parser.file("~/.inputrc") || parser.file("/etc/inputrc")
  })

/** The settings, which are there from the first line or `bind` on. */
export const readlineOf = async (shell: Shell): Promise<Readline> => {
  if (shell.readline === undefined) {
    shell.readline = unchanged
    await readOwnInitFile(shell)
  }
  return shell.readline
}
