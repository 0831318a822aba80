/**
 * What has to become of a host folder: the VM's changes, path by path, with what was and what shall be.
 *
 * @since 0.1.0
 */
import type { Change } from "../../../src/VmSnapshot.ts"
import type { ConflictReason } from "../WriteBackError.ts"
import type { Baseline } from "./Baseline.ts"
import type { Facts, HostFolder } from "./HostFolder.ts"
import { isSame, split, unlessAbsent } from "./HostFolder.ts"

/**
 * What a path is in the VM at the end.
 *
 * @since 0.1.0
 * @category models
 */
export interface After {
  readonly type: "file" | "directory" | "symlink" | "other"
  /** Permission bits. */
  readonly mode: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Step {
  /** Below the folder, as in `/a/b`. */
  readonly path: string
  readonly before: Facts | undefined
  readonly after: After | undefined
}

/**
 * An entry of a moved folder, by its path in the VM.
 *
 * @since 0.1.0
 * @category models
 */
export interface Inside extends After {
  readonly path: string
}

const typeOf = (type: Change["type"]): After["type"] =>
  type === "file" || type === "directory" || type === "symlink" ? type : "other"

/**
 * The path of the VM below a mount, as in `/a/b`; `undefined` for the mount itself.
 *
 * @since 0.1.0
 * @category getters
 */
export const below = (mount: string, path: string): string | undefined => {
  const rest = path.slice(mount.length)
  return rest === "" || rest === "/" ? undefined : rest
}

/**
 * The steps; a folder comes right before what is in it. A moved folder is one change in the VM; here each entry of it goes from its old path to its
 * new one. `inside` lists what is in a moved folder now.
 *
 * @since 0.1.0
 * @category constructors
 */
export const steps = (
  mount: string,
  changes: ReadonlyArray<Change>,
  baseline: Baseline,
  inside: ReadonlyArray<Inside>
): Array<Step> => {
  const touched = new Map<string, After | undefined>()
  const leave = (path: string | undefined) => path !== undefined && touched.set(path, undefined)
  const moved = changes.filter((change) => change.kind === "moved")
  for (const { kind, path } of changes) if (kind === "removed") leave(below(mount, path))
  for (const { from, type } of moved) {
    const old = below(mount, from!)
    leave(old)
    if (type !== "directory") continue
    for (const path of baseline.entries.keys()) if (path.startsWith(`${old}/`)) leave(path)
  }
  for (const { mode, path, type } of inside) touched.set(below(mount, path)!, { type, mode })
  for (const { kind, mode, path, type } of changes) {
    const at = below(mount, path)
    if (kind !== "removed" && at !== undefined) touched.set(at, { type: typeOf(type), mode: mode & 0o777 })
  }
  return [...touched].map(([path, after]) => ({ path, before: baseline.entries.get(path), after }))
    .filter(isWork)
    .sort(byPlace)
}

/** Sorted so, a folder comes right before all that is in it. */
const byPlace = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path.replaceAll("/", "\0") < b.path.replaceAll("/", "\0") ? -1 : 1

const isWork = ({ after, before }: Step): boolean =>
  before === undefined
    ? after !== undefined
    : !(after?.type === "directory" && before.type === "directory" && after.mode === (before.mode & 0o777))

/**
 * @since 0.1.0
 * @category models
 */
export interface Found {
  readonly path: string
  readonly reason: ConflictReason
}

/**
 * Where the host has gone its own way since the baseline; sorted by path, each path once.
 *
 * @since 0.1.0
 * @category combinators
 */
export const conflicts = async (folder: HostFolder, work: ReadonlyArray<Step>): Promise<Array<Found>> => {
  const byPath = new Map(work.map((step) => [step.path, step]))
  const found = new Map<string, ConflictReason>()
  for (const step of work) {
    const reason = await conflictOf(folder, step)
    if (reason !== undefined) found.set(step.path, reason)
    const [directory] = split(step.path)
    if (step.after !== undefined && !await isThere(folder, directory, byPath)) found.set(directory, "Vanished")
    if (reason === undefined && step.before?.type === "directory" && step.after?.type !== "directory") {
      for (const path of await unseen(folder, step.path, step.path, byPath)) found.set(path, "Unseen")
    }
  }
  return [...found].map(([path, reason]) => ({ path, reason })).sort(byPlace)
}

const conflictOf = async (folder: HostFolder, { after, before, path }: Step): Promise<ConflictReason | undefined> => {
  if (after?.type === "other") return "Unsupported"
  const now = await folder.facts(path)
  if (now === undefined) return before === undefined ? undefined : "Vanished"
  if (before === undefined) return "Appeared"
  return isSame(before, now) ? undefined : "Changed"
}

/** Whether a folder is there, or is about to be. */
const isThere = async (folder: HostFolder, directory: string, byPath: ReadonlyMap<string, Step>): Promise<boolean> =>
  directory === "" || byPath.get(directory)?.after?.type === "directory" ||
  await unlessAbsent(() => folder.within(directory, async () => true)) === true

/**
 * What a folder that is to go holds and the VM did not remove. `place` is where the folder is at the moment.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unseen = async (
  folder: HostFolder,
  directory: string,
  place: string,
  byPath: ReadonlyMap<string, Step>
): Promise<Array<string>> => {
  const names = await folder.list(place)
  return names.map((name) => `${directory}/${name}`).filter((path) => {
    const step = byPath.get(path)
    return step?.before === undefined || step.after !== undefined
  })
}
