import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { SchedulerOptions } from "../../layers/scheduler/TimerScheduler.ts"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import type { ExecOptions, ProcessesShape } from "../../services/Processes.ts"
import { Processes } from "../../services/Processes.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import type { ScheduleEvent } from "../../src/schedule/ScheduleEvent.ts"
import { noProcesses } from "../support/no-processes.ts"

/** What a program was asked to run. */
export class Commands
  extends Context.Tag("test/Commands")<Commands, Array<{ command: string; options: ExecOptions }>>()
{}

/** `exit n` exits with n, `fail` fails, `hang` never ends, and everything else succeeds. */
const processes = (commands: Array<{ command: string; options: ExecOptions }>): ProcessesShape => ({
  ...noProcesses,
  exec: (command, options = {}) =>
    Effect.suspend(() => {
      commands.push({ command, options: options as ExecOptions })
      if (command === "fail") return new ProcessError({ reason: "Spawn", command, stdout: "", stderr: "", detail: "" })
      if (command === "hang") return Effect.never
      const exitCode = command.startsWith("exit ") ? Number(command.slice(5)) : 0
      return Effect.succeed({ exitCode, stdout: "", stderr: "" })
    })
})

export const layerProcesses: Layer.Layer<Processes | Commands> = Layer.suspend(() => {
  const commands: Array<{ command: string; options: ExecOptions }> = []
  return Layer.merge(Layer.succeed(Commands, commands), Layer.succeed(Processes, processes(commands)))
})

export const layerWith = (options: SchedulerOptions): Layer.Layer<Scheduler | Processes | Commands> =>
  Layer.provideMerge(TimerScheduler.layerWith(options), layerProcesses)

export const layer = layerWith({})

/** All events from now on; the Ref fills as they happen. */
export const watchEvents: Effect.Effect<Ref.Ref<Array<ScheduleEvent>>, never, Scheduler | Scope.Scope> = Effect.gen(
  function*() {
    const scheduler = yield* Scheduler
    const events = yield* Ref.make<Array<ScheduleEvent>>([])
    yield* scheduler.events.pipe(
      Stream.runForEach((event) => Ref.update(events, (all) => [...all, event])),
      Effect.forkScoped
    )
    yield* Effect.yieldNow()
    yield* Effect.yieldNow()
    return events
  }
)

/** An event in one word or a few. */
export const brief = (event: ScheduleEvent): string => {
  switch (event._tag) {
    case "Fire":
      return `fire ${event.trigger}`
    case "Complete":
      return event.exitCode === undefined ? "complete" : `complete ${event.exitCode}`
    case "Error":
      return `error ${event.fault}`
    case "Skipped":
      return `skipped ${event.reason}`
    case "Queued":
      return "queued"
    case "Missed":
      return `missed ${event.count}${event.more ? "+" : ""}`
  }
}

export const briefs = (events: Ref.Ref<Array<ScheduleEvent>>) => Effect.map(Ref.get(events), (all) => all.map(brief))

export const collect = <A>(stream: Stream.Stream<A>) => Effect.map(Stream.runCollect(stream), Chunk.toArray)
