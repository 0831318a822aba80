// One shell for many calls: what a command sets up, the next one finds. A fork tries something else from the same point.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { type ProcessesShape, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

// as a model works: a tool call for each command
const shell = (processes: ProcessesShape, command: string) =>
  processes.exec(command, { session: "build", timeout: "10 seconds" }).pipe(
    Effect.tap(({ exitCode, stderr, stdout }) => Console.log(`$ ${command}\n${stdout}${stderr}[${exitCode}]`)),
    // killed at its deadline: the session is as it was before
    Effect.catchTag("ProcessError", ({ reason }) => Console.log(`$ ${command}\n[${reason}]`))
  )

const program = Effect.gen(function*() {
  const vm = yield* Vm
  yield* shell(vm.processes, "mkdir -p ~/app && cd ~/app && export MODE=draft")
  yield* shell(vm.processes, "page() { echo \"<h1>$1</h1> <!-- $MODE -->\" > $1.html; }; pages=(home about)")
  yield* shell(vm.processes, "for p in \"${pages[@]}\"; do page $p; done; pwd; cat *.html")

  const attempt = yield* vm.fork
  yield* shell(attempt.processes, "MODE=final; page home; cat home.html")
  yield* shell(vm.processes, "echo $MODE; cat home.html; exit 3")
  yield* shell(vm.processes, "echo \"it goes on, after $?\"")

  for (const { bytes, cwd, name } of yield* vm.processes.sessions) {
    yield* Console.log(`session ${name} in ${cwd}: ${bytes > 0 ? "some" : "no"} state`)
  }
  yield* vm.processes.dropSession("build")
})

program.pipe(Effect.scoped, Effect.provide(Vm.layer({})), Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
