/** chmod, chown and chgrp. */
import type { GuestStat } from "../../protocol.ts"
import type { CommandLine } from "../options.ts"
import { missingAfter, missingOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { modeText } from "./status.ts"
import { parseMode } from "./tree.ts"
import { readUsers } from "./users.ts"

/** Does something to each operand and, if asked, to everything below it. */
const eachBelow = async (
  context: ProgramContext,
  line: CommandLine,
  names: ReadonlyArray<string>,
  follows: boolean,
  change: (name: string, stat: GuestStat) => Promise<void>,
  describe: (name: string) => string
): Promise<number> => {
  let status = 0
  const fail = async (subject: string, error: unknown) => {
    status = 1
    if (!line.has("f")) await context.blame(subject, error)
    else context.reason(error)
  }
  const pending = names.map((name) => ({ name, operand: true })).reverse()
  while (pending.length > 0) {
    const { name, operand } = pending.pop()!
    const tick = context.tick()
    if (tick !== undefined) await tick
    let stat: GuestStat
    try {
      stat = await context.sys("lstat", context.path(name))
      if (stat.type === "symlink") {
        if (!operand) continue
        if (follows) stat = await context.sys("stat", context.path(name))
      }
    } catch (error) {
      const dangles = await context.sys("lstat", context.path(name)).then(() => true, () => false)
      if (dangles && context.name === "chmod") {
        status = 1
        if (!line.has("f")) await context.complain(`cannot operate on dangling symlink ${quoted(name)}`)
      } else await fail(`cannot access ${quoted(name)}`, error)
      continue
    }
    try {
      await change(name, stat)
    } catch (error) {
      await fail(describe(name), error)
    }
    if (!line.has("R") || stat.type !== "directory") continue
    try {
      const entries = await context.sys("readdir", context.path(name))
      const prefix = name.endsWith("/") ? name : `${name}/`
      pending.push(...entries.map((entry) => ({ name: prefix + entry.name, operand: false })).reverse())
    } catch (error) {
      await fail(`cannot read directory ${quoted(name)}`, error)
    }
  }
  return status
}

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0")

export const chmod: Program = async (context) => {
  // A mode such as -x looks like options.
  const args = context.args.map((arg) => /^-[rwxXstugoa,0-7]+/.test(arg) && !/^-R+$/.test(arg) ? `\0${arg}` : arg)
  const line = parseOptions(context, {
    short: "cfRv",
    long: {
      changes: "c",
      quiet: "f",
      silent: "f",
      verbose: "v",
      recursive: "R",
      "reference=": "reference",
      "preserve-root": "preserve-root",
      "no-preserve-root": "no-preserve-root"
    }
  }, args)
  const operands = line.operands.map((operand) => operand.replace("\0", ""))
  const reference = line.get("reference")
  const text = reference === undefined ? operands.shift() : undefined
  if (reference === undefined && text === undefined) throw missingOperand(context)
  if (operands.length === 0) throw text === undefined ? missingOperand(context) : missingAfter(context, text)
  const fixed = reference === undefined ? undefined : (await context.sys("stat", context.path(reference))).mode & 0o7777
  const { umask } = context.exec
  if (text !== undefined && parseMode(text, 0, false, umask) === undefined) {
    throw new ProgramFailure(`invalid mode: ${context.quote(text)}\nTry 'chmod --help' for more information.`)
  }
  return eachBelow(context, line, operands, true, async (name, stat) => {
    const old = stat.mode & 0o7777
    const isDirectory = stat.type === "directory"
    let mode = fixed ?? parseMode(text!, old, isDirectory, umask)!
    // Numbers of up to four digits leave the special bits of a directory alone.
    if (fixed === undefined && isDirectory && /^[0-7]{1,4}$/.test(text!)) mode |= old & 0o6000
    await context.sys("chmod", context.path(name), mode)
    const [from, to] = [old, mode].map((each) => `${octal(each)} (${modeText({ ...stat, mode: each }).slice(1)})`)
    if (old !== mode && (line.has("v") || line.has("c"))) {
      await context.stdout.line(`mode of ${quoted(name)} changed from ${from} to ${to}`)
    } else if (line.has("v")) await context.stdout.line(`mode of ${quoted(name)} retained as ${to}`)
  }, (name) => `changing permissions of ${quoted(name)}`)
}

const ownerSpec = {
  short: "cfhHLPRv",
  long: {
    changes: "c",
    quiet: "f",
    silent: "f",
    verbose: "v",
    recursive: "R",
    dereference: "dereference",
    "no-dereference": "h",
    "reference=": "reference",
    "from=": "from",
    "preserve-root": "preserve-root",
    "no-preserve-root": "no-preserve-root"
  }
}

/** What a word names: a user or group by name or number. */
const idOf = (
  context: ProgramContext,
  text: string,
  kind: "user" | "group",
  find: (name: string) => number | undefined
) => {
  const id = find(text) ?? (/^\d+$/.test(text) ? Number(text) : undefined)
  if (id === undefined) throw new ProgramFailure(`invalid ${kind}: ${context.quote(text)}`)
  return id
}

interface Owner {
  readonly uid: number | undefined
  readonly gid: number | undefined
}

const parseOwner = async (context: ProgramContext, text: string): Promise<Owner> => {
  const users = await readUsers(context)
  const group = (name: string) => idOf(context, name, "group", users.groupId)
  if (context.name === "chgrp") return { uid: undefined, gid: text === "" ? undefined : group(text) }
  const [user, ...rest] = text.split(text.includes(":") ? ":" : /\.(?=[^.]*$)/)
  const named = (name: string) => idOf(context, name, "user", users.userId)
  try {
    const uid = user === "" ? undefined : named(user)
    if (rest.length === 0) return { uid, gid: undefined }
    return { uid, gid: rest[0] === "" ? (uid === undefined ? undefined : users.groupOf(user)) : group(rest[0]) }
  } catch (error) {
    if (!(error instanceof ProgramFailure) || rest.length === 0) throw error
    throw new ProgramFailure(error.message.replace(/: .*$/s, `: ${context.quote(text)}`))
  }
}

const changeOwner: Program = async (context) => {
  const line = parseOptions(context, ownerSpec)
  const operands = line.operands.slice()
  const reference = line.get("reference")
  const text = reference === undefined ? operands.shift() : undefined
  if (reference === undefined && text === undefined) throw missingOperand(context)
  if (operands.length === 0) throw text === undefined ? missingOperand(context) : missingAfter(context, text)
  const owner: Owner = text === undefined
    ? await context.sys("stat", context.path(reference!))
    : await parseOwner(context, text)
  const kind = context.name === "chgrp" ? "group" : "ownership"
  return eachBelow(context, line, operands, !line.has("h"), async (name, stat) => {
    const [uid, gid] = [owner.uid ?? stat.uid, owner.gid ?? stat.gid]
    const changes = uid !== stat.uid || gid !== stat.gid
    await context.sys("chown", context.path(name), uid, gid, !line.has("h"))
    if (line.has("v") || (line.has("c") && changes)) {
      const { groupName, userName } = await readUsers(context)
      const show = (user: number, group: number) =>
        kind === "group" ? groupName(group) ?? String(group) : `${userName(user) ?? user}:${groupName(group) ?? group}`
      await context.stdout.line(
        changes
          ? `changed ${kind} of ${quoted(name)} from ${show(stat.uid, stat.gid)} to ${show(uid, gid)}`
          : `${kind} of ${quoted(name)} retained as ${show(uid, gid)}`
      )
    }
  }, (name) => `changing ${kind} of ${quoted(name)}`)
}

export const chown = changeOwner
export const chgrp = changeOwner
