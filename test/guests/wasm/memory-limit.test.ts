import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { isModule, limitMemory, Unrunnable } from "../../../native/guests/wasm/memory-limit.ts"
import { assembled } from "../../support/wasm-programs.ts"

const PAGE = 64 * 1024

const load = (bytes: Uint8Array<ArrayBuffer>) => {
  const engine = (globalThis as any).WebAssembly
  return new engine.Instance(new engine.Module(bytes)).exports
}

const source = (memory: string) =>
  `(module ${memory} (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size)) (data (i32.const 0) "kept"))`

describe("limitMemory", () => {
  it("bounds what a module declares, and changes nothing else", async () => {
    for (
      const [memory, pages, first] of [["(memory 1)", 10, 1], ["(memory 3 5)", 5, 3], [
        "(memory 2 900)",
        10,
        2
      ]] as const
    ) {
      const { grow, size } = load(limitMemory(await assembled("m", source(memory)), 10 * PAGE))
      assert.strictEqual(size(), first)
      assert.strictEqual(grow(pages - first), first)
      assert.strictEqual(grow(1), -1)
      assert.strictEqual(size(), pages)
    }
  })

  it("refuses a module that begins with more, with both numbers", async () => {
    const bytes = await assembled("m", source("(memory 300)"))
    assert.throws(
      () => limitMemory(bytes, 200 * PAGE),
      "it begins with 19660800 bytes of memory; the limit wasmMemoryBytes is 13107200, raise limits.wasmMemoryBytes"
    )
    assert.strictEqual(load(limitMemory(bytes, 300 * PAGE)).size(), 300)
  })

  it("refuses shared memory", async () => {
    const shared = await assembled("m", "(module (memory 1 2 shared))")
    assert.throws(() => limitMemory(shared, PAGE), Unrunnable)
  })

  it("of any bytes: a module, or a refusal", async () => {
    const whole = await assembled("m", source("(memory 1 300)"))
    FastCheck.assert(FastCheck.property(
      FastCheck.integer({ min: 4, max: whole.length }),
      FastCheck.array(FastCheck.tuple(FastCheck.nat(whole.length - 1), FastCheck.nat(255)), { maxLength: 4 }),
      (length, changes) => {
        const bytes = whole.slice(0, length)
        for (const [at, value] of changes) if (at >= 8 && at < length) bytes[at] = value
        assert.isTrue(isModule(bytes))
        try {
          limitMemory(bytes, 10 * PAGE)
        } catch (error) {
          assert.instanceOf(error, Unrunnable)
        }
      }
    ))
  })
})
