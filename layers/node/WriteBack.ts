/**
 * Brings what a VM did below its writable mounts back to the folders of the host, all or nothing.
 *
 * For overlays over a host folder: what a VM changes in one stays in the VM until it is written back. (A live mount needs
 * none of this: its changes are made in the folder at once.) `captureBaseline` keeps what the folder was, and must come
 * before the VM is leased; `apply` comes last. It refuses when the host has changed meanwhile what the VM has changed too,
 * and when a step fails midway it takes back what it had done. A host that is killed in between can leave names that begin
 * with `.agent-os-` behind: new content that was not in place yet, or old content that was to be dropped.
 *
 * Files are replaced whole, by a rename, so that no reader sees half of one; a file with several names keeps its old
 * content under the others. Permission bits are kept; set-user-id, set-group-id and sticky bits are never taken from a
 * VM. Links are made as links, wherever they point, and never followed. The folder's own permissions stay as they are.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FilesystemError } from "../../services/Filesystem.ts"
import type { VmShape } from "../../services/Vm.ts"
import { defaultLimits } from "../../src/config/Limits.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import type { Change, VmSnapshot } from "../../src/VmSnapshot.ts"
import type { Baseline } from "./writeback/Baseline.ts"
import { walk } from "./writeback/Baseline.ts"
import { HostFolder } from "./writeback/HostFolder.ts"
import type { Operation } from "./writeback/Journal.ts"
import { Journal, StepFailure } from "./writeback/Journal.ts"
import * as Perform from "./writeback/perform.ts"
import * as Plan from "./writeback/plan.ts"
import { WriteBackFailed, WriteBackRefused } from "./WriteBackError.ts"

export {
  /**
   * @since 0.1.0
   */
  describeConflict,
  /**
   * @since 0.1.0
   */
  WriteBackConflict,
  /**
   * @since 0.1.0
   */
  WriteBackFailed,
  /**
   * @since 0.1.0
   */
  WriteBackRefused
} from "./WriteBackError.ts"

export type {
  /**
   * @since 0.1.0
   */
  Baseline
} from "./writeback/Baseline.ts"

/**
 * One writable overlay and the host folder below it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly baseline: Baseline
  /** The state of the mount right after the lease, by `vm.snapshotMount`. */
  readonly since: VmSnapshot
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly vm: VmShape
  readonly targets: ReadonlyArray<Target>
  /** Called before each change of the host, with the path as the host names it; throwing makes the change fail. */
  readonly beforeChange?: ((operation: Operation, path: string) => void) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Written {
  /** As the host names it. */
  readonly path: string
  readonly kind: "created" | "replaced" | "removed"
  readonly type: "file" | "directory" | "symlink"
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Result {
  readonly written: ReadonlyArray<Written>
  /** Places beside which old content could not be dropped; empty as a rule. */
  readonly left: ReadonlyArray<string>
}

/**
 * Keeps what a host folder is now. To be called before the VM is leased: what changes after that is a conflict.
 *
 * @since 0.1.0
 * @category constructors
 */
export const captureBaseline = (config: {
  readonly hostPath: string
  /** As in the mount. */
  readonly exclude?: ReadonlyArray<string> | undefined
  /** Entries that the folder may hold. Default: the VM's limit `inodes`. */
  readonly maxEntries?: number | undefined
}): Effect.Effect<Baseline, WriteBackFailed> =>
  Effect.tryPromise({
    try: () => walk(config.hostPath, new Set(config.exclude), config.maxEntries ?? defaultLimits().inodes),
    catch: (cause) => failed(config.hostPath, cause)
  })

/**
 * Writes back what changed below some mounts. Nothing may run in the VM meanwhile.
 *
 * @since 0.1.0
 * @category combinators
 */
export const apply = (
  options: Options
): Effect.Effect<Result, WriteBackRefused | WriteBackFailed | FilesystemError> =>
  Effect.scoped(Effect.gen(function*() {
    yield* checkApart(options.targets)
    const parts = yield* Effect.forEach(options.targets, (target) => prepare(options.vm, target))
    yield* checkConflicts(parts)
    const left = yield* write(options, parts)
    return { written: parts.flatMap(writtenOf), left }
  })).pipe(Effect.withSpan("WriteBack.apply", { captureStackTrace: false }))

const failed = (path: string, cause: unknown, left: ReadonlyArray<string> = []): WriteBackFailed =>
  cause instanceof StepFailure
    ? new WriteBackFailed({ path: cause.path, detail: cause.detail, left })
    : new WriteBackFailed({ path, detail: cause instanceof Error ? cause.message : String(cause), left })

/** Two mounts of one file could not both be written back. */
const checkApart = (targets: ReadonlyArray<Target>): Effect.Effect<void, WriteBackFailed> => {
  const roots = targets.map(({ baseline }) => `${baseline.root}/`).sort()
  const at = roots.findIndex((root, index) => index > 0 && root.startsWith(roots[index - 1]))
  if (at === -1) return Effect.void
  return Effect.fail(failed(roots[at].slice(0, -1), new Error("it lies within another writable mount")))
}

/** The folder, opened, and the work to be done in it. */
const prepare = (
  vm: VmShape,
  { baseline, since }: Target
): Effect.Effect<Perform.Part, WriteBackFailed | FilesystemError, Scope.Scope> =>
  Effect.gen(function*() {
    const changes = yield* vm.diff(since)
    const inside = yield* Effect.forEach(changes.filter(isMovedDirectory), ({ path }) => listInside(vm, path))
    const folder = yield* Effect.acquireRelease(
      Effect.tryPromise({ try: () => HostFolder.open(baseline.root), catch: (cause) => failed(baseline.root, cause) }),
      (folder) => Effect.promise(() => folder.close())
    )
    const identity = yield* Effect.promise(() => folder.identity())
    if (identity !== baseline.identity || folder.root !== baseline.root) {
      return yield* failed(baseline.root, new Error("another folder has taken its place"))
    }
    return { folder, mount: since.path, steps: Plan.steps(since.path, changes, baseline, inside.flat()) }
  })

const isMovedDirectory = (change: Change): boolean => change.kind === "moved" && change.type === "directory"

const listInside = (vm: VmShape, directory: string): Effect.Effect<Array<Plan.Inside>, FilesystemError> =>
  Effect.flatMap(vm.filesystem.readdirRecursive(directory), (entries) =>
    inOwnFiber(Effect.forEach(
      entries,
      ({ path, type }) => Effect.map(vm.filesystem.lstat(path), ({ mode }) => ({ path, type, mode: mode & 0o777 })),
      { concurrency: 16 }
    )))

const checkConflicts = (
  parts: ReadonlyArray<Perform.Part>
): Effect.Effect<void, WriteBackRefused | WriteBackFailed> =>
  Effect.gen(function*() {
    const found = yield* Effect.forEach(parts, ({ folder, steps }) =>
      Effect.tryPromise({
        try: async () =>
          (await Plan.conflicts(folder, steps)).map(({ path, reason }) => ({ path: folder.name(path), reason })),
        catch: (cause) => failed(folder.root, cause)
      }))
    const [first, ...others] = found.flat()
    if (first !== undefined) return yield* new WriteBackRefused({ conflicts: [first, ...others] })
  })

/** Makes all changes, or none. An interruption while contents are still read from the VM makes none. */
const write = (
  options: Options,
  parts: ReadonlyArray<Perform.Part>
): Effect.Effect<ReadonlyArray<string>, WriteBackFailed | FilesystemError> =>
  Effect.uninterruptibleMask((restore) => {
    const journal = new Journal(options.beforeChange ?? (() => {}))
    const host = (path: string, run: () => Promise<void>) =>
      Effect.tryPromise({ try: run, catch: (cause) => failed(path, cause) })
    return Effect.gen(function*() {
      for (const part of parts) yield* host(part.folder.root, () => Perform.makeRoom(journal, part))
      for (const part of parts) yield* Perform.stage(options.vm, journal, part, restore, host)
      for (const part of parts) yield* host(part.folder.root, () => Perform.finish(journal, part))
      return yield* Effect.promise(() => journal.commit())
    }).pipe(
      Effect.catchAllCause((cause) =>
        Effect.flatMap(
          Effect.promise(() => journal.rollback()),
          (left) =>
            Effect.mapError(Effect.failCause(cause), (error) =>
              left.length > 0 && error._tag === "WriteBackFailed"
                ? new WriteBackFailed({ path: error.path, detail: error.detail, left })
                : error)
        )
      )
    )
  })

const writtenOf = ({ folder, steps }: Perform.Part): Array<Written> =>
  steps.map(({ after, before, path }) => ({
    path: folder.name(path),
    kind: after === undefined ? "removed" : before === undefined ? "created" : "replaced",
    type: (after ?? before!).type as Written["type"]
  }))
