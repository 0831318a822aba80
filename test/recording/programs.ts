/**
 * Programs by seed, for recordings: what programs do with VMs, a little of everything. Most use files only; guests take most
 * of the time.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as FileSystemDriver from "../../layers/platform/FileSystemDriver.ts"
import * as VmFileSystem from "../../layers/platform/VmFileSystem.ts"
import type { Options } from "../../layers/testing/Recording.ts"
import { SeededRandom } from "../../layers/testing/SeededRandom.ts"
import { Approvals } from "../../services/Approvals.ts"
import type { Sidecar } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import { Orders, OrdersLive } from "../tools/kit.ts"

export type Program = Effect.Effect<void, never, Sidecar | Scope.Scope>

export interface Generated {
  readonly seed: number
  /** What it uses beside files. */
  readonly uses: ReadonlyArray<Use>
  readonly program: Program
  readonly options: Options
}

export type Use = "guests" | "tools" | "cron" | "mounts" | "faults"

/** Every so-many-th seed. Those of guests are the expensive ones. */
const every: Readonly<Record<Use, number>> = { guests: 25, tools: 50, cron: 5, mounts: 4, faults: 3 }

const usesOf = (seed: number): ReadonlyArray<Use> =>
  (Object.keys(every) as ReadonlyArray<Use>).filter((use) => seed % every[use] === 0)

const names = ["a", "b", "dir/c", "dir/d", "dir/sub/e", "ünïcode", "語".repeat(40)]
const HOME = "/home/user"

class Writer {
  private readonly random: SeededRandom
  private count = 0

  constructor(seed: number, private readonly uses: ReadonlyArray<Use>) {
    this.random = new SeededRandom(seed * 7 + 3)
  }

  private pick<A>(values: ReadonlyArray<A>): A {
    return values[this.random.below(values.length)]
  }

  private path(root: string): string {
    return `${root}/${this.pick(names)}`
  }

  private content(): string {
    return `${this.count++} ${"y".repeat(this.random.below(this.random.below(8) === 0 ? 70_000 : 300))}`
  }

  private file({ filesystem }: VmShape, root: string): Effect.Effect<unknown, unknown> {
    const path = this.path(root)
    const other = this.path(root)
    const content = this.content()
    switch (this.random.below(12)) {
      case 0:
        return filesystem.mkdir(`${root}/dir/sub`, { recursive: true })
      case 1:
        return filesystem.delete(path, { recursive: true })
      case 2:
        return filesystem.move(path, other)
      case 3:
        return filesystem.readdirRecursive(root)
      case 4:
        return filesystem.symlink(other, path)
      case 5:
        return filesystem.writeFiles([{ path, content }, { path: other, content }])
      case 6:
        return filesystem.readFiles([path, other])
      case 7:
        return filesystem.chmod(path, this.random.below(0o1000))
      case 8:
        return filesystem.copy(path, other)
      default:
        return filesystem.writeFile(path, content)
    }
  }

  private command(vm: VmShape): Effect.Effect<unknown, unknown> {
    const command = this.pick([
      "for i in 1 2 3; do echo $i $RANDOM; sleep 0.1; done | sort -r > /tmp/sorted; cat /tmp/sorted",
      "date +%s%N > /tmp/now; (sleep 2; echo late >> /tmp/now) & echo early >> /tmp/now; wait; cat /tmp/now",
      "mkdir -p /tmp/x/y; cp -r /etc /tmp/x; find /tmp/x -type f | wc -l; mktemp",
      "head -c 100 /dev/urandom | od -An -tx1 > /tmp/noise; wc /tmp/noise",
      "trap 'echo term >> /tmp/t; exit 3' TERM; kill -TERM $$; sleep 1"
    ])
    const timeout = this.random.below(4) === 0 ? "500 millis" as const : undefined
    return vm.processes.exec(this.uses.includes("mounts") ? `${command}; ls /mnt; echo $? > /mnt/a` : command, {
      timeout
    })
  }

  private tool(vm: VmShape): Effect.Effect<unknown, unknown> {
    return vm.processes.exec(this.pick([
      "orders find --id 7",
      "orders find --id 8 > /tmp/none; cat /tmp/none",
      "orders refund --id 7 --cents 500 > /tmp/receipt; cat /tmp/receipt",
      "orders report --verbose --tags a --tags b"
    ]))
  }

  /** One thing that a program does; what it fails with is part of the run. */
  private step(vm: VmShape): Program {
    const mounted = this.uses.includes("mounts") && this.random.below(2) === 0
    const guests = this.uses.includes("guests") && this.random.below(6) === 0
    const tools = this.uses.includes("tools") && this.random.below(4) === 0
    const step: Effect.Effect<unknown, unknown, Scope.Scope> = tools
      ? this.tool(vm)
      : guests
      ? this.command(vm)
      : this.random.below(8) === 0
      ? this.whole(vm)
      : this.random.below(6) === 0
      ? Effect.all([this.file(vm, HOME), this.file(vm, HOME), this.file(vm, HOME)], { concurrency: 3 })
      : this.file(vm, mounted ? "/mnt" : HOME)
    return Effect.ignore(Effect.timeout(step, "5 minutes"))
  }

  /** What concerns the whole VM. */
  private whole(vm: VmShape): Effect.Effect<unknown, unknown, Scope.Scope> {
    const path = this.path(HOME)
    switch (this.random.below(4)) {
      case 0:
        return Effect.flatMap(vm.fork, (fork) => fork.filesystem.writeFile(path, "fork"))
      case 1:
        return Effect.flatMap(
          vm.snapshot,
          (kept) => Effect.zipRight(vm.filesystem.writeFile(path, "gone"), vm.restore(kept))
        )
      case 2:
        return Effect.flatMap(
          vm.snapshot,
          (kept) => Effect.zipRight(vm.filesystem.writeFile(path, "more"), vm.diff(kept))
        )
      default:
        return Effect.sleep(this.random.below(100_000))
    }
  }

  private readonly cron = (vm: VmShape): Program =>
    Effect.gen(this, function*() {
      const { filesystem, scheduler } = vm
      const append = Effect.gen(function*() {
        const found = yield* Effect.orElseSucceed(filesystem.readFileString("/tmp/ticks"), () => "")
        yield* filesystem.writeFile("/tmp/ticks", `${found}tick\n`)
      })
      yield* scheduler.schedule({ id: "tick", schedule: "* * * * *", action: ScheduleAction.callback(append) })
      if (this.uses.includes("guests")) {
        const action = ScheduleAction.exec({ command: "sh", args: ["-c", "date >> /tmp/dates; sleep 70"] })
        yield* scheduler.schedule({ id: "exec", schedule: "*/2 * * * *", overlap: "skip", action })
      }
      yield* Effect.sleep("10 minutes")
    }).pipe(Effect.ignore)

  /** A VM whose `/mnt` is served by this program: by the files of another VM. */
  private readonly lease = Effect.gen(this, function*() {
    let mounts: VmConfigInput["mounts"] = []
    if (this.uses.includes("mounts")) {
      const { filesystem } = yield* Vm.make({})
      yield* filesystem.mkdir("/srv/root", { recursive: true })
      const driver = FileSystemDriver.make(VmFileSystem.make(filesystem, "/"), { root: "/srv/root" })
      mounts = [
        { path: "/mnt", driver },
        { path: "/over", filesystem: { type: "overlay", lowers: [{ kind: "driver", driver }] } }
      ]
    }
    const toolKits = this.uses.includes("tools") ? [Orders] as const : []
    return yield* Effect.provide(Vm.make({ mounts, toolKits } as { readonly toolKits: readonly [typeof Orders] }), [
      OrdersLive,
      Approvals.layer(() => Effect.as(Effect.sleep("3 seconds"), { _tag: "Approve" as const }))
    ])
  })

  readonly program: Program = Effect.gen(this, function*() {
    const vm = yield* this.lease
    for (let left = 4 + this.random.below(12); left > 0; left--) yield* this.step(vm)
    if (this.uses.includes("cron")) yield* this.cron(vm)
  }).pipe(Effect.ignore)
}

const faults = (random: SeededRandom): Options["faults"] => ({
  split: random.number() * 0.5,
  reorder: random.number() * 0.3,
  delay: random.below(300),
  cut: random.below(2) * 0.01,
  drop: random.below(2) * 0.004
})

export const generate = (seed: number): Generated => {
  const uses = usesOf(seed)
  const options = uses.includes("faults") ? { seed, faults: faults(new SeededRandom(seed)) } : { seed }
  return { seed, uses, options, program: new Writer(seed, uses).program }
}
