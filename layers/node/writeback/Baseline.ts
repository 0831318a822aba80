/**
 * The state of a host folder before a VM is given it: what each entry was, so that a change that the host makes
 * meanwhile is seen.
 *
 * @since 0.1.0
 */
import type { Facts } from "./HostFolder.ts"
import { factsOf, HostFolder, unlessAbsent } from "./HostFolder.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Baseline {
  /** The folder, without links. */
  readonly root: string
  readonly identity: string
  /** By path below the folder, as in `/a/b`. */
  readonly entries: ReadonlyMap<string, Facts>
}

/**
 * Walks a folder, leaving out what a mount would leave out.
 *
 * @since 0.1.0
 * @category constructors
 */
export const walk = async (path: string, exclude: ReadonlySet<string>, maxEntries: number): Promise<Baseline> => {
  const folder = await HostFolder.open(path)
  try {
    const entries = new Map<string, Facts>()
    const queue = [""]
    for (let at = 0; at < queue.length; at++) {
      for (const [below, facts] of await entriesOf(folder, queue[at], exclude)) {
        entries.set(below, facts)
        if (entries.size > maxEntries) throw new Error(`the folder holds more than ${maxEntries} entries`)
        if (facts.type === "directory") queue.push(below)
      }
    }
    return { root: folder.root, identity: await folder.identity(), entries }
  } finally {
    await folder.close()
  }
}

const entriesOf = async (folder: HostFolder, directory: string, exclude: ReadonlySet<string>) => {
  const found: Array<[string, Facts]> = []
  await whereReadable(() =>
    folder.within(directory, async (at) => {
      for (const name of await folder.list(directory)) {
        if (exclude.has(name)) continue
        const facts = await unlessAbsent(() => factsOf(at(name)))
        if (facts !== undefined) found.push([`${directory}/${name}`, facts])
      }
    })
  )
  return found
}

/** What cannot be read was not given to the VM either. */
const whereReadable = async (run: () => Promise<void>): Promise<void> => {
  try {
    await unlessAbsent(run)
  } catch (cause) {
    if (!["EACCES", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause
  }
}
