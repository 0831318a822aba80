/** The descriptor table of a process: numbers to open files. */
import { SystemCallError } from "../../shell/client.ts"
import { MAX_DESCRIPTORS } from "../limits.ts"
import type { OpenFile } from "./open-file.ts"

export class DescriptorTable {
  private readonly files: Map<number, OpenFile>
  /** The highest number there may be, plus one: `ulimit -n`. */
  limit = MAX_DESCRIPTORS

  constructor(files: Iterable<readonly [number, OpenFile]> = []) {
    this.files = new Map(files)
  }

  get(fd: number): OpenFile | undefined {
    return this.files.get(fd)
  }

  /** The file, or EBADF. */
  require(fd: number): OpenFile {
    const file = this.files.get(fd)
    if (file === undefined) throw new SystemCallError("EBADF", "dup", undefined)
    return file
  }

  /** Puts a file under a number, taking over the caller's reference. What was there is given back. */
  replace(fd: number, file: OpenFile | undefined): OpenFile | undefined {
    if (file !== undefined && fd >= this.limit) throw new SystemCallError("EBADF", "dup2", undefined)
    const before = this.files.get(fd)
    if (file === undefined) this.files.delete(fd)
    else this.files.set(fd, file)
    return before
  }

  /** Puts a file under a number and closes what was there. */
  set(fd: number, file: OpenFile | undefined): Promise<void> | undefined {
    return this.replace(fd, file)?.release()
  }

  /** The lowest free number from `from` on, if there is one. */
  free(from: number): number | undefined {
    for (let fd = from; fd < this.limit; fd++) if (!this.files.has(fd)) return fd
    return undefined
  }

  get size(): number {
    return this.files.size
  }

  numbers(): Array<number> {
    return Array.from(this.files.keys()).sort((a, b) => a - b)
  }

  copy(): DescriptorTable {
    for (const file of this.files.values()) file.retain()
    const copy = new DescriptorTable(this.files)
    copy.limit = this.limit
    return copy
  }

  /** Closes all; the first failure is thrown after everything is closed. */
  async closeAll(): Promise<void> {
    const files = Array.from(this.files.values())
    this.files.clear()
    let failure: unknown
    for (const file of files) {
      try {
        const closing = file.release()
        if (closing !== undefined) await closing
      } catch (error) {
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
  }
}
