/** Limits of processes that the host's bash would not show: those of the VM, and what a user may start. */
import { assert, describe, it } from "@effect/vitest"
import { ShellVm } from "./support/vm.ts"

describe("limits of processes", () => {
  it("bound how many processes run at once, and only for who has set them", async () => {
    const script = `
      (ulimit -u 3; sleep 3 & a=$!; (sleep 3) & echo never; kill $a)
      echo $?
      ulimit -u
      kill $(jobs -p) 2>/dev/null
      (true) && echo fine`
    const { stderr, stdout } = await new ShellVm().run(script)
    assert.strictEqual(stdout, "254\n512\nfine\n")
    assert.include(stderr, "fork: retry: Resource temporarily unavailable")
  })

  it("are the VM's to begin with, and cannot be raised", async () => {
    const { exitCode, stderr, stdout } = await new ShellVm().run("ulimit -n; ulimit -u; ulimit -Hf; ulimit -u 513")
    assert.strictEqual(stdout, "1024\n512\nunlimited\n")
    assert.strictEqual(exitCode, 1)
    assert.strictEqual(
      stderr,
      "bash: line 1: ulimit: max user processes: cannot modify limit: Operation not permitted\n"
    )
  })

  it("of words and environment hold for programs that programs start", async () => {
    const script = `
      head -c 1100000 /dev/zero | tr '\\0' x > big
      printf 'export big=%s\\n' "$(cat big)" > e; . ./e
      ls; echo $?
      unset big
      find . -name e -exec ls -d {} +; env -i true; echo $?`
    const { stderr, stdout } = await new ShellVm().run(script)
    assert.strictEqual(stdout, "126\n./e\n0\n")
    assert.strictEqual(stderr, "bash: line 4: /usr/bin/ls: Argument list too long\n")
  })

  it("end a loop in a program of ours that has used its time", async () => {
    const { stdout } = await new ShellVm().run(
      "ulimit -t 1; awk 'BEGIN { while (1) i++ }'; echo $?; yes > /dev/null; echo $?"
    )
    assert.strictEqual(stdout, "137\n137\n")
  })
})
