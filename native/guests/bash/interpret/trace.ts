/** `set -x`. */
import { expandPrompt } from "../expand/prompt.ts"
import type { Shell } from "../state/shell.ts"

export const trace = async (shell: Shell, text: string): Promise<void> => {
  const { status } = shell
  shell.options.set("xtrace", false)
  try {
    const prompt = await expandPrompt(shell, shell.variables.get("PS4") ?? "+ ")
    const level = Math.min(shell.evaluationDepth, 100)
    const first = Array.from(prompt)[0] ?? ""
    const fd = Number(shell.variables.get("BASH_XTRACEFD") ?? "2")
    const line = `${level > 1 ? first.repeat(level - 1) : ""}${prompt}${text}\n`
    if (fd === 2) await shell.tell(line)
    else await shell.write(fd, line)
  } finally {
    shell.options.set("xtrace", true)
    shell.status = status
  }
}
