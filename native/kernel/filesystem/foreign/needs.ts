/**
 * What an operation on a foreign filesystem finds missing: not a fault, but the reason to ask the outside and to begin
 * the operation again. Whoever performs operations catches it (see perform.ts).
 */
import type { Steps } from "../steps.ts"
import type { Calls } from "./calls.ts"

export class Needs {
  /** Brings what is missing; throws a `Fault` where that cannot be had. */
  constructor(readonly fill: (calls: Calls) => Steps) {}
}
