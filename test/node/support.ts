/** Host folders for tests, and a VM that is given one. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as WriteBack from "../../layers/node/WriteBack.ts"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import type { LeaseError } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"

export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "agent-os-test-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Files by their relative paths; `null` makes a folder. */
export const fill = (root: string, files: Readonly<Record<string, string | null>>): void => {
  for (const [path, content] of Object.entries(files)) {
    const place = join(root, path)
    mkdirSync(content === null ? place : join(place, ".."), { recursive: true })
    if (content !== null) writeFileSync(place, content)
  }
}

/** All that is below a folder, hidden names too: type, permission bits, content or target. */
export const tree = (root: string): Record<string, string> => {
  const found: Record<string, string> = {}
  const pending = [""]
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const name of readdirSync(join(root, at)).sort()) {
      const path = join(at, name)
      const place = join(root, path)
      const stat = lstatSync(place)
      const mode = (stat.mode & 0o7777).toString(8)
      if (stat.isSymbolicLink()) found[path] = `link ${readlinkSync(place)}`
      else if (stat.isDirectory()) {
        found[path] = `folder ${mode}`
        pending.push(path)
      } else found[path] = `file ${mode} ${readFileSync(place, "utf8")}`
    }
  }
  return found
}

export interface Given {
  readonly host: string
  readonly vm: VmShape
  readonly sh: (script: string) => Effect.Effect<void>
  readonly apply: (
    beforeChange?: WriteBack.Options["beforeChange"]
  ) => Effect.Effect<WriteBack.Result, WriteBack.WriteBackFailed | WriteBack.WriteBackRefused>
}

/** A VM with a host folder at /repo. */
export const given = (
  files: Readonly<Record<string, string | null>>,
  options: { readonly exclude?: ReadonlyArray<string>; readonly prepare?: (host: string) => void } = {}
): Effect.Effect<Given, LeaseError | WriteBack.WriteBackFailed, Scope.Scope> =>
  Effect.gen(function*() {
    const host = yield* temporaryFolder
    fill(host, files)
    chmodSync(host, 0o755)
    options.prepare?.(host)
    const exclude = options.exclude ?? []
    const baseline = yield* WriteBack.captureBaseline({ hostPath: host, exclude })
    const sidecar = yield* Layer.build(TestSidecar.layer({ warmWorkers: 1 }))
    const vm = yield* Effect.provide(
      Vm.make({
        mounts: [{
          path: "/repo",
          filesystem: { type: "overlay", lowers: [{ kind: "host_dir", config: { hostPath: host, exclude } }] }
        }]
      }),
      sidecar
    )
    const since = yield* Effect.orDie(vm.snapshotMount("/repo"))
    const sh = (script: string) =>
      Effect.orDie(Effect.flatMap(vm.processes.exec(script, { cwd: "/repo" }), ({ exitCode, stderr }) =>
        exitCode === 0 ? Effect.void : Effect.dieMessage(`exit code ${exitCode}: ${stderr}`)))
    const apply: Given["apply"] = (beforeChange) =>
      WriteBack.apply({ vm, targets: [{ baseline, since }], beforeChange }).pipe(
        Effect.catchIf(
          (error) =>
            error._tag !== "WriteBackFailed" && error._tag !== "WriteBackRefused",
          (error) => Effect.die(error)
        )
      ) as ReturnType<Given["apply"]>
    return { host, vm, sh, apply }
  })
