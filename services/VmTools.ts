/**
 * The tools of one VM, for the host: what a model is told of them, and calls on its behalf.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { KernelError } from "../src/errors/KernelError.ts"
import type { SidecarError } from "../src/errors/SidecarError.ts"
import type { ToolError } from "../src/errors/ToolError.ts"
import type { TransportError } from "../src/errors/TransportError.ts"
import type { JsonSchema } from "../src/tools/InputSchema.ts"
import type { SideEffect } from "../src/tools/Tool.ts"

/**
 * What is known of a tool.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolInfo {
  /** `kit:tool`; the VM's own tools are in the kit `vm`. */
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema
  /** Of the result; empty when nothing is known of it. */
  readonly outputSchema: JsonSchema
  readonly sideEffect: SideEffect
  readonly idempotent: boolean
  /** Whether the tool itself may ask for an approval; the policy may as well. */
  readonly approval: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ToolCallOptions {
  /** Is told how far the call is; the tool waits for it. */
  readonly progress?: ((message: string) => Effect.Effect<void>) | undefined
}

/**
 * What a call for the host can fail with. `ToolError` has the code and the message that a guest would be told.
 *
 * @since 0.1.0
 * @category errors
 */
export type ToolCallError = ToolError | KernelError | SidecarError | TransportError

/**
 * @since 0.1.0
 * @category models
 */
export interface VmToolsShape {
  /**
   * The tools of the VM's kits, and those of the VM itself: `vm:run`, `vm:read`, `vm:write`, `vm:list` and `vm:diff`, which
   * guests do not have.
   */
  readonly list: ReadonlyArray<ToolInfo>
  /**
   * Calls a tool for somebody who is no process, such as a model. It is subject to the same policy, approvals and limits as
   * a call by a guest, and recorded in the same audit. Input and result are JSON. Interruption interrupts the tool.
   */
  readonly call: (tool: string, input: unknown, options?: ToolCallOptions) => Effect.Effect<unknown, ToolCallError>
}
