import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import * as ApprovalRule from "../../src/tools/ApprovalRule.ts"
import * as Flags from "../../src/tools/Flags.ts"
import { inputSchemaOf } from "../../src/tools/InputSchema.ts"
import { canonical, digest, digestText, parse } from "../../src/tools/Json.ts"
import { sha3 } from "../../src/tools/Sha3.ts"
import { violation } from "../../src/tools/Validate.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

describe("digests", () => {
  it("are SHA3-256, for any length", () => {
    for (const length of [0, 1, 135, 136, 137, 271, 272, 273, 4096, 100_001]) {
      const content = new Uint8Array(length).map((_, index) => (index * 31 + length) & 0xff)
      assert.strictEqual(sha3(content), createHash("sha3-256").update(content).digest("hex"), String(length))
    }
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 600 }), (content) => {
        assert.strictEqual(sha3(content), createHash("sha3-256").update(content).digest("hex"))
      }),
      { numRuns: 300 }
    )
  })
  it("match the reference's vectors", () => {
    const vectors: ReadonlyArray<readonly [unknown, string]> = [
      [null, "3ea445410f608e6453cdcb7dbe42d57a89aca018993d7e87da85993cbccc6308"],
      [{}, "840eb7aa2a9935de63366bacbe9d97e978a859e93dc792a0334de60ed52f8e99"],
      [[], "ca4510738395af1429224dd785675309c344b2b549632e20275c69b15ed1d210"],
      [
        ["current_policy", "describe_tool", "list_tools"],
        "5db200d948260886968214387f6c79a98f9bad6c70f0224d4f0f014c06b98564"
      ],
      [{ kwargs: {}, args: ["https://x"] }, "8f96a5c0c26c4c21f22dc239f4ab38bde3d6c74213acf42ef10ecd03da609f6a"]
    ]
    for (const [value, expected] of vectors) assert.strictEqual(digest(value), expected)
    assert.strictEqual(digestText("default"), "2747cabbb481a433679f6dc8aae833dd1b64452778b97e2729bd3c54dede0886")
  })
})

describe("canonical JSON", () => {
  const told = (value: unknown, max?: number) =>
    Either.match(canonical(value, max), { onLeft: ({ detail, path }) => `${path} ${detail}`, onRight: (text) => text })
  it("sorts keys by their UTF-8 bytes and keeps the rest", () => {
    assert.strictEqual(
      told({ "\u{1F600}": 1, "\uFF5E": 2, b: [1, "é", undefined], a: undefined }),
      "{\"b\":[1,\"é\",null],\"\uFF5E\":2,\"\u{1F600}\":1}"
    )
  })
  it("says the same as JSON.stringify of what has no keys to sort", () => {
    FastCheck.assert(FastCheck.property(FastCheck.jsonValue({ maxDepth: 6 }), (value) => {
      const text = told(value)
      assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      assert.strictEqual(told(JSON.parse(text)), text)
    }))
  })
  it("refuses what JSON cannot say", () => {
    const cycle: Record<string, unknown> = { a: [] }
    ;(cycle.a as Array<unknown>).push(cycle)
    assert.strictEqual(told(cycle), "$.a[0] contains itself")
    assert.strictEqual(told({ a: Number.NaN }), "$.a NaN is no JSON")
    assert.strictEqual(told([() => 1]), "$[0] a function is no JSON")
    assert.strictEqual(told({ big: 1n }), "$.big a bigint is no JSON")
    assert.strictEqual(told("x".repeat(100), 50), "$ is too large")
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = [deep]
    assert.match(told(deep), /more than 64 levels deep$/)
    const shared = { x: 1 }
    assert.strictEqual(told([shared, shared]), "[{\"x\":1},{\"x\":1}]")
  })
})

describe("JSON from a guest", () => {
  const told = (text: string | Uint8Array) =>
    Either.match(parse(typeof text === "string" ? bytes(text) : text), {
      onLeft: ({ detail, path }) => `${path} ${detail}`,
      onRight: JSON.stringify
    })
  it("is bounded in depth and has no prototype keys", () => {
    assert.strictEqual(told("{\"a\":[{\"__proto__\":1}]}"), "$.a[0] the key \"__proto__\" is not allowed")
    assert.match(told("[".repeat(100_000) + "]".repeat(100_000)), /more than 64 levels deep$/)
    assert.match(told("{\"a\":"), /^\$ /)
    assert.strictEqual(told(Uint8Array.of(0x22, 0xff, 0x22)), "$ is not UTF-8")
    assert.strictEqual(told("{\"constructor\":{\"prototype\":1}}"), "{\"constructor\":{\"prototype\":1}}")
    assert.isUndefined(({} as Record<string, unknown>).polluted)
  })
})

const schema: Flags.FlagSchema = {
  type: "object",
  required: ["id"],
  properties: {
    id: { type: "string" },
    maxItems: { type: "integer" },
    dryRun: { type: "boolean" },
    tag: { type: "array", items: { type: "string" } },
    size: { type: "array", items: { type: "number" } },
    mode: { enum: ["a", "b"] },
    where: { type: "object" },
    maybe: { anyOf: [{ type: "number" }, { type: "null" }] }
  }
}

describe("flags", () => {
  const read = (...args: ReadonlyArray<string>) => {
    const parsed = Flags.parse(schema, args)
    return parsed._tag === "Refused"
      ? parsed.message
      : parsed._tag === "Input"
      ? JSON.parse(parsed.json)
      : parsed
  }
  it("are read by the Schema", () => {
    assert.deepStrictEqual(read("--id", "7"), { id: "7" })
    assert.deepStrictEqual(
      read("--id=7", "--max-items", "-3", "--dry-run", "--tag", "a", "--tag=b", "--size", "1.5", "--size", "2"),
      { id: "7", maxItems: -3, dryRun: true, tag: ["a", "b"], size: [1.5, 2] }
    )
    assert.deepStrictEqual(read("--id", "", "--no-dry-run", "--mode", "a"), { id: "", dryRun: false, mode: "a" })
    assert.deepStrictEqual(read("--id", "x", "--dry-run=false", "--where", "{\"a\":1}", "--maybe", "2"), {
      id: "x",
      dryRun: false,
      where: { a: 1 },
      maybe: 2
    })
    assert.deepStrictEqual(read("--json", "{\"id\":1}"), { id: 1 })
    assert.deepStrictEqual(read("--json-file", "in.json"), { _tag: "File", path: "in.json" })
    assert.deepStrictEqual(read("--id", "7", "--help"), { _tag: "Help" })
  })
  it("that ask for help or hold the whole input may be keys", () => {
    const named = { type: "object", properties: { help: { type: "string" }, json: { type: "string" } } } as const
    assert.deepStrictEqual(Flags.parse(named, ["--help", "me"]), { _tag: "Help" })
    assert.deepStrictEqual(Flags.parse(named, ["--help=me", "--json", "{}"]), {
      _tag: "Input",
      json: "{\"help\":\"me\",\"json\":\"{}\"}"
    })
  })
  it("are refused in the words of the published system", () => {
    assert.strictEqual(read("--id", "7", "--x", "1"), "Unknown flag: --x")
    assert.strictEqual(read("--id", "7", "--no-tag"), "Unknown flag: --no-tag")
    assert.strictEqual(read("--id", "7", "--maxItems", "1"), "Unknown flag: --maxItems")
    assert.strictEqual(read("--tag", "a"), "Missing required flag: --id")
    assert.strictEqual(read("7"), "Unexpected positional argument: \"7\"")
    assert.strictEqual(read("--id", "7", "8"), "Unexpected positional argument: \"8\"")
    assert.strictEqual(read("--id"), "Flag --id requires a value")
    assert.strictEqual(read("--id", "--tag"), "Flag --id requires a value")
    assert.strictEqual(read("--json"), "Flag --json requires a value")
    assert.strictEqual(read("--id", "7", "--max-items", "x"), "Flag --max-items expects a number, got \"x\"")
    assert.strictEqual(read("--id", "7", "--size", ""), "Flag --size expects a number, got \"\"")
    assert.match(String(read("--json", "{")), /^Invalid JSON for --json: /)
    assert.strictEqual(read("--id", "7", "--json", "{}"), "Unexpected positional argument: \"--json\"")
    assert.strictEqual(read("--id", "7", "--__proto__", "1"), "Unknown flag: --__proto__")
  })
})

describe("JSON Schemas of tools", () => {
  const told = (schema: Schema.Schema<any, any>) => Either.merge(inputSchemaOf(schema))
  it("tell all, or there is none", () => {
    assert.deepStrictEqual(told(Schema.Struct({ a: Schema.String.pipe(Schema.minLength(2)) })), {
      type: "object",
      required: ["a"],
      properties: {
        a: { type: "string", description: "a string at least 2 character(s) long", title: "minLength(2)", minLength: 2 }
      },
      additionalProperties: false
    })
    assert.strictEqual(
      told(Schema.Struct({ a: Schema.Struct({ b: Schema.String.pipe(Schema.filter((s) => s !== "x")) }) })),
      "$.a.b: a filter that has no jsonSchema annotation"
    )
    assert.strictEqual(told(Schema.String), "$: the input of a tool must be an object")
    assert.match(String(told(Schema.Struct({ f: Schema.BigIntFromSelf }))), /BigInt/i)
  })
})

describe("JSON against a JSON Schema", () => {
  const told = (shape: object, value: unknown) => {
    const found = violation(shape, value)
    return found === undefined ? "fits" : `${found.path}: expected ${found.expected}, got ${found.actual}`
  }
  it("names the first thing that is wrong", () => {
    const shape = {
      type: "object",
      required: ["id"],
      properties: {
        id: { type: "string", maxLength: 3 },
        n: { type: "integer", minimum: 0 },
        l: { items: { enum: [1, 2] } }
      },
      additionalProperties: false
    }
    assert.strictEqual(told(shape, { id: "abc", n: 0, l: [1] }), "fits")
    assert.strictEqual(told(shape, {}), "$.id: expected string, got nothing")
    assert.strictEqual(told(shape, { id: 1 }), "$.id: expected string, got 1")
    assert.strictEqual(told(shape, { id: "a", n: 1.5 }), "$.n: expected integer, got 1.5")
    assert.strictEqual(told(shape, { id: "a", n: -1 }), "$.n: expected a number of at least 0, got -1")
    assert.strictEqual(told(shape, { id: "a", l: [1, 3] }), "$.l[1]: expected one of 1, 2, got 3")
    assert.strictEqual(told(shape, { id: "a", constructor: {} }), "$.constructor: expected no such key, got an object")
    assert.strictEqual(told({ anyOf: [{ type: "string" }, { type: "null" }] }, 1), "$: expected one of 2 forms, got 1")
  })
  it("counts characters as JSON Schema does, and looks at no more of a long text than it must", () => {
    const smileys = "\u{1F600}".repeat(3)
    assert.isUndefined(violation({ minLength: 3, maxLength: 3 }, smileys))
    assert.isDefined(violation({ maxLength: 2 }, smileys))
    FastCheck.assert(FastCheck.property(FastCheck.string({ unit: "binary" }), (text) => {
      const length = [...text].length
      assert.isUndefined(violation({ minLength: length, maxLength: length }, text))
    }))
    // a copy for each character of it would not fit
    const huge = "x".repeat(100 * 1024 * 1024)
    assert.isUndefined(violation({ type: "string", minLength: 1 }, huge))
    assert.deepStrictEqual(violation({ type: "number" }, huge)?.actual.length, 63)
  })
})

describe("approval rules", () => {
  const facts: ApprovalRule.RuleFacts = {
    side_effect: "read",
    idempotent: true,
    session: "vm-1",
    calls: 3,
    tool: "orders:find",
    args: ["/workspace/a"],
    kwargs: { url: "https://user@api.example.com:8443/x", cents: 500, deep: { list: [1, { k: "v" }] }, nothing: null }
  }
  const told = (rule: string) =>
    Either.match(ApprovalRule.parse(rule), { onLeft: (why) => why, onRight: (is) => is(facts) })
  it("say yes only when they say so", () => {
    const yes = [
      "always",
      "side_effect == \"read\"",
      "args[0] starts_with \"/workspace/\"",
      "matches_host(kwargs.url, \"API.example.com\")",
      "kwargs.cents <= 500 and not (calls > 3)",
      "kwargs.cents in [1, 500] or never",
      "kwargs.deep.list[1].k == \"v\"",
      "kwargs[\"deep\"].list[0] == 1",
      "not not idempotent",
      "never or never or always",
      "not (kwargs.cents > 1000)",
      "not (kwargs.cents in [1])",
      "not matches_host(kwargs.url, \"evil.com\")",
      "matches_host(\"https://api.example.com./\", \"api.example.com\")",
      "kwargs.missing > 1 or always",
      "not (kwargs.missing > 1 and never)"
    ]
    for (const rule of yes) assert.strictEqual(told(rule), true, rule)
    const no = [
      "never",
      "kwargs.missing == \"x\"",
      "kwargs.missing != \"x\"",
      "not kwargs.missing",
      "kwargs.cents < \"600\"",
      "kwargs.constructor == kwargs.constructor",
      "kwargs.__proto__.x == 1",
      "args.length == 1",
      "matches_host(\"https://evil.com/https://api.example.com\", \"api.example.com\")",
      "matches_host(\"https://api.example.com@evil.com/\", \"api.example.com\")",
      "matches_host(\"https://api.example.com.evil.com\", \"api.example.com\")",
      "matches_host(\"https://evil.com\\\\@api.example.com\", \"api.example.com\")",
      "calls",
      "kwargs.nothing in [1]",
      // what cannot be told is no yes, whichever way it is turned
      "not (kwargs.missing > 1000)",
      "not (kwargs.cents > \"1000\")",
      "not (kwargs.missing == \"x\")",
      "not (kwargs.missing != \"x\")",
      "not (kwargs.cents in [1, kwargs.missing])",
      "not (kwargs.missing in [1])",
      "not (kwargs.deep starts_with \"/etc\")",
      "not (kwargs.missing > 1 and always)",
      "not (kwargs.missing > 1 or never)",
      "not (not (kwargs.missing > 1))",
      "not matches_host(kwargs.cents, \"evil.com\")",
      "not matches_host(\"https://evil.com\\\\@x\", \"evil.com\")",
      "not matches_host(\"https://%65vil.com/\", \"evil.com\")",
      "not matches_host(\"https://evil.com./\", \"evil.com\")",
      "not matches_host(\"https:evil.com\", \"evil.com\")"
    ]
    for (const rule of no) assert.strictEqual(told(rule), false, rule)
  })
  it("are refused when they are none", () => {
    for (
      const rule of [
        "",
        "and",
        "side_effect ==",
        "a == 1",
        "(always",
        "always)",
        "args[-1]",
        "args[x]",
        "process.exit()",
        "always always",
        "x".repeat(2000),
        "(".repeat(100),
        "\"a",
        "kwargs.",
        "`x`",
        "1 ; 2"
      ]
    ) assert.strictEqual(typeof told(rule), "string", rule)
  })
  it("never throw", () => {
    const word = FastCheck.constantFrom(
      ..."and or not ( ) [ ] . , == != < in starts_with matches_host always never args kwargs calls \"a\" 1 -2.5 x"
        .split(" ")
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(word, { maxLength: 12 }), (words) => {
        assert.include(["boolean", "string"], typeof told(words.join(" ")))
      }),
      { numRuns: 3000 }
    )
  })
})
