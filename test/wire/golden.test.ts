/**
 * The bytes of every message, so that no change of the wire goes unseen. A change on purpose: raise `WIRE_VERSION`, then
 * run this file with `UPDATE_GOLDEN=1`.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import * as Codec from "../../src/wire/Codec.ts"
import { failureCodec, WireFailure } from "../../src/wire/Failure.ts"
import { header, Kind } from "../../src/wire/Frame.ts"
import { WIRE_VERSION } from "../../src/wire/Handshake.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { codecs, sample } from "./messages.ts"
import { Pair } from "./pair.ts"

const file = new URL("./golden.json", import.meta.url)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

const bodies = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(codecs).flatMap(([name, codec]) => {
      const full = Codec.encode(codec, sample(codec.shape, false))
      const bare = Codec.encode(codec, sample(codec.shape, true))
      return hex(full) === hex(bare) ? [[name, hex(full)]] : [[name, hex(full)], [`${name}, bare`, hex(bare)]]
    })
  )

const failures = () => {
  const full = new WireFailure("kernel", "what happened", "ENOSPC", "write", "/a", "/b", {
    name: "inodes",
    value: 16384
  })
  return {
    "failure": hex(Codec.encode(failureCodec, full)),
    "failure, bare": hex(Codec.encode(failureCodec, new WireFailure("gone", "")))
  }
}

const headers = () =>
  Object.fromEntries(
    Object.entries(Kind).map(([name, kind]) => [`frame ${name}`, hex(header(kind, 0x89abcdef, 0x010203))])
  )

/** Whole frames as a connection writes them. */
const frames = (): Record<string, string> => {
  const pair = new Pair({ manual: true })
  const body = Uint8Array.of(1, 2, 3)
  const exchange = pair.host.request(0x1234, body, {})
  exchange.write(body)
  exchange.end()
  pair.host.event(7, body)
  pair.host.tick(6)
  pair.host.goaway("Timeout", "why")
  return { "connection": hex(Buffer.concat(pair.sent.host)) }
}

describe("golden bytes", () => {
  const now: Record<string, unknown> = { version: WIRE_VERSION, ...bodies(), ...failures(), ...headers(), ...frames() }
  if (process.env.UPDATE_GOLDEN === "1" || !existsSync(file)) {
    writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`)
  }
  const golden = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>

  it("the table has every message and no other", () => {
    assert.deepStrictEqual(Object.keys(now).sort(), Object.keys(golden).sort())
  })

  it("no two operations share a number", () => {
    const numbers = Object.values(Operations.all).map(({ code }) => code)
    assert.strictEqual(new Set(numbers).size, numbers.length)
  })

  for (const name of Object.keys(now)) it(name, () => assert.strictEqual(now[name], golden[name]))

  it("what the table holds decodes to the samples", () => {
    for (const [name, codec] of Object.entries(codecs)) {
      const bytes = new Uint8Array(Buffer.from(golden[name] as string, "hex"))
      assert.deepStrictEqual(Codec.decode(codec, bytes), sample(codec.shape, false), name)
    }
  })
})
