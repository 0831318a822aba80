/** Paths that match a pattern, found in steps by a walk that goes only where a match can be. */
import { PATH_MAX, R_OK, X_OK } from "./flags.ts"
import { GLOB_MAX, GlobPattern, type Places } from "./glob-pattern.ts"
import type { Inode } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import { Operation } from "./operation.ts"
import { permitted } from "./permissions.ts"
import { resolve } from "./resolve.ts"
import type { State } from "./state.ts"
import { Pace, ready, sorted, type Steps } from "./steps.ts"
import { compareText, exceeds } from "./text.ts"
import type { Snapshot } from "./tree.ts"
import { isTree } from "./volume.ts"

export interface GlobOptions {
  /** Where a pattern that does not begin with a slash starts. */
  readonly cwd: string
  /** Wildcards also match a dot at the beginning of a name. */
  readonly dot: boolean
}

/** A directory on the way down. */
interface Level {
  /** With a slash at its end. */
  readonly prefix: string
  readonly mount: Mount
  readonly places: Places
  readonly entries: Iterator<readonly [name: string, inode: Inode]>
  /** Needs what is not known of the directory. */
  readonly known: () => void
}

class GlobWalk {
  private readonly found: Array<string> = []
  /** Each mount as it was when the walk came to it. */
  private readonly snapshots = new Map<Mount, Snapshot>()
  private readonly levels: Array<Level> = []
  private readonly pace = new Pace()

  constructor(private readonly op: Operation, private readonly state: State, private readonly pattern: GlobPattern) {}

  *run(top: { readonly path: string; readonly mount: Mount; readonly inode: Inode }): Steps<Array<string>> {
    this.descend(top.path, top.mount, top.inode, this.pattern.start)
    for (let level = this.levels[0]; level !== undefined; level = this.levels[this.levels.length - 1]) {
      yield* ready(level.known)
      const next = level.entries.next()
      if (next.done === true) this.levels.pop()
      else this.visit(level, ...next.value)
      if (this.pace.spend(next.done === true ? 1 : 1 + (level.places.length * next.value[0].length) / 32)) yield
    }
    return yield* sorted(this.found, compareText)
  }

  private visit(level: Level, name: string, inode: Inode): void {
    const { pattern } = this
    const after = pattern.after(level.places, name)
    if (after.length === 0) return
    const path = level.prefix + name
    // Longer ones could not be used, and would cost the square of their depth.
    if (exceeds(path, PATH_MAX - 1)) return
    const below = inode.isDirectory ? pattern.below(after) : []
    if (pattern.accepts(after) || pattern.acceptsSlash(below)) this.add(path)
    if (below.length === 0) return
    const mounted = level.mount.children?.get(inode.ino)
    if (mounted === undefined) return this.descend(path, level.mount, inode, below)
    const { volume } = mounted
    this.descend(path, mounted, volume.inode(volume.rootIno, this.op.caller.pid)!, below)
  }

  private add(path: string): void {
    const limit = this.state.limits.readdirEntries
    if (this.found.length >= limit) throw this.op.fault("ENOMEM", { name: "readdirEntries", value: limit })
    this.found.push(path)
  }

  /** Goes down into a directory that may be read; another is passed by, as a shell does. */
  private descend(path: string, mount: Mount, directory: Inode, places: Places): void {
    if (!permitted(directory, this.op.credentials, R_OK | X_OK)) return
    const prefix = path.endsWith("/") ? path : `${path}/`
    const entries = this.entries(mount, directory.ino)[Symbol.iterator]()
    this.levels.push({ prefix, mount, places, entries, known: () => void directory.entries?.size })
  }

  private entries(mount: Mount, ino: number): Iterable<readonly [string, Inode]> {
    const { volume } = mount
    if (isTree(volume)) {
      const snapshot = this.snapshots.get(mount) ?? volume.snapshot()
      this.snapshots.set(mount, snapshot)
      return entriesOf(snapshot, ino)
    }
    const { pid } = this.op.caller
    const all: Array<readonly [string, Inode]> = []
    volume.list(volume.inode(ino, pid)!, (name, inode) => all.push([name, inode]), pid)
    return all
  }
}

function* entriesOf(snapshot: Snapshot, directory: number): Generator<readonly [string, Inode], void> {
  for (const [name, ino] of snapshot.inode(directory)?.entries ?? []) yield [name, snapshot.inode(ino)!]
}

/** The absolute paths that match, sorted. Links are matched and not followed, but for the directory to start from. */
export const globSteps = (op: Operation, state: State, options: GlobOptions): Steps<Array<string>> => {
  const text = op.path
  if (text === "" || text.includes("\0")) throw op.fault("EINVAL")
  if (text.length > GLOB_MAX) throw op.fault("ENAMETOOLONG", { name: "globPattern", value: GLOB_MAX })
  const absolute = text.startsWith("/")
  const path = absolute ? "/" : options.cwd
  const { inode, mount } = resolve(new Operation(op.caller, op.syscall, path), state.mounts, path, true)
  if (!inode.isDirectory) throw op.fault("ENOTDIR")
  const pattern = new GlobPattern(absolute ? text.replace(/^\/+/, "") : text, options.dot)
  return new GlobWalk(op, state, pattern).run({ path, mount, inode })
}
