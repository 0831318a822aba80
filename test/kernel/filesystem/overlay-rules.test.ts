/** The rules of overlays over composed snapshots. */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault } from "../../../native/kernel/fault.ts"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { composeLowers } from "../../../native/kernel/filesystem/lowers.ts"
import type { FilesystemEntry } from "../../../native/kernel/filesystem/snapshot-format.ts"
import { importEntries } from "../../../native/kernel/filesystem/snapshot-format.ts"
import type { Build, Composed, Lower } from "../../support/overlay-rules.ts"
import { lowersOf, rules } from "../../support/overlay-rules.ts"
import { bytes, make, names, root, text } from "./support.ts"

const entriesOf = (lower: Lower): Array<FilesystemEntry> =>
  Object.entries(lower).sort(([a], [b]) => a < b ? -1 : 1).map(([path, what]): FilesystemEntry =>
    what === null
      ? { path, type: "directory" }
      : typeof what === "string"
      ? { path, type: "file", content: what }
      : "link" in what
      ? { path, type: "symlink", target: what.link }
      : { path, type: "directory", mode: `0${what.mode.toString(8)}` }
  )

const attempt = <A>(run: () => A) =>
  Effect.try({
    try: run,
    catch: (thrown) => {
      if (thrown instanceof Fault) return thrown.errno
      throw thrown
    }
  })

const types = { 0o040000: "directory", 0o120000: "symlink" } as Record<number, "directory" | "symlink" | undefined>

const view = (fs: Filesystem): Composed => ({
  read: (path) => attempt(() => text(fs.readFile(root, path))),
  pread: (path, offset, length) =>
    attempt(() => {
      const file = fs.open(root, path)
      const found = text(file.pread(offset, length))
      file.close()
      return found
    }),
  write: (path, content) => attempt(() => fs.writeFile(root, path, bytes(content))),
  create: (path) => attempt(() => fs.writeFile(root, path, bytes(""), { exclusive: true })),
  exists: (path) => attempt(() => fs.exists(root, path)),
  lstat: (path) =>
    attempt(() => {
      const { mode } = fs.lstat(root, path)
      return { mode: mode & 0o7777, type: types[mode & 0o170000] ?? "file" }
    }),
  readdir: (path) => attempt(() => names(fs, path)),
  remove: (path) => attempt(() => fs.unlink(root, path)),
  removeDirectory: (path) => attempt(() => fs.rmdir(root, path)),
  mkdir: (path, parents) => attempt(() => parents ? fs.mkdirp(root, path) : fs.mkdir(root, path)),
  chmod: (path, mode) => attempt(() => fs.chmod(root, path, mode)),
  readlink: (path) => attempt(() => fs.readlink(root, path)),
  reopened: Effect.sync(() => view(make({ root: fs.snapshot() })))
})

const build: Build<never> = (lowers, mode) =>
  Effect.sync(() => {
    const snapshots = lowers.map((lower) => importEntries(entriesOf(lower)))
    const [first] = snapshots
    return {
      view: view(make({ root: composeLowers(snapshots), readOnly: mode === "read-only" })),
      lower: (path) =>
        Effect.sync(() => {
          const fs = make({ root: first })
          return fs.exists(root, path) ? text(fs.readFile(root, path)) : undefined
        })
    }
  })

describe("overlay rules over composed snapshots", () => {
  for (const rule of rules) it.effect(rule.name, () => Effect.flatMap(build(lowersOf(rule), rule.mode), rule.check))
})
