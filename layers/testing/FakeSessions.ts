/**
 * Shell sessions of commands that a test has written: they have a name and an order, and no state.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ProcessesError, ProcessesShape } from "../../services/Processes.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { Turns } from "../../src/Turns.ts"
import { refusedName } from "../remote/ShellSessions.ts"

interface Fake {
  readonly turns: Turns
  /** Commands that run in it or wait. */
  users: number
  /** Whether a command in it has ended by itself. */
  begun: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FakeSessions extends Pick<ProcessesShape, "sessions" | "dropSession"> {
  /** Runs a command in the session of a name, after those that came before it. */
  readonly within: <A>(
    command: string,
    session: string | undefined,
    run: Effect.Effect<A, ProcessesError>
  ) => Effect.Effect<A, ProcessesError>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (): FakeSessions => {
  const fakes = new Map<string, Fake>()
  const enter = (name: string): Fake => {
    const fake = fakes.get(name) ?? { turns: new Turns(), users: 0, begun: false }
    fakes.set(name, fake)
    fake.users++
    return fake
  }
  const leave = (name: string, fake: Fake) =>
    Effect.sync(() => {
      fake.users--
      if (fake.users === 0 && !fake.begun && fakes.get(name) === fake) fakes.delete(name)
    })
  return {
    within: (command, name, run) =>
      Effect.suspend(() => {
        if (name === undefined) return run
        const refused = refusedName(command, name)
        if (refused !== undefined) return Effect.fail(refused)
        return Effect.acquireUseRelease(
          Effect.sync(() => enter(name)),
          (fake) => Effect.tap(fake.turns.take(run), () => Effect.sync(() => void (fake.begun = true))),
          (fake) => leave(name, fake)
        )
      }),
    sessions: Effect.sync(() =>
      Array.from(fakes, ([name, { users }]) => ({ name, bytes: 0, busy: users > 0 })).sort((a, b) =>
        a.name < b.name ? -1 : 1
      )
    ),
    dropSession: (name) =>
      Effect.suspend(() => fakes.delete(name) ? Effect.void : Effect.fail(ProcessError.noSession(name)))
  }
}
