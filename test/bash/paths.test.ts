/** Paths as they are handed to the kernel, and what is remembered by them. */
import { assert, describe, it } from "@effect/vitest"
import { ProgramPaths } from "../../native/guests/bash/program-paths.ts"
import { foldPath, resolvePath } from "../../native/guests/shell/paths.ts"
import { ShellVm } from "./support/vm.ts"

const cases: ReadonlyArray<readonly [path: string, resolved: string, folded: string]> = [
  ["a", "/home/user/a", "/home/user/a"],
  ["/a/b", "/a/b", "/a/b"],
  ["../a", "/home/user/../a", "/home/a"],
  ["a/..", "/home/user/a/..", "/home/user"],
  ["a/", "/home/user/a/", "/home/user/a"],
  ["a//b/", "/home/user/a/b/", "/home/user/a/b"],
  ["./a/./b", "/home/user/a/b", "/home/user/a/b"],
  ["a/.", "/home/user/a/.", "/home/user/a"],
  ["a/./", "/home/user/a/./", "/home/user/a"],
  [".", "/home/user/.", "/home/user"],
  ["..", "/home/user/..", "/home"],
  ["", "", "/home/user"],
  ["/", "/", "/"],
  ["//", "/", "/"],
  ["/..", "/..", "/"],
  ["/./.a/..b", "/.a/..b", "/.a/..b"]
]

describe("paths of programs", () => {
  it("keep what only the kernel can tell the meaning of", () => {
    for (const [path, resolved, folded] of cases) {
      assert.strictEqual(resolvePath("/home/user", path), resolved, path)
      assert.strictEqual(foldPath("/home/user", path), folded, path)
    }
    assert.strictEqual(resolvePath("/", "a"), "/a")
    assert.strictEqual(resolvePath("/a/", "b"), "/a/b")
  })

  it("are forgotten where a change may have been near a program, and not kept where they wind", () => {
    const paths = new ProgramPaths()
    paths.remember("found", "/usr/bin/found")
    paths.remember("winding", "/usr/bin/../bin/winding")
    assert.strictEqual(paths.get("winding"), undefined)
    paths.observe("unlink", ["/tmp/a..b"])
    assert.strictEqual(paths.get("found"), "/usr/bin/found")
    paths.observe("unlink", ["/tmp/../usr/bin/found"])
    assert.strictEqual(paths.get("found"), undefined)
  })
})

describe("rg", () => {
  const run = (script: string) => new ShellVm().run(script)

  it("reads files that grow, files without a size, and no devices on its way", async () => {
    const growing = "echo line > grow; (while sleep 0.001; do echo line >> grow; done) & " +
      "for i in {1..50}; do rg -q line grow || echo failed $?; done; kill %1"
    assert.deepInclude(await run(growing), { exitCode: 0, stdout: "", stderr: "" })
    assert.deepInclude(await run("rg -c . /proc/version"), { exitCode: 0, stdout: "1\n", stderr: "" })
    const whole = await run("echo needle-7 > f; rg -uuu -l 'needle-[7]' /")
    assert.deepInclude(whole, { exitCode: 0, stdout: "/home/user/f\n", stderr: "" })
  })

  it("goes up through links, and stops at the root", async () => {
    const script =
      "mkdir -p a/b; echo here > a/f; echo there > f; ln -s a/b link; rg e link/..; cd link; rg e ../f; rg e .."
    assert.strictEqual((await run(script)).stdout, "link/../f:1:here\nhere\n../f:1:here\n")
  })
})
