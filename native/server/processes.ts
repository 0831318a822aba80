/**
 * The operations on processes that run on their own: start, input, output, signals, and what there is.
 */
import { isSignal } from "../../src/Signals.ts"
import * as Codec from "../../src/wire/Codec.ts"
import { refused } from "../../src/wire/Failure.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { OUTPUT_WINDOW, type TerminalSize } from "../guests/protocol.ts"
import { Fault } from "../kernel/fault.ts"
import type { Command } from "../kernel/processes/command.ts"
import { OutputReader } from "../kernel/processes/output-log.ts"
import type { Process } from "../kernel/processes/process.ts"
import { isSize } from "../kernel/processes/terminals.ts"
import type { Vm } from "../kernel/vm.ts"
import { sendOutput } from "./output.ts"
import { perform } from "./perform.ts"
import { run } from "./run.ts"
import type { Route } from "./server.ts"
import type { Answer } from "./session.ts"
import { sendRecords } from "./streams.ts"

/** Bounds of the output that is kept of one process. */
const LEAST_KEPT = 2 * OUTPUT_WINDOW
const MOST_KEPT = 64 * 1024 * 1024
/** Nothing that is stopped gets longer than this. */
const MAX_GRACE_MS = 600_000

const nothing = new Uint8Array(0)

const found = (vm: Vm, pid: number): Command => {
  const command = vm.processes.commands.get(pid)
  if (command === undefined) throw new Fault("ESRCH", "wait")
  return command
}

const spawn: Answer = (session, exchange, body) => {
  const request = Codec.decode(Operations.spawn.request, body)
  const { argv, command, cwd, env, form, keepBytes, stdin, trace, unread } = request
  const vm = session.vm(request.vm)
  const begin = () =>
    vm.processes.start(
      { form, command, argv, cwd, trace, env: Object.fromEntries(env.map(({ name, value }) => [name, value])) },
      stdin ? "pipe" : "none",
      { capacity: Math.min(MOST_KEPT, Math.max(LEAST_KEPT, keepBytes)), unread, afterEnd: true }
    )
  return perform(vm, begin, ({ pid }) => exchange.respond(Codec.encode(Operations.spawn.response, { pid })))
}

const openTerminal: Answer = (session, exchange, body) => {
  const request = Codec.decode(Operations.openTerminal.request, body)
  const { argv, columns, command, cwd, env, keepBytes, rows, trace, unread } = request
  const vm = session.vm(request.vm)
  const begin = () =>
    vm.processes.start(
      {
        form: "program",
        command,
        argv,
        cwd,
        trace,
        env: Object.fromEntries(env.map(({ name, value }) => [name, value]))
      },
      checked({ columns, rows }),
      { capacity: Math.min(MOST_KEPT, Math.max(LEAST_KEPT, keepBytes)), unread, afterEnd: true }
    )
  return perform(vm, begin, ({ pid, process }) => {
    exchange.respond(Codec.encode(Operations.openTerminal.response, { pid, tty: process.tty! }))
  })
}

const checked = (size: TerminalSize): TerminalSize => {
  if (!isSize(size)) throw new Fault("EINVAL", "ioctl")
  return size
}

const resizeTerminal: Answer = (session, exchange, body) => {
  const { columns, pid, rows, vm } = Codec.decode(Operations.resizeTerminal.request, body)
  const owner = session.vm(vm)
  // that it has ended meanwhile is no error: its owner could not know
  if (!found(owner, pid).ended) owner.processes.resize(pid, checked({ columns, rows }))
  exchange.respond(nothing)
}

const writeStdin: Answer = (session, exchange, body) => {
  const { content, end, pid, vm } = Codec.decode(Operations.writeStdin.request, body)
  const command = found(session.vm(vm), pid)
  if (content.length === 0) {
    if (end) command.stdin.end()
    return exchange.respond(nothing)
  }
  exchange.handlers.onCancel = command.stdin.write(content.slice(), (fault) => {
    if (fault !== undefined) exchange.fail(session.server.failureOf(fault))
    else exchange.respond(nothing)
  })
  if (end) command.stdin.end()
}

const attach: Answer = (session, exchange, body) => {
  const { cursor, pid, view, vm } = Codec.decode(Operations.attach.request, body)
  const { log } = found(session.vm(vm), pid)
  const flush = () => {
    if (exchange.over || !sendOutput(exchange, reader, view === "output")) return
    reader.close()
    exchange.respond(Codec.encode(Operations.attach.response, { missing: undefined }))
  }
  const reader = log.open(view, cursor, () => flush()) as OutputReader
  if (!(reader instanceof OutputReader)) {
    return exchange.respond(Codec.encode(Operations.attach.response, { missing: reader }))
  }
  exchange.handlers.onCancel = () => reader.close()
  exchange.handlers.onWritable = flush
  exchange.write(Codec.encode(Codec.f64, reader.cursor))
  flush()
}

const waitProcess: Answer = (session, exchange, body) => {
  const { pid, vm } = Codec.decode(Operations.waitProcess.request, body)
  const command = found(session.vm(vm), pid)
  exchange.handlers.onCancel = command.whenEnded(() =>
    exchange.respond(Codec.encode(Operations.waitProcess.response, command.status))
  )
}

const signal: Answer = (session, exchange, body) => {
  const request = Codec.decode(Operations.signal.request, body)
  const { id, scope, vm } = request
  if (!isSignal(request.signal)) return exchange.fail(refused(`unknown signal ${request.signal}`))
  const { processes } = session.vm(vm)
  // that one has ended meanwhile is no error: its owner could not know
  const ended = scope !== "group" && processes.commands.get(id)?.ended === true && !processes.table.treeLives(id)
  if (!ended) processes.signal(scope, id, request.signal)
  exchange.respond(nothing)
}

const stopProcess: Answer = (session, exchange, body) => {
  const { graceMs, pid, vm } = Codec.decode(Operations.stopProcess.request, body)
  const { processes } = session.vm(vm)
  if (processes.table.get(pid) === undefined && !processes.table.treeLives(pid)) {
    found(session.vm(vm), pid)
    return exchange.respond(nothing)
  }
  processes.stop(pid, Math.min(MAX_GRACE_MS, graceMs), () => exchange.respond(nothing))
}

const list: Answer = (session, exchange, body) => {
  const { pid, vm } = Codec.decode(Operations.processes.request, body)
  const owner = session.vm(vm)
  // of what the host itself has started it knows
  const isOwn = pid !== undefined && owner.processes.commands.get(pid) !== undefined
  if (!isOwn) owner.processes.mayInspect(undefined, "processes")
  sendRecords(session, exchange, owner, Operations.processCodec, pid === undefined ? all(owner) : one(owner, pid))
}

const all = (vm: Vm) => vm.processes.table.list().map((process) => told(process))

const one = (vm: Vm, pid: number) => {
  const process = vm.processes.table.get(pid)
  if (process !== undefined) return [told(process)]
  const command = vm.processes.commands.get(pid)
  return command === undefined ? [] : [told(command.process, command.ended)]
}

const told = (process: Process, ended = false): Codec.TypeOf<typeof Operations.processCodec> => {
  const { argv, cpuMs, cwd, descriptors, gid, pgid, pid, ppid, root, sid, startedAt, status, tty, uid } = process
  return {
    pid,
    ppid,
    pgid,
    sid,
    root,
    tty,
    argv,
    cwd,
    uid,
    gid,
    state: ended ? "ended" : process.state,
    startedAtMs: Number(startedAt / 1000n) / 1000,
    cpuMs,
    descriptors: ended ? 0 : descriptors,
    status
  }
}

const sessions: Answer = (session, exchange, body) => {
  const owner = session.vm(Codec.decode(Operations.sessions.request, body).vm)
  sendRecords(session, exchange, owner, Operations.sessionCodec, owner.processes.sessions.list())
}

const dropSession: Answer = (session, exchange, body) => {
  const { name, vm } = Codec.decode(Operations.dropSession.request, body)
  const found = session.vm(vm).processes.sessions.drop(name)
  exchange.respond(Codec.encode(Operations.dropSession.response, { found }))
}

export const processOperations: ReadonlyArray<Route> = [
  [Operations.run, run],
  [Operations.spawn, spawn],
  [Operations.openTerminal, openTerminal],
  [Operations.resizeTerminal, resizeTerminal],
  [Operations.writeStdin, writeStdin],
  [Operations.attach, attach],
  [Operations.waitProcess, waitProcess],
  [Operations.signal, signal],
  [Operations.stopProcess, stopProcess],
  [Operations.processes, list],
  [Operations.sessions, sessions],
  [Operations.dropSession, dropSession]
]
