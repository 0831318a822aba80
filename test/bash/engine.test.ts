/** What the engine promises beyond bash's own behaviour: live output, exact bytes, few system calls. */
import { assert, describe, it } from "@effect/vitest"
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
    assert.deepStrictEqual(vm.calls, [])
    await vm.run("echo x > f; cat f")
    assert.deepStrictEqual(vm.calls, ["writeFile", "writeFile", "readFile"])
  })

  it("sees a program's file go", async () => {
    const vm = new ShellVm()
    assert.strictEqual((await vm.run("echo x | tac")).exitCode, 0)
    vm.filesystem.unlink({ credentials: { uid: 0, gid: 0, groups: [], umask: 0 }, cwd: "/" }, "/bin/tac")
    assert.strictEqual((await vm.run("mkdir -p ~/w; PATH=/nowhere; tac")).exitCode, 127)
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
