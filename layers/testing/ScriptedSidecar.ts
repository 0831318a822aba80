/**
 * A sidecar whose leases fail or wait as a test says: what a program does when there is no VM to be had, or not yet. What is
 * not told otherwise is done by a sidecar in the test's process.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { LeaseError, SidecarHandle, SidecarShape } from "../../services/Sidecar.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import type { VmConfig } from "../../src/config/VmConfig.ts"
import type { CallControl } from "./fakes/Interposed.ts"
import { interpose } from "./fakes/Interposed.ts"
import * as TestSidecar from "./TestSidecar.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface ScriptedSidecarShape extends CallControl<SidecarShape, LeaseError> {
  /** The configurations of the leases that were asked for so far, oldest first, those by handles among them. */
  readonly leases: Effect.Effect<ReadonlyArray<VmConfig>>
  /** The same sidecars, with nothing written down and no failure. */
  readonly sidecar: SidecarShape
}

/**
 * @since 0.1.0
 * @category tags
 */
export class ScriptedSidecar
  extends Context.Tag("effect-agent-os/testing/ScriptedSidecar")<ScriptedSidecar, ScriptedSidecarShape>()
{}

/** Handles whose leases are those of the script, too: each stands for the one with its id. */
const scripted = (inner: SidecarShape) => {
  const originals = new Map<string, SidecarHandle>()
  const originalOf = (config: VmConfig): VmConfig => {
    if (config.sidecar.kind !== "explicit" || !("sidecarId" in config.sidecar.handle)) return config
    const handle = originals.get(String(config.sidecar.handle.sidecarId))
    return handle === undefined ? config : { ...config, sidecar: { kind: "explicit", handle } }
  }
  const { control, shape } = interpose<SidecarShape, LeaseError>({
    lease: (config) => inner.lease(originalOf(config)),
    shared: (pool) => Effect.map(inner.shared(pool), handleOf),
    create: (sidecarId) => Effect.map(inner.create(sidecarId), handleOf)
  })
  const handleOf = (original: SidecarHandle): SidecarHandle => {
    const handle: SidecarHandle = {
      ...original,
      lease: (config) => shape.lease({ ...config, sidecar: { kind: "explicit", handle } })
    }
    originals.set(original.sidecarId, original)
    return handle
  }
  return { control, shape }
}

/**
 * `fail("lease", ...)` lets the next leases fail, `hold("lease")` lets them wait. Neither `shared` nor `create` has an error:
 * plan failures of `lease` only.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: TestSidecar.Options = {}): Layer.Layer<Sidecar | ScriptedSidecar> =>
  Layer.flatMap(TestSidecar.layer(options), (context) => {
    const sidecar = Context.get(context, Sidecar)
    const { control, shape } = scripted(sidecar)
    const leases = Effect.map(
      control.calls,
      (calls) => calls.flatMap(({ args, method }) => method === "lease" ? [args[0] as VmConfig] : [])
    )
    return Layer.succeedContext(
      Context.make(Sidecar, shape).pipe(Context.add(ScriptedSidecar, { ...control, leases, sidecar }))
    )
  })

/**
 * The same by the name that the layer of every fake has.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = layer
