/** What the test of the engine alone needs, bundled as the worker is: with the same corrections. */
export { SystemCallError } from "../../../native/guests/shell/client.ts"
export { makeJustBash } from "../../../native/guests/shell/just-bash.ts"
