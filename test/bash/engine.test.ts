/** What the engine promises beyond bash's own behaviour: live output, exact bytes, few system calls. */
import { assert, describe, it } from "@effect/vitest"
import { Input } from "../../native/guests/shell/input.ts"
import { ShellVm } from "./support/vm.ts"

const allBytes = Uint8Array.from({ length: 256 }, (_, index) => index)

describe("shell engine", () => {
  it("hands on output while the script runs, in order", async () => {
    const vm = new ShellVm()
    const seen: Array<string> = []
    await vm.run(
      "for i in 1 2 3; do echo $i; echo e$i >&2; sleep 0.05; done | cat; f() { sleep 0.03; echo in; }; f; echo end",
      {
        onOutput: (text) => seen.push(text.trim())
      }
    )
    assert.deepStrictEqual(seen.slice().sort(), ["1", "2", "3", "e1", "e2", "e3", "in\nend"])
    assert.isBelow(seen.indexOf("1"), seen.indexOf("e2"))
  })

  it("runs the stages of a pipeline at once", async () => {
    const vm = new ShellVm()
    const started = performance.now()
    const outcome = await vm.run("sleep 0.2 | sleep 0.2 | sleep 0.2; (sleep 0.2; echo a) | (sleep 0.2; cat)")
    assert.strictEqual(outcome.stdout, "a\n")
    assert.isBelow(performance.now() - started, 550)
  })

  it("carries every byte", async () => {
    const vm = new ShellVm()
    vm.filesystem.writeFile(vm.caller, "/home/user/bin", allBytes)
    for (
      const script of ["cat bin", "cat bin | cat | tee copy", "cat < copy", "cat bin > c2; cat c2", "head -c 256 bin"]
    ) {
      assert.deepStrictEqual(Array.from((await vm.run(script)).bytes), Array.from(allBytes), script)
    }
    assert.deepStrictEqual(Array.from((await vm.run("cat", { stdin: allBytes })).bytes), Array.from(allBytes))
    assert.deepStrictEqual(Array.from((await vm.run("gzip -c bin | gunzip")).bytes), Array.from(allBytes))
    assert.deepStrictEqual(Array.from((await vm.run("x=$(printf '\\xff\\xfe\\x80'); printf %s \"$x\"")).bytes), [
      255,
      254,
      128
    ])
  })

  it("asks the kernel nothing for builtins, and little for programs", async () => {
    const vm = new ShellVm()
    await vm.run("cat < /dev/null")
    vm.calls.length = 0
    await vm.run("for i in 1 2 3; do echo $i; x=$((i*2)); [[ $x == 4 ]]; done > /dev/null; echo a | cat | cat")
    // the policy is asked about each program
    assert.deepStrictEqual(vm.calls.splice(0), ["mayRun", "mayRun"])
    await vm.run("echo x > f; cat f")
    assert.deepStrictEqual(vm.calls, ["open", "pwrite", "mayRun", "open"])
  })

  it("sees a program's file go", async () => {
    const vm = new ShellVm()
    assert.strictEqual((await vm.run("echo x | tac")).exitCode, 0)
    vm.filesystem.unlink({ credentials: { uid: 0, gid: 0, groups: [], umask: 0 }, cwd: "/" }, "/bin/tac")
    assert.strictEqual((await vm.run("mkdir -p ~/w; PATH=/nowhere; tac")).exitCode, 127)
  })

  it("reads input as it comes, and says what it has read", async () => {
    const vm = new ShellVm()
    const read: Array<number> = []
    const input = new Input({ onRead: (bytes) => read.push(bytes), onClosed: () => read.push(-1) })
    const seen: Array<string> = []
    const running = vm.run("while read -r l; do echo \"<$l>\"; done; cat; echo end", {
      stdin: input,
      onOutput: (text) => {
        seen.push(text)
        if (text === "<one>\n") {
          input.add(Buffer.from("two\nthr"))
          input.end()
        }
      }
    })
    assert.deepStrictEqual(seen, [])
    input.add(Buffer.from("one\n"))
    assert.strictEqual((await running).stdout, "<one>\n<two>\nend\n")
    assert.strictEqual(seen[0], "<one>\n")
    assert.strictEqual(read.filter((bytes) => bytes > 0).reduce((sum, bytes) => sum + bytes, 0), 11)
    assert.strictEqual(read.at(-1), -1)
    const unread = new Input({ onRead: () => assert.fail("nobody reads"), onClosed: () => {} })
    unread.add(Buffer.from("much"))
    assert.strictEqual((await vm.run("echo x", { stdin: unread })).stdout, "x\n")
  })

  it("tells of the processes that it starts and of their ends", async () => {
    const vm = new ShellVm()
    await vm.run("cd /tmp; (exit 3); cat < /dev/null | tr a b; sleep 5 & kill $!; wait")
    const told = vm.notices.map((notice) => notice._tag)
    assert.strictEqual(told.filter((tag) => tag === "fork").length, 4)
    assert.strictEqual(told.filter((tag) => tag === "exit").length, 5)
    const programs = vm.notices.flatMap((notice) => notice._tag === "exec" ? [notice.argv.join(" ")] : [])
    assert.sameMembers(programs, ["cat", "tr a b", "sleep 5"])
    assert.deepInclude(vm.notices, { _tag: "chdir", pid: 100, cwd: "/tmp" })
    assert.deepStrictEqual(vm.notices.at(-1), {
      _tag: "exit",
      pid: 100,
      exitCode: 0,
      signal: undefined,
      reaped: undefined
    })
  })

  it("gives arguments, input, environment and directory", async () => {
    const vm = new ShellVm()
    const outcome = await vm.run("echo \"$0|$#|$1|$2\"; pwd; cat; env | sort | grep -v ^_; exit 5", {
      argv: ["one", "two words"],
      cwd: "/tmp",
      stdin: "given é\n",
      env: { B: "2", A: "1 x", PATH: "/usr/bin:/bin" }
    })
    assert.strictEqual(
      outcome.stdout,
      "bash|2|one|two words\n/tmp\ngiven é\nA=1 x\nB=2\nPATH=/usr/bin:/bin\nPWD=/tmp\nSHLVL=1\n"
    )
    assert.strictEqual(outcome.exitCode, 5)
  })
})
