/** Runs a program in a process, with what it fails with turned into a message and an exit code. */
import { RedirectFailure } from "../bash/errors.ts"
import type { ExecContext } from "../bash/interpret/external.ts"
import { findProgram, fits, runFound, TOO_LONG } from "../bash/interpret/external.ts"
import { live } from "../bash/interpret/fork.ts"
import { Process } from "../bash/processes/process.ts"
import { exitStatus } from "../bash/state/jobs.ts"
import { SystemCallError } from "../shell/client.ts"
import type { ExecOptions, Program } from "./program.ts"
import { Informed, ProgramContext, ProgramFailure } from "./program.ts"

const starter =
  (context: ExecContext, name: string, flush: () => Promise<void>) =>
  async (argv: ReadonlyArray<string>, options: ExecOptions = {}): Promise<number> => {
    await flush()
    const { machine, process: parent } = context
    if (!machine.hasRoom(parent)) await machine.room(parent)
    const descriptors = parent.descriptors.copy()
    if (options.stdin !== undefined) void descriptors.set(0, options.stdin)
    if (options.stdout !== undefined) void descriptors.set(1, options.stdout)
    const process = new Process({
      machine,
      pid: machine.allocatePid(),
      parent,
      group: parent.group,
      session: parent.session,
      command: argv.join(" "),
      descriptors
    })
    machine.enter(process)
    const own: ExecContext = {
      machine,
      process,
      cwd: options.cwd ?? context.cwd,
      umask: context.umask,
      env: options.env ?? context.env
    }
    let missing: number | undefined
    void live(process, async () => {
      const found = await findProgram(own, argv[0], own.env.get("PATH"))
      if (found.kind !== "missing") {
        if (fits(own, argv)) return runFound(own, found, argv)
        await process.descriptors.get(2)?.write(process, Buffer.from(`${name}: ${argv[0]}: ${TOO_LONG}\n`))
        return 126
      }
      missing = found.status
      return found.status
    })
    try {
      const status = await parent.block(process.ended)
      options.onEnd?.(status)
      return missing === undefined ? exitStatus(status) : -missing
    } catch (error) {
      process.signal(parent.killedBy ?? 15)
      throw error
    }
  }

export const runProgram = async (exec: ExecContext, program: Program, argv: ReadonlyArray<string>): Promise<number> => {
  const name = argv[0].slice(argv[0].lastIndexOf("/") + 1)
  const context: ProgramContext = new ProgramContext(
    exec,
    name,
    argv.slice(1),
    starter(exec, name, () => context.stdout.flush())
  )
  try {
    return await statusOf(context, program)
  } finally {
    await context.close()
  }
}

const statusOf = async (context: ProgramContext, program: Program): Promise<number> => {
  let status: number
  try {
    status = await program(context)
  } catch (error) {
    if (error instanceof Informed) {
      const { describe } = await import("./usage.ts")
      await context.stdout.write(describe(context.name, error))
      status = 0
    } else if (error instanceof ProgramFailure) {
      if (error.message !== "") await context.complain(error.message)
      status = error.status
    } else if (error instanceof RedirectFailure) {
      await context.complain(error.message)
      status = 1
    } else if (error instanceof SystemCallError && error.code !== "ECANCELED") {
      return failedWrite(context, error)
    } else throw error
  }
  try {
    await context.stdout.flush()
    await context.stderr.flush()
  } catch (error) {
    if (error instanceof SystemCallError && error.code !== "ECANCELED") return failedWrite(context, error)
    throw error
  }
  return status
}

const failedWrite = async (context: ProgramContext, error: SystemCallError): Promise<number> => {
  const text = `${context.name}: write error: ${error.reason}\n`
  const file = context.process.descriptors.get(2)
  try {
    await file?.write(context.process, Buffer.from(text))
  } catch (again) {
    if (!(again instanceof SystemCallError)) throw again
  }
  return 1
}
