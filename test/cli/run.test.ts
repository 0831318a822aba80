import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { RunReport } from "../../bin/run/report.ts"
import { agentOs, childrenOf, isAlive, residentKiB, start, until, withFolder } from "./support.ts"

const report = Schema.decodeUnknownSync(Schema.parseJson(RunReport), { onExcessProperty: "error" })

describe("scripts and commands", () => {
  it("runs a script with arguments, says what changed, and gives its exit code", () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, "hello.sh"), "echo \"hello $1, $2\"\necho oops >&2\necho x > made\nexit 7\n")
      const { code, stderr, stdout } = await agentOs(["run", "hello.sh", "you", "--env", "A=1", "--", "--all"], {
        cwd: folder
      })
      assert.deepStrictEqual([code, stdout], [7, "hello you, --all\n"])
      assert.strictEqual(stderr, "oops\n\nchanged in the VM:\n  + /home/user/made  (2 B)\n")
    }))

  it("copies the script in, and leaves it out of what changed", () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, "self.sh"), "cat /home/user/self.sh\n")
      const { stderr, stdout } = await agentOs(["run", "self.sh"], { cwd: folder })
      assert.deepStrictEqual([stdout, stderr], ["cat /home/user/self.sh\n", ""])
    }))

  it("runs commands, scripts of standard input, with standard input, variables and a working directory", async () => {
    assert.strictEqual(
      (await agentOs(["run", "-c", "echo \"$A $PWD $1\"", "--env", "A=b=c", "--cwd", "/tmp", "z"])).stdout,
      "b=c /tmp z\n"
    )
    assert.strictEqual((await agentOs(["run", "-", "z"], { input: "echo \"from stdin $1\"" })).stdout, "from stdin z\n")
    assert.strictEqual((await agentOs(["run", "-c", "tr a-z A-Z", "--stdin"], { input: "loud" })).stdout, "LOUD")
  })

  it("does not wait for standard input that it was not asked to read", async () => {
    const { child, ended } = start(["run", "-c", "echo done"])
    assert.strictEqual((await ended).stdout, "done\n")
    child.stdin?.end()
  })

  it("lists 50 changes at most, or none", async () => {
    const command = "for i in $(seq 1 60); do echo > f$i; done"
    const { stderr } = await agentOs(["run", "-c", command])
    assert.strictEqual(stderr.trim().split("\n").length, 52)
    assert.include(stderr, "  ... and 10 more\n")
    assert.strictEqual((await agentOs(["run", "-c", command, "--no-changes"])).stderr, "")
  })

  it("shows files at the end", async () => {
    const shown = await agentOs(["run", "-c", "echo first; echo kept > a", "--show", "/home/user/a", "--no-changes"])
    assert.deepStrictEqual([shown.code, shown.stdout], [0, "first\nkept\n"])
    const missing = await agentOs(["run", "-c", "true", "--show", "/nope"])
    assert.deepStrictEqual([missing.code, missing.stdout], [125, ""])
    assert.include(missing.stderr, "--show /nope: ENOENT")
  })

  it("keeps to limits", async () => {
    const { code, stderr } = await agentOs(["run", "-c", "echo 0123456789 > f", "--limit", "filesystemBytes=1"])
    assert.notStrictEqual(code, 0)
    assert.include(stderr, "No space left on device")
  })
})

describe("mounts", () => {
  it("are read-only copies, unless told otherwise, without what is excluded", () =>
    withFolder(async (folder) => {
      mkdirSync(join(folder, "skip"))
      writeFileSync(join(folder, "a"), "a\n")
      const command = "ls /in; cat /in/a; echo x > /in/b"
      const locked = await agentOs(["run", "-c", command, "--mount", `${folder}:/in`, "--exclude", "skip"])
      assert.strictEqual(locked.stdout, "a\na\n")
      assert.include(locked.stderr, "Read-only file system")
      const open = await agentOs(["run", "-c", command, "--mount", `${folder}:/in:rw`])
      assert.strictEqual(open.stdout, "a\nskip\na\n")
      assert.include(open.stderr, "+ /in/b")
      assert.throws(() => readFileSync(join(folder, "b")))
    }))
})

describe("output as it comes", () => {
  it("gives the first line before the script ends", async () => {
    const { ended, pieces } = start(["run", "-c", "echo first; sleep 1.5; echo last"])
    const { stdout } = await ended
    assert.strictEqual(stdout, "first\nlast\n")
    assert.strictEqual(pieces[0].text, "first\n")
    assert.isAbove(pieces[pieces.length - 1].at - pieces[0].at, 1200)
  })

  it("a reader that does not read makes the script wait", async () => {
    const { child, ended } = start(["run", "-c", "yes"])
    await new Promise((resolve) => child.stdout!.once("data", resolve))
    child.stdout!.pause()
    const [sidecar] = childrenOf(child.pid!)
    const before = [residentKiB(child.pid!), residentKiB(sidecar)]
    await new Promise((resolve) => setTimeout(resolve, 2000))
    assert.isBelow(residentKiB(child.pid!) - before[0], 60_000)
    assert.isBelow(residentKiB(sidecar) - before[1], 120_000)
    child.stdout!.destroy()
    assert.strictEqual((await ended).code, 141)
  })

  it("a slow reader loses nothing", async () => {
    const { child, ended } = start(["run", "-c", "seq 1 400000", "--no-changes"])
    child.stdout!.pause()
    setTimeout(() => child.stdout!.resume(), 1500)
    const { code, stdout } = await ended
    assert.strictEqual(code, 0)
    assert.isTrue(stdout === Array.from({ length: 400_000 }, (_, i) => `${i + 1}\n`).join(""))
  })

  it("ends without a word when nobody reads any more", async () => {
    const { child, ended } = start(["run", "-c", "while true; do echo y; done"])
    child.stdout!.once("data", () => child.stdout!.destroy())
    const { code, stderr } = await ended
    assert.deepStrictEqual([code, stderr], [141, ""])
  })
})

describe("--json", () => {
  it("prints one document", () =>
    withFolder(async (folder) => {
      const { code, stderr, stdout } = await agentOs([
        "run",
        "-c",
        "echo out; echo err >&2; echo new > /w/n; exit 3",
        "--json",
        "--mount",
        `${folder}:/w:rw`,
        "--show",
        "/w/n"
      ])
      assert.deepStrictEqual([code, stderr], [3, ""])
      assert.deepStrictEqual(report(stdout), {
        exitCode: 3,
        stdout: "out\n",
        stderr: "err\n",
        changes: [{ kind: "created", path: "/w/n", type: "file", size: 4 }],
        shown: [{ path: "/w/n", content: "new\n" }]
      })
    }))

  it("tells of timeouts, of output that is missing, and of failures", async () => {
    const late = report(
      (await agentOs(["run", "-c", "echo a; sleep 9", "--json", "--timeout", "400ms", "--no-changes"])).stdout
    )
    assert.deepStrictEqual(late, { exitCode: 124, timedOut: true, stdout: "a\n", stderr: "" })
    const cut = report(
      (await agentOs(["run", "-c", "seq 1 100", "--json", "--limit", "outputBytes=4", "--no-changes"])).stdout
    )
    assert.deepStrictEqual(cut, { exitCode: 0, stdout: "1\n2\n", stderr: "", truncated: true })
    const wrong = await agentOs(["run", "-c", "true", "--json", "--show", "relative"])
    assert.strictEqual(wrong.code, 125)
    assert.include(report(wrong.stdout).error?.message, "Path must be absolute: relative")
  })
})

describe("--timeout", () => {
  it("stops the script with 124, and tells what it had done", async () => {
    const began = performance.now()
    const { code, stderr, stdout } = await agentOs([
      "run",
      "-c",
      "echo a > f; echo b; while true; do :; done",
      "--timeout",
      "2s"
    ])
    assert.deepStrictEqual([code, stdout], [124, "b\n"])
    assert.include(stderr, "agent-os: the script was stopped after 2s\n")
    assert.include(stderr, "+ /home/user/f")
    assert.isBelow(performance.now() - began, 20_000)
  })
})

describe("--write-back", () => {
  it("changes the host at the end", () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, "a"), "a\n")
      const { code, stderr } = await agentOs([
        "run",
        "-c",
        "echo b >> a; mkdir d; echo n > d/n",
        "--mount",
        `${folder}:/w:rw`,
        "--cwd",
        "/w",
        "--write-back"
      ])
      assert.strictEqual(code, 0)
      assert.include(stderr, "agent-os: written back: 3 changes\n")
      assert.deepStrictEqual([readFileSync(join(folder, "a"), "utf8"), readFileSync(join(folder, "d/n"), "utf8")], [
        "a\nb\n",
        "n\n"
      ])
    }))

  it("lists conflicts and changes nothing", () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, "a"), "a\n")
      const args = [
        "run",
        "-c",
        "echo started; echo vm > a; echo n > n; sleep 3",
        "--mount",
        `${folder}:/w:rw`,
        "--cwd",
        "/w",
        "--write-back"
      ]
      const change = async (more: ReadonlyArray<string>) => {
        const { child, ended } = start([...args, ...more])
        const host = `host ${child.pid}\n`
        const write = () => writeFileSync(join(folder, "a"), host)
        // what it says shows that the folder has been read; with --json it says nothing before its end
        if (more.length === 0) child.stdout!.once("data", write)
        else setTimeout(write, 2500)
        return { ...(await ended), host }
      }
      const told = await change([])
      assert.strictEqual(told.code, 125)
      assert.include(told.stderr, `agent-os: conflict: ${join(folder, "a")}: it changed on the host meanwhile\n`)
      assert.strictEqual(readFileSync(join(folder, "a"), "utf8"), told.host)
      assert.throws(() => readFileSync(join(folder, "n")))
      const json = report((await change(["--json"])).stdout)
      assert.strictEqual(json.error?.tag, "WriteBackRefused")
      assert.deepStrictEqual(json.error?.conflicts, [{ path: join(folder, "a"), reason: "Changed" }])
    }))

  it("leaves the host as it is when the script fails", () =>
    withFolder(async (folder) => {
      const { code, stderr } = await agentOs([
        "run",
        "-c",
        "echo n > /w/n; exit 4",
        "--mount",
        `${folder}:/w:rw`,
        "--write-back"
      ])
      assert.strictEqual(code, 4)
      assert.include(stderr, "agent-os: nothing was written back, since the exit code is 4\n")
      assert.throws(() => readFileSync(join(folder, "n")))
    }))
})

describe("signals", () => {
  for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    it(`${signal} stops the script and leaves no sidecar behind`, async () => {
      const { child, ended, pieces } = start(["run", "-c", "echo up; while true; do :; done"])
      assert.isTrue(await until(() => pieces.length > 0, 10_000))
      const children = childrenOf(child.pid!)
      assert.isAbove(children.length, 0)
      child.kill(signal)
      const { code } = await ended
      assert.strictEqual(code, expected)
      assert.isTrue(await until(() => !children.some(isAlive), 2000))
    })
  }

  it("SIGKILL leaves no sidecar behind either", async () => {
    const { child, ended, pieces } = start(["run", "-c", "echo up; sleep 60"])
    assert.isTrue(await until(() => pieces.length > 0, 10_000))
    const children = childrenOf(child.pid!)
    child.kill("SIGKILL")
    await ended
    assert.isTrue(await until(() => !children.some(isAlive), 2000))
  })
})
