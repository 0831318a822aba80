/**
 * Layers and tools for tests.
 *
 * @since 0.1.0
 */

/**
 * Connections on which things go wrong.
 *
 * @since 0.1.0
 */
export * as FaultyTransport from "./FaultyTransport.ts"

/**
 * Ends sidecars and workers at a system call.
 *
 * @since 0.1.0
 */
export * as KillSwitch from "./KillSwitch.ts"

/**
 * What a program leaves behind.
 *
 * @since 0.1.0
 */
export * as Leftovers from "./Leftovers.ts"

/**
 * Matchers for vitest.
 *
 * @since 0.1.0
 */
export * as Matchers from "./Matchers.ts"

/**
 * The contract of Driver, for mounted filesystems of one's own.
 *
 * @since 0.1.0
 */
export * as MountDriverContract from "./contracts/MountDriverContract.ts"

/**
 * Recording what happens to VMs, and running it again.
 *
 * @since 0.1.0
 */
export * as Recording from "./Recording.ts"

/**
 * The contract of ScheduleDriver, for drivers of one's own.
 *
 * @since 0.1.0
 */
export * as ScheduleDriverContract from "./contracts/ScheduleDriverContract.ts"

/**
 * A sidecar whose leases fail or wait.
 *
 * @since 0.1.0
 */
export * as ScriptedSidecar from "./ScriptedSidecar.ts"

/**
 * Approvals that a test answers.
 *
 * @since 0.1.0
 */
export * as TestApprovals from "./TestApprovals.ts"

/**
 * An audit that a test tells.
 *
 * @since 0.1.0
 */
export * as TestAudit from "./TestAudit.ts"

/**
 * Files, with a control.
 *
 * @since 0.1.0
 */
export * as TestFilesystem from "./TestFilesystem.ts"

/**
 * Processes that a test writes.
 *
 * @since 0.1.0
 */
export * as TestProcesses from "./TestProcesses.ts"

/**
 * The recorder, with a control.
 *
 * @since 0.1.0
 */
export * as TestRecorder from "./TestRecorder.ts"

/**
 * An S3-compatible store on this machine.
 *
 * @since 0.1.0
 */
export * as TestS3 from "./TestS3.ts"

/**
 * A driver of schedules that a test steps.
 *
 * @since 0.1.0
 */
export * as TestScheduleDriver from "./TestScheduleDriver.ts"

/**
 * A store of jobs, with a control.
 *
 * @since 0.1.0
 */
export * as TestScheduleStore from "./TestScheduleStore.ts"

/**
 * A scheduler that a test steps.
 *
 * @since 0.1.0
 */
export * as TestScheduler from "./TestScheduler.ts"

/**
 * A sidecar inside the test's own process.
 *
 * @since 0.1.0
 */
export * as TestSidecar from "./TestSidecar.ts"

/**
 * Tool kits that record.
 *
 * @since 0.1.0
 */
export * as TestToolKit from "./TestToolKit.ts"

/**
 * A connection whose other side a test writes.
 *
 * @since 0.1.0
 */
export * as TestTransport from "./TestTransport.ts"

/**
 * A VM, with a control for each of its services.
 *
 * @since 0.1.0
 */
export * as TestVm from "./TestVm.ts"

/**
 * The contract of Transport, for transports of one's own.
 *
 * @since 0.1.0
 */
export * as TransportContract from "./contracts/TransportContract.ts"

/**
 * Time that costs nothing.
 *
 * @since 0.1.0
 */
export * as VirtualTime from "./VirtualTime.ts"
