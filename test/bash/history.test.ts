/** History expansion beside the host's bash, and what the history keeps. */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { execFileSync } from "node:child_process"
import { expandHistory } from "../../native/guests/bash/history/expansion.ts"
import { formatHistory, parseHistory } from "../../native/guests/bash/history/file.ts"
import { History, type HistoryRules, MAX_ENTRIES } from "../../native/guests/bash/history/history.ts"

const lines = [
  "echo one two three",
  "tar -xzf /tmp/a.b/file.tar.gz",
  "cat < in.txt | sort -u > out.txt && echo done",
  "printf '%s\\n' \"a b\" 'c d'",
  "git commit -m 'first of all'"
]

const expand = (line: string): string => {
  const expansion = expandHistory(line, { lines, base: 1, extglob: false }, { from: "", to: "", matched: "" })
  return expansion._tag === "same" ? line : expansion._tag === "expanded" ? expansion.text : "FAILED"
}

const given = [
  "!!",
  "!1",
  "!-2",
  "!3:0",
  "!echo",
  "!?xzf?",
  "!?xzf?:%",
  "!?xzf",
  "echo !$",
  "echo !^ !*",
  "!1:2",
  "!1:1-2",
  "!1:-2",
  "!1:2*",
  "!1:1-",
  "!1:$",
  "!1^",
  "!1*",
  "!3:5-7",
  "!3:*",
  "!4:2 !4:3",
  "!2:$:h",
  "!2:$:t",
  "!2:$:r",
  "!2:$:e",
  "!2:$:t:r",
  "!1:s/one/1/",
  "!1:s/o/0/",
  "!1:gs/o/0/",
  "!1:s/two/&-&/",
  "!1:s,one,a/b,",
  "!1:s/one/1/:s/two/2/",
  "!1:q",
  "!1:x",
  "!1:p",
  "^first^second",
  "^first^second^ more",
  "^of ^",
  "a !# b",
  "echo \"!!\"",
  "echo '!!'",
  "echo \\!!",
  "echo ! x",
  "echo a!= b",
  "echo \"hi!\"",
  "echo [!a]",
  "echo ${!x}",
  "echo $!",
  "!nope",
  "!99",
  "!1:9",
  "!1:s/nope/x/",
  "^nope^x",
  "!1:z",
  "!git;!echo",
  "x=!1:2y"
]

/** Each by `history -p`; what fails is told on standard error. */
const byBash = (): ReadonlyArray<string> | undefined => {
  try {
    if (!/version 5\.2/.test(execFileSync("bash", ["--version"], { encoding: "utf8" }))) return undefined
  } catch {
    return undefined
  }
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const script = [
    "set -o history; HISTFILE=; history -c",
    ...lines.map((line) => `history -s ${quote(line)}`),
    "set +o history"
  ].join("\n")
  return given.map((line) => {
    const text = `${script}\nset -H\nhistory -p ${quote(line)} 2>/dev/null || echo FAILED\n`
    return execFileSync("bash", ["--norc", "-c", text], { encoding: "utf8" }).replace(/\n$/, "")
  })
}

const plain: HistoryRules = {
  ignoresBlanks: false,
  ignoresDuplicates: false,
  erasesDuplicates: false,
  isIgnored: () => false
}

describe("history", () => {
  it("expands as bash does", (context) => {
    const expected = byBash()
    if (expected === undefined) return context.skip("there is no bash 5.2 here")
    const differing = given.flatMap((line, at) =>
      expand(line) === expected[at] ? [] : [`${line}\n  bash: ${expected[at]}\n  ours: ${expand(line)}`]
    )
    assert.deepStrictEqual(differing, [], differing.join("\n"))
  })

  it("never fails on any line", () => {
    fc.assert(fc.property(fc.stringMatching(/^[!^:$*\-a-c0-3/s&gp?#"' \\]{0,30}$/), (line) => void expand(line)))
  })

  it("keeps the last lines, under their numbers", () => {
    const history = new History()
    for (let at = 1; at <= 10; at++) history.enter(`line ${at}`, undefined, plain, 4)
    assert.deepStrictEqual([history.lines(), history.base], [["line 7", "line 8", "line 9", "line 10"], 7])
    assert.isTrue(history.delete(8, 9))
    assert.isFalse(history.delete(6, 6))
    assert.deepStrictEqual(history.lines(), ["line 7", "line 10"])
    history.enter("line 7", undefined, { ...plain, erasesDuplicates: true }, 4)
    assert.deepStrictEqual(history.lines(), ["line 10", "line 7"])
    assert.isFalse(history.enter("line 7", undefined, { ...plain, ignoresDuplicates: true }, 4))
    assert.isFalse(history.enter(" x", undefined, { ...plain, ignoresBlanks: true }, 4))
    const bounded = new History()
    for (let at = 0; at < MAX_ENTRIES + 10; at++) bounded.add("x", undefined, Infinity)
    assert.strictEqual(bounded.size, MAX_ENTRIES)
    for (let at = 0; at < 40; at++) bounded.add("y".repeat(1024 * 1024), undefined, Infinity)
    assert.isAtMost(bounded.size, 17)
  })

  it("reads what it has written", () => {
    const entry = fc.record({
      line: fc.stringMatching(/^[a-z][a-z# ]{0,10}(?:\n[a-z][a-z ]{0,5}){0,2}$/),
      time: fc.integer({ min: 1, max: 2_000_000_000 })
    })
    fc.assert(fc.property(fc.array(entry), (entries) => {
      assert.deepStrictEqual(parseHistory(formatHistory(entries, true)).entries, entries)
    }))
    assert.deepStrictEqual(parseHistory("one\ntwo\n"), {
      entries: [{ line: "one", time: undefined }, { line: "two", time: undefined }],
      lines: 2
    })
  })
})
