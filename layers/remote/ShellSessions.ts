/**
 * The shell sessions of a VM as its host sees them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ProcessesError, ShellSession } from "../../services/Processes.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { isSessionName } from "../../src/ShellSession.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { RecordParser } from "../../src/wire/Stream.ts"
import { call, type VmLink } from "./VmLink.ts"

/** Largest record: a name, and a directory, whose path the kernel bounds. */
const MAX_RECORD = 80 * 1024

/**
 * Why a command cannot run in a session of this name, if it cannot.
 *
 * @since 0.1.0
 * @category guards
 */
export const refusedName = (command: string, session: string | undefined): ProcessError | undefined =>
  session === undefined || isSessionName(session) ? undefined : new ProcessError({
    reason: "Spawn",
    command,
    session,
    stdout: "",
    stderr: "",
    detail: "the name of a session is 1 to 64 letters, digits, \".\", \"_\" and \"-\""
  })

/**
 * All of them, by name.
 *
 * @since 0.1.0
 * @category combinators
 */
export const list = (link: VmLink): Effect.Effect<ReadonlyArray<ShellSession>, ProcessesError> =>
  Effect.suspend(() => {
    const found: Array<ShellSession> = []
    const parser = new RecordParser(Operations.sessionCodec, MAX_RECORD, ({ cwd, ...session }) =>
      void found.push(cwd === undefined ? session : { ...session, cwd }))
    const listed = call(link, Operations.sessions, { vm: link.vm }, {
      down: (chunk) =>
        parser.push(chunk)
    })
    return Effect.as(listed, found)
  })

/**
 * Forgets one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const drop = (link: VmLink, name: string): Effect.Effect<void, ProcessesError> =>
  Effect.flatMap(
    call(link, Operations.dropSession, { vm: link.vm, name }),
    ({ found }) => found ? Effect.void : Effect.fail(ProcessError.noSession(name))
  )
