/** The shell engine of our own, behind the seam of the shell worker. */
import type { CallSystem, GuestIdentity, ShellEngine, ShellProcess } from "../shell/engine.ts"
import { Killed } from "./errors.ts"
import { runNested } from "./interpret/nested.ts"
import { DescriptorTable } from "./io/descriptors.ts"
import { BytesFile } from "./io/devices.ts"
import { HostOutput, HostOutputs } from "./io/host-output.ts"
import { Machine } from "./machine.ts"
import { Process } from "./processes/process.ts"
import { ProgramPaths } from "./program-paths.ts"

const DEFAULT_UMASK = 0o022

/** Processes that hold neither output of a command are not waited for; they end with it. */
const finish = async (machine: Machine, outputs: HostOutputs, signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) {
    await Promise.race([
      outputs.whenClosed(),
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
    ])
  }
  const left = Array.from(machine.processes.values())
  machine.killAll()
  await Promise.all(left.map((process) => process.ended))
}

const run = async (
  call: CallSystem,
  identity: GuestIdentity,
  paths: ProgramPaths,
  request: ShellProcess
): Promise<{ readonly exitCode: number }> => {
  const outputs = new HostOutputs(request.write)
  const machine = new Machine(call, identity, request.pid, outputs, paths)
  const descriptors = new DescriptorTable([
    [0, new BytesFile(request.stdin, "pipe:[0]")],
    [1, new HostOutput(outputs, "stdout")],
    [2, new HostOutput(outputs, "stderr")]
  ])
  const process = new Process({
    machine,
    pid: request.pid,
    parent: undefined,
    group: request.pid,
    command: "bash",
    descriptors
  })
  machine.enter(process)
  const stop = () => machine.killAll()
  if (request.signal.aborted) stop()
  request.signal.addEventListener("abort", stop, { once: true })
  const env = new Map(Object.entries(request.env))
  let exitCode: number
  try {
    exitCode = await runNested({ machine, process, cwd: request.cwd, umask: DEFAULT_UMASK, env }, {
      kind: "command",
      name: "bash",
      source: request.command,
      parameters: request.argv
    })
  } catch (error) {
    if (!(error instanceof Killed)) throw error
    exitCode = 128 + error.signal
  } finally {
    await process.descriptors.closeAll().catch(() => {})
    process.end({ exitCode: 0, signal: undefined })
    await finish(machine, outputs, request.signal)
    if (!request.signal.aborted) await outputs.flush()
    request.signal.removeEventListener("abort", stop)
  }
  return { exitCode: exitCode & 0xff }
}

/** An engine that runs bash scripts as bash would. */
export const makeBash = (call: CallSystem, identity: GuestIdentity): ShellEngine => {
  const paths = new ProgramPaths()
  return { run: (request) => run(call, identity, paths, request) }
}
