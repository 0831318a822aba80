/**
 * What `/proc` shows of a VM.
 */
import type { ProcSource } from "../filesystem/proc.ts"
import type { Vm } from "../vm.ts"
import { commandOf } from "./process.ts"

const VERSION = "Linux version 6.1.0 (effect-agent-os) #1 SMP"
/** A VM has one virtual processor, and what it is told of memory is not the host's business. */
const CPUS = 1
const MEMORY = 1024 * 1024 * 1024

export const procSource = (vm: Vm, now: () => bigint): ProcSource => ({
  version: VERSION,
  cpuCount: CPUS,
  startedAt: now(),
  now,
  memory: () => ({ total: MEMORY, free: MEMORY / 2 }),
  mounts: () => vm.filesystem.mounts(),
  pids: () => vm.processes.pids(),
  shows: (pid, viewer) => vm.processes.shows(pid, viewer),
  mayShow: (pid, viewer) => {
    if (!vm.processes.shows(pid, viewer)) vm.processes.mayInspect(viewer, "open", `/proc/${pid}`)
  },
  process: (pid) => {
    const process = vm.processes.find(pid)
    if (process === undefined) return undefined
    return {
      ...process,
      command: commandOf(process),
      state: states[process.state],
      descriptors: Array.from(
        { length: Math.min(process.descriptors, DESCRIPTORS_SHOWN) },
        (_, fd) => ({ fd, target: process.tty ?? `pipe:[${pid * 4 + fd}]` })
      )
    }
  }
})

const states = { running: "R", stopped: "T", zombie: "Z" } as const
/** Only the number of a process's descriptors is told: they are shown as if none was missing. */
const DESCRIPTORS_SHOWN = 256
