/** What path resolution needs of a filesystem, stored or generated. */
import type { Inode } from "./inode.ts"
import { Tree } from "./tree.ts"

/** A filesystem whose nodes are made up when they are looked at. It is always read-only. */
export interface SyntheticVolume {
  readonly rootIno: number
  /** The node at an inode number, as the process `pid` sees it. */
  inode(ino: number, pid: number | undefined): Inode | undefined
  child(directory: Inode, name: string, pid: number | undefined): Inode | undefined
  list(directory: Inode, f: (name: string, inode: Inode) => void, pid: number | undefined): void
  /** The whole content of a file node. */
  read(inode: Inode, pid: number | undefined): Uint8Array
}

export type Volume = Tree | SyntheticVolume

export const isTree = (volume: Volume): volume is Tree => volume instanceof Tree
