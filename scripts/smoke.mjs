// Runs the built package on the Node.js given as argument: as a host program, and as the command.
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const node = process.argv[2] ?? process.execPath
const root = fileURLToPath(new URL("..", import.meta.url))
// inside the package, so that it is found by its own name
const folder = join(root, "tmp", `smoke-${process.pid}`)

const program = `
import { Effect } from "effect"
import { Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"
const result = await Effect.gen(function*() {
  const vm = yield* Vm.make({})
  yield* vm.filesystem.writeFile("/home/user/in.txt", "b\\na\\n")
  const { exitCode, stdout } = yield* vm.processes.exec("sort in.txt | tee out.txt")
  const loop = yield* Effect.either(vm.processes.exec("while true; do :; done", { timeout: "300 millis" }))
  return [exitCode, stdout, yield* vm.filesystem.readFileString("/home/user/out.txt"), loop._tag]
}).pipe(Effect.scoped, Effect.provide(NodeSidecar.layer), Effect.runPromise)
console.log(JSON.stringify(result))
`

const check = (name, args, expected) => {
  const { error, status, stderr, stdout } = spawnSync(node, args, { cwd: folder, encoding: "utf8", timeout: 60_000 })
  const ok = error === undefined && status === 0 && stdout.trim() === expected
  console.log(`${ok ? "ok" : "FAILED"}: ${name}`)
  if (!ok) console.log({ error, status, stdout, stderr })
  return ok
}

mkdirSync(folder, { recursive: true })
try {
  writeFileSync(join(folder, "program.mjs"), program)
  const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" })
  console.log(`on ${stdout.trim()}`)
  const results = [
    check("a host program", ["program.mjs"], JSON.stringify([0, "a\nb\n", "a\nb\n", "Left"])),
    check("the command", [join(root, "dist/bin/agent-os.js"), "run", "-c", "echo $((6 * 7))"], "42")
  ]
  process.exitCode = results.every(Boolean) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
