/** `time`. */
import type { Shell } from "../state/shell.ts"

const clock = (milliseconds: number, precision: number): string => {
  const seconds = milliseconds / 1000
  return `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(precision)}s`
}

/** `TIMEFORMAT` with `%R`, `%U`, `%S`, `%P` and their precisions. */
const formatted = (format: string, real: number): string =>
  format.replace(/%(%|[0-3]?l?[RUSP])/g, (_, code: string) => {
    if (code === "%") return "%"
    const precision = /^\d/.test(code) ? Number(code[0]) : 3
    const value = code.endsWith("R") ? real : 0
    if (code.endsWith("P")) return "0.00"
    return code.includes("l") ? clock(value, precision) : (value / 1000).toFixed(precision)
  })

export const timed = async (shell: Shell, posix: boolean, run: () => Promise<number>): Promise<number> => {
  const start = Date.now()
  const status = await run()
  const real = Date.now() - start
  if (posix) await shell.tell(`real ${(real / 1000).toFixed(2)}\nuser 0.00\nsys 0.00\n`)
  else {
    const format = shell.variables.get("TIMEFORMAT") ?? "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS"
    if (format !== "") await shell.tell(`${formatted(format, real)}\n`)
  }
  return status
}
