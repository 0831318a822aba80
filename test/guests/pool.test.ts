/** The warm pool and the kernel's guard against workers that break the protocol. */
import { assert, describe, it } from "@effect/vitest"
import { getCommandNames } from "just-bash"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { programNames, wrappedNames } from "../../native/guests/programs/names.ts"
import { programs } from "../../native/guests/programs/registry.ts"
import { MAX_NOTICES, MAX_PENDING_CALLS, OUTPUT_CHUNK, OUTPUT_WINDOW } from "../../native/guests/protocol.ts"
import { Fault } from "../../native/kernel/fault.ts"
import { WorkerPool } from "../../native/kernel/workers/pool.ts"
import { Machine } from "./support/machine.ts"
import { place } from "./support/place.ts"
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

  it("starts no more at the same time than it may, and serves all who wait", () =>
    withPool({ max: 16, starting: 2 }, async (pool) => {
      let most = 0
      const watch = setInterval(() => (most = Math.max(most, pool.stats().warming)), 1)
      const asked = Array.from({ length: 9 }, () => pool.acquire())
      most = pool.stats().warming
      const workers = await Promise.all(asked)
      clearInterval(watch)
      assert.strictEqual(most, 2)
      assert.strictEqual(new Set(workers).size, 9)
      assert.deepStrictEqual(pool.stats(), { warm: 0, warming: 0, inUse: 9, waiting: 0 })
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
    "too many arguments": ["call({ args: [1, 2, 3] })", "malformed"],
    "an argument that is an object": ["call({ args: [{ toString: 1 }] })", "malformed"],
    "an endless path": ["call({ args: ['/'.repeat(70000)] })", "malformed"],
    "shared memory": [
      "call({ name: 'writeFile', args: ['/f', new Uint8Array(new SharedArrayBuffer(8)), false] })",
      "malformed"
    ],
    "output of a foreign process": [
      "port.postMessage({ _tag: 'output', pid: 2, channel: 'stdout', bytes: new Uint8Array(1) })",
      "process it does not have"
    ],
    "a number in use": ["call({ id: 5 }); call({ id: 5 })", "number in use"],
    "a flood of calls": [`for (let id = 0; id <= ${MAX_PENDING_CALLS}; id++) call({ id })`, "too many system calls"],
    "a large piece of output": [`output(${OUTPUT_CHUNK + 1})`, "malformed"],
    "an empty piece of output": ["output(0)", "malformed"],
    "more output than its credit": [
      `for (let sent = 0; sent <= ${OUTPUT_WINDOW}; sent += 1024) output(1024)`,
      "more output than its credit"
    ],
    "files to close without end": [
      "port.postMessage({ _tag: 'close', files: Array.from({ length: 257 }, (_, file) => file) })",
      "malformed"
    ],
    "an impossible exit": ["notice({ _tag: 'exit', pid: 1, exitCode: 256 })", "malformed"],
    "an exit by what is no signal": ["notice({ _tag: 'exit', pid: 1, exitCode: 1, signal: 'KILL' })", "malformed"],
    "a notice of nothing known": ["notice({ _tag: 'constructor', pid: 1 })", "malformed"],
    "a notice of process 0": ["notice({ _tag: 'reap', pid: 0 })", "malformed"],
    "arguments of a megabyte": ["notice({ _tag: 'exec', pid: 1, argv: ['x'.repeat(1e6)] })", "malformed"],
    "a relative working directory": ["notice({ _tag: 'chdir', pid: 1, cwd: 'tmp' })", "malformed"],
    "endless notices": [
      `port.postMessage({ _tag: "notices", notices: new Array(${MAX_NOTICES + 1}).fill({ _tag: "reap", pid: 1 }) })`,
      "malformed"
    ],
    "outputs closed twice": [
      "port.postMessage({ _tag: 'closed', pid: 1 }); port.postMessage({ _tag: 'closed', pid: 1 })",
      "process it does not have"
    ],
    "credit for input that it was not given": [
      "port.postMessage({ _tag: 'stdinCredit', pid: 1, bytes: 1 })",
      "credit for input"
    ],
    "no credit": ["port.postMessage({ _tag: 'stdinCredit', pid: 1, bytes: 0 })", "malformed"],
    "ready again": [READY, "ready after it was bound"]
  }

  const evil = (source: string) =>
    program(`
      ${READY}
      const call = (given) => port.postMessage({ _tag: "call", id: 1, pid: 1, name: "sleep", args: [1e6], ...given })
      const notice = (notice) => port.postMessage({ _tag: "notices", notices: [notice] })
      const output = (size) => port.postMessage({ _tag: "output", pid: 1, channel: "stdout", bytes: new Uint8Array(size) })
      port.on("message", ({ _tag }) => { if (_tag === "spawn") { ${source} } })
    `)

  for (const [name, [source, expected]] of Object.entries(abuses)) {
    it(`ends a worker that sends ${name}`, () =>
      withPool({ program: evil(source) }, async (pool) => {
        const worker = await pool.acquire()
        const died = new Promise<readonly [string, string]>((resolve) =>
          worker.bind(place("h"), {
            onCall: () => {},
            onClose: () => {},
            onCancel: () => {},
            onNotice: () => undefined,
            onOutput: () => {},
            onClosed: () => undefined,
            onStdinCredit: () => {},
            onStdinClosed: () => {},
            onDeath: (reason, detail) => resolve([reason, detail])
          })
        )
        worker.spawn({
          pid: 1,
          form: "script",
          command: "",
          argv: [],
          cwd: "/",
          env: {},
          stdin: "none",
          tty: undefined
        })
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

  it("has every program that it names, once", () => {
    assert.deepStrictEqual(Array.from(programs.keys()).sort(), Array.from(programNames))
    assert.strictEqual(new Set(programNames).size, programNames.length)
    const wrapped = new Set<string>(getCommandNames())
    assert.deepStrictEqual(wrappedNames.filter((name) => !wrapped.has(name)), [])
  })
})
