/** The line editor's pure core: keys whole however they come, edits that can be undone, a screen that is always true. */
import { assert, describe, it } from "@effect/vitest"
import xterm from "@xterm/headless"
import { FastCheck as fc } from "effect"
import { decodeKey, type Key } from "../../native/guests/bash/editor/keys.ts"
import { press } from "../../native/guests/bash/editor/press.ts"
import { draw, redraw, resized, type Screen } from "../../native/guests/bash/editor/render.ts"
import { type EditorState, makeState, MAX_LINE } from "../../native/guests/bash/editor/state.ts"
import { placeAfter } from "../../native/guests/bash/editor/width.ts"

/** Decodes what comes in pieces, as the editor does. */
const decode = (bytes: Uint8Array, pieces: ReadonlyArray<number>): Array<Key> => {
  const keys: Array<Key> = []
  let rest: Uint8Array = new Uint8Array(0)
  let pasting = false
  let from = 0
  const take = (piece: Uint8Array) => {
    const all = Buffer.concat([rest, piece])
    let at = 0
    for (let next = decodeKey(all, at, pasting); next !== undefined; next = decodeKey(all, at, pasting)) {
      keys.push(next.key)
      at = next.end
      if (next.key.name === "paste-begin") pasting = true
      if (next.key.name === "paste-end") pasting = false
    }
    rest = all.subarray(at)
  }
  for (const size of pieces) {
    if (from < bytes.length) take(bytes.subarray(from, from + size))
    from += size
  }
  if (from < bytes.length) take(bytes.subarray(from))
  return keys
}

const names = (text: string): Array<string> => decode(Buffer.from(text), []).map(({ name }) => name)

const type = (state: EditorState, text: string): EditorState =>
  decode(Buffer.from(text), []).reduce((before, key) => press(before, key).state, state)

/** The line with `|` where the cursor is. */
const line = ({ cursor, text }: EditorState): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`

const history = ["echo one", "ls /tmp", "echo two", "git commit -m 'a b'"]

const typed = (keys: string): string => line(type(makeState(history), keys))

const fragments = [
  "a",
  "word ",
  "/x.y ",
  "日本",
  "é",
  "e\u0301",
  // a character of two units; of newer ones the emulator knows no width
  "𠀀",
  "\t",
  "\x01",
  "\x02",
  "\x04",
  "\x05",
  "\x06",
  "\x0b",
  "\x0e",
  "\x10",
  "\x12",
  "\x14",
  "\x15",
  "\x17",
  "\x19",
  "\x1f",
  "\x7f",
  "\x1bb",
  "\x1bd",
  "\x1bf",
  "\x1bu",
  "\x1bt",
  "\x1by",
  "\x1b.",
  "\x1b\x7f",
  "\x1b[A",
  "\x1b[C",
  "\x1b[D",
  "\x1b[3~",
  "\x16\x01",
  "\x1b3",
  "\x1b[200~a\nb\x1b[201~"
]
const keystrokes = fc.array(fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 3 })), { maxLength: 40 })

const settled = (terminal: xterm.Terminal, data: string): Promise<void> =>
  new Promise((resolve) => terminal.write(data.replaceAll("\n", "\r\n"), resolve))

const screenOf = (terminal: xterm.Terminal) => {
  const { active } = terminal.buffer
  const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? "")
  return { lines: lines.join("\n").trimEnd(), column: active.cursorX, row: active.baseY + active.cursorY }
}

describe("line editor", () => {
  it("tells keys apart", () => {
    assert.deepStrictEqual(names("ab\x01\x1bb\x1b[A\x1bOA\x1b[1;5C\x1b[3~\r\n\t\x7f\x08é\x1b[99~z"), [
      "text",
      "C-a",
      "M-b",
      "up",
      "up",
      "C-right",
      "delete",
      "enter",
      "enter",
      "tab",
      "backspace",
      "backspace",
      "text",
      "unknown",
      "text"
    ])
  })

  it("finds the same keys however the bytes come", () => {
    const merged = (keys: ReadonlyArray<Key>) =>
      keys.reduce<Array<Key>>((all, key) => {
        const last = all.at(-1)
        if (last !== undefined && last.name === key.name && (key.name === "text" || key.name === "paste")) {
          return [...all.slice(0, -1), { name: key.name, text: last.text + key.text }]
        }
        return [...all, key]
      }, [])
    fc.assert(fc.property(
      fc.array(
        fc.oneof(fc.constantFrom(...fragments).map((text) => Buffer.from(text)), fc.uint8Array({ maxLength: 4 }))
      ),
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 60 }),
      (parts, pieces) => {
        // what is no text may be cut anywhere; only whole text is told apart from its bytes
        const bytes = Buffer.from(Buffer.concat(parts).toString("utf8"))
        assert.deepStrictEqual(merged(decode(bytes, pieces)), merged(decode(bytes, [])))
      }
    ))
  })

  it("does what readline does", () => {
    const cases: ReadonlyArray<readonly [keys: string, line: string]> = [
      ["abc\x02\x02X", "aX|bc"],
      ["abc\x01X\x05Y", "XabcY|"],
      ["one two three\x17", "one two |"],
      ["one two/three.x\x1b\x7f", "one two/three.|"],
      ["one two\x01\x1bd", "| two"],
      ["one two\x01\x1bf\x0b", "one|"],
      ["one two\x15x\x19", "xone two|"],
      ["one two\x17\x17\x19", "one two|"],
      ["a b\x17\x01\x0bc\x19\x1by", "cb|"],
      ["abc\x14", "acb|"],
      ["abcd\x02\x02\x14", "acb|d"],
      ["one two\x1bt", "two one|"],
      ["hello\x01\x1bu", "HELLO|"],
      ["hello\x01\x1bc", "Hello|"],
      ["abc\x1f", "|"],
      ["abc\x17\x1f", "abc|"],
      ["日本\x02\x7f", "|本"],
      ["e\u0301x\x02\x02y", "y|e\u0301x"],
      ["\x1b[A", "git commit -m 'a b'|"],
      ["x\x10\x10\x0e\x0e", "x|"],
      ["\x12echo", "|echo two"],
      ["\x12echo\x12", "|echo one"],
      ["\x12echo\x12\x07", "|"],
      ["keep\x12nothing\x07", "keep|"],
      ["\x12one\x05!", "echo one!|"],
      ["run \x1b.", "run 'a b'|"],
      ["run \x1b.\x1b.", "run two|"],
      ["\x1b5x", "xxxxx|"],
      ["abc\x01\x1b2\x04", "|c"],
      ["\x16\x01", "\x01|"],
      ["\x1b[200~a\r\nb\x1b[201~", "a\nb|"],
      ["\x1b[200~\x01\x1b[201~", "\x01|"],
      ["a   b\x02\x1b\\", "a|b"],
      ["\x1b<", "echo one|"]
    ]
    for (const [keys, expected] of cases) assert.strictEqual(typed(keys), expected, JSON.stringify(keys))
  })

  it("holds a line within its bound, and the cursor between characters", () => {
    fc.assert(fc.property(keystrokes, (parts) => {
      let state = makeState(history)
      for (const part of parts) {
        state = type(state, part)
        assert.isAtLeast(state.cursor, 0)
        assert.isAtMost(state.cursor, state.text.length)
        assert.strictEqual(
          Array.from(state.text.slice(0, state.cursor) + state.text.slice(state.cursor)).join(""),
          state.text
        )
        assert.isAtMost(state.undo.length, 100)
        assert.isAtMost(state.kills.length, 10)
      }
    }))
    const full = makeState([], undefined, "x".repeat(MAX_LINE))
    const more = press(full, { name: "text", text: "y" })
    assert.deepStrictEqual([more.effect, more.state.text.length], ["bell", MAX_LINE])
  })

  it("shows the line as it is after every key, on any screen", async () => {
    await fc.assert(
      fc.asyncProperty(
        keystrokes,
        fc.integer({ min: 4, max: 30 }),
        fc.constantFrom("$ ", "", "\x01\x1b[1m\x02日本\x01\x1b[0m\x02> "),
        async (parts, columns, prompt) => {
          const screen: Screen = { columns, rows: 200 }
          const seen = new xterm.Terminal({ cols: columns, rows: 200, allowProposedApi: true, scrollback: 0 })
          let state = makeState(history)
          let { output, shown } = draw(prompt, "", 0, screen)
          await settled(seen, output)
          for (const part of parts) {
            state = type(state, part)
            ;({ output, shown } = redraw(shown, prompt, state.text, state.cursor, screen))
            await settled(seen, output)
          }
          const fresh = new xterm.Terminal({ cols: columns, rows: 200, allowProposedApi: true, scrollback: 0 })
          await settled(fresh, draw(prompt, state.text, state.cursor, screen).output)
          const [actual, expected] = [screenOf(seen), screenOf(fresh)]
          seen.dispose()
          fresh.dispose()
          assert.deepStrictEqual(actual, expected, JSON.stringify(parts))
          // where the cursor is, is what the emulator says as well
          const place = placeAfter(
            state.text,
            placeAfter(prompt.replace(/\x01[^\x02]*\x02/g, ""), { row: 0, column: 0 }, columns),
            columns,
            0,
            state.cursor
          )
          assert.deepStrictEqual({ row: actual.row, column: actual.column }, { ...place })
        }
      ),
      { numRuns: 150 }
    )
  })

  it("keeps to the screen when the line is taller", async () => {
    const screen: Screen = { columns: 10, rows: 4 }
    const seen = new xterm.Terminal({ cols: 10, rows: 4, allowProposedApi: true })
    let state = makeState([])
    let { output, shown } = draw("$ ", "", 0, screen)
    for (const key of ["x".repeat(95), "\x01", "\x05", "y", "\x02\x02z"]) {
      state = type(state, key)
      await settled(seen, output)
      ;({ output, shown } = redraw(shown, "$ ", state.text, state.cursor, screen))
    }
    await settled(seen, output)
    assert.match(screenOf(seen).lines, /xxxxxxxxxx\nxxxxxxzxy$/)
    seen.dispose()
  })

  it("draws anew on a window of another size", async () => {
    const seen = new xterm.Terminal({ cols: 20, rows: 10, allowProposedApi: true })
    const text = "echo 0123456789 abcdefghij klmnop"
    const first = draw("$ ", text, text.length, { columns: 20, rows: 10 })
    await settled(seen, first.output)
    seen.resize(40, 10)
    await settled(seen, resized(first.shown, text.length, { columns: 40, rows: 10 }).output)
    assert.strictEqual(screenOf(seen).lines, `$ ${text}`)
    seen.dispose()
  })
})
