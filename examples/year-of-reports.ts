// A year of an agent's work in a few seconds: virtual time for the program, its jobs, and the shell that they run.
import { NodeRuntime } from "@effect/platform-node"
import { Clock, Console, Effect } from "effect"
import { Filesystem, ScheduleAction, Scheduler, Vm } from "effect-agent-os"
import { TestSidecar, VirtualTime } from "effect-agent-os/testing"
import { strictEqual } from "node:assert"

const program = Effect.gen(function*() {
  const files = yield* Filesystem
  const scheduler = yield* Scheduler
  yield* files.writeFile("/home/user/report.sh", "sleep 600; echo \"$(date +%F) $RANDOM\" >> /home/user/reports")
  yield* scheduler.schedule({
    id: "report",
    schedule: "0 9 * * MON-FRI",
    zone: "Europe/Berlin",
    overlap: "skip",
    action: ScheduleAction.exec({ command: "sh /home/user/report.sh" })
  })
  yield* Effect.sleep("365 days")
  const reports = (yield* files.readFileString("/home/user/reports")).trim().split("\n")
  strictEqual((yield* scheduler.get("report")).runCount, 261)
  strictEqual(reports.length, 261)
  yield* Console.log(`${new Date(yield* Clock.currentTimeMillis).toISOString()}: ${reports.length} reports`)
  yield* Console.log(`the first: ${reports[0]}, the last: ${reports.at(-1)}`)
})

program.pipe(
  Effect.provide(Vm.layer({})),
  Effect.provide(TestSidecar.layer({ seed: 7 })),
  Effect.provide(VirtualTime.layer({ now: new Date("2026-01-01T00:00:00Z") })),
  NodeRuntime.runMain
)
