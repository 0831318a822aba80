/** jobs, wait, kill, fg, bg, disown, suspend, times. */
import { Interrupted } from "../errors.ts"
import { runPendingTraps } from "../interpret/traps.ts"
import type { Process } from "../processes/process.ts"
import { signalDescription, signalName, signalNames, signalNumber } from "../processes/signals.ts"
import type { Job } from "../state/jobs.ts"
import { exitStatus, isDone } from "../state/jobs.ts"
import type { Shell } from "../state/shell.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse, usage } from "./builtin.ts"

const leader = (job: Job): Process => job.processes[job.processes.length - 1]

const stateOf = (job: Job): string => {
  if (!isDone(job)) return leader(job).stopped ? "Stopped" : "Running"
  const status = leader(job).status!
  if (status.signal !== undefined) return signalDescription(status.signal)
  return status.exitCode === 0 ? "Done" : `Exit ${status.exitCode}`
}

const lineOf = (shell: Shell, job: Job, long: boolean): string => {
  const mark = job === shell.jobs.current ? "+" : job === shell.jobs.previous ? "-" : " "
  const state = stateOf(job).padEnd(23)
  const pid = long ? `${String(leader(job).pid).padStart(5)} ` : ""
  return `[${job.number}]${mark}  ${pid}${state} ${job.command}${isDone(job) ? "" : " &"}\n`
}

const jobs: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "lnprs")
  if (bad !== undefined) return invalidOption(call, bad)
  const list: Array<Job> = []
  for (const spec of rest) {
    const job = shell.jobs.find(spec.startsWith("%") ? spec : `%${spec}`)
    if (job === undefined) return refuse(call, `${spec}: no such job`)
    list.push(job)
  }
  for (const job of rest.length > 0 ? list : shell.jobs.list()) {
    const running = !isDone(job) && !leader(job).stopped
    if ((flags.has("r") && !running) || (flags.has("s") && !leader(job).stopped)) continue
    await print(shell, flags.has("p") ? `${leader(job).pid}\n` : lineOf(shell, job, flags.has("l")))
    if (isDone(job)) shell.jobs.remove(job.number)
  }
  return 0
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

const waitJob = async (shell: Shell, job: Job): Promise<number> => {
  const status = await shell.process.block(leader(job).ended, true)
  shell.jobs.remove(job.number)
  return exitStatus(status)
}

const waitNext = async (shell: Shell, jobs: ReadonlyArray<Job>): Promise<number> => {
  if (jobs.length === 0) return 127
  const job = await shell.process.block(Promise.race(jobs.map((each) => leader(each).ended.then(() => each))), true)
  shell.jobs.remove(job.number)
  shell.lastWaited = leader(job).pid
  return exitStatus(leader(job).status!)
}

const waitOne = async (call: BuiltinCall, spec: string): Promise<number> => {
  const { shell } = call
  if (spec.startsWith("%")) {
    const job = shell.jobs.find(spec)
    return job === undefined ? refuse(call, `${spec}: no such job`, 127) : waitJob(shell, job)
  }
  if (!/^\d+$/.test(spec)) return refuse(call, `\`${spec}': not a pid or valid job spec`)
  const pid = Number(spec)
  const job = shell.jobs.byPid(pid)
  if (job !== undefined && !job.inherited) return waitJob(shell, job)
  const status = shell.jobs.status(pid)
  if (status !== undefined) return exitStatus(status)
  const child = shell.machine.processes.get(pid)
  if (child !== undefined && child.parent === shell.process) {
    return exitStatus(await shell.process.block(child.ended, true))
  }
  return refuse(call, `pid ${spec} is not a child of this shell`, 127)
}

const wait: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "fnp:")
  if (bad !== undefined) return invalidOption(call, bad)
  return interruptible(shell, async () => {
    if (flags.has("n")) {
      const all = shell.jobs.own()
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
      for (const spec of rest) status = await waitOne(call, spec)
      return status
    }
    for (const job of shell.jobs.own()) await waitJob(shell, job)
    return 0
  })
}

const listSignals = async (call: BuiltinCall, specs: ReadonlyArray<string>): Promise<number> => {
  if (specs.length === 0) {
    const rows: Array<string> = []
    const names = signalNames.slice(1).map((name, index) => `${String(index + 1).padStart(2)}) SIG${name}`)
    for (let index = 0; index < names.length; index += 5) rows.push(names.slice(index, index + 5).join("\t"))
    await print(call.shell, `${rows.join("\n")}\n`)
    return 0
  }
  let status = 0
  for (const spec of specs) {
    const number = signalNumber(spec)
    if (number === undefined && !(/^\d+$/.test(spec) && Number(spec) > 128)) {
      status = await refuse(call, `${spec}: invalid signal specification`)
    } else if (/^\d+$/.test(spec)) {
      await print(call.shell, `${signalName(Number(spec) > 128 ? Number(spec) - 128 : Number(spec))}\n`)
    } else await print(call.shell, `${number}\n`)
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
  const { processes } = shell.machine
  const targets = pid === 0 || pid === -1
    ? Array.from(processes.values()).filter((each) => pid === 0 || each !== shell.process)
    : pid < 0
    ? Array.from(processes.values()).filter((each) => each.group === -pid)
    : [processes.get(pid)].filter((each) => each !== undefined)
  if (targets.length === 0) return pid === 1 ? `(${target}) - Operation not permitted` : `(${target}) - No such process`
  for (const each of targets) each.signal(signal)
  return undefined
}

const kill: Builtin = async (call) => {
  const { args, shell } = call
  if (args.length === 0) return usage(call)
  if (/^-[lL]/.test(args[0])) return listSignals(call, args.slice(1))
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
      } else for (const process of job.processes) signalTree(process, signal)
      continue
    }
    const problem = sendSignal(shell, target, signal)
    if (problem !== undefined) {
      await refuse(call, problem)
      failures++
    }
  }
  shell.process.check()
  if (shell.process.pending.length > 0) await runPendingTraps(shell)
  return failures === targets.length ? 1 : 0
}

/** A job is its process and what that runs in the foreground. */
const signalTree = (process: Process, signal: number): void => {
  const all = Array.from(process.machine.processes.values())
  for (const each of all) if (each.parent === process) each.signal(signal)
  process.signal(signal)
}

const noJobControl: Builtin = (call) => refuse(call, "no job control")

const fg: Builtin = async (call) => {
  const { shell } = call
  if (!shell.options.has("monitor")) return noJobControl(call)
  const job = shell.jobs.find(call.args[0] ?? "%%")
  if (job === undefined) return refuse(call, `${call.args[0] ?? "current"}: no such job`)
  await print(shell, `${job.command}\n`)
  for (const process of job.processes) process.signal(18)
  return call.name === "fg" ? waitJob(shell, job) : 0
}

const disown: Builtin = async (call) => {
  const { shell } = call
  const { flags, rest } = parseFlags(call.args, "ahr")
  if (flags.has("h")) return 0
  const jobs = flags.has("a") || flags.has("r") ?
    shell.jobs.list() :
    rest.length === 0 ?
    [shell.jobs.current] :
    rest.map((spec) => spec.startsWith("%") ? shell.jobs.find(spec) : shell.jobs.byPid(Number(spec)))
  for (const [index, job] of jobs.entries()) {
    if (job === undefined) return refuse(call, `${rest[index] ?? "current"}: no such job`)
    shell.jobs.remove(job.number)
  }
  return 0
}

const suspend: Builtin = (call) => refuse(call, "cannot suspend: no job control")

const times: Builtin = async ({ shell }) => {
  const seconds = (Date.now() - shell.startedAt) / 1000
  const text = `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s 0m0.000s`
  await print(shell, `${text}\n0m0.000s 0m0.000s\n`)
  return 0
}

export const jobBuiltins: Readonly<Record<string, Builtin>> = { jobs, wait, kill, fg, bg: fg, disown, suspend, times }
