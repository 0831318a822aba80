/** A Processes service for programs that must not need one: each method dies when it is used. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ProcessesShape } from "../../services/Processes.ts"

const unexpected = Effect.dieMessage("no process was expected")

export const noProcesses: ProcessesShape = {
  exec: () => unexpected,
  run: () => Stream.fromEffect(unexpected),
  spawn: () => unexpected,
  attach: () => unexpected,
  openTerminal: () => unexpected,
  attachTerminal: () => unexpected,
  list: unexpected,
  get: () => unexpected,
  tree: unexpected,
  signal: () => unexpected,
  stopProcess: () => unexpected,
  killProcess: () => unexpected,
  sessions: unexpected,
  dropSession: () => unexpected
}
