/** Commands of several lines in the history. */
import type { Shell } from "../state/shell.ts"

/** A command of several lines is one of the history: on one line where it can be. */
export const joined = (shell: Shell, before: string, line: string): string => {
  if (!shell.options.has("cmdhist") || shell.options.has("lithist")) return `${before}\n${line}`
  if (/<<-?\s*\S/.test(before) || /(?:^|\s)#[^\n'"]*$/.test(before) || hasOpenQuote(before)) return `${before}\n${line}`
  if (before.endsWith("\\")) return before.slice(0, -1) + line
  const opens = /(?:^|[\s;|&(])(?:do|then|else|elif|\{|\(|in|while|until|if|!|time)\s*$|(?:&&|\|\|?|;;?|[({&])\s*$/
  return opens.test(before) ? `${before} ${line}` : `${before}; ${line}`
}

/** Whether the text ends inside quotes. */
export const hasOpenQuote = (text: string): boolean => {
  let quote = ""
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === "\\" && quote !== "'") at++
    else if (quote === "") { if (char === "'" || char === "\"" || char === "`") quote = char }
    else if (char === quote) quote = ""
  }
  return quote !== ""
}
