/** diff: files and directories. */
import { Pattern } from "../../bash/expand/pattern.ts"
import { decodeText } from "../../bash/text.ts"
import type { GuestStat } from "../../protocol.ts"
import { isErrno } from "../../shell/client.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { compileRegex } from "../text/regex.ts"
import { customized, customOptions, isCustom } from "./custom-formats.ts"
import type { Change } from "./edit-script.ts"
import { editScript } from "./edit-script.ts"
import type { Content, FormatOptions } from "./formats.ts"
import { ed, inContext, normal, rcs, sideBySide, unified } from "./formats.ts"

const spec = {
  short: "abBcC:deEF:iI:lL:nNpPqrsS:tTuU:vwW:x:X:yZ0123456789",
  long: {
    ...customOptions,
    text: "a",
    "ignore-space-change": "b",
    "ignore-blank-lines": "B",
    brief: "q",
    "color[=": "color",
    "context[=": "context",
    ed: "e",
    "exclude=": "x",
    "exclude-from=": "X",
    "expand-tabs": "t",
    "ignore-all-space": "w",
    "ignore-case": "i",
    "ignore-file-name-case": "ignore-file-name-case",
    "ignore-matching-lines=": "I",
    "ignore-tab-expansion": "E",
    "ignore-trailing-space": "Z",
    "initial-tab": "T",
    "label=": "L",
    "left-column": "left-column",
    minimal: "d",
    "new-file": "N",
    "unidirectional-new-file": "P",
    "no-dereference": "no-dereference",
    normal: "normal",
    rcs: "n",
    recursive: "r",
    "report-identical-files": "s",
    "show-c-function": "p",
    "show-function-line=": "F",
    "side-by-side": "y",
    "speed-large-files": "speed-large-files",
    "starting-file=": "S",
    "strip-trailing-cr": "strip-trailing-cr",
    "suppress-common-lines": "suppress-common-lines",
    "to-file=": "to-file",
    "from-file=": "from-file",
    "unified[=": "unified",
    "width=": "W"
  },
  status: 2,
  named: true
}

const fail = (message: string): never => {
  throw new ProgramFailure(`${message}\ndiff: Try 'diff --help' for more information.`, 2)
}

interface Style {
  readonly format: typeof normal
  readonly context: number
}

const styleOf = (line: CommandLine): Style => {
  const digits = line.options.filter(({ name }) => /^\d$/.test(name)).map(({ name }) => name).join("")
  let format = normal
  let context: number | undefined
  for (const { name, value } of line.options) {
    if (name === "u" || name === "U" || name === "unified") format = unified
    else if (name === "c" || name === "C" || name === "context") format = inContext
    else if (name === "e") format = ed
    else if (name === "n") format = rcs
    else if (name === "y") format = sideBySide
    if ((name === "U" || name === "C" || name === "unified" || name === "context") && value !== "") {
      if (!/^\d+$/.test(value)) fail(`invalid context length '${value}'`)
      context = Math.max(context ?? 0, Number(value))
    }
  }
  return { format, context: digits === "" ? context ?? 3 : Number(digits) }
}

/** What counts as the same line. */
const keyOf = (line: CommandLine): (text: string) => string => {
  const steps: Array<(text: string) => string> = []
  if (line.has("strip-trailing-cr")) steps.push((text) => text.replace(/\r$/, ""))
  if (line.has("E")) steps.push((text) => text.replace(/\t/g, "        "))
  if (line.has("w")) steps.push((text) => text.replace(/\s+/g, ""))
  else if (line.has("b")) steps.push((text) => text.replace(/\s+$/, "").replace(/\s+/g, " "))
  else if (line.has("Z")) steps.push((text) => text.replace(/\s+$/, ""))
  if (line.has("i")) steps.push((text) => text.toLowerCase())
  return (text) => steps.reduce((value, step) => step(value), text)
}

interface File {
  readonly name: string
  readonly stat: GuestStat | undefined
}

class Differ {
  private readonly style: Style
  private readonly key: (text: string) => string
  private readonly excluded: Array<Pattern>
  private readonly ignored: (text: string) => boolean
  private readonly options: FormatOptions
  private readonly switches: string

  constructor(
    private readonly context: ProgramContext,
    private readonly line: CommandLine,
    excluded: ReadonlyArray<string>
  ) {
    this.style = styleOf(line)
    this.key = keyOf(line)
    this.excluded = excluded.map((source) => new Pattern(source, { extended: false }))
    const regexes = line.all("I").map((source) =>
      compileRegex(source, { extended: false }) ?? fail(`${source}: Invalid regular expression`)
    )
    this.ignored = (text) =>
      (line.has("B") && text.trim() === "" && (text === "" || line.has("b") || line.has("w") || line.has("Z"))) ||
      regexes.some((regex) => regex.test(text))
    const heading = line.has("p") ? /^[A-Za-z_$]/ : undefined
    const shown = line.get("F") === undefined ? undefined : compileRegex(line.get("F")!, { extended: false })
    this.options = {
      context: this.style.context,
      heading: shown !== undefined
        ? (text) => shown.test(text)
        : heading === undefined
        ? undefined
        : (text) => heading.test(text),
      width: Number(line.get("W") ?? 130),
      suppressesCommon: line.has("suppress-common-lines"),
      leftColumn: line.has("left-column"),
      decorate: line.has("T") ? (text) => `\t${text}` : (text) => text,
      zone: context.zone
    }
    this.switches = context.args.filter((arg) => arg.startsWith("-") && arg !== "-").map((arg) =>
      ` ${/[\s*?'"]/.test(arg) ? `'${arg}'` : arg}`
    ).join("")
  }

  private async read(file: File, index: number): Promise<{ readonly bytes: Uint8Array; readonly content: Content }> {
    const { context, line } = this
    let bytes: Uint8Array = new Uint8Array(0)
    if (file.stat !== undefined || file.name === "-" || file.name.startsWith("/dev/")) {
      const reader = await context.open(file.name)
      bytes = await reader.all()
      await reader.close()
    }
    const text = decodeText(bytes)
    const lines = text === "" ? [] : text.split("\n")
    const unterminated = lines.length > 0 && lines[lines.length - 1] !== ""
    if (lines.length > 0 && !unterminated) lines.pop()
    const mtimeMs = file.stat?.mtimeMs ?? (file.name === "-" ? await context.sys("now") : 0)
    return { bytes, content: { name: file.name, label: line.all("L")[index], mtimeMs, lines, unterminated } }
  }

  /** 0 when the same, 1 when different, 2 when that cannot be told. */
  async files(left: File, right: File, titled: boolean): Promise<number> {
    const { context, line } = this
    const [a, b] = [await this.read(left, 0), await this.read(right, 1)]
    const [from, to] = [line.all("L")[0] ?? left.name, line.all("L")[1] ?? right.name]
    const same = Buffer.compare(a.bytes, b.bytes) === 0
    const binary = !line.has("a") && (a.bytes.subarray(0, 4096).includes(0) || b.bytes.subarray(0, 4096).includes(0))
    if (!same && binary) {
      await context.stdout.line(`${line.has("q") ? "Files" : "Binary files"} ${from} and ${to} differ`)
      return 1
    }
    const custom = isCustom(line) && !line.has("q")
    const changes = same && this.style.format !== sideBySide ? [] : await this.changes(a.content, b.content)
    if (custom) await context.stdout.write(customized(line, a.content, b.content, changes))
    if (changes.length === 0) {
      if (line.has("s")) await context.stdout.line(`Files ${from} and ${to} are identical`)
      else if (this.style.format === sideBySide) {
        await context.stdout.write(sideBySide(a.content, b.content, [], this.options))
      }
      return 0
    }
    if (line.has("q")) {
      await context.stdout.line(`Files ${from} and ${to} differ`)
      return 1
    }
    if (custom) return 1
    if (titled) await context.stdout.line(`diff${this.switches} ${left.name} ${right.name}`)
    await context.stdout.write(this.style.format(a.content, b.content, changes, this.options))
    return 1
  }

  private async changes(left: Content, right: Content): Promise<Array<Change>> {
    // A last line without an end differs from one with an end.
    const keys = ({ lines, unterminated }: Content) =>
      lines.map((text, index) =>
        this.key(text) +
        (unterminated && index === lines.length - 1 && !this.line.has("w") && !this.line.has("b") && !this.line.has("Z")
          ? "\0"
          : "")
      )
    const changes = await editScript(this.context, keys(left), keys(right))
    return changes.filter(({ end, from, start, to }) =>
      !left.lines.slice(from, to).every(this.ignored) || !right.lines.slice(start, end).every(this.ignored)
    )
  }

  private async names(file: File): Promise<Array<string>> {
    if (file.stat === undefined) return []
    const entries = await this.context.sys("readdir", this.context.path(file.name))
    return entries.map(({ name }) => name).filter((name) => !this.excluded.some((pattern) => pattern.matches(name)))
  }

  private async look(directory: File, name: string, present: boolean): Promise<File> {
    const path = `${directory.name.replace(/(.)\/+$/, "$1")}/${name}`.replace("//", "/")
    return { name: path, stat: present ? await this.context.sys("stat", this.context.path(path)) : undefined }
  }

  async directories(left: File, right: File): Promise<number> {
    const { context, line } = this
    const [a, b] = [new Set(await this.names(left)), new Set(await this.names(right))]
    let status = 0
    for (const name of Array.from(new Set([...a, ...b])).sort((x, y) => x < y ? -1 : 1)) {
      const start = line.get("S")
      if (start !== undefined && name < start) continue
      const absent = !a.has(name) || !b.has(name)
      if (absent && !line.has("N") && !(line.has("P") && !a.has(name))) {
        const where = a.has(name) ? left : right
        await context.stdout.line(`Only in ${where.name.replace(/(.)\/+$/, "$1")}: ${name}`)
        status = Math.max(status, 1)
        continue
      }
      status = Math.max(
        status,
        await this.pair(await this.look(left, name, a.has(name)), await this.look(right, name, b.has(name)))
      )
    }
    return status
  }

  private async pair(left: File, right: File): Promise<number> {
    const { context, line } = this
    const isDirectory = (file: File) => file.stat?.type === "directory"
    try {
      const known = left.stat ?? right.stat
      if (isDirectory(left) || isDirectory(right)) {
        if (left.stat !== undefined && right.stat !== undefined && isDirectory(left) !== isDirectory(right)) {
          const kind = ({ stat }: File) =>
            stat?.type === "directory" ? "directory" : stat?.size === 0 ? "regular empty file" : "regular file"
          await context.stdout.line(`File ${left.name} is a ${kind(left)} while file ${right.name} is a ${kind(right)}`)
          return 1
        }
        if (line.has("r")) return await this.directories(left, right)
        await context.stdout.line(`Common subdirectories: ${left.name} and ${right.name}`)
        return 0
      }
      if (known === undefined) return 0
      return await this.files(left, right, true)
    } catch (error) {
      await context.blame(left.name, error)
      return 2
    }
  }

  async top(left: File, right: File): Promise<number> {
    const [a, b] = [left.stat?.type === "directory", right.stat?.type === "directory"]
    if (a && b) return this.directories(left, right)
    return this.files(left, right, false)
  }
}

export const diff: Program = async (context) => {
  const line = parseOptions(context, spec)
  const [first, second, extra] = line.operands
  if (first === undefined) fail("missing operand after 'diff'")
  if (second === undefined) fail(`missing operand after '${first}'`)
  if (extra !== undefined) fail(`extra operand '${extra}'`)
  const excluded = line.all("x").slice()
  for (const name of line.all("X")) excluded.push(...decodeText(await (await context.open(name)).all()).split("\n"))
  const differ = new Differ(context, line, excluded.filter((pattern) => pattern !== ""))
  const look = async (name: string): Promise<File> => {
    if (name === "-" || name.startsWith("/dev/fd/")) return { name, stat: undefined }
    try {
      return { name, stat: await context.sys("stat", context.path(name)) }
    } catch (error) {
      if (line.has("N") && isErrno(error, "ENOENT")) return { name, stat: undefined }
      await context.blame(name, error)
      throw new ProgramFailure("", 2)
    }
  }
  let [left, right] = [await look(first), await look(second)]
  // A file against a directory means the file of that name in it.
  const within = async (directory: File, file: File) =>
    look(`${directory.name.replace(/(.)\/+$/, "$1")}/${file.name.replace(/^.*\//, "")}`)
  if (left.stat?.type === "directory" && right.stat?.type !== "directory") left = await within(left, right)
  else if (right.stat?.type === "directory" && left.stat?.type !== "directory") right = await within(right, left)
  try {
    return await differ.top(left, right)
  } catch (error) {
    if (error instanceof ProgramFailure) throw error
    await context.blame(left.name, error)
    return 2
  }
}
