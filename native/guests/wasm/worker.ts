/**
 * Entry of the worker of one WebAssembly program: waits for it, makes it an instance whose only way out are the functions of
 * WASI, runs it to its end and says how it ended.
 */
import { WASI } from "@bjorn3/browser_wasi_shim"
import { setPriority } from "node:os"
import { parentPort } from "node:worker_threads"
import { SystemChannel } from "./channel.ts"
import { VmDirectory, VmFd } from "./descriptors.ts"
import { engine, type Module } from "./engine.ts"
import { installImports } from "./imports.ts"
import type { FromProgram, OwnProgram, ProgramStart } from "./protocol.ts"

/** Of the standard streams, and of the directory after them. */
const STANDARD = [0, 1, 2]
const BEGINNING = 3

/** How much a program gives way to the worker that serves it and must be able to end it: on Linux it is for this thread alone. */
const NICENESS = 10

/** Runs it to its end; gives its exit code. */
const runWasi = (channel: SystemChannel, module: Module, { argv, env, seed }: ProgramStart): number => {
  const fds = [...STANDARD.map((fd) => new VmFd(channel, fd)), new VmDirectory(channel, BEGINNING)]
  const program = new WASI(Array.from(argv), Array.from(env), fds)
  installImports(program, channel, seed)
  const instance = new engine.Instance(module, { wasi_snapshot_preview1: program.wasiImport })
  return program.start(instance as never) >>> 0
}

const runOwn = async (channel: SystemChannel, own: OwnProgram, { argv, env }: ProgramStart): Promise<number> => {
  // only those who run it load it
  const { compiled, runSqlite } = await import("../sqlite/main.ts")
  const module = own.module ?? await compiled(own.memory)
  if (own.module === undefined) parentPort!.postMessage({ op: "compiled", module } satisfies FromProgram)
  const variables = env.map((text): [string, string] => {
    const end = text.indexOf("=")
    return [text.slice(0, end), text.slice(end + 1)]
  })
  return runSqlite(module, channel, { argv, cwd: own.cwd, env: new Map(variables) })
}

const run = async (start: ProgramStart): Promise<void> => {
  const { answers, program } = start
  const channel = new SystemChannel(parentPort!, answers)
  try {
    const code = program.kind === "wasi"
      ? runWasi(channel, program.module, start)
      : await runOwn(channel, program, start)
    channel.end({ op: "exit", code })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    channel.end({ op: "trap", reason: reason.split("\n")[0] })
  }
}

if (process.platform === "linux") setPriority(NICENESS)
parentPort!.once("message", (start: ProgramStart) => void run(start))
