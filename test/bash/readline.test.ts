/** Keys that are bound, however their bytes come; init files that have no end. */
import { assert, describe, it } from "@effect/vitest"
import { InitParser } from "../../native/guests/bash/editor/init-file.ts"
import { KeyInput, type Next } from "../../native/guests/bash/editor/input.ts"
import { keyTree, type Readline, unchanged } from "../../native/guests/bash/editor/readline.ts"
import { makeState } from "../../native/guests/bash/editor/state.ts"

const parsed = async (lines: ReadonlyArray<string>, files: Readonly<Record<string, string>> = {}) => {
  const parser = new InitParser(
    unchanged,
    { terminal: "xterm", read: (name) => Promise.resolve(files[name]) },
    undefined
  )
  for (const line of lines) await parser.line(line)
  return parser
}

const shown = (next: Next): string => {
  if (next.kind === "key") return next.key.name === "text" ? next.key.text : next.key.name
  if (next.kind !== "bound") return next.kind
  const { binding } = next
  return binding === "none" ? "none" : binding.kind === "function" ? `<${binding.name}>` : `<${binding.kind}>`
}

/** What is made of keys; macros are followed. `hurries`: time passes where a key may be whole. */
const keysOf = (readline: Readline, pieces: ReadonlyArray<string>, hurries = false): Array<string> => {
  const input = new KeyInput(new Uint8Array(0))
  const tree = keyTree(readline.keymaps.emacs)
  const state = makeState([])
  const found: Array<string> = []
  for (const piece of pieces) {
    input.add(Buffer.from(piece))
    for (let next = input.next(state, tree, false);; next = input.next(state, tree, false)) {
      if (next.kind === "ambiguous" && hurries) next = input.next(state, tree, true)
      found.push(shown(next))
      if (next.kind === "bound" && next.binding !== "none" && next.binding.kind === "macro") {
        if (!input.push(next.binding.keys)) found.push("too deep")
      }
      if (next.kind === "more" || next.kind === "ambiguous") break
    }
  }
  return found
}

describe("keys that are bound", () => {
  it("takes the longest sequence, and waits where it may go on", async () => {
    const { settings } = await parsed([
      "\"ab\": yank",
      "\"abc\": undo",
      "\"\\eq\": kill-line",
      "\"\\C-xé\": abort",
      "\"\\C-a\": nope",
      "\"\\e\": abort"
    ])
    assert.deepStrictEqual(keysOf(settings, ["xab", "c"]), ["x", "ambiguous", "<undo>", "more"])
    assert.deepStrictEqual(keysOf(settings, ["xabd"]), ["x", "<yank>", "d", "more"])
    assert.deepStrictEqual(keysOf(settings, ["ab"], true), ["<yank>", "more"])
    assert.deepStrictEqual(keysOf(settings, ["a"], true), ["a", "more"])
    assert.deepStrictEqual(keysOf(settings, ["\x1b", "q"]), ["ambiguous", "<kill-line>", "more"])
    assert.deepStrictEqual(keysOf(settings, ["\x1b"], true), ["<abort>", "more"])
    assert.deepStrictEqual(keysOf(settings, ["\x1b[A\x1bb"]), ["up", "M-b", "more"])
    assert.deepStrictEqual(keysOf(settings, ["\x01\x05"]), ["none", "C-e", "more"])
    const bytes = Buffer.from("\x18é").toString("latin1")
    assert.strictEqual(bytes.length, 3)
    assert.deepStrictEqual(keysOf(settings, ["\x18é"]), ["<abort>", "more"])
    assert.deepStrictEqual(keysOf(settings, ["\x18\x15"]), ["C-x", "C-u", "more"])
  })

  it("ends macros that call themselves", async () => {
    const { settings } = await parsed([
      "\"\\C-xr\": \"a\\C-xr\"",
      "\"\\C-xt\": \"\\C-xt\\C-xt\"",
      "\"\\C-xm\": \"one\""
    ])
    const keys = keysOf(settings, ["\x18r!"])
    assert.deepStrictEqual(keys.slice(-3), ["too deep", "!", "more"])
    assert.strictEqual(keys.filter((key) => key === "a").length, 16)
    assert.deepStrictEqual(keysOf(settings, ["\x18t!"]).slice(-3), ["too deep", "!", "more"])
    assert.strictEqual(keysOf(settings, ["\x18m\x18m!"]).join(" "), "<macro> one <macro> one! more")
  })

  it("leaves to others what was typed behind a line, but not what a macro has left", async () => {
    const { settings } = await parsed(["\"\\C-xm\": \"one\\C-mtwo\""])
    const input = new KeyInput(new Uint8Array(0))
    const tree = keyTree(settings.keymaps.emacs)
    input.add(Buffer.from("\x18m!!"))
    const next = () => input.next(makeState([]), tree, false)
    const first = next()
    assert.isTrue(first.kind === "bound" && first.binding !== "none" && first.binding.kind === "macro")
    input.push("one\rtwo")
    assert.deepStrictEqual([shown(next()), shown(next())], ["one", "enter"])
    assert.strictEqual(input.release(), 2)
    assert.strictEqual(Buffer.from(input.rest()).toString(), "two")
  })
})

describe("an init file", () => {
  it("has bounds: files inside each other, lines, bindings, conditions, messages", async () => {
    const itself = await parsed(["$include a"], { a: "$include a\n$include a\n" })
    assert.isAtMost(itself.messages.length, 200)
    assert.include(itself.messages[0], "too many files inside each other")
    const many = Array.from({ length: 3000 }, (_, at) => `"\\C-x${String.fromCharCode(0x100 + at)}": abort`)
    const full = await parsed(many)
    assert.strictEqual(full.settings.keymaps.emacs.size, 2000)
    assert.include(full.messages[0], "too many or too long")
    assert.strictEqual((await parsed([`"\\C-x": "${"x".repeat(5000)}"`])).settings.keymaps.emacs.size, 0)
    const deep = await parsed(Array.from({ length: 1000 }, () => "$if bash"))
    assert.strictEqual(deep.settings.conditions.length, 256)
  })
})
