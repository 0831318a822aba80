/** What is started as a sidecar speaks, but not as a sidecar does: the lease fails with an error that says so, and soon. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeSidecar } from "../../layers/node/index.ts"
import { Vm } from "../../services/Vm.ts"
import * as Codec from "../../src/wire/Codec.ts"
import { header, Kind } from "../../src/wire/Frame.ts"
import { type Welcome, welcomeCodec, WIRE_VERSION } from "../../src/wire/Handshake.ts"
import { CONTROL_CHANNEL } from "../../src/wire/Operations.ts"
import { failureOf } from "../contract/layers.ts"
import type { Left } from "./support.ts"
import { before, expectNothingLeft, sidecarsOf } from "./support.ts"

let was: Left
let home: string
beforeAll(() => {
  was = before()
  home = mkdtempSync(join(tmpdir(), "agent-os-imposter-"))
})
afterAll(async () => {
  rmSync(home, { recursive: true, force: true })
  await expectNothingLeft(was)
})

/** A program that writes each of these when it has heard something once more, and never ends by itself. */
const speaking = (name: string, pieces: ReadonlyArray<Uint8Array>): string => {
  const program = join(home, `${name.replace(/\W/g, "-")}.mjs`)
  writeFileSync(
    program,
    `import { Socket } from "node:net"
const pieces = ${JSON.stringify(pieces.map((piece) => Buffer.from(piece).toString("base64")))}
const wire = new Socket({ fd: 3 })
wire.on("error", () => {})
wire.on("data", () => {
  const next = pieces.shift()
  if (next !== undefined) wire.write(Buffer.from(next, "base64"))
})
process.on("SIGTERM", () => {})
setInterval(() => {}, 1000)
`
  )
  return program
}

const text = (value: string) => new TextEncoder().encode(value)
const frame = (kind: Kind, id: number, body: Uint8Array) => Buffer.concat([header(kind, id, body.length), body])
const welcome = (change: Partial<Welcome> = {}) =>
  frame(
    Kind.response,
    1,
    Codec.encode(welcomeCodec, {
      version: WIRE_VERSION,
      sidecarId: "imposter",
      pid: 1,
      maxFrame: 1_048_581,
      window: 524_288,
      ...change
    })
  )

const lease = (program: string) =>
  Effect.gen(function*() {
    const error: any = yield* failureOf(
      Effect.scoped(Vm.make({})).pipe(
        Effect.provide(NodeSidecar.layerWith({ program, startTimeout: 5000, stopGrace: 100 })),
        Effect.timeout("4 seconds")
      )
    )
    assert.deepStrictEqual(sidecarsOf(process.pid), [])
    return error
  })

describe("a sidecar that is none", () => {
  const hellos: ReadonlyArray<readonly [name: string, piece: Uint8Array, tag: string, message: RegExp]> = [
    ["text", text("Usage: program [options] <file>\n".repeat(100)), "SidecarError", /did not become ready.*frame/],
    ["zeros", new Uint8Array(4096), "SidecarError", /did not become ready/],
    ["an answer of garbage", frame(Kind.response, 1, text("{}")), "SidecarError", /did not become ready/],
    ["an answer to nothing", frame(Kind.response, 77, text("")), "SidecarError", /did not become ready.*not open/],
    ["a bad failure", frame(Kind.failure, 1, text("no")), "SidecarError", /did not become ready/],
    ["more than was asked", welcome({ maxFrame: 2 ** 32 - 1 }), "SidecarError", /agreed to what was not asked/],
    ["another version", welcome({ version: WIRE_VERSION + 1 }), "TransportError", /version/],
    ["no credit", welcome({ window: 0 }), "SidecarError", /agreed to what was not asked/]
  ]
  for (const [name, piece, tag, message] of hellos) {
    it.live(`hello answered by ${name}`, () =>
      Effect.gen(function*() {
        const error = yield* lease(speaking(name, [piece]))
        assert.strictEqual(error._tag, tag, String(error))
        assert.match(error.message, message)
      }), 15_000)
  }

  it.live("a lease that is never answered can be interrupted at once", () =>
    Effect.gen(function*() {
      const error = yield* failureOf(
        Effect.scoped(Vm.make({})).pipe(
          Effect.timeoutFail({ duration: "500 millis", onTimeout: () => "given up" as const }),
          Effect.provide(NodeSidecar.layerWith({ program: speaking("silent", [welcome()]), stopGrace: 100 }))
        )
      )
      assert.strictEqual(error, "given up")
    }), 15_000)

  const answers = [
    "not JSON",
    "null",
    "[]",
    "\"Exit\"",
    "{\"_tag\":\"Exit\"}",
    "{\"_tag\":\"Exit\",\"requestId\":{},\"exit\":17}",
    "{\"_tag\":\"Unheard\"}"
  ]
  for (const answer of answers) {
    it.live(`a lease answered by ${answer}`, () =>
      Effect.gen(function*() {
        const reply = frame(Kind.event, CONTROL_CHANNEL, text(answer))
        const error = yield* lease(speaking(`lease ${answers.indexOf(answer)}`, [welcome(), reply, reply]))
        assert.include(["SidecarError", "TransportError"], error._tag, String(error))
      }), 15_000)
  }
})
