import { assert } from "@effect/vitest"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { bytes, root } from "./support.ts"

/** One random change below /; faults are part of the game. */
export const mutate = (fs: Filesystem, random: (n: number) => number): void => {
  const path = () => Array.from({ length: 1 + random(3) }, () => `/${"abcd"[random(4)]}`).join("")
  try {
    switch (random(12)) {
      case 0:
      case 1:
      case 2:
        return fs.writeFile(
          root,
          path(),
          new Uint8Array(random(10) === 0 ? random(100_000) : random(9)).fill(random(256))
        )
      case 3:
        return fs.writeFile(root, path(), bytes("more"), { append: true })
      case 4:
      case 5:
        return fs.mkdir(root, path())
      case 6:
        return fs.remove(root, path(), { recursive: true })
      case 7:
      case 8:
        return fs.rename(root, path(), path(), random(3) === 0 ? { exchange: true } : {})
      case 9:
        return fs.link(root, path(), path())
      case 10:
        return random(2) === 0 ? fs.chmod(root, path(), 0o600 + random(64)) : fs.truncate(root, path(), random(70_000))
      default:
        return random(2) === 0 ? fs.symlink(root, path(), path()) : fs.copy(root, path(), path(), { recursive: true })
    }
  } catch (error) {
    assert.property(error, "errno")
  }
}
