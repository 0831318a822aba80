/** Scripts that mean harm, or might as well: each ends, in bounded time and memory, and the next one runs. */
import { assert, describe, it } from "@effect/vitest"
import type { RunOptions } from "./support/vm.ts"
import { ShellVm } from "./support/vm.ts"

const MIB = 1024 * 1024

/** Runs a script that is stopped after a while; says how long the end took after that. */
const stopped = async (vm: ShellVm, script: string, after: number, options: RunOptions = {}) => {
  const abort = new AbortController()
  let asked = 0
  const timer = setTimeout(() => {
    asked = performance.now()
    abort.abort()
  }, after)
  const outcome = await vm.run(script, { ...options, signal: abort.signal })
  clearTimeout(timer)
  return { ...outcome, delay: asked === 0 ? -1 : performance.now() - asked }
}

const lives = async (vm: ShellVm) => assert.strictEqual((await vm.run("echo alive | cat")).stdout, "alive\n")

describe("hostile scripts", () => {
  const loops = [
    "while :; do :; done",
    "while true; do x=$((x+1)); done",
    "for ((;;)); do :; done",
    "f() { while true; do g; done; }; g() { :; }; f",
    "yes > /dev/null",
    "cat /dev/zero > /dev/null",
    "while true; do echo x; done | while read l; do :; done",
    "(while :; do :; done) & (while :; do :; done) & wait",
    "sleep 1000",
    "trap '' TERM INT HUP; while :; do :; done",
    "trap 'while :; do :; done' EXIT; exit",
    "until false; do [[ a == b ]]; done",
    "while :; do echo $(echo $(echo deep)); done > /dev/null",
    "seq 1 100000000 | sort",
    "find / | while :; do :; done",
    "xargs -n1 -P8 yes < <(seq 8) > /dev/null",
    "coproc { while :; do :; done; }; wait",
    "read x < <(sleep 1000)"
  ]
  for (const script of loops) {
    it(`stops: ${script}`, async () => {
      const vm = new ShellVm()
      const { delay } = await stopped(vm, script, 60)
      assert.isAtLeast(delay, 0)
      assert.isBelow(delay, 50)
      await lives(vm)
    })
  }

  it("lets timers run beside a busy loop", async () => {
    const vm = new ShellVm()
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    await stopped(vm, "while :; do :; done", 200)
    clearInterval(timer)
    assert.isAbove(ticks, 3)
  })

  it("bounds a fork bomb", async () => {
    const vm = new ShellVm()
    const { delay } = await stopped(vm, ":(){ :|:& };:", 300)
    assert.isBelow(delay, 250)
    await lives(vm)
  })

  it("bounds jobs", async () => {
    const vm = new ShellVm()
    const outcome = await vm.run("for i in $(seq 3000); do true & done; wait; echo done")
    assert.strictEqual(outcome.stdout, "done\n")
  })

  it("bounds recursion", async () => {
    const vm = new ShellVm()
    const endless = await vm.run("f() { f; }; f; echo no")
    assert.include(endless.stderr, "maximum function nesting level exceeded (1000)")
    assert.strictEqual(endless.exitCode, 1)
    assert.strictEqual(
      (await vm.run("f() { (( $1 > 900 )) && { echo $1; return; }; f $(($1+1)); }; f 0")).stdout,
      "901\n"
    )
    assert.notStrictEqual((await vm.run("x='eval \"$x\"'; eval \"$x\"")).exitCode, 0)
    assert.notStrictEqual((await vm.run("f() { echo $(f); }; f")).stderr, "")
    await vm.run("echo '. ./s' > s; . ./s; a=a; echo $((a)); bash s")
    await vm.run(`${"(".repeat(5000)}echo${")".repeat(5000)}`)
    await vm.run(`echo $((${"(".repeat(5000)}1${")".repeat(5000)}))`)
    await vm.run(`echo ${"{a,".repeat(2000)}${"}".repeat(2000)}`)
    await lives(vm)
  })

  it("bounds what words grow to", async () => {
    const vm = new ShellVm()
    assert.strictEqual((await vm.run("set -- {1..9999999999}; echo $#")).stdout, "1\n")
    assert.strictEqual((await vm.run("set -- {1..1000}{1..1000}{1..1000}; echo $#")).stdout, "1\n")
    const doubled = await vm.run("x=0123456789; for i in {1..40}; do x=$x$x; done; echo ${#x}")
    assert.include(doubled.stderr, "cannot allocate memory")
    assert.include((await vm.run("x=$(cat /dev/zero)")).stderr, "cannot allocate memory")
    assert.strictEqual((await vm.run("printf '%99999999d' 1 | wc -c")).stdout, "1000000\n")
    await lives(vm)
  })

  it("matches bad patterns in bounded time", async () => {
    const vm = new ShellVm()
    const text = "a".repeat(2_000)
    const started = performance.now()
    await vm.run(
      `x=${text}b; [[ $x =~ ^(a+)+$ ]]; [[ $x == *a*a*a*a*a*a*c ]]; [[ $x =~ (a*)*(a*)*(a*)*c ]]; echo \${x##*(a)*(a)*(a)c}`
    )
    await vm.run(
      `echo ${text} | grep -E '(a|a)*(a|aa)+$b'; echo ${text} | grep '\\(a*\\)*\\1c'; shopt -s extglob; [[ ${text} == +(+(a)|aa)c ]]`
    )
    assert.isBelow(performance.now() - started, 5_000)
    await lives(vm)
  })

  it("gives up a reference back that may be meant in too many ways", async () => {
    const vm = new ShellVm()
    const text = `${"ab".repeat(3_000)}X`
    const pattern = "^((a|b)+(ab|b)*)*X\\1c$"
    assert.strictEqual((await vm.run(`echo ${text}zc | grep -E '${pattern}'`)).stderr, "grep: memory exhausted\n")
    assert.strictEqual((await vm.run(`echo ${text}z | grep -cE '${pattern}'; echo $?`)).stdout, "0\n1\n")
    assert.include((await vm.run(`p='${pattern}'; [[ ${text}zc =~ $p ]]; echo no`)).stderr, "memory exhausted")
    await lives(vm)
  })

  it("meets the disk's end with an error", async () => {
    const vm = new ShellVm({ bytes: 4 * MIB })
    const full = await vm.run("yes > f; echo $?; wc -c < f; rm f; echo x > g && cat g")
    assert.include(full.stderr, "No space left on device")
    assert.match(full.stdout, /^1\n\d+\nx\n$/)
  })

  it("waits for a reader that does not read", async () => {
    const vm = new ShellVm()
    const { bytes, delay } = await stopped(vm, "yes", 200, { reads: MIB })
    assert.isBelow(bytes.length, 2 * MIB)
    assert.isBelow(delay, 50)
  })

  it("does not wait for what a command leaves behind, which can be ended", async () => {
    const vm = new ShellVm()
    const outcome = await vm.run("sleep 1000 > /dev/null 2>&1 & echo $!")
    const pid = Number(outcome.stdout)
    assert.strictEqual((await vm.run(`kill -0 ${pid} && kill ${pid} && sleep 0.05; kill -0 ${pid}`)).exitCode, 1)
    assert.deepInclude(vm.notices.find((notice) => notice._tag === "exit" && notice.pid === pid), { signal: "SIGTERM" })
  })

  it("bounds descriptors", async () => {
    const vm = new ShellVm()
    const outcome = await vm.run("for i in $(seq 2000); do exec {fd}>/dev/null || break; done; echo x; echo y >&99999")
    assert.notStrictEqual(outcome.stderr, "")
    await lives(vm)
  })
})
