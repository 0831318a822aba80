/** The shell engine of our own, behind the seam of the shell worker. */
import type { GuestIdentity, GuestSystem, ShellEngine, ShellProcess, ShellStatus } from "../shell/engine.ts"
import { Killed } from "./errors.ts"
import { runNested } from "./interpret/nested.ts"
import { DescriptorTable } from "./io/descriptors.ts"
import { BytesFile } from "./io/devices.ts"
import { HostInput } from "./io/host-input.ts"
import { HostOutput, HostOutputs } from "./io/host-output.ts"
import { END, type OpenFile } from "./io/open-file.ts"
import { Machine } from "./machine.ts"
import { Process } from "./processes/process.ts"
import { Session } from "./processes/session.ts"
import { nameOf, signalNumber } from "./processes/signals.ts"
import { Terminal } from "./terminal/terminal.ts"
import { VmState } from "./vm-state.ts"

const DEFAULT_UMASK = 0o022

/** Waits until nobody holds the outputs; processes that do not, live on. When all are to end, until they have. */
const finish = async (
  machine: Machine,
  outputs: HostOutputs,
  signal: AbortSignal,
  status: ShellStatus
): Promise<void> => {
  if (!signal.aborted) {
    await Promise.race([
      outputs.whenClosed(),
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
    ])
  }
  if (signal.aborted) await Promise.all(Array.from(machine.processes.values()).map((process) => process.ended))
  else {
    const flushed = outputs.flush()
    // What a killed process had under way may have no reader.
    if (status.signal === undefined) await flushed
  }
}

/** Runs the script in its process; gives what ended it. */
const runMain = async (machine: Machine, process: Process, request: ShellProcess): Promise<ShellStatus> => {
  const env = new Map(Object.entries(request.env))
  let status: ShellStatus = { exitCode: 70, signal: undefined }
  try {
    const exitCode = await runNested({ machine, process, cwd: request.cwd, umask: DEFAULT_UMASK, env }, {
      kind: "command",
      name: "bash",
      source: request.command,
      parameters: request.argv,
      session: request.session
    })
    status = { exitCode: exitCode & 0xff, signal: undefined }
  } catch (error) {
    if (!(error instanceof Killed)) throw error
    status = { exitCode: 128 + error.signal, signal: nameOf(error.signal) }
  } finally {
    await process.descriptors.closeAll().catch(() => {})
    process.end({ exitCode: status.exitCode, signal: signalNumber(status.signal ?? "") })
  }
  return status
}

const descriptorsOf = (
  { stdin }: ShellProcess,
  outputs: HostOutputs,
  terminal: Terminal | undefined
): ReadonlyArray<readonly [number, OpenFile]> => {
  if (terminal !== undefined) {
    const file = terminal.open()
    return [[0, file], [1, file.retain()], [2, file.retain()]]
  }
  return [
    [0, stdin === undefined ? new BytesFile(END, "/dev/null") : new HostInput(stdin)],
    [1, new HostOutput(outputs, "stdout")],
    [2, new HostOutput(outputs, "stderr")]
  ]
}

const run = async (
  system: GuestSystem,
  identity: GuestIdentity,
  vm: VmState,
  request: ShellProcess
): Promise<ShellStatus> => {
  const { pid } = request
  const outputs = new HostOutputs(request.write)
  const machine = new Machine(system, identity, pid, outputs, vm)
  const terminal = request.terminal && new Terminal(vm, request.terminal, outputs, pid)
  const descriptors = new DescriptorTable(descriptorsOf(request, outputs, terminal))
  const session = new Session(pid, terminal)
  const process = new Process({ machine, pid, parent: undefined, group: pid, session, command: "bash", descriptors })
  machine.enter(process)
  const stop = () => machine.killAll()
  request.signal.addEventListener("abort", stop, { once: true })
  if (request.signal.aborted) stop()
  const status = await runMain(machine, process, request)
  await finish(machine, outputs, request.signal, status)
  request.signal.removeEventListener("abort", stop)
  return status
}

/** An engine that runs bash scripts as bash would. */
export const makeBash = (system: GuestSystem, identity: GuestIdentity): ShellEngine => {
  const vm = new VmState()
  return {
    run: (request) => run(system, identity, vm, request),
    signal: (scope, id, signal) => {
      const number = signalNumber(signal) ?? 0
      for (const process of Array.from(vm.processes.values())) {
        const isMeant = scope === "process"
          ? process.pid === id
          : scope === "group"
          ? process.group === id
          : process.machine.hostPid === id
        if (isMeant) process.signal(number)
      }
    }
  }
}
