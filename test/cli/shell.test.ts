/** `agent-os shell` at a real terminal of this computer. */
import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Modes } from "../../bin/shell/modes.ts"
import { atHostTerminal, type HostResult, type HostSession } from "../bash/support/host-shell.ts"
import { agentOs, program, withFolder } from "./support.ts"

const PROMPT = "agent-os:"

const shell = async (
  folder: string,
  args: ReadonlyArray<string>,
  steps: HostSession["steps"]
): Promise<HostResult | undefined> => {
  const results = await atHostTerminal([{
    argv: [process.execPath, program, "shell", ...args],
    cwd: folder,
    env: { ...process.env as Record<string, string>, TERM: "xterm-256color" },
    cols: 100,
    rows: 30,
    steps,
    rest: 100,
    begin: PROMPT,
    wait: 20
  }])
  return results?.[0]
}

const NO_PYTHON = "there is no python3 with terminals here"

describe("agent-os shell", () => {
  it("is refused without a terminal, with what to do", async () => {
    const { code, stderr, stdout } = await agentOs(["shell"], { input: "echo hi\n" })
    assert.deepStrictEqual([code, stdout], [125, ""])
    assert.match(stderr, /a shell needs a terminal.*agent-os run -c COMMAND/)
    const stray = await agentOs(["shell", "ls"])
    assert.include(stray.stderr, "a shell takes no arguments, and there is ls")
  })

  it("talks to a VM at a terminal, tells its size, and lists what changed", async (context) => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, "data"))
      writeFileSync(join(folder, "data", "input.txt"), "found\n")
      const result = await shell(folder, ["--mount", "data:/data", "--cwd", "/data", "--env", "WORD=given"], [
        { keys: "cat inp\t\r", until: "found\r\n" },
        { keys: "echo \"<$WORD>\" $((40+2))\r", until: "<given> 42" },
        { keys: "sleep 100\r", until: "sleep 100\r\n" },
        { keys: "\x03", until: PROMPT },
        { resize: [70, 20] },
        { keys: "stty size\r", until: "20 70\r\n" },
        { keys: "echo new > ~/made\r", until: PROMPT },
        { keys: "exit 7\r" }
      ])
      if (result === undefined) return context.skip(NO_PYTHON)
      assert.strictEqual(result.status, 7, result.output)
      assert.include(result.output, "+ /home/user/made  (4 B)")
      assert.isTrue(result.restored)
    })
  })

  it("writes back what changed", async (context) => {
    await withFolder(async (folder) => {
      const result = await shell(folder, ["--mount", ".:/work:rw", "--write-back"], [
        { keys: "echo content > /work/new\r", until: PROMPT },
        { keys: "\x04" }
      ])
      if (result === undefined) return context.skip(NO_PYTHON)
      assert.strictEqual(result.status, 0, result.output)
      assert.include(result.output, "written back: 1 change")
      assert.strictEqual(readFileSync(join(folder, "new"), "utf8"), "content\n")
    })
  })

  it("puts the terminal back when it is left, stopped or hung up, and when the VM's process dies", async (context) => {
    await withFolder(async (folder) => {
      const modes = { keys: "printf '\\e[?1000h\\e[?25lset'\r", until: "set" }
      const stopped = await shell(folder, [], [modes, { kill: 15 }])
      if (stopped === undefined) return context.skip(NO_PYTHON)
      assert.deepStrictEqual([stopped.status, stopped.restored], [143, true], stopped.output)
      assert.include(stopped.output, "\x1b[?1000l")
      assert.include(stopped.output, "\x1b[?25h")
      const hungUp = await shell(folder, [], [modes, { kill: 1 }])
      assert.deepStrictEqual([hungUp?.status, hungUp?.restored], [129, true], hungUp?.output)
      const left = await shell(folder, [], [modes, { keys: "stty -echo raw; exit 4\r" }])
      assert.deepStrictEqual([left?.status, left?.restored], [4, true], left?.output)
      assert.include(left?.output ?? "", "\x1b[?25h")
      const died = await shell(folder, [], [{ keys: "echo ready\r", until: "ready" }, { killChildren: 9 }])
      assert.deepStrictEqual([died?.status, died?.restored], [125, true], died?.output)
    })
  })
})

describe("modes of a terminal", () => {
  const after = (...pieces: ReadonlyArray<string>): string => {
    const modes = new Modes()
    for (const piece of pieces) modes.see(Buffer.from(piece))
    return modes.undo
  }

  it("are put back when they were left", () => {
    assert.strictEqual(after("plain text"), "")
    assert.strictEqual(after("\x1b[?2004h$ ", "\x1b[?2004l"), "\x1b[0m")
    assert.strictEqual(after("\x1b[?1049h\x1b[?25l"), "\x1b[?25h\x1b[?1049l\x1b[0m")
    assert.strictEqual(after("\x1b[?10", "49h"), "\x1b[?1049l\x1b[0m")
    assert.strictEqual(after("\x1b", "[?1;2004h\x1b="), "\x1b[?2004l\x1b[?1l\x1b>\x1b[0m")
    assert.strictEqual(after(...Array.from({ length: 500 }, (_, at) => `\x1b[?${at + 5_000}h`)).match(/l/g)?.length, 64)
  })
})
