/**
 * An open file: what a descriptor stands for. Several descriptors, of several processes, may share one; the last one
 * closed closes it. Reading shows what is at hand and then consumes it, so a shell can take one line and leave the rest.
 */
import type { GuestStat } from "../../protocol.ts"
import { SystemCallError } from "../../shell/client.ts"
import type { Timer } from "../machine.ts"
import type { Process } from "../processes/process.ts"

/** What may be asked of the lock of a file. */
export type LockRequest = "shared" | "exclusive" | "unlock"

export const END: Uint8Array = new Uint8Array(0)

export abstract class OpenFile {
  private references = 1

  /** Where it leads, as /proc shows it. */
  abstract readonly target: string

  /** A terminal, for `test -t`. */
  get isTerminal(): boolean {
    return false
  }

  retain(): this {
    this.references++
    return this
  }

  release(): Promise<void> | undefined {
    return --this.references === 0 ? this.close() : undefined
  }

  /** Bytes at hand, for a process; empty at the end, undefined when there are none yet. */
  peek(_process?: Process): Uint8Array | undefined {
    throw new SystemCallError("EBADF", "read", undefined)
  }

  consume(_count: number): void {}

  /** Resolves when `peek` has an answer. */
  readable(_process: Process): Promise<void> {
    return Promise.resolve()
  }

  /** Undefined when all is taken; otherwise resolves when there is room again. */
  write(_process: Process, _bytes: Uint8Array): Promise<void> | undefined {
    throw new SystemCallError("EBADF", "write", undefined)
  }

  /** Hands on what is held back for the sake of fewer system calls. */
  flush(): Promise<void> | undefined {
    return undefined
  }

  /** Moves the position; gives where it is. */
  seek(_process: Process, _offset: number, _whence: "start" | "current" | "end"): Promise<number> {
    throw new SystemCallError("ESPIPE", "lseek", undefined)
  }

  truncate(_process: Process, _size: number): Promise<void> {
    throw new SystemCallError("EINVAL", "ftruncate", undefined)
  }

  /** Undefined for what is no file of the VM. */
  stat(_process: Process): Promise<GuestStat | undefined> {
    return Promise.resolve(undefined)
  }

  /** As flock(2): EAGAIN for what would have to wait and may not. Only files and directories of the VM have locks. */
  lock(_process: Process, _request: LockRequest, _wait: boolean): Timer {
    throw new SystemCallError("EINVAL", "flock", undefined)
  }

  protected close(): Promise<void> | undefined {
    return undefined
  }
}

/** The next bytes of a file, at most `max` of them; empty at the end. */
export const readChunk = async (file: OpenFile, process: Process, max = Infinity): Promise<Uint8Array> => {
  for (;;) {
    const bytes = file.peek(process)
    if (bytes === undefined) {
      await file.readable(process)
      continue
    }
    const taken = bytes.length > max ? bytes.subarray(0, max) : bytes
    file.consume(taken.length)
    return taken
  }
}
