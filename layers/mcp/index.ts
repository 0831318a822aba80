/**
 * A VM as an MCP server.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as McpServer from "./McpServer.ts"

/**
 * @since 0.1.0
 */
export { McpServerError } from "./McpServerError.ts"
