/**
 * The door of a sidecar that is recorded or replayed. Everything from outside passes it, one thing in each turn of the event
 * loop, at one instant; so what the sidecar does is a function of what passed, in its order.
 */
import type { Entry, InputKind, OutputKind } from "./log.ts"

/** Something that came from outside. */
export interface Input {
  readonly kind: InputKind
  readonly index: number
  readonly body: Uint8Array
  readonly note: string
  readonly run: () => void
  /** Withdrawn before its turn: it never happened. */
  withdrawn?: boolean
}

export interface Gate {
  /** The instant at which the present input is dealt with, in nanoseconds. */
  readonly time: bigint
  readonly input: (input: Input) => void
  /** Something that the sidecar did. */
  readonly output: (kind: OutputKind, index: number, body: Uint8Array, note: string) => void
}

export interface RecordingGateOptions {
  readonly now: () => bigint
  readonly later: (run: () => void) => void
  readonly append: (entry: Entry) => void
}

export class RecordingGate implements Gate {
  time: bigint
  private readonly waiting: Array<Input> = []
  private scheduled = false

  constructor(private readonly options: RecordingGateOptions) {
    this.time = options.now()
  }

  /** Whether nothing waits for its turn. */
  get idle(): boolean {
    return !this.scheduled
  }

  readonly input = (input: Input): void => {
    this.waiting.push(input)
    if (!this.scheduled) this.options.later(this.step)
    this.scheduled = true
  }

  readonly output = (kind: OutputKind, index: number, body: Uint8Array, note: string): void => {
    this.options.append({ kind, index, body, note, time: this.time })
  }

  private readonly step = (): void => {
    const input = this.waiting.shift()!
    this.scheduled = this.waiting.length > 0
    if (this.scheduled) this.options.later(this.step)
    if (input.withdrawn === true) return
    const now = this.options.now()
    if (now > this.time) this.time = now
    const { body, index, kind, note } = input
    this.options.append({ kind, index, body, note, time: this.time })
    input.run()
  }
}

/** Where a replay first differs from its recording. */
export interface Divergence {
  /** The how-many-th event it is, counted from 0. */
  readonly event: number
  readonly expected: string
  readonly found: string
}

export const describeEntry = ({ index, kind, note }: Pick<Entry, "kind" | "index" | "note">): string =>
  `${kind} ${index}${note === "" ? "" : `: ${note}`}`

/** Thrown through the kernel when a replay differs. */
export class Diverged {
  constructor(readonly divergence: Divergence) {}
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

export interface ReplayGateOptions {
  readonly entries: ReadonlyArray<Entry>
  /** Whether nothing happened after the last entry. */
  readonly whole: boolean
  readonly append: (entry: Entry) => void
  readonly later: (run: () => void) => void
  /** How long to wait for something that has to come from a worker, in milliseconds of the machine. */
  readonly patience: number
  readonly machineAfter: (milliseconds: number, run: () => void) => () => void
  /** What came over a connection, whose beginning and end come from the recording, too. */
  readonly connection: (entry: Entry) => void
}

/** Lets happen what the recording says, when it says so. */
export class ReplayGate implements Gate {
  time = 0n
  private at = 0
  /** What has come and waits to be asked for, by kind and index. */
  private readonly come = new Map<string, Array<Input>>()
  private wake: (() => void) | undefined
  private difference: Divergence | undefined

  constructor(private readonly options: ReplayGateOptions) {
    this.time = options.entries[0]?.time ?? 0n
  }

  readonly input = (input: Input): void => {
    const key = `${input.kind} ${input.index}`
    const queue = this.come.get(key) ?? []
    this.come.set(key, queue)
    queue.push(input)
    this.wake?.()
  }

  readonly output = (kind: OutputKind, index: number, body: Uint8Array, note: string): void => {
    if (this.difference !== undefined) return
    const found = { kind, index, body, note, time: this.time }
    const expected = this.options.entries[this.at]
    if (expected === undefined && !this.options.whole) return
    if (expected === undefined || expected.kind !== kind || expected.index !== index || !same(expected.body, body)) {
      this.differ(expected, describeEntry(found))
      return
    }
    this.at++
    this.options.append(found)
  }

  /** Runs to the end of the recording, or to where the two differ. */
  async run(): Promise<Divergence | undefined> {
    const { entries } = this.options
    await this.turn()
    while (this.difference === undefined && this.at < entries.length) {
      const entry = entries[this.at]
      this.time = entry.time
      if (isOutput(entry)) this.differ(entry, "nothing")
      else await this.pass(entry)
    }
    return this.difference
  }

  private async pass(entry: Entry): Promise<void> {
    const { kind } = entry
    const input = kind === "open" || kind === "bytes" || kind === "ended"
      ? { ...entry, kind, run: () => this.options.connection(entry) }
      : await this.next(entry)
    if (input === undefined) return this.differ(entry, "nothing")
    if (!same(input.body, entry.body)) return this.differ(entry, describeEntry(input))
    this.at++
    this.options.append(entry)
    input.run()
    await this.turn()
  }

  /** What the entry says is to come, when it has come. */
  private async next(entry: Entry): Promise<Input | undefined> {
    const key = `${entry.kind} ${entry.index}`
    const take = () => {
      const queue = this.come.get(key)
      let found = queue?.shift()
      while (found?.withdrawn === true) found = queue?.shift()
      return found
    }
    const waits = entry.kind === "message" || entry.kind === "acquired" || entry.kind === "refused"
    let found = take()
    if (found !== undefined || !waits) return found
    let left = true
    const cancel = this.options.machineAfter(this.options.patience, () => {
      left = false
      this.wake?.()
    })
    while (found === undefined && left) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      found = take()
    }
    cancel()
    this.wake = undefined
    return found
  }

  private differ(expected: Entry | undefined, found: string): void {
    this.difference ??= {
      event: this.at,
      expected: expected === undefined ? "the end" : describeEntry(expected),
      found
    }
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => this.options.later(resolve))
  }
}

const isOutput = ({ kind }: Entry): boolean => kind === "sent" || kind === "closed" || kind === "root"
