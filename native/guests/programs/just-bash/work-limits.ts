/**
 * Counters of just-bash that a correct program may pass: work of any length is allowed, since the kernel's deadlines and
 * byte limits bound it. Bounds on memory stay with each use.
 */
import type { BashOptions } from "just-bash"

const unbounded = Number.MAX_SAFE_INTEGER

export const workLimits: NonNullable<BashOptions["executionLimits"]> = {
  maxCommandCount: unbounded,
  maxLoopIterations: unbounded,
  maxAwkIterations: unbounded,
  maxSedIterations: unbounded,
  maxJqIterations: unbounded,
  maxWorkUnits: unbounded,
  maxTraversalEntries: unbounded,
  maxTraversalWork: unbounded,
  maxGlobOperations: unbounded,
  maxQueryTokens: 1_000_000,
  maxQueryElements: 10_000_000,
  maxAwkParserTokens: 1_000_000,
  maxAwkParserOperations: 10_000_000,
  maxArrayElements: 10_000_000,
  maxInputBytes: unbounded,
  maxExecutionTimeMs: Number.POSITIVE_INFINITY
}
