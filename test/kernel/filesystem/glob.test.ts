import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Filesystem } from "../../../native/kernel/filesystem/filesystem.ts"
import { GLOB_MAX, GlobPattern } from "../../../native/kernel/filesystem/glob-pattern.ts"
import { finish } from "../../../native/kernel/filesystem/steps.ts"
import { Tree } from "../../../native/kernel/filesystem/tree.ts"
import { bytes, fails, make, root, user } from "./support.ts"

/** A pattern as a tree, of which both its text and a plain backtracking matcher are made. */
type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "any" | "star" | "slash" }
  | { readonly kind: "class"; readonly chars: string; readonly negated: boolean }
  | { readonly kind: "either"; readonly of: ReadonlyArray<ReadonlyArray<Part>> }

const { part } = FastCheck.letrec<{ part: Part; parts: ReadonlyArray<Part> }>((tie) => ({
  part: FastCheck.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 5, arbitrary: FastCheck.constantFrom("a", "b", ".", "ab").map((text): Part => ({ kind: "text", text })) },
    {
      weight: 3,
      arbitrary: FastCheck.constantFrom<"any" | "star" | "slash">("any", "star", "slash").map((kind): Part => ({
        kind
      }))
    },
    {
      weight: 1,
      arbitrary: FastCheck.record({
        kind: FastCheck.constant("class" as const),
        chars: FastCheck.constantFrom("a", "ab", "b."),
        negated: FastCheck.boolean()
      })
    },
    {
      weight: 1,
      arbitrary: FastCheck.array(tie("parts"), { minLength: 2, maxLength: 3 }).map((of): Part => ({
        kind: "either",
        of
      }))
    }
  ),
  parts: FastCheck.array(tie("part"), { maxLength: 3 })
}))

const textOf = (parts: ReadonlyArray<Part>): string =>
  parts.map((at) => {
    switch (at.kind) {
      case "text":
        return at.text
      case "any":
        return "?"
      case "star":
        return "*"
      case "slash":
        return "/"
      case "class":
        return `[${at.negated ? "!" : ""}${at.chars}]`
      case "either":
        return `{${at.of.map(textOf).join(",")}}`
    }
  }).join("")

/** Every list of simple parts that the alternatives can become. */
const expand = (parts: ReadonlyArray<Part>): ReadonlyArray<ReadonlyArray<Part>> =>
  parts.reduce<ReadonlyArray<ReadonlyArray<Part>>>(
    (before, at) => {
      const choices = at.kind === "either" ? at.of.flatMap(expand) : [[at]]
      return before.flatMap((start) => choices.map((choice) => [...start, ...choice]))
    },
    [[]]
  )

/** Tries every way to match; a wildcard takes no dot at the beginning of a name, unless `dot`. */
const naive = (pattern: string, path: string, dot: boolean): boolean => {
  const match = (at: number, to: number): boolean => {
    if (at === pattern.length) return to === path.length
    const char = pattern[at]
    const first = to === 0 || path[to - 1] === "/"
    const hidden = first && path[to] === "." && !dot
    const wild = to < path.length && path[to] !== "/" && !hidden
    if (pattern.startsWith("**/", at) && (at === 0 || pattern[at - 1] === "/")) {
      const end = path.indexOf("/", to)
      return match(at + 3, to) || (wild && end > to && match(at, end + 1))
    }
    if (char === "*") return (!hidden && match(at + 1, to)) || (wild && match(at, to + 1))
    if (char === "?") return wild && match(at + 1, to + 1)
    if (char === "[") {
      const end = pattern.indexOf("]", at)
      const negated = pattern[at + 1] === "!"
      const chars = pattern.slice(at + (negated ? 2 : 1), end)
      return wild && chars.includes(path[to]) !== negated && match(end + 1, to + 1)
    }
    return path[to] === char && match(at + 1, to + 1)
  }
  return match(0, 0)
}

/** Matches a whole path, name by name, as the walk does. */
const matches = (pattern: string, path: string, dot = false): boolean => {
  const compiled = new GlobPattern(pattern, dot)
  const names = path.split("/")
  let places = compiled.start
  for (const [i, name] of names.entries()) {
    const after = compiled.after(places, name)
    if (i === names.length - 1) return compiled.accepts(after)
    places = compiled.below(after)
  }
  return false
}

const found = (fs: Filesystem, pattern: string, cwd = "/", dot = false) => finish(fs.glob(root, pattern, { cwd, dot }))

describe("glob patterns", () => {
  it("match as a plain backtracking matcher does", () => {
    const path = FastCheck.array(
      FastCheck.string({ unit: FastCheck.constantFrom("a", "b", "."), minLength: 1, maxLength: 4 }),
      { minLength: 1, maxLength: 3 }
    ).map((names) => names.join("/"))
    let matched = 0
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(part, { minLength: 1, maxLength: 6 }),
        path,
        FastCheck.boolean(),
        (parts, at, dot) => {
          const texts = expand(parts).map(textOf)
          const all = [textOf(parts), ...texts]
          // a component of two stars, doubled slashes and those at the ends mean something else than their characters
          FastCheck.pre(all.every((one) => !/\*\*|\/\/|^\/|\/$/.test(one)))
          const expected = texts.some((one) => naive(one, at, dot))
          if (expected) matched++
          assert.strictEqual(matches(textOf(parts), at, dot), expected, `${textOf(parts)} ${at} ${dot}`)
        }
      ),
      { numRuns: 30_000 }
    )
    assert.isAbove(matched, 500)
  })

  it("match any number of names with two stars", () => {
    const component = FastCheck.constantFrom("**", "*", "a", "?", "b*", ".a", "*.")
    const name = FastCheck.constantFrom("a", "b", "ab", ".a", "a.", "ba")
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(component, { minLength: 1, maxLength: 5 }),
        FastCheck.array(name, { minLength: 1, maxLength: 5 }),
        FastCheck.boolean(),
        (components, names, dot) => {
          const at = names.join("/")
          const last = components[components.length - 1]
          // two stars at the end are any number of names, and one more
          const text = components.join("/")
          const expected = naive(last === "**" ? `${text}/*` : text, at, dot)
          assert.strictEqual(matches(text, at, dot), expected, `${text} ${at} ${dot}`)
        }
      ),
      { numRuns: 20_000 }
    )
  })

  it("know classes, escapes and what is meant as it stands", () => {
    const yes: ReadonlyArray<readonly [string, string]> = [
      ["[a-c]x", "bx"],
      ["[!a-c]x", "dx"],
      ["[^a]", "b"],
      ["[]]", "]"],
      ["[!]]", "a"],
      ["[a-]", "-"],
      ["[\\]]", "]"],
      ["[a\\-c]", "-"],
      ["[", "["],
      ["[a", "[a"],
      ["{a", "{a"],
      ["a}", "a}"],
      ["{a}", "{a}"],
      ["{}", "{}"],
      ["a,b", "a,b"],
      ["\\*", "*"],
      ["\\{a,b}", "{a,b}"],
      ["?", "😀"],
      ["[😀-😂]", "😁"],
      ["{a,{b,c}d}", "cd"],
      ["{a/b,c}/d", "a/b/d"],
      ["{a,}b", "b"],
      ["a//b", "a/b"],
      ["**/{a,b}/**", "x/b/y/z"],
      ["{**/x,y}", "a/b/x"],
      ["a**b", "axxb"],
      ["\\", "\\"],
      ["{,.}a", ".a"]
    ]
    const no: ReadonlyArray<readonly [string, string]> = [
      ["[a-c]x", "dx"],
      ["*", ".a"],
      ["?a", ".a"],
      ["[.]a", ".a"],
      ["[!a]a", ".a"],
      ["**", ".a"],
      ["**/a", ".b/a"],
      ["*", "a/b"],
      ["a**b", "a/b"],
      ["\\*", "a"],
      ["{a,b}", "{a,b}"],
      ["*.a", ".a"],
      ["[a-c]", "B"],
      ["a/**", "a"]
    ]
    for (const [pattern, path] of yes) assert.isTrue(matches(pattern, path), `${pattern} ${path}`)
    for (const [pattern, path] of no) assert.isFalse(matches(pattern, path), `${pattern} ${path}`)
    assert.isTrue(matches("{*,?}a", ".a", true))
  })

  it("take time linear in the name, whatever the pattern", () => {
    const pattern = "*a".repeat(100) + "{a,{a,{a,b}}}*".repeat(30) + "c"
    const started = performance.now()
    assert.isFalse(matches(pattern, "a".repeat(255)))
    assert.isBelow(performance.now() - started, 500)
  })
})

describe("glob", () => {
  const tree = () => {
    const fs = make()
    fs.mkdirp(root, "/srv/app/src/deep")
    fs.mkdirp(root, "/srv/app/.git")
    for (const name of ["a.ts", "b.ts", "c.js", ".hidden.ts"]) fs.writeFile(root, `/srv/app/src/${name}`, bytes(""))
    fs.writeFile(root, "/srv/app/src/deep/d.ts", bytes(""))
    fs.writeFile(root, "/srv/app/.git/x.ts", bytes(""))
    fs.symlink(root, "src", "/srv/app/link")
    return fs
  }

  it("finds what matches, sorted, and does not follow links", () => {
    const fs = tree()
    assert.deepStrictEqual(found(fs, "**/*.ts", "/srv"), [
      "/srv/app/src/a.ts",
      "/srv/app/src/b.ts",
      "/srv/app/src/deep/d.ts"
    ])
    assert.deepStrictEqual(found(fs, "/srv/app/*/*.{ts,js}"), [
      "/srv/app/src/a.ts",
      "/srv/app/src/b.ts",
      "/srv/app/src/c.js"
    ])
    assert.deepStrictEqual(found(fs, "*", "/srv/app"), ["/srv/app/link", "/srv/app/src"])
    assert.deepStrictEqual(found(fs, "*/", "/srv/app"), ["/srv/app/src"])
    assert.deepStrictEqual(found(fs, "*", "/srv/app/link"), [
      "/srv/app/link/a.ts",
      "/srv/app/link/b.ts",
      "/srv/app/link/c.js",
      "/srv/app/link/deep"
    ])
    assert.lengthOf(found(fs, "**/*.ts", "/srv", true), 5)
    assert.deepStrictEqual(found(fs, ".*", "/srv/app"), ["/srv/app/.git"])
    assert.deepStrictEqual(found(fs, "/"), [])
  })

  it("crosses mounts, passes by what may not be read, and refuses what is no pattern", () => {
    const fs = tree()
    fs.mount("/srv/app/mnt", Tree.empty(0n).snapshot())
    fs.writeFile(root, "/srv/app/mnt/m.ts", bytes(""))
    assert.deepStrictEqual(found(fs, "/srv/app/m*/*"), ["/srv/app/mnt/m.ts"])
    fs.chmod(root, "/srv/app/src", 0o700)
    assert.deepStrictEqual(finish(fs.glob(user, "/srv/app/**/*.ts", { cwd: "/", dot: false })), ["/srv/app/mnt/m.ts"])
    fails("EINVAL", () => found(fs, ""))
    fails("EINVAL", () => found(fs, "a\0"))
    fails("ENOENT", () => found(fs, "*", "/none"))
    fails("ENOTDIR", () => found(fs, "*", "/srv/app/src/a.ts"))
    assert.deepStrictEqual(fails("ENAMETOOLONG", () => found(fs, "x".repeat(GLOB_MAX + 1))).limit, {
      name: "globPattern",
      value: GLOB_MAX
    })
  })

  it("has a bound on its results and survives any depth", () => {
    const fs = make({ limits: { readdirEntries: 10 } })
    for (let i = 0; i < 11; i++) fs.writeFile(root, `/f${i}`, bytes(""))
    assert.deepStrictEqual(fails("ENOMEM", () => found(fs, "*")).limit, { name: "readdirEntries", value: 10 })
    assert.lengthOf(found(fs, "f?"), 10)
    fs.mkdirp(root, `/deep${"/d".repeat(2000)}`)
    fs.mkdirp(root, `/e${"/d".repeat(1900)}`)
    fs.rename(root, "/deep", `/e${"/d".repeat(1900)}/deep`)
    assert.deepStrictEqual(found(fs, "/e/**/deep"), [`/e${"/d".repeat(1900)}/deep`])
  })
})
