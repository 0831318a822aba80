/**
 * A shell as data: a script in two commands of a session does what bash does with it in one, and what any script of the
 * corpus leaves in a shell is the same in the shell that was made of the data.
 */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { language } from "./corpus/language.ts"
import { scripts } from "./corpus/scripts.ts"
import { type Parts, sessionScripts } from "./corpus/sessions.ts"
import { runOnHost } from "./support/compare.ts"
import { ShellVm } from "./support/vm.ts"

const env = { HOME: "/home/user", PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" }

const hasBash = (): boolean => {
  try {
    return execFileSync("bash", ["--version"], { encoding: "utf8" }).includes("version 5.2")
  } catch {
    return false
  }
}

/** Output of both parts, and how the second ended. */
const inSession = async ([first, second]: Parts) => {
  const vm = new ShellVm()
  const before = await vm.run(first, { env, session: "s" })
  const after = await vm.run(second, { env: {}, session: "s", cwd: directoryOf(vm) })
  return { stdout: before.stdout + after.stdout, exitCode: after.exitCode }
}

/** Where the session is: the kernel tells the worker. */
const directoryOf = ({ sessions }: ShellVm): string =>
  JSON.parse(new TextDecoder().decode(sessions.get("s"))).cwd as string

/** Shows what a shell knows, apart from what is another for each process or each moment. */
const probe =
  "\nprintf '\\001'; { declare -p; declare -f; declare -F; alias; set -o; shopt; trap; umask; ulimit -a; dirs; pwd;"
  + " printf '<%s>' \"$@\"; echo; complete -p; history; } 2>&1 | grep -vE '^declare -[a-z-]+ (BASH_LINENO|PPID|_)='"

/** What each run makes of its own; and the trap that only the end of a shell runs. */
const byChance = /\bmktemp\b|\bRANDOM\b|\bEXIT\b/

const probed = (stdout: string): string | undefined => stdout.split("\u0001").at(1)

describe("a shell session", () => {
  const live = hasBash()
  for (const [group, all] of Object.entries(sessionScripts)) {
    it.runIf(live)(`in two commands, as bash in one: ${group}`, async () => {
      const expected = await Promise.all(all.map((parts) => runOnHost(parts.join("\n"))))
      const actual = await Promise.all(all.map(inSession))
      assert.deepStrictEqual(
        actual.map((outcome, index) => ({ parts: all[index], ...outcome })),
        expected.map(({ exitCode, stdout }, index) => ({ parts: all[index], stdout, exitCode }))
      )
    })
  }

  it("goes on as the shell was, whatever script of the corpus has run in it", async () => {
    const differences: Array<string> = []
    let compared = 0
    // a third of them: the corpus is long
    for (const script of Object.values({ ...language, ...scripts }).flat().filter((_, index) => index % 3 === 0)) {
      if (byChance.test(script)) continue
      const whole = await new ShellVm().run(script + probe, { env })
      const expected = probed(whole.stdout)
      // those that end their shell
      if (expected === undefined) continue
      const vm = new ShellVm()
      await vm.run(script, { env, session: "s" })
      const { stdout } = await vm.run(probe, { env: {}, session: "s", cwd: directoryOf(vm) })
      if (probed(stdout) !== expected) differences.push(script)
      compared++
    }
    assert.deepStrictEqual(differences, [])
    assert.isAbove(compared, 100)
  }, 60_000)
})
