/** The size that files of a process may have (`ulimit -f`), where a file is changed by its path. */
import type { SystemCallName, SystemCalls } from "../../protocol.ts"
import { SystemCallError } from "../../shell/client.ts"
import type { Machine } from "../machine.ts"
import type { Process } from "../processes/process.ts"
import { SIGXFSZ } from "../processes/signals.ts"

/** Tells a process that its file would get too large: by a signal, and by EFBIG when that does not end it. */
export const refuseSize = (process: Process, syscall: string, target: string): never => {
  process.signal(SIGXFSZ)
  process.check()
  throw new SystemCallError("EFBIG", syscall, target)
}

const sizeOf = (machine: Machine, process: Process, path: string): Promise<number> =>
  process.block(machine.sysAs(process, "stat", path)).then(({ size }) => size, () => 0)

/**
 * A system call of a process with a limit. What is written goes as far as the limit; a file that is too large already may
 * be cut. A copy within the filesystem is not looked at: it has no bytes to stop at.
 */
export const callWithinSize = async <Name extends SystemCallName>(
  machine: Machine,
  process: Process,
  limit: number,
  name: Name,
  args: Parameters<SystemCalls[Name]>
): Promise<ReturnType<SystemCalls[Name]>> => {
  const call = (given: Parameters<SystemCalls[Name]>) => process.block(machine.sysAs(process, name, ...given))
  if (name === "truncate") {
    const [path, size] = args as Parameters<SystemCalls["truncate"]>
    if (size > limit && size > await sizeOf(machine, process, path)) refuseSize(process, name, path)
  } else if (name === "writeFile") {
    const [path, bytes, append, ...rest] = args as Parameters<SystemCalls["writeFile"]>
    const room = bytes.length === 0 ? 0 : Math.max(0, limit - (append ? await sizeOf(machine, process, path) : 0))
    if (room < bytes.length) {
      await call([path, bytes.slice(0, room), append, ...rest] as Parameters<SystemCalls[Name]>)
      refuseSize(process, name, path)
    }
  }
  return call(args)
}
