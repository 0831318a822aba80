/**
 * Which sidecar hosts a VM, and what a sidecar says of itself.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { withDefault } from "./Primitives.ts"

/**
 * The pool of programs that name none.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultPool = "default"

/**
 * The handle of a sidecar that the program made itself. It lives in that program and cannot cross a wire.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SidecarHandle: Schema.Schema<object> = Schema.declare(
  (u: unknown): u is object => typeof u === "object" && u !== null && !Array.isArray(u),
  {
    identifier: "SidecarHandle",
    description: "a sidecar handle (an object of this program)",
    arbitrary: () => (fc) => fc.record({ sidecarId: fc.string() })
  }
)

const PoolName = Schema.String.pipe(
  Schema.maxLength(128, { description: "a pool name of at most 128 characters" })
)

/**
 * Where to lease a VM: on the sidecar of a pool, shared with whoever names the same pool, or on a given one.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SidecarConfig = Schema.Union(
  Schema.Struct({
    kind: Schema.Literal("shared"),
    pool: withDefault(PoolName, () => defaultPool)
  }),
  Schema.Struct({
    kind: Schema.Literal("explicit"),
    handle: SidecarHandle
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export type SidecarConfig = typeof SidecarConfig.Type

/**
 * @since 0.1.0
 * @category constructors
 */
export const defaultSidecar = (): SidecarConfig => ({ kind: "shared", pool: defaultPool })

/**
 * Where a sidecar was placed. The empty pool name is not written.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SidecarPlacement = Schema.Union(
  Schema.Struct({
    kind: Schema.Literal("shared"),
    pool: Schema.optionalToOptional(Schema.UndefinedOr(Schema.String), Schema.UndefinedOr(Schema.String), {
      decode: Option.filter((pool) => pool !== undefined),
      encode: Option.filter((pool) => pool !== undefined && pool !== "")
    })
  }),
  Schema.Struct({
    kind: Schema.Literal("explicit"),
    sidecarId: Schema.String
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export type SidecarPlacement = typeof SidecarPlacement.Type

/**
 * The placement of a pool's sidecar; without `pool` when its name is empty.
 *
 * @since 0.1.0
 * @category constructors
 */
export const sharedPlacement = (pool: string): SidecarPlacement =>
  pool === "" ? { kind: "shared" } : { kind: "shared", pool }

/**
 * @since 0.1.0
 * @category constructors
 */
export const explicitPlacement = (sidecarId: string): SidecarPlacement => ({ kind: "explicit", sidecarId })

/**
 * @since 0.1.0
 * @category schemas
 */
export const SidecarState = Schema.Literal("ready", "disposing", "disposed")

/**
 * @since 0.1.0
 * @category models
 */
export type SidecarState = typeof SidecarState.Type

/**
 * What `describe` of a sidecar returns: a copy, not a view.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SidecarDescription = Schema.Struct({
  sidecarId: Schema.String,
  placement: SidecarPlacement,
  state: SidecarState,
  activeVmCount: Schema.NonNegativeInt
})

/**
 * @since 0.1.0
 * @category models
 */
export interface SidecarDescription extends Schema.Schema.Type<typeof SidecarDescription> {}
