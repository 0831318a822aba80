/**
 * All errors of the package as one Schema, and what is common to them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ConfigError } from "./ConfigError.ts"
import { InvalidRecording } from "./InvalidRecording.ts"
import { KernelError } from "./KernelError.ts"
import { NotYetSupported } from "./NotYetSupported.ts"
import { PathError } from "./PathError.ts"
import { PermissionDenied } from "./PermissionDenied.ts"
import { ProcessError } from "./ProcessError.ts"
import { ReplayDiverged } from "./ReplayDiverged.ts"
import { ScheduleError } from "./ScheduleError.ts"
import { SidecarError } from "./SidecarError.ts"
import { ToolError } from "./ToolError.ts"
import { TransportError } from "./TransportError.ts"
import { WatchOverflow } from "./WatchOverflow.ts"

/**
 * Any error of the package, told apart by `_tag`.
 *
 * @since 0.1.0
 * @category errors
 */
export const AgentOsError = Schema.Union(
  ConfigError,
  InvalidRecording,
  KernelError,
  NotYetSupported,
  PathError,
  PermissionDenied,
  ProcessError,
  ReplayDiverged,
  ScheduleError,
  SidecarError,
  ToolError,
  TransportError,
  WatchOverflow
)

/**
 * @since 0.1.0
 * @category errors
 */
export type AgentOsError = typeof AgentOsError.Type

/**
 * The text that an entry of a batch result (`writeFiles`, `readFiles`) carries for its failure: the message, which for
 * the kernel's errors already begins with the errno.
 *
 * @since 0.1.0
 * @category conversions
 */
export const batchMessage = (error: AgentOsError): string => error.message
