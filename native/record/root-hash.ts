/**
 * The hash of a tree: of every path with its type, rights, owner, times and content. It does not depend on how the tree came
 * about, nor on the process that asks.
 */
import { createHash } from "node:crypto"
import type { Inode } from "../kernel/filesystem/inode.ts"
import { compareText } from "../kernel/filesystem/text.ts"
import type { Snapshot } from "../kernel/filesystem/tree.ts"
import { ROOT_INO } from "../kernel/filesystem/tree.ts"

const PIECE = 64 * 1024

/** Of everything below the root, as hexadecimal digits. Takes time in proportion to the tree. */
export const rootHash = (snapshot: Snapshot): string => {
  const hash = createHash("sha256")
  const pending: Array<readonly [path: string, ino: number]> = [["", ROOT_INO]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [path, ino] = next
    const inode = snapshot.inode(ino)!
    describe(hash, path, inode)
    if (inode.entries === undefined) continue
    const names: Array<readonly [string, number]> = []
    inode.entries.forEach((child, name) => void names.push([name, child]))
    names.sort(([a], [b]) => compareText(b, a))
    for (const [name, child] of names) pending.push([`${path}/${name}`, child])
  }
  return hash.digest("hex")
}

const describe = (hash: ReturnType<typeof createHash>, path: string, inode: Inode): void => {
  const { content, ctime, gid, mode, mtime, nlink, rdev, target, uid } = inode
  const size = content?.size ?? 0
  hash.update(JSON.stringify([path, mode, uid, gid, nlink, rdev, String(mtime), String(ctime), size, target ?? null]))
  for (let at = 0; at < size; at += PIECE) hash.update(content!.read(at, Math.min(PIECE, size - at)))
}
