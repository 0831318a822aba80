import { describe, it } from "@effect/vitest"
import { RuleTester } from "eslint"
import tseslint from "typescript-eslint"
import rule from "../../eslint-rules/house-imports.js"

RuleTester.describe = describe
RuleTester.it = it

const tester = new RuleTester({ languageOptions: { parser: tseslint.parser as never } })
const imports = (filename: string, source: string) => ({ filename, code: `import * as X from "${source}"\nvoid X` })
const refused = (filename: string, source: string, fault: string) => ({
  ...imports(filename, source),
  errors: [{ messageId: "fault", data: { fault } }]
})

const sharesWire = "layers reach the kernel through a Transport: put what both sides share into src/wire."
const advice = {
  src: "src holds vocabulary only: move the shared type or function down into src.",
  services: "services declare tags and shapes: put the implementation into layers, or the shared type into src.",
  native: "native is the sidecar program: put what both sides share into src.",
  bin: "bin starts the sidecar through layers/node."
}

tester.run("house-imports", rule, {
  valid: [
    imports("src/config/VmConfig.ts", "../errors/ConfigError.ts"),
    imports("src/config/VmConfig.ts", "effect/Schema"),
    imports("src/index.ts", "../services/Vm.ts"),
    imports("src/index.ts", "../layers/remote/Vm.ts"),
    imports("services/Vm.ts", "../src/Paths.ts"),
    imports("services/Vm.ts", "./Filesystem.ts"),
    imports("layers/remote/Vm.ts", "../../services/Vm.ts"),
    imports("layers/node/Spawn.ts", "node:child_process"),
    imports("layers/node/Spawn.ts", "@effect/platform-node/NodeContext"),
    imports("layers/node/Spawn.ts", "#sidecar/main.js"),
    imports("layers/testing/InProcess.ts", "../../native/server/server.ts"),
    imports("native/kernel/vm.ts", "../../src/Errno.ts"),
    imports("native/kernel/workers/pool.ts", "node:worker_threads"),
    imports("native/server/server.ts", "../kernel/vm.ts"),
    imports("native/server/server.ts", "effect/Effect"),
    imports("bin/agent-os.ts", "../layers/node/Sidecar.ts"),
    imports("bin/mcp/mcp.ts", "../../layers/mcp/index.ts"),
    imports("layers/ai/AiToolkit.ts", "@effect/ai/Tool"),
    imports("layers/mcp/Http.ts", "./Guard.ts"),
    imports("layers/mcp/Session.ts", "@modelcontextprotocol/sdk/server/index.js"),
    imports("layers/testing/vitest.ts", "vitest"),
    imports("test/e2e/x.test.ts", "../../native/kernel/vm.ts"),
    imports("test/e2e/x.test.ts", "effect"),
    imports("examples/first.ts", "effect-agent-os"),
    imports("examples/first.ts", "effect"),
    { filename: "src/a.ts", code: "void import(name)" }
  ],
  invalid: [
    refused("src/config/VmConfig.ts", "../../services/Vm.ts", `src must not import services: ${advice.src}`),
    refused("src/Paths.ts", "../native/kernel/vm.ts", `src must not import native: ${advice.src}`),
    refused("src/index.ts", "../native/main.ts", `src must not import native: ${advice.src}`),
    refused("services/Vm.ts", "../layers/remote/Vm.ts", `services must not import layers: ${advice.services}`),
    refused("services/Vm.ts", "../native/main.ts", `services must not import native: ${advice.services}`),
    refused("layers/remote/Vm.ts", "../../native/kernel/vm.ts", `layers must not import native: ${sharesWire}`),
    refused("layers/node/Spawn.ts", "../../native/main.ts", `layers must not import native: ${sharesWire}`),
    refused("layers/remote/Vm.ts", "../../test/support.ts", `layers must not import test: ${sharesWire}`),
    refused("native/server/server.ts", "../../services/Vm.ts", `native must not import services: ${advice.native}`),
    refused("native/server/server.ts", "../../layers/node/X.ts", `native must not import layers: ${advice.native}`),
    refused(
      "layers/remote/Vm.ts",
      "@effect/ai/Tool",
      "@effect/ai/Tool is an optional peer: only layers/ai/ may import it."
    ),
    refused(
      "bin/mcp/mcp.ts",
      "@modelcontextprotocol/sdk/types.js",
      "@modelcontextprotocol/sdk/types.js is an optional peer: only layers/mcp/ may import it."
    ),
    refused("src/index.ts", "../layers/ai/index.ts", "layers/ai/ needs optional peers: only bin may import it."),
    refused("layers/node/Spawn.ts", "../mcp/index.ts", "layers/mcp/ needs optional peers: only bin may import it."),
    refused(
      "layers/ai/AiToolkit.ts",
      "node:fs",
      "node:fs is Node only: layers/ai works wherever a Transport does: put code that needs Node into layers/node."
    ),
    refused("bin/agent-os.ts", "../native/main.ts", `bin must not import native: ${advice.bin}`),
    refused(
      "layers/testing/InProcess.ts",
      "../../bin/agent-os.ts",
      "layers/testing must not import bin: layers/testing may import src, services, layers and native."
    ),
    refused(
      "services/Vm.ts",
      "node:fs",
      "node:fs is Node only: services are interfaces: put code that needs Node into layers/node."
    ),
    refused(
      "services/Vm.ts",
      "fs/promises",
      "fs/promises is Node only: services are interfaces: put code that needs Node into layers/node."
    ),
    refused(
      "layers/remote/Vm.ts",
      "@effect/platform-node/NodeSocket",
      "@effect/platform-node/NodeSocket is Node only: layers/remote works wherever a Transport does: put code that needs " +
        "Node into layers/node."
    ),
    refused(
      "src/Paths.ts",
      "node:path",
      "node:path is Node only: src is plain vocabulary: put code that needs Node into layers/node or native."
    ),
    refused(
      "native/kernel/vm.ts",
      "node:fs",
      "node:fs is Node only: the kernel's cores do no I/O: put code that needs Node into native/server."
    ),
    refused(
      "native/kernel/vm.ts",
      "effect/Effect",
      "the kernel's cores are plain TypeScript: put code that needs Effect into native/server."
    ),
    refused(
      "layers/node/Spawn.ts",
      "effect",
      "effect is a barrel and slow to load: import the module, as in import * as Name from \"effect/Name\"."
    ),
    refused(
      "native/server/server.ts",
      "@effect/platform",
      "@effect/platform is a barrel and slow to load: import the module, as in import * as Name from " +
        "\"@effect/platform/Name\"."
    ),
    refused(
      "layers/node/Spawn.ts",
      "effect-agent-os",
      "the package must not import itself by name: use a relative path."
    ),
    ...[
      "export * from \"../layers/remote/Vm.ts\"",
      "export { x } from \"../layers/remote/Vm.ts\"",
      "void import(\"../layers/remote/Vm.ts\")",
      "type X = import(\"../layers/remote/Vm.ts\").Vm",
      "import type { Vm } from \"../layers/remote/Vm.ts\""
    ].map((code) => ({
      filename: "services/Vm.ts",
      code,
      errors: [{ messageId: "fault", data: { fault: `services must not import layers: ${advice.services}` } }]
    }))
  ]
})
