/** The rules of overlays over an overlay mount over a folder of the host. */
import { describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { FilesystemError } from "../../services/Filesystem.ts"
import type { Sidecar } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import type { OverlayLower } from "../../src/config/Mounts.ts"
import type { Errno } from "../../src/Errno.ts"
import { temporaryFolder } from "../node/support.ts"
import type { Build, Composed, Lower } from "../support/overlay-rules.ts"
import { lowersOf, rules } from "../support/overlay-rules.ts"
import { live, subjects } from "./layers.ts"

const fillHost = (host: string, lower: Lower): void => {
  const entries = Object.entries(lower)
  for (const [path, what] of entries) {
    const place = join(host, path)
    mkdirSync(what === null ? place : dirname(place), { recursive: true })
    if (typeof what === "string") writeFileSync(place, what)
    else if (what !== null && "link" in what) symlinkSync(what.link, place)
  }
  for (const [path, what] of entries) {
    if (what !== null && typeof what !== "string" && "mode" in what) chmodSync(join(host, path), what.mode)
  }
}

/** Several lowers are snapshots: a folder must be the only one. */
const exported = (lower: Lower): typeof OverlayLower.Encoded => ({
  kind: "snapshot-export",
  source: {
    format: "agent-os-filesystem-snapshot-v1",
    filesystem: {
      entries: Object.entries(lower).map(([path, content]) => ({ path, type: "file", content: String(content) }))
    }
  }
})

const errnoOf = <A>(effect: Effect.Effect<A, FilesystemError>): Effect.Effect<A, Errno> =>
  Effect.catchAll(effect, (error) =>
    error._tag === "KernelError"
      ? Effect.fail(error.errno)
      : error._tag === "PathError" && error.reason === "ReadOnly"
      ? Effect.fail("EROFS" as const)
      : Effect.die(error))

const types = { 0o040000: "directory", 0o120000: "symlink" } as Record<number, "directory" | "symlink" | undefined>

/** Another VM with the same state. It ends with its parent, which the test's Scope has. */
const forked = (vm: VmShape) => Effect.provideService(vm.fork, Scope.Scope, scopes.get(vm)!)

const scopes = new WeakMap<VmShape, Scope.Scope>()

const view = (vm: VmShape): Composed => {
  const { filesystem: fs } = vm
  const at = (path: string) => `/over${path === "/" ? "" : path}`
  return {
    read: (path) => errnoOf(fs.readFileString(at(path))),
    pread: (path, offset, length) =>
      errnoOf(Effect.map(fs.pread(at(path), offset, length), (found) => new TextDecoder().decode(found))),
    write: (path, content) => errnoOf(fs.writeFile(at(path), content)),
    create: (path) => errnoOf(Effect.scoped(Effect.asVoid(fs.open(at(path), { flag: "wx" })))),
    exists: (path) => errnoOf(fs.exists(at(path))),
    lstat: (path) =>
      errnoOf(Effect.map(fs.lstat(at(path)), ({ mode }) => ({
        mode: mode & 0o7777,
        type: types[mode & 0o170000] ?? "file"
      }))),
    readdir: (path) => errnoOf(fs.readdir(at(path))),
    remove: (path) => errnoOf(fs.delete(at(path))),
    removeDirectory: (path) => errnoOf(fs.delete(at(path))),
    mkdir: (path, parents) => errnoOf(fs.mkdir(at(path), { recursive: parents })),
    chmod: (path, mode) => errnoOf(fs.chmod(at(path), mode)),
    readlink: (path) => errnoOf(fs.readlink(at(path))),
    reopened: Effect.map(Effect.orDie(forked(vm)), view)
  }
}

const build: Build<Sidecar | Scope.Scope> = (lowers, mode) =>
  Effect.gen(function*() {
    const hostPath = yield* temporaryFolder
    const [first] = lowers
    fillHost(hostPath, first)
    const given = lowers.length === 1 ? [{ kind: "host_dir", config: { hostPath } } as const] : lowers.map(exported)
    const vm = yield* Vm.make({
      mounts: [{
        path: "/over",
        filesystem: { type: "overlay", lowers: given, ...(mode === undefined ? {} : { mode }) }
      }]
    })
    scopes.set(vm, yield* Effect.scope)
    return {
      view: view(vm),
      lower: (path) =>
        Effect.sync(() => existsSync(join(hostPath, path)) ? readFileSync(join(hostPath, path), "utf8") : undefined)
    }
  })

for (const subject of subjects) {
  describe(`overlay rules over a folder, over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      for (const rule of rules) it.scoped(rule.name, () => Effect.flatMap(build(lowersOf(rule), rule.mode), rule.check))
    })
  })
}
