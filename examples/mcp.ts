/** A VM as an MCP server over HTTP, and a client that works in it. */
import { NodeRuntime } from "@effect/platform-node"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { Console, Effect, Layer, Schema } from "effect"
import { ToolKit, Vm } from "effect-agent-os"
import { McpServer } from "effect-agent-os/mcp"
import { NodeSidecar } from "effect-agent-os/node"

const Greeter = ToolKit.make("greeter", {
  description: "Greetings",
  tools: {
    greet: ToolKit.tool({
      description: "Greet somebody",
      input: Schema.Struct({ name: Schema.String }),
      output: Schema.Struct({ greeting: Schema.String })
    })
  }
})

const GreeterLive = Greeter.toLayer({ greet: ({ name }) => Effect.succeed({ greeting: `hello ${name}` }) })

const connect = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Client({ name: "example", version: "1.0.0" })
      await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Transport)
      return client
    }),
    (client) => Effect.promise(() => client.close())
  )

const program = Effect.gen(function*() {
  const { url } = yield* McpServer.http({ port: 0 })
  const client = yield* connect(url)
  const { tools } = yield* Effect.promise(() => client.listTools())
  yield* Console.log(tools.map(({ name }) => name).join(" "))
  for (
    const call of [
      { name: "greeter_greet", arguments: { name: "Ada" } },
      { name: "run", arguments: { command: "seq 3 | tee numbers.txt | wc -l" } },
      { name: "diff" }
    ]
  ) {
    const { structuredContent } = yield* Effect.promise(() => client.callTool(call))
    yield* Console.log(JSON.stringify(structuredContent))
  }
})

program.pipe(
  Effect.scoped,
  Effect.provide(Vm.layer({ toolKits: [Greeter] })),
  Effect.provide(Layer.merge(GreeterLive, NodeSidecar.layer)),
  NodeRuntime.runMain
)
