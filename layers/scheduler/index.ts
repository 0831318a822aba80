/**
 * Schedulers and schedule drivers. Nothing here needs Node.js.
 *
 * @since 0.1.0
 */

/**
 * Runs entries at once.
 *
 * @since 0.1.0
 */
export * as ImmediateDriver from "./ImmediateDriver.ts"

/**
 * Keeps jobs in a KeyValueStore.
 *
 * @since 0.1.0
 */
export * as KeyValueScheduleStore from "./KeyValueScheduleStore.ts"

/**
 * Runs entries by hand.
 *
 * @since 0.1.0
 */
export * as ManualDriver from "./ManualDriver.ts"

/**
 * Runs entries by the Clock.
 *
 * @since 0.1.0
 */
export * as TimerDriver from "./TimerDriver.ts"

/**
 * The scheduler of a VM.
 *
 * @since 0.1.0
 */
export * as TimerScheduler from "./TimerScheduler.ts"
