/** What an interactive shell makes of signals: an interrupt ends the command line, and the keyboard stops it never. */
import { joinGroup } from "../processes/groups.ts"
import { SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH } from "../processes/signals.ts"
import type { Shell } from "../state/shell.ts"
import type { Terminal } from "../terminal/terminal.ts"

/** What any interactive shell ignores, and what it hears itself. */
export const mindSignals = (shell: Shell, ignored: ReadonlyArray<number> = [SIGTERM, SIGQUIT]): void => {
  const { process } = shell
  for (const signal of ignored) {
    if (process.ignored.has(signal)) continue
    process.ignored.add(signal)
    shell.ownIgnored.add(signal)
  }
  for (const signal of [SIGINT, SIGWINCH]) {
    process.caught.add(signal)
    shell.ownCaught.add(signal)
  }
}

/** Takes the terminal, and begins job control. Gives what puts things back when the shell ends. */
export const beginControl = async (shell: Shell, terminal: Terminal): Promise<() => void> => {
  const { process } = shell
  // one that was started in the background waits until it is its turn
  while (terminal.isBackground(process)) await terminal.changed(process)
  const before = { foreground: terminal.foreground, group: process.group }
  if (process.group !== process.pid) joinGroup(process, process.pid)
  terminal.foreground = process.group
  mindSignals(shell, [SIGTERM, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU])
  shell.options.set("monitor", true)
  shell.jobControl = true
  return () => {
    if (terminal.foreground === process.group) terminal.foreground = before.foreground
  }
}

/** Tells the shell's variables how large the window is. */
export const noteSize = (shell: Shell, { columns, rows }: Terminal): void => {
  if (!shell.options.has("checkwinsize")) return
  if (shell.variables.get("COLUMNS") !== String(columns)) shell.variables.set("COLUMNS", String(columns))
  if (shell.variables.get("LINES") !== String(rows)) shell.variables.set("LINES", String(rows))
}
