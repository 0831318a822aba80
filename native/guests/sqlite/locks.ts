/**
 * SQLite's locks of ranges of bytes, by which it tells readers from writers, as one lock of the whole file: shared for who
 * reads, exclusive from where somebody means to write.
 */

export type FileLock = "shared" | "exclusive" | "unlock"

/** Of fcntl(2). */
export const READ_LOCK = 0
export const WRITE_LOCK = 1

/** The byte of who waits to write, that of who will write, and those of readers. */
const PENDING = 0x40000000
const marks = [PENDING, PENDING + 1, PENDING + 2]

export class RangeLocks {
  private held = new Map<number, "shared" | "exclusive">()

  private get whole(): FileLock {
    const kinds = Array.from(this.held.values())
    return kinds.includes("exclusive") ? "exclusive" : kinds.length > 0 ? "shared" : "unlock"
  }

  /** Notes a change; tells what the file's lock was and has to be now. */
  change(kind: number, start: number, length: number) {
    const before = new Map(this.held)
    const was = this.whole
    for (const mark of marks) {
      if (mark < start || (length > 0 && mark >= start + length)) continue
      if (kind === READ_LOCK) this.held.set(mark, "shared")
      else if (kind === WRITE_LOCK) this.held.set(mark, "exclusive")
      else this.held.delete(mark)
    }
    const undo = () => {
      this.held = before
    }
    return { was, next: this.whole, undo }
  }
}
