/**
 * The mounts of a VM. A mount hangs on an inode of its parent mount. Neither that inode nor a directory above it can be
 * renamed or removed while mounted, so the path of a mount never changes.
 */
import type { Base } from "./foreign/base.ts"
import type { Snapshot } from "./tree.ts"
import { Tree } from "./tree.ts"
import type { Volume } from "./volume.ts"
import { isTree } from "./volume.ts"

export interface MountInfo {
  readonly path: string
  readonly type: string
  readonly source: string
  readonly readOnly: boolean
}

export class Mount implements MountInfo {
  /** Mounts on inodes of this one. */
  children: Map<number, Mount> | undefined

  constructor(
    readonly dev: number,
    readonly path: string,
    readonly volume: Volume,
    readonly parent: Mount | undefined,
    /** The inode of the parent that is covered. */
    public point: number,
    readonly readOnly: boolean,
    readonly type: string,
    readonly source: string
  ) {}

  /** The stored tree; generated filesystems have none. */
  get tree(): Tree | undefined {
    return isTree(this.volume) ? this.volume : undefined
  }

  /** What is known of the foreign filesystem, if it is one. */
  get base(): Base | undefined {
    return this.tree?.base
  }

  /** Whether the mount lies at or below a path. */
  within(path: string): boolean {
    return path === "/" || this.path === path || this.path.startsWith(`${path}/`)
  }
}

export class MountTable {
  readonly root: Mount
  readonly list: Array<Mount>
  private nextDev = 2

  constructor(root: Snapshot, readOnly: boolean) {
    this.root = new Mount(1, "/", new Tree(root), undefined, 0, readOnly, "rootfs", "rootfs")
    this.list = [this.root]
  }

  add(
    at: { readonly path: string; readonly parent: Mount; readonly point: number },
    volume: Volume,
    options: { readonly readOnly: boolean; readonly type: string; readonly source: string }
  ): Mount {
    const { readOnly, source, type } = options
    const mount = new Mount(this.nextDev++, at.path, volume, at.parent, at.point, readOnly, type, source)
    ;(at.parent.children ??= new Map()).set(at.point, mount)
    this.list.push(mount)
    return mount
  }

  remove(mount: Mount): void {
    mount.parent?.children?.delete(mount.point)
    this.list.splice(this.list.indexOf(mount), 1)
  }

  /** Hangs a mount on another inode of its parent, after the parent was restored. */
  reattach(mount: Mount, point: number): void {
    mount.point = point
    ;(mount.parent!.children ??= new Map()).set(point, mount)
  }

  find(path: string): Mount | undefined {
    return this.list.find((mount) => mount.path === path)
  }

  /** Whether some mount other than the root lies at or below a path. */
  busy(path: string): boolean {
    return this.list.some((mount) => mount.parent !== undefined && mount.within(path))
  }

  /** Sums a figure over the stored trees. */
  sum(figure: (tree: Tree) => number): number {
    let total = 0
    for (const mount of this.list) if (mount.tree !== undefined) total += figure(mount.tree)
    return total
  }
}
