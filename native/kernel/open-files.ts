/**
 * Files that the host holds open, or a guest worker, by number. Their count is bounded by the filesystem's limit on open files.
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

  /** Another number for an open file. */
  duplicate(number: number): number {
    return this.add(this.get(number).duplicate())
  }

  get(number: number): OpenFile {
    const file = this.files.get(number)
    if (file === undefined) throw new Fault("EBADF", "fcntl")
    return file
  }

  /** Those of them that are open. */
  closeMany(numbers: ReadonlyArray<number>): void {
    for (const number of numbers) {
      this.files.get(number)?.close()
      this.files.delete(number)
    }
  }

  closeAll(): void {
    for (const file of this.files.values()) file.close()
    this.files.clear()
  }

  close(number: number): void {
    const file = this.get(number)
    this.files.delete(number)
    file.close()
  }
}
