/**
 * Runs a WebAssembly program in a process: in a worker of its own, which this one serves until the program ends or the
 * process is killed. Then the worker is ended at once, whatever it does.
 */
import { Interrupted } from "../bash/errors.ts"
import type { ExecContext } from "../bash/interpret/external.ts"
import { isErrno, SystemCallError } from "../shell/client.ts"
import { ProgramCalls } from "./calls.ts"
import type { Module } from "./engine.ts"
import { Unrunnable } from "./memory-limit.ts"
import { moduleAt } from "./modules.ts"
import { wasiNames } from "./names.ts"
import type { OwnProgram, WasiProgram } from "./protocol.ts"
import { ProgramThread } from "./thread.ts"
import { prepareWorker, ticket } from "./workers.ts"

/** Programs of one VM that run at one time, those included whose worker is about to end. */
export const MAX_PROGRAMS = 16

/** What SQLite counts for among the programs that are kept. */
const SQLITE_BYTES = 1024 * 1024
const CANNOT_EXECUTE = 126
/** As if ended by SIGABRT, which is what other runtimes make of a trap. */
const TRAPPED = 134

const say = async ({ process }: ExecContext, text: string): Promise<void> => {
  const pending = process.descriptors.get(2)?.write(process, Buffer.from(`${text}\n`))
  if (pending !== undefined) await pending
}

/**
 * Runs what is at a path, and gives its exit code; undefined for a file that is no WebAssembly program that the host has
 * put there.
 */
export const runSoftware = async (
  context: ExecContext,
  path: string,
  argv: ReadonlyArray<string>
): Promise<number | undefined> => {
  let module: Module | undefined
  try {
    module = await moduleAt(context, path, (name) => wasiNames.has(name))
  } catch (error) {
    const problem = problemOf(error)
    if (problem === undefined) throw error
    await say(context, `bash: ${argv[0]}: ${problem}`)
    return CANNOT_EXECUTE
  }
  if (module === undefined) return undefined
  return start(context, { kind: "wasi", module }, argv)
}

/** What SQLite is kept under once it is compiled. No file has such a key. */
const SQLITE = "sqlite3"

/** Runs SQLite, in a worker of its own like the programs of others: a query may go on for ever. */
export const runSqlite = (context: ExecContext, argv: ReadonlyArray<string>): Promise<number> => {
  const { cwd, machine } = context
  const module = machine.vm.modules.get(SQLITE)
  return start(context, { kind: "sqlite3", cwd, memory: machine.identity.wasmMemoryBytes, module }, argv)
}

const start = async (
  context: ExecContext,
  program: WasiProgram | OwnProgram,
  argv: ReadonlyArray<string>
): Promise<number> => {
  if (await hasRoom(context)) return runProgram(context, program, argv)
  await say(context, `bash: ${argv[0]}: Resource temporarily unavailable: ${MAX_PROGRAMS} WebAssembly programs run`)
  return CANNOT_EXECUTE
}

/** Why a file cannot be executed; undefined for what ends the process. */
const problemOf = (error: unknown): string | undefined =>
  error instanceof Unrunnable
    ? `cannot execute binary file: ${error.message}`
    : error instanceof SystemCallError && !isErrno(error, "ECANCELED")
    ? error.reason
    : undefined

/** Whether one more may run. Those that have ended are waited for until their workers are gone. */
const hasRoom = async ({ machine, process }: ExecContext): Promise<boolean> => {
  const { programs } = machine.vm
  while (programs.size >= MAX_PROGRAMS) {
    const ending = Array.from(programs).filter(({ isEnding }) => isEnding)
    if (ending.length === 0) return false
    await process.block(oneGone(ending))
  }
  return true
}

/** Resolves when one of them is gone, in its turn. */
const oneGone = (ending: ReadonlyArray<ProgramThread>): Promise<void> =>
  new Promise((resolve) => {
    const { redeem } = ticket()
    void Promise.race(ending.map(({ gone }) => gone)).then(() => redeem(resolve))
  })

const runProgram = async (
  context: ExecContext,
  program: WasiProgram | OwnProgram,
  argv: ReadonlyArray<string>
): Promise<number> => {
  const { env, machine } = context
  const { programs } = machine.vm
  const thread = new ProgramThread({
    program,
    argv,
    env: Array.from(env, ([name, value]) => `${name}=${value}`),
    seed: crypto.getRandomValues(new Uint8Array(32))
  })
  programs.add(thread)
  void thread.gone.then(() => programs.delete(thread))
  try {
    return await serve(context, thread, argv)
  } finally {
    thread.end()
    // one that begins is not to be held up
    if (Array.from(programs).every(({ hasBegun, isEnding }) => hasBegun || isEnding)) prepareWorker()
  }
}

/** Answers what the program asks, until it ends. */
const serve = async (context: ExecContext, thread: ProgramThread, argv: ReadonlyArray<string>): Promise<number> => {
  const { process } = context
  const name = argv[0].slice(argv[0].lastIndexOf("/") + 1)
  const calls = new ProgramCalls(context, argv)
  for (;;) {
    const event = await process.block(thread.next())
    switch (event.op) {
      case "exit":
        return event.code
      case "compiled":
        context.machine.vm.modules.add(SQLITE, event.module, SQLITE_BYTES)
        break
      case "trap":
        await say(context, `${name}: ${event.reason}`)
        return TRAPPED
      case "died":
        await say(context, `${name}: killed: ${event.reason}`)
        return TRAPPED
      default:
        try {
          thread.answer(await calls.perform(event))
        } catch (error) {
          const errno = faultOf(error)
          if (errno === undefined) throw error
          thread.fault(errno)
        }
    }
  }
}

/** The error number that a request fails with; undefined for what ends the process. */
const faultOf = (error: unknown): string | undefined =>
  error instanceof Interrupted
    ? "EINTR"
    : error instanceof SystemCallError && !isErrno(error, "ECANCELED")
    ? error.code
    : undefined
