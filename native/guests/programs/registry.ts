/** The programs by name. */
import { runShellProgram } from "../bash/interpret/nested.ts"
import type { Program } from "./program.ts"

const shell: Program = (context) => runShellProgram(context.exec, [context.name, ...context.args])

export const programs: ReadonlyMap<string, Program> = new Map(Object.entries<Program>({
  bash: shell,
  sh: shell
}))
