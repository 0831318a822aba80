/**
 * What a neighbour notices of each fault: it is another host program, with its own VM in the same sidecar. What its reads
 * take, without the time that they wait for a processor, is held against 10 ms; where the system does not count that time,
 * against what they took when nothing was going on.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Sidecar } from "../../services/Sidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { Kind } from "../../src/wire/Frame.ts"
import { bytes, failureOf, same } from "../contract/layers.ts"
import { exchange, frame } from "../contract/raw.ts"
import type { Shared } from "./neighbour.ts"
import { percentileDuring, shared, spoken } from "./neighbour.ts"
import type { Left } from "./support.ts"
import { before, expectNothingLeft } from "./support.ts"

let was: Left
beforeAll(() => {
  was = before()
})
afterAll(() => expectNothingLeft(was))

const MiB = 1024 * 1024
const deep = "/d".repeat(1000)
const limits = { filesystemBytes: 256 * MiB, inodes: 10_000 }

/** A VM for one round of a fault. */
const inVm = <E>(use: (vm: Effect.Effect.Success<ReturnType<typeof Vm.make>>) => Effect.Effect<unknown, E>) =>
  Effect.scoped(Effect.flatMap(Vm.make({ limits }), use))

const huge = new Uint8Array(4)
new DataView(huge.buffer).setUint32(0, 2 ** 31, true)

const faults: Readonly<Record<string, (machine: Shared) => Effect.Effect<unknown, unknown, Sidecar>>> = {
  "a loop that never ends": () =>
    inVm((vm) =>
      Effect.map(
        failureOf(vm.processes.exec("while true; do :; done", { timeout: 500 })),
        (error) => assert.deepInclude(error, { reason: "TimedOut" })
      )
    ),
  "20 MB in one-byte lines": () =>
    inVm((vm) =>
      Effect.map(
        vm.processes.exec("yes 1 | head -n 10000000", { maxOutputBytes: 20_000_000 }),
        ({ exitCode, stdout }) => assert.deepStrictEqual([exitCode, stdout.length], [0, 20_000_000])
      )
    ),
  "64 MiB written and read back": () =>
    inVm(({ filesystem }) =>
      Effect.gen(function*() {
        const content = bytes(64 * MiB)
        yield* filesystem.writeFile("/tmp/large", content)
        assert.isTrue(same(yield* filesystem.readFile("/tmp/large"), content))
      })
    ),
  "1,000 levels of folders, made and removed": () =>
    inVm(({ filesystem, processes }) =>
      Effect.gen(function*() {
        yield* filesystem.mkdir(`/tmp${deep}`, { recursive: true })
        yield* filesystem.writeFile(`/tmp${deep}/file`, "deep")
        yield* filesystem.delete("/tmp/d", { recursive: true })
        const made = yield* processes.exec(
          "cd /tmp && mkdir -p $1 && echo deep > $1/file && cat $1/file && rm -r d",
          { args: [deep.slice(1)] }
        )
        assert.deepStrictEqual([made.exitCode, made.stdout], [0, "deep\n"])
      })
    ),
  "commands that are interrupted": () =>
    inVm((vm) =>
      Effect.gen(function*() {
        for (let i = 0; i < 20; i++) {
          const fiber = yield* Effect.fork(vm.processes.exec("while true; do echo x; done"))
          yield* Effect.sleep(i)
          yield* Fiber.interrupt(fiber)
        }
        assert.strictEqual((yield* vm.processes.exec("echo alive")).stdout, "alive\n")
      })
    ),
  "200 commands at once in 20 VMs": () =>
    Effect.scoped(Effect.gen(function*() {
      const vms = yield* Effect.forEach(Array.from({ length: 20 }), () => Vm.make({}), { concurrency: "unbounded" })
      const ran = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, i) => i),
        (i) => vms[i % 20].processes.exec(`echo ${i} | tr 0-9 a-j > f${i}; cat f${i}`),
        { concurrency: "unbounded" }
      )
      const letters = (i: number) => `${Array.from(String(i), (digit) => "abcdefghij"[Number(digit)]).join("")}\n`
      assert.deepStrictEqual(ran.map(({ stdout }) => stdout), ran.map((_, i) => letters(i)))
    })),
  "another host, killed while it works": ({ host }) =>
    Effect.scoped(Effect.gen(function*() {
      const { child, lines } = yield* host("busy")
      yield* spoken(lines, 1)
      yield* Effect.sleep(150)
      child.kill("SIGKILL")
      yield* Effect.sleep(150)
    })),
  "another host, writing 3,000 files at once": ({ host }) =>
    Effect.scoped(Effect.gen(function*() {
      const { lines } = yield* host("flood")
      yield* spoken(lines, 1)
      yield* Effect.sleep(4000)
      assert.isAbove(lines.length, 1)
    })),
  "strangers on the socket": ({ socketPath }) =>
    Effect.gen(function*() {
      const garbage = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff)
      for (const sent of [garbage, huge, frame(Kind.request, 1, new Uint8Array(20_000)), frame(99, 0)]) {
        const { closed } = yield* Effect.promise(() => exchange(socketPath, sent))
        assert.isTrue(closed)
      }
    }),
  "writes to /proc": () =>
    inVm((vm) =>
      Effect.gen(function*() {
        const refused = yield* Effect.exit(vm.filesystem.writeFile("/proc/self/mem", bytes(MiB)))
        assert.strictEqual(refused._tag, "Failure")
        assert.notStrictEqual((yield* vm.processes.exec("echo x > /proc/version")).exitCode, 0)
      })
    )
}

const BOUND_MS = 10
const TRIES = 4

describe("a neighbour's reads", () => {
  it.live("stay below their bound in each fault", () =>
    Effect.gen(function*() {
      const machine = yield* shared
      const { lines } = yield* machine.host("neighbour")
      yield* spoken(lines, 3)
      const told: Array<string> = []
      for (const [name, fault] of Object.entries(faults)) {
        const tries: Array<string> = []
        let kept = false
        while (!kept && tries.length < TRIES) {
          const control = yield* percentileDuring(lines, Effect.sleep(20))
          const during = yield* percentileDuring(lines, Effect.provide(fault(machine), machine.layer))
          kept = during < Math.max(BOUND_MS, 4 * control)
          tries.push(`${during.toFixed(1)} ms (${control.toFixed(1)} before)`)
        }
        told.push(`${name}: ${tries.join(", ")}`)
        if (!kept) assert.fail(`the neighbour's reads are held up:\n${told.join("\n")}`)
      }
      process.stdout.write(`${told.join("\n")}\n`)
      assert.isTrue(machine.sidecar.transport.isOpen())
    }).pipe(Effect.scoped), 300_000)
})
