/** ulimit. */
import type { Resource, ResourceLimit } from "../state/resource-limits.ts"
import { resources } from "../state/resource-limits.ts"
import type { Shell } from "../state/shell.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, print, refuse } from "./builtin.ts"

interface Request {
  readonly resource: Resource
  readonly value: string | undefined
}

interface Command {
  readonly requests: Array<Request>
  hard: boolean
  soft: boolean
  all: boolean
  bad: string | undefined
}

const letters = new Map(resources.map((resource) => [resource.letter, resource]))
const fileSize = letters.get("f")!

/** Every letter may have a value, glued on or as the next word. */
const parse = (args: ReadonlyArray<string>): Command => {
  const command: Command = { requests: [], hard: false, soft: false, all: false, bad: undefined }
  let index = 0
  for (; index < args.length && /^-./.test(args[index]); index++) {
    const arg = args[index]
    if (arg === "--") {
      index++
      break
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]
      const resource = letters.get(letter)
      if (letter === "H") command.hard = true
      else if (letter === "S") command.soft = true
      else if (letter === "a") command.all = true
      else if (resource === undefined) {
        command.bad ??= `-${letter}`
        return command
      } else {
        const glued = arg.slice(at + 1)
        const isGlued = /^(?:\d+|unlimited|hard|soft)$/.test(glued)
        const next = args[index + 1]
        const follows = glued === "" && next !== undefined && !next.startsWith("-")
        command.requests.push({ resource, value: isGlued ? glued : follows ? next : undefined })
        if (follows) index++
        if (isGlued) break
      }
    }
  }
  const [value] = args.slice(index)
  if (command.requests.length === 0) command.requests.push({ resource: fileSize, value })
  return command
}

const unitOf = (shell: Shell, { factor, letter }: Resource): number =>
  shell.isPosix && (letter === "c" || letter === "f") ? 512 : factor

const shown = (shell: Shell, resource: Resource, hard: boolean): string => {
  const limit = shell.process.limits.get(resource.letter)
  const value = hard ? limit.hard : limit.soft
  return value === Infinity ? "unlimited" : String(Math.floor(value / unitOf(shell, resource)))
}

const line = (shell: Shell, resource: Resource, hard: boolean): string => {
  const { description, letter, unit } = resource
  const option = `(${unit === "" ? "" : `${unit}, `}-${letter}) `
  return `${description.padEnd(20)} ${option.padStart(20)}${shown(shell, resource, hard)}\n`
}

/** The number that a word stands for. */
const amount = (shell: Shell, { resource, value }: Request): number | undefined => {
  const limit = shell.process.limits.get(resource.letter)
  if (value === "unlimited") return Infinity
  if (value === "hard") return limit.hard
  if (value === "soft") return limit.soft
  return value !== undefined && /^\d{1,18}$/.test(value) ? Number(value) * unitOf(shell, resource) : undefined
}

/** What is not allowed about a new limit, as the kernel says it. */
const objection = (before: ResourceLimit, after: ResourceLimit, letter: string): string | undefined => {
  if (letter === "p") return "Invalid argument"
  if (after.hard > before.hard) return "Operation not permitted"
  return after.soft > after.hard ? "Invalid argument" : undefined
}

const change = async (call: BuiltinCall, request: Request, command: Command): Promise<number> => {
  const { process } = call.shell
  const { resource: { description, letter }, value } = request
  const wanted = amount(call.shell, request)
  if (wanted === undefined) return refuse(call, `${value}: invalid number`)
  const before = process.limits.get(letter)
  const neither = !command.hard && !command.soft
  const after = {
    soft: command.soft || neither ? wanted : before.soft,
    hard: command.hard || neither ? wanted : before.hard
  }
  const why = objection(before, after, letter)
  if (why !== undefined) return refuse(call, `${description}: cannot modify limit: ${why}`)
  process.limits = process.limits.with(letter, after)
  if (letter === "n") process.descriptors.limit = after.soft
  return 0
}

/** Shows limits and sets them for the shell and all that it starts. */
const ulimit: Builtin = async (call) => {
  const { shell } = call
  const command = parse(call.args)
  if (command.bad !== undefined) return invalidOption(call, command.bad)
  const showsHard = command.hard && !command.soft
  if (command.all) {
    for (const resource of resources) await print(shell, line(shell, resource, showsHard))
    return 0
  }
  for (const request of command.requests) {
    if (request.value !== undefined) {
      const status = await change(call, request, command)
      if (status !== 0) return status
    } else if (command.requests.length > 1) await print(shell, line(shell, request.resource, showsHard))
    else await print(shell, `${shown(shell, request.resource, showsHard)}\n`)
  }
  return 0
}

export const limitBuiltins: Readonly<Record<string, Builtin>> = { ulimit }
