/** What `agent-os doctor` looks at. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { freemem, tmpdir, totalmem } from "node:os"
import { join } from "node:path"
import { plugins } from "../../layers/node/plugins.ts"
import * as SidecarProcess from "../../layers/node/SidecarProcess.ts"
import * as SidecarPool from "../../layers/remote/SidecarPool.ts"
import type { VmShape } from "../../services/Vm.ts"
import * as VmConfig from "../../src/config/VmConfig.ts"

export interface Check {
  readonly name: string
  /** `skip`: what it depends on has failed. */
  readonly status: "ok" | "warn" | "fail" | "skip"
  /** What was found. */
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
  readonly milliseconds?: number
}

const MiB = 1024 ** 2
const REINSTALL = "reinstall effect-agent-os, or run `npm run build` in a checkout of it"

const check = (
  name: string,
  status: Check["status"],
  detail: string,
  more: { readonly advice?: string; readonly milliseconds?: number } = {}
): Check => ({ name, status, detail, ...more })

export const nodeVersion = (version: string = process.versions.node): Check => {
  const [major, minor] = version.split(".").map(Number)
  return major > 20 || (major === 20 && minor >= 19)
    ? check("Node.js", "ok", version)
    : check("Node.js", "fail", version, { advice: "install Node.js 20.19 or later" })
}

export const permissionModel = (execPath: string = process.execPath): Effect.Effect<Check> =>
  Effect.async((resume) => {
    const flag = SidecarProcess.permissionFlag(process.versions.node)
    const program = "process.exit(process.permission?.has('fs.read', '/') === false ? 0 : 1)"
    execFile(execPath, [flag, "--no-warnings", "-e", program], { timeout: 10_000 }, (error) => {
      resume(Effect.succeed(
        error === null
          ? check("permission model", "ok", `${flag} keeps the sidecar from the host's files`)
          : check("permission model", "fail", `${flag} does not work: ${error.message.split("\n")[0]}`, {
            advice: "use an official build of Node.js"
          })
      ))
    })
  })

const program: Effect.Effect<Check> = Effect.sync(() => {
  try {
    const path = SidecarProcess.defaultProgram()
    accessSync(path, constants.R_OK)
    return check("sidecar program", "ok", path)
  } catch (cause) {
    return check("sidecar program", "fail", cause instanceof Error ? cause.message : String(cause), {
      advice: REINSTALL
    })
  }
})

const temporaryFolder: Effect.Effect<Check> = Effect.sync(() => {
  try {
    const folder = mkdtempSync(join(tmpdir(), "agent-os-doctor-"))
    writeFileSync(join(folder, "probe"), "")
    rmSync(folder, { recursive: true })
    return check("temporary folder", "ok", `${tmpdir()} is writable`)
  } catch (cause) {
    return check("temporary folder", "warn", cause instanceof Error ? cause.message : String(cause), {
      advice: "point TMPDIR to a folder that can be written"
    })
  }
})

/** A sidecar, its guest workers and their heaps. */
const memory: Effect.Effect<Check> = Effect.sync(() => {
  const free = Math.round(freemem() / MiB)
  const detail = `${free} MiB free of ${Math.round(totalmem() / MiB)} MiB`
  return free >= 256
    ? check("memory", "ok", detail)
    : check("memory", "warn", detail, { advice: "free some: a busy VM may take 256 MiB" })
})

const HEAP_MB = 256

/** The limit is asked for when the sidecar starts; the machine must be able to hold it. */
const workerHeap: Effect.Effect<Check> = Effect.sync(() =>
  totalmem() >= 2 * HEAP_MB * MiB
    ? check("guest worker heap", "ok", `limited to ${HEAP_MB} MiB each`)
    : check("guest worker heap", "warn", `the limit of ${HEAP_MB} MiB is more than half of the memory`, {
      advice: "lower workerHeapMb in NodeSidecar.layerWith"
    })
)

/** The outcome of a check and, if it went well, what the next one needs. */
type Outcome<A> = { readonly check: Check; readonly value?: A }

const timed = <A, R>(
  name: string,
  effect: Effect.Effect<A, { readonly message: string }, R>,
  tell: (value: A) => string,
  advice: string
): Effect.Effect<Outcome<A>, never, R> =>
  Effect.timed(effect).pipe(
    Effect.map(([duration, value]): Outcome<A> => {
      const milliseconds = Math.round(Duration.toMillis(duration) * 10) / 10
      return { check: check(name, "ok", tell(value), { milliseconds }), value }
    }),
    Effect.catchAll(({ message }) => Effect.succeed({ check: check(name, "fail", message, { advice }) }))
  )

const skipped = (name: string): Check => check(name, "skip", "needs the check above")

/** A VM of the sidecar that is connected already. */
const lease = (connected: SidecarProcess.ConnectedProcess) =>
  Effect.gen(function*() {
    const sidecar = yield* SidecarPool.make({
      connect: () => Effect.succeed(connected),
      plugins,
      uuid: Effect.sync(randomUUID)
    })
    return yield* Effect.flatMap(VmConfig.decode({}), sidecar.lease)
  })

const echo = (vm: VmShape) =>
  Effect.filterOrFail(
    vm.processes.exec("echo hello", { timeout: "10 seconds" }),
    ({ exitCode, stdout }) => exitCode === 0 && stdout === "hello\n",
    ({ exitCode, stderr, stdout }) => ({
      message: `exit code ${exitCode}, output ${JSON.stringify(stdout)}${stderr === "" ? "" : `: ${stderr.trim()}`}`
    })
  )

/** A sidecar, a VM in it, a command in that: each needs the one before. */
const chain: Effect.Effect<ReadonlyArray<Check>, never, Scope.Scope> = Effect.gen(function*() {
  const connect = SidecarProcess.connect("agent-os-doctor", { workerHeapMb: HEAP_MB })
  const started = yield* timed("sidecar", connect, ({ pid }) => `started as process ${pid}`, REINSTALL)
  if (started.value === undefined) return [started.check, skipped("wire version"), skipped("VM"), skipped("echo")]
  const { peer } = started.value.transport
  const wire = check("wire version", "ok", `both sides speak version ${peer.version}`)
  const leased = yield* timed("VM", lease(started.value), ({ vmId }) => `leased ${vmId}`, REINSTALL)
  if (leased.value === undefined) return [started.check, wire, leased.check, skipped("echo")]
  const ran = yield* timed("echo", echo(leased.value), () => "ran, exit code 0", REINSTALL)
  return [started.check, wire, leased.check, ran.check]
})

/** All checks, in the order in which they build upon each other. */
export const checks: Effect.Effect<ReadonlyArray<Check>> = Effect.gen(function*() {
  const machine = [nodeVersion(), yield* permissionModel(), yield* program]
  const running = yield* Effect.scoped(chain)
  return [...machine, ...running, yield* workerHeap, yield* temporaryFolder, yield* memory]
})
