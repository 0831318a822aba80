/** Several files in one system call: each has an answer of its own, and there is a bound to how many. */
import { assert, describe, it } from "@effect/vitest"
import { FILES_TOGETHER } from "../../../native/guests/protocol.ts"
import { Fault } from "../../../native/kernel/fault.ts"
import { MemoryKernel } from "../../guests/support/memory-kernel.ts"

describe("readFiles", () => {
  it("gives each file, or the error that it fails with, in the order of the paths", () => {
    const kernel = new MemoryKernel()
    const large = new Uint8Array(3 * 1024 * 1024).fill(7)
    kernel.put("/d/a", new TextEncoder().encode("a"))
    kernel.put("/d/large", large)
    kernel.put("/d/empty", new Uint8Array(0))
    const paths = ["/d/a", "/d/none", "/d", "/d/large", "/d/a/b", "/d/empty"]
    assert.deepStrictEqual(kernel.call("readFiles", [paths.join("\0")]), [
      new TextEncoder().encode("a"),
      "ENOENT",
      "EISDIR",
      large,
      "ENOTDIR",
      new Uint8Array(0)
    ])
  })

  it("takes so many and not one more", () => {
    const kernel = new MemoryKernel()
    const of = (count: number) => Array.from({ length: count }, (_, at) => `/none-${at}`).join("\0")
    assert.lengthOf(kernel.call("readFiles", [of(FILES_TOGETHER)]) as ReadonlyArray<unknown>, FILES_TOGETHER)
    try {
      kernel.call("readFiles", [of(FILES_TOGETHER + 1)])
      assert.fail("it was taken")
    } catch (thrown) {
      assert.instanceOf(thrown, Fault)
      assert.strictEqual(thrown.errno, "EINVAL")
    }
  })
})
