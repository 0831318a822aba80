import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { nodeVersion } from "../../bin/doctor/checks.ts"
import { agentOs } from "./support.ts"

const refused = async (args: ReadonlyArray<string>, message: string) => {
  const { code, stderr, stdout } = await agentOs(args)
  assert.deepStrictEqual([code, stdout], [125, ""])
  assert.include(stderr, message)
}

describe("what makes no sense is refused, with 125 and a reason", () => {
  const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: string]> = [
    [["run", "-c", "true", "--nope"], "unknown flag --nope"],
    [["run"], "what shall run?"],
    [["doctor", "--nope"], "--nope"],
    [["frobnicate"], "run"],
    [["run", "/no/such/script.sh"], "there is no file /no/such/script.sh"],
    [["run", "/tmp"], "/tmp is a folder"],
    [["run", "-", "--stdin"], "standard input is the script already"],
    [["run", "-c", "true", "--mount", "/no/such:/x"], "there is no folder /no/such"],
    [["run", "-c", "true", "--mount", "/tmp"], "write HOST:GUEST"],
    [["run", "-c", "true", "--mount", "/tmp:/x:rx"], "write HOST:GUEST"],
    [["run", "-c", "true", "--mount", "/usr/share/doc/bash:/"], "cannot mount over root"],
    [["run", "-c", "true", "--env", "1=2"], "write NAME=VALUE"],
    [["run", "-c", "true", "--limit", "nope=1"], "there is no limit nope"],
    [["run", "-c", "true", "--limit", "inodes=many"], "write NAME=VALUE"],
    [["run", "-c", "true", "--timeout", "soon"], "write a time"],
    [["run", "-c", "true", "--timeout", "0"], "write a time"],
    [["run", "-c", "true", "--cwd", "relative"], "Path must be absolute"],
    [["run", "-c", "true", "--write-back"], "--write-back needs a writable mount"]
  ]
  for (const [args, message] of cases) it(args.join(" "), () => refused(args, message))
})

describe("questions about the command", () => {
  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
    assert.strictEqual((await agentOs(["--version"])).stdout, `${version}\n`)
  })

  it("helps with every flag", async () => {
    const { code, stdout } = await agentOs(["run", "--help"])
    assert.strictEqual(code, 0)
    const source = readFileSync(new URL("../../bin/cli.ts", import.meta.url), "utf8")
    const flags = [...source.matchAll(/Options\.(?:text|boolean)\("([a-z-]+)"\)/g)].map((match) => match[1])
    assert.isAbove(flags.length, 10)
    for (const flag of flags.filter((flag) => flag !== "command")) assert.include(stdout, `--${flag}`)
    assert.include((await agentOs(["--help"])).stdout, "agent-os run SCRIPT")
    assert.include((await agentOs(["doctor", "--help"])).stdout, "agent-os doctor")
  })

  it("does not take the script's own --help for a question", async () => {
    assert.strictEqual((await agentOs(["run", "-c", "echo $1", "--", "--help"])).stdout, "--help\n")
  })
})

describe("doctor", () => {
  it("finds this machine well", async () => {
    const { code, stdout } = await agentOs(["doctor"])
    assert.strictEqual(code, 0)
    assert.match(stdout, /^ok {4}sidecar {12}started as process \d+ \([\d.]+ ms\)$/m)
    assert.include(stdout, "VMs can run here.")
  })

  it("says the same to programs", async () => {
    const { code, stdout } = await agentOs(["doctor", "--json"])
    const { checks, ok } = JSON.parse(stdout) as {
      ok: boolean
      checks: ReadonlyArray<{ name: string; status: string }>
    }
    assert.deepStrictEqual([code, ok], [0, true])
    assert.deepStrictEqual(checks.map(({ name }) => name), [
      "Node.js",
      "permission model",
      "sidecar program",
      "sidecar",
      "wire version",
      "VM",
      "echo",
      "guest worker heap",
      "temporary folder",
      "memory"
    ])
  })

  it("knows versions that are too old", () => {
    assert.deepStrictEqual(["18.0.0", "20.18.9", "20.19.0", "22.1.0"].map((version) => nodeVersion(version).status), [
      "fail",
      "fail",
      "ok",
      "ok"
    ])
  })
})
