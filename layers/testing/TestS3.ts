/**
 * An S3-compatible store in this process, over HTTP on a port of this machine: what `s3` mounts are tested with. It checks
 * signatures, the digests of bodies and the time of requests, keeps to conditions, and does wrong when told to.
 *
 * ```ts
 * const store = yield* TestS3.make()
 * const vm = yield* Vm.make({ mounts: [{ path: "/shared", plugin: { id: "s3", config: store.config() } }] })
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { S3Config } from "../../src/config/MountPlugins.ts"
import { type Fault, FaultList } from "./s3/Faults.ts"
import * as Objects from "./s3/Objects.ts"
import { listen } from "./s3/Server.ts"

export {
  /**
   * What the store does instead of what it is asked for.
   *
   * @since 0.1.0
   * @category models
   */
  type Fault
} from "./s3/Faults.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface TestS3Options {
  /** The one bucket. Default `test-bucket`. */
  readonly bucket?: string | undefined
  /** Default `test-key` with `test-secret`. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  /** Whether `If-Match` and `If-None-Match` of writes have a meaning. Default `true`. */
  readonly conditions?: boolean | undefined
  /** Bytes of all objects; more is `QuotaExceeded`. Default 256 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * A request that was answered, or met a fault.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answered {
  readonly method: string
  readonly key: string
  /** 0 where there was no answer. */
  readonly status: number
}

/**
 * A store with its controls.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestS3 {
  readonly endpoint: string
  readonly bucket: string
  /** The configuration of a mount over this store. */
  readonly config: (more?: Partial<typeof S3Config.Encoded>) => typeof S3Config.Encoded
  /** The keys of all objects, sorted. */
  readonly keys: Effect.Effect<ReadonlyArray<string>>
  /** An object, as it is stored. */
  readonly get: (key: string) => Effect.Effect<Uint8Array | undefined>
  /** Stores an object; `modifiedMs` is when that was. */
  readonly put: (key: string, bytes: Uint8Array, modifiedMs?: number) => Effect.Effect<void>
  /** Removes an object. */
  readonly remove: (key: string) => Effect.Effect<void>
  /** The last 1,000 requests. */
  readonly requests: Effect.Effect<ReadonlyArray<Answered>>
  /** From now on, requests that match meet a fault, as often as it says. */
  readonly fault: (fault: Fault) => Effect.Effect<void>
  /** No more faults; what hangs is cut off. */
  readonly heal: Effect.Effect<void>
}

/**
 * Starts a store that ends, with all its connections, when the Scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: TestS3Options = {}): Effect.Effect<TestS3, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { bucket = "test-bucket", credentials = { accessKeyId: "test-key", secretAccessKey: "test-secret" } } =
      options
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const objects = new Objects.Objects(bucket, {
      conditions: options.conditions ?? true,
      maxBytes: options.maxBytes ?? 256 * 1024 * 1024,
      now
    })
    const faults = new FaultList()
    const run = yield* FiberSet.makeRuntimePromise()
    const sleep = (milliseconds: number) => run(Effect.sleep(milliseconds))
    const { log, port } = yield* listen({ objects, faults, credentials, now, sleep })
    const endpoint = `http://127.0.0.1:${port}`
    return {
      endpoint,
      bucket,
      config: (more = {}) => ({ bucket, endpoint, credentials, allowPrivateEndpoint: true, ...more }),
      keys: Effect.sync(() => objects.keys()),
      get: (key) => Effect.sync(() => objects.peek(key)),
      put: (key, bytes, modifiedMs) => Effect.sync(() => objects.store(key, bytes, modifiedMs)),
      remove: (key) => Effect.sync(() => objects.drop(key)),
      requests: Effect.sync(() => [...log]),
      fault: (fault) => Effect.sync(() => faults.add(fault)),
      heal: Effect.sync(() => faults.clear())
    }
  })
