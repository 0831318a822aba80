/** The files below a directory, read ahead where they are small: a system call at a time would wait for each. */
import { Pattern } from "../../bash/expand/pattern.ts"
import { FILES_TOGETHER } from "../../protocol.ts"
import { SystemCallError } from "../../shell/client.ts"
import type { ProgramContext } from "../program.ts"

/** The largest file that is read before it is asked for. */
const SMALL = 64 * 1024
/** Characters of the paths that are read together. */
const MAX_PATHS = 32 * 1024

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

/** The next files that can be read together, at least one. */
const nextTogether = (context: ProgramContext, files: ReadonlyArray<Found>, from: number): ReadonlyArray<string> => {
  const paths: Array<string> = []
  let characters = 0
  for (let at = from; at < files.length && paths.length < FILES_TOGETHER; at++) {
    const path = context.path(files[at].path)
    characters += path.length + 1
    if (paths.length > 0 && characters > MAX_PATHS) break
    paths.push(path)
  }
  return paths
}

/** Reads files in one call; each of them may fail. */
const readTogether = (context: ProgramContext, paths: ReadonlyArray<string>): ReadonlyArray<Promise<Uint8Array>> => {
  const read = context.machine.sys("readFiles", paths.join("\0"))
  return paths.map(async (path, index) => {
    const content = (await read)[index]
    if (typeof content === "string") throw new SystemCallError(content, "open", path)
    return content
  })
}

const visit = async (
  context: ProgramContext,
  files: ReadonlyArray<Found>,
  use: (path: string, content?: Promise<Uint8Array>) => Promise<void>
): Promise<void> => {
  const small = files.filter(({ size }) => size <= SMALL)
  const ahead: Array<Promise<Uint8Array>> = []
  let asked = 0
  const load = (): void => {
    // one call is under way while what the one before has brought is used
    while (asked < small.length && ahead.length <= FILES_TOGETHER) {
      const contents = readTogether(context, nextTogether(context, small, asked))
      asked += contents.length
      // A failure is for whoever takes the content, and nobody may.
      for (const content of contents) content.catch(() => {})
      ahead.push(...contents)
    }
  }
  for (const { path, size } of files) {
    if (size > SMALL) await use(path)
    else {
      load()
      await use(path, ahead.shift())
    }
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
