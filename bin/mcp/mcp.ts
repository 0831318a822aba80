/** `agent-os mcp`: a fresh VM as an MCP server. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import { McpServer } from "../../layers/mcp/index.ts"
import * as NodeSidecar from "../../layers/node/NodeSidecar.ts"
import { Vm } from "../../services/Vm.ts"
import { fromParseIssue } from "../../src/config/ConfigIssue.ts"
import { PermissionsConfig } from "../../src/config/PermissionsConfig.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import { ExitCode, Failure, usage } from "../exit.ts"
import { say } from "../output.ts"
import * as Settings from "../run/settings.ts"
import { version } from "../version.ts"

/** The flags, as they were given. */
export interface Flags {
  readonly mount: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly env: ReadonlyArray<string>
  readonly limit: ReadonlyArray<string>
  readonly permissions: Option.Option<string>
  readonly http: Option.Option<string>
}

const loadPermissions = (file: string): Effect.Effect<typeof PermissionsConfig.Encoded, Failure> =>
  Effect.try({
    try: () => JSON.parse(readFileSync(file, "utf8")) as typeof PermissionsConfig.Encoded,
    catch: (cause) => usage(`--permissions ${file}: ${(cause as Error).message}`)
  }).pipe(
    Effect.tap((given) =>
      Effect.mapError(
        ParseResult.decodeUnknown(PermissionsConfig, { onExcessProperty: "error" })(given),
        (issue) => usage(`--permissions ${file}: ${fromParseIssue(issue).message}`)
      )
    )
  )

const parsePort = (given: string): Effect.Effect<number, Failure> =>
  /^\d{1,5}$/.test(given) && Number(given) <= 65_535
    ? Effect.succeed(Number(given))
    : Effect.fail(usage(`--http ${given}: write a port between 0 and 65535`))

const configOf = (flags: Flags): Effect.Effect<VmConfigInput, Failure> =>
  Effect.gen(function*() {
    const mounts = yield* Effect.forEach(flags.mount, Settings.parseMount)
    const env = yield* Settings.parseEnv(flags.env)
    const limits = yield* Settings.parseLimits(flags.limit)
    const permissions = Option.isNone(flags.permissions) ? undefined : yield* loadPermissions(flags.permissions.value)
    return {
      env,
      limits,
      mounts: Settings.mountsOf(mounts, flags.exclude),
      ...(permissions === undefined ? {} : { permissions })
    }
  })

const info = { name: "agent-os", version: version() }

/** Until it is stopped. */
const overHttp = (port: number): Effect.Effect<never, Failure, Vm | Scope.Scope> =>
  Effect.gen(function*() {
    const token = process.env["AGENT_OS_MCP_TOKEN"]
    const { url } = yield* McpServer.http({ ...info, port, ...(token === undefined || token === "" ? {} : { token }) })
    yield* say(`MCP server at ${url}`)
    return yield* Effect.never
  }).pipe(
    Effect.catchTag("McpServerError", ({ message }) => Effect.fail(new Failure({ exitCode: ExitCode.failed, message })))
  )

/** Serves a VM as the flags say, until its client has gone. */
export const mcp = (flags: Flags): Effect.Effect<void, Failure> =>
  Effect.gen(function*() {
    const config = yield* configOf(flags)
    const port = Option.isNone(flags.http) ? undefined : yield* parsePort(flags.http.value)
    const served: Effect.Effect<void, Failure, Vm | Scope.Scope> = port === undefined
      ? McpServer.stdio(info)
      : overHttp(port)
    yield* served.pipe(Effect.scoped, Effect.provide(Layer.provide(Vm.layer(config), McpServer.layerApprovals())))
  }).pipe(
    Effect.provide(NodeSidecar.layerWith({ idleTimeToLive: 0 })),
    Effect.catchAll((error) =>
      Effect.fail(
        error._tag === "Failure" ? error : new Failure({ exitCode: ExitCode.failed, message: error.message })
      )
    )
  )
