/**
 * The configuration of a VM.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { ConfigError } from "../errors/ConfigError.ts"
import { optionalKey } from "../OptionalKey.ts"
import { fromParseIssue } from "./ConfigIssue.ts"
import { defaultLimits, Limits } from "./Limits.ts"
import { Mounts } from "./Mounts.ts"
import { PermissionsConfig } from "./PermissionsConfig.ts"
import { Environment, Hostname, integerBetween, listOf, text, withDefault } from "./Primitives.ts"
import { defaultRootFilesystem, RootFilesystem } from "./RootFilesystem.ts"
import { defaultSidecar, SidecarConfig } from "./SidecarPlacement.ts"
import { Software } from "./Software.ts"
import { ToolKits } from "./ToolKits.ts"
import { defaultUser, User } from "./User.ts"

/**
 * The whole configuration: written with every part optional (`VmConfigInput`), decoded with its defaults filled in.
 * A key that does not exist is refused, at every level.
 *
 * @since 0.1.0
 * @category schemas
 */
export const VmConfig = Schema.Struct({
  /** Packages to install. */
  software: withDefault(listOf(Software, 256), () => []),
  /** Ports of the host's loopback that guests may reach. */
  loopbackExemptPorts: withDefault(listOf(integerBetween(0, 65_535), 1024), () => []),
  /** Node modules that guest programs may import; absent means the safe set. */
  allowedNodeBuiltins: optionalKey(listOf(text(256), 256)),
  /** Host directory against which guest modules are resolved. */
  moduleAccessCwd: optionalKey(text(4096)),
  rootFilesystem: withDefault(RootFilesystem, defaultRootFilesystem),
  mounts: withDefault(Mounts, () => []),
  /** Appended to the instructions of agents. */
  additionalInstructions: optionalKey(text(65_536)),
  toolKits: withDefault(ToolKits, () => []),
  /** Absent means that everything inside the VM is allowed. */
  permissions: optionalKey(PermissionsConfig),
  /**
   * Which decisions of the policy are told to the audit: `all`, from the first on; `refusals`, those that do not simply
   * allow something. Absent: refusals, and all of them once somebody has run the audit's `events` or `decisions`.
   */
  audit: optionalKey(Schema.Literal("all", "refusals")),
  sidecar: withDefault(SidecarConfig, defaultSidecar),
  limits: withDefault(Limits, defaultLimits),
  user: withDefault(User, defaultUser),
  /** Variables of every process, beside those of the system. */
  env: withDefault(Environment, () => ({})),
  hostname: withDefault(Hostname, () => "agent-os")
}).annotations({ identifier: "VmConfig" })

/**
 * A configuration with its defaults filled in.
 *
 * @since 0.1.0
 * @category models
 */
export interface VmConfig extends Schema.Schema.Type<typeof VmConfig> {}

/**
 * What a user may write: every part is optional.
 *
 * @since 0.1.0
 * @category models
 */
export interface VmConfigInput extends Schema.Schema.Encoded<typeof VmConfig> {}

const decodeEither = ParseResult.decodeUnknownEither(VmConfig, { onExcessProperty: "error" })

/**
 * Checks a configuration and fills in its defaults.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (input: unknown): Effect.Effect<VmConfig, ConfigError> =>
  Effect.mapError(Effect.suspend(() => decodeEither(input)), fromParseIssue)
