/** Mounting and unmounting: acts of the VM's owner, which no permission of a guest reaches. */
import { S_IFDIR } from "./inode.ts"
import type { Mount } from "./mount-table.ts"
import { noteCreated, noteMounted } from "./observe.ts"
import type { Caller } from "./operation.ts"
import { Operation } from "./operation.ts"
import { Walk } from "./resolve.ts"
import type { State } from "./state.ts"
import type { Tree } from "./tree.ts"
import type { Volume } from "./volume.ts"

export interface MountOptions {
  readonly readOnly?: boolean
  /** As it appears in /proc/mounts; by default "memory". */
  readonly type?: string
  readonly source?: string
}

const MAX_MOUNTS = 1024

const owner: Caller = { credentials: { uid: 0, gid: 0, groups: [], umask: 0o022 }, cwd: "/" }

const checkMountPath = (op: Operation): void => {
  const names = op.path.split("/").slice(1)
  if (!op.path.startsWith("/") || names.some((name) => name === "" || name === "." || name === "..")) {
    throw op.fault("EINVAL")
  }
}

/** Walks to a directory, making what is missing, on a read-only tree too: mounting is not an act of the guest. */
const toDirectory = (op: Operation, state: State): Walk => {
  const walk = new Walk(op, state.mounts, op.path, true)
  while (walk.next()) {
    walk.search()
    const { tree } = walk.mount
    if (walk.lookup() !== undefined) walk.step(true)
    else if (tree === undefined || tree.base?.live === true) throw op.fault("EROFS")
    else {
      const { inode, name } = walk
      const made = tree.create(inode.ino, name, S_IFDIR | 0o755, 0, 0, state.now())
      noteCreated(state, tree, inode.ino, name, made)
      walk.enter(made)
    }
  }
  if (!walk.inode.isDirectory) throw op.fault("ENOTDIR")
  return walk
}

/** Mounts on a directory at a plain absolute path, through no symbolic link, so that the path stays true. */
export const mountAt = (state: State, path: string, volume: Volume, options: MountOptions): Mount => {
  const op = new Operation(owner, "mount", path)
  const { mounts } = state
  checkMountPath(op)
  if (mounts.find(path) !== undefined) throw op.fault("EEXIST")
  if (mounts.list.length >= MAX_MOUNTS) throw op.fault("ENOSPC", { name: "mounts", value: MAX_MOUNTS })
  const walk = toDirectory(op, state)
  if (walk.path !== path) throw op.fault("EINVAL")
  const mount = mounts.add({ path, parent: walk.mount, point: walk.inode.ino }, volume, {
    readOnly: options.readOnly === true,
    type: options.type ?? "memory",
    source: options.source ?? "none"
  })
  if (mount.base !== undefined) state.foreign++
  noteMounted(state, walk.inode.ino, path)
  return mount
}

export const unmountAt = (state: State, path: string): void => {
  const op = new Operation(owner, "unmount", path)
  const mount = state.mounts.find(path)
  if (mount?.parent === undefined) throw op.fault("EINVAL")
  if ((mount.children?.size ?? 0) > 0 || (mount.tree?.openCount ?? 0) > 0) throw op.fault("EBUSY")
  // what was changed is being told to the outside
  if (state.writables.get(mount)?.turns.busy === true) throw op.fault("EBUSY")
  state.mounts.remove(mount)
  state.writables.delete(mount)
  if (mount.base !== undefined) state.foreign--
  mount.tree?.account.ledger.restore(undefined)
  noteMounted(state, mount.point, path)
}

/** The directory at a plain path of a tree; whatever else is in the way is replaced by directories. */
const ensureDirectory = (tree: Tree, names: ReadonlyArray<string>, now: bigint): number => {
  let directory = tree.at(tree.rootIno)
  for (const name of names) {
    const child = tree.child(directory, name)
    if (child?.isDirectory === true) {
      directory = child
      continue
    }
    if (child !== undefined) {
      tree.leave(directory.ino, name, now)
      tree.drop(child.ino, now)
    }
    directory = tree.create(directory.ino, name, S_IFDIR | 0o755, 0, 0, now)
  }
  return directory.ino
}

/** After a restore of the root: hangs the mounts of the root on the same paths of what it is now. */
export const reattachMounts = (state: State): void => {
  const { list, root } = state.mounts
  state.log.reset()
  root.children = undefined
  const attached: ReadonlyArray<Mount> = list.filter((mount) => mount.parent === root)
  for (const mount of attached) {
    const names = mount.path.split("/").slice(1)
    state.mounts.reattach(mount, ensureDirectory(root.tree!, names, state.now()))
  }
}
