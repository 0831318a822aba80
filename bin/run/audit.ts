/** The audit of a run, written to a file of this computer: one event in each line, as it comes. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { FileHandle } from "node:fs/promises"
import { open } from "node:fs/promises"
import type { AuditShape } from "../../services/Audit.ts"
import { AuditEvent } from "../../src/audit/AuditEvent.ts"
import { ExitCode, Failure, usage } from "../exit.ts"

/** Has the events of an audit written, from its first to its last. */
export type Follow = (audit: AuditShape) => Effect.Effect<void>

/** How long the last events may take, once the VM is gone. */
const LAST_EVENTS = "5 seconds"

const encode = Schema.encodeSync(Schema.parseJson(AuditEvent))

const messageOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/** Only its owner may read it: it names what is in the VM. */
const create = (path: string): Effect.Effect<FileHandle, Failure> =>
  Effect.tryPromise({
    try: () => open(path, "w", 0o600),
    catch: (cause) => usage(`--audit ${path}: ${messageOf(cause)}`)
  })

const write = (path: string, file: FileHandle, audit: AuditShape): Effect.Effect<void, Failure> =>
  Stream.runForEachChunk(audit.events(0), (events) =>
    Effect.tryPromise({
      try: () => file.appendFile(Chunk.toReadonlyArray(events).map((event) => `${encode(event)}\n`).join("")),
      catch: (cause) => new Failure({ exitCode: ExitCode.failed, message: `--audit ${path}: ${messageOf(cause)}` })
    }))

/**
 * Does something with a VM whose audit is followed, if a file is named. However it ends, the file has all events before
 * the command ends: `use` must have released the VM by its end.
 */
export const audited = <A, E, R>(
  path: Option.Option<string>,
  use: (follow: Follow) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | Failure, R> =>
  Option.isNone(path)
    ? use(() => Effect.void)
    : Effect.acquireUseRelease(
      create(path.value),
      (file) => following(use, (audit) => write(path.value, file, audit)),
      (file) => Effect.promise(() => file.close())
    )

const following = <A, E, R>(
  use: (follow: Follow) => Effect.Effect<A, E, R>,
  writing: (audit: AuditShape) => Effect.Effect<void, Failure>
): Effect.Effect<A, E | Failure, R> =>
  Effect.uninterruptibleMask((restore) => {
    let writer: Fiber.Fiber<void, Failure> | undefined
    const follow: Follow = (audit) =>
      Effect.map(Effect.forkDaemon(Effect.interruptible(writing(audit))), (fiber) => void (writer = fiber))
    const written = Effect.suspend(() =>
      writer === undefined ? Effect.void : Effect.timeoutOption(Effect.interruptible(Fiber.join(writer)), LAST_EVENTS)
    )
    return Effect.flatMap(Effect.exit(restore(use(follow))), (exit) =>
      Effect.flatMap(Effect.exit(written), (end): Exit.Exit<A, E | Failure> => {
        // what was done is not done in good order when its record is missing
        return Exit.isSuccess(exit) && Exit.isFailure(end) ? Exit.failCause(end.cause) : exit
      }))
  })
