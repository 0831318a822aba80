// Packs the package, installs it as a user does, with its peers alone, and then type-checks and runs a program on it; then
// the same with its optional peers, and the parts that need them.
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const require = createRequire(import.meta.url)
const { devDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8")
)
const folder = mkdtempSync(join(tmpdir(), "agent-os-packed-"))
const run = (command, args) =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

const program = `
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Filesystem, Processes, Vm } from "effect-agent-os"
import { NodeSidecar } from "effect-agent-os/node"
import { VmContext } from "effect-agent-os/platform"
import { TestSidecar } from "effect-agent-os/testing"

const program = Effect.gen(function*() {
  const files = yield* Filesystem
  const processes = yield* Processes
  yield* files.writeFile("/home/user/in.txt", "b\\na\\n")
  const { exitCode, stdout } = yield* processes.exec("sort in.txt | tee out.txt", { cwd: "/home/user" })
  const out = yield* files.readFileString("/home/user/out.txt")
  yield* Console.log(JSON.stringify([exitCode, stdout, out, VmContext.layer !== undefined]))
}).pipe(Effect.provide(Vm.layer({})))

await Effect.runPromise(Effect.zipRight(
  program.pipe(Effect.provide(NodeSidecar.layer)),
  program.pipe(Effect.provide(TestSidecar.layer))
))
`

const withModels = `
import * as Effect from "effect/Effect"
import { Vm } from "effect-agent-os"
import { AiToolkit } from "effect-agent-os/ai"
import { McpServer } from "effect-agent-os/mcp"
import { TestSidecar } from "effect-agent-os/testing"

const program = Effect.gen(function*() {
  const toolkit = yield* AiToolkit.make(AiToolkit.Own)
  const { encodedResult } = yield* toolkit.handle("run", { command: "echo $((6 * 7))" })
  const { port } = yield* McpServer.http({ port: 0 })
  console.log(JSON.stringify([(encodedResult as { readonly stdout: string }).stdout, port > 0]))
}).pipe(Effect.scoped, Effect.provide(Vm.layer({})), Effect.provide(TestSidecar.layer))

await Effect.runPromise(program)
`

const line = JSON.stringify([0, "a\nb\n", "a\nb\n", true])

try {
  const [{ filename }] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder, root]))
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const isOptional = (name) => peerDependenciesMeta[name]?.optional === true
  const install = (names, ...more) => {
    const peers = names.map((name) => `${name}@${devDependencies[name]}`)
    run("npm", ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", ...more, ...peers])
  }
  const compile = (file, text) => {
    writeFileSync(join(folder, file), text)
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          module: "nodenext",
          target: "es2022",
          lib: ["es2023", "dom"],
          types: [],
          skipLibCheck: true
        },
        files: [file]
      })
    )
    run(process.execPath, [require.resolve("typescript/bin/tsc")])
  }
  const peers = Object.keys(peerDependencies)
  install(peers.filter((name) => !isOptional(name)), join(folder, filename))
  for (const name of peers.filter(isOptional)) {
    if (existsSync(join(folder, "node_modules", name))) throw new Error(`${name} was installed, and is optional`)
  }
  compile("program.ts", program)
  const printed = run(process.execPath, ["program.js"])
  if (printed !== `${line}\n${line}\n`) throw new Error(`printed ${JSON.stringify(printed)}`)
  const command = run(process.execPath, [join("node_modules", ".bin", "agent-os"), "run", "-c", "echo $((6 * 7))"])
  if (command !== "42\n") throw new Error(`the command printed ${JSON.stringify(command)}`)
  install(peers.filter(isOptional))
  compile("models.ts", withModels)
  const called = run(process.execPath, ["models.js"])
  if (called !== "[\"42\\n\",true]\n") throw new Error(`printed ${JSON.stringify(called)}`)
  console.log("ok: packed, installed with its peers, type-checked and run")
} finally {
  rmSync(folder, { recursive: true, force: true })
}
