/** `agent-os run` with a policy and an audit file. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { AuditEvent } from "../../src/audit/AuditEvent.ts"
import { agentOs, start, until, withFolder } from "./support.ts"

const decode = Schema.decodeUnknownSync(Schema.parseJson(AuditEvent), { onExcessProperty: "error" })

/** The events of a file, every line of which is whole. */
const eventsOf = (file: string): Array<AuditEvent> => {
  const text = readFileSync(file, "utf8")
  assert.isTrue(text === "" || text.endsWith("\n"), "the last line is whole")
  const events = text.split("\n").slice(0, -1).map((line) => decode(line))
  assert.deepStrictEqual(events.map(({ sequence }) => sequence), events.map((_, at) => at))
  return events
}

const about = (events: ReadonlyArray<AuditEvent>, resource: string) =>
  events.flatMap((event) => event._tag === "Decision" && event.resource === resource ? [event] : [])

const policy = {
  fs: {
    default: "allow",
    rules: [{ mode: "deny", paths: ["/secret/**", "/home/user/*.sh"], operations: ["read", "write"] }]
  },
  childProcess: { default: "allow", rules: [{ mode: "deny", patterns: ["tac"] }] }
}

describe("--permissions and --audit", () => {
  it("the policy holds, also for the host; each decision is a line", () =>
    withFolder(async (folder) => {
      mkdirSync(join(folder, "data"))
      writeFileSync(join(folder, "data/key"), "k\n")
      writeFileSync(join(folder, "policy.json"), JSON.stringify(policy))
      writeFileSync(join(folder, "task.sh"), "cat /secret/key; tac /dev/null; cat /etc/hostname; exit 3\n")
      const args = ["run", "task.sh", "--mount", "data:/secret", "--permissions", "policy.json", "--no-changes"]
      const { code, stderr, stdout } = await agentOs([...args, "--audit", "audit.ndjson"], { cwd: folder })
      assert.deepStrictEqual([code, stdout], [3, "agent-os\n"])
      assert.include(stderr, "Permission denied")
      const events = eventsOf(join(folder, "audit.ndjson"))
      const [read] = about(events, "/secret/key")
      assert.deepInclude(read, { domain: "fs", operation: "read", mode: "deny", rule: 0 })
      assert.isNumber(read.pid)
      assert.deepInclude(about(events, "tac")[0], { domain: "childProcess", mode: "deny", rule: 0 })
      assert.strictEqual(about(events, "/etc/hostname")[0]?.mode, "allow")
      assert.isFalse(events.some(({ _tag }) => _tag === "PolicyReplaced"), "the policy is that of the beginning")
      assert.strictEqual(statSync(join(folder, "audit.ndjson")).mode & 0o777, 0o600)

      const shown = await agentOs([...args, "--show", "/secret/key", "--json"], { cwd: folder })
      assert.strictEqual(shown.code, 125)
      assert.include(JSON.parse(shown.stdout).error.message, "--show /secret/key: EACCES")
    }), 60_000)

  it(
    "has all that was decided up to the timeout, and up to the failure of the command",
    () =>
      withFolder(async (folder) => {
        const file = join(folder, "audit")
        writeFileSync(file, "of an earlier run\n")
        const late = await agentOs([
          "run",
          "-c",
          "cat /etc/hostname; while true; do :; done",
          "--timeout",
          "2s",
          "--audit",
          file
        ])
        assert.strictEqual(late.code, 124)
        assert.strictEqual(about(eventsOf(file), "/etc/hostname").length, 1)
        const failed = await agentOs(["run", "-c", "cat /etc/group", "--show", "/nope", "--audit", file])
        assert.strictEqual(failed.code, 125)
        assert.isAbove(about(eventsOf(file), "/etc/group").length, 0)
        assert.isAbove(about(eventsOf(file), "/nope").length, 0)
      }),
    60_000
  )

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`has all that was decided up to ${signal}`, () =>
      withFolder(async (folder) => {
        const file = join(folder, "audit")
        const script = "for f in $(seq 1 200); do cat /etc/hostname > /tmp/f$f; done; echo up; sleep 60"
        const { child, ended, pieces } = start(["run", "-c", script, "--audit", file])
        assert.isTrue(await until(() => pieces.length > 0, 20_000))
        child.kill(signal)
        await ended
        assert.isAbove(about(eventsOf(file), "/tmp/f200").length, 0)
      }), 60_000)
  }

  it("is written as it comes, so that what a killed command leaves is good", () =>
    withFolder(async (folder) => {
      const file = join(folder, "audit")
      const { child, ended } = start(["run", "-c", "cat /etc/hostname; sleep 60", "--audit", file])
      assert.isTrue(await until(() => existsSync(file) && readFileSync(file, "utf8").includes("/etc/hostname"), 20_000))
      child.kill("SIGKILL")
      await ended
      assert.isAbove(eventsOf(file).length, 0)
    }), 60_000)

  it("says what is wrong with the files, and runs nothing", () =>
    withFolder(async (folder) => {
      const told = async (...args: ReadonlyArray<string>) => {
        const { code, stderr, stdout } = await agentOs(["run", "-c", "echo ran", ...args], { cwd: folder })
        assert.deepStrictEqual([code, stdout], [125, ""])
        return stderr
      }
      assert.include(await told("--audit", "none/audit"), "agent-os: --audit none/audit: ENOENT")
      assert.include(await told("--permissions", "none"), "agent-os: --permissions none: there is no such file")
      writeFileSync(join(folder, "bad"), "{")
      assert.include(await told("--permissions", "bad"), "JSON")
      writeFileSync(join(folder, "bad"), JSON.stringify({ fs: { rules: [{ mode: "never", paths: ["/a"] }] } }))
      assert.include(await told("--permissions", "bad"), "agent-os: --permissions bad: fs.rules[0].mode: expected")
      writeFileSync(join(folder, "bad"), JSON.stringify({ files: "deny" }))
      assert.include(await told("--permissions", "bad"), "unknown key")
    }), 60_000)

  it("a large script is there too", () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, "large.sh"), `# ${"x".repeat(100_000)}\nwc -c < /home/user/large.sh\n`)
      const { stdout } = await agentOs(["run", "large.sh"], { cwd: folder })
      assert.strictEqual(stdout, "100031\n")
    }), 60_000)
})
