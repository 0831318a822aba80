/** The terminal of this computer, as the near end of one in a VM: bytes both ways, its size, and its state put back. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { spawnSync } from "node:child_process"
import { constants } from "node:os"
import type { ProcessesError, TerminalHandle, TerminalSize } from "../../services/Processes.ts"
import type { Failure } from "../exit.ts"
import { toStdout } from "../output.ts"
import { Modes } from "./modes.ts"

/** How the shell ended, as the command does: by its exit code, or 128 and the number of a signal. */
export interface Ended {
  readonly exitCode: number
  readonly signal?: string
}

export const isTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true

export const hostSize = (): TerminalSize => ({ cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 })

/**
 * Node.js leaves the ends of lines to the terminal of this computer, while the one in the VM has seen to them already. Where
 * there is no stty(1), they are seen to twice, which only programs notice that draw whole screens.
 */
const withoutLineEnds = (): void => {
  spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"], timeout: 1_000 })
}

/** Raw while the Scope is open. Node.js puts the terminal back by itself when the process dies of an error. */
const raw: Effect.Effect<Modes, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    process.stdin.setRawMode(true)
    withoutLineEnds()
    return new Modes()
  }),
  (modes) =>
    Effect.suspend(() => {
      if (!process.stdin.destroyed) process.stdin.setRawMode(false)
      const { undo } = modes
      return undo === "" ? Effect.void : Effect.ignore(toStdout(undo))
    })
)

/** What is typed next; nothing when the terminal is gone. More is read only when it is asked for. */
const nextTyped = Effect.async<Uint8Array, Option.Option<never>>((resume) => {
  const { stdin } = process
  const settle = (typed: Effect.Effect<Uint8Array, Option.Option<never>>) => {
    leave()
    resume(typed)
  }
  const data = (bytes: Buffer) => settle(Effect.succeed(bytes))
  const end = () => settle(Effect.fail(Option.none()))
  const leave = () => void stdin.pause().off("data", data).off("end", end).off("close", end).off("error", end)
  if (stdin.readableEnded || stdin.destroyed) return end()
  stdin.on("data", data).on("end", end).on("close", end).on("error", end).resume()
  return Effect.sync(leave)
})

/** The window's size whenever it changes; only the last one counts. */
const sizes: Stream.Stream<TerminalSize> = Stream.unwrapScoped(Effect.gen(function*() {
  const queue = yield* Effect.acquireRelease(Queue.sliding<TerminalSize>(1), Queue.shutdown)
  const changed = () => void Queue.unsafeOffer(queue, hostSize())
  yield* Effect.acquireRelease(
    Effect.sync(() => process.stdout.on("resize", changed)),
    () => Effect.sync(() => process.stdout.off("resize", changed))
  )
  return Stream.fromQueue(queue)
}))

const numberOf = (signal: string): number => (constants.signals as Record<string, number | undefined>)[signal] ?? 0

/** Connects a terminal of a VM with this one until its program has ended. */
export const connect = (terminal: TerminalHandle): Effect.Effect<Ended, Failure | ProcessesError> =>
  Effect.scoped(Effect.gen(function*() {
    const modes = yield* raw
    // the size may have changed since the terminal was opened
    yield* terminal.resize(hostSize())
    yield* Effect.forkScoped(Stream.runForEach(sizes, terminal.resize))
    const typing = Stream.runForEach(Stream.repeatEffectOption(nextTyped), (bytes) => terminal.write(bytes))
    // nobody is at this terminal any more: neither is anybody at the other
    yield* Effect.forkScoped(Effect.zipRight(Effect.ignore(typing), Effect.ignore(terminal.kill("SIGHUP"))))
    yield* Stream.runForEach(terminal.output, (bytes) => {
      modes.see(bytes)
      return toStdout(bytes)
    })
    const { exitCode = 0, signal } = yield* terminal.wait
    return signal === undefined ? { exitCode } : { exitCode: 128 + numberOf(signal), signal }
  }))
