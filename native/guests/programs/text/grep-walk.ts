/** The files below a directory, read ahead where they are small: a system call at a time would wait for each. */
import { Pattern } from "../../bash/expand/pattern.ts"
import type { ProgramContext } from "../program.ts"

/** Files read before they are asked for, and the largest of them. */
const AHEAD = 32
const SMALL = 64 * 1024

export interface WalkOptions {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly directories: ReadonlyArray<string>
  /** Symbolic links to files count as files. */
  readonly links: boolean
  readonly silent: boolean
}

interface Found {
  readonly path: string
  readonly size: number
}

const visit = async (
  context: ProgramContext,
  files: ReadonlyArray<Found>,
  use: (path: string, content?: Promise<Uint8Array>) => Promise<void>
): Promise<void> => {
  const ahead: Array<Promise<Uint8Array> | undefined> = []
  const load = ({ path, size }: Found): Promise<Uint8Array> | undefined => {
    if (size > SMALL) return undefined
    const content = context.machine.sys("readFile", context.path(path))
    // A failure is for whoever takes the content, and nobody may.
    content.catch(() => {})
    return content
  }
  for (let index = 0; index < files.length; index++) {
    while (ahead.length < files.length && ahead.length < index + AHEAD) ahead.push(load(files[ahead.length]))
    await use(files[index].path, ahead[index])
    ahead[index] = undefined
  }
}

export const walkFiles = async (
  context: ProgramContext,
  root: string,
  options: WalkOptions,
  use: (path: string, content?: Promise<Uint8Array>) => Promise<void>
): Promise<void> => {
  const globs = (sources: ReadonlyArray<string>) => sources.map((source) => new Pattern(source, { extended: false }))
  const [include, exclude, directories] = [options.include, options.exclude, options.directories].map(globs)
  const pending = [root]
  while (pending.length > 0) {
    const directory = pending.pop()!
    const entries = await context.sys("readdirStat", context.path(directory)).catch(async (error: unknown) => {
      if (!options.silent) await context.blame(directory, error)
      return []
    })
    const below: Array<string> = []
    const files: Array<Found> = []
    for (const { name, stat, type } of entries) {
      const path = directory.endsWith("/") ? directory + name : `${directory}/${name}`
      if (type === "directory") {
        if (!directories.some((glob) => glob.matches(name))) below.push(path)
      } else if (type === "file" || (type === "symlink" && options.links)) {
        if (include.length > 0 && !include.some((glob) => glob.matches(name))) continue
        if (!exclude.some((glob) => glob.matches(name))) {
          files.push({ path, size: type === "file" ? stat.size : Infinity })
        }
      }
    }
    await visit(context, files, use)
    pending.push(...below.reverse())
  }
}
