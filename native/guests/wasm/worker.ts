/**
 * Entry of the worker of one WebAssembly program: waits for it, makes it an instance whose only way out are the functions of
 * WASI, runs it to its end and says how it ended.
 */
import { WASI } from "@bjorn3/browser_wasi_shim"
import { setPriority } from "node:os"
import { parentPort } from "node:worker_threads"
import { SystemChannel } from "./channel.ts"
import { VmDirectory, VmFd } from "./descriptors.ts"
import { engine } from "./engine.ts"
import { installImports } from "./imports.ts"
import type { ProgramStart } from "./protocol.ts"

/** Of the standard streams, and of the directory after them. */
const STANDARD = [0, 1, 2]
const BEGINNING = 3

/** How much a program gives way to the worker that serves it and must be able to end it: on Linux it is for this thread alone. */
const NICENESS = 10

const run = ({ answers, argv, env, module, seed }: ProgramStart): void => {
  const channel = new SystemChannel(parentPort!, answers)
  const fds = [...STANDARD.map((fd) => new VmFd(channel, fd)), new VmDirectory(channel, BEGINNING)]
  const program = new WASI(Array.from(argv), Array.from(env), fds)
  installImports(program, channel, seed)
  try {
    const instance = new engine.Instance(module, { wasi_snapshot_preview1: program.wasiImport })
    const code = program.start(instance as never)
    channel.end({ op: "exit", code: code >>> 0 })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    channel.end({ op: "trap", reason: reason.split("\n")[0] })
  }
}

if (process.platform === "linux") setPriority(NICENESS)
parentPort!.once("message", run)
