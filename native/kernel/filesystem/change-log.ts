/**
 * What changed in a VM's filesystem, in order, for those who watch it. The log begins with the first watch and then goes
 * on as long as the VM: a filesystem that nobody watches costs nothing, and a cursor to go on from can only come from a
 * watch. It keeps the latest changes; readers hold nothing but their cursor.
 */

export interface ChangeEvent {
  readonly kind: "created" | "modified" | "removed" | "moved"
  readonly ino: number
  /** As it was then: the first name by which the inode was found. */
  readonly path: string
  /** Where a moved inode was. */
  readonly from?: string
}

/** Most events that are kept, and most UTF-16 units of paths in them. */
export const LOG_EVENTS = 8192
export const LOG_UNITS = 1024 * 1024

interface Kept {
  readonly cursor: number
  readonly event: ChangeEvent
}

const unitsOf = ({ from, path }: ChangeEvent): number => path.length + (from?.length ?? 0)

export class ChangeLog {
  /** Whether the log has begun. */
  armed = false
  closed = false
  private ring: Array<Kept | undefined> = []
  /** Events are numbered from 1; what a reader has seen is all up to its cursor. */
  private first = 1
  private next = 1
  private units = 0
  /** The largest cursor that a reader has been given. */
  private read = 0
  private readonly listeners = new Set<() => void>()

  arm(): void {
    if (this.armed) return
    this.armed = true
    this.ring = new Array<Kept | undefined>(LOG_EVENTS).fill(undefined)
  }

  /** The number of the latest event. */
  get cursor(): number {
    return this.next - 1
  }

  record(event: ChangeEvent): void {
    const last = this.ring[this.cursor % LOG_EVENTS]
    // A file that is written piece by piece is one change to whoever has not read of it yet.
    const again = event.kind === "modified" && this.read < this.cursor && last?.event.kind === "modified" &&
      last.event.ino === event.ino && last.event.path === event.path
    if (!again) this.add(event)
    for (const listener of this.listeners) listener()
  }

  private add(event: ChangeEvent): void {
    const cursor = this.next++
    const at = cursor % LOG_EVENTS
    if (cursor - this.first >= LOG_EVENTS) this.drop()
    this.ring[at] = { cursor, event }
    this.units += unitsOf(event)
    while (this.units > LOG_UNITS) this.drop()
  }

  private drop(): void {
    const at = this.first++ % LOG_EVENTS
    this.units -= unitsOf(this.ring[at]!.event)
    this.ring[at] = undefined
  }

  /** Forgets all events, so that every reader learns that it has missed some: too much changed at once to tell. */
  reset(): void {
    if (!this.armed) return
    this.next++
    this.first = this.next
    this.ring.fill(undefined)
    this.units = 0
    for (const listener of this.listeners) listener()
  }

  /** The latest event that is not kept any more. */
  get missed(): number {
    return this.first - 1
  }

  /** Ends every watch, with the filesystem. */
  close(): void {
    this.closed = true
    for (const listener of this.listeners) listener()
  }

  /** The oldest event that a reader at `cursor` has missed, if it has missed any. */
  lost(cursor: number): number | undefined {
    return cursor + 1 < this.first ? cursor + 1 : undefined
  }

  /** The event after a cursor. */
  after(cursor: number): ChangeEvent | undefined {
    const kept = this.ring[(cursor + 1) % LOG_EVENTS]
    if (kept?.cursor !== cursor + 1) return undefined
    this.read = Math.max(this.read, kept.cursor)
    return kept.event
  }

  /** Calls a listener after every change until the result is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  get readers(): number {
    return this.listeners.size
  }
}
