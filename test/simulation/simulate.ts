/**
 * One simulated run: a program that does at random what programs do with VMs (files, guests, forks, snapshots, mounts, tools,
 * locks, schedules), while connections are cut, clocks jump, and workers and sidecars end at random system calls. Time is
 * virtual, and everything comes from one seed.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import * as FileSystemDriver from "../../layers/platform/FileSystemDriver.ts"
import * as VmFileSystem from "../../layers/platform/VmFileSystem.ts"
import { KillSwitch, Leftovers, TestSidecar, VirtualTime } from "../../layers/testing/index.ts"
import { SeededRandom } from "../../layers/testing/SeededRandom.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import type { GuestRun } from "./guests.ts"
import { guestRun } from "./guests.ts"
import type { Account, JobKind } from "./jobs.ts"
import { followJobs } from "./jobs.ts"
import { JumpingClock } from "./jumping-clock.ts"
import type { Weather } from "./sidecars.ts"
import { isFair, layerOf, weatherOf } from "./sidecars.ts"
import { look, stepsOf, TreeSteps } from "./tree-steps.ts"
import type { Op, Outcome as OpOutcome } from "./worlds.ts"
import { Worlds } from "./worlds.ts"

export interface SimulationOptions {
  readonly seed: number
  /** Whether guests run. They take most of the time. */
  readonly shell: boolean
  /** Puts another VM in the place of each: one with a bug, which must be found. */
  readonly plant?: ((vm: VmShape, random: SeededRandom) => VmShape) | undefined
}

export interface Outcome {
  readonly steps: number
  readonly failures: number
  readonly killed: number
  /** Of all that was done and what came of it. */
  readonly hash: string
}

/** Something that must never happen. */
export class Violation {
  constructor(readonly seed: number, readonly step: string, readonly detail: string) {}
}

interface Machine {
  readonly vm: VmShape
  readonly scope: Scope.CloseableScope
  readonly tree: Worlds
  readonly accounts: ReadonlyArray<Account>
  readonly clock: JumpingClock
}

/** What comes from outside the VMs, and goes on when they are lost. */
interface Surroundings {
  /** The VM whose files are mounted into the others, and what they must be. */
  readonly shared: { readonly vm: VmShape; readonly tree: Worlds } | undefined
  readonly counter: { calls: number } | undefined
  readonly lever: KillSwitch.KillSwitchShape
  readonly weather: Weather
}

type Failed = { readonly _tag: string; readonly message: string; readonly errno?: string }

/** Failures that faults may bring about; anything else is a violation. */
const lost: ReadonlySet<string> = new Set(["TransportError", "SidecarError"])
const HOME = "/home/user"
const SHARED = "/srv/shared"
const SECRET = "/opt"
const allowed = { childProcess: "allow", process: "allow", env: "allow", tool: "allow" } as const
const MAX_MACHINES = 4
const MINUTE = 60_000
const jobKinds: ReadonlyArray<JobKind> = [
  { id: "quick", overlap: "allow", missed: "all", takes: 0, fails: false },
  { id: "skips", overlap: "skip", missed: "once", takes: 90_000, fails: false },
  { id: "queues", overlap: "queue", missed: "all", takes: 150_000, fails: false },
  { id: "fails", overlap: "allow", missed: "skip", takes: 1_000, fails: true }
]
const command: JobKind = { id: "exec", overlap: "skip", missed: "once", takes: undefined, fails: false }

class Simulation {
  machines: Array<Machine> = []
  failures = 0
  steps = 0
  private readonly hash = createHash("sha256")
  private readonly tree: TreeSteps
  private step = "start"

  constructor(
    private readonly options: SimulationOptions,
    private readonly random: SeededRandom,
    private readonly around: Surroundings
  ) {
    this.tree = new TreeSteps(random)
  }

  private violation(detail: string): Effect.Effect<never> {
    return Effect.die(new Violation(this.options.seed, `step ${this.steps}: ${this.step}`, detail))
  }

  private holds(wrong: string | undefined): Effect.Effect<void> {
    return wrong === undefined ? Effect.void : this.violation(wrong)
  }

  private note(what: unknown): void {
    this.hash.update(`${JSON.stringify(what)}\n`)
  }

  get digest(): string {
    return this.hash.copy().digest("hex")
  }

  private pick<A>(values: ReadonlyArray<A>): A {
    return values[this.random.below(values.length)]
  }

  /** What came of an operation, and its value. Dies of a failure that no fault explains. */
  private outcome<A, E extends Failed, R>(
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<readonly [OpOutcome, A | undefined], never, R> {
    return effect.pipe(
      Effect.timeoutOption("10 minutes"),
      Effect.flatMap((found): Effect.Effect<readonly [OpOutcome, A | undefined]> =>
        Option.isSome(found) ? Effect.succeed(["done", found.value]) : this.violation("it hangs")
      ),
      Effect.catchAll((error): Effect.Effect<readonly [OpOutcome, A | undefined]> => {
        this.note([error._tag, error.errno])
        if (lost.has(error._tag) && !isFair(this.around.weather)) {
          this.failures++
          return Effect.succeed(["unknown", undefined])
        }
        return error._tag === "KernelError"
          ? Effect.succeed([{ errno: error.errno! }, undefined])
          : this.violation(`${error._tag}: ${error.message}`)
      })
    )
  }

  /** The value, if there is one. */
  private tried<A, E extends Failed, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, never, R> {
    return Effect.flatMap(this.outcome(effect), ([outcome, value]) =>
      typeof outcome === "object"
        ? this.violation(`it failed with ${outcome.errno}`)
        : Effect.succeed(outcome === "done" ? Option.some(value as A) : Option.none()))
  }

  private readonly config = (): VmConfigInput => {
    const { counter, shared } = this.around
    const memory = { path: "/mem", plugin: { id: "memory" } } as const
    const add = {
      name: "add",
      description: "Counts",
      inputSchema: { type: "object", properties: { n: { type: "number" } } },
      execute: () => (counter!.calls++, { counted: true })
    }
    return {
      permissions: {
        ...allowed,
        fs: { default: "allow", rules: [{ mode: "deny", operations: ["*"], paths: [`${SECRET}/**`] }] }
      },
      mounts: shared === undefined ? [memory] : [memory, {
        path: "/mnt",
        driver: FileSystemDriver.make(VmFileSystem.make(shared.vm.filesystem, "/"), { root: SHARED })
      }],
      ...(counter === undefined ? {} : { toolKits: [{ name: "counter", description: "Counts", tools: [add] }] })
    } as VmConfigInput
  }

  private readonly start = this.enter(
    Effect.suspend(() => Vm.make(this.config() as { readonly mounts: VmConfigInput["mounts"] })),
    () => new Worlds(HOME)
  )

  /** Lets a VM in whose scheduler has a clock of its own. */
  private enter<E extends Failed, R>(make: Effect.Effect<VmShape, E, R | Scope.Scope>, tree: () => Worlds) {
    return Effect.gen(this, function*() {
      if (this.machines.length >= MAX_MACHINES) return
      const scope = yield* Scope.make()
      const clock = new JumpingClock(yield* Effect.clock)
      // the host's answer to a new mount may be lost, too
      const patient = Effect.catchIf(
        Scope.extend(Effect.withClock(make, clock), scope),
        ({ errno }) => !isFair(this.around.weather) && (errno === "ETIMEDOUT" || errno === "EIO"),
        () => Effect.sync(() => void this.failures++)
      )
      const attempt = yield* this.tried(patient)
      const made = Option.filter(attempt, (vm) => vm !== undefined)
      if (Option.isNone(made)) return yield* Scope.close(scope, Exit.void)
      const { plant } = this.options
      const vm = plant === undefined ? made.value : plant(made.value, this.random)
      const kinds = jobKinds.filter(() => this.random.below(2) === 0)
      const all = this.options.shell && this.random.below(2) === 0 ? [...kinds, command] : kinds
      const accounts = yield* Scope.extend(followJobs(vm, all, clock.look()), scope)
      this.machines.push({ vm, scope, tree: tree(), accounts, clock })
    }) as Effect.Effect<void, never, Exclude<R, Scope.Scope>>
  }

  private operate({ tree, vm }: Machine) {
    return Effect.gen(this, function*() {
      const op = this.tree.draw(HOME)
      const [outcome] = yield* this.outcome(this.tree.perform(vm.filesystem, op))
      yield* this.holds(tree.sequence(stepsOf(op), outcome))
    })
  }

  private batch({ tree, vm }: Machine) {
    return Effect.gen(this, function*() {
      const ops = this.tree.batch(HOME)
      const results = yield* vm.filesystem.writeFiles(ops.map(({ content, path }) => ({ path, content: content.text })))
      for (const [index, { error, success }] of results.entries()) {
        const errno = /^(E[A-Z]+):/.exec(error ?? "")?.[1]
        const outcome = success ? "done" : errno === undefined ? "unknown" : { errno }
        yield* this.holds(tree.sequence([ops[index]], outcome))
      }
    })
  }

  private together({ tree, vm }: Machine) {
    return Effect.gen(this, function*() {
      const ops = this.tree.several(HOME)
      const outcomes = yield* Effect.forEach(ops, (op) => this.outcome(this.tree.perform(vm.filesystem, op)), {
        concurrency: "unbounded"
      })
      yield* this.holds(tree.together(ops.map((op, index) => [[op], outcomes[index][0]])))
    })
  }

  private read({ tree, vm }: Machine) {
    return Effect.gen(this, function*() {
      const path = this.tree.file(HOME)
      const [outcome, content] = yield* this.outcome(vm.filesystem.readFileString(path))
      if (outcome === "done") yield* this.holds(tree.read(path, content!))
    })
  }

  private guest({ tree, vm }: Machine) {
    return Effect.gen(this, function*() {
      const { counter } = this.around
      const draw = { below: this.random.below, content: this.tree.text }
      const guest: GuestRun = guestRun(HOME, draw, counter !== undefined)
      this.step = `guest ${guest.name}`
      const before = counter?.calls ?? 0
      const ended = yield* this.ended(guest.run(vm))
      for (const track of guest.tracks) yield* this.holds(tree.sequence(track, ended))
      if (guest.name === "tool") {
        const calls = counter!.calls - before
        const right = ended === "done" ? calls === 1 : calls <= 1
        if (!right) yield* this.violation(`the host was called ${calls} times`)
      }
    })
  }

  private ended(run: ReturnType<GuestRun["run"]>): Effect.Effect<OpOutcome> {
    const { weather } = this.around
    return run.pipe(
      Effect.timeoutOption("30 minutes"),
      Effect.flatMap((found) => Option.isSome(found) ? Effect.succeed(found.value) : this.violation("it hangs")),
      Effect.catchAll((error) => Effect.succeed({ otherwise: `${error._tag}: ${error.message}` })),
      Effect.flatMap((ended) => {
        this.note(ended)
        if (ended === "as expected") return Effect.succeed<OpOutcome>("done")
        this.failures++
        // a job of the same VM may be what a kill strikes
        return isFair(weather) ? this.violation(ended.otherwise) : Effect.succeed<OpOutcome>("unknown")
      })
    )
  }

  /** Through the mount of a VM, to the files of another one that nothing happens to. */
  private mounted({ vm }: Machine) {
    return Effect.gen(this, function*() {
      const { shared } = this.around
      if (shared === undefined) return
      const op = this.tree.draw("/mnt", true)
      const [found] = yield* this.outcome(this.tree.perform(vm.filesystem, op))
      // a call to the host is given up before the connection is: what came of it nobody knows
      const givenUp = typeof found === "object" && ["EIO", "ETIMEDOUT"].includes(found.errno)
      const outcome = givenUp && !isFair(this.around.weather) ? "unknown" : found
      const there = JSON.parse(JSON.stringify(op).replaceAll("\"/mnt", `"${SHARED}`)) as Op
      const content = "content" in op ? { content: op.content } : {}
      yield* this.holds(shared.tree.sequence([{ ...there, ...content } as Op], outcome))
      // what was under way when the connection ended is over
      if (outcome === "unknown") yield* Effect.sleep("1 minute")
      yield* this.holds(shared.tree.found(yield* Effect.orDie(look(shared.vm.filesystem, SHARED))))
    })
  }

  /** What the policy denies, denied it is, whatever is asked. */
  private denied({ vm }: Machine) {
    return Effect.gen(this, function*() {
      const op = this.tree.draw(SECRET, true)
      const [outcome] = yield* this.outcome(this.tree.perform(vm.filesystem, op))
      // the way to it may lack something
      const deep = op.path.lastIndexOf("/") > SECRET.length
      const errno = typeof outcome === "object" ? outcome.errno : undefined
      const right = outcome === "unknown" || errno === "EACCES" || (deep && errno === "ENOENT")
      if (!right) yield* this.violation(`${op.kind} ${op.path}: ${JSON.stringify(outcome)} although it is denied`)
      yield* this.holds(
        (yield* this.outcome(vm.filesystem.readFile(op.path)))[0] === "done" ? "it could be read" : undefined
      )
    })
  }

  /** Three that want the same lock. */
  private locks({ vm }: Machine) {
    return Effect.gen(this, function*() {
      let holders = 0
      let most = 0
      const holding = Effect.scoped(Effect.gen(this, function*() {
        yield* vm.filesystem.lock("/tmp/lock", { kind: "exclusive" })
        most = Math.max(most, ++holders)
        yield* Effect.sleep(this.random.below(1000))
        holders--
      }))
      const outcomes = yield* Effect.forEach([1, 2, 3], () => this.outcome(holding), { concurrency: "unbounded" })
      if (outcomes.every(([outcome]) => outcome === "done") && most !== 1) {
        yield* this.violation(`${most} hold the lock`)
      }
    })
  }

  private snapshotMount({ vm }: Machine) {
    return Effect.gen(this, function*() {
      const path = `/mem/m${this.random.below(3)}`
      const kept = yield* this.tried(vm.snapshotMount("/mem"))
      if (Option.isNone(kept)) return
      const text = this.tree.text()
      const changed = yield* this.tried(Effect.zipRight(vm.filesystem.writeFile(path, text), vm.diff(kept.value)))
      if (Option.isNone(changed)) return
      const paths = changed.value.map((change) => change.path)
      if (paths.join() !== path && paths.join() !== `/mem,${path}`) {
        yield* this.violation(`${paths} changed, not ${path}`)
      }
      yield* this.tried(vm.dropSnapshot(kept.value))
    })
  }

  private fork(machine: Machine) {
    return this.enter(machine.vm.fork, () => machine.tree.copy())
  }

  /** Changes something, and goes back to before. */
  private restore(machine: Machine) {
    return Effect.gen(this, function*() {
      const kept = yield* this.tried(machine.vm.snapshot)
      if (Option.isNone(kept)) return
      const tree = machine.tree.copy()
      yield* this.operate(machine)
      const done = yield* this.tried(machine.vm.restore(kept.value))
      const at = this.machines.indexOf(machine)
      if (Option.isSome(done) && at >= 0) this.machines[at] = { ...machine, tree }
      // nobody knows which of the two it is
      else yield* this.release(machine)
    })
  }

  private release(machine: Machine) {
    return Effect.suspend(() => {
      this.machines = this.machines.filter((each) => each !== machine)
      return Scope.close(machine.scope, Exit.void)
    })
  }

  /** The files of a VM, and the runs of its jobs, are what they must be. A VM that is lost is let go. */
  private check(machine: Machine) {
    return Effect.gen(this, function*() {
      const { accounts, clock, tree, vm } = machine
      // whoever is ready goes first
      yield* Effect.sleep(1)
      yield* vm.scheduler.list
      yield* Effect.sleep(1)
      const now = clock.look()
      for (const account of accounts) yield* this.holds(account.check(now))
      const found = yield* this.tried(look(vm.filesystem, HOME))
      if (Option.isNone(found)) return yield* this.release(machine)
      yield* this.holds(tree.found(found.value))
    })
  }

  private jump({ accounts, clock, vm }: Machine) {
    // in real time the scheduler looks at the clock every half minute, so it has seen what was shown until now
    const seen = Effect.zipRight(vm.scheduler.list, Effect.sleep(1))
    const jump = Effect.suspend(() => {
      for (const account of accounts) account.see(clock.look())
      clock.jump(this.random.below(3) === 0 ? -this.random.below(100 * MINUTE) : this.random.below(90 * MINUTE))
      for (const account of accounts) account.see(clock.look())
      // it takes a turn until the scheduler has seen it
      return seen
    })
    return Effect.zipRight(seen, jump)
  }

  private pause({ accounts, clock, vm }: Machine) {
    return Effect.gen(this, function*() {
      if (accounts.length === 0) return
      const account = this.pick(accounts)
      account.see(clock.look())
      yield* Effect.orDie(account.paused ? vm.scheduler.resume(account.kind.id) : vm.scheduler.pause(account.kind.id))
      account.paused = !account.paused
      account.see(clock.look())
    })
  }

  private readonly arm = Effect.suspend(() =>
    this.around.lever.arm({
      target: this.random.below(3) === 0 ? "sidecar" : "worker",
      at: this.random.below(2) === 0 ? 1 + this.random.below(20) : 0.1
    })
  )

  private act(): Effect.Effect<void, never, Sidecar> {
    const machine = this.machines.length === 0 ? undefined : this.pick(this.machines)
    if (machine === undefined) return this.named("lease", this.start)
    if (machine.tree.many) return this.named("look", this.check(machine))
    const { kills } = this.around.weather
    const choices: ReadonlyArray<readonly [name: string, weight: number, Effect.Effect<unknown, never, Sidecar>]> = [
      ["operate", 14, this.operate(machine)],
      ["batch", 2, this.batch(machine)],
      ["together", 2, this.together(machine)],
      ["read", 2, this.read(machine)],
      ["guest", this.options.shell ? 8 : 0, this.guest(machine)],
      ["arm", kills ? 2 : 0, this.arm],
      ["mount", this.around.shared === undefined ? 0 : 4, this.mounted(machine)],
      ["denied", 1, this.denied(machine)],
      ["locks", 1, this.locks(machine)],
      ["snapshot of a mount", 1, this.snapshotMount(machine)],
      ["fork", 2, this.fork(machine)],
      ["restore", 2, this.restore(machine)],
      ["lease", this.machines.length < MAX_MACHINES ? 1 : 0, this.start],
      ["release", 1, this.release(machine)],
      ["check", 3, this.check(machine)],
      ["jump", 1, this.jump(machine)],
      ["pause", 2, this.pause(machine)],
      ["time", 4, Effect.sleep(this.random.below(200_000))]
    ]
    let at = this.random.below(choices.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [name, weight, effect] of choices) {
      if (at < weight) return this.named(name, effect)
      at -= weight
    }
    return Effect.void
  }

  private named(name: string, effect: Effect.Effect<unknown, never, Sidecar>): Effect.Effect<void, never, Sidecar> {
    return Effect.clockWith((clock) => {
      this.step = name
      this.steps++
      this.note([name, clock.unsafeCurrentTimeMillis()])
      return Effect.asVoid(effect)
    })
  }

  readonly run: Effect.Effect<void, never, Sidecar> = Effect.gen(this, function*() {
    const count = 10 + this.random.below(40)
    for (let i = 0; i < count; i++) yield* this.act()
    yield* this.around.lever.disarm
    for (const machine of Array.from(this.machines)) {
      yield* this.named("last check", this.check(machine))
      yield* this.release(machine)
    }
  }).pipe(Effect.ensuring(Effect.suspend(() => Effect.forEach(this.machines, (machine) => this.release(machine)))))
}

/** A VM of a sidecar of its own, that nothing happens to. */
const sharedVm = Effect.gen(function*() {
  const context = yield* Layer.build(TestSidecar.layer({ seed: 1 }))
  const vm = yield* Effect.orDie(Effect.provideService(Vm.make({}), Sidecar, Context.get(context, Sidecar)))
  yield* Effect.orDie(vm.filesystem.mkdir(SHARED, { recursive: true }))
  return { vm, tree: new Worlds(SHARED) }
})

/** Runs a seed; dies of a `Violation`, or when anything is left behind. */
export const simulate = (options: SimulationOptions): Effect.Effect<Outcome> => {
  const random = new SeededRandom(options.seed * 31 + 7)
  const weather = weatherOf(options.seed, random, options.shell)
  return Effect.gen(function*() {
    const shared = random.below(4) === 0 ? yield* sharedVm : undefined
    const counter = options.shell && random.below(2) === 0 ? { calls: 0 } : undefined
    const lever = yield* KillSwitch.KillSwitch
    const simulation = new Simulation(options, random, { shared, counter, lever, weather })
    yield* simulation.run
    const { digest: hash, failures, steps } = simulation
    return { steps, failures, killed: (yield* lever.killed).length, hash }
  }).pipe(
    Effect.provide(layerOf(options.seed, weather)),
    Effect.scoped,
    Effect.provide(
      VirtualTime.layer({ now: Date.UTC(2026, 2, 28, 23) + random.below(86_400_000), patience: "1 minute" })
    ),
    (run) => Leftovers.expectNothingLeft(run, { temporaryFiles: false })
  )
}
