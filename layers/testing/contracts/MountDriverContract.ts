/**
 * The contract of Driver, the filesystems that are mounted into VMs, as cases to run over a driver of one's own:
 *
 * ```ts
 * for (const { name, run } of MountDriverContract.cases({ make: myDriver })) {
 *   it.scoped(name, () => run)
 * }
 * ```
 *
 * Error numbers are those of Linux.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Driver } from "../../../src/Driver.ts"
import type { Case } from "./Case.ts"
import { expectSame } from "./Case.ts"
import type { Check } from "./MountDriverRefusals.ts"
import { bytes, fill, namesOf, refusals, refused } from "./MountDriverRefusals.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Subject<R> {
  /** Makes a driver of an empty filesystem that can be written; a new one for each case. */
  readonly make: Effect.Effect<Driver, unknown, R | Scope.Scope>
  /** Whether there are symbolic links. Default true. */
  readonly symlinks?: boolean | undefined
  /** Whether a file can have several names. Default true. */
  readonly links?: boolean | undefined
}

const contents: ReadonlyArray<Check> = [
  ["keeps what is written, and replaces it", (driver) =>
    Effect.gen(function*() {
      const all = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 31 + (at >>> 8)) & 0xff)
      yield* driver.writeFile("/big", all)
      yield* expectSame("a big file", Buffer.from(all).equals(yield* driver.readFile("/big")), true)
      yield* driver.writeFile("/big", bytes("ä"))
      yield* expectSame("its new content", [...(yield* driver.readFile("/big"))], [...bytes("ä")])
      yield* expectSame("its text", yield* driver.readTextFile("/big"), "ä")
      yield* driver.writeFile("/big", bytes(""))
      yield* expectSame("an empty file", (yield* driver.readFile("/big")).length, 0)
    })],
  ["reads and writes ranges", (driver) =>
    Effect.gen(function*() {
      yield* driver.writeFile("/file", bytes("0123456789"))
      const text = (offset: number, length: number) =>
        Effect.map(driver.pread("/file", offset, length), (found) => new TextDecoder().decode(found))
      yield* expectSame("a range", yield* text(2, 3), "234")
      yield* expectSame("a range over the end", yield* text(8, 100), "89")
      yield* expectSame("ranges of nothing", [yield* text(10, 5), yield* text(99, 5), yield* text(3, 0)], ["", "", ""])
      yield* expectSame("bytes written", yield* driver.pwrite("/file", 3, bytes("abc")), 3)
      yield* expectSame("the file", yield* driver.readTextFile("/file"), "012abc6789")
      yield* driver.pwrite("/file", 12, bytes("z"))
      yield* expectSame("the file with a hole", yield* driver.readTextFile("/file"), "012abc6789\0\0z")
    })],
  ["cuts and extends", (driver) =>
    Effect.gen(function*() {
      yield* driver.writeFile("/file", bytes("0123456789"))
      yield* driver.truncate("/file", 3)
      yield* expectSame("the file cut", yield* driver.readTextFile("/file"), "012")
      yield* driver.truncate("/file", 5)
      yield* expectSame("the file extended", yield* driver.readTextFile("/file"), "012\0\0")
    })]
]

const typesOf = (driver: Driver, path: string) =>
  Effect.map(driver.readDirWithTypes(path), (entries) =>
    entries.filter(({ name }) => name !== "." && name !== "..")
      .map(({ isDirectory, isSymbolicLink, name }) => [name, isDirectory, isSymbolicLink])
      .sort(([a], [b]) => String(a) < String(b) ? -1 : 1))

const trees: ReadonlyArray<Check> = [
  ["lists directories, and tells types, sizes and times", (driver) =>
    Effect.gen(function*() {
      yield* expectSame("the names of the empty root", yield* namesOf(driver, "/"), [])
      yield* fill(driver)
      yield* driver.writeFile("/dir/ü \n\\*", bytes("odd"))
      yield* expectSame("names", yield* namesOf(driver, "/"), ["dir", "file"])
      yield* expectSame("odd names", yield* namesOf(driver, "/dir"), ["inner", "ü \n\\*"])
      yield* expectSame("types", yield* typesOf(driver, "/"), [["dir", true, false], ["file", false, false]])
      const [file, dir, root] = yield* Effect.all([driver.stat("/file"), driver.lstat("/dir"), driver.stat("/")])
      yield* expectSame("types by mode", [file, dir, root].map((at) => at.mode & 0o170000), [32768, 16384, 16384])
      yield* expectSame("directories", [file, dir, root].map((at) => at.isDirectory), [false, true, true])
      yield* expectSame("links", [file, dir, root].map((at) => at.isSymbolicLink), [false, false, false])
      yield* expectSame("the size", [file.size, file.nlink], [7, 1])
      yield* driver.utimes("/file", 1_000_000, 2_000_500)
      const { atimeMs, mtimeMs } = yield* driver.stat("/file")
      yield* expectSame("times", [atimeMs, mtimeMs], [1_000_000, 2_000_500])
      yield* driver.chmod("/file", 0o640)
      yield* driver.chown("/file", file.uid, file.gid)
      yield* expectSame("the mode", (yield* driver.stat("/file")).mode, 0o100640)
      yield* expectSame("the real path", yield* driver.realpath("/dir/inner"), "/dir/inner")
    })],
  ["makes directories", (driver) =>
    Effect.gen(function*() {
      yield* driver.mkdir("/a", false)
      yield* driver.mkdir("/a/b/c", true)
      yield* driver.mkdir("/a/b/c", true)
      yield* expectSame("names", [yield* namesOf(driver, "/a"), yield* namesOf(driver, "/a/b")], [["b"], ["c"]])
    })],
  ["removes", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      yield* driver.removeFile("/dir/inner")
      yield* driver.removeDir("/dir")
      yield* driver.removeFile("/file")
      yield* expectSame("names", yield* namesOf(driver, "/"), [])
      const found = yield* Effect.all([driver.exists("/file"), driver.exists("/file/below"), driver.exists("/")])
      yield* expectSame("exists", found, [false, false, true])
    })],
  ["renames files and directories, and replaces", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      yield* driver.writeFile("/other", bytes("other"))
      yield* driver.rename("/file", "/other")
      yield* driver.rename("/dir", "/moved")
      yield* driver.rename("/moved", "/moved")
      yield* expectSame("names", yield* namesOf(driver, "/"), ["moved", "other"])
      yield* expectSame("the file", yield* driver.readTextFile("/other"), "content")
      yield* expectSame("the inner file", yield* driver.readTextFile("/moved/inner"), "inner")
      yield* driver.createDir("/empty")
      yield* driver.rename("/moved", "/empty")
      yield* expectSame("an empty directory replaced", yield* namesOf(driver, "/empty"), ["inner"])
    })]
]

const shortcuts: ReadonlyArray<Check> = [
  ["has shortcuts that agree with the methods", (driver) =>
    Effect.gen(function*() {
      if (driver.shortcuts === undefined) return
      yield* fill(driver)
      const { descend, entries, read } = driver.shortcuts
      const names = (found: ReadonlyArray<{ readonly name: string }>) => found.map(({ name }) => name)
      const asked = ["file", "none", "..", ".", "dir/inner", "dir"]
      yield* expectSame("entries", names(yield* entries("/", asked)), ["file", "dir"])
      yield* expectSame("a descent", names(yield* descend("/", ["dir", "inner", "x"])), ["dir", "inner"])
      yield* expectSame("a descent to nothing", names(yield* descend("/", ["none", "x"])), [])
      yield* expectSame("a descent upwards", names(yield* descend("/", ["..", "x"])), [])
      const { content, stat } = yield* read("/file", 1, 100)
      yield* expectSame("a read", [new TextDecoder().decode(content), stat.size], ["ontent", 7])
      yield* refused("ENOENT", { read: read("/none", 0, 1) })
      yield* refused("EISDIR", { read: read("/dir", 0, 1) })
    })]
]

const symlinks: ReadonlyArray<Check> = [
  ["has symbolic links", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      yield* driver.symlink("dir/inner", "/link")
      yield* driver.symlink("none", "/dangling")
      yield* driver.symlink("dir", "/to-dir")
      yield* expectSame("what it says", yield* driver.readlink("/link"), "dir/inner")
      yield* expectSame("through it", yield* driver.readTextFile("/link"), "inner")
      yield* expectSame("its real path", yield* driver.realpath("/link"), "/dir/inner")
      const [link, followed] = yield* Effect.all([driver.lstat("/link"), driver.stat("/link")])
      yield* expectSame("itself", [link.isSymbolicLink, link.isDirectory, link.mode & 0o170000], [true, false, 40960])
      yield* expectSame("followed", [followed.isSymbolicLink, followed.size, link.size], [false, 5, 9])
      const types = (yield* typesOf(driver, "/")).map(([name, , isLink]) => [name, isLink])
      const expected = [["dangling", true], ["dir", false], ["file", false], ["link", true], ["to-dir", true]]
      yield* expectSame("types", types, expected)
      yield* expectSame("exists", yield* driver.exists("/dangling"), false)
      yield* refused("ENOENT", { stat: driver.stat("/dangling"), readFile: driver.readFile("/dangling") })
      yield* refused("EEXIST", {
        symlink: driver.symlink("x", "/link"),
        "symlink at a file": driver.symlink("x", "/file"),
        createDir: driver.createDir("/dangling")
      })
      yield* refused("ENOTDIR", { "removeDir of a link": driver.removeDir("/to-dir") })
      yield* driver.removeFile("/to-dir")
      yield* driver.rename("/link", "/renamed")
      yield* expectSame("what it says", yield* driver.readlink("/renamed"), "dir/inner")
      yield* expectSame("its directory stays", yield* namesOf(driver, "/dir"), ["inner"])
      yield* driver.symlink("loop", "/loop")
      yield* refused("ELOOP", { readFile: driver.readFile("/loop"), stat: driver.stat("/loop") })
    })]
]

const links: ReadonlyArray<Check> = [
  ["has several names for a file", (driver) =>
    Effect.gen(function*() {
      yield* fill(driver)
      yield* driver.link("/file", "/dir/twin")
      yield* driver.pwrite("/dir/twin", 0, bytes("C"))
      yield* expectSame("the file", yield* driver.readTextFile("/file"), "Content")
      const [file, twin] = yield* Effect.all([driver.stat("/file"), driver.stat("/dir/twin")])
      yield* expectSame("names and the same file", [file.nlink, twin.nlink, file.ino === twin.ino], [2, 2, true])
      yield* refused("EEXIST", { link: driver.link("/file", "/dir/inner") })
      yield* refused("ENOENT", { link: driver.link("/none", "/new"), "link below": driver.link("/file", "/none/x") })
      yield* refused("EPERM", { "link of a directory": driver.link("/dir", "/new") })
      yield* driver.removeFile("/file")
      yield* expectSame("what is left", yield* driver.readTextFile("/dir/twin"), "Content")
    })]
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases = <R = never>(subject: Subject<R>): ReadonlyArray<Case<R | Scope.Scope>> =>
  [
    ...contents,
    ...trees,
    ...refusals,
    ...shortcuts,
    ...(subject.symlinks === false ? [] : symlinks),
    ...(subject.links === false ? [] : links)
  ].map(([name, check]) => ({ name, run: Effect.orDie(Effect.flatMap(subject.make, check)) }))
