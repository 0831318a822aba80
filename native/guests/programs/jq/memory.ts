/** Whether the worker runs out of memory, as far as what it still uses is concerned. */
import { getHeapStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** Of the heap: above it, what is used is worth a closer look. */
const SUSPECT = 0.7
/** Of the heap: what is really in use may be so much, or all that runs in this worker is in danger. */
const MOST = 0.6

const share = (): number => {
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics()
  return used / limit
}

let collect: (() => void) | undefined

/** What is garbage looks like memory in use until it is collected. */
const collectGarbage = (): void => {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc")
    const found: unknown = runInNewContext("globalThis.gc")
    collect = typeof found === "function" ? () => void found() : () => {}
  }
  collect()
}

export const memoryIsLow = (): boolean => {
  if (share() < SUSPECT) return false
  collectGarbage()
  return share() > MOST
}
