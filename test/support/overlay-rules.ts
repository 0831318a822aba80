/** The 21 rules of overlays, and the two defects that are not to be repeated, for whatever composes a filesystem of lowers. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Errno } from "../../src/Errno.ts"

/** The lower of a subject: files, `null` for directories, links as what they say, by absolute paths. */
export type Lower = Readonly<Record<string, string | null | { readonly link: string } | { readonly mode: number }>>

/** Error numbers are failures. */
type Answer<A> = Effect.Effect<A, Errno>

export interface Composed {
  readonly read: (path: string) => Answer<string>
  readonly pread: (path: string, offset: number, length: number) => Answer<string>
  readonly write: (path: string, content: string) => Answer<void>
  /** Fails when the file is there. */
  readonly create: (path: string) => Answer<void>
  readonly exists: (path: string) => Answer<boolean>
  /** Permission bits, and what it is. */
  readonly lstat: (path: string) => Answer<{ readonly mode: number; readonly type: "file" | "directory" | "symlink" }>
  readonly readdir: (path: string) => Answer<ReadonlyArray<string>>
  readonly remove: (path: string) => Answer<void>
  readonly removeDirectory: (path: string) => Answer<void>
  readonly mkdir: (path: string, parents: boolean) => Answer<void>
  readonly chmod: (path: string, mode: number) => Answer<void>
  readonly readlink: (path: string) => Answer<string>
  /** The same state, opened again. */
  readonly reopened: Effect.Effect<Composed, Errno>
}

export interface Built {
  readonly view: Composed
  /** What the lowers are now, by path: the files of the first. */
  readonly lower: (path: string) => Effect.Effect<string | undefined>
}

export type Build<R> = (
  lowers: readonly [Lower, ...ReadonlyArray<Lower>],
  mode?: "read-only"
) => Effect.Effect<Built, unknown, R>

export interface Rule {
  readonly name: string
  readonly lowers?: readonly [Lower, ...ReadonlyArray<Lower>]
  readonly mode?: "read-only"
  readonly check: (built: Built) => Effect.Effect<void, Errno>
}

const data: Lower = {
  "/data/base.txt": "base content",
  "/data/shared.txt": "from lower",
  "/data/subdir/nested.txt": "nested in lower"
}

const fails = (errno: string, answer: Answer<unknown>) =>
  Effect.flatMap(
    Effect.match(answer, { onFailure: (found): string => found, onSuccess: () => "nothing" }),
    (found) => Effect.sync(() => assert.strictEqual(found, errno))
  )

const gives = <A>(answer: Answer<A>, expected: A) =>
  Effect.map(answer, (found) => assert.deepStrictEqual(found, expected))

const unchanged = ({ lower }: Built, path: string, content: string) =>
  Effect.map(lower(path), (found) => assert.strictEqual(found, content))

const rule = (name: string, check: Rule["check"], more: Partial<Rule> = {}): Rule => ({ name, check, ...more })

const all = (...checks: ReadonlyArray<Effect.Effect<void, Errno>>) => Effect.all(checks, { discard: true })

const base = "/data/base.txt"

export const rules: ReadonlyArray<Rule> = [
  rule("1: what the upper does not have is read from the lower", ({ view }) => gives(view.read(base), "base content")),
  rule(
    "2: text comes from the lower as it is, in any directory",
    ({ view }) => gives(view.read("/data/subdir/nested.txt"), "nested in lower")
  ),
  rule(
    "3: a write goes to the upper, and is what is read next",
    ({ view }) => all(view.write("/data/shared.txt", "from upper"), gives(view.read("/data/shared.txt"), "from upper"))
  ),
  rule(
    "4: a write leaves the lower as it is",
    (built) => all(built.view.write("/data/shared.txt", "other"), unchanged(built, "/data/shared.txt", "from lower"))
  ),
  rule("5: what was deleted does not exist, and stays in the lower", (built) =>
    all(
      gives(built.view.exists(base), true),
      built.view.remove(base),
      gives(built.view.exists(base), false),
      unchanged(built, base, "base content")
    )),
  rule(
    "6: what was deleted cannot be read: ENOENT",
    ({ view }) => all(view.remove(base), fails("ENOENT", view.read(base)))
  ),
  rule(
    "7: what was deleted has no attributes: ENOENT",
    ({ view }) => all(view.remove(base), fails("ENOENT", view.lstat(base)))
  ),
  rule("8: what was deleted is in no listing", (built) =>
    all(
      built.view.remove(base),
      gives(built.view.readdir("/data"), ["shared.txt", "subdir"]),
      unchanged(built, base, "base content")
    )),
  rule("9: a listing has what both have, without what was deleted", ({ view }) =>
    all(
      view.mkdir("/data", true),
      view.write("/data/upper-only.txt", "upper"),
      view.remove(base),
      gives(view.readdir("/data"), ["shared.txt", "subdir", "upper-only.txt"])
    )),
  rule("10: a listing knows the types of both", ({ view }) =>
    all(
      view.write("/data/extra.txt", "extra"),
      gives(view.readdir("/data"), ["base.txt", "extra.txt", "shared.txt", "subdir"]),
      gives(Effect.map(view.lstat("/data/subdir"), ({ type }) => type), "directory"),
      gives(Effect.map(view.lstat("/data/extra.txt"), ({ type }) => type), "file")
    )),
  rule("11: what is written after it was deleted is there again, and is only that", ({ view }) =>
    all(
      view.remove(base),
      view.write(base, "again"),
      gives(view.read(base), "again"),
      gives(view.readdir("/data"), ["base.txt", "shared.txt", "subdir"])
    )),
  rule("12: what was deleted stays so when the same state is opened again", ({ view }) =>
    Effect.gen(function*() {
      yield* view.remove(base)
      yield* view.write("/data/new.txt", "new")
      const again = yield* view.reopened
      yield* gives(again.exists(base), false)
      yield* gives(again.readdir("/data"), ["new.txt", "shared.txt", "subdir"])
    })),
  rule("13: a directory that is changed keeps what the lower has in it, and nothing else shows", ({ view }) =>
    all(
      view.chmod("/data", 0o700),
      gives(view.readdir("/data"), ["base.txt", "shared.txt", "subdir"]),
      gives(Effect.map(view.readdir("/"), (names) => names.filter((name) => name.startsWith("."))), [])
    )),
  rule("14: a part is read from the lower", ({ view }) => gives(view.pread(base, 5, 6), "conten")),
  rule("15: without an upper of one's own there is one in memory", (built) =>
    all(
      built.view.write("/data/new.txt", "written"),
      gives(built.view.read("/data/new.txt"), "written"),
      Effect.map(built.lower("/data/new.txt"), (found) => assert.isUndefined(found))
    )),
  rule("16: mkdir -p of a directory of the lower changes nothing", ({ view }) =>
    all(
      view.mkdir("/data", true),
      gives(Effect.map(view.lstat("/data"), ({ mode }) => mode), 0o751),
      gives(view.readdir("/data"), ["base.txt", "shared.txt", "subdir"])
    ), { lowers: [{ ...data, "/data": { mode: 0o751 } }] }),
  rule("17: a file written into a directory of the lower leaves the directory its attributes", ({ view }) =>
    all(
      view.write("/data/new.txt", "new"),
      gives(Effect.map(view.lstat("/data"), ({ mode }) => mode), 0o751)
    ), { lowers: [{ ...data, "/data": { mode: 0o751 } }] }),
  rule("18: mkdir -p of a link to a directory leaves the link", ({ view }) =>
    all(
      Effect.ignore(view.mkdir("/var-lock", true)),
      fails("EEXIST", view.mkdir("/var-lock", false)),
      gives(Effect.map(view.lstat("/var-lock"), ({ type }) => type), "symlink"),
      gives(view.readlink("/var-lock"), "run/lock")
    ), { lowers: [{ "/run/lock": null, "/var-lock": { link: "run/lock" } }] }),
  rule("19: of several lowers the first that has it shows", ({ view }) =>
    all(
      gives(view.read("/etc/config.txt"), "from higher"),
      gives(view.read("/etc/deep-only.txt"), "deep only"),
      view.remove("/etc/config.txt"),
      fails("ENOENT", view.read("/etc/config.txt"))
    ), {
    lowers: [
      { "/etc/config.txt": "from higher" },
      { "/etc/config.txt": "from deeper", "/etc/deep-only.txt": "deep only" }
    ]
  }),
  rule("20: read-only is read, and refuses every change: EROFS", (built) =>
    all(
      gives(built.view.read(base), "base content"),
      fails("EROFS", built.view.write("/data/new.txt", "x")),
      fails("EROFS", built.view.remove(base)),
      fails("EROFS", built.view.mkdir("/data/new", false)),
      fails("EROFS", built.view.chmod("/data", 0o700)),
      unchanged(built, base, "base content")
    ), { mode: "read-only" }),
  rule(
    "21: read-only, mkdir -p of what is there changes nothing, and succeeds",
    ({ view }) => view.mkdir("/data", true),
    {
      mode: "read-only"
    }
  ),
  rule("first defect: chmod of a directory hides nothing of the lower, at any depth", ({ view }) =>
    all(
      view.chmod("/data", 0o711),
      view.chmod("/data/subdir", 0o711),
      gives(view.read("/data/subdir/nested.txt"), "nested in lower"),
      gives(view.readdir("/data/subdir"), ["nested.txt"]),
      gives(Effect.map(view.lstat("/data/subdir"), ({ mode }) => mode), 0o711)
    )),
  rule("second defect: what was deleted can be made at once, as a directory and exclusively", ({ view }) =>
    all(
      view.remove(base),
      view.create(base),
      gives(view.read(base), ""),
      fails("EEXIST", view.create(base)),
      view.remove(base),
      view.mkdir(base, false),
      gives(view.readdir(base), []),
      view.removeDirectory(base),
      view.remove("/data/subdir/nested.txt"),
      view.removeDirectory("/data/subdir"),
      view.mkdir("/data/subdir", false),
      gives(view.readdir("/data/subdir"), [])
    ))
]

/** The lowers of a rule. */
export const lowersOf = ({ lowers = [data] }: Rule) => lowers
