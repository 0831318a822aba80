/**
 * What a program leaves behind.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Supervisor from "effect/Supervisor"
import { readdirSync } from "node:fs"
import { tmpdir } from "node:os"

/** What holds a process open, by the names that Node.js has for it. Timers and file requests come and go by themselves. */
const watched = [
  "ProcessWrap",
  "MessagePort",
  "Worker",
  "PipeWrap",
  "PipeServerWrap",
  "TCPSocketWrap",
  "TCPServerWrap",
  "UDPWrap",
  "FSEventWrap"
]

/** Temporary files of this package begin so. */
const PREFIX = "agent-os"

interface State {
  readonly resources: ReadonlyMap<string, number>
  readonly temporary: ReadonlySet<string>
}

const look = (files: boolean): State => {
  const resources = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) resources.set(name, (resources.get(name) ?? 0) + 1)
  const names = files ? readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX)) : []
  return { resources, temporary: new Set(names) }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Whether temporary files count. Those of other processes do, too: leave them out where some run. Default `true`. */
  readonly temporaryFiles?: boolean | undefined
}

type Fibers = Effect.Effect<ReadonlyArray<Fiber.RuntimeFiber<any, any>>>

const leftovers = (before: State, fibers: Fibers, temporaryFiles: boolean): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(fibers, (alive) => {
    const now = look(temporaryFiles)
    const more = watched.flatMap((name) => {
      const count = (now.resources.get(name) ?? 0) - (before.resources.get(name) ?? 0)
      return count > 0 ? [`${count} ${name}`] : []
    })
    const files = Array.from(now.temporary).filter((name) => !before.temporary.has(name))
    const running = alive.filter((fiber) => fiber.unsafePoll() === null)
    return [
      ...more,
      ...files.map((name) => `the temporary file ${name}`),
      ...(running.length === 0 ? [] : [`${running.length} fibers: ${running.slice(0, 10).map(nameOf).join(", ")}`])
    ]
  })

const nameOf = (fiber: Fiber.RuntimeFiber<any, any>): string => `#${fiber.id().id}`

const live = Clock.make()
const PATIENCE_MS = 3_000
const LOOK_MS = 10

/**
 * Runs an effect, closes its Scope, and dies if there is anything left of it after 3 seconds of real time: a process, a
 * worker, a socket, a temporary file of this package, a fiber. What other programs of the same process do meanwhile would
 * count as well.
 *
 * @since 0.1.0
 * @category assertions
 */
export const expectNothingLeft = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  { temporaryFiles = true }: Options = {}
): Effect.Effect<A, E, Exclude<R, Scope.Scope>> =>
  Effect.gen(function*() {
    const before = look(temporaryFiles)
    const supervisor = yield* Supervisor.track
    const exit = yield* Effect.exit(Effect.supervised(Effect.scoped(effect), supervisor))
    const until = live.unsafeCurrentTimeMillis() + PATIENCE_MS
    let left = yield* leftovers(before, supervisor.value, temporaryFiles)
    while (left.length > 0 && live.unsafeCurrentTimeMillis() < until) {
      yield* live.sleep(Duration.millis(LOOK_MS))
      left = yield* leftovers(before, supervisor.value, temporaryFiles)
    }
    if (left.length > 0) return yield* Effect.dieMessage(`left behind: ${left.join("; ")}`)
    return yield* exit
  })
