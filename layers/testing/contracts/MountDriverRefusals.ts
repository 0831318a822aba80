/**
 * What drivers must refuse, and with which number of an error: a part of MountDriverContract.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Driver } from "../../../src/Driver.ts"
import { errnoOf } from "../../../src/Driver.ts"
import type { Errno } from "../../../src/Errno.ts"
import { expectSame } from "./Case.ts"

/**
 * A case that is given its driver.
 *
 * @since 0.1.0
 * @category models
 */
export type Check = readonly [name: string, check: (driver: Driver) => Effect.Effect<void, unknown>]

/**
 * As UTF-8.
 *
 * @since 0.1.0
 * @category conversions
 */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What fails, as the number of the error, and "nothing" where it does not. */
const failure = (effect: Effect.Effect<unknown, unknown>): Effect.Effect<Errno | "nothing"> =>
  Effect.match(effect, { onFailure: errnoOf, onSuccess: () => "nothing" as const })

/**
 * Dies unless each effect fails with one of the error numbers, of which several are joined by a bar.
 *
 * @since 0.1.0
 * @category assertions
 */
export const refused = (expected: string, effects: Readonly<Record<string, Effect.Effect<unknown, unknown>>>) =>
  Effect.forEach(
    Object.entries(effects),
    ([what, effect]) =>
      Effect.flatMap(
        failure(effect),
        (errno) => expected.split("|").includes(errno) ? Effect.void : expectSame(what, errno, expected)
      ),
    { discard: true }
  )

/**
 * Makes a file, and a directory with a file.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fill = (driver: Driver) =>
  Effect.gen(function*() {
    yield* driver.writeFile("/file", bytes("content"))
    yield* driver.createDir("/dir")
    yield* driver.writeFile("/dir/inner", bytes("inner"))
  })

/**
 * The names in a directory, sorted.
 *
 * @since 0.1.0
 * @category getters
 */
export const namesOf = (driver: Driver, path: string) =>
  Effect.map(driver.readDir(path), (names) => names.filter((name) => name !== "." && name !== "..").sort())

/**
 * Of every driver.
 *
 * @since 0.1.0
 * @category cases
 */
export const refusals: ReadonlyArray<Check> = [
  ["tells what is missing", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      for (const path of ["/none", "/none/below"]) {
        yield* refused("ENOENT", {
          readFile: driver.readFile(path),
          readTextFile: driver.readTextFile(path),
          readDir: driver.readDir(path),
          readDirWithTypes: driver.readDirWithTypes(path),
          stat: driver.stat(path),
          lstat: driver.lstat(path),
          removeFile: driver.removeFile(path),
          removeDir: driver.removeDir(path),
          rename: driver.rename(path, "/new"),
          realpath: driver.realpath(path),
          readlink: driver.readlink(path),
          chmod: driver.chmod(path, 0o600),
          chown: driver.chown(path, 0, 0),
          utimes: driver.utimes(path, 0, 0),
          truncate: driver.truncate(path, 0),
          pread: driver.pread(path, 0, 1),
          pwrite: driver.pwrite(path, 0, bytes("x"))
        })
      }
      yield* refused("ENOENT", {
        "writeFile below": driver.writeFile("/none/below", bytes("x")),
        "createDir below": driver.createDir("/none/below"),
        "mkdir below": driver.mkdir("/none/below", false),
        "rename below": driver.rename("/file", "/none/below")
      })
      yield* expectSame("names", yield* namesOf(driver, "/"), ["dir", "file"])
    })],
  ["tells files from directories", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      yield* refused("ENOTDIR", {
        readDir: driver.readDir("/file"),
        readDirWithTypes: driver.readDirWithTypes("/file"),
        removeDir: driver.removeDir("/file"),
        "stat below a file": driver.stat("/file/below"),
        "readFile below a file": driver.readFile("/file/below"),
        "writeFile below a file": driver.writeFile("/file/below", bytes("x")),
        "createDir below a file": driver.createDir("/file/below"),
        "mkdir below a file": driver.mkdir("/file/below", false),
        "rename of a directory onto a file": driver.rename("/dir", "/file")
      })
      yield* refused("EISDIR", {
        readFile: driver.readFile("/dir"),
        pread: driver.pread("/dir", 0, 1),
        writeFile: driver.writeFile("/dir", bytes("x")),
        pwrite: driver.pwrite("/dir", 0, bytes("x")),
        truncate: driver.truncate("/dir", 0),
        "rename of a file onto a directory": driver.rename("/file", "/dir")
      })
      yield* refused("EISDIR|EPERM", { removeFile: driver.removeFile("/dir") })
      yield* refused("EINVAL", {
        readlink: driver.readlink("/file"),
        "rename into itself": driver.rename("/dir", "/dir/below")
      })
    })],
  ["tells what is in the way", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      yield* driver.createDir("/second")
      yield* refused("ENOTEMPTY|EEXIST", {
        removeDir: driver.removeDir("/dir"),
        rename: driver.rename("/second", "/dir")
      })
      yield* refused("EEXIST", {
        createDir: driver.createDir("/dir"),
        "createDir at a file": driver.createDir("/file"),
        mkdir: driver.mkdir("/dir", false)
      })
      yield* refused("EEXIST|ENOTDIR", { "mkdir with parents at a file": driver.mkdir("/file", true) })
      yield* expectSame("names", yield* namesOf(driver, "/"), ["dir", "file", "second"])
    })],
  ["does not remove its root", (driver) =>
    Effect.gen(function*() {
      yield* refused("EBUSY|EPERM|EINVAL", { removeDir: driver.removeDir("/") })
      yield* expectSame("names", yield* namesOf(driver, "/"), [])
    })],
  ["refuses names with NUL", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      yield* refused("EINVAL|ENOENT", {
        readFile: driver.readFile("/file\0"),
        stat: driver.stat("/file\0x"),
        writeFile: driver.writeFile("/new\0", bytes("x")),
        createDir: driver.createDir("/new\0x"),
        rename: driver.rename("/file", "/new\0"),
        removeFile: driver.removeFile("/file\0")
      })
      yield* expectSame("names", yield* namesOf(driver, "/"), ["dir", "file"])
    })],
  ["has nothing above its root", (driver) =>
    Effect.gen(function*() {
      yield* driver.createDir("/dir")
      const name = "effect-agent-os-above"
      // either refused, or within, as `/..` is `/`
      for (const above of [`/../${name}`, `/dir/../../${name}`]) {
        for (const make of [driver.writeFile(above, bytes("x")), driver.createDir(above), driver.mkdir(above, true)]) {
          const errno = yield* failure(make)
          const within = (yield* namesOf(driver, "/")).includes(name)
          if (errno === "nothing") yield* expectSame(`${above} is within`, within, true)
          if (!within) continue
          yield* (yield* driver.stat(`/${name}`)).isDirectory
            ? driver.removeDir(`/${name}`)
            : driver.removeFile(`/${name}`)
        }
      }
    })]
]
