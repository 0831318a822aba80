/**
 * System calls that wait for something: their answer comes later, or never when the process ends first.
 */
import type { SystemCallName } from "../../guests/protocol.ts"
import { Fault } from "../fault.ts"
import type { OpenFile } from "../filesystem/open-file.ts"
import type { OpenFiles } from "../open-files.ts"
import type { ToolCalls } from "../tools/tool-calls.ts"
import { Arguments } from "./arguments.ts"

/** Starts to wait; gives what ends the wait without an answer. */
export type Pending<A> = (done: (value: A) => void, fail: (fault: Fault) => void) => () => void

export type WaitingCallName = "sleep" | "flock" | "tool" | "toolNext"

export interface WaitContext {
  /** Runs the callback after some milliseconds; gives what cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void
  /** Who calls. */
  readonly pid: number
  /** What the worker holds open. */
  readonly files: OpenFiles
  /** The host's tools, where the VM has any. */
  readonly tools: ToolCalls | undefined
}

const nothing = (): void => {}
const UNLOCK = 2

/** The lock of an open file. One that is closed meanwhile, or whose VM goes away, is EBADF. */
const flock = (file: OpenFile, kind: number, wait: boolean): Pending<void> => (done, fail) => {
  const wanted = kind === 0 ? "shared" : "exclusive"
  if (kind !== UNLOCK && wait) {
    const withdraw = file.lockLater(
      wanted,
      (outcome) => outcome === "granted" ? done() : fail(new Fault("EBADF", "flock", file.path))
    )
    if (withdraw !== undefined) return withdraw
  } else if (kind === UNLOCK) file.unlock()
  else file.lock(wanted)
  done()
  return nothing
}

const calls: { readonly [Name in WaitingCallName]: (context: WaitContext, args: Arguments) => Pending<unknown> } = {
  sleep: ({ after }, args) => {
    const milliseconds = args.number(0)
    if (args.count > 1) args.number(1)
    return (done) => after(milliseconds, () => done(undefined))
  },
  flock: ({ files }, args) => {
    args.number(3)
    return flock(files.get(args.number(0)), args.integer(1, 0, UNLOCK), args.flag(2))
  },
  tool: ({ pid, tools }, args) => toolsOf(tools).start(pid, args.string(0), args.bytes(1)),
  toolNext: ({ pid, tools }, args) => toolsOf(tools).next(pid, args.number(0))
}

const toolsOf = (tools: ToolCalls | undefined): ToolCalls => {
  if (tools === undefined) throw new Fault("ENOSYS", "tool")
  return tools
}

export const isWaiting = (name: SystemCallName): name is WaitingCallName => Object.hasOwn(calls, name)

/** What a call waits for; throws `Fault`. */
export const waitingCall = (
  context: WaitContext,
  name: WaitingCallName,
  args: ReadonlyArray<unknown>
): Pending<unknown> => calls[name](context, new Arguments(name, args))
