import * as Command from "@effect/platform/Command"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { quote } from "../../layers/platform/ShellScript.ts"
import { Processes } from "../../services/Processes.ts"
import { vmLayer } from "./support.ts"

/** Words of everything that shells care for, and of everything else; a null byte ends a word anywhere. */
const word = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.string({ unit: FastCheck.constantFrom(..."'\"\\$`!*?[]{}()<>|&;~#=%^-+ \t\n\rab@:/.,\u00a0ü€𝄞\ufeff") }),
  FastCheck.constantFrom("if", "time", "a=b", "-n", "--", "~", "{a,b}", "$(id)", "!!", "#", "", "done", "x\n")
).map((text) => text.replaceAll("\0", "").replace(/\p{Surrogate}/gu, ""))

describe("quoted words", () => {
  it.layer(vmLayer)((it) => {
    it.effect("come out of the guest's printf as they are", () =>
      Effect.gen(function*() {
        const processes = yield* Processes
        const samples = FastCheck.sample(FastCheck.array(word, { minLength: 1, maxLength: 20 }), 150)
        for (const words of samples) {
          const { stdout } = yield* processes.exec(`printf '%s\\001' ${words.map(quote).join(" ")}`)
          assert.deepStrictEqual(stdout, words.map((word) => `${word}\u0001`).join(""))
        }
      }))

    it.effect("stay words as arguments of commands, alone and in pipelines", () =>
      Effect.gen(function*() {
        for (const words of FastCheck.sample(FastCheck.array(word, { minLength: 1, maxLength: 5 }), 30)) {
          const expected = words.map((word) => `${word}\u0001`).join("")
          const command = Command.make("printf", "%s\\001", ...words)
          assert.strictEqual(yield* Command.string(command), withoutMark(expected))
          assert.strictEqual(yield* Command.string(Command.pipeTo(command, Command.make("cat"))), withoutMark(expected))
          const [value] = words
          const printed = Command.make("sh", "-c", "printf %s. \"$VALUE\"").pipe(Command.env({ VALUE: value }))
          assert.strictEqual(yield* Command.string(printed), withoutMark(`${value}.`))
          const clean = Command.env(printed, {}, { extendEnv: false })
          assert.strictEqual(yield* Command.string(clean), withoutMark(`${value}.`))
        }
      }))
  })

  it("are left as they are where nothing in them means anything", () => {
    assert.deepStrictEqual(["/bin/ls", "-la", "a_b.c", "x@y:z,1+2"].map(quote), [
      "/bin/ls",
      "-la",
      "a_b.c",
      "x@y:z,1+2"
    ])
    assert.deepStrictEqual(["", "in", "a=b", "~", "a b\n", "it's"].map(quote), [
      "''",
      "'in'",
      "'a=b'",
      "'~'",
      "'a b\n'",
      "'it'\\''s'"
    ])
  })
})

/** `Command.string` decodes as TextDecoder does: a byte order mark at the beginning is no text. */
const withoutMark = (text: string) => text.startsWith("\ufeff") ? text.slice(1) : text
