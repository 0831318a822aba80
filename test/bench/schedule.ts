/** What schedules cost: the next run of an expression, and a job that waits. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as TimerScheduler from "../../layers/scheduler/TimerScheduler.ts"
import type { ProcessesShape } from "../../services/Processes.ts"
import { next, parse } from "../../src/schedule/ParsedSchedule.ts"
import * as ScheduleAction from "../../src/schedule/ScheduleAction.ts"
import * as Zone from "../../src/schedule/Zone.ts"
import { noProcesses } from "../support/no-processes.ts"
import type { Group } from "./bench.ts"
import { times } from "./bench.ts"
import type { Row } from "./measure.ts"
import { atMost, row } from "./measure.ts"

const classes: ReadonlyArray<readonly [name: string, expression: string, bar: number]> = [
  ["every five minutes", "*/5 * * * *", 0.2],
  ["weekdays at nine", "0 9 * * MON-FRI", 0.2],
  ["once a year", "@yearly", 0.2],
  ["last working day", "0 9 LW * *", 0.2],
  ["29 February", "0 0 29 2 *", 2],
  ["fifth Monday of February", "0 0 * 2 MON#5", 2],
  ["a year far away", "0 0 0 29 2 ? 2096", 2]
]

/** Instants are spread, so that no two calls have the same work. */
const nextRow = (name: string, expression: string, bar: number, count: number): Row => {
  const schedule = Either.getOrThrow(parse(expression))
  const zone = Zone.make("Europe/Berlin")!
  const samples: Array<number> = []
  for (let i = 0; i < count; i++) {
    const after = Date.UTC(2024, 0, 1) + i * 7_919_000
    const start = performance.now()
    next(schedule, zone, after)
    samples.push(performance.now() - start)
  }
  return row(`next run, ${name}`, samples, { bar: atMost(bar) })
}

const nothing: ProcessesShape = {
  ...noProcesses,
  exec: () => Effect.succeed({ exitCode: 0, stdout: "", stderr: "" })
}

const heap = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const manyJobs = (count: number) =>
  Effect.gen(function*() {
    const scheduler = yield* TimerScheduler.make(nothing)
    const action = ScheduleAction.exec({ command: "true" })
    const add = (from: number, to: number) =>
      Effect.gen(function*() {
        for (let i = from; i < to; i++) {
          yield* scheduler.schedule({ schedule: `${i % 60} ${i % 24} * * *`, zone: "Europe/Berlin", action })
        }
      })
    yield* add(0, count / 10)
    const before = heap()
    const start = performance.now()
    yield* add(0, count)
    const took = performance.now() - start
    const bytes = (heap() - before) / count
    const note = globalThis.gc === undefined ? "without --expose-gc: with garbage" : undefined
    return [
      row(`schedule a job (${count.toLocaleString("en")} jobs)`, [took * 1000 / count], {
        unit: "us",
        bar: atMost(20)
      }),
      row("a job that waits, heap", [bytes], { unit: "B", bar: atMost(1024), note })
    ]
  }).pipe(Effect.scoped)

export const schedule: Group = {
  name: "schedule",
  run: (settings) =>
    Effect.gen(function*() {
      const rows = classes.map(([name, expression, bar]) => nextRow(name, expression, bar, times(settings, 5000)))
      return [...rows, ...(yield* manyJobs(times(settings, 100_000)))]
    })
}
