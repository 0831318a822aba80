/**
 * The order in which the changes of a host folder are made: room for what is new, contents beside their places, the
 * places taken, removals, and at last the permissions of folders.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { FilesystemError } from "../../../services/Filesystem.ts"
import type { VmShape } from "../../../services/Vm.ts"
import type { WriteBackFailed } from "../WriteBackError.ts"
import type { Facts, HostFolder } from "./HostFolder.ts"
import type { Journal } from "./Journal.ts"
import type { After, Step } from "./plan.ts"
import { unseen } from "./plan.ts"

/**
 * One host folder, and what is to be done in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Part {
  readonly folder: HostFolder
  /** The path in the VM. */
  readonly mount: string
  /** Sorted by path, so that folders come before what is in them. */
  readonly steps: ReadonlyArray<Step>
}

const noCheck = () => Promise.resolve()

const makes = (step: Step, type: After["type"]): boolean => step.after?.type === type

/** What stays at its path and keeps its type, as the host has it. */
const replaced = ({ after, before }: Step): Facts | undefined => before?.type === after?.type ? before : undefined

const takeAway = (journal: Journal, part: Part, step: Step, operation: "backup" | "remove"): Promise<void> => {
  const before = step.before!
  return journal.remove(
    part.folder,
    step.path,
    before,
    operation,
    before.type !== "directory" ? noCheck : async (place) => {
      const byPath = new Map(part.steps.map((step) => [step.path, step]))
      const directories = part.steps.filter(({ before, path }) =>
        before?.type === "directory" && (path === step.path || path.startsWith(`${step.path}/`))
      )
      for (const { path } of directories) {
        const now = place + path.slice(step.path.length)
        if ((await unseen(part.folder, path, now, byPath)).length > 0) {
          throw new Error(
            "it holds what the VM did not see"
          )
        }
      }
    }
  )
}

/**
 * Takes away what something of another type will replace, and makes the new folders.
 *
 * @since 0.1.0
 * @category combinators
 */
export const makeRoom = async (journal: Journal, part: Part): Promise<void> => {
  for (const step of part.steps) {
    if (step.after !== undefined && step.before !== undefined && step.before.type !== step.after.type) {
      await takeAway(journal, part, step, "backup")
    }
    if (makes(step, "directory") && step.before?.type !== "directory") {
      await journal.makeDirectory(part.folder, step.path)
    }
  }
}

/**
 * Reads from the VM what the new files hold, and makes the new links.
 *
 * @since 0.1.0
 * @category combinators
 */
export const stage = (
  vm: VmShape,
  journal: Journal,
  part: Part,
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  host: (path: string, run: () => Promise<void>) => Effect.Effect<void, WriteBackFailed>
): Effect.Effect<void, WriteBackFailed | FilesystemError> =>
  Effect.forEach(part.steps, (step) => {
    const path = part.mount + step.path
    const { folder } = part
    if (makes(step, "symlink")) {
      return Effect.flatMap(restore(vm.filesystem.readlink(path)), (target) =>
        host(folder.root, () => journal.putLink(folder, step.path, target, replaced(step))))
    }
    if (!makes(step, "file")) {
      return Effect.void
    }
    return Effect.gen(function*() {
      const content = yield* restore(vm.filesystem.readFile(path))
      yield* host(folder.root, () =>
        journal.stage(folder, step.path, content, step.after!.mode, replaced(step)))
    })
  }, { discard: true })

/**
 * Brings the files to their places, removes what is to go, and sets the permissions of folders.
 *
 * @since 0.1.0
 * @category combinators
 */
export const finish = async (journal: Journal, part: Part): Promise<void> => {
  const { folder, steps } = part
  for (const step of steps) if (makes(step, "file")) await journal.put(folder, step.path, replaced(step))
  let gone = ""
  for (const step of steps) {
    if (step.before === undefined || isBelow(step.path, gone)) continue
    if (step.before.type === "directory" && step.after?.type !== "directory") gone = step.path
    if (step.after === undefined) await takeAway(journal, part, step, "remove")
  }
  for (const step of [...steps].reverse()) {
    if (step.after?.type === "directory") await journal.setMode(folder, step.path, step.after.mode)
  }
}

const isBelow = (path: string, directory: string): boolean => directory !== "" && path.startsWith(`${directory}/`)
