/**
 * Work at certain times in a VM: a report by cron, a callback once, and everything that happens as a stream.
 */
import { Effect, Stream } from "effect"
import { Filesystem, ScheduleAction, Scheduler, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const program = Effect.gen(function*() {
  const scheduler = yield* Scheduler
  const filesystem = yield* Filesystem
  yield* filesystem.writeFile("/home/user/report.sh", "echo \"report of $1\" >> /home/user/reports.txt\n")

  const twoRuns = scheduler.events.pipe(
    Stream.filter((event) => event._tag === "Complete" && event.id === "report"),
    Stream.take(2),
    Stream.runDrain
  )
  const waiting = yield* Effect.fork(twoRuns)
  yield* Effect.yieldNow()

  yield* scheduler.schedule({
    id: "report",
    schedule: "* * * * * *",
    zone: "Europe/Berlin",
    overlap: "skip",
    missed: "once",
    timeout: "10 seconds",
    action: ScheduleAction.exec({ command: "sh /home/user/report.sh", args: ["it's today"] })
  })
  yield* scheduler.schedule({
    schedule: "2099-01-01T00:00:00Z",
    action: ScheduleAction.callback(Effect.log("a new century is near"))
  })
  for (const job of yield* scheduler.list) {
    yield* Effect.log(`${job.id} runs ${job.description}, next ${new Date(job.nextRun ?? 0).toISOString()}`)
  }

  yield* waiting
  yield* scheduler.cancel("report")
  yield* Effect.log(new TextDecoder().decode(yield* filesystem.readFile("/home/user/reports.txt")))
})

const main = program.pipe(
  Effect.provide(Vm.layer({})),
  Effect.provide(NodeSidecar.layer)
)

await Effect.runPromise(main)
