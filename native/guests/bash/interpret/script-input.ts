/**
 * A script that comes through standard input. It is read line by line, up to the end of a command that is whole, and that
 * command is run before the next is read: what stands after it is the input of the commands, as for `read`.
 */
import { ShellFailure } from "../errors.ts"
import { MAX_TEXT } from "../limits.ts"
import type { Process } from "../processes/process.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText } from "../text.ts"
import { evaluateText } from "./evaluate.ts"
import { isEmpty, wholeCommand } from "./whole-command.ts"

/** A line with its end, byte by byte: nothing behind it is taken. Undefined at the end of the input. */
export const nextLine = async (shell: Shell, process: Process): Promise<string | undefined> => {
  const pieces: Array<Uint8Array> = []
  let size = 0
  for (;;) {
    const file = process.descriptors.get(0)
    const bytes = file?.peek(process)
    if (file !== undefined && bytes === undefined) {
      await file.readable(process)
      continue
    }
    if (file === undefined || bytes === undefined || bytes.length === 0) {
      // the end of a terminal's input is not the last
      if (file?.isTerminal === true) file.consume(0)
      break
    }
    const at = bytes.indexOf(10)
    const taken = bytes.slice(0, at < 0 ? bytes.length : at + 1)
    file.consume(taken.length)
    pieces.push(taken)
    size += taken.length
    if (size > MAX_TEXT) throw new ShellFailure("cannot allocate memory")
    if (at >= 0) break
    const pending = shell.machine.tick(process)
    if (pending !== undefined) await pending
  }
  return pieces.length === 0 ? undefined : decodeText(Buffer.concat(pieces)).replaceAll("\0", "")
}

/** Runs the script that standard input holds. */
export const runInput = async (shell: Shell): Promise<number> => {
  let line = 1
  for (;;) {
    const source = await wholeCommand(() => nextLine(shell, shell.process))
    if (source === undefined) return shell.status
    const before = shell.status
    const status = await evaluateText(shell, source, "main", line)
    // an empty line is no command
    shell.status = isEmpty(source) ? before : status
    line += source.split("\n").length - 1
    if (shell.flow !== undefined || shell.options.has("onecmd")) return shell.status
  }
}
