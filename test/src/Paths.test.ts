import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { posix } from "node:path"
import * as Paths from "../../src/Paths.ts"

const segment = FastCheck.constantFrom("", ".", "..", "...", "a", "bc", ".x", "x.", "ä", " ", "..a", "proc")
const path = FastCheck.oneof(
  FastCheck.array(segment, { maxLength: 8 }).map((parts) => parts.join("/")),
  FastCheck.array(segment, { maxLength: 8 }).map((parts) => `/${parts.join("/")}`),
  FastCheck.string()
)
const check = (property: (path: string) => void) =>
  FastCheck.assert(FastCheck.property(path, property), { numRuns: 5000 })

describe("normalize", () => {
  it("agrees with POSIX normalize of Node on any string", () => {
    check((path) => assert.strictEqual(Paths.normalize(path), posix.normalize(path)))
  })

  it("keeps a trailing slash, drops .. above the root and turns nothing into a dot", () => {
    assert.strictEqual(Paths.normalize("/a/b/"), "/a/b/")
    assert.strictEqual(Paths.normalize("/../../a"), "/a")
    assert.strictEqual(Paths.normalize("../../a"), "../../a")
    assert.strictEqual(Paths.normalize(""), ".")
    assert.strictEqual(Paths.normalize("/"), "/")
  })

  it("is idempotent", () => {
    check((path) => assert.strictEqual(Paths.normalize(Paths.normalize(path)), Paths.normalize(path)))
  })

  it("takes a path of a million segments", () => {
    assert.strictEqual(Paths.normalize("/a/..".repeat(1_000_000)), "/")
  })
})

describe("guards", () => {
  it("the quick check is the normal form", () => {
    check((path) =>
      assert.strictEqual(Paths.isNormalizedAbsolute(path), path.startsWith("/") && posix.normalize(path) === path)
    )
  })

  // path, safe guard, writable guard
  const matrix: ReadonlyArray<readonly [string, string | undefined, string | undefined]> = [
    ["/", undefined, undefined],
    ["/a", undefined, undefined],
    ["/a/", undefined, undefined],
    ["/a/b.c", undefined, undefined],
    ["/...", undefined, undefined],
    ["", "NotAbsolute", "NotAbsolute"],
    ["a", "NotAbsolute", "NotAbsolute"],
    ["a//b", "NotAbsolute", "NotAbsolute"],
    ["proc", "NotAbsolute", "NotAbsolute"],
    ["../proc", "NotAbsolute", "NotAbsolute"],
    ["//", "NotNormalized", "NotNormalized"],
    ["/a//b", "NotNormalized", "NotNormalized"],
    ["/a/.", "NotNormalized", "NotNormalized"],
    ["/a/../b", "NotNormalized", "NotNormalized"],
    ["/proc/../a", "NotNormalized", "NotNormalized"],
    ["/proc//x", "NotNormalized", "NotNormalized"],
    ["/proc", undefined, "ReadOnly"],
    ["/proc/", undefined, "ReadOnly"],
    ["/proc/1/stat", undefined, "ReadOnly"],
    ["/process", undefined, undefined],
    ["/a/proc", undefined, undefined]
  ]

  it("run in order: absolute, normalized, read-only; reading /proc is no fault", () => {
    for (const [path, safe, writable] of matrix) {
      assert.strictEqual(Paths.checkSafe(path)?.reason, safe, `safe ${path}`)
      assert.strictEqual(Paths.checkWritable(path)?.reason, writable, `writable ${path}`)
    }
  })

  it("speak the known texts", () => {
    assert.strictEqual(Paths.checkSafe("x")?.message, "Path must be absolute: x")
    assert.strictEqual(Paths.checkSafe("/x/..")?.message, "Path must be normalized: /x/..")
    assert.strictEqual(Paths.checkWritable("/proc/1")?.message, "Path is read-only: /proc/1")
  })

  it("whatever the safe guard refuses, the writable guard refuses for the same reason", () => {
    check((path) => {
      const safe = Paths.checkSafe(path)
      if (safe !== undefined) {
        assert.strictEqual(Paths.checkWritable(path)?.reason, safe.reason)
      }
    })
  })
})

describe("parts", () => {
  it("dirname and basename agree with Node on normalized paths", () => {
    check((any) => {
      const path = Paths.normalize(any)
      assert.strictEqual(Paths.dirname(path), posix.dirname(path))
      assert.strictEqual(Paths.basename(path), posix.basename(path))
    })
  })

  it("joinChild undoes them", () => {
    assert.strictEqual(Paths.joinChild("/", "a"), "/a")
    assert.strictEqual(Paths.joinChild("/a", "b"), "/a/b")
    check((any) => {
      const path = `/${Paths.normalize(any)}`
      if (Paths.isNormalizedAbsolute(path) && path !== "/" && !path.endsWith("/")) {
        assert.strictEqual(Paths.joinChild(Paths.dirname(path), Paths.basename(path)), path)
      }
    })
  })
})
