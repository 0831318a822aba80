/** Command lines of zip and unzip: letters in any order, lists of patterns after `-x` and `-i`. */
import { Pattern } from "../../bash/expand/pattern.ts"
import { Informed } from "../program.ts"

export interface ZipArguments {
  /** Those given; one given twice is there as two. */
  readonly letters: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  /** Patterns by the letter that they follow. */
  readonly lists: ReadonlyMap<string, ReadonlyArray<Pattern>>
  readonly operands: ReadonlyArray<string>
  /** The letter that there is not. */
  readonly bad: string | undefined
}

const long: Readonly<Record<string, string>> = {
  "--quiet": "q",
  "--recurse-paths": "r",
  "--junk-paths": "j",
  "--delete": "d",
  "--exclude": "x",
  "--include": "i",
  "--update": "u",
  "--freshen": "f",
  "--move": "m",
  "--symlinks": "y",
  "--no-extra": "X",
  "--verbose": "v",
  "--names-stdin": "@",
  "--test": "T"
}

export interface ZipOptions {
  /** Letters that stand alone. */
  readonly plain: string
  /** Letters with a value. */
  readonly valued: string
}

/** As in both programs `*` and `?` match a slash too. */
export const zipPattern = (source: string): Pattern => new Pattern(source, { extended: false })

export const parseZip = (args: ReadonlyArray<string>, { plain, valued }: ZipOptions): ZipArguments => {
  const letters = new Set<string>()
  const values = new Map<string, string>()
  const lists = new Map<string, Array<Pattern>>()
  const operands: Array<string> = []
  let bad: string | undefined
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]
    if (arg === "--help" || arg === "--version") {
      throw new Informed(arg === "--help" ? "help" : "version", { short: plain })
    }
    if (arg === "--") {
      operands.push(...args.slice(index + 1))
      break
    }
    const given = arg.startsWith("--") ? long[arg] : /^-./.test(arg) ? arg.slice(1) : undefined
    if (given === undefined && arg.startsWith("--")) bad ??= arg
    if (given === undefined) {
      operands.push(arg)
      continue
    }
    for (let at = 0; at < given.length; at++) {
      const letter = given[at]
      if (valued.includes(letter)) {
        values.set(letter, at + 1 < given.length ? given.slice(at + 1) : args[++index] ?? "")
        break
      }
      if (letter === "x" || letter === "i") {
        const list = lists.get(letter) ?? []
        lists.set(letter, list)
        if (at + 1 < given.length) list.push(zipPattern(given.slice(at + 1)))
        while (index + 1 < args.length && !/^-./.test(args[index + 1])) {
          if (args[++index] === "@") break
          list.push(zipPattern(args[index]))
        }
        break
      }
      if (plain.includes(letter)) letters.add(letters.has(letter) ? letter + letter : letter)
      else bad ??= letter
    }
  }
  return { letters, values, lists, operands, bad }
}
