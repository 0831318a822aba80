/**
 * The services of effect-agent-os, their errors, and the configuration of a VM.
 *
 * @since 0.1.0
 */

// services

/**
 * @since 0.1.0
 */
export { type ApprovalAnswer, type ApprovalRecord, type ApprovalRequest, Approvals } from "../services/Approvals.ts"

/**
 * @since 0.1.0
 */
export { Audit, AuditEvent, type AuditShape } from "../services/Audit.ts"

/**
 * @since 0.1.0
 */
export {
  type BatchReadResult,
  type BatchWriteEntry,
  type BatchWriteResult,
  Filesystem,
  type FilesystemError,
  type FilesystemShape,
  type FilesystemStatistics,
  type LockKind,
  type LockOptions,
  type MountInfo,
  type MoveOptions,
  type SetXattrOptions,
  type WatchEvent,
  type WatchOptions
} from "../services/Filesystem.ts"

/**
 * @since 0.1.0
 */
export {
  type ExecOptions,
  type ExecResult,
  Processes,
  type ProcessesError,
  type ProcessesShape,
  type ProcessEvent,
  type RunOptions,
  type ShellSession
} from "../services/Processes.ts"

/**
 * @since 0.1.0
 */
export {
  type Job,
  type JobInfo,
  type JobSettings,
  type Missed,
  type Overlap,
  type RunRecord,
  Scheduler,
  type SchedulerShape
} from "../services/Scheduler.ts"

/**
 * @since 0.1.0
 */
export {
  type Recorded,
  Recorder,
  type RecorderShape,
  type RecordingSummary,
  type RecordOptions
} from "../services/Recorder.ts"

/**
 * @since 0.1.0
 */
export { ScheduleDriver, type ScheduleDriverShape } from "../services/ScheduleDriver.ts"

/**
 * Where jobs outlive their scheduler.
 *
 * @since 0.1.0
 */
export { ScheduleStore, type ScheduleStoreShape } from "../services/ScheduleStore.ts"

/**
 * @since 0.1.0
 */
export { type LeaseError, Sidecar, type SidecarHandle, type SidecarShape } from "../services/Sidecar.ts"

/**
 * Host functions that guests may call.
 *
 * @since 0.1.0
 */
export * as ToolKit from "../services/ToolKit.ts"

/**
 * @since 0.1.0
 */
export { type CallError, type Duplex, Transport, type TransportShape } from "../services/Transport.ts"

/**
 * @since 0.1.0
 */
export { Vm, type VmShape } from "../services/Vm.ts"

/**
 * @since 0.1.0
 */
export { type ToolCallError, type ToolCallOptions, type ToolInfo, type VmToolsShape } from "../services/VmTools.ts"

// errors

/**
 * @since 0.1.0
 */
export type { Errno } from "./Errno.ts"

/**
 * @since 0.1.0
 */
export { ConfigError } from "./errors/ConfigError.ts"

/**
 * @since 0.1.0
 */
export { InvalidRecording } from "./errors/InvalidRecording.ts"

/**
 * @since 0.1.0
 */
export { KernelError } from "./errors/KernelError.ts"

/**
 * @since 0.1.0
 */
export { NotYetSupported } from "./errors/NotYetSupported.ts"

/**
 * @since 0.1.0
 */
export { PathError } from "./errors/PathError.ts"

/**
 * @since 0.1.0
 */
export { PermissionDenied } from "./errors/PermissionDenied.ts"

/**
 * @since 0.1.0
 */
export { ProcessError } from "./errors/ProcessError.ts"

/**
 * @since 0.1.0
 */
export { ReplayDiverged } from "./errors/ReplayDiverged.ts"

/**
 * @since 0.1.0
 */
export { ScheduleError } from "./errors/ScheduleError.ts"

/**
 * @since 0.1.0
 */
export { SidecarError } from "./errors/SidecarError.ts"

/**
 * @since 0.1.0
 */
export { ToolError } from "./errors/ToolError.ts"

/**
 * @since 0.1.0
 */
export { TransportError } from "./errors/TransportError.ts"

/**
 * @since 0.1.0
 */
export { WatchOverflow } from "./errors/WatchOverflow.ts"

// configuration

/**
 * @since 0.1.0
 */
export type { DirEntry, VirtualStat } from "./config/FileStat.ts"

/**
 * @since 0.1.0
 */
export type { Limits } from "./config/Limits.ts"

/**
 * @since 0.1.0
 */
export { PermissionsConfig } from "./config/PermissionsConfig.ts"

/**
 * Ready-made parts of a permission policy, and what a policy decides.
 *
 * @since 0.1.0
 */
export * as Permissions from "./policy/Permissions.ts"

/**
 * @since 0.1.0
 */
export type { SidecarDescription, SidecarPlacement, SidecarState } from "./config/SidecarPlacement.ts"

/**
 * @since 0.1.0
 */
export type { FilesystemEntry, RootSnapshotExport } from "./config/Snapshot.ts"

/**
 * The configuration of a VM: its Schema, its decoder, and what a user may write.
 *
 * @since 0.1.0
 */
export * as VmConfig from "./config/VmConfig.ts"

/**
 * When a schedule runs, as pure functions.
 *
 * @since 0.1.0
 */
export * as CronSchedule from "./schedule/CronSchedule.ts"

/**
 * What a job does: run a command, run an Effect, talk to a session.
 *
 * @since 0.1.0
 */
export * as ScheduleAction from "./schedule/ScheduleAction.ts"

/**
 * @since 0.1.0
 */
export type { Change, VmSnapshot } from "./VmSnapshot.ts"

/**
 * @since 0.1.0
 */
export { type Driver, type DriverEntry, type DriverShortcuts, errnoOf } from "./Driver.ts"
