/**
 * The workers that programs run in, one for each. One that has loaded what it needs is kept ready once a program has run:
 * a program then begins without waiting for it. It is given out once, and ends with this worker.
 */
import type { Worker } from "node:worker_threads"
import { isolatedWorker } from "../isolated.ts"
import type { Ticket } from "../shell/gate.ts"

/** What a program needs of JavaScript: its descriptors, and the texts of its answers. */
const resourceLimits = { maxOldGenerationSizeMb: 64, stackSizeMb: 4 }

/** What programs need of the shell worker; told once by its entry. */
export interface Surroundings {
  /** Where the worker's own program is. */
  readonly program: URL
  /** A place in the order in which what programs ask is dealt with. */
  readonly ticket: () => Ticket
}

let surroundings: Surroundings | undefined
let ready: Worker | undefined

export const setSurroundings = (given: Surroundings): void => {
  surroundings = given
}

const known = (): Surroundings => {
  if (surroundings === undefined) throw new Error("the worker of programs is not known")
  return surroundings
}

export const ticket = (): Ticket => known().ticket()

const begin = (): Worker => {
  const worker = isolatedWorker(known().program, resourceLimits)
  worker.stderr.resume()
  return worker
}

/** Has a worker ready for the next program, if there is none. */
export const prepareWorker = (): void => {
  if (ready !== undefined) return
  const worker = begin()
  ready = worker
  const forget = () => {
    if (ready === worker) ready = undefined
  }
  // the next program begins its own
  worker.on("error", forget)
  worker.once("exit", forget)
}

/** A worker that has not run anything. */
export const takeWorker = (): Worker => {
  const worker = ready ?? begin()
  ready = undefined
  return worker
}
