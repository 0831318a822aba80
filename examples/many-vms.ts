// A fleet: one VM per task, all at once, in one sidecar. What goes wrong in a VM is a typed error of that VM alone.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const tasks = [
  { name: "squares", script: "for i in 1 2 3 4; do echo $((i * i)); done | tr '\\n' ' '" },
  { name: "words", script: "printf 'to be or not to be' | tr ' ' '\\n' | sort | uniq -c | sort -nr | head -1" },
  { name: "endless", script: "while true; do :; done" },
  { name: "greedy", script: "more=$(seq 1 999); while echo \"$more\" >> /tmp/all; do :; done; exit 1" },
  { name: "failing", script: "cat /no/such/file" }
]

const runTask = ({ name, script }: (typeof tasks)[number]) =>
  Effect.gen(function*() {
    // the VM lives until this Scope closes, and then nothing of it is left
    const vm = yield* Vm.make({ hostname: name, limits: { filesystemBytes: 64 * 1024 } })
    const { exitCode, stderr, stdout } = yield* vm.processes.exec(script, { timeout: "2 seconds" })
    return exitCode === 0 ? `said ${stdout.trim()}` : `exit code ${exitCode}: ${stderr.trim()}`
  }).pipe(
    Effect.scoped,
    // a non-zero exit code is a result; being stopped is an error
    Effect.catchTag("ProcessError", (error) => Effect.succeed(`${error.reason}: it was stopped`)),
    Effect.map((outcome) => `${name.padEnd(8)} ${outcome}`)
  )

const program = Effect.gen(function*() {
  const outcomes = yield* Effect.forEach(tasks, runTask, { concurrency: "unbounded" })
  yield* Console.log(outcomes.join("\n"))
})

program.pipe(Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
