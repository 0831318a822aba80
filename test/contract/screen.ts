/** What a user of a terminal sees: its output on the screen of an emulator. */
import xterm from "@xterm/headless"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { TerminalHandle, TerminalSize } from "../../services/Processes.ts"

class NotOnScreen extends Data.TaggedError("NotOnScreen")<{ readonly message: string }> {}

export interface Screen {
  /** Its lines without the blanks at their ends, up to the last that is not empty. */
  readonly lines: () => ReadonlyArray<string>
  /** Waits until the screen shows something. */
  readonly shows: (what: string | RegExp) => Effect.Effect<void, unknown>
  /** Types, as a user would, and waits for what is shown then. */
  readonly type: (keys: string, what: string | RegExp) => Effect.Effect<void, unknown>
  readonly resize: (size: TerminalSize) => Effect.Effect<void, unknown>
}

/** A screen that shows a terminal's output, from now until the Scope closes. */
export const makeScreen = (terminal: TerminalHandle, { cols, rows }: TerminalSize) =>
  Effect.gen(function*() {
    const emulator = yield* Effect.acquireRelease(
      Effect.sync(() => new xterm.Terminal({ cols, rows, allowProposedApi: true })),
      (made) => Effect.sync(() => made.dispose())
    )
    yield* Effect.forkScoped(Stream.runForEach(
      terminal.output,
      (bytes) => Effect.async<void>((resume) => emulator.write(bytes, () => resume(Effect.void)))
    ))
    const lines = (): ReadonlyArray<string> => {
      const { active } = emulator.buffer
      const all = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? "")
      return all.slice(0, all.findLastIndex((line) => line !== "") + 1)
    }
    const shows = (what: string | RegExp) =>
      Effect.suspend(() => {
        const text = lines().join("\n")
        const found = typeof what === "string" ? text.includes(what) : what.test(text)
        return found
          ? Effect.void
          : Effect.fail(new NotOnScreen({ message: `no ${String(what)} on the screen:\n${text}` }))
      }).pipe(Effect.retry({ times: 500, schedule: Schedule.spaced(10) }))
    const screen: Screen = {
      lines,
      shows,
      type: (keys, what) => Effect.zipRight(terminal.write(keys), shows(what)),
      resize: (size) => Effect.zipRight(Effect.sync(() => emulator.resize(size.cols, size.rows)), terminal.resize(size))
    }
    return screen
  })
