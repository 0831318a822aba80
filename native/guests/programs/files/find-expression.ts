/** Expressions of find: what joins tests and actions. */
import { Pattern } from "../../bash/expand/pattern.ts"
import type { GuestStat } from "../../protocol.ts"
import type { ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { compileRegex } from "../text/regex.ts"
import { makeAction } from "./find-actions.ts"
import { ageOf, compare, newerThan, permission, sizeTest } from "./find-tests.ts"

export interface Entry {
  readonly path: string
  readonly name: string
  readonly root: string
  readonly depth: number
  readonly stat: GuestStat
  /** Of the link itself, where `stat` is of what it leads to. */
  readonly own: GuestStat
}

export type Test = (entry: Entry) => Promise<boolean> | boolean

/** What the parts of an expression need to know of the whole. */
export class State {
  maxDepth = Infinity
  minDepth = 0
  depthFirst = false
  hasAction = false
  pruned = false
  quit = false
  /** Symbolic links are looked through. */
  follow = false
  regexExtended = false
  status = 0
  readonly finish: Array<() => Promise<void>> = []
}

/** The words of an expression, taken one after the other. */
export interface Words {
  readonly next: () => string | undefined
  /** The argument of a word, or the failure that there is none. */
  readonly take: (word: string) => string
}

const typeLetters: Readonly<Record<string, string>> = {
  f: "file",
  d: "directory",
  l: "symlink",
  p: "fifo",
  s: "socket",
  c: "character",
  b: "block"
}

const MAX_DEPTH = 200

export class Expression implements Words {
  private at = 0
  private depth = 0

  constructor(
    private readonly context: ProgramContext,
    private readonly words: ReadonlyArray<string>,
    private readonly state: State,
    private readonly now: number
  ) {}

  parse(): Test {
    if (this.words.length === 0) return () => true
    const test = this.list()
    if (this.at < this.words.length) {
      throw new ProgramFailure(
        this.words[this.at] === ")"
          ? "you have too many ')'"
          : `paths must precede expression: \`${this.words[this.at]}'`
      )
    }
    return test
  }

  next(): string | undefined {
    return this.words[this.at++]
  }

  take(word: string): string {
    const value = this.next()
    if (value === undefined) throw new ProgramFailure(`missing argument to \`${word}'`)
    return value
  }

  private list(): Test {
    let left = this.or()
    while (this.words[this.at] === ",") {
      this.at++
      const [first, second] = [left, this.or()]
      left = async (entry) => {
        await first(entry)
        return second(entry)
      }
    }
    return left
  }

  private or(): Test {
    let left = this.and()
    while (this.words[this.at] === "-o" || this.words[this.at] === "-or") {
      this.at++
      const [first, second] = [left, this.and()]
      left = async (entry) => await first(entry) || await second(entry)
    }
    return left
  }

  private and(): Test {
    let left = this.primary()
    for (;;) {
      const word = this.words[this.at]
      if (word === undefined || word === ")" || word === "-o" || word === "-or" || word === ",") return left
      if (word === "-a" || word === "-and") this.at++
      const [first, second] = [left, this.primary()]
      // Most tests answer at once: no turn of the event loop for them.
      left = (entry) => {
        const result = first(entry)
        if (typeof result === "boolean") return result && second(entry)
        return result.then((holds) => holds && second(entry))
      }
    }
  }

  private primary(): Test {
    const word = this.next()
    if (word === undefined) {
      throw new ProgramFailure(`expected an expression after \`${this.words[this.words.length - 1]}'`)
    }
    if (++this.depth > MAX_DEPTH) throw new ProgramFailure("expression nested too deeply")
    try {
      if (word === "!" || word === "-not") {
        const inner = this.primary()
        return (entry) => {
          const result = inner(entry)
          return typeof result === "boolean" ? !result : result.then((holds) => !holds)
        }
      }
      if (word === "(") {
        if (this.words[this.at] === ")") {
          throw new ProgramFailure("invalid expression; empty parentheses are not allowed.")
        }
        const inner = this.list()
        if (this.next() !== ")") {
          throw new ProgramFailure(
            "invalid expression; I was expecting to find a ')' somewhere but did not see one."
          )
        }
        return inner
      }
      return this.option(word) ?? makeAction(this.context, this.state, word, this) ?? this.test(word)
    } finally {
      this.depth--
    }
  }

  private levels(word: string): number {
    const text = this.take(word)
    if (/^\d+$/.test(text)) return Number(text)
    throw new ProgramFailure(
      `Expected a positive decimal integer argument to ${word}, but got ${this.context.quote(text)}`
    )
  }

  private option(word: string): Test | undefined {
    const { state } = this
    const always = () => true
    switch (word) {
      case "-maxdepth":
        state.maxDepth = this.levels(word)
        return always
      case "-mindepth":
        state.minDepth = this.levels(word)
        return always
      case "-depth":
      case "-d":
        state.depthFirst = true
        return always
      case "-follow":
        state.follow = true
        return always
      case "-regextype":
        state.regexExtended = !/^(?:emacs|findutils-default|posix-basic|ed|sed|grep)$/.test(this.take(word))
        return always
      case "-mount":
      case "-xdev":
      case "-noleaf":
      case "-warn":
      case "-nowarn":
      case "-daystart":
      case "-ignore_readdir_race":
        return always
      default:
        return undefined
    }
  }

  private types(word: string): ReadonlyArray<string> {
    return this.take(word).split(",").map((letter) => {
      const type = typeLetters[letter]
      if (type === undefined) throw new ProgramFailure(`Unknown argument to ${word}: ${letter}`)
      return type
    })
  }

  private numbered(word: string, of: (stat: GuestStat) => number): Test {
    const test = compare(this.take(word), word)
    return ({ stat }) => test(of(stat))
  }

  private nameTest(word: string): Test | undefined {
    const { context } = this
    const glob = (ignoreCase: boolean) => new Pattern(this.take(word), { ignoreCase, extended: false })
    switch (word) {
      case "-name":
      case "-iname": {
        const pattern = glob(word === "-iname")
        return ({ name }) => pattern.matches(name)
      }
      case "-path":
      case "-wholename":
      case "-ipath":
      case "-iwholename": {
        const pattern = glob(word.startsWith("-i"))
        return ({ path }) => pattern.matches(path)
      }
      case "-lname":
      case "-ilname": {
        const pattern = glob(word === "-ilname")
        return async ({ own, path }) =>
          own.type === "symlink" && pattern.matches(await context.sys("readlink", context.path(path)))
      }
      case "-regex":
      case "-iregex": {
        // The syntax of Emacs: + and ? repeat, groups and alternatives need a backslash.
        const source = this.take(word)
        const extended = this.state.regexExtended
        const regex = compileRegex(
          extended ? source : source.replace(/\\.|[+?]/g, (part) => part.length === 1 ? `\\${part}` : part),
          {
            extended,
            ignoreCase: word === "-iregex",
            around: "line"
          }
        )
        if (regex === undefined) throw new ProgramFailure(`failed to compile regular expression '${source}'`)
        return ({ path }) => regex.test(path)
      }
      default:
        return undefined
    }
  }

  private test(word: string): Test {
    const { context } = this
    const named = this.nameTest(word)
    if (named !== undefined) return named
    if (/^-(?:[ac]?newer|newer[amcB][amct])$/.test(word)) return newerThan(context, word, this.take(word), this.now)
    if (/^-[amc](?:time|min)$/.test(word)) return ageOf(word, this.take(word), this.now)
    switch (word) {
      case "-type": {
        const types = this.types(word)
        return ({ stat }) => types.includes(stat.type)
      }
      case "-xtype": {
        const types = this.types(word)
        return async ({ own, path, stat }) => {
          if (own.type !== "symlink") return types.includes(own.type)
          if (stat !== own) return types.includes("symlink")
          const leads = await context.sys("stat", context.path(path)).catch(() => undefined)
          return types.includes(leads?.type ?? "symlink")
        }
      }
      case "-samefile": {
        const reference = context.sys("stat", context.path(this.take(word)))
        reference.catch(() => {})
        return async ({ stat }) => stat.ino === (await reference).ino && stat.dev === (await reference).dev
      }
      case "-size":
        return sizeTest(this.take(word))
      case "-empty":
        return ({ path, stat }) =>
          stat.type === "directory"
            ? context.sys("readdir", context.path(path)).then((entries) => entries.length === 0)
            : stat.type === "file" && stat.size === 0
      case "-perm":
        return permission(context, this.take(word))
      case "-user":
      case "-group":
      case "-uid":
      case "-gid": {
        const { identity } = context.machine
        const wanted = this.take(word)
        const id = wanted === "root" ? 0 : wanted === identity.user ? identity.uid : Number(wanted)
        if (Number.isNaN(id)) {
          throw new ProgramFailure(
            word === "-user"
              ? `${context.quote(wanted)} is not the name of a known user`
              : `${context.quote(wanted)} is not the name of an existing group`
          )
        }
        return ({ stat }) => (word.includes("g") ? stat.gid : stat.uid) === id
      }
      case "-nouser":
      case "-nogroup":
      case "-false":
        return () => false
      case "-true":
        return () => true
      case "-links":
        return this.numbered(word, ({ nlink }) => nlink)
      case "-inum":
        return this.numbered(word, ({ ino }) => ino)
      case "-executable":
        return ({ stat }) => (stat.mode & 0o111) !== 0
      case "-readable":
        return ({ stat }) => (stat.mode & 0o444) !== 0
      case "-writable":
        return ({ stat }) => (stat.mode & 0o222) !== 0
      default:
        throw new ProgramFailure(
          word.startsWith("-") ? `unknown predicate \`${word}'` : `paths must precede expression: \`${word}'`
        )
    }
  }
}
