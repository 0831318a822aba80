/** The manifest of an `s3` mount. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Manifest from "../../../layers/node/s3/Manifest.ts"
import type * as Tree from "../../../layers/node/s3/Tree.ts"
import { text } from "../../contract/layers.ts"

describe("the manifest", () => {
  const time = 1.5
  const attributes = { mode: 0o755, uid: 0, gid: 0, atimeMs: time, mtimeMs: time, ctimeMs: time, birthtimeMs: time }
  const decode = (value: unknown) =>
    Effect.flip(Manifest.decode(text(typeof value === "string" ? value : JSON.stringify(value))))
  const times = [0, 0, 0, 0]
  const directory = (ino: number, ...entries: ReadonlyArray<readonly [string, number]>) => ({
    ino,
    mode: 0,
    uid: 0,
    gid: 0,
    times,
    type: "directory",
    entries
  })
  const file = (ino: number, more: object) => ({ ino, mode: 0, uid: 0, gid: 0, times, type: "file", ...more })
  const manifest = (...inodes: ReadonlyArray<unknown>) => ({
    format: "effect-agent-os-s3-v1",
    revision: "r",
    next: 9,
    inodes
  })

  it.effect("is read as it was written, whatever the names are", () =>
    Effect.gen(function*() {
      const names = ["__proto__", "constructor", "ü \n\\*", "a".repeat(255)]
      const nodes = names.map((_, at): readonly [number, Tree.Node] => [at + 2, {
        ...attributes,
        type: "file",
        nlink: 1,
        size: at,
        content: { inline: new Uint8Array(at) }
      }])
      const tree: Tree.Tree = {
        next: 7,
        nodes: HashMap.fromIterable<number, Tree.Node>([
          [1, {
            ...attributes,
            type: "directory",
            entries: HashMap.fromIterable([...names.map((name, at) => [name, at + 2] as const), ["l", 6]])
          }],
          ...nodes,
          [6, { ...attributes, type: "symlink", nlink: 1, target: "x" }]
        ])
      }
      const found = yield* Manifest.decode(Manifest.encode(tree, "revision"))
      assert.deepStrictEqual(found, { tree, revision: "revision" })
    }))

  it.effect("is refused when it is no tree", () =>
    Effect.gen(function*() {
      const bad: ReadonlyArray<readonly [unknown, RegExp]> = [
        ["", /no manifest/],
        ["[".repeat(100_000), /no manifest/],
        [{ ...manifest(directory(1)), format: "other" }, /no manifest/],
        [manifest(directory(1, ["../up", 2]), directory(2)), /no manifest/],
        [manifest(directory(1, ["..", 2]), directory(2)), /no manifest/],
        [manifest(directory(1), file(2, { size: 2 ** 40, blockSize: 1, blocks: [] })), /no manifest/],
        [manifest(directory(1, ["f", 2]), file(2, { size: 5, blockSize: 5, blocks: ["../../other"] })), /no manifest/],
        [manifest(directory(1, ["f", 2]), file(2, { size: 5, blockSize: 1, blocks: [null] })), /inode 2 has too few/],
        [manifest(directory(2)), /no root/],
        [manifest(file(1, { data: "" })), /root is no directory/],
        [manifest(directory(1), directory(1)), /there twice/],
        [manifest(directory(1, ["a", 5])), /inode 5 is missing/],
        [manifest(directory(1, ["a", 2], ["b", 2]), directory(2)), /directory 2 has two names/],
        [manifest(directory(1, ["a", 2]), directory(2, ["up", 1])), /directory 1 has two names/],
        [manifest(directory(1), directory(2, ["a", 3]), directory(3, ["b", 2])), /no name/],
        [manifest(directory(1, ["a", 10]), file(10, { data: "" })), /beyond/]
      ]
      for (const [value, expected] of bad) {
        assert.match((yield* decode(value)).message, expected, JSON.stringify(value).slice(0, 200))
      }
    }))
})
