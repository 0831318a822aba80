/** Who and where: id, whoami, groups, logname, uname, arch, hostname, nproc, tty, getconf. */
import { decodeText } from "../../bash/text.ts"
import { readUsers } from "../files/users.ts"
import type { CommandLine } from "../options.ts"
import { extraOperand, parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"

interface Identity {
  readonly user: string
  readonly uid: number
  readonly gid: number
  readonly groups: ReadonlyArray<number>
}

const identify = async (context: ProgramContext, name: string | undefined): Promise<Identity | undefined> => {
  const { gid, uid, user } = context.machine.identity
  const users = await readUsers(context)
  const known = name === undefined ? uid : users.userId(name) ?? (/^\d+$/.test(name) ? Number(name) : undefined)
  if (known === undefined) return undefined
  const own = users.userName(known) ?? (known === uid ? user : undefined)
  if (own === undefined && name !== undefined) return undefined
  const first = known === uid ? gid : users.groupOf(own!) ?? gid
  const groups = Array.from(new Set([first, ...users.membershipsOf(own ?? "")]))
  return { user: own ?? String(known), uid: known, gid: first, groups }
}

const spec = {
  short: "aGgnruzZ",
  long: { group: "g", groups: "G", name: "n", real: "r", user: "u", zero: "z" }
}

const describe = async (
  context: ProgramContext,
  line: CommandLine,
  { gid, groups, uid, user }: Identity
): Promise<string> => {
  const { groupName } = await readUsers(context)
  const end = line.has("z") ? "\0" : "\n"
  const shown = (id: number) => line.has("n") ? groupName(id) ?? String(id) : String(id)
  if (line.has("u")) return (line.has("n") ? user : String(uid)) + end
  if (line.has("g")) return shown(gid) + end
  if (line.has("G")) return groups.map(shown).join(line.has("z") ? "\0" : " ") + end
  const named = (id: number) => `${id}(${groupName(id) ?? id})`
  return `uid=${uid}(${user}) gid=${named(gid)} groups=${groups.map(named).join(",")}\n`
}

export const id: Program = async (context) => {
  const line = parseOptions(context, spec)
  const kinds = ["u", "g", "G"].filter((letter) => line.has(letter))
  if (kinds.length > 1) throw new ProgramFailure("cannot print \"only\" of more than one choice")
  if (kinds.length === 0 && (line.has("n") || line.has("r"))) {
    throw new ProgramFailure("cannot print only names or real IDs in default format")
  }
  if (kinds.length === 0 && line.has("z")) throw new ProgramFailure("option --zero not permitted in default format")
  let status = 0
  for (const name of line.operands.length === 0 ? [undefined] : line.operands) {
    const identity = await identify(context, name)
    if (identity === undefined) {
      await context.complain(`${context.quote(name!)}: no such user`)
      status = 1
    } else await context.stdout.write(await describe(context, line, identity))
  }
  return status
}

export const whoami: Program = async (context) => {
  const { operands } = parseOptions(context, { short: "" })
  if (operands.length > 0) throw extraOperand(context, operands[0])
  await context.stdout.line(context.machine.identity.user)
  return 0
}

export const logname = whoami

export const groups: Program = async (context) => {
  const { operands } = parseOptions(context, { short: "" })
  const { groupName } = await readUsers(context)
  let status = 0
  for (const name of operands.length === 0 ? [undefined] : operands) {
    const identity = await identify(context, name)
    if (identity === undefined) {
      await context.complain(`${context.quote(name!)}: no such user`)
      status = 1
      continue
    }
    const names = identity.groups.map((each) => groupName(each) ?? String(each)).join(" ")
    await context.stdout.line(name === undefined ? names : `${name} : ${names}`)
  }
  return status
}

const kernelRelease = async (context: ProgramContext): Promise<string> => {
  const text = decodeText(await context.sys("readFile", "/proc/version").catch(() => new Uint8Array(0)))
  return /version (\S+)/.exec(text)?.[1] ?? "6.1.0"
}

const MACHINE = "x86_64"

export const uname: Program = async (context) => {
  const line = parseOptions(context, {
    short: "asnrvmpio",
    long: {
      all: "a",
      "kernel-name": "s",
      sysname: "s",
      nodename: "n",
      "kernel-release": "r",
      release: "r",
      "kernel-version": "v",
      machine: "m",
      processor: "p",
      "hardware-platform": "i",
      "operating-system": "o"
    }
  })
  if (line.operands.length > 0) throw extraOperand(context, line.operands[0])
  const has = (letter: string) =>
    line.has("a") ? letter !== "p" && letter !== "i" : line.options.length === 0 ? letter === "s" : line.has(letter)
  const parts = [
    ["s", "Linux"],
    ["n", context.machine.identity.hostname],
    ["r", await kernelRelease(context)],
    ["v", "#1 SMP"],
    ["m", MACHINE],
    ["p", "unknown"],
    ["i", "unknown"],
    ["o", "GNU/Linux"]
  ].filter(([letter]) => has(letter))
  await context.stdout.line(parts.map(([, text]) => text).join(" "))
  return 0
}

export const arch: Program = async (context) => {
  const { operands } = parseOptions(context, { short: "" })
  if (operands.length > 0) throw extraOperand(context, operands[0])
  await context.stdout.line(MACHINE)
  return 0
}

export const hostname: Program = async (context) => {
  const line = parseOptions(context, {
    short: "sfdiIaAy",
    long: { short: "s", fqdn: "f", long: "f", domain: "d", "ip-address": "i", "all-ip-addresses": "I", alias: "a" }
  })
  if (line.operands.length > 0) {
    throw new ProgramFailure("you must be root to change the host name")
  }
  const name = context.machine.identity.hostname
  const text = line.has("i") || line.has("I") ?
    "127.0.0.1" :
    line.has("d") ?
    name.split(".").slice(1).join(".") :
    line.has("s")
    ? name.split(".")[0] :
    line.has("a")
    ? ""
    : name
  await context.stdout.line(text)
  return 0
}

const processors = async (context: ProgramContext): Promise<number> => {
  const text = decodeText(await context.sys("readFile", "/proc/cpuinfo").catch(() => new Uint8Array(0)))
  return text.match(/^processor\t/gm)?.length ?? 1
}

export const nproc: Program = async (context) => {
  const line = parseOptions(context, { short: "", long: { all: "all", "ignore=": "ignore" } })
  if (line.operands.length > 0) throw extraOperand(context, line.operands[0])
  const ignored = line.get("ignore") ?? "0"
  if (!/^\d+$/.test(ignored)) throw new ProgramFailure(`invalid number: ${context.quote(ignored)}`)
  await context.stdout.line(String(Math.max(1, await processors(context) - Number(ignored))))
  return 0
}

export const tty: Program = async (context) => {
  const line = parseOptions(context, { short: "s", long: { silent: "s", quiet: "s" }, status: 2 })
  if (line.operands.length > 0) throw new ProgramFailure(extraOperand(context, line.operands[0]).message, 2)
  const input = context.process.descriptors.get(0)
  const terminal = input?.isTerminal === true
  if (!line.has("s")) await context.stdout.line(terminal ? input.target : "not a tty")
  return terminal ? 0 : 1
}

const variables: Readonly<Record<string, string>> = {
  ARG_MAX: "2097152",
  CHAR_BIT: "8",
  HOST_NAME_MAX: "64",
  INT_MAX: "2147483647",
  INT_MIN: "-2147483648",
  LONG_BIT: "64",
  LINE_MAX: "2048",
  NAME_MAX: "255",
  OPEN_MAX: "1024",
  PAGE_SIZE: "4096",
  PAGESIZE: "4096",
  PATH: "/bin:/usr/bin",
  PATH_MAX: "4096",
  PIPE_BUF: "4096",
  SSIZE_MAX: "32767",
  UINT_MAX: "4294967295",
  WORD_BIT: "32",
  _POSIX_VERSION: "200809",
  _POSIX_PATH_MAX: "256",
  POSIX2_VERSION: "200809"
}

export const getconf: Program = async (context) => {
  const [first, second] = context.args
  if (first === undefined) {
    await context.stderr.write(
      "Usage: getconf [-v specification] variable_name [pathname]\n       getconf -a [pathname]\n"
    )
    return 2
  }
  const live: Readonly<Record<string, () => Promise<string>>> = {
    _NPROCESSORS_ONLN: async () => String(await processors(context)),
    _NPROCESSORS_CONF: async () => String(await processors(context))
  }
  if (first === "-a") {
    for (const [name, value] of Object.entries(variables)) await context.stdout.line(`${name.padEnd(34)} ${value}`)
    return 0
  }
  const value = variables[first] ?? await live[first]?.()
  if (value === undefined) throw new ProgramFailure(`Unrecognized variable \`${first}'`, 2)
  if (second !== undefined) await context.sys("stat", context.path(second))
  await context.stdout.line(value)
  return 0
}
