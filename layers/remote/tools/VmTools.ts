/**
 * The tools of a VM on the host's side: their handlers from the context, their audit, and who answers their calls.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as ContextModule from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import type { ApprovalsShape } from "../../../services/Approvals.ts"
import { Approvals } from "../../../services/Approvals.ts"
import type { AuditShape } from "../../../services/Audit.ts"
import type { VmToolsShape } from "../../../services/VmTools.ts"
import type { VmConfig } from "../../../src/config/VmConfig.ts"
import { ConfigError } from "../../../src/errors/ConfigError.ts"
import { once } from "../../../src/Once.ts"
import type { BoundKit } from "../../../src/tools/BoundTool.ts"
import { bindHandlers } from "../../../src/tools/BoundTool.ts"
import { CATALOG_CHARACTERS, instructions, vmToolsOf } from "../../../src/tools/Catalog.ts"
import { bindFunctions } from "../../../src/tools/FunctionTool.ts"
import { ToolKitTypeId } from "../../../src/tools/Tool.ts"
import type { VmSpec } from "../../../src/wire/Control.ts"
import { control, type LinkError, type VmLink } from "../VmLink.ts"
import * as HostCalls from "./HostCalls.ts"
import { ToolRunner } from "./ToolRunner.ts"

/**
 * What the host has for the VMs of a configuration.
 *
 * @since 0.1.0
 * @category models
 */
export interface HostTools {
  readonly kits: ReadonlyArray<BoundKit>
  readonly approvals: ApprovalsShape | undefined
  /** What the sidecar is told. */
  readonly spec: Pick<VmSpec, "tools">
  /** What a model is told; empty without tools. */
  readonly instructions: string
}

const kitsOf = (
  config: VmConfig,
  context: Context.Context<never>
): Effect.Effect<Array<BoundKit>, ConfigError> =>
  Effect.forEach(config.toolKits, (kit, index) => {
    if (!Predicate.hasProperty(kit, ToolKitTypeId)) return Effect.succeed(bindFunctions(kit))
    const handlers = ContextModule.getOption(context as Context.Context<any>, kit.handlers)
    return Option.isSome(handlers)
      ? Effect.succeed(bindHandlers(kit, handlers.value))
      : Effect.fail(
        new ConfigError({
          path: `toolKits[${index}]`,
          detail: `the kit "${kit.name}" has no handlers; provide the layer that its toLayer makes`
        })
      )
  })

/**
 * Takes the handlers and the Approvals of a configuration from the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bind = (config: VmConfig): Effect.Effect<HostTools, ConfigError> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<never>()
    const approvals = Option.getOrUndefined(ContextModule.getOption(context as Context.Context<any>, Approvals))
    const kits = yield* kitsOf(config, context)
    if (kits.length === 0) return { kits, approvals, spec: {}, instructions: "" }
    const tools = vmToolsOf(kits)
    const size = tools.files.reduce((sum, { text }) => sum + text.length, tools.catalog.length)
    if (size > CATALOG_CHARACTERS) {
      const detail = `the Schemas and descriptions of all tools have ${size} characters, at most ${CATALOG_CHARACTERS}`
      return yield* new ConfigError({ path: "toolKits", detail })
    }
    return { kits, approvals, spec: { tools }, instructions: instructions(kits) }
  })

/**
 * Has every decision told from now on.
 *
 * @since 0.1.0
 * @category combinators
 */
export const noteAll = (link: VmLink): Effect.Effect<void, LinkError> =>
  control(link, (client) => client.NoteAll({ vm: link.vm }))

/** What has been noted until now is in the audit then, unless the VM is gone. */
const latestNotes = (link: VmLink): Effect.Effect<void> =>
  Effect.ignore(control(link, (client) => client.TellNotes({ vm: link.vm })))

/** `noteAll` at most once, for a reader, who reads on where the VM is gone. */
const askOnce = (link: VmLink, config: VmConfig): Effect.Effect<void> => {
  let asked = config.audit !== undefined
  return Effect.suspend(() =>
    asked ? Effect.void : Effect.tap(Effect.ignore(noteAll(link)), () => {
      asked = true
    })
  )
}

/** How long the end of an audit waits for calls that were under way. */
const LAST_RECORDS = Duration.seconds(1)

/**
 * Answers the tool calls of a VM until it has been released. `own`: the tools of the VM itself, which guests cannot call.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve = (
  link: VmLink,
  lessor: { readonly uuid: Effect.Effect<string> },
  config: VmConfig,
  { approvals, kits }: HostTools,
  own: () => BoundKit
): Effect.Effect<{ readonly audit: () => AuditShape; readonly tools: () => VmToolsShape }> =>
  Effect.gen(function*() {
    const { audit, spans } = link
    const { log } = audit
    yield* Scope.addFinalizer(
      link.afterwards,
      Effect.zipRight(
        Effect.timeoutOption(Effect.interruptible(log.idle), LAST_RECORDS),
        Effect.sync(() => log.close())
      )
    )
    const all = once(() => [own(), ...kits])
    const runner = once(() =>
      new ToolRunner({
        vmId: link.vmId,
        kits: all(),
        timeoutMs: config.limits.toolTimeoutMs,
        approvals,
        audit,
        uuid: lessor.uuid
      })
    )
    audit.sideEffectOf = (name) => runner().sideEffectOf(name)
    if (kits.length > 0) {
      const limits = kits.flatMap(({ tools }) => Object.values(tools).map((tool) => tool.limits.requestBytes))
      const maxInput = Math.max(...limits) + 1
      yield* Scope.extend(link.tools.register(link.vm, { runner: runner(), maxInput, spans }), link.afterwards)
    }
    return {
      audit: once(() => log.shape(askOnce(link, config), latestNotes(link))),
      tools: once(() => HostCalls.make(link, runner(), all()))
    }
  })
