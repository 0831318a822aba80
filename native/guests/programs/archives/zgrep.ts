/** zgrep, zdiff and zcmp: grep, diff and cmp of what compressed files hold. */
import { makePipe } from "../../bash/io/pipe.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { spec as grepSpec } from "../text/grep.ts"

/** Options of grep that make no sense when each file is a stream. */
const refused: ReadonlySet<string> = new Set(["r", "R", "z", "Z", "include", "exclude", "exclude-from", "exclude-dir"])
/** Options that are not handed on, but done here. */
const own: ReadonlySet<string> = new Set(["l", "L", "H", "h"])

const written = ({ name, value }: { readonly name: string; readonly value?: string | undefined }): string =>
  name.length === 1 ? `-${name}${value ?? ""}` : `--${name}${value === undefined ? "" : `=${value}`}`

const grepArguments = (context: ProgramContext, line: CommandLine): Array<string> => {
  const dialect = context.name === "zegrep" ? ["-E"] : context.name === "zfgrep" ? ["-F"] : []
  return [...dialect, ...line.options.filter(({ name }) => !own.has(name)).map(written)]
}

/** What gzip gives, searched; the worse of both statuses counts. */
const search = async (context: ProgramContext, file: string, args: ReadonlyArray<string>): Promise<number> => {
  const { reader, writer } = makePipe()
  await context.stdout.flush()
  const [expanded, found] = await Promise.all([
    context.run(["gzip", "-cdfq", "--", file], { stdout: writer }),
    context.run(["grep", ...args], { stdin: reader })
  ])
  // 2 is a warning, and who stops reading early ends it by a signal
  return expanded === 1 ? 2 : found
}

export const zgrep: Program = async (context) => {
  const line = parseOptions(context, grepSpec)
  const bad = line.options.find(({ name }) => refused.has(name))
  if (bad !== undefined) throw new ProgramFailure(`${written(bad)}: option not supported`, 2)
  const operands = line.operands.slice()
  const args = grepArguments(context, line)
  if (!line.has("e") && !line.has("f")) {
    const pattern = operands.shift()
    if (pattern === undefined) throw new ProgramFailure("missing pattern; try `zgrep --help' for help", 2)
    args.push(`-e${pattern}`)
  }
  const files = operands.length === 0 ? ["-"] : operands
  const lists = line.has("l") ? 0 : line.has("L") ? 1 : undefined
  const names = line.has("H") || (files.length > 1 && !line.has("h"))
  let status = 1
  for (const file of files) {
    const label = [...(names ? ["-H"] : ["-h"]), ...(file === "-" ? [] : [`--label=${file}`])]
    const found = await search(context, file, lists === undefined ? [...label, ...args] : ["-q", ...args])
    if (found === lists) await context.stdout.line(file)
    const counts = lists === 1 && found < 2 ? 1 - found : found
    if (counts > 1) status = 2
    else if (counts === 0 && status < 2) status = 0
  }
  return status
}

const compressed = /\.(?:gz|tgz|z|Z)$|[-_]z$/

/** Each file by its own name, or as what gzip makes of it. */
const SCRIPT = `run=$1; shift
a=$1 b=$2; shift 2
case $a in *.gz|*.tgz|*.[zZ]|*[-_]z|-) exec {x}< <(gzip -cdfq -- "$a"); a=/dev/fd/$x;; esac
case $b in *.gz|*.tgz|*.[zZ]|*[-_]z|-) exec {y}< <(gzip -cdfq -- "$b"); b=/dev/fd/$y;; esac
"$run" "$@" -- "$a" "$b"`

/** zdiff and zcmp. */
export const zdiff: Program = async (context) => {
  const options = context.args.filter((arg) => /^-./.test(arg) && arg !== "--")
  const files = context.args.filter((arg) => !/^-./.test(arg))
  if (files.length === 0 || files.length > 2) {
    throw new ProgramFailure(`invalid number of operands; try \`${context.name} --help' for help`, 2)
  }
  const [first] = files
  if (files.length === 1 && !compressed.test(first)) {
    throw new ProgramFailure(`${first}: unknown compressed file extension`, 2)
  }
  const second = files[1] ?? first.replace(/\.tgz$/, ".tar").replace(/(?:\.gz|\.[zZ]|[-_]z)$/, "")
  for (const file of [first, second]) {
    if (file === "-") continue
    try {
      await context.sys("stat", context.path(file))
    } catch (error) {
      throw new ProgramFailure(`${file}: ${context.reason(error)}`, 2)
    }
  }
  return context.run(["bash", "-c", SCRIPT, "bash", context.name.slice(1), first, second, ...options])
}
