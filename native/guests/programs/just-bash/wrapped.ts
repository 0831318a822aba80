/**
 * Programs that just-bash has and we do not yet: the input is collected, the command runs over the VM's files, what it
 * prints leaves when it is printed.
 */
import type { Bash, BashOptions, CommandName } from "just-bash"
import { descriptorOf } from "../../bash/interpret/open.ts"
import { quoteSingle } from "../../bash/text.ts"
import type { SystemCallName } from "../../protocol.ts"
import type { CallSystem } from "../../shell/engine.ts"
import type { Program, ProgramContext } from "../program.ts"
import { Informed } from "../program.ts"
import { toByteString } from "./bytes.ts"
import { ProcessDevices } from "./devices.ts"
import { GuestFilesystem } from "./filesystem.ts"
import { vmCommands } from "./vm-commands.ts"
import { workLimits } from "./work-limits.ts"

const RETAINED = 64 * 1024 * 1024
/** What one command may print in all, in bytes. */
const MAX_OUTPUT = 1024 * 1024 * 1024

const limits: NonNullable<BashOptions["executionLimits"]> = {
  ...workLimits,
  maxSourceBytes: RETAINED,
  maxStringLength: RETAINED,
  maxOutputSize: MAX_OUTPUT,
  maxLiveBytes: MAX_OUTPUT
}

const EMPTY = new Uint8Array(0)

/** Options of text tools that take their script along, so that every operand is a file. */
const scripted: Readonly<Record<string, RegExp>> = {
  sed: /^(?:-[a-zA-Z]*[ef]|--expression|--file)/,
  awk: /^(?:-f|--file)/,
  yq: /^(?:-f|--from-file)/
}

/** Whether the command reads its standard input, as far as its words tell. */
const readsInput = ({ args, name }: ProgramContext): boolean => {
  if (name === "strings" && args.some((arg) => !arg.startsWith("-"))) return false
  const script = scripted[name]
  if (script === undefined) return true
  const operands = args.filter((arg, index) =>
    !(arg.startsWith("-") && arg !== "-") && !/^(?:-v|-F|-e|-f|--arg)$/.test(args[index - 1] ?? "")
  )
  const files = operands.length - (args.some((arg) => script.test(arg)) ? 0 : 1)
  return files < 1 || operands.includes("-")
}

/** System calls in which the paths of open descriptors (`/dev/fd/63`) are files. */
const withDescriptors = (context: ProgramContext): CallSystem => {
  const contents = new Map<number, Promise<Uint8Array>>()
  const content = (fd: number, path: string): Promise<Uint8Array> => {
    let bytes = contents.get(fd)
    if (bytes === undefined) {
      bytes = context.open(path).then((reader) => reader.all())
      contents.set(fd, bytes)
    }
    return bytes
  }
  const call = async (_: number, name: SystemCallName, ...args: ReadonlyArray<unknown>): Promise<unknown> => {
    const fd = typeof args[0] === "string" ? descriptorOf(args[0]) : undefined
    if (fd !== undefined && context.process.descriptors.get(fd) !== undefined) {
      if (name === "readFile") return content(fd, args[0] as string)
      if (name === "stat" || name === "lstat") {
        const { length } = await content(fd, args[0] as string)
        return { ...await context.machine.sys("stat", "/dev/null"), type: "fifo", size: length }
      }
    }
    return context.sys(name, ...args as never)
  }
  return call as CallSystem
}

const interpreter = async (context: ProgramContext, program: string, devices: ProcessDevices): Promise<Bash> => {
  const { Bash } = await import("just-bash")
  const { machine: { identity }, process: { pid } } = context
  const call = withDescriptors(context)
  const filesystem = new GuestFilesystem(call, pid, devices, program, context.cwd)
  return new Bash({
    fs: filesystem,
    cwd: context.cwd,
    executionLimits: limits,
    commands: [context.name as CommandName],
    customCommands: vmCommands(context),
    defenseInDepth: false,
    sleep: (milliseconds: number) => context.sys("sleep", milliseconds),
    processInfo: { pid, ppid: 1, uid: identity.uid, gid: identity.gid }
  })
}

export const wrapped: Program = async (context) => {
  if (context.args[0] === "--version") throw new Informed("version", { short: "" })
  const input = readsInput(context) ? await context.stdin.all() : EMPTY
  const devices = new ProcessDevices(input, async (channel, bytes) => {
    const target = channel === "stdout" ? context.stdout : context.stderr
    await target.write(bytes.slice())
    if (channel === "stderr") await context.stderr.flush()
  })
  const program = `/usr/bin/${context.name}`
  const words = [program, ...context.args].map(quoteSingle).join(" ")
  const bash = await interpreter(context, program, devices)
  const abort = new AbortController()
  const running = bash.exec(`${words} 1>>'${devices.live.stdout}' 2>>'${devices.live.stderr}'`, {
    cwd: context.cwd,
    replaceEnv: true,
    env: { ...Object.fromEntries(context.env), PWD: context.cwd },
    rawScript: true,
    stdin: toByteString(input),
    stdinKind: "bytes",
    signal: abort.signal
  })
  try {
    const result = await context.process.block(running)
    if (result.stdout !== "") await context.stdout.write(result.stdout)
    if (result.stderr !== "") await context.stderr.write(result.stderr)
    return result.exitCode
  } catch (error) {
    abort.abort()
    throw error
  }
}
