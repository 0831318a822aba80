import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as WriteBack from "../../layers/node/WriteBack.ts"
import { given, temporaryFolder, tree } from "./support.ts"

const files = { "a.txt": "one", "b.txt": "two", "lib/c.txt": "three", "lib/deep/d.txt": "four", "old/e.txt": "five" }

describe("what is written back", () => {
  it.scoped("created, changed, removed and renamed files", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files)
      yield* sh(
        "echo new > new.txt; echo more >> a.txt; rm b.txt; mv lib/c.txt lib/z.txt; mkdir -p x/y; echo q > x/y/q"
      )
      const { left, written } = yield* apply()
      assert.deepStrictEqual(tree(host), {
        "a.txt": "file 644 onemore\n",
        "lib": "folder 755",
        "lib/deep": "folder 755",
        "lib/deep/d.txt": "file 644 four",
        "lib/z.txt": "file 644 three",
        "new.txt": "file 644 new\n",
        "old": "folder 755",
        "old/e.txt": "file 644 five",
        "x": "folder 755",
        "x/y": "folder 755",
        "x/y/q": "file 644 q\n"
      })
      assert.deepStrictEqual(left, [])
      assert.deepStrictEqual(written.map(({ kind, path }) => `${kind} ${path.slice(host.length + 1)}`), [
        "replaced a.txt",
        "removed b.txt",
        "removed lib/c.txt",
        "created lib/z.txt",
        "created new.txt",
        "created x",
        "created x/y",
        "created x/y/q"
      ])
    }))

  it.scoped("whole folders: moved, removed, made anew, in the way of files", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given({ ...files, "swap/f": "six", "plain": "seven" })
      yield* sh(
        "mv lib moved; echo five! > moved/deep/d.txt; rm -r old; mkdir old; echo n > old/n; rm -r swap; echo file > swap; rm plain; mkdir plain; echo in > plain/in"
      )
      yield* apply()
      assert.deepStrictEqual(tree(host), {
        "a.txt": "file 644 one",
        "b.txt": "file 644 two",
        "moved": "folder 755",
        "moved/c.txt": "file 644 three",
        "moved/deep": "folder 755",
        "moved/deep/d.txt": "file 644 five!\n",
        "old": "folder 755",
        "old/n": "file 644 n\n",
        "plain": "folder 755",
        "plain/in": "file 644 in\n",
        "swap": "file 644 file\n"
      })
    }))

  it.scoped("permissions of files and folders, and no set-user-id", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files)
      yield* sh("chmod 755 a.txt; chmod 600 b.txt; chmod 700 lib; mkdir d; chmod 750 d; echo s > s; chmod 4755 s")
      yield* apply()
      const after = tree(host)
      assert.deepStrictEqual(
        [after["a.txt"], after["b.txt"], after["lib"], after["d"], after["s"]],
        ["file 755 one", "file 600 two", "folder 700", "folder 750", "file 755 s\n"]
      )
    }))

  it.scoped("links, as links", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files, { prepare: (host) => symlinkSync("a.txt", join(host, "link")) })
      yield* sh(
        "ln -sf /etc/passwd link; ln -s ../outside new; ln -s nowhere lib/n; rm old/e.txt; ln -s ../a.txt old/e.txt"
      )
      yield* apply()
      const after = tree(host)
      assert.deepStrictEqual(
        [after["link"], after["new"], after["lib/n"], after["old/e.txt"], after["a.txt"]],
        ["link /etc/passwd", "link ../outside", "link nowhere", "link ../a.txt", "file 644 one"]
      )
    }))

  it.scoped("binary content, and nothing at all when nothing changed", () =>
    Effect.gen(function*() {
      const { apply, host, vm } = yield* given(files)
      assert.deepStrictEqual((yield* apply()).written, [])
      const bytes = new Uint8Array(300_000).map((_, i) => i * 7)
      yield* vm.filesystem.writeFile("/repo/blob", bytes)
      yield* apply()
      assert.isTrue(readFileSync(join(host, "blob")).equals(bytes))
    }))
})

const conflict = (changeHost: (host: string) => void, script: string, expected: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { apply, host: root, sh } = yield* given(files, { exclude: ["node_modules"], prepare: prepareModules })
    yield* sh(script)
    changeHost(root)
    const before = tree(root)
    const error = yield* Effect.flip(apply())
    assert.strictEqual(error._tag, "WriteBackRefused")
    assert.deepStrictEqual(
      error._tag === "WriteBackRefused"
        ? error.conflicts.map(({ path, reason }) => `${reason} ${path.slice(root.length + 1)}`)
        : [],
      expected
    )
    assert.deepStrictEqual(tree(root), before)
  })

const prepareModules = (host: string) => {
  mkdirSync(join(host, "old/node_modules"))
  writeFileSync(join(host, "old/node_modules/m"), "m")
}

describe("conflicts are refused and leave the host as it is", () => {
  it.scoped("changed: content", () =>
    conflict((host) => writeFileSync(join(host, "a.txt"), "host"), "echo vm > a.txt; echo n > n", ["Changed a.txt"]))
  it.scoped("changed: same size and time, by another hand", () =>
    conflict(
      (host) => {
        writeFileSync(join(host, "a.txt"), "eno")
        utimesSync(join(host, "a.txt"), new Date(1), new Date(1))
      },
      "rm a.txt",
      ["Changed a.txt"]
    ))
  it.scoped("changed: permissions", () =>
    conflict((host) => chmodSync(join(host, "a.txt"), 0o600), "echo vm > a.txt", ["Changed a.txt"]))
  it.scoped("changed: now a link", () =>
    conflict(
      (host) => {
        rmSync(join(host, "a.txt"))
        symlinkSync("b.txt", join(host, "a.txt"))
      },
      "echo vm > a.txt",
      ["Changed a.txt"]
    ))
  it.scoped("appeared", () =>
    conflict((host) => writeFileSync(join(host, "n.txt"), "host"), "echo vm > n.txt", ["Appeared n.txt"]))
  it.scoped("appeared: left out of the mount", () =>
    conflict(() => {}, "mkdir old/node_modules", ["Appeared old/node_modules"]))
  it.scoped("vanished: the file", () =>
    conflict((host) => rmSync(join(host, "a.txt")), "echo vm > a.txt", ["Vanished a.txt"]))
  it.scoped("vanished: the folder that a new file goes to", () =>
    conflict((host) => renameSync(join(host, "lib"), join(host, "lib2")), "echo vm > lib/new", ["Vanished lib"]))
  it.scoped("unseen: a removed folder holds what was left out, or is new", () =>
    conflict((host) => writeFileSync(join(host, "lib/deep/new"), ""), "rm -r old lib", [
      "Unseen lib/deep/new",
      "Unseen old/node_modules"
    ]))
  it.scoped("all of them are listed", () =>
    conflict(
      (host) => {
        writeFileSync(join(host, "a.txt"), "host")
        writeFileSync(join(host, "b.txt"), "host")
      },
      "echo vm > a.txt; echo vm > b.txt; echo vm > fine",
      ["Changed a.txt", "Changed b.txt"]
    ))
  it.scoped("what the VM did not touch may change freely", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files)
      yield* sh("echo vm > a.txt")
      writeFileSync(join(host, "b.txt"), "host")
      yield* apply()
      assert.deepStrictEqual([tree(host)["a.txt"], tree(host)["b.txt"]], ["file 644 vm\n", "file 644 host"])
    }))
})

describe("nothing outside the folder is reached", () => {
  const swapped = (swap: (host: string, outside: string) => void, script: string, at: string | undefined) =>
    Effect.gen(function*() {
      const outside = yield* temporaryFolder
      mkdirSync(join(outside, "deep"))
      writeFileSync(join(outside, "c.txt"), "outside")
      writeFileSync(join(outside, "deep/d.txt"), "outside")
      const before = tree(outside)
      const { apply, host, sh } = yield* given(files)
      yield* sh(script)
      let done = false
      const once = () => {
        if (!done) swap(host, outside)
        done = true
      }
      if (at === undefined) once()
      const error = yield* Effect.flip(apply((operation) => {
        if (operation === at) once()
      }))
      assert.include(["WriteBackRefused", "WriteBackFailed"], error._tag)
      assert.deepStrictEqual(tree(outside), before)
    })
  const swapLib = (host: string, outside: string) => {
    renameSync(join(host, "lib"), join(host, "aside"))
    symlinkSync(outside, join(host, "lib"))
  }
  it.scoped("a folder that became a link before", () =>
    swapped(swapLib, "echo vm > lib/c.txt; echo vm > lib/deep/d.txt; echo n > lib/new", undefined))
  it.scoped("a folder that becomes a link in the middle", () =>
    swapped(swapLib, "echo vm > lib/c.txt; echo vm > lib/deep/d.txt; echo n > lib/new", "put"))
  it.scoped("a folder that becomes a link before its files are removed", () =>
    swapped(swapLib, "rm lib/c.txt lib/deep/d.txt", "remove"))
  it.scoped("a folder that becomes a link before a new file is written", () =>
    swapped(swapLib, "echo n > lib/new", "stage"))
  it.scoped("a folder that becomes a link before a new folder is made", () =>
    swapped(swapLib, "mkdir lib/new", "mkdir"))
  it.scoped("a folder that becomes a link before a new link is made", () => swapped(swapLib, "ln -s x lib/new", "put"))
  it.scoped("the mounted folder itself replaced", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files)
      const aside = `${host}-aside`
      yield* sh("echo vm > a.txt")
      renameSync(host, aside)
      mkdirSync(host)
      const error = yield* Effect.ensuring(Effect.flip(apply()), Effect.sync(() => rmSync(aside, { recursive: true })))
      assert.include(error.message, "another folder has taken its place")
    }))
})

describe("a failure in the middle takes everything back", () => {
  const script = "echo vm > a.txt; rm b.txt; mv lib moved; rm -r old; echo f > old; mkdir -p x/y; echo q > x/y/q; "
    + "ln -s a x/l; chmod 700 moved/deep; rm link; ln -s b.txt link"
  const operations = ["backup", "mkdir", "stage", "put", "remove", "chmod"] as const

  /** Fails at the given step; tells whether there was one. */
  const failAt = (stop: number, seen: Set<string>) =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files, { prepare: (host) => symlinkSync("a.txt", join(host, "link")) })
      yield* sh(script)
      const before = tree(host)
      let count = 0
      const outcome = yield* Effect.either(apply((operation) => {
        seen.add(operation)
        if (count++ === stop) throw new Error("injected")
      }))
      if (outcome._tag === "Right") return false
      assert.strictEqual(outcome.left._tag, "WriteBackFailed")
      assert.include(outcome.left.message, "injected")
      assert.deepStrictEqual(tree(host), before)
      return true
    }).pipe(Effect.scoped)

  it.effect("whichever step it is", () =>
    Effect.gen(function*() {
      const seen = new Set<string>()
      let stop = 0
      while (yield* failAt(stop, seen)) stop++
      assert.isAbove(stop, 10)
      assert.deepStrictEqual([...seen].sort(), [...operations].sort())
    }), 120_000)

  it.scoped("a file that changes between the check and its turn", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files)
      yield* sh("echo vm > a.txt; echo vm > b.txt; echo n > n")
      const error = yield* Effect.flip(apply((operation, path) => {
        if (operation === "put" && path.endsWith("b.txt")) writeFileSync(path, "host, just now")
        if (operation === "put" && path.endsWith("n")) assert.fail("the step before it must have failed")
      }))
      assert.include(error.message, "changed on the host meanwhile")
      assert.deepStrictEqual([tree(host)["a.txt"], tree(host)["b.txt"]], ["file 644 one", "file 644 host, just now"])
      assert.strictEqual(Object.keys(tree(host)).some((path) => path.includes(".agent-os")), false)
    }))

  it.scoped("a name that is taken between the check and its turn", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files)
      yield* sh("echo vm > n")
      const error = yield* Effect.flip(apply((operation, path) => {
        if (operation === "put") writeFileSync(path, "host")
      }))
      assert.strictEqual(error._tag, "WriteBackFailed")
      assert.strictEqual(tree(host)["n"], "file 644 host")
    }))

  it.scoped("messages name places of the host, not descriptors", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files)
      yield* sh("echo vm > n")
      const error = yield* Effect.flip(apply((operation, path) => {
        if (operation === "put") writeFileSync(path, "host")
      }))
      assert.include(error.message, join(host, "n"))
      assert.notInclude(error.message, "/proc/")
    }))
})

describe("several mounts", () => {
  it.scoped("folders within each other are refused", () =>
    Effect.gen(function*() {
      const { host, vm } = yield* given(files)
      const outer = yield* WriteBack.captureBaseline({ hostPath: host })
      const inner = yield* WriteBack.captureBaseline({ hostPath: join(host, "lib") })
      const since = yield* vm.snapshotMount("/repo")
      const error = yield* Effect.flip(
        WriteBack.apply({ vm, targets: [{ baseline: inner, since }, { baseline: outer, since }] })
      )
      assert.include(error.message, "within another writable mount")
    }))

  it.scoped("a folder with too many entries is refused", () =>
    Effect.gen(function*() {
      const { host } = yield* given(files)
      const error = yield* Effect.flip(WriteBack.captureBaseline({ hostPath: host, maxEntries: 3 }))
      assert.include(error.message, "more than 3 entries")
    }))

  it.scoped("a file with two names is one file in the VM too", () =>
    Effect.gen(function*() {
      const { apply, host, sh } = yield* given(files, {
        prepare: (host) => linkSync(join(host, "a.txt"), join(host, "twin"))
      })
      yield* sh("echo vm > a.txt")
      yield* apply()
      assert.deepStrictEqual([tree(host)["a.txt"], tree(host)["twin"]], ["file 644 vm\n", "file 644 vm\n"])
    }))
})
