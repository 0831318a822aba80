/** The warm pool and the kernel's guard against workers that break the protocol. */
import { assert, describe, it } from "@effect/vitest"
import { getCommandNames } from "just-bash"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { MAX_PENDING_CALLS, OUTPUT_CHUNK, OUTPUT_WINDOW } from "../../native/guests/protocol.ts"
import { commandNames } from "../../native/guests/shell/command-names.ts"
import { makeCommands } from "../../native/guests/shell/commands/make.ts"
import { Fault } from "../../native/kernel/fault.ts"
import { WorkerPool } from "../../native/kernel/workers/pool.ts"
import { Machine } from "./support/machine.ts"
import { useShellWorkers } from "./support/workers.ts"

const program = (source: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort as port } from "node:worker_threads"; ${source}`)}`
  )

const READY = "port.postMessage({ _tag: 'ready' });"
const idle = program(`${READY} port.on("message", () => {})`)

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const withPool = async <A>(
  options: Partial<ConstructorParameters<typeof WorkerPool>[0]>,
  use: (pool: WorkerPool) => Promise<A>
): Promise<A> => {
  const pool = new WorkerPool({ program: idle, warm: 0, max: 4, ...options })
  try {
    return await use(pool)
  } finally {
    await pool.close()
    assert.deepStrictEqual(pool.stats(), { warm: 0, warming: 0, inUse: 0, waiting: 0 })
  }
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => undefined, (error: unknown) => error)

describe("WorkerPool", () => {
  it("keeps workers warm and replaces what is taken", () =>
    withPool({ warm: 2 }, async (pool) => {
      await until(() => pool.stats().warm === 2)
      const first = await pool.acquire()
      await until(() => pool.stats().warm === 2)
      assert.deepStrictEqual(pool.stats(), { warm: 2, warming: 0, inUse: 1, waiting: 0 })
      assert.notStrictEqual(await pool.acquire(), first)
    }))

  it("lets callers beyond the maximum wait in line, and gives out no worker twice", () =>
    withPool({ warm: 1, max: 2 }, async (pool) => {
      const [first, second] = [await pool.acquire(), await pool.acquire()]
      const order: Array<string> = []
      const third = pool.acquire().then((worker) => (order.push("third"), worker))
      const fourth = pool.acquire().then((worker) => (order.push("fourth"), worker))
      assert.strictEqual(pool.stats().waiting, 2)
      await new Promise((resolve) => setTimeout(resolve, 200))
      assert.deepStrictEqual(order, [])
      await first.kill()
      const taken = await third
      assert.deepStrictEqual(order, ["third"])
      await second.kill()
      assert.strictEqual(new Set([first, second, taken, await fourth]).size, 4)
      assert.deepStrictEqual(order, ["third", "fourth"])
    }))

  it("refuses callers beyond the queue, and lets those in it leave", () =>
    withPool({ max: 1, maxWaiting: 2 }, async (pool) => {
      const held = await pool.acquire()
      const leaving = new AbortController()
      const cancelled = failure(pool.acquire(leaving.signal))
      const waiting = pool.acquire()
      const refused = await failure(pool.acquire())
      assert.instanceOf(refused, Fault)
      assert.deepInclude(refused as Fault, { errno: "EAGAIN", limit: { name: "workers", value: 1 } })
      leaving.abort()
      assert.strictEqual((await cancelled as Fault).errno, "ECANCELED")
      assert.strictEqual(pool.stats().waiting, 1)
      await held.kill()
      assert.isFalse((await waiting).isDead)
    }))

  it("replaces a warm worker that dies", () =>
    withPool({ warm: 1, program: program(`${READY} setTimeout(() => process.exit(3), 50)`) }, async (pool) => {
      await until(() => pool.stats().warm === 1)
      await until(() => pool.stats().warm === 0)
      await until(() => pool.stats().warm === 1)
    }))

  it("reports a program that does not start instead of trying for ever", async () => {
    const failures: Array<string> = []
    await withPool({
      warm: 2,
      program: program("throw new Error('cannot load this')"),
      onWarmFailure: (error) => failures.push(error.message)
    }, async (pool) => {
      const error = await failure(pool.acquire())
      assert.include(String(error), "cannot load this")
      const tries = failures.length
      await new Promise((resolve) => setTimeout(resolve, 400))
      assert.isAtMost(failures.length, tries + 3)
      assert.include(String(await failure(pool.acquire())), "cannot load this")
    })
  })

  it("refuses who waits when it is closed", async () => {
    const pool = new WorkerPool({ program: idle, warm: 0, max: 1 })
    const waiting = failure(pool.acquire())
    await pool.close()
    assert.strictEqual((await waiting as Fault).errno, "ECANCELED")
    assert.strictEqual((await failure(pool.acquire()) as Fault).errno, "ECANCELED")
  })
})

describe("GuestWorker", () => {
  /** Each speaks once it is spawned, as a guest that holds the port might. */
  const abuses: Record<string, readonly [source: string, expected: string]> = {
    "no object": ["port.postMessage(7)", "malformed"],
    "no known message": ["port.postMessage({ _tag: 'root' })", "malformed"],
    "no known system call": ["call({ name: 'reboot' })", "malformed"],
    "a name of every object": ["call({ name: 'constructor' })", "malformed"],
    "too many arguments": ["call({ args: ['/', '/'] })", "malformed"],
    "an argument that is an object": ["call({ args: [{ toString: 1 }] })", "malformed"],
    "an endless path": ["call({ args: ['/'.repeat(70000)] })", "malformed"],
    "shared memory": [
      "call({ name: 'writeFile', args: ['/f', new Uint8Array(new SharedArrayBuffer(8)), false] })",
      "malformed"
    ],
    "a foreign process": ["call({ pid: 2 })", "process it does not have"],
    "a number in use": ["call({ id: 5 }); call({ id: 5 })", "number in use"],
    "a flood of calls": [`for (let id = 0; id <= ${MAX_PENDING_CALLS}; id++) call({ id })`, "too many system calls"],
    "a large piece of output": [`output(${OUTPUT_CHUNK + 1})`, "malformed"],
    "an empty piece of output": ["output(0)", "malformed"],
    "more output than its credit": [
      `for (let sent = 0; sent <= ${OUTPUT_WINDOW}; sent += 1024) output(1024)`,
      "more output than its credit"
    ],
    "an impossible exit": ["port.postMessage({ _tag: 'exit', pid: 1, exitCode: 256 })", "malformed"],
    "two exits": [
      "port.postMessage({ _tag: 'exit', pid: 1, exitCode: 0 }); port.postMessage({ _tag: 'exit', pid: 1, exitCode: 0 })",
      "process it does not have"
    ],
    "ready again": [READY, "ready after it was bound"]
  }

  const evil = (source: string) =>
    program(`
      ${READY}
      const call = (given) => port.postMessage({ _tag: "call", id: 1, pid: 1, name: "sleep", args: [1e6], ...given })
      const output = (size) => port.postMessage({ _tag: "output", pid: 1, channel: "stdout", bytes: new Uint8Array(size) })
      port.on("message", ({ _tag }) => { if (_tag === "spawn") { ${source} } })
    `)

  for (const [name, [source, expected]] of Object.entries(abuses)) {
    it(`ends a worker that sends ${name}`, () =>
      withPool({ program: evil(source) }, async (pool) => {
        const worker = await pool.acquire()
        const died = new Promise<readonly [string, string]>((resolve) =>
          worker.bind({ hostname: "h", user: "u", uid: 1, gid: 1 }, {
            onCall: () => {},
            onOutput: () => {},
            onExit: () => {},
            onDeath: (reason, detail) => resolve([reason, detail])
          })
        )
        worker.spawn({ pid: 1, command: "", argv: [], cwd: "/", env: {}, stdin: new Uint8Array(0) })
        const [reason, detail] = await died
        assert.strictEqual(reason, "crashed")
        assert.include(detail, expected)
      }))
  }

  it("swallows what a worker prints and tells why it crashed", () =>
    withPool({
      program: program(`${READY} port.on("message", () => { console.log("noise"); throw new Error("a bug") })`)
    }, async (pool) => {
      const machine = new Machine(await pool.acquire())
      assert.deepStrictEqual(await machine.died, { reason: "crashed", detail: "a bug" })
    }))
})

describe("the shell worker's bundle", () => {
  const workers = useShellWorkers()

  it("runs with no permission but to read its own folder and start workers", () => {
    const folder = dirname(workers.program)
    const probe = join(folder, "probe.mjs")
    writeFileSync(
      probe,
      `import { Worker } from "node:worker_threads"
      const worker = new Worker(new URL("./shell-worker.js", import.meta.url), { env: {}, execArgv: [] })
      worker.on("message", (message) => { console.log(message._tag); worker.terminate() })`
    )
    const flag = Number(process.versions.node.split(".")[0]) < 22 ? "--experimental-permission" : "--permission"
    const result = spawnSync(process.execPath, [flag, `--allow-fs-read=${folder}/*`, "--allow-worker", probe], {
      encoding: "utf8",
      env: {}
    })
    assert.strictEqual(result.stdout, "ready\n", result.stderr)
  })

  it("names every command that the shell has", () => {
    const own = makeCommands({ identity: {} } as never).map(({ name }) => name)
    // Left out of the bundle.
    const absent = new Set<string>(["sqlite3", "html-to-markdown"])
    const expected = new Set([...getCommandNames().filter((name) => !absent.has(name)), ...own])
    assert.deepStrictEqual(commandNames, [...expected].sort())
  })
})
