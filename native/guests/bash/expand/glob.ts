/** Pathname expansion: directories are read only where a component has a wildcard. */
import { resolvePath } from "../../shell/paths.ts"
import { ShellFailure } from "../errors.ts"
import { MAX_GLOB_MATCHES } from "../limits.ts"
import type { Shell } from "../state/shell.ts"
import { hasWildcards, Pattern, unescapePattern } from "./pattern.ts"

interface Entry {
  readonly name: string
  readonly isDirectory: boolean
  readonly isLink: boolean
}

/** How deep `**` looks. */
const MAX_DEPTH = 512

class Search {
  private found = 0

  constructor(private readonly shell: Shell) {}

  private option(name: string): boolean {
    return this.shell.options.has(name)
  }

  private async list(directory: string): Promise<ReadonlyArray<Entry>> {
    const pending = this.shell.machine.tick(this.shell.process)
    if (pending !== undefined) await pending
    try {
      const path = resolvePath(this.shell.cwd, directory === "" ? "." : directory)
      const entries = await this.shell.process.block(this.shell.machine.sys("readdir", path))
      return entries.map(({ name, type }) => ({ name, isDirectory: type === "directory", isLink: type === "symlink" }))
    } catch {
      this.shell.process.check()
      return []
    }
  }

  private async exists(path: string, asDirectory: boolean): Promise<boolean> {
    try {
      const whole = resolvePath(this.shell.cwd, path)
      const { type } = await this.shell.process.block(this.shell.machine.sys(asDirectory ? "stat" : "lstat", whole))
      return !asDirectory || type === "directory"
    } catch {
      this.shell.process.check()
      return false
    }
  }

  private count(paths: ReadonlyArray<string>): void {
    this.found += paths.length
    if (this.found > MAX_GLOB_MATCHES) throw new ShellFailure("pathname expansion: too many matches")
  }

  /** The paths of the parts from `index` on, below each of the bases (which end in "/" or are empty). */
  async run(parts: ReadonlyArray<string>, bases: ReadonlyArray<string>): Promise<ReadonlyArray<string>> {
    let current = bases
    for (let index = 0; index < parts.length; index++) {
      const isLast = index === parts.length - 1
      current = await this.step(parts[index], current, isLast)
      this.count(current)
      if (current.length === 0) return current
    }
    return current
  }

  private async step(part: string, bases: ReadonlyArray<string>, isLast: boolean): Promise<ReadonlyArray<string>> {
    if (part === "") return this.directories(bases)
    if (part === "**" && this.option("globstar")) return this.descend(bases, isLast)
    const next: Array<string> = []
    if (!hasWildcards(part, this.option("extglob"))) {
      const name = unescapePattern(part)
      for (const base of bases) {
        const path = base + name
        if (await this.exists(path, !isLast)) next.push(isLast ? path : `${path}/`)
      }
      return next
    }
    const pattern = new Pattern(part, { extended: this.option("extglob"), ignoreCase: this.option("nocaseglob") })
    const hidden = part.startsWith(".") || part.startsWith("\\.") || this.option("dotglob")
    for (const base of bases) {
      for (const entry of await this.list(base)) {
        if (entry.name.startsWith(".") && !hidden) continue
        if (!pattern.matches(entry.name)) continue
        if (isLast) next.push(base + entry.name)
        else if (entry.isDirectory || (entry.isLink && await this.exists(base + entry.name, true))) {
          next.push(`${base}${entry.name}/`)
        }
      }
    }
    return next.sort(byCode)
  }

  /** A pattern that ends in a slash wants directories. */
  private async directories(bases: ReadonlyArray<string>): Promise<ReadonlyArray<string>> {
    const kept: Array<string> = []
    for (const base of bases) if (await this.exists(base, true)) kept.push(base.endsWith("/") ? base : `${base}/`)
    return kept
  }

  private async descend(bases: ReadonlyArray<string>, isLast: boolean): Promise<ReadonlyArray<string>> {
    const paths: Array<string> = []
    for (const base of bases) {
      if (base !== "" || !isLast) paths.push(base)
      const pending: Array<readonly [string, number]> = [[base, 0]]
      while (pending.length > 0) {
        const [directory, depth] = pending.pop()!
        if (depth > MAX_DEPTH) continue
        for (const entry of await this.list(directory)) {
          if (entry.name.startsWith(".") && !this.option("dotglob")) continue
          const path = directory + entry.name
          if (isLast) paths.push(path)
          else if (entry.isDirectory) paths.push(`${path}/`)
          if (entry.isDirectory) pending.push([`${path}/`, depth + 1])
        }
        this.count(paths.slice(-1))
      }
    }
    return paths.sort(byCode)
  }
}

const byCode = (left: string, right: string): number => left < right ? -1 : left > right ? 1 : 0

/** The matching paths; undefined when the text has no wildcards after all. */
export const expandPath = async (shell: Shell, pattern: string): Promise<ReadonlyArray<string> | undefined> => {
  if (!hasWildcards(pattern, shell.options.has("extglob"))) return undefined
  const lead = /^\/*/.exec(pattern)![0]
  const parts: Array<string> = []
  let depth = 0
  let part = ""
  for (let at = lead.length; at < pattern.length; at++) {
    const char = pattern[at]
    if (char === "\\" && at + 1 < pattern.length) part += char + pattern[++at]
    else if (char === "/" && depth === 0) {
      if (part !== "" || at === pattern.length - 1) parts.push(part)
      part = ""
    } else {
      if (char === "(" && /[?*+@!]$/.test(part)) depth++
      else if (char === ")" && depth > 0) depth--
      part += char
    }
  }
  parts.push(part)
  const found = await new Search(shell).run(parts.filter((each, index) => each !== "" || index === parts.length - 1), [
    lead.slice(0, 1)
  ])
  const ignored = shell.variables.get("GLOBIGNORE")
  if (ignored === undefined || ignored === "") return found
  const patterns = ignored.split(":").map((each) => new Pattern(each, { extended: true }))
  return found.filter((path) => !patterns.some((each) => each.matches(path)))
}
