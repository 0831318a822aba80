/** Lines from a person: edited at a terminal, or as the terminal gives them. */
import { completeLine } from "../completion/complete.ts"
import { readlineOf } from "../editor/configuration.ts"
import { LineEditor, TimedOut } from "../editor/line-editor.ts"
import { withoutMarks } from "../editor/render.ts"
import { Discard, Exit, Interrupted } from "../errors.ts"
import { expandPrompt } from "../expand/prompt.ts"
import { jobNews } from "../interpret/notify.ts"
import { nextLine } from "../interpret/script-input.ts"
import { forgetInterrupt, runPendingTraps } from "../interpret/traps.ts"
import type { Timer } from "../machine.ts"
import { SIGINT } from "../processes/signals.ts"
import type { Shell } from "../state/shell.ts"
import { TerminalFile } from "../terminal/terminal-file.ts"

/** Whether lines are edited: not where the terminal cannot move its cursor. */
export const isEdited = (shell: Shell): boolean => {
  const term = shell.variables.get("TERM")
  return term !== undefined && term !== "" && term !== "dumb" &&
    (shell.options.has("emacs") || shell.options.has("vi"))
}

/** A time after which a shell that nobody types to ends. */
const patience = (shell: Shell): { readonly timer: Timer; readonly isOver: () => boolean } | undefined => {
  const seconds = Number(shell.variables.get("TMOUT") ?? 0)
  if (!(seconds > 0) || seconds > 2 ** 31 / 1000) return undefined
  const timer = shell.machine.timer(shell.process, seconds * 1000)
  let over = false
  void timer.done.then(() => {
    over = true
    shell.process.interrupt()
  }, () => {})
  return { timer, isOver: () => over }
}

/** An interrupt gives the whole command up, whatever its trap did. */
const givenUp = (error: unknown): unknown =>
  error instanceof Interrupted && error.signal === SIGINT ? new Discard(128 + SIGINT, true) : error

const plainLine = async (
  shell: Shell,
  prompt: string,
  isOver: (() => boolean) | undefined
): Promise<string | undefined> => {
  await shell.tell(withoutMarks(prompt))
  const isTyped = shell.process.descriptors.get(0)?.isTerminal === true
  const echoes = !isTyped && (shell.options.has("emacs") || shell.options.has("vi"))
  for (;;) {
    try {
      const line = await nextLine(shell, shell.process)
      // what no terminal has echoed, the editor shows
      if (line !== undefined && echoes) await shell.tell(line.endsWith("\n") ? line : `${line}\n`)
      return line
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
      if (error.signal === SIGINT) {
        await shell.tell("\n")
        forgetInterrupt(shell)
      }
      await runPendingTraps(shell)
      if (error.signal === SIGINT) throw error
      if (isOver?.() === true) throw new TimedOut()
    }
  }
}

const editedLine = async (
  shell: Shell,
  file: TerminalFile,
  prompt: string,
  isOver: (() => boolean) | undefined
): Promise<string | undefined> => {
  await readlineOf(shell)
  const editor = new LineEditor(shell, file, {
    prompt,
    history: shell.history.lines(),
    complete: (text, cursor, lists, columns) => completeLine(shell, text, cursor, lists, columns),
    isOver,
    news: () => shell.options.has("notify") && shell.jobs.hasNews ? jobNews(shell) || undefined : undefined
  })
  shell.jobs.onNews = () => shell.process.interrupt()
  try {
    const line = await editor.read()
    return line === undefined ? undefined : `${line}\n`
  } finally {
    shell.jobs.onNews = undefined
  }
}

/** A line with its end; undefined at the end of the input. */
export const readLine = async (shell: Shell, variable: "PS1" | "PS2"): Promise<string | undefined> => {
  const prompt = await expandPrompt(shell, shell.variables.get(variable) ?? "", true)
  const file = shell.process.descriptors.get(0)
  const waits = variable === "PS1" ? patience(shell) : undefined
  try {
    return file instanceof TerminalFile && isEdited(shell)
      ? await editedLine(shell, file, prompt, waits?.isOver)
      : await plainLine(shell, prompt, waits?.isOver)
  } catch (error) {
    if (!(error instanceof TimedOut)) throw givenUp(error)
    await shell.tell("\x07timed out waiting for input: auto-logout\n")
    throw new Exit(shell.status)
  } finally {
    waits?.timer.cancel()
  }
}
