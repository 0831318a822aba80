/**
 * The shell engine over just-bash. One interpreter per process: its filesystem, private devices and process number are
 * its own. The kernel's deadlines and limits are the bounds of a script; just-bash's counters are lifted out of the
 * way, except for those that keep one script's memory from taking the worker down.
 *
 * just-bash's "defence in depth" is off. It patches the globals of the whole realm while a script runs: timers, the
 * message port and whatever else this worker itself needs then fail inside a script, a short command takes 1.7 times as
 * long (every promise callback looks its context up), and on Node 20 it calls itself best-effort. The boundary is the
 * worker: an empty environment, no permissions, and one port to a kernel that trusts nothing it says.
 */
import type { BashOptions, TransformPlugin } from "just-bash"
import { Bash } from "just-bash"
import { fromByteString, toByteString } from "./bytes.ts"
import { setClock } from "./clock.ts"
import { makeCommands } from "./commands/make.ts"
import { ProcessDevices } from "./devices.ts"
import type { CallSystem, GuestIdentity, ShellEngine, ShellProcess } from "./engine.ts"
import { GuestFilesystem } from "./filesystem.ts"
import { withLiveOutput } from "./live.ts"
import { ProgramMemory } from "./programs.ts"
import { workLimits } from "./work-limits.ts"

/** Output that an interpreter may hold back at one time, in bytes: of functions, substitutions and pipe stages. */
export const RETAINED_OUTPUT = 64 * 1024 * 1024

const limits: NonNullable<BashOptions["executionLimits"]> = {
  ...workLimits,
  maxSourceBytes: 16 * 1024 * 1024,
  // The stack of the worker (4 MiB) bears this depth with room to spare; see the tests.
  maxCallDepth: 400,
  maxSubstitutionDepth: 100,
  maxBraceExpansionResults: 1_000_000,
  maxStringLength: RETAINED_OUTPUT,
  maxHeredocSize: RETAINED_OUTPUT,
  maxOutputSize: RETAINED_OUTPUT,
  maxLiveBytes: 2 * RETAINED_OUTPUT
}

/** Variables that a shell sets itself when it starts; they are not exported. */
const shellVariables = (identity: GuestIdentity): Record<string, string> => ({
  IFS: " \t\n",
  OPTIND: "1",
  OSTYPE: "linux-gnu",
  MACHTYPE: "x86_64-pc-linux-gnu",
  HOSTTYPE: "x86_64",
  HOSTNAME: identity.hostname,
  SHELLOPTS: "braceexpand:hashall:interactive-comments",
  BASHOPTS: "globskipdots"
})

const positional = (argv: ReadonlyArray<string>): Record<string, string> => {
  const variables: Record<string, string> = {
    0: "bash",
    "#": String(argv.length),
    "@": argv.join(" "),
    "*": argv.join(" ")
  }
  argv.forEach((value, index) => {
    variables[index + 1] = value
  })
  return variables
}

/** just-bash names the place of a syntax error in its own way. */
const syntaxErrors = (stderr: string): string =>
  stderr.replace(/^bash: syntax error: Parse error at (\d+):\d+: /, "bash: line $1: ")

/**
 * The text of the returned result. Output that is no text comes back with each byte as a character; whether "ÿ" was a
 * byte or a letter is then unknown, and letters are the better guess. Live output does not pass here.
 */
const residue = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What the interface of the interpreter lacks; its version is pinned. */
interface Internals {
  readonly limits: { maxOutputSize: number }
}

const makeBash = (
  call: CallSystem,
  identity: GuestIdentity,
  programs: ProgramMemory,
  process: ShellProcess,
  live: boolean
): Bash => {
  const devices = new ProcessDevices(process, (bytes) => {
    // just-bash counts all output of a script against one total; what has left is no longer held back.
    own.maxOutputSize += bytes
  })
  const filesystem = new GuestFilesystem(call, process.pid, devices, programs)
  const sleep = async (milliseconds: number) => {
    const now = await call(process.pid, "sleep", milliseconds)
    if (typeof now === "number") setClock(now)
  }
  const options: BashOptions = {
    fs: filesystem,
    cwd: process.cwd,
    env: { ...process.env },
    executionLimits: limits,
    customCommands: makeCommands({ call, identity, filesystem, process }),
    defenseInDepth: false,
    sleep,
    processInfo: { pid: process.pid, ppid: 1, uid: identity.uid, gid: identity.gid }
  }
  const bash = new Bash(options)
  const own = (bash as unknown as Internals).limits
  let transformed = false
  const plugin: TransformPlugin = {
    name: "live-output",
    // Also asked for scripts that commands run (`bash -c`): what those print is the command's output, perhaps captured.
    transform: ({ ast }) => {
      if (transformed) return { ast }
      transformed = true
      return { ast: withLiveOutput(ast, devices.live) }
    }
  }
  if (live) bash.registerTransformPlugin(plugin)
  return bash
}

export interface JustBashOptions {
  /** Whether output leaves as it comes (the default), or all of it when the script has ended. */
  readonly live?: boolean | undefined
}

export const makeJustBash = (call: CallSystem, identity: GuestIdentity, options: JustBashOptions = {}): ShellEngine => {
  const programs = new ProgramMemory()
  const shell = shellVariables(identity)
  return {
    run: async (process) => {
      const bash = makeBash(call, identity, programs, process, options.live !== false)
      const result = await bash.exec(process.command, {
        cwd: process.cwd,
        replaceEnv: true,
        env: { ...shell, ...process.env, PWD: process.cwd, ...positional(process.argv) },
        rawScript: true,
        stdin: toByteString(process.stdin),
        stdinKind: "bytes",
        signal: process.signal
      })
      if (result.stdout !== "") await process.write("stdout", residue(result.stdout))
      if (result.stderr !== "") await process.write("stderr", residue(syntaxErrors(result.stderr)))
      return { exitCode: result.exitCode & 0xff }
    }
  }
}

/** Runs a command in an empty memory, so that the first real one finds the interpreter loaded and compiled. */
export const warmUp = async (): Promise<void> => {
  const bash = new Bash({ defenseInDepth: false, cwd: "/", executionLimits: limits })
  const live = { stdout: "/dev/null", stderr: "/dev/null" }
  bash.registerTransformPlugin({ name: "live-output", transform: ({ ast }) => ({ ast: withLiveOutput(ast, live) }) })
  await bash.exec("for i in 1 2; do x=$(echo $i | cat); echo \"$x\" > /tmp/w; done; [ -f /tmp/w ] && echo ok", {
    stdin: toByteString(fromByteString("")),
    stdinKind: "bytes"
  })
}
