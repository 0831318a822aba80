/**
 * Files that the host holds open, by number. Their count is bounded by the filesystem's limit on open files.
 */
import { Fault } from "./fault.ts"
import type { OpenFile } from "./filesystem/open-file.ts"

export class OpenFiles {
  private readonly files = new Map<number, OpenFile>()
  private next = 3

  add(file: OpenFile): number {
    const number = this.next++
    this.files.set(number, file)
    return number
  }

  get(number: number): OpenFile {
    const file = this.files.get(number)
    if (file === undefined) throw new Fault("EBADF", "fcntl")
    return file
  }

  close(number: number): void {
    const file = this.get(number)
    this.files.delete(number)
    file.close()
  }
}
