/** The line discipline: the same as Linux's for any settings and keys, whole however it comes in pieces, and bounded. */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { LineDiscipline, MAX_LINE, MAX_READY } from "../../native/guests/bash/terminal/discipline.ts"
import { defaultSettings, flagGroups, type TerminalSettings } from "../../native/guests/bash/terminal/settings.ts"
import { onHost, type PtyResult } from "./support/host-pty.ts"

interface Case {
  readonly flags: ReadonlyArray<string>
  readonly input: ReadonlyArray<number>
  readonly output: ReadonlyArray<number>
}

const settingsOf = (flags: ReadonlyArray<string>): TerminalSettings => ({
  ...defaultSettings,
  flags: new Set(flags.filter((flag) => flag !== "tab3")),
  delays: { ...defaultSettings.delays, tab: flags.includes("tab3") ? 3 : 0 }
})

/** Types into a discipline; reads to the end. */
const run = (pty: Case, pieces = 64): PtyResult & { readonly signals: ReadonlyArray<number> } => {
  const discipline = new LineDiscipline(settingsOf(pty.flags))
  const shown: Array<number> = [...discipline.output(Uint8Array.from(pty.output))]
  const signals: Array<number> = []
  for (let at = 0; at < pty.input.length; at += pieces) {
    const { effects } = discipline.input(Uint8Array.from(pty.input.slice(at, at + pieces)))
    for (const effect of effects) {
      if (effect._tag === "echo") shown.push(...effect.bytes)
      else if (effect._tag === "signal") signals.push(effect.signal)
    }
  }
  const reads: Array<Array<number>> = []
  for (let bytes = discipline.peek(); bytes !== undefined; bytes = discipline.peek()) {
    reads.push([...bytes])
    discipline.consume(bytes.length)
  }
  return { shown, reads, signals }
}

const keys = [3, 4, 8, 9, 10, 13, 18, 21, 22, 23, 26, 28, 32, 127]
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...keys) },
  { weight: 6, arbitrary: fc.constantFrom(...Buffer.from("abcXYZ_09 .-/")) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== 17 && byte !== 19) },
  { weight: 1, arbitrary: fc.constant(0xc3) },
  { weight: 1, arbitrary: fc.constant(0xa9) }
)
const choices = [
  "istrip",
  "inlcr",
  "igncr",
  "icrnl",
  "imaxbel",
  "iutf8",
  "iuclc",
  "opost",
  "ocrnl",
  "onlcr",
  "onocr",
  "onlret",
  "olcuc",
  "isig",
  "iexten",
  "echo",
  "echoe",
  "echok",
  "echonl",
  "noflsh",
  "echoctl",
  "echoke",
  "tab3"
]
const flags = fc.oneof(
  fc.subarray(choices).map((some) => [...some, "icanon"]),
  fc.subarray(choices),
  fc.constant(Array.from(defaultSettings.flags).filter((flag) => flag !== "ixon"))
)
const ptyCase: fc.Arbitrary<Case> = fc.record({
  flags,
  input: fc.array(key, { maxLength: 60 }),
  output: fc.oneof(fc.constant([]), fc.array(fc.constantFrom(...Buffer.from("ab\t\r\n\bZ é")), { maxLength: 12 }))
})

/** Without lines it is one stream, however it is read. */
const asRead = ({ reads }: PtyResult, { flags }: Case) => flags.includes("icanon") ? reads : [reads.flat()]

/** A key that sends a signal throws away what Linux has not shown yet: it is typed when all is shown. */
const split = (input: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> => {
  const pieces: Array<Array<number>> = [[]]
  for (const byte of input) {
    if (byte === 3 || byte === 26 || byte === 28) pieces.push([])
    pieces[pieces.length - 1].push(byte)
  }
  return pieces.filter((piece) => piece.length > 0)
}

const forHost = (each: Case) => {
  const { flags, input, output } = each
  const until = (typed: ReadonlyArray<number>) => run({ ...each, input: typed }).shown.length
  let typed: ReadonlyArray<number> = []
  const pieces = split(input).map((bytes) => {
    const before = until(typed)
    typed = [...typed, ...bytes]
    return { bytes, shown: until(typed) - before }
  })
  return { flags, output, first: until([]), pieces, reads: run(each).reads.length }
}

describe("line discipline", () => {
  const cases = fc.sample(ptyCase, { numRuns: 300, seed: 20_240_607 })
  const expected = onHost(cases.map(forHost))

  it.skipIf(expected === undefined)("shows and hands on what Linux does, for any settings and keys", () => {
    for (const [index, each] of cases.entries()) {
      const actual = run(each)
      const wanted = expected![index]
      const told = `${each.flags.join(" ")} | ${Buffer.from(each.input).toString("latin1")}`
      assert.deepStrictEqual(
        { shown: Buffer.from(actual.shown).toString("latin1"), reads: asRead(actual, each) },
        { shown: Buffer.from(wanted.shown).toString("latin1"), reads: asRead(wanted, each) },
        JSON.stringify(told)
      )
    }
  })

  it("does not depend on how the bytes come in pieces", () => {
    fc.assert(fc.property(ptyCase, fc.integer({ min: 1, max: 70 }), (each, pieces) => {
      const whole = run(each, 1_000)
      const parts = run(each, pieces)
      assert.deepStrictEqual(parts.shown, whole.shown)
      assert.deepStrictEqual(parts.signals, whole.signals)
      assert.deepStrictEqual(asRead(parts, each), asRead(whole, each))
    }))
  })

  it("holds no more than it says, and hands raw bytes on as they are", () => {
    const all = fc.subarray(flagGroups.flat())
    fc.assert(
      fc.property(all, fc.uint8Array({ minLength: 1, maxLength: 64 }), (on, pattern) => {
        const discipline = new LineDiscipline(settingsOf(on))
        for (let round = 0; round < 40; round++) {
          const bytes = new Uint8Array(4_000).map((_, at) => pattern[at % pattern.length])
          const { taken } = discipline.input(bytes)
          assert.isAtMost(discipline.readable, MAX_READY + MAX_LINE)
          if (taken < bytes.length) assert.isFalse(discipline.hasRoom)
          assert.isAtMost(on.includes("icanon") ? discipline.peek()?.length ?? 0 : 0, MAX_LINE)
        }
      }),
      { numRuns: 60 }
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const discipline = new LineDiscipline(settingsOf([]))
      discipline.input(bytes)
      assert.deepStrictEqual(Array.from(discipline.peek() ?? []), Array.from(bytes))
    }))
  })

  it("takes a line of 4,095 bytes and its end, and rings the bell beyond", () => {
    const discipline = new LineDiscipline(settingsOf(["icanon", "echo", "imaxbel"]))
    const { effects } = discipline.input(Buffer.from("x".repeat(5_000) + "\n"))
    assert.strictEqual(discipline.peek()?.length, MAX_LINE)
    const echo = Buffer.concat(effects.map((effect) => effect._tag === "echo" ? effect.bytes : new Uint8Array(0)))
    assert.strictEqual(echo.toString(), "x".repeat(4_095) + "\x07".repeat(905) + "\n")
  })

  it("stops and starts the output by keys", () => {
    const discipline = new LineDiscipline(settingsOf(["icanon", "ixon", "isig"]))
    const flows = (bytes: string) =>
      discipline.input(Buffer.from(bytes, "latin1")).effects.map((effect) =>
        effect._tag === "flow" ? effect.stopped : effect
      )
    assert.deepStrictEqual(flows("\x13\x13a"), [true])
    assert.deepStrictEqual(flows("\x11"), [false])
    assert.deepStrictEqual(flows("\x13"), [true])
    assert.isTrue(discipline.stopped)
    assert.deepStrictEqual(flows("\x03"), [false, { _tag: "signal", signal: 2 } as never])
  })

  it("makes what was typed readable when lines do not count any more", () => {
    const discipline = new LineDiscipline(settingsOf(["icanon"]))
    discipline.input(Buffer.from("ab"))
    assert.isUndefined(discipline.peek())
    discipline.input(Buffer.from("\n\x04cd", "latin1"))
    discipline.configure(settingsOf([]))
    discipline.consume(3)
    assert.strictEqual(Buffer.from(discipline.peek()!).toString(), "cd")
  })
})
