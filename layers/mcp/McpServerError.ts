/**
 * Why an MCP server could not begin.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * `Unsafe`: what was asked for would let strangers in. `Listen`: the address cannot be had.
 *
 * @since 0.1.0
 * @category errors
 */
export class McpServerError extends Schema.TaggedError<McpServerError>("effect-agent-os/mcp/McpServerError")(
  "McpServerError",
  { reason: Schema.Literal("Listen", "Unsafe"), detail: Schema.String }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.detail
  }
}
