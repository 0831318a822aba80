import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Check } from "../../bin/doctor/checks.ts"
import { nodeVersion, permissionModel } from "../../bin/doctor/checks.ts"
import { agentOs, program, root, withFolder } from "./support.ts"

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
    const source = readFileSync(new URL("../../bin/cli.ts", import.meta.url), "utf8")
    // what stands in front of each command are its flags
    const parts = source.split(/Command\.make\(\s*"/)
    const mcp = parts.findIndex((part) => part.startsWith("mcp\""))
    const ofVm = parts[0].slice(0, parts[0].indexOf("const runOptions"))
    for (const [command, text] of [["run", parts[0]], ["shell", ofVm], ["mcp", parts[mcp]]] as const) {
      const { code, stdout } = await agentOs([command, "--help"])
      assert.strictEqual(code, 0)
      const flags = [...text.matchAll(/Options\.(?:text|boolean)\("([a-z-]+)"\)/g)].map((match) => match[1])
      assert.isAbove(flags.length, 5, command)
      for (const flag of flags.filter((flag) => flag !== "command")) assert.include(stdout, `--${flag}`, command)
    }
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

  describe("on a machine where something is broken", () => {
    /** The package as it is installed, with something changed in its sidecar. */
    const broken = (change: (sidecar: string) => void) =>
      withFolder(async (folder) => {
        cpSync(dirname(dirname(program)), join(folder, "dist"), { recursive: true })
        cpSync(join(root, "package.json"), join(folder, "package.json"))
        symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
        change(join(folder, "dist/sidecar"))
        const { code, stdout } = await agentOs(["doctor", "--json"], {
          program: join(folder, "dist/bin/agent-os.js")
        })
        found.checks = JSON.parse(stdout).checks
        assert.deepStrictEqual([code, JSON.parse(stdout).ok], [1, false])
      })
    const found: { checks: ReadonlyArray<Check> } = { checks: [] }
    const statuses = () => Object.fromEntries(found.checks.map(({ name, status }) => [name, status]))
    const checkNamed = (name: string) => found.checks.find((check) => check.name === name)!
    const advice = "reinstall effect-agent-os, or run `npm run build` in a checkout of it"

    it("a sidecar program that does not run: says which, why, and what to do; the rest is skipped", async () => {
      await broken((sidecar) => writeFileSync(join(sidecar, "main.js"), "const broken = ("))
      assert.deepInclude(statuses(), {
        "permission model": "ok",
        "sidecar program": "ok",
        sidecar: "fail",
        "wire version": "skip",
        VM: "skip",
        echo: "skip",
        "guest worker heap": "ok"
      })
      assert.match(checkNamed("sidecar").detail, /dist\/sidecar\/main\.js did not become ready .*: SyntaxError: /)
      assert.strictEqual(checkNamed("sidecar").advice, advice)
      assert.strictEqual(checkNamed("VM").detail, "needs the check above")
    })

    it("a sidecar program that is not there", async () => {
      await broken((sidecar) => rmSync(join(sidecar, "main.js")))
      assert.deepInclude(statuses(), {
        "sidecar program": "fail",
        sidecar: "fail",
        "wire version": "skip",
        echo: "skip"
      })
      assert.match(checkNamed("sidecar program").detail, /dist\/sidecar\/main\.js/)
      assert.strictEqual(checkNamed("sidecar program").advice, advice)
      assert.match(
        checkNamed("sidecar").detail,
        /the sidecar program is missing .*dist\/sidecar\/main\.js.*: reinstall/
      )
    })

    it("guest workers that do not start", async () => {
      await broken((sidecar) => writeFileSync(join(sidecar, "shell-worker.js"), "throw new Error('no worker')"))
      assert.deepInclude(statuses(), { sidecar: "ok", "wire version": "ok", VM: "ok", echo: "fail" })
      assert.match(checkNamed("echo").detail, /no worker/)
    })

    it("a Node.js without the permission model", () =>
      withFolder(async (folder) => {
        const node = join(folder, "node")
        writeFileSync(node, "#!/bin/sh\necho bad option: $1 >&2\nexit 9\n", { mode: 0o755 })
        const check = await Effect.runPromise(permissionModel(node))
        assert.strictEqual(check.status, "fail")
        assert.match(check.detail, /^--(experimental-)?permission does not work: /)
        assert.strictEqual(check.advice, "use an official build of Node.js")
        assert.strictEqual((await Effect.runPromise(permissionModel())).status, "ok")
      }))
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
