/** A shell that somebody types to: a prompt, a command, what it does, and the next prompt. Errors end the command only. */
import { SystemCallError } from "../../shell/client.ts"
import { Discard, Interrupted, ShellFailure } from "../errors.ts"
import { expandPrompt } from "../expand/prompt.ts"
import { expandHistory } from "../history/expansion.ts"
import { beginHistory } from "../history/file.ts"
import { hasOpenQuote, joined } from "../history/joining.ts"
import { historyRules, historySize } from "../history/settings.ts"
import { evaluateText } from "../interpret/evaluate.ts"
import { notifyJobs } from "../interpret/notify.ts"
import { runPendingTraps } from "../interpret/traps.ts"
import { isEmpty, wholeCommand } from "../interpret/whole-command.ts"
import type { Shell } from "../state/shell.ts"
import { IndexedArray } from "../state/values.ts"
import type { Terminal } from "../terminal/terminal.ts"
import { mayLeave, withFarewell } from "./leave.ts"
import { readLine } from "./lines.ts"
import { noteSize } from "./signals.ts"

/** Ends of input in a row that `set -o ignoreeof` bears. */
const IGNORED_ENDS = 10

/** Runs something for its effects; whatever it comes to, the shell goes on. A status unless it ends the shell. */
const guarded = async (shell: Shell, run: () => Promise<number>): Promise<number> => {
  const { calls, file, name, parameters, prefix, process, unit } = shell
  try {
    return await run()
  } catch (error) {
    // what was interrupted half way has left nothing behind
    Object.assign(shell, { calls, file, name, parameters, prefix, process, unit })
    Object.assign(shell, { conditionDepth: 0, evaluationDepth: 0, loopDepth: 0, sourceDepth: 0, trapDepth: 0 })
    shell.runningTrap = false
    shell.keepsRedirections = false
    return failed(shell, error)
  } finally {
    shell.flow = undefined
    shell.isTail = false
  }
}

const failed = async (shell: Shell, error: unknown): Promise<number> => {
  if (error instanceof Discard) return error.status
  if (error instanceof Interrupted) return 128 + error.signal
  if (error instanceof ShellFailure) {
    await shell.complain(error.message)
    return error.exitStatus ?? 1
  }
  if (error instanceof RangeError) {
    await shell.complain("maximum nesting exceeded")
    return 1
  }
  if (error instanceof SystemCallError && error.code !== "ECANCELED") {
    await shell.complain(error.reason)
    return 1
  }
  throw error
}

/** PROMPT_COMMAND, or each of its elements. The status stays what it was. */
const runPromptCommand = async (shell: Shell): Promise<void> => {
  const value = shell.variables.find("PROMPT_COMMAND")?.value
  const commands = value instanceof IndexedArray ? value.values() : typeof value === "string" ? [value] : []
  const { lastArgument, pipeStatus, status } = shell
  for (const command of commands) {
    if (command === "") continue
    await guarded(shell, () => evaluateText(shell, command, "eval"))
    Object.assign(shell, { lastArgument, pipeStatus, status })
  }
}

/** What is done before each prompt. */
const beforePrompt = async (shell: Shell, terminal: Terminal | undefined): Promise<void> => {
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
  if (shell.jobs.hasNews) await notifyJobs(shell)
  if (terminal !== undefined) noteSize(shell, terminal)
  await runPromptCommand(shell)
}

/** `!` and `^` expanded; undefined for what is only shown, or names nothing. */
const expanded = async (shell: Shell, line: string): Promise<string | undefined> => {
  const { conversation, history } = shell
  if (conversation === undefined || !shell.options.has("histexpand")) return line
  const events = { lines: history.lines(), base: history.base, extglob: shell.options.has("extglob") }
  const expansion = expandHistory(line.slice(0, -1), events, conversation.expansion)
  switch (expansion._tag) {
    case "same":
      return line
    case "failed":
      await shell.complain(expansion.message)
      return undefined
    case "expanded":
      await shell.tell(`${expansion.text}\n`)
      if (!expansion.prints) return `${expansion.text}\n`
      remember(shell, expansion.text)
      return undefined
  }
}

const remember = (shell: Shell, line: string): boolean => {
  if (!shell.options.has("history") || line === "") return false
  return shell.history.enter(line, Math.floor(Date.now() / 1000), historyRules(shell), historySize(shell))
}

/** Reads a command, of as many lines as it takes; undefined at the end of the input. */
const readCommand = async (shell: Shell): Promise<string | undefined> => {
  let kept: string | undefined
  let isFirst = true
  return wholeCommand(async () => {
    const given = await readLine(shell, isFirst ? "PS1" : "PS2")
    if (given === undefined) return undefined
    const line = await expanded(shell, given)
    // nothing of it is run
    if (line === undefined) throw new Discard(1, true)
    const text = line.endsWith("\n") ? line.slice(0, -1) : line
    if (isFirst) {
      isFirst = false
      if (remember(shell, text)) kept = text
    } else if (kept !== undefined && (text !== "" || hasOpenQuote(kept))) {
      kept = joined(shell, kept, text)
      shell.history.replaceLast(kept)
    }
    return line
  })
}

/** The end of the input at a prompt: the shell ends, unless that is not meant. */
const ends = async (shell: Shell): Promise<boolean> => {
  const conversation = shell.conversation!
  if (shell.options.has("ignoreeof")) {
    const given = shell.variables.get("IGNOREEOF") ?? ""
    const most = /^\d+$/.test(given) ? Number(given) : IGNORED_ENDS
    if (conversation.ends++ < most) {
      await shell.tell(`Use "${shell.options.has("login_shell") ? "logout" : "exit"}" to leave the shell.\n`)
      return false
    }
  }
  await shell.tell(`${shell.options.has("login_shell") ? "logout" : "exit"}\n`)
  return mayLeave(shell)
}

const runCommand = async (shell: Shell, source: string): Promise<void> => {
  const conversation = shell.conversation!
  conversation.ends = 0
  if (isEmpty(source)) return
  conversation.commands++
  const ps0 = shell.variables.get("PS0")
  if (ps0 !== undefined && ps0 !== "") await shell.tell(await expandPrompt(shell, ps0))
  shell.status = await guarded(shell, () => evaluateText(shell, source, "main"))
  // to look at the jobs before one leaves them is no other command
  if (/^\s*jobs\b[^;&|]*$/.test(source)) conversation.warnedAt = conversation.commands
}

const converse = async (shell: Shell, terminal: Terminal | undefined): Promise<number> => {
  const conversation = shell.conversation!
  for (;;) {
    let source: string | undefined
    let isOver = false
    const interrupted = await guarded(shell, async () => {
      await beforePrompt(shell, terminal)
      source = await readCommand(shell)
      isOver = source === undefined
      return -1
    })
    if (interrupted >= 0) shell.status = interrupted
    else if (isOver) {
      conversation.commands++
      if (await ends(shell)) return shell.status
    } else if (source !== undefined) await runCommand(shell, source)
    if (shell.options.has("onecmd")) return shell.status
  }
}

/** Talks to whoever is at the terminal, to the end of the input. */
export const runInteractive = (shell: Shell, terminal: Terminal | undefined): Promise<number> =>
  withFarewell(shell, async () => {
    await beginHistory(shell)
    return converse(shell, terminal)
  })
