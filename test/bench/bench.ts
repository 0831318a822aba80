/** What every group of benchmarks has in common. */
import type * as Effect from "effect/Effect"
import { NodeSidecar } from "../../layers/node/index.ts"
import type { Sidecar } from "../../services/Sidecar.ts"
import type { Row } from "./measure.ts"

export interface Settings {
  /** Fewer repetitions: numbers to see that it works, not to compare. */
  readonly quick: boolean
  /** The folder of the built benchmark programs. */
  readonly programs: string
}

/** Benchmarks that share their preparation. Each group runs on a sidecar of its own. */
export interface Group {
  /** What `--only` selects it by, beside the names of its rows. */
  readonly name: string
  readonly run: (settings: Settings) => Effect.Effect<ReadonlyArray<Row>, unknown, Sidecar>
}

/** As many repetitions as the run asks for. */
export const times = ({ quick }: Settings, count: number): number => quick ? Math.max(3, Math.ceil(count / 10)) : count

/** The layer that a program would use. */
export const sidecar = NodeSidecar.layer

export const KiB = 1024
export const MiB = 1024 * 1024

/** Content that no part of the way can make small. */
export const noise = (bytes: number): Uint8Array => {
  const content = new Uint8Array(bytes)
  let state = 0x2545f491
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    content[i] = state >>> 24
  }
  return content
}
