/** patch: differences applied to files. */
import { refuseSize } from "../../bash/io/file-size.ts"
import { decodeText, encodeText } from "../../bash/text.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import type { FilePatch, Hunk } from "./patch-parse.ts"
import { OPEN, parsePatch, rejected, reversed } from "./patch-parse.ts"
import { expectedAt, findPlace, replaced } from "./patch-place.ts"

/** A file of which one is sure that there is none is not asked for: nobody answers questions. */
type Verdict = "apply" | "reverse" | "skip" | "anyway"

interface Outcome {
  /** Numbers of hunks that did not fit, with the offset that was known then. */
  readonly failed: ReadonlyArray<readonly [index: number, offset: number]>
  readonly skipped: boolean
  /** Whether a hunk did not fit exactly where it should. */
  readonly inexact: boolean
}

const plural = (count: number): string => `${count} hunk${count === 1 ? "" : "s"}`

/** Best of names: few folders, then a short last part, then short as a whole. */
const best = (names: ReadonlyArray<string>): string | undefined => {
  const rank = (name: string) => [name.split("/").length, name.replace(/^.*\//, "").length, name.length]
  return names.toSorted((a, b) => {
    const [left, right] = [rank(a), rank(b)]
    const at = left.findIndex((value, index) => value !== right[index])
    return at < 0 ? 0 : left[at] - right[at]
  })[0]
}

class Patcher {
  status = 0
  private reverses: boolean
  private readonly quiet: boolean

  constructor(private readonly context: ProgramContext, private readonly line: CommandLine) {
    this.reverses = line.has("R")
    this.quiet = line.has("s")
  }

  private say(text: string): Promise<void> | undefined {
    return this.context.stdout.line(text)
  }

  private stripped(name: string): string {
    const strip = this.line.get("p")
    if (strip === undefined) return name.replace(/^.*\//, "")
    return name.split("/").slice(Number(strip)).join("/")
  }

  private async exists(name: string): Promise<boolean> {
    return this.context.sys("stat", this.context.path(name)).then(() => true, () => false)
  }

  private async target(patch: FilePatch): Promise<string | undefined> {
    const [given] = this.line.operands
    if (given !== undefined) return given
    const headers = [patch.old, patch.fresh].filter((header) => header !== undefined && header.name !== "/dev/null")
    const names = headers.map((header) => this.stripped(header!.name)).filter((name) => name !== "")
    const present: Array<string> = []
    for (const name of names) if (await this.exists(name)) present.push(name)
    if (present.length > 0) return best(present)
    const from = this.reverses ? patch.fresh : patch.old
    return (from?.absence ?? 0) > 0 ? best(names) : undefined
  }

  /** What to do with a patch that seems to be applied already. Nobody is there to be asked. */
  private async verdict(reason: string): Promise<Verdict> {
    const { line } = this
    const { stdout } = this.context
    if (line.has("N")) {
      await stdout.write(`${reason}  Skipping patch.\n`)
      return "skip"
    }
    if (line.has("f")) {
      if (!this.quiet) await stdout.write(`${reason}  Applying it anyway.\n`)
      return "anyway"
    }
    if (line.has("t")) {
      await stdout.write(`${reason}  ${this.reverses ? "Ignoring" : "Assuming"} -R.\n`)
      return "reverse"
    }
    await stdout.write(
      `${reason}  ${this.reverses ? "Ignore" : "Assume"} -R? [n] \nApply anyway? [n] \nSkipping patch.\n`
    )
    return "skip"
  }

  /** Where a hunk fits, with as much of its context as can be; the first one is tried the other way round as well. */
  private async locate(lines: ReadonlyArray<string>, patch: FilePatch, index: number, offset: number, tries: boolean) {
    const { line } = this
    const most = Number(line.get("F") ?? 2)
    const blanks = line.has("l")
    for (let fuzz = 0; fuzz <= most; fuzz++) {
      const hunk = this.oriented(patch, index)
      const place = findPlace(lines, hunk, offset, fuzz, blanks)
      if (place !== undefined) return { hunk, at: place, fuzz }
      if (!tries) continue
      const back = findPlace(lines, reversed(hunk), offset, fuzz, blanks)
      if (back === undefined) continue
      const verdict = await this.verdict(
        `${this.reverses ? "Unreversed" : "Reversed (or previously applied)"} patch detected!`
      )
      if (verdict === "skip") return "skip"
      if (verdict !== "reverse") return undefined
      this.reverses = !this.reverses
      return { hunk: reversed(hunk), at: back, fuzz }
    }
    return undefined
  }

  private oriented({ hunks }: FilePatch, index: number): Hunk {
    return this.reverses ? reversed(hunks[index]) : hunks[index]
  }

  /** Changes the lines of a file. */
  private async apply(lines: Array<string>, patch: FilePatch): Promise<Outcome> {
    const { line } = this
    const failed: Array<readonly [number, number]> = []
    let [offset, drift, inexact] = [0, 0, false]
    for (let index = 0; index < patch.hunks.length; index++) {
      const place = await this.locate(lines, patch, index, offset, index === 0 && !line.has("f"))
      if (place === "skip") return { failed: patch.hunks.map((_, each) => [each, 0]), skipped: true, inexact: false }
      if (place === undefined) {
        failed.push([index, drift])
        inexact = true
        if (!this.quiet) await this.say(`Hunk #${index + 1} FAILED at ${this.oriented(patch, index).oldStart + drift}.`)
        continue
      }
      const { at, fuzz, hunk } = place
      const old = hunk.lines.filter((each) => each[0] !== "+").length
      const shift = at - expectedAt(hunk, offset)
      drift += shift
      if (shift !== 0 || fuzz > 0) inexact = true
      if ((drift !== 0 || fuzz > 0) && !this.quiet) {
        const moved = drift !== 0 ? ` (offset ${drift} line${Math.abs(drift) === 1 ? "" : "s"})` : ""
        await this.say(`Hunk #${index + 1} succeeded at ${at + 1}${fuzz > 0 ? ` with fuzz ${fuzz}` : ""}${moved}.`)
      }
      const fresh = replaced(lines, hunk, at)
      lines.splice(at, old, ...fresh)
      offset += fresh.length - old + shift
    }
    return { failed, skipped: false, inexact }
  }

  /** A patch without a file. */
  private async lost(patch: FilePatch): Promise<void> {
    const { line } = this
    const count = patch.hunks.length
    this.status = 1
    await this.context.stdout.write(
      `can't find file to patch at input line ${patch.at}\n`
        + `Perhaps you ${line.has("p") ? "used the wrong" : "should have used the"} -p or --strip option?\n`
        + (patch.lead.length === 0 ?
          "" :
          `The text leading up to this was:\n${RULE}\n${patch.lead.map((each) => `|${each}\n`).join("")}${RULE}\n`)
        + (line.has("f") || line.has("t")
          ? "No file to patch.  Skipping patch.\n"
          : "File to patch: \nSkip this patch? [y] \nSkipping patch.\n")
        + `${count} out of ${plural(count)} ignored\n`
    )
  }

  /** Whether a patch that makes a file finds one, or one that removes a file finds none; undefined: go on. */
  private async misplaced(name: string, patch: FilePatch, size: number | undefined): Promise<Verdict> {
    const [from, to] = this.reverses ? [patch.fresh, patch.old] : [patch.old, patch.fresh]
    const isEmpty = (size ?? 0) === 0
    const looksReversed = isEmpty ? (to?.absence ?? 0) > 0 : from?.absence === 2
    if (this.line.has("f") || !looksReversed) return "apply"
    const [does, state] = size === undefined
      ? ["delete", "does not exist"]
      : isEmpty
      ? ["empty out", "is already empty"]
      : ["create", "already exists"]
    return this.verdict(
      `The next patch${this.reverses ? ", when reversed," : ""} would ${does} the file ${name},\nwhich ${state}!`
    )
  }

  async file(patch: FilePatch): Promise<void> {
    const { context, line } = this
    this.reverses = line.has("R")
    const name = await this.target(patch)
    if (name === undefined) return this.lost(patch)
    if (context.path(name) !== context.path(`./${name}`) && !line.operands.includes(name)) {
      throw new ProgramFailure(`Ignoring potentially dangerous file name ${name}`, 1)
    }
    const present = await this.exists(name)
    const bytes = present ? await context.sys("readFile", context.path(name)) : new Uint8Array(0)
    const count = patch.hunks.length
    const misplaced = await this.misplaced(name, patch, present ? bytes.length : undefined)
    if (misplaced === "skip") {
      await this.say(`${count} out of ${plural(count)} ignored`)
      this.status = 1
      return
    }
    if (misplaced === "reverse") this.reverses = !this.reverses
    const output = line.get("o")
    if (!this.quiet) {
      const from = output === undefined ? name : `${output} (read from ${name})`
      await this.say(`${line.has("dry-run") ? "checking" : "patching"} file ${from}`)
    }
    const lines = linesOf(bytes)
    const outcome = await this.apply(lines, patch)
    if (outcome.failed.length > 0) await this.reject(output ?? name, patch, outcome)
    if (line.has("dry-run") || outcome.skipped) return
    await this.save(output ?? name, patch, lines, outcome.inexact)
  }

  /** The name under which a file is kept that is changed. */
  private async keptAs(name: string): Promise<string> {
    const { line } = this
    if (line.has("B")) return `${line.get("B")}${name}`
    if (/^(?:t|numbered)$/.test(line.get("V") ?? "")) {
      let number = 1
      while (await this.exists(`${name}.~${number}~`)) number++
      return `${name}.~${number}~`
    }
    return `${name}${line.get("z") ?? ".orig"}`
  }

  private async save(name: string, patch: FilePatch, lines: ReadonlyArray<string>, inexact: boolean): Promise<void> {
    const { context, line } = this
    const path = context.path(name)
    const before = await context.sys("readFile", path).catch(() => undefined)
    if (before !== undefined && (line.has("b") || (inexact && !line.has("no-backup")))) {
      await context.sys("writeFile", context.path(await this.keptAs(name)), before.slice(), false)
    }
    const to = this.reverses ? patch.old : patch.fresh
    if (lines.length === 0 && (to?.absence === 2 || line.has("E"))) {
      if (before !== undefined) await context.sys("unlink", path)
      return this.withoutEmptyParents(name)
    }
    const parent = path.slice(0, path.lastIndexOf("/"))
    if (before === undefined && parent !== "") await context.sys("mkdir", parent, undefined, true)
    const content = encodeText(textOf(lines)).slice()
    // Only what is complete takes the file's place.
    if (content.length > context.process.limits.get("f").soft) {
      await context.stdout.flush()
      refuseSize(context.process, "write", name)
    }
    await context.sys("writeFile", path, content, false)
  }

  private async withoutEmptyParents(name: string): Promise<void> {
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
      const gone = await this.context.sys("rmdir", this.context.path(name.slice(0, at))).then(() => true, () => false)
      if (!gone) return
    }
  }

  /** Tells of the hunks that did not fit, and keeps them. */
  private async reject(name: string, patch: FilePatch, { failed, skipped }: Outcome): Promise<void> {
    const { context, line } = this
    const target = line.get("r") ?? `${name}.rej`
    const saves = !line.has("dry-run") && target !== "-"
    this.status = 1
    await this.say(
      `${failed.length} out of ${plural(patch.hunks.length)} ${skipped ? "ignored" : "FAILED"}${
        saves ? ` -- saving rejects to file ${target}` : ""
      }`
    )
    if (!saves) return
    const [from, to] = this.reverses ? [patch.fresh, patch.old] : [patch.old, patch.fresh]
    const marks = patch.form === "unified" ? ["---", "+++"] : ["***", "---"]
    const head = `${marks[0]} ${from?.line ?? "/dev/null"}\n${marks[1]} ${to?.line ?? "/dev/null"}\n`
    const text = failed.map(([index, offset]) => rejected(this.oriented(patch, index), offset, patch.form)).join("")
    await context.sys("writeFile", context.path(target), encodeText(head + text).slice(), false)
  }
}

const RULE = "--------------------------"

const linesOf = (bytes: Uint8Array): Array<string> => {
  const lines = decodeText(bytes).split("\n")
  const last = lines.pop()!
  if (last !== "") lines.push(last + OPEN)
  return lines
}

const textOf = (lines: ReadonlyArray<string>): string => {
  const text = lines.map((line) => `${line}\n`).join("")
  return text.endsWith(`${OPEN}\n`) ? text.slice(0, -OPEN.length - 1) : text.replaceAll(OPEN, "")
}

export const patch: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bB:cd:D:eEfF:g:i:lnNo:p:r:RstTuvV:Y:z:Z",
    long: {
      backup: "b",
      "prefix=": "B",
      "suffix=": "z",
      "version-control=": "V",
      "no-backup-if-mismatch": "no-backup",
      "backup-if-mismatch": "backup",
      "directory=": "d",
      "dry-run": "dry-run",
      "remove-empty-files": "E",
      force: "f",
      "fuzz=": "F",
      "input=": "i",
      "ignore-whitespace": "l",
      normal: "n",
      forward: "N",
      "output=": "o",
      "strip=": "p",
      "reject-file=": "r",
      reverse: "R",
      silent: "s",
      quiet: "s",
      batch: "t",
      unified: "u",
      verbose: "verbose",
      binary: "binary"
    },
    status: 2
  })
  const directory = line.get("d")
  const inside: ProgramContext = directory === undefined
    ? context
    : Object.create(context, { cwd: { value: context.path(directory) } }) as ProgramContext
  const name = line.get("i") ?? line.operands[1] ?? "-"
  const opened = directory === undefined || name === "-" ? name : inside.path(name)
  const reader = await context.open(opened).catch((error: unknown) => {
    throw new ProgramFailure(`**** Can't open patch file ${name} : ${context.reason(error)}`, 2)
  })
  const text = decodeText(await reader.all())
  const patches = parsePatch(text)
  if (patches.length === 0) {
    if (text.trim() === "") return 0
    throw new ProgramFailure("**** Only garbage was found in the patch input.", 2)
  }
  const patcher = new Patcher(inside, line)
  for (const each of patches) await patcher.file(each)
  return patcher.status
}
