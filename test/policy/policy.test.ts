import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { PermissionsConfig } from "../../src/config/PermissionsConfig.ts"
import { type PermissionDomain } from "../../src/errors/PermissionDenied.ts"
import * as Glob from "../../src/policy/Glob.ts"
import { operations } from "../../src/policy/Operations.ts"
import * as Permissions from "../../src/policy/Permissions.ts"
import { compile } from "../../src/policy/Policy.ts"
import { decide, gainsBelow, plantsBelow, type Written } from "./reference.ts"

const decode = Schema.decodeUnknownSync(PermissionsConfig, { onExcessProperty: "error" })
const policyOf = (input: unknown) => compile(decode(input))

/**
 * Random cases, by twenties that share a policy: 5,000, in CI 100,000, or as many as asked for. `POLICY_SEED` repeats a run.
 */
const runs = Number(process.env.POLICY_RUNS ?? (process.env.CI === undefined ? 5_000 : 100_000))
const seed = Number(process.env.POLICY_SEED ?? Date.now() % 2 ** 31)
const TOGETHER = 20

const mode = FastCheck.constantFrom("allow" as const, "deny" as const, "ask" as const)
const part = FastCheck.constantFrom("a", "b", "ab", "*", "**", "?", "a*", "*b", "a?", ".env", "é😀", "a.b", "[a]")
const pattern = FastCheck.oneof(
  FastCheck.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
  FastCheck.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
  FastCheck.constantFrom("**", "*", "/**", "/", "/a/**", "/a", "tcp://a:*", "dns://a", "tcp://127.0.0.1:*")
)
/** What no path can match is refused with the configuration. */
const pathPattern = pattern.filter((text) => /^(\/|\*\*)/.test(text) && !text.includes("//"))
const name = FastCheck.constantFrom("a", "b", "ab", "abb", ".env", "é😀", "😀", "a.b", "[a]", "aab")
const path = FastCheck.array(name, { maxLength: 4 }).map((names) => `/${names.join("/")}`)
const resource = FastCheck.oneof(
  path,
  name,
  FastCheck.constantFrom("tcp://a:1", "tcp://127.0.0.1:8080", "tcp://127.0.0.1:80/x", "dns://localhost", "dns://a", "")
)

const scopeOf = (domain: PermissionDomain, depth = 6): FastCheck.Arbitrary<any> => {
  const operation = FastCheck.constantFrom("*", ...operations[domain])
  const globs = FastCheck.array(domain === "fs" ? pathPattern : pattern, { minLength: 1, maxLength: 3 })
  const rule = FastCheck.record({
    mode,
    operations: FastCheck.array(operation, { minLength: 1, maxLength: 3 }),
    [domain === "fs" ? "paths" : "patterns"]: globs
  }, { requiredKeys: ["mode"] })
  const rules = FastCheck.array(rule, { maxLength: depth })
  return FastCheck.oneof(mode, FastCheck.record({ default: mode, rules }, { requiredKeys: ["rules"] }))
}

const domains = Object.keys(operations) as Array<PermissionDomain>
const policies = FastCheck.record(
  Object.fromEntries(domains.map((domain) => [domain, scopeOf(domain)])),
  { requiredKeys: [] }
) as FastCheck.Arbitrary<Written>

const requests = FastCheck.constantFrom(...domains).chain((domain) =>
  FastCheck.record({
    domain: FastCheck.constant(domain),
    operation: FastCheck.constantFrom(...operations[domain]),
    resource
  })
)

const together = FastCheck.array(requests, { minLength: TOGETHER, maxLength: TOGETHER })

describe("a policy", () => {
  it(`decides as the reference does (${runs} cases, seed ${seed})`, { timeout: 600_000 }, () => {
    FastCheck.assert(
      FastCheck.property(policies, together, (policy, requests) => {
        const compiled = policyOf(policy)
        for (const { domain, operation, resource } of requests) {
          const { mode, rule } = compiled.decide(domain, operation as never, resource)
          const expected = decide(policy, domain, operation, resource)
          if (mode !== expected.mode || rule !== expected.rule) {
            assert.deepStrictEqual({ domain, operation, resource, mode, rule }, {
              domain,
              operation,
              resource,
              ...expected
            })
          }
        }
      }),
      { numRuns: Math.ceil(runs / TOGETHER), seed }
    )
  })

  it(`lets no name be changed that would give something away (seed ${seed})`, { timeout: 600_000 }, () => {
    const names = ["a", "b", "ab", ".env", "a/a", "a/b", "b/.env", "ab/a/b", "[a]", "a/é😀", "x/y/z"]
    FastCheck.assert(
      FastCheck.property(scopeOf("fs"), path, path, (fs, from, to) => {
        FastCheck.pre(from !== "/" && to !== "/")
        if (policyOf({ fs }).moveOf(from, to)._tag === "free") {
          assert.isFalse(gainsBelow({ fs }, operations.fs, from, to, names))
          assert.isFalse(plantsBelow({ fs }, from, to, names))
        }
      }),
      { numRuns: Math.ceil(runs / 10), seed }
    )
  })

  it("says what a glob says of everything below a directory", () => {
    const entries = ["a", "b", "ab", "a/b", ".env", "b/ab/a", "é😀/a", "x/y/z/w", "😀"]
    FastCheck.assert(
      FastCheck.property(pattern, path, (glob, directory) => {
        const found = Glob.compile(glob).below(directory)
        const hits = entries.filter((entry) =>
          Glob.compile(glob).matches(`${directory === "/" ? "" : directory}/${entry}`)
        )
        if (found === "all") assert.deepStrictEqual(hits, entries)
        if (found === "none") assert.deepStrictEqual(hits, [])
      }),
      { numRuns: Math.ceil(runs / 10), seed }
    )
  })

  it("matches in a time that does not depend on how the pattern is made", () => {
    const text = `/${"a".repeat(4000)}`
    const glob = Glob.compile(`${"**a*".repeat(200)}b`)
    assert.isFalse(glob.matches(text))
    assert.isFalse(Glob.compile(`/${"*a".repeat(300)}?b*`).matches(text))
    assert.isTrue(Glob.compile(`/${"*a".repeat(300)}`).matches(text))
  })
})

describe("what the policy says when the user does not", () => {
  const cases: ReadonlyArray<readonly [unknown, string, string, string, string]> = [
    [{}, "fs", "write", "/etc/passwd", "allow"],
    [{}, "childProcess", "spawn", "nohup", "allow"],
    [{}, "env", "read", "HOME", "allow"],
    [{}, "process", "inspect", "process://snapshot", "allow"],
    [{}, "tool", "invoke", "orders:refund", "allow"],
    [{}, "network", "fetch", "tcp://example.com:443", "deny"],
    [{}, "network", "http", "tcp://127.0.0.1:8080", "allow"],
    [{}, "network", "http", "tcp://127.0.0.1.example.com:80", "deny"],
    [{}, "network", "listen", "tcp://localhost:80", "allow"],
    [{ fs: "deny" }, "network", "http", "tcp://127.0.0.1:8080", "allow"],
    [{ fs: "deny" }, "env", "read", "HOME", "allow"],
    [{ fs: { rules: [] } }, "fs", "read", "/a", "deny"],
    [{ network: Permissions.llmProviders }, "network", "http", "tcp://api.openai.com:443", "allow"],
    [{ network: Permissions.llmProviders }, "network", "dns", "dns://openrouter.ai", "allow"],
    [{ network: Permissions.llmProviders }, "network", "dns", "dns://x.openrouter.ai", "deny"],
    [{ network: Permissions.llmProviders }, "network", "http", "tcp://127.0.0.1:80", "deny"]
  ]
  for (const [policy, domain, operation, resource, mode] of cases) {
    it(`${JSON.stringify(policy).slice(0, 40)}: ${domain}.${operation} of ${resource} is ${mode}`, () => {
      assert.strictEqual(policyOf(policy).decide(domain as never, operation as never, resource).mode, mode)
    })
  }
})

describe("directories that guard something", () => {
  const policy = policyOf({
    fs: { default: "allow", rules: [{ mode: "deny", paths: ["/secret/**", "/home/*/keys/**", "**/.env"] }] }
  })
  it("stay what they are", () => {
    assert.strictEqual(policy.guardOf("/secret")?.rule, 0)
    assert.strictEqual(policy.guardOf("/")?.rule, 0)
    assert.strictEqual(policy.guardOf("/home")?.rule, 0)
    assert.isUndefined(policy.guardOf("/secretive"))
    assert.isUndefined(policy.guardOf("/tmp"))
  })
  it("are not renamed, and others are looked into", () => {
    assert.strictEqual(policy.moveOf("/secret", "/tmp/s")._tag, "refused")
    assert.strictEqual(policy.moveOf("/home", "/tmp/h")._tag, "refused")
    assert.strictEqual(policy.moveOf("/home/user", "/tmp/h")._tag, "inspect")
    assert.strictEqual(policy.moveOf("/tmp/a", "/tmp/b")._tag, "inspect")
    assert.strictEqual(policyOf({ fs: "deny" }).moveOf("/a", "/b")._tag, "free")
    const work = policyOf({ fs: { rules: [{ mode: "allow", operations: ["read"], paths: ["/work/**"] }] } })
    assert.strictEqual(work.moveOf("/work/a", "/work/b")._tag, "free")
    assert.strictEqual(work.moveOf("/work/a", "/out")._tag, "free")
    assert.strictEqual(work.moveOf("/out", "/work/a")._tag, "refused")
  })
  it("an exception within is no reason to open what is around it", () => {
    const nested = policyOf({
      fs: {
        default: "allow",
        rules: [{ mode: "deny", paths: ["/a/**"] }, { mode: "allow", paths: ["/a/open/**"] }]
      }
    })
    assert.strictEqual(nested.moveOf("/a", "/b")._tag, "refused")
    assert.strictEqual(nested.moveOf("/a/open", "/b")._tag, "free")
    assert.isUndefined(nested.guardOf("/a/open"))
  })
})

describe("explain", () => {
  const config = decode({
    fs: { default: "allow", rules: [{ mode: "deny", paths: ["/etc/secrets", "/etc/secrets/**"] }] },
    tool: { rules: [{ mode: "ask", patterns: ["orders:refund"] }] },
    env: "deny"
  })
  const text = (domain: string, operation: string, resource: string) =>
    Permissions.explain(config, { domain, operation, resource } as Permissions.Request).text

  it("names what decides", () => {
    assert.strictEqual(
      text("fs", "read", "/etc/secrets/a"),
      "fs.read of \"/etc/secrets/a\" is denied: rule 0 (deny, operations \"*\", paths \"/etc/secrets\", " +
        "\"/etc/secrets/**\") is the last of 1 rule that matches"
    )
    assert.strictEqual(
      text("fs", "read", "/etc/passwd"),
      "fs.read of \"/etc/passwd\" is allowed: none of 1 rule matches, and the default is allow"
    )
    assert.strictEqual(
      text("tool", "invoke", "orders:refund"),
      "tool.invoke of \"orders:refund\" needs an approval, and is denied without one: rule 0 (ask, operations \"*\", " +
        "patterns \"orders:refund\") is the last of 1 rule that matches"
    )
    assert.strictEqual(
      text("tool", "invoke", "orders:find"),
      "tool.invoke of \"orders:find\" is denied: none of 1 rule matches, and without a default the answer is deny"
    )
    assert.strictEqual(text("env", "read", "HOME"), "env.read of \"HOME\" is denied: env is \"deny\" as a whole")
    assert.strictEqual(
      text("process", "inspect", "process://snapshot"),
      "process.inspect of \"process://snapshot\" is allowed: the policy says nothing about process, and by default " +
        "process is \"allow\" as a whole"
    )
  })
})
