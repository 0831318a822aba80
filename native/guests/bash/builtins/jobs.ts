/** jobs, wait, kill, fg, bg, disown, suspend, times. */
import { Interrupted } from "../errors.ts"
import { waitForeground } from "../interpret/foreground.ts"
import { notifyJobs } from "../interpret/notify.ts"
import { runWords } from "../interpret/simple.ts"
import { runPendingTraps } from "../interpret/traps.ts"
import { isOrphaned, membersOf, signalGroup } from "../processes/groups.ts"
import type { Process } from "../processes/process.ts"
import { SIGCONT, SIGHUP, signalName, signalNumber, signalTable, SIGSTOP, SIGTERM } from "../processes/signals.ts"
import { jobText, markOf } from "../state/job-text.ts"
import type { Job } from "../state/jobs.ts"
import { exitStatus, isDone, stateOf } from "../state/jobs.ts"
import type { Shell } from "../state/shell.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

const leader = (job: Job): Process => job.processes[job.processes.length - 1]

/** What `%…`, or a number, names. */
const jobOf = (shell: Shell, spec: string): Job | undefined =>
  spec.startsWith("%") ? shell.jobs.find(spec) : shell.jobs.find(`%${spec}`)

const jobs: Builtin = async (call) => {
  const { shell } = call
  if (call.args[0] === "-x") return runInPlace(call)
  const { bad, flags, rest } = parseFlags(call.args, "lnprs")
  if (bad !== undefined) return invalidOption(call, bad)
  const list: Array<Job> = []
  for (const spec of rest) {
    const job = jobOf(shell, spec)
    if (job === undefined) return refuse(call, `${spec}: no such job`)
    list.push(job)
  }
  shell.jobs.hasNews = false
  for (const job of rest.length > 0 ? list : shell.jobs.list()) {
    const state = stateOf(job)
    if (job.notified && (state === "done" || flags.has("n"))) continue
    if ((flags.has("r") && state !== "running") || (flags.has("s") && state !== "stopped")) continue
    const text = jobText(shell.jobs, job, shell.cwd, flags.has("l"))
    job.notified = true
    await print(shell, flags.has("p") ? `${job.processes[0].pid}\n` : text)
  }
  for (const job of shell.jobs.list()) if (job.notified && isDone(job)) shell.jobs.remove(job.number)
  return 0
}

/** `jobs -x`: a command in which jobs stand for their process groups. */
const runInPlace = ({ args: [, ...words], shell }: BuiltinCall): Promise<number> | number => {
  if (words.length === 0) return 0
  const replaced = words.map((word) => {
    const job = word.startsWith("%") ? shell.jobs.find(word) : undefined
    return job === undefined ? word : String(job.processes[0].pid)
  })
  return runWords(shell, replaced, [], 0)
}

const interruptible = async (shell: Shell, wait: () => Promise<number>): Promise<number> => {
  try {
    return await wait()
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    const status = 128 + error.signal
    await runPendingTraps(shell)
    return status
  }
}

/** Waits for a job to end; under job control also for it to stop, unless that does not count. */
const waitJob = async (shell: Shell, job: Job, forces = false): Promise<number> => {
  const process = leader(job)
  while (process.status === undefined) {
    if (shell.jobControl && !forces && process.stopSignal !== undefined) return 128 + process.stopSignal
    await shell.process.block(process.changed(), true)
  }
  return exitStatus(process.status)
}

/** A job that has been waited for is over, and what there is to be told of its end is told. */
const finish = async (shell: Shell, job: Job): Promise<void> => {
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
  if (shell.jobs.hasNews) await notifyJobs(shell)
  if (isDone(job)) shell.jobs.remove(job.number)
}

const waitNext = async (shell: Shell, jobs: ReadonlyArray<Job>): Promise<number> => {
  if (jobs.length === 0) return 127
  const job = await shell.process.block(Promise.race(jobs.map((each) => leader(each).ended.then(() => each))), true)
  shell.jobs.remove(job.number)
  shell.lastWaited = leader(job).pid
  return exitStatus(leader(job).status!)
}

const waitOne = async (call: BuiltinCall, spec: string, forces: boolean): Promise<number> => {
  const { shell } = call
  const waitFor = async (job: Job) => {
    const status = await waitJob(shell, job, forces)
    await finish(shell, job)
    return status
  }
  if (spec.startsWith("%")) {
    const job = shell.jobs.find(spec)
    return job === undefined ? refuse(call, `${spec}: no such job`, 127) : waitFor(job)
  }
  if (!/^\d+$/.test(spec)) return refuse(call, `\`${spec}': not a pid or valid job spec`)
  const pid = Number(spec)
  const job = shell.jobs.byPid(pid)
  if (job !== undefined && !job.inherited) return waitFor(job)
  const status = shell.jobs.status(pid)
  if (status !== undefined) return exitStatus(status)
  const child = shell.machine.vm.processes.get(pid)
  if (child !== undefined && child.parent === shell.process) {
    return exitStatus(await shell.process.block(child.ended, true))
  }
  return refuse(call, `pid ${spec} is not a child of this shell`, 127)
}

const waitAll = async ({ shell }: BuiltinCall): Promise<number> => {
  const all = shell.jobs.own()
  if (shell.jobControl) {
    for (const job of all) {
      if (stateOf(job) !== "stopped") continue
      await shell.complain(`wait: warning: job ${job.number}[${leader(job).pid}] stopped`)
    }
  }
  // of those that have ended already, nothing is told under job control
  if (!shell.jobControl && shell.jobs.hasNews) await notifyJobs(shell)
  for (const job of all) {
    if (isDone(job) || (shell.jobControl && stateOf(job) === "stopped")) continue
    await waitJob(shell, job)
    await finish(shell, job)
  }
  for (const job of all) if (isDone(job)) shell.jobs.remove(job.number)
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
  return 0
}

const wait: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "fnp:")
  if (bad !== undefined) return invalidOption(call, bad)
  return interruptible(shell, async () => {
    if (flags.has("n")) {
      const all = shell.jobs.own().filter((job) => stateOf(job) !== "stopped")
      const jobs = rest.length === 0 ?
        all :
        all.filter((job) =>
          rest.some((spec) => spec.startsWith("%") ? shell.jobs.find(spec) === job : String(leader(job).pid) === spec)
        )
      const status = await waitNext(shell, jobs)
      if (flags.has("p") && shell.lastWaited !== undefined) {
        shell.variables.set(flags.get("p")!, String(shell.lastWaited))
      }
      return status
    }
    if (rest.length > 0) {
      let status = 0
      for (const spec of rest) status = await waitOne(call, spec, flags.has("f"))
      return status
    }
    return waitAll(call)
  })
}

const listSignals = async (call: BuiltinCall, specs: ReadonlyArray<string>): Promise<number> => {
  if (specs.length === 0) {
    await print(call.shell, signalTable())
    return 0
  }
  let status = 0
  for (const spec of specs) {
    // the status of who died of one is as good as its number
    const isNumber = /^\d+$/.test(spec)
    const number = signalNumber(isNumber && Number(spec) > 128 ? String(Number(spec) - 128) : spec)
    if (number === undefined) status = await refuse(call, `${spec}: invalid signal specification`)
    else if (!isNumber || signalName(number) !== "") {
      await print(call.shell, `${isNumber ? signalName(number) : number}\n`)
    }
  }
  return status
}

interface Request {
  readonly signal: string
  readonly targets: ReadonlyArray<string>
}

const parseKill = (args: ReadonlyArray<string>): Request => {
  const [first = ""] = args
  if (first === "-s" || first === "-n") return { signal: args[1] ?? "", targets: args.slice(args[2] === "--" ? 3 : 2) }
  if (first === "--") return { signal: "TERM", targets: args.slice(1) }
  if (/^-./.test(first)) return { signal: first.slice(1), targets: args.slice(args[1] === "--" ? 2 : 1) }
  return { signal: "TERM", targets: args }
}

/** Sends a signal to what `kill` names; what is wrong with the name otherwise. */
export const sendSignal = (
  shell: Pick<Shell, "machine" | "process">,
  target: string,
  signal: number
): string | undefined => {
  if (!/^-?\d+$/.test(target)) return `${target}: arguments must be process or job IDs`
  const pid = Number(target)
  const { processes } = shell.machine.vm
  const targets = pid === 0 || pid === -1
    ? Array.from(processes.values()).filter((each) =>
      pid === 0 ? each.group === shell.process.group : each !== shell.process
    )
    : pid < 0
    ? membersOf(shell.machine.vm, -pid)
    : [processes.get(pid)].filter((each) => each !== undefined)
  if (targets.length === 0) return pid === 1 ? `(${target}) - Operation not permitted` : `(${target}) - No such process`
  for (const each of targets) each.signal(signal)
  return undefined
}

const kill: Builtin = async (call) => {
  const { args, shell } = call
  if (args.length === 0) return usage(call)
  if (/^-[lL]/.test(args[0])) return listSignals(call, args.slice(1))
  if (args.length === 1 && /^-[sn]$/.test(args[0])) return refuse(call, `${args[0]}: option requires an argument`)
  const { signal: name, targets } = parseKill(args)
  const signal = signalNumber(name)
  if (signal === undefined) return refuse(call, `${name}: invalid signal specification`)
  if (targets.length === 0) return usage(call)
  let failures = 0
  for (const target of targets) {
    if (target.startsWith("%")) {
      const job = shell.jobs.find(target)
      if (job === undefined) {
        await refuse(call, `${target}: no such job`)
        failures++
      } else signalJob(shell, job, signal)
      continue
    }
    const problem = sendSignal(shell, target, signal)
    if (problem !== undefined) {
      await refuse(call, problem)
      failures++
    }
  }
  shell.process.check()
  if (shell.process.stopped) await shell.process.whileStopped()
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
  return failures === targets.length ? 1 : 0
}

/** Under job control a job is its process group; a stopped one has to go on in order to end. */
const signalJob = (shell: Shell, job: Job, signal: number): void => {
  const { group, processes } = job
  if (group === undefined) {
    for (const process of processes) signalTree(process, signal)
    return
  }
  const wakes = stateOf(job) === "stopped" && (signal === SIGTERM || signal === SIGHUP)
  signalGroup(shell.machine.vm, group, signal)
  if (wakes) signalGroup(shell.machine.vm, group, SIGCONT)
}

/** Without job control it is its process and what that runs in the foreground. */
const signalTree = (process: Process, signal: number): void => {
  const all = Array.from(process.machine.processes.values())
  for (const each of all) if (each.parent === process) each.signal(signal)
  process.signal(signal)
}

/** The job that fg and bg are about, or the status after saying that there is none. */
const controlled = async (call: BuiltinCall, spec: string | undefined): Promise<Job | number> => {
  const { shell } = call
  if (!shell.jobControl) return refuse(call, "no job control")
  const job = spec === undefined ? shell.jobs.current : jobOf(shell, spec)
  if (job === undefined || job.inherited || (job.notified && isDone(job))) {
    return refuse(call, `${spec ?? "current"}: no such job`)
  }
  if (job.group === undefined) return refuse(call, `job ${job.number} started without job control`)
  return job
}

const fg: Builtin = async (call) => {
  const { args, shell } = call
  const { bad, rest } = parseFlags(args, "")
  if (bad !== undefined) return invalidOption(call, bad)
  const job = await controlled(call, rest[0])
  if (typeof job === "number") return job
  if (isDone(job)) {
    shell.jobs.remove(job.number)
    return refuse(call, "job has terminated")
  }
  const place = job.cwd === shell.cwd ? "" : `\t(wd: ${job.cwd})`
  await print(shell, `${job.command}${place}\n`)
  shell.jobs.makeCurrent(job)
  const { commands, group, processes } = job
  shell.pipeStatus = await waitForeground(shell, { processes, group, job, commands: () => commands })
  return shell.pipeStatus[shell.pipeStatus.length - 1]
}

const bg: Builtin = async (call) => {
  const { shell } = call
  const { bad, rest } = parseFlags(call.args, "")
  if (bad !== undefined) return invalidOption(call, bad)
  let status = 0
  for (const spec of rest.length === 0 ? [undefined] : rest) {
    const job = await controlled(call, spec)
    if (typeof job === "number") {
      status = job
      continue
    }
    if (isDone(job)) status = await refuse(call, "job has terminated")
    else if (stateOf(job) === "running") {
      await refuse(call, `job ${job.number} already in background`)
    } else {
      const mark = markOf(shell.jobs, job)
      const place = job.cwd === shell.cwd ? "" : `\t(wd: ${job.cwd})`
      await print(shell, `[${job.number}]${mark} ${job.command} &${place}\n`)
      shell.jobs.lastPid = leader(job).pid
      signalGroup(shell.machine.vm, job.group!, SIGCONT)
    }
  }
  return status
}

const disown: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "ahr")
  if (bad !== undefined) return invalidOption(call, bad)
  const all = (flags.has("a") || flags.has("r")) && rest.length === 0
  const found = all
    ? shell.jobs.list().filter((job) => !flags.has("r") || stateOf(job) === "running")
    : rest.length === 0
    ? [shell.jobs.current]
    : rest.map((spec) => spec.startsWith("%") ? shell.jobs.find(spec) : shell.jobs.byPid(Number(spec)))
  for (const [index, job] of found.entries()) {
    if (job === undefined) return refuse(call, `${rest[index] ?? "current"}: no such job`)
    if (flags.has("h")) {
      job.hangsUp = false
      continue
    }
    if (job.group !== undefined && stateOf(job) === "stopped") {
      await shell.complain(`warning: deleting stopped job ${job.number} with process group ${job.group}`)
    }
    shell.jobs.remove(job.number)
  }
  return 0
}

const suspend: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags } = parseFlags(call.args, "f")
  if (bad !== undefined) return invalidOption(call, bad)
  if (!shell.jobControl && !flags.has("f")) return refuse(call, "cannot suspend: no job control")
  if (shell.options.has("login_shell") && !flags.has("f")) return refuse(call, "cannot suspend a login shell")
  // nobody could continue it
  if (shell.isInteractive && isOrphaned(shell.machine.vm, shell.process.group)) {
    return refuse(call, "cannot suspend: nobody could continue the shell")
  }
  shell.process.signal(SIGSTOP)
  await shell.process.whileStopped()
  return 0
}

const times: Builtin = async ({ shell }) => {
  const seconds = (Date.now() - shell.startedAt) / 1000
  const text = `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s 0m0.000s`
  await print(shell, `${text}\n0m0.000s 0m0.000s\n`)
  return 0
}

export const jobBuiltins: Readonly<Record<string, Builtin>> = { jobs, wait, kill, fg, bg, disown, suspend, times }
