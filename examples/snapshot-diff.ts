// Let a script loose, then ask what it did: a snapshot takes no time, and the difference lists what became of the files.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"

const program = Effect.gen(function*() {
  const vm = yield* Vm
  yield* vm.filesystem.writeFiles([
    { path: "/home/user/site/index.html", content: "<h1>Hello</h1>\n" },
    { path: "/home/user/site/old.html", content: "gone soon\n" },
    { path: "/home/user/site/draft.html", content: "almost ready\n" }
  ])
  const before = yield* vm.snapshot

  yield* vm.processes.exec("sed -i s/Hello/Welcome/ index.html; rm old.html; mv draft.html news.html; mkdir img", {
    cwd: "/home/user/site"
  })

  for (const { from, kind, path } of yield* vm.diff(before)) {
    yield* Console.log(`${kind.padEnd(8)} ${from === undefined ? "" : `${from} -> `}${path}`)
  }
})

program.pipe(Effect.provide(Vm.layer({})), Effect.provide(NodeSidecar.layer), NodeRuntime.runMain)
