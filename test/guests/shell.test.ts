/** The real shell worker against a kernel in memory. */
import { assert, describe, it } from "@effect/vitest"
import { Worker } from "node:worker_threads"
import { OUTPUT_WINDOW } from "../../native/guests/protocol.ts"
import type { Running } from "./support/machine.ts"
import { Machine } from "./support/machine.ts"
import { useShellWorkers } from "./support/workers.ts"

const allBytes = Uint8Array.from({ length: 256 }, (_, index) => index)
const received = (running: Running) => running.pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)

const run = async (machine: Machine, script: string) => (await machine.run(script)).stdout

/** Runs other processes of the worker, until a whole one has passed without any more output of this one. */
const filled = async (machine: Machine, running: Running): Promise<number> => {
  for (let last = -1;;) {
    const now = received(running)
    if (now === last && now > 0) return now
    last = now
    assert.strictEqual(await run(machine, "for i in $(seq 20); do echo x | cat; done | wc -l"), "20\n")
  }
}

describe("shell worker", () => {
  const workers = useShellWorkers()
  it("gives a process its arguments, environment, directory, input and number", async () => {
    const machine = await workers.machine()
    const outcome = await machine.run(
      "echo \"$0|$#|$1|$2|$$|$UID\"; for p; do echo \"<$p>\"; done; pwd; cat; env | sort; exit 5",
      {
        argv: ["one", "two words"],
        cwd: "/tmp",
        env: { B: "2", A: "1 x", PATH: "/usr/bin:/bin", HOME: "/nowhere" },
        stdin: new TextEncoder().encode("given é\n")
      }
    )
    assert.strictEqual(
      outcome.stdout,
      `bash|2|one|two words|${100}|1000\n<one>\n<two words>\n/tmp\ngiven é\nA=1 x\nB=2\nHOME=/nowhere\nPATH=/usr/bin:/bin\nPWD=/tmp\nSHLVL=1\n_=/usr/bin/env\n`
    )
    assert.deepStrictEqual([outcome.stderr, outcome.exitCode], ["", 5])
  })

  it("ends with the exit code of the script", async () => {
    const machine = await workers.machine()
    const codes = await Promise.all(
      ["true", "false", "exit 3", "exit 256", "(exit 9)", "nosuch", "if then", "set -e; (exit 4); true", ""].map(async (
        script
      ) => (await machine.run(script)).exitCode)
    )
    assert.deepStrictEqual(codes, [0, 1, 3, 0, 9, 127, 2, 4, 0])
  })

  it("hands on output while the script runs, in order", async () => {
    const machine = await workers.machine()
    const { pieces } = await machine.run(
      "for i in 1 2 3; do echo $i; echo e$i >&2; sleep 0.12; done; { echo x; } | cat; echo end"
    )
    // Gathered per turn of the event loop: what was printed in one go may come as one piece.
    const text = pieces.map(({ bytes, channel }) => `${channel}:${new TextDecoder().decode(bytes)}`).join("")
    assert.match(
      text,
      /^stdout:1\nstderr:e1\nstdout:2\nstderr:e2\nstdout:3\nstderr:e3\nstdout:x\n(stdout:)?end\n$/
    )
    assert.isAbove(pieces[2].at - pieces[0].at, 60)
    assert.isAbove(pieces[4].at - pieces[2].at, 60)
  })

  it("carries every byte, from files, through pipes, to files, from input, to output", async () => {
    const machine = await workers.machine()
    machine.kernel.put("/home/user/bin", allBytes)
    const scripts = [
      "cat bin",
      "cat bin > copy; cat copy",
      "cat bin | cat | tee copy2",
      "for i in 1; do cat < bin; done",
      "gzip -c bin | gunzip",
      "base64 bin | base64 -d",
      "if true; then cat bin 2>/dev/null; fi",
      "cp bin c3; mv c3 c4; head -c 1000 c4"
    ]
    for (const script of scripts) {
      assert.deepStrictEqual(Array.from((await machine.run(script)).bytes), Array.from(allBytes), script)
    }
    assert.deepStrictEqual(machine.kernel.get("/home/user/copy"), allBytes)
    assert.deepStrictEqual(machine.kernel.get("/home/user/copy2"), allBytes)
    assert.deepStrictEqual((await machine.run("cat", { stdin: allBytes })).bytes, Buffer.from(allBytes))
    assert.strictEqual(
      await run(machine, "echo 'grüße → 🎉' | tee t | cat; cat t; wc -c < t; printf '%s\\n' ÿ"),
      "grüße → 🎉\ngrüße → 🎉\n17\nÿ\n"
    )
  })

  it("asks the kernel nothing for a built-in command, and notices when its file goes", async () => {
    const machine = await workers.machine()
    await machine.run("echo hi")
    machine.kernel.log.length = 0
    await machine.run("echo hi; echo there")
    assert.deepStrictEqual(machine.kernel.log, [])
    assert.strictEqual((await machine.run("rm /bin/tac /usr/bin/tac; echo x | tac")).exitCode, 127)
    assert.strictEqual(await run(machine, "mkdir -p /usr/local; echo again"), "again\n")
  })

  it("asks nothing before it is told to run", async () => {
    const machine = await workers.machine()
    await machine.run(":")
    assert.deepStrictEqual(machine.kernel.log, [])
  })

  it("goes by the VM's clock", async () => {
    const machine = await workers.machine()
    assert.strictEqual(await run(machine, "date -u +%Y-%m-%dT%H:%M; printf '%(%Y)T\\n' -1"), "2030-01-02T03:04\n2030\n")
    assert.include(machine.kernel.log.join(), "now")
    await machine.run("sleep 0.01")
    assert.include(machine.kernel.log.join(), "sleep 10")
  })

  it("lets out far more than it may hold back", async () => {
    const machine = await workers.machine()
    machine.kernel.put("/home/user/big", new Uint8Array(1024 * 1024).fill(97))
    const outcome = await machine.run("for i in $(seq 96); do cat big; done; echo end >&2")
    assert.strictEqual(outcome.bytes.length, 96 * 1024 * 1024)
    assert.strictEqual(outcome.stderr, "end\n")
  })

  it("lets far more through a pipe than it may hold", async () => {
    const machine = await workers.machine()
    machine.kernel.put("/home/user/big", new Uint8Array(1024 * 1024).fill(97))
    const outcome = await machine.run("f() { for i in $(seq 96); do cat big; done; }; f | wc -c")
    assert.deepInclude(outcome, { stdout: `${96 * 1024 * 1024}\n`, stderr: "" })
  })

  it("waits for a reader that does not read", async () => {
    const machine = await workers.machine()
    machine.kernel.put("/home/user/big", new Uint8Array(100_000).fill(98))
    const running = machine.run("for i in $(seq 20); do cat big; done; echo done > flag", { acknowledge: false })
    // the other processes have windows of their own
    const unread = await filled(machine, running)
    assert.isAtMost(unread, OUTPUT_WINDOW)
    assert.isAbove(unread, OUTPUT_WINDOW / 2)
    assert.throws(() => machine.kernel.get("/home/user/flag"))
    let granted = 0
    const timer = setInterval(() => {
      const due = received(running) - granted
      granted += due
      machine.worker.credit(running.pid, due)
    }, 1)
    const outcome = await running
    clearInterval(timer)
    assert.strictEqual(outcome.bytes.length, 2_000_000)
    assert.strictEqual(new TextDecoder().decode(machine.kernel.get("/home/user/flag")), "done\n")
  })

  it("stops a process that waits for its reader", async () => {
    const machine = await workers.machine()
    machine.kernel.put("/home/user/big", new Uint8Array(OUTPUT_WINDOW * 2))
    const running = machine.run("cat big; cat big", { acknowledge: false })
    await filled(machine, running)
    machine.worker.signal({ scope: "tree", id: running.pid, signal: "SIGTERM" })
    assert.deepInclude(await running, { exitCode: 143, signal: "SIGTERM" })
  })

  it("runs processes side by side and stops one of them", async () => {
    const machine = await workers.machine()
    const busy = machine.run("while true; do :; done")
    const busyToo = machine.run("for ((;;)); do echo x > /dev/null; done")
    const asleep = machine.run("sleep 1000; echo never")
    assert.strictEqual(await run(machine, "sleep 0.02; echo between"), "between\n")
    machine.worker.signal({ scope: "tree", id: asleep.pid, signal: "SIGINT" })
    assert.deepInclude(await asleep, { exitCode: 130, signal: "SIGINT", stdout: "" })
    machine.worker.signal({ scope: "tree", id: busy.pid, signal: "SIGTERM" })
    assert.deepInclude(await busy, { exitCode: 143, signal: "SIGTERM" })
    machine.worker.signal({ scope: "tree", id: busyToo.pid, signal: "SIGKILL" })
    assert.deepInclude(await busyToo, { exitCode: 137, signal: "SIGKILL" })
    assert.strictEqual(await run(machine, "echo after"), "after\n")
  })

  it("dies at once with a script that never yields, and its neighbour does not notice", async () => {
    const machine = await workers.machine()
    const neighbour = await workers.machine()
    const running = machine.run("f() { while :; do :; done; }; echo started; f")
    while (running.pieces.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const start = performance.now()
    const answers = neighbour.run("for i in 1 2 3; do echo $i; done")
    await machine.worker.kill()
    assert.isBelow(performance.now() - start, 2_000)
    assert.deepStrictEqual(await machine.died, { reason: "killed", detail: "" })
    assert.strictEqual((await answers).stdout, "1\n2\n3\n")
  })

  it("a heap bomb takes down only its own worker", async () => {
    const machine = new Machine(await workers.pool({ resourceLimits: { maxOldGenerationSizeMb: 40 } }).acquire())
    const neighbour = await workers.machine()
    machine.run("awk 'BEGIN { while (1) a[i++] = \"some text of some length \" i }'")
    assert.strictEqual((await machine.died).reason, "heap limit")
    assert.strictEqual(await run(neighbour, "echo unharmed"), "unharmed\n")
  })

  it("bears deep recursion and deep nesting", async () => {
    const machine = await workers.machine()
    const deep = (open: string, body: string, close: string, depth: number) =>
      open.repeat(depth) + body + close.repeat(depth)
    assert.strictEqual(await run(machine, "f() { [ $1 -gt 0 ] && f $(($1-1)) || echo bottom; }; f 380"), "bottom\n")
    for (
      const script of [
        "f() { f; }; f",
        deep("(", "echo x", ")", 5_000),
        deep("{ ", "echo x", "; }", 3_000),
        deep("if true; then ", "echo x", "; fi", 3_000),
        deep("echo $(", "echo x", ")", 3_000),
        deep("$((", "1", "))", 5_000),
        `echo ${deep("{a,", "b", "}", 3_000)}`,
        `[[ ${deep("( ", "x", " )", 3_000)} ]]`,
        `echo ${"a".repeat(300_000)} | wc -c`,
        "eval ".repeat(300),
        `jq -n '${deep("[", "1", "]", 20_000)}'`,
        `awk 'BEGIN { print ${deep("(", "1", ")", 20_000)} }'`
      ]
    ) {
      const outcome = await machine.run(script)
      assert.isBelow(outcome.stderr.length, 1_000, outcome.stderr.slice(0, 200))
      assert.notInclude(outcome.stderr, "    at ")
    }
    assert.strictEqual(await run(machine, "echo alive"), "alive\n")
  })

  it("tells why a system call failed in the words of the C library", async () => {
    const machine = await workers.machine()
    const { stderr } = await machine.run(
      "cat nofile; echo x > /no/where; echo x > /tmp; mkdir /a/b; touch /x/y; ls /nope; realpath -e q"
    )
    assert.strictEqual(
      stderr,
      [
        "cat: nofile: No such file or directory",
        "bash: line 1: /no/where: No such file or directory",
        "bash: line 1: /tmp: Is a directory",
        "mkdir: cannot create directory \u2018/a/b\u2019: No such file or directory",
        "touch: cannot touch '/x/y': No such file or directory",
        "ls: cannot access '/nope': No such file or directory",
        "realpath: q: No such file or directory",
        ""
      ].join("\n")
    )
  })

  it("refuses to run before it belongs to a VM, with a line and no stack", async () => {
    const worker = new Worker(workers.program, { stdout: true, stderr: true })
    const messages: Array<{ readonly _tag: string; readonly bytes?: Uint8Array; readonly notices?: unknown }> = []
    await new Promise<void>((resolve) =>
      worker.on("message", (message) => {
        messages.push(message)
        if (message._tag === "ready") {
          worker.postMessage({
            _tag: "spawn",
            pid: 1,
            form: "script",
            command: "echo",
            argv: [],
            cwd: "/",
            env: {},
            stdin: "none"
          })
        } else if (message._tag === "closed") resolve()
      })
    )
    await worker.terminate()
    assert.deepStrictEqual(messages.at(-2)?.notices, [{ _tag: "exit", pid: 1, exitCode: 70 }])
    assert.strictEqual(new TextDecoder().decode(messages[1].bytes), "bash: the worker belongs to no VM\n")
  })
})
