/**
 * Packages of software of this host as drivers: the folder of commands of an installed package, or of a path. Every file
 * in it may be executed, whatever its mode is here: npm installs files without that right.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { readFile, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import type { VirtualStat } from "../../src/config/FileStat.ts"
import type { Software } from "../../src/config/Software.ts"
import type { Driver, DriverEntry } from "../../src/Driver.ts"
import { ConfigError } from "../../src/errors/ConfigError.ts"
import * as HostDirectory from "./hostdir/HostDirectory.ts"

/** The folder of a package that has its commands. */
const COMMANDS = "wasm"
const EXECUTABLE = 0o555
const TYPE_BITS = 0o170000
/** A package that says what version it has; larger files are none. */
const MAX_MANIFEST_BYTES = 1024 * 1024

/**
 * The commands of a package until the Scope closes. `path` leads to it in the configuration.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (config: Software, path: string): Effect.Effect<Driver, ConfigError, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = yield* find(config, path)
    yield* checkVersion(config, folder, path)
    const commands = join(folder, COMMANDS)
    const hostPath = (yield* isDirectory(commands)) ? commands : folder
    const driver = yield* HostDirectory.make({ hostPath, readOnly: true, exclude: [] }).pipe(
      Effect.mapError(({ detail }) => new ConfigError({ path: `${path}.package`, detail }))
    )
    return executable(driver)
  })

const isDirectory = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() => stat(path).then((found) => found.isDirectory(), () => false))

/** A name: letters, digits and a few signs, with a scope or without; nothing that leads elsewhere. */
const name = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i

const find = (config: Software, path: string): Effect.Effect<string, ConfigError> =>
  Effect.gen(function*() {
    const wanted = config.package
    const refuse = (detail: string) => Effect.fail(new ConfigError({ path: `${path}.package`, detail }))
    const from = process.cwd()
    if (wanted.startsWith("/") || wanted.startsWith(".")) {
      const folder = resolve(from, wanted)
      return (yield* isDirectory(folder))
        ? folder
        : yield* refuse(`no folder at ${folder}; give the path of a folder of WebAssembly commands`)
    }
    if (!name.test(wanted)) {
      return yield* refuse(
        `${JSON.stringify(wanted)} is no name of a package; a path of a folder begins with "/", "./" or "../"`
      )
    }
    for (let at = from;; at = dirname(at)) {
      const folder = join(at, "node_modules", wanted)
      if (yield* isDirectory(folder)) return folder
      if (dirname(at) === at) break
    }
    return yield* refuse(
      `the package ${wanted} is not installed in ${
        join(from, "node_modules")
      } or above; run \`npm install ${wanted}\`, ` +
        "or give the path of a folder"
    )
  })

const versionOf = async (folder: string): Promise<string | undefined> => {
  const manifest = join(folder, "package.json")
  if ((await stat(manifest)).size > MAX_MANIFEST_BYTES) return undefined
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { readonly version?: unknown }
  return typeof version === "string" ? version : undefined
}

const checkVersion = (config: Software, folder: string, path: string): Effect.Effect<void, ConfigError> =>
  config.version === undefined
    ? Effect.void
    : Effect.flatMap(
      Effect.promise(() => versionOf(folder).catch(() => undefined)),
      (found) =>
        found === config.version
          ? Effect.void
          : Effect.fail(
            new ConfigError({
              path: `${path}.version`,
              detail: `the package ${config.package} has ${
                found === undefined ? "no version that can be read" : `version ${found}`
              }, not ${config.version}; install that version, or leave it out`
            })
          )
    )

/** Files and directories as everybody may read and execute them, and nobody change. */
const executable = (driver: Driver): Driver => {
  const opened = (stat: VirtualStat): VirtualStat =>
    stat.isSymbolicLink ? stat : { ...stat, mode: (stat.mode & TYPE_BITS) | EXECUTABLE }
  const entries = (found: ReadonlyArray<DriverEntry>): ReadonlyArray<DriverEntry> =>
    found.map((entry) => ({ ...entry, stat: opened(entry.stat) }))
  const { shortcuts } = driver
  return {
    ...driver,
    stat: (path) => Effect.map(driver.stat(path), opened),
    lstat: (path) => Effect.map(driver.lstat(path), opened),
    shortcuts: shortcuts && {
      entries: (path, names) => Effect.map(shortcuts.entries(path, names), entries),
      descend: (path, names) => Effect.map(shortcuts.descend(path, names), entries),
      read: (path, offset, length) =>
        Effect.map(shortcuts.read(path, offset, length), ({ content, stat }) => ({ content, stat: opened(stat) }))
    }
  }
}
