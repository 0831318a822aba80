/** Process groups and sessions: who is in which, who may change it, and what becomes of a group that nobody looks after. */
import { SystemCallError } from "../../shell/client.ts"
import type { VmState } from "../vm-state.ts"
import type { Process } from "./process.ts"
import { Session } from "./session.ts"
import { SIGCONT, SIGHUP } from "./signals.ts"

export const membersOf = (vm: VmState, group: number): Array<Process> =>
  Array.from(vm.processes.values()).filter((process) => process.group === group)

/** Sends a signal to a group; gives whether there was anybody. */
export const signalGroup = (vm: VmState, group: number, signal: number): boolean => {
  const members = membersOf(vm, group)
  for (const member of members) member.signal(signal)
  return members.length > 0
}

const isLookedAfter = (member: Process): boolean => {
  const { parent } = member
  return parent !== undefined && parent.status === undefined && parent.group !== member.group &&
    parent.session === member.session
}

/** Whether nobody of the session outside the group could continue it: its processes then cannot be stopped by keys. */
export const isOrphaned = (vm: VmState, group: number): boolean => !membersOf(vm, group).some(isLookedAfter)

/** After the end of a process: groups that it looked after, and that are stopped, are hung up and continued. */
export const releaseOrphans = (vm: VmState, ended: Process): void => {
  const groups = new Set<number>()
  // its own, if it was one by whom the group was looked after, and those of its children
  const wasLink = isLookedAfter(ended)
  for (const each of vm.processes.values()) {
    if (!each.stopped || each.session !== ended.session) continue
    if (each.group === ended.group) {
      if (wasLink) groups.add(each.group)
    } else if (membersOf(vm, each.group).some(({ parent }) => parent === ended)) groups.add(each.group)
  }
  for (const group of groups) {
    if (!isOrphaned(vm, group)) continue
    signalGroup(vm, group, SIGHUP)
    signalGroup(vm, group, SIGCONT)
  }
}

/** setpgid(2): into a group of its own, or one of its session. */
export const joinGroup = (process: Process, group: number): void => {
  if (process.group === group) return
  const refuse = () => {
    throw new SystemCallError("EPERM", "setpgid", undefined)
  }
  if (process.session.id === process.pid) refuse()
  if (group !== process.pid) {
    const [member] = membersOf(process.machine.vm, group)
    if (member === undefined || member.session !== process.session) refuse()
  }
  process.group = group
  process.machine.notify({ _tag: "group", pid: process.pid, pgid: group })
}

/** setsid(2): a session and a group of its own, without a terminal. The leader of a group may not. */
export const startSession = (process: Process): void => {
  if (membersOf(process.machine.vm, process.pid).length > 0) throw new SystemCallError("EPERM", "setsid", undefined)
  process.group = process.pid
  process.session = new Session(process.pid)
  process.machine.notify({ _tag: "session", pid: process.pid })
}
