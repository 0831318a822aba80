/** When a killed process costs its worker: at once where it is alone in it, later where others would end with it. */
import { assert, describe, it } from "@effect/vitest"
import { OpenFiles } from "../../../native/kernel/open-files.ts"
import type { Process, ProcessSpec } from "../../../native/kernel/processes/process.ts"
import { INIT, ProcessTable } from "../../../native/kernel/processes/process-table.ts"
import { ShellHost, type ShellHostOptions } from "../../../native/kernel/processes/shell-host.ts"
import type { StdinPipe } from "../../../native/kernel/processes/stdin-pipe.ts"
import type { GuestEvents, GuestWorker } from "../../../native/kernel/workers/guest-worker.ts"

/** A host of `count` processes in one worker that does nothing by itself, on a clock worked by hand. */
const rig = async (count: number) => {
  const table = new ProcessTable({ limit: 100, now: () => 1n })
  let timers: Array<{ readonly milliseconds: number; readonly run: () => void }> = []
  let kills = 0
  let heard: GuestEvents | undefined
  const worker = {
    bind: (_place: unknown, events: GuestEvents) => void (heard = events),
    grantPids: () => {},
    spawn: () => {},
    signal: () => {},
    onceHeard: (run: () => void) => run(),
    kill: () => Promise.resolve(void kills++)
  } as unknown as GuestWorker
  const host = new ShellHost(
    {
      pool: { acquire: () => Promise.resolve(worker), stats: () => ({ warm: 0, warming: 0, inUse: 1, waiting: 0 }) },
      table,
      files: new OpenFiles(),
      stepwise: false,
      machineAfter: (milliseconds, run) => {
        timers.push({ milliseconds, run })
        return () => {}
      },
      onEnd: () => {},
      onDismiss: () => {}
    } as Partial<ShellHostOptions> as ShellHostOptions
  )
  const processes = Array.from({ length: count }, (): Process => {
    const pid = table.takePid()
    const process: Process = {
      pid,
      ppid: INIT,
      pgid: pid,
      sid: pid,
      trace: undefined,
      root: pid,
      tty: undefined,
      argv: ["sh"],
      cwd: "/",
      env: {},
      uid: 1000,
      gid: 1000,
      descriptors: 3,
      startedAt: 1n,
      cpuMs: 0,
      state: "running",
      status: undefined
    }
    table.add(process)
    const stdin = { open: () => {}, close: () => {}, grant: () => {} } as unknown as StdinPipe
    host.start(process, {} as ProcessSpec, { kind: "none" }, stdin, { onOutput: () => {}, onExit: () => {} })
    return process
  })
  await Promise.resolve()
  await Promise.resolve()
  const exit = (pid: number) => {
    heard!.onNotice({ _tag: "exit", pid, exitCode: 137, signal: "SIGKILL", cpuMs: 0, reaped: false })
    heard!.onClosed(pid)
  }
  /** Lets the timers of so many milliseconds run; gives those that came of them. */
  const pass = () => {
    const due = timers
    timers = []
    for (const { run } of due) run()
    return due.map(({ milliseconds }) => milliseconds)
  }
  return { host, processes, exit, pass, kills: () => kills }
}

describe("a killed process", () => {
  it("that does not end costs its worker after 15 ms, where it is alone", async () => {
    const { host, kills, pass, processes: [only] } = await rig(1)
    host.signal("tree", only.pid, "SIGKILL")
    assert.strictEqual(kills(), 0)
    assert.deepStrictEqual(pass(), [15])
    assert.strictEqual(kills(), 1)
  })

  it("beside others costs it after 300 ms", async () => {
    const { host, kills, pass, processes: [first] } = await rig(2)
    host.signal("tree", first.pid, "SIGKILL")
    assert.deepStrictEqual(pass(), [15])
    assert.strictEqual(kills(), 0)
    assert.deepStrictEqual(pass(), [285])
    assert.strictEqual(kills(), 1)
  })

  it("that ends meanwhile costs nothing", async () => {
    const { exit, host, kills, pass, processes: [first] } = await rig(2)
    host.signal("tree", first.pid, "SIGKILL")
    pass()
    exit(first.pid)
    pass()
    assert.strictEqual(kills(), 0)
  })
})
