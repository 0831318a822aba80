/**
 * Sidecars as child processes of a Node.js host.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomUUID } from "node:crypto"
import { Sidecar } from "../../services/Sidecar.ts"
import * as SidecarPool from "../remote/SidecarPool.ts"
import { plugins } from "./plugins.ts"
import type { ProcessOptions } from "./SidecarProcess.ts"
import { connect } from "./SidecarProcess.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends ProcessOptions {
  /** How long a sidecar outlives its last lease. Default 10 seconds. */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
}

/**
 * The Sidecar service with options of one's own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<Sidecar> =>
  Layer.scoped(
    Sidecar,
    SidecarPool.make({
      connect: (sidecarId) => connect(sidecarId, options),
      plugins,
      uuid: Effect.sync(randomUUID),
      idleTimeToLive: options.idleTimeToLive
    })
  )

/**
 * The Sidecar service: one process per pool, started by its first lease.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Sidecar> = layerWith({})
