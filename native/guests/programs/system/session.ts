/** setsid: a program in a session of its own. */
import { live } from "../../bash/interpret/fork.ts"
import { membersOf, startSession } from "../../bash/processes/groups.ts"
import { Process } from "../../bash/processes/process.ts"
import { exitStatus } from "../../bash/state/jobs.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { become } from "./become.ts"

const cannot = (name: string): string => `failed to execute ${name}`

const fork = async ({ exec, machine, process: parent }: ProgramContext, command: string): Promise<Process> => {
  if (!machine.hasRoom(parent)) await machine.room(parent)
  const { group, session } = parent
  const descriptors = parent.descriptors.copy()
  const process = new Process({ machine, pid: machine.allocatePid(), parent, group, session, command, descriptors })
  machine.enter(process)
  process.exec([command], exec.cwd)
  return process
}

export const setsid: Program = async (context) => {
  const line = parseOptions(context, { short: "cfw", long: { ctty: "c", fork: "f", wait: "w" }, strict: true })
  const argv = line.operands
  if (argv.length === 0) throw new ProgramFailure("no command specified\nTry 'setsid --help' for more information.")
  const { exec, machine, process } = context
  const leads = membersOf(machine.vm, process.pid).length > 0
  if (!leads && !line.has("f")) {
    const { terminal } = process.session
    startSession(process)
    if (line.has("c")) process.session.terminal = terminal
    return become(context, argv, cannot)
  }
  const child = await fork(context, argv.join(" "))
  startSession(child)
  void live(child, () => become(context, argv, cannot, { ...exec, process: child }))
  return line.has("w") ? exitStatus(await process.block(child.ended)) : 0
}
