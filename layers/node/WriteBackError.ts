/**
 * How bringing changes back to the host can end other than well.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * - `Changed`: the host's file is not what the VM was given
 * - `Appeared`: the host has something where the VM made something new
 * - `Vanished`: what the VM changed or removed, or the folder that it goes to, is gone from the host
 * - `Unseen`: a folder that the VM removed holds something on the host that the VM never saw
 * - `Unsupported`: the VM made something that a host folder cannot take, such as a device
 *
 * @since 0.1.0
 * @category schemas
 */
export const ConflictReason = Schema.Literal("Changed", "Appeared", "Vanished", "Unseen", "Unsupported")

/**
 * @since 0.1.0
 * @category models
 */
export type ConflictReason = typeof ConflictReason.Type

/**
 * A path that cannot be written back, as the host names it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const WriteBackConflict = Schema.Struct({ path: Schema.String, reason: ConflictReason })

/**
 * @since 0.1.0
 * @category models
 */
export interface WriteBackConflict extends Schema.Schema.Type<typeof WriteBackConflict> {}

const texts: Readonly<Record<ConflictReason, string>> = {
  Changed: "it changed on the host meanwhile",
  Appeared: "it exists on the host, and the VM did not see it",
  Vanished: "it is gone from the host",
  Unseen: "it lies in a removed folder, and the VM did not see it",
  Unsupported: "it is neither a file, a folder nor a link"
}

/**
 * A conflict in words.
 *
 * @since 0.1.0
 * @category conversions
 */
export const describeConflict = ({ path, reason }: WriteBackConflict): string => `${path}: ${texts[reason]}`

/**
 * The host and the VM have gone separate ways. Nothing was changed.
 *
 * @since 0.1.0
 * @category errors
 */
export class WriteBackRefused
  extends Schema.TaggedError<WriteBackRefused>("effect-agent-os/node/WriteBackRefused")("WriteBackRefused", {
    conflicts: Schema.NonEmptyArray(WriteBackConflict)
  })
{
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const more = this.conflicts.length - 1
    return `nothing was written back: ${describeConflict(this.conflicts[0])}${more === 0 ? "" : ` (and ${more} more)`}`
  }
}

/**
 * The host's operating system refused a step. What had been done is undone; `left` names what could not be, and is empty
 * as a rule.
 *
 * @since 0.1.0
 * @category errors
 */
export class WriteBackFailed
  extends Schema.TaggedError<WriteBackFailed>("effect-agent-os/node/WriteBackFailed")("WriteBackFailed", {
    path: Schema.String,
    detail: Schema.String,
    left: Schema.Array(Schema.String)
  })
{
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const left = this.left.length === 0 ? "" : `; not undone: ${this.left.join(", ")}`
    return `nothing was written back: ${this.path}: ${this.detail}${left}`
  }
}
