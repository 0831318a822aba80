/**
 * What `/proc` shows of a VM.
 */
import type { ProcSource } from "../filesystem/proc.ts"
import type { Vm } from "../vm.ts"

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
  pids: () => Array.from(vm.processes.keys()),
  process: (pid) => {
    const process = vm.processes.get(pid)
    if (process === undefined) return undefined
    const { gid, shell, uid } = vm.spec.user
    return {
      pid,
      ppid: process.ppid,
      command: shell.slice(shell.lastIndexOf("/") + 1),
      argv: [shell, "-c", process.command, ...process.argv],
      env: process.env,
      cwd: process.cwd,
      uid,
      gid,
      state: "R",
      startedAt: process.startedAt,
      descriptors: [0, 1, 2].map((fd) => ({ fd, target: `pipe:[${pid * 4 + fd}]` }))
    }
  }
})
