/** mkfifo. */
import { parseOptions } from "../options.ts"
import type { Program } from "../program.ts"
import { ProgramFailure } from "../program.ts"

export const mkfifo: Program = async (context) => {
  const line = parseOptions(context, { short: "m:Z", long: { "mode=": "m" } })
  const given = line.get("m")
  if (given !== undefined && !/^[0-7]{1,4}$/.test(given)) throw new ProgramFailure(`invalid mode '${given}'`)
  if (line.operands.length === 0) throw new ProgramFailure("missing operand\nTry 'mkfifo --help' for more information.")
  const mode = given === undefined ? 0o666 & ~context.exec.umask : Number.parseInt(given, 8)
  let status = 0
  for (const name of line.operands) {
    try {
      await context.sys("mkfifo", context.path(name), mode)
    } catch (error) {
      await context.complain(`cannot create fifo '${name}': ${context.reason(error)}`)
      status = 1
    }
  }
  return status
}
