/** Modules that are none, that want more than they may have, and that end in every kind of trap. */
import { afterAll, assert, beforeAll, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { TestSidecar } from "../../layers/testing/index.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import { live } from "../contract/layers.ts"
import { folder } from "../recording/support.ts"
import { assembled } from "../support/wasm-programs.ts"
import type { Left } from "./support.ts"
import { before, expectNothingLeft } from "./support.ts"

let was: Left
beforeAll(() => {
  was = before()
})
// among them the workers that were kept ready for the next programs
afterAll(() => expectNothingLeft(was))

const PAGE = 64 * 1024

const start = (body: string, beside = "") =>
  `(module (memory (export "memory") 1) ${beside} (func (export "_start") ${body}))`

/** Programs that trap, and what is said of it. */
const traps: Readonly<Record<string, readonly [source: string, reason: string]>> = {
  unreachable: [start("unreachable"), "unreachable"],
  divide: [start("(drop (i32.div_s (i32.const 1) (i32.const 0)))"), "divide by zero"],
  remainder: [start("(drop (i64.rem_u (i64.const 1) (i64.const 0)))"), "remainder by zero"],
  overflow: [start("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"), "divide result unrepresentable"],
  convert: [start("(drop (i32.trunc_f64_s (f64.const nan)))"), "float unrepresentable in integer range"],
  beyond: [start("(drop (i32.load (i32.const 65533)))"), "memory access out of bounds"],
  empty: [
    start("(call_indirect (type $t) (i32.const 0))", "(type $t (func)) (table 1 funcref)"),
    "null function or function signature mismatch"
  ],
  mismatch: [
    start(
      "(drop (call_indirect (type $t) (i32.const 0)))",
      "(type $t (func (result i32))) (table 1 funcref) (elem (i32.const 0) $f) (func $f)"
    ),
    "null function or function signature mismatch"
  ],
  index: [
    start("(call_indirect (type $t) (i32.const 7))", "(type $t (func)) (table 1 funcref)"),
    "table index is out of bounds"
  ],
  recursion: [start("(call $r)", "(func $r (call $r) (call $r))"), "Maximum call stack size exceeded"],
  data: [
    `(module (memory (export "memory") 1) (data (i32.const 65535) "beyond") (func (export "_start")))`,
    "WebAssembly.Instance(): data segment is out of bounds"
  ],
  begins: [start("", "(func $early unreachable) (start $early)"), "unreachable"]
}

const imports: Readonly<Record<string, readonly [source: string, name: string]>> = {
  env: ["(import \"env\" \"abort\" (func (param i32)))", "env.abort"],
  unknown: ["(import \"wasi_snapshot_preview1\" \"fd_teleport\" (func))", "wasi_snapshot_preview1.fd_teleport"],
  inherited: ["(import \"wasi_snapshot_preview1\" \"constructor\" (func))", "wasi_snapshot_preview1.constructor"],
  unstable: [
    "(import \"wasi_unstable\" \"fd_write\" (func (param i32 i32 i32 i32) (result i32)))",
    "wasi_unstable.fd_write"
  ],
  global: ["(import \"wasi_snapshot_preview1\" \"proc_exit\" (global i32))", "wasi_snapshot_preview1.proc_exit"],
  table: ["(import \"env\" \"table\" (table 1 funcref))", "env.table"]
}

/** What a folder has, as a package of software of a VM. */
const leased = (files: Readonly<Record<string, string | Uint8Array>>, limits = {}) =>
  Effect.gen(function*() {
    const path = yield* folder
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? yield* Effect.promise(() => assembled(name, content)) : content
      writeFileSync(join(path, name), bytes)
    }
    return { path, vm: yield* Vm.make({ software: [{ package: path }], limits }) }
  })

const sh = ({ processes }: VmShape, script: string) =>
  Effect.map(
    processes.exec(script, { timeout: "30 seconds" }),
    ({ exitCode, stderr, stdout }) => `${stdout}(${exitCode})${stderr}`
  )

const refused = (name: string, why: string) => `(126)bash: ${name}: cannot execute binary file: ${why}\n`

const sources = (of: Readonly<Record<string, readonly [string, string]>>) =>
  Object.fromEntries(Object.entries(of).map(([name, [source]]) => [name, source]))

describe("WebAssembly modules", () => {
  layer(TestSidecar.layer({ seed: 1 }), live)((it) => {
    it.scoped("every trap ends the program with 134 and its reason, and nothing else", () =>
      Effect.gen(function*() {
        const { vm } = yield* leased(sources(traps))
        for (const [name, [, reason]] of Object.entries(traps)) {
          // newer engines number the segment
          const said = (yield* sh(vm, name)).replace(/segment \d+/, "segment")
          assert.strictEqual(said, `(134)${name}: ${reason}\n`)
        }
        assert.strictEqual(
          yield* sh(vm, "divide || echo \"ended with $?\""),
          "ended with 134\n(0)divide: divide by zero\n"
        )
      }))

    it.scoped("whatever is imported that is not a function of WASI preview 1 is refused by its name", () =>
      Effect.gen(function*() {
        const whole = ([source]: readonly [string, string]) =>
          `(module ${source} (memory (export "memory") 1) (func (export "_start")))`
        const { vm } = yield* leased(
          Object.fromEntries(Object.entries(imports).map(([name, each]) => [name, whole(each)]))
        )
        for (const [name, [, wanted]] of Object.entries(imports)) {
          assert.strictEqual(yield* sh(vm, name), refused(name, `it imports ${wanted}, which is not WASI preview 1`))
        }
      }))

    it.scoped("memory is what the limit says, whatever a module declares", () =>
      Effect.gen(function*() {
        const grows = (memory: string) =>
          `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") ${memory})
            (func (export "_start") (block $no (loop $more
              (br_if $no (i32.eq (memory.grow (i32.const 1)) (i32.const -1))) (br $more)))
              (call $exit (memory.size))))`
        const { vm } = yield* leased({
          open: grows("1"),
          wide: grows("1 65536"),
          narrow: grows("1 3"),
          exact: grows("8"),
          above: grows("9"),
          imported: "(module (import \"env\" \"memory\" (memory 1)) (func (export \"_start\")))",
          hidden: "(module (memory 1) (func (export \"_start\")))"
        }, { wasmMemoryBytes: 8 * PAGE + 100 })
        for (const [name, pages] of [["open", 8], ["wide", 8], ["narrow", 3], ["exact", 8]] as const) {
          assert.strictEqual(yield* sh(vm, name), `(${pages})`)
        }
        const bytes = "bytes of memory; the limit wasmMemoryBytes is 524288, raise limits.wasmMemoryBytes to allow more"
        assert.strictEqual(yield* sh(vm, "above"), refused("above", `it begins with ${9 * PAGE} ${bytes}`))
        assert.strictEqual(
          yield* sh(vm, "imported"),
          refused("imported", "it imports env.memory, which is not WASI preview 1")
        )
        assert.strictEqual(yield* sh(vm, "hidden"), refused("hidden", "it exports no memory"))
      }))

    it.scoped("a damaged module is no program: cut off anywhere, with sections that lie, or huge", () =>
      Effect.gen(function*() {
        const whole = yield* Effect.promise(() => assembled("unreachable", traps.unreachable[0]))
        const cuts = Array.from({ length: whole.length - 9 }, (_, index) => 9 + index)
        const header = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
        const { path, vm } = yield* leased({
          ...Object.fromEntries(cuts.map((length) => [`cut${length}`, whole.subarray(0, length)])),
          version: Buffer.from([...header.subarray(0, 4), 2, 0, 0, 0]),
          long: Buffer.from([...header, 5, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]),
          endless: Buffer.from([...header, 5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]),
          many: Buffer.from([...header, 5, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])
        })
        const all = yield* sh(
          vm,
          `for i in ${cuts.map((length) => `cut${length}`).join(" ")}; do $i 2> /dev/null; echo $?; done | uniq -c`
        )
        // where a section has just ended, what there is of it is a module, but no program
        assert.strictEqual(all.replace(/ +/g, " "), ` ${cuts.length} 126\n(0)`)
        for (const name of ["version", "long", "endless", "many"]) {
          assert.strictEqual(yield* sh(vm, name), refused(name, "Exec format error"))
        }
        // those whose size the host lies about, as it changes them meanwhile, and those that are larger than any program
        truncateSync(join(path, "cut9"), 0)
        assert.match(yield* sh(vm, "cut9"), /^\(126\)bash: cut9: /)
        writeFileSync(join(path, "cut10"), header)
        truncateSync(join(path, "cut10"), 3 * 1024 ** 3)
        const other = yield* Vm.make({ software: [{ package: path }] })
        assert.strictEqual(yield* sh(other, "cut10"), "(126)bash: cut10: File too large\n")
        assert.strictEqual(yield* sh(other, "echo well"), "well\n(0)")
      }))

    it.scoped("nothing outside of a package is reached through it", () =>
      Effect.gen(function*() {
        const outside = yield* folder
        const path = yield* folder
        const bytes = yield* Effect.promise(() => assembled("unreachable", traps.unreachable[0]))
        writeFileSync(join(outside, "secret"), "secret\n")
        writeFileSync(join(outside, "crash"), bytes)
        mkdirSync(join(path, "wasm"))
        writeFileSync(join(path, "manual"), "not a command\n")
        writeFileSync(join(path, "wasm", "crash"), bytes)
        symlinkSync(join(outside, "secret"), join(path, "wasm", "absolute"))
        symlinkSync(`../../${outside.split("/").at(-1)}/secret`, join(path, "wasm", "relative"))
        symlinkSync("../manual", join(path, "wasm", "above"))
        symlinkSync(join(outside, "crash"), join(path, "wasm", "program"))
        symlinkSync("crash", join(path, "wasm", "same"))
        const vm = yield* Vm.make({ software: [{ package: path }] })
        const at = "/__agentos/commands/000"
        for (const name of ["absolute", "relative", "above"]) {
          assert.strictEqual(yield* sh(vm, `cat ${at}/${name} 2> /dev/null`), "(1)")
        }
        assert.strictEqual(yield* sh(vm, "program 2> /dev/null"), "(127)")
        assert.strictEqual(yield* sh(vm, `cat ${at}/../../../manual ${at}/../manual 2> /dev/null`), "(1)")
        assert.strictEqual(yield* sh(vm, `same; ${at}/../000/crash`), "(134)same: unreachable\ncrash: unreachable\n")
        assert.strictEqual(
          yield* sh(
            vm,
            `echo x > ${at}/crash; rm ${at}/crash; mv ${at}/crash /tmp/c; touch ${at}/new; ls ${at} | wc -l`
          ).pipe(
            Effect.map((said) => said.split("\n")[0])
          ),
          "6"
        )
      }))
  })
})
