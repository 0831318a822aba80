/** A program that becomes another, in its own process. */
import type { ExecContext } from "../../bash/interpret/external.ts"
import { findProgram, fits, runFound, TOO_LONG } from "../../bash/interpret/external.ts"
import type { ProgramContext } from "../program.ts"

/** Runs a command in the program's place; a message in the program's name when there is none to run. */
export const become = async (
  context: ProgramContext,
  argv: ReadonlyArray<string>,
  complaint: (name: string) => string,
  exec: ExecContext = context.exec
): Promise<number> => {
  const found = await findProgram(exec, argv[0], exec.env.get("PATH"))
  const why = found.kind !== "missing"
    ? fits(exec, argv) ? undefined : TOO_LONG
    : found.status === 127
    ? "No such file or directory"
    : "Permission denied"
  if (found.kind !== "missing" && why === undefined) return runFound(exec, found, argv)
  await context.complain(`${complaint(argv[0])}: ${why}`)
  return found.kind === "missing" ? found.status : 126
}
