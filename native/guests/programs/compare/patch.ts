/** patch: differences in the unified, context-free and normal forms applied to files. */
import { refuseSize } from "../../bash/io/file-size.ts"
import { decodeText, encodeText } from "../../bash/text.ts"
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"

interface Hunk {
  readonly oldStart: number
  readonly newStart: number
  /** Lines with their mark in front: blank, "-" or "+". */
  readonly lines: ReadonlyArray<string>
  readonly oldUnterminated: boolean
  readonly newUnterminated: boolean
}

interface FilePatch {
  readonly oldName: string | undefined
  readonly newName: string | undefined
  readonly hunks: ReadonlyArray<Hunk>
}

const nameOf = (line: string): string => line.slice(4).split("\t")[0].trim()

const parseUnified = (lines: ReadonlyArray<string>, from: number): readonly [Array<Hunk>, number] => {
  const hunks: Array<Hunk> = []
  let at = from
  for (;;) {
    const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(lines[at] ?? "")
    if (match === null) return [hunks, at]
    at++
    let [old, fresh] = [Number(match[2] ?? 1), Number(match[4] ?? 1)]
    const body: Array<string> = []
    let [oldUnterminated, newUnterminated] = [false, false]
    while (old > 0 || fresh > 0 || (lines[at] ?? "").startsWith("\\")) {
      const line = lines[at++]
      if (line === undefined) throw new ProgramFailure(`**** malformed patch at line ${at}`, 2)
      if (line.startsWith("\\")) {
        const mark = body[body.length - 1]?.[0]
        if (mark !== "+") oldUnterminated = true
        if (mark !== "-") newUnterminated = true
        continue
      }
      const mark = line === "" ? " " : line[0]
      if (!" +-".includes(mark)) throw new ProgramFailure(`**** malformed patch at line ${at}: ${line}`, 2)
      body.push(line === "" ? " " : line)
      if (mark !== "+") old--
      if (mark !== "-") fresh--
    }
    hunks.push({
      oldStart: Number(match[1]),
      newStart: Number(match[3]),
      lines: body,
      oldUnterminated,
      newUnterminated
    })
  }
}

const parseNormal = (lines: ReadonlyArray<string>, from: number): readonly [Array<Hunk>, number] => {
  const hunks: Array<Hunk> = []
  let at = from
  for (;;) {
    const match = /^(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?$/.exec(lines[at] ?? "")
    if (match === null) return [hunks, at]
    at++
    const body: Array<string> = []
    let [oldUnterminated, newUnterminated] = [false, false]
    while (/^[<>\\]|^---$/.test(lines[at] ?? "")) {
      const line = lines[at++]
      if (line.startsWith("\\")) {
        if (body[body.length - 1]?.[0] === "-") oldUnterminated = true
        else newUnterminated = true
      } else if (line !== "---") body.push((line[0] === "<" ? "-" : "+") + line.slice(2))
    }
    const start = Number(match[1])
    hunks.push({ oldStart: start, newStart: Number(match[4]), lines: body, oldUnterminated, newUnterminated })
  }
}

const parsePatch = (text: string): Array<FilePatch> => {
  const lines = text.split("\n")
  if (lines[lines.length - 1] === "") lines.pop()
  const patches: Array<FilePatch> = []
  for (let at = 0; at < lines.length;) {
    if (lines[at].startsWith("--- ") && (lines[at + 1] ?? "").startsWith("+++ ")) {
      const [oldName, newName] = [nameOf(lines[at]), nameOf(lines[at + 1])]
      const [hunks, next] = parseUnified(lines, at + 2)
      patches.push({ oldName, newName, hunks })
      at = Math.max(next, at + 2)
    } else if (/^\d+(?:,\d+)?[acd]\d+/.test(lines[at])) {
      const [hunks, next] = parseNormal(lines, at)
      patches.push({ oldName: undefined, newName: undefined, hunks })
      at = next
    } else at++
  }
  return patches
}

const reversed = (hunk: Hunk): Hunk => {
  const flipped = hunk.lines.map((line) => (line[0] === "-" ? "+" : line[0] === "+" ? "-" : " ") + line.slice(1))
  return {
    oldStart: hunk.newStart,
    newStart: hunk.oldStart,
    lines: flipped,
    oldUnterminated: hunk.newUnterminated,
    newUnterminated: hunk.oldUnterminated
  }
}

interface Place {
  readonly at: number
  readonly fuzz: number
}

/** Where a hunk fits: at its place or the nearest one, with less and less of its context. */
const findPlace = (
  lines: ReadonlyArray<string>,
  hunk: Hunk,
  expected: number,
  maxFuzz: number,
  blanks: boolean
): Place | undefined => {
  const old = hunk.lines.filter((line) => line[0] !== "+")
  const before = hunk.lines.findIndex((line) => line[0] !== " ")
  const after = hunk.lines.length - 1 - hunk.lines.findLastIndex((line) => line[0] !== " ")
  const same = (a: string, b: string) =>
    blanks ? a.replace(/\s+/g, " ").trim() === b.replace(/\s+/g, " ").trim() : a === b
  for (let fuzz = 0; fuzz <= Math.min(maxFuzz, Math.max(before, after)); fuzz++) {
    const [head, tail] = [Math.min(fuzz, before), Math.min(fuzz, after)]
    const wanted = old.slice(head, old.length - tail)
    const fits = (at: number) =>
      at + head >= 0 && at + head + wanted.length <= lines.length &&
      wanted.every((line, index) => same(line.slice(1), lines[at + head + index]))
    for (let distance = 0; distance <= lines.length; distance++) {
      if (fits(expected + distance)) return { at: expected + distance, fuzz }
      if (distance > 0 && fits(expected - distance)) return { at: expected - distance, fuzz }
    }
  }
  return undefined
}

class Patcher {
  status = 0
  constructor(private readonly context: ProgramContext, private readonly line: CommandLine) {}

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
    const [from, to] = this.line.has("R") ? [patch.newName, patch.oldName] : [patch.oldName, patch.newName]
    const names = [from, to].filter((name) => name !== undefined && name !== "/dev/null").map((name) =>
      this.stripped(name!)
    )
    for (const name of names) if (name !== "" && await this.exists(name)) return name
    const creates = from === "/dev/null" || patch.hunks.every((hunk) => hunk.lines.every((line) => line[0] === "+"))
    return creates ? names[names.length - 1] : undefined
  }

  /** A hunk did not fit exactly where it should. */
  private inexact = false

  private async apply(lines: Array<string>, hunks: ReadonlyArray<Hunk>): Promise<Array<number>> {
    const { context, line } = this
    const failed: Array<number> = []
    let offset = 0
    for (const [index, given] of hunks.entries()) {
      const hunk = line.has("R") ? reversed(given) : given
      const old = hunk.lines.filter((each) => each[0] !== "+").length
      const expected = Math.max(0, hunk.oldStart - (old === 0 && hunk.oldStart > 0 ? 0 : 1)) + offset
      const place = findPlace(lines, hunk, expected, Number(line.get("F") ?? 2), line.has("l"))
      if (place === undefined) {
        failed.push(index)
        this.inexact = true
        await context.stdout.line(`Hunk #${index + 1} FAILED at ${hunk.oldStart}.`)
        continue
      }
      const shift = place.at - expected
      if (shift !== 0 || place.fuzz > 0) {
        this.inexact = true
        const fuzz = place.fuzz > 0 ? ` with fuzz ${place.fuzz}` : ""
        const moved = shift !== 0 ? ` (offset ${shift} line${Math.abs(shift) === 1 ? "" : "s"})` : ""
        await context.stdout.line(`Hunk #${index + 1} succeeded at ${place.at + 1}${fuzz}${moved}.`)
      }
      // Context stays as the file has it.
      let at = place.at
      const fresh: Array<string> = []
      for (const each of hunk.lines) {
        if (each[0] === "+") fresh.push(each.slice(1))
        else {
          if (each[0] === " ") fresh.push(lines[at])
          at++
        }
      }
      lines.splice(place.at, old, ...fresh)
      offset += fresh.length - old + shift
    }
    return failed
  }

  /** The first hunk does not fit, but would the other way round. */
  private isReversed(lines: Array<string>, { hunks: [first] }: FilePatch): boolean {
    if (first === undefined) return false
    const hunk = this.line.has("R") ? reversed(first) : first
    const fits = (each: Hunk) =>
      findPlace(lines, each, Math.max(0, each.oldStart - 1), 0, this.line.has("l")) !== undefined
    return !fits(hunk) && fits(reversed(hunk))
  }

  private async ignore(name: string, patch: FilePatch): Promise<void> {
    const { context, line } = this
    const count = patch.hunks.length
    const saves = !line.has("dry-run") && line.get("r") !== "-"
    await context.stdout.write(
      `${
        line.has("R") ? "Unreversed" : "Reversed (or previously applied)"
      } patch detected!  Skipping patch.\n${count} out of ${count} hunk${count === 1 ? "" : "s"} ignored${
        saves ? ` -- saving rejects to file ${line.get("r") ?? `${name}.rej`}` : ""
      }\n`
    )
    this.status = 1
    if (saves) await this.reject(name, patch, patch.hunks.map((_, index) => index))
  }

  async file(patch: FilePatch): Promise<void> {
    const { context, line } = this
    const name = await this.target(patch)
    if (name === undefined) {
      await context.stdout.write(
        "can't find file to patch at input line 3\nPerhaps you used the wrong -p or --strip option?\n"
      )
      throw new ProgramFailure("", 1)
    }
    if (context.path(name) !== context.path(`./${name}`) && !line.operands.includes(name)) {
      throw new ProgramFailure(`Ignoring potentially dangerous file name ${name}`, 1)
    }
    const path = context.path(name)
    const present = await this.exists(name)
    const bytes = present ? await context.sys("readFile", path) : new Uint8Array(0)
    const lines = decodeText(bytes).split("\n")
    const ended = lines[lines.length - 1] === ""
    if (ended) lines.pop()
    const dry = line.has("dry-run")
    const output = line.get("o")
    this.inexact = false
    if (!line.has("s")) {
      const from = output === undefined ? name : `${output} (read from ${name})`
      await context.stdout.line(`${dry ? "checking" : "patching"} file ${from}`)
    }
    if (line.has("N") && this.isReversed(lines, patch)) return this.ignore(name, patch)
    const original = lines.slice()
    const failed = await this.apply(lines, patch.hunks)
    if (failed.length > 0) {
      const count = patch.hunks.length
      const plural = count === 1 ? "" : "s"
      await context.stdout.line(
        `${failed.length} out of ${count} hunk${plural} FAILED${dry ? "" : ` -- saving rejects to file ${name}.rej`}`
      )
      this.status = 1
      if (!dry) await this.reject(name, patch, failed)
    }
    if (dry) return
    const last = patch.hunks[patch.hunks.length - 1]
    const hunk = last === undefined ? undefined : line.has("R") ? reversed(last) : last
    const terminated = hunk?.newUnterminated === true
      ? false
      : hunk?.oldUnterminated === true
      ? true
      : ended || !present
    const text = lines.length === 0 ? "" : lines.join("\n") + (terminated ? "\n" : "")
    if ((line.has("b") || this.inexact) && present) {
      await context.sys(
        "writeFile",
        context.path(`${name}.orig`),
        encodeText(original.join("\n") + (ended ? "\n" : "")).slice(),
        false
      )
    }
    const emptied = lines.length === 0 && (line.has("R") ? patch.oldName : patch.newName) === "/dev/null"
    if (emptied || (lines.length === 0 && line.has("E"))) return context.sys("unlink", path)
    const parent = path.slice(0, path.lastIndexOf("/"))
    if (!present && parent !== "") await context.sys("mkdir", parent, undefined, true)
    const content = encodeText(text).slice()
    // Only what is complete takes the file's place.
    if (content.length > context.process.limits.get("f").soft) {
      await context.stdout.flush()
      refuseSize(context.process, "write", name)
    }
    await context.sys("writeFile", context.path(output ?? name), content, false)
  }

  private async reject(name: string, patch: FilePatch, failed: ReadonlyArray<number>): Promise<void> {
    const text = failed.map((index) => {
      const { lines, newStart, oldStart } = patch.hunks[index]
      const count = (mark: string) => lines.filter((line) => line[0] !== mark).length
      return `@@ -${oldStart},${count("+")} +${newStart},${count("-")} @@\n${lines.join("\n")}\n`
    }).join("")
    const head = `--- ${patch.oldName ?? name}\n+++ ${patch.newName ?? name}\n`
    const target = this.line.get("r") ?? `${name}.rej`
    if (target !== "-") {
      await this.context.sys("writeFile", this.context.path(target), encodeText(head + text).slice(), false)
    }
  }
}

export const patch: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bcd:D:eEfF:g:i:lnNo:p:r:RstTuvV:Y:z:Z",
    long: {
      backup: "b",
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
  const name = line.get("i") ?? line.operands[1] ?? "-"
  const reader = await context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`**** Can't open patch file ${name} : ${context.reason(error)}`, 2)
  })
  const text = decodeText(await reader.all())
  const directory = line.get("d")
  const inside: ProgramContext = directory === undefined
    ? context
    : Object.create(context, { cwd: { value: context.path(directory) } }) as ProgramContext
  const patches = parsePatch(text)
  if (patches.length === 0) {
    if (text.trim() === "") return 0
    throw new ProgramFailure("**** Only garbage was found in the patch input.", 2)
  }
  const patcher = new Patcher(inside, line)
  for (const each of patches) await patcher.file(each)
  return patcher.status
}
