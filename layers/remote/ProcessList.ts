/**
 * The processes of a VM as its host sees them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ExitStatus, ProcessesError, ProcessInfo, ProcessTree } from "../../services/Processes.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { isSignal } from "../../src/Signals.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { RecordParser } from "../../src/wire/Stream.ts"
import { call, type VmLink } from "./VmLink.ts"

/** Largest record: the words and the directory of a process, which the sidecar bounds to much less. */
const MAX_RECORD = 80 * 1024 * 1024

/**
 * All processes, or the one of a number, which may have ended.
 *
 * @since 0.1.0
 * @category combinators
 */
export const list = (link: VmLink, pid?: number): Effect.Effect<ReadonlyArray<ProcessInfo>, ProcessesError> =>
  Effect.suspend(() => {
    const found: Array<ProcessInfo> = []
    const parser = new RecordParser(Operations.processCodec, MAX_RECORD, (record) => void found.push(infoOf(record)))
    const listed = call(link, Operations.processes, { vm: link.vm, pid }, { down: (chunk) => parser.push(chunk) })
    return Effect.as(listed, found)
  })

/**
 * The process of a number.
 *
 * @since 0.1.0
 * @category combinators
 */
export const get = (link: VmLink, pid: number): Effect.Effect<ProcessInfo, ProcessesError> =>
  Effect.flatMap(
    list(link, pid),
    ([found]) => found === undefined ? Effect.fail(ProcessError.notFound(pid)) : Effect.succeed(found)
  )

/**
 * Processes by their parents.
 *
 * @since 0.1.0
 * @category conversions
 */
export const treeOf = (all: ReadonlyArray<ProcessInfo>): ReadonlyArray<ProcessTree> => {
  const nodes = new Map(all.map((info) => [info.pid, { ...info, children: [] as Array<ProcessTree> }]))
  const top: Array<ProcessTree> = []
  for (const node of nodes.values()) (nodes.get(node.ppid)?.children ?? top).push(node)
  return top
}

/**
 * How a process ended, from its exit code and signal.
 *
 * @since 0.1.0
 * @category conversions
 */
export const statusOf = (answer: { readonly exitCode: number; readonly signal: string | undefined }): ExitStatus =>
  isSignal(answer.signal) ? { signal: answer.signal } : { exitCode: answer.exitCode }

const infoOf = (record: TypeOf<typeof Operations.processCodec>): ProcessInfo => {
  const { argv, startedAtMs, status, tty, ...rest } = record
  const [path = ""] = argv
  return {
    ...rest,
    ...(tty === undefined ? {} : { tty }),
    command: path.slice(path.lastIndexOf("/") + 1),
    args: argv,
    startedAt: startedAtMs,
    ...(status === undefined ? {} : { status: statusOf(status) })
  }
}
