/**
 * The data plane: operations on files and processes of a leased VM, with the codecs of their bodies, by what they are
 * about. `vm` is the handle that the lease gave. An operation's streams are noted as `up` (host to sidecar) and `down`.
 *
 * @since 0.1.0
 */
import * as DriverOperations from "./DriverOperations.ts"
import * as Attributes from "./operations/Attributes.ts"
import * as Files from "./operations/Files.ts"
import * as OpenFiles from "./operations/OpenFiles.ts"
import type { Operation } from "./operations/Operation.ts"
import * as Processes from "./operations/Processes.ts"
import * as Tools from "./operations/Tools.ts"
import * as Trees from "./operations/Trees.ts"

export type { Operation }
export * from "./operations/Attributes.ts"
export * from "./operations/Files.ts"
export * from "./operations/OpenFiles.ts"
export * from "./operations/Processes.ts"
export * from "./operations/Tools.ts"
export * from "./operations/Trees.ts"

/**
 * The event channel that carries the control plane's messages.
 *
 * @since 0.1.0
 * @category constants
 */
export const CONTROL_CHANNEL = 1

/**
 * Every operation of the data plane, by the name under which its module exports it.
 *
 * @since 0.1.0
 * @category operations
 */
export const all: Readonly<Record<string, Operation<any, any>>> = Object.fromEntries(
  Object.entries({ ...Files, ...Trees, ...OpenFiles, ...Attributes, ...Processes, ...Tools, ...DriverOperations.all })
    .filter((entry): entry is [string, Operation<any, any>] => "code" in entry[1])
)
