/**
 * What a process may use (`ulimit`), handed on to what it starts. `n`, `u`, `f` and `t` are kept to; the others are only
 * remembered, since nothing of theirs exists here or the VM's own limits bound it.
 */
import { MAX_DESCRIPTORS } from "../limits.ts"

export interface ResourceLimit {
  /** What counts. */
  readonly soft: number
  /** How far the soft limit may be raised. */
  readonly hard: number
}

export interface Resource {
  readonly letter: string
  readonly description: string
  readonly unit: string
  /** Bytes, or whatever is counted, in one unit of the command. */
  readonly factor: number
}

/** In the order of `ulimit -a`. */
export const resources: ReadonlyArray<Resource> = [
  { letter: "R", description: "real-time non-blocking time", unit: "microseconds", factor: 1 },
  { letter: "c", description: "core file size", unit: "blocks", factor: 1024 },
  { letter: "d", description: "data seg size", unit: "kbytes", factor: 1024 },
  { letter: "e", description: "scheduling priority", unit: "", factor: 1 },
  { letter: "f", description: "file size", unit: "blocks", factor: 1024 },
  { letter: "i", description: "pending signals", unit: "", factor: 1 },
  { letter: "l", description: "max locked memory", unit: "kbytes", factor: 1024 },
  { letter: "m", description: "max memory size", unit: "kbytes", factor: 1024 },
  { letter: "n", description: "open files", unit: "", factor: 1 },
  { letter: "p", description: "pipe size", unit: "512 bytes", factor: 512 },
  { letter: "q", description: "POSIX message queues", unit: "bytes", factor: 1 },
  { letter: "r", description: "real-time priority", unit: "", factor: 1 },
  { letter: "s", description: "stack size", unit: "kbytes", factor: 1024 },
  { letter: "t", description: "cpu time", unit: "seconds", factor: 1 },
  { letter: "u", description: "max user processes", unit: "", factor: 1 },
  { letter: "v", description: "virtual memory", unit: "kbytes", factor: 1024 },
  { letter: "x", description: "file locks", unit: "", factor: 1 }
]

const both = (value: number): ResourceLimit => ({ soft: value, hard: value })
const unlimited = both(Infinity)

/** Limits as data; `null` is none. */
export type LimitValues = ReadonlyArray<readonly [letter: string, soft: number | null, hard: number | null]>

const finite = (value: number): number | null => value === Infinity ? null : value

export class ResourceLimits {
  private constructor(private readonly values: ReadonlyMap<string, ResourceLimit>) {}

  /** Those that the processes of a VM begin with. */
  static of(processes: number): ResourceLimits {
    return new ResourceLimits(
      new Map([
        ["c", { soft: 0, hard: Infinity }],
        ["e", both(0)],
        ["i", both(processes)],
        ["l", both(8 * 1024 * 1024)],
        ["n", both(MAX_DESCRIPTORS)],
        ["p", both(4096)],
        ["q", both(819_200)],
        ["r", both(0)],
        ["s", { soft: 8 * 1024 * 1024, hard: Infinity }],
        ["u", both(processes)]
      ])
    )
  }

  static from(values: LimitValues): ResourceLimits {
    return new ResourceLimits(
      new Map(values.map(([letter, soft, hard]) => [letter, { soft: soft ?? Infinity, hard: hard ?? Infinity }]))
    )
  }

  list(): LimitValues {
    return Array.from(this.values, ([letter, { hard, soft }]) => [letter, finite(soft), finite(hard)] as const)
  }

  get(letter: string): ResourceLimit {
    return this.values.get(letter) ?? unlimited
  }

  with(letter: string, limit: ResourceLimit): ResourceLimits {
    return new ResourceLimits(new Map(this.values).set(letter, limit))
  }
}
