/** find. */
import { Pattern } from "../../bash/expand/pattern.ts"
import type { GuestStat } from "../../protocol.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure, quoted } from "../program.ts"
import { compileRegex } from "../text/regex.ts"
import { formatTime } from "../text/strftime.ts"

interface Entry {
  readonly path: string
  readonly name: string
  readonly root: string
  readonly depth: number
  readonly stat: GuestStat
}

type Test = (entry: Entry) => Promise<boolean> | boolean

interface Plan {
  readonly test: Test
  readonly maxDepth: number
  readonly minDepth: number
  readonly depthFirst: boolean
  readonly follow: boolean
  /** What is left to run when everything has been seen. */
  readonly finish: Array<() => Promise<void>>
}

class State {
  maxDepth = Infinity
  minDepth = 0
  depthFirst = false
  hasAction = false
  pruned = false
  quit = false
  status = 0
  readonly finish: Array<() => Promise<void>> = []
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

/** `+n`, `-n` and `n`. */
const compare = (text: string): (value: number) => boolean => {
  const wanted = Number(text.replace(/^[+-]/, ""))
  if (text.startsWith("+")) return (value) => value > wanted
  return text.startsWith("-") ? (value) => value < wanted : (value) => value === wanted
}

const MAX_DEPTH = 200

class Parser {
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
      left = async (entry) => await first(entry) && await second(entry)
    }
  }

  private primary(): Test {
    const word = this.words[this.at++]
    if (word === undefined) throw new ProgramFailure("expected an expression")
    if (++this.depth > MAX_DEPTH) throw new ProgramFailure("expression nested too deeply")
    try {
      if (word === "!" || word === "-not") {
        const inner = this.primary()
        return async (entry) => !await inner(entry)
      }
      if (word === "(") {
        const inner = this.list()
        if (this.words[this.at++] !== ")") {
          throw new ProgramFailure(
            "invalid expression; expected to find a ')' but didn't see one. Maybe you need an extra predicate after '('"
          )
        }
        return inner
      }
      return this.option(word) ?? this.action(word) ?? this.test(word)
    } finally {
      this.depth--
    }
  }

  private take(word: string): string {
    const value = this.words[this.at++]
    if (value === undefined) throw new ProgramFailure(`missing argument to \`${word}'`)
    return value
  }

  private option(word: string): Test | undefined {
    const { state } = this
    switch (word) {
      case "-maxdepth":
        state.maxDepth = Number(this.take(word))
        return () => true
      case "-mindepth":
        state.minDepth = Number(this.take(word))
        return () => true
      case "-depth":
      case "-d":
        state.depthFirst = true
        return () => true
      case "-mount":
      case "-xdev":
      case "-noleaf":
      case "-warn":
      case "-nowarn":
      case "-follow":
        return () => true
      default:
        return undefined
    }
  }

  private test(word: string): Test {
    const glob = (ignoreCase: boolean) => new Pattern(this.take(word), { ignoreCase, extended: false })
    switch (word) {
      case "-name":
      case "-iname": {
        const pattern = glob(word === "-iname")
        return ({ name }) => pattern.matches(name)
      }
      case "-path":
      case "-wholename":
      case "-ipath": {
        const pattern = glob(word === "-ipath")
        return ({ path }) => pattern.matches(path)
      }
      case "-regex":
      case "-iregex": {
        const regex = compileRegex(this.take(word), { extended: true, ignoreCase: word === "-iregex", around: "line" })
        if (regex === undefined) throw new ProgramFailure("invalid regular expression")
        return ({ path }) => regex.test(path)
      }
      case "-type": {
        const types = this.take(word).split(",").map((letter) => typeLetters[letter])
        if (types.includes(undefined as never)) {
          throw new ProgramFailure(`Unknown argument to -type: ${this.words[this.at - 1]}`)
        }
        return ({ stat }) => types.includes(stat.type)
      }
      case "-size":
        return this.size(this.take(word))
      case "-empty":
        return async ({ path, stat }) =>
          stat.type === "file" ?
            stat.size === 0
            : stat.type === "directory" && (await this.context.sys("readdir", this.context.path(path))).length === 0
      case "-perm":
        return permission(this.take(word))
      case "-mtime":
      case "-ctime":
      case "-atime":
        return this.age(this.take(word), 86_400_000)
      case "-mmin":
      case "-cmin":
      case "-amin":
        return this.age(this.take(word), 60_000)
      case "-newer": {
        const reference = this.context.sys("stat", this.context.path(this.take(word)))
        reference.catch(() => {})
        return async ({ stat }) => stat.mtimeMs > (await reference).mtimeMs
      }
      case "-user":
      case "-group":
      case "-uid":
      case "-gid": {
        const { identity } = this.context.machine
        const wanted = this.take(word)
        const id = wanted === "root" ? 0 : wanted === identity.user ? identity.uid : Number(wanted)
        return ({ stat }) => (word.includes("g") ? stat.gid : stat.uid) === id
      }
      case "-links":
        return ((test) => ({ stat }: Entry) => test(stat.nlink))(compare(this.take(word)))
      case "-inum":
        return ((test) => ({ stat }: Entry) => test(stat.ino))(compare(this.take(word)))
      case "-executable":
        return ({ stat }) => (stat.mode & 0o111) !== 0
      case "-readable":
        return ({ stat }) => (stat.mode & 0o444) !== 0
      case "-writable":
        return ({ stat }) => (stat.mode & 0o222) !== 0
      case "-true":
        return () => true
      case "-false":
        return () => false
      default:
        throw new ProgramFailure(
          word.startsWith("-") ? `unknown predicate \`${word}'` : `paths must precede expression: \`${word}'`
        )
    }
  }

  private size(text: string): Test {
    const match = /^([+-]?\d+)([bcwkMG]?)$/.exec(text)
    if (match === null) throw new ProgramFailure(`Invalid argument \`${text}' to -size`)
    const unit = { b: 512, "": 512, c: 1, w: 2, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[2]] ?? 512
    const test = compare(match[1])
    return ({ stat }) => test(Math.ceil(stat.size / unit))
  }

  private age(text: string, unit: number): Test {
    const test = compare(text)
    return ({ stat }) => test(Math.floor((this.now - stat.mtimeMs) / unit))
  }

  private action(word: string): Test | undefined {
    const { context, state } = this
    const print = (end: string): Test => async ({ path }) => {
      await context.stdout.write(path + end)
      return true
    }
    switch (word) {
      case "-print":
        state.hasAction = true
        return print("\n")
      case "-print0":
        state.hasAction = true
        return print("\0")
      case "-printf": {
        state.hasAction = true
        const format = this.take(word)
        return async (entry) => {
          await context.stdout.write(printf(format, entry, context))
          return true
        }
      }
      case "-ls":
        state.hasAction = true
        return async ({ path, stat }) => {
          await context.stdout.line(`${stat.ino} ${stat.size} ${path}`)
          return true
        }
      case "-prune":
        return () => {
          state.pruned = true
          return true
        }
      case "-quit":
        return () => {
          state.quit = true
          return true
        }
      case "-delete":
        state.hasAction = true
        state.depthFirst = true
        return (entry) => this.remove(entry)
      case "-exec":
      case "-execdir":
      case "-ok":
        state.hasAction = true
        return this.exec(word)
      default:
        return undefined
    }
  }

  private async remove({ path, stat }: Entry): Promise<boolean> {
    if (path === ".") return true
    try {
      await this.context.sys(stat.type === "directory" ? "rmdir" : "unlink", this.context.path(path))
      return true
    } catch (error) {
      await this.context.blame(`cannot delete ${quoted(path)}`, error)
      this.state.status = 1
      return false
    }
  }

  private exec(word: string): Test {
    const argv: Array<string> = []
    for (;;) {
      const next = this.words[this.at++]
      if (next === undefined) throw new ProgramFailure(`missing argument to \`${word}'`)
      if (next === ";") break
      if (next === "+" && argv[argv.length - 1] === "{}") return this.execMany(argv.slice(0, -1))
      argv.push(next)
    }
    return async ({ name, path }) => {
      const given = word === "-execdir" ? `./${name}` : path
      const cwd = word === "-execdir" ? this.context.path(path.replace(/[^/]*$/, "") || ".") : undefined
      return await this.start(argv.map((each) => each.replaceAll("{}", () => given)), cwd) === 0
    }
  }

  private execMany(argv: ReadonlyArray<string>): Test {
    let paths: Array<string> = []
    const run = async () => {
      if (paths.length === 0) return
      const batch = paths
      paths = []
      if (await this.start([...argv, ...batch], undefined) !== 0) this.state.status = 1
    }
    this.state.finish.push(run)
    return async ({ path }) => {
      paths.push(path)
      if (paths.length >= 2_000) await run()
      return true
    }
  }

  private async start(argv: ReadonlyArray<string>, cwd: string | undefined): Promise<number> {
    const status = await this.context.run(argv, { cwd })
    if (status >= 0) return status
    await this.context.complain(
      `${quoted(argv[0])}: ${status === -127 ? "No such file or directory" : "Permission denied"}`
    )
    return -status
  }
}

const permission = (text: string): Test => {
  const bits = Number.parseInt(text.replace(/^[-/]/, ""), 8)
  if (Number.isNaN(bits)) throw new ProgramFailure(`invalid mode ${quoted(text)}`)
  if (text.startsWith("-")) return ({ stat }) => (stat.mode & bits) === bits
  return text.startsWith("/")
    ? ({ stat }) => bits === 0 || (stat.mode & bits) !== 0
    : ({ stat }) => (stat.mode & 0o7777) === bits
}

const letterOf: Readonly<Record<string, string>> = {
  file: "f",
  directory: "d",
  symlink: "l",
  fifo: "p",
  socket: "s",
  character: "c",
  block: "b"
}

const printf = (format: string, { depth, name, path, root, stat }: Entry, context: ProgramContext): string =>
  format.replace(
    /\\([abfnrtv0\\])|%([-0-9.]*)(?:([TAC])(.)|([a-zA-Z%]))/g,
    (whole, escape?: string, width?: string, kind?: string, time?: string, code?: string) => {
      if (escape !== undefined) {
        return { n: "\n", t: "\t", "0": "\0", "\\": "\\", a: "\x07", b: "\b", f: "\f", r: "\r", v: "\v" }[escape] ??
          escape
      }
      if (kind !== undefined) {
        return time === "@"
          ? (stat.mtimeMs / 1000).toFixed(10)
          : formatTime(`%${time}`, stat.mtimeMs)
      }
      const user = (id: number) =>
        id === 0 ? "root" : id === context.machine.identity.uid ? context.machine.identity.user : String(id)
      const value = {
        p: path,
        f: name,
        h: path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".",
        P: path.slice(root.length).replace(/^\//, ""),
        H: root,
        s: String(stat.size),
        m: (stat.mode & 0o7777).toString(8),
        y: letterOf[stat.type],
        d: String(depth),
        u: user(stat.uid),
        g: user(stat.gid),
        U: String(stat.uid),
        G: String(stat.gid),
        n: String(stat.nlink),
        i: String(stat.ino),
        k: String(Math.ceil(stat.size / 1024)),
        "%": "%"
      }[code ?? ""]
      if (value === undefined) return whole
      const wide = Number(/\d+/.exec(width ?? "")?.[0] ?? 0)
      return width?.startsWith("-") === true ? value.padEnd(wide) : value.padStart(wide)
    }
  )

/** Looks at one starting point and everything below it, without recursion. */
const visit = async (context: ProgramContext, root: string, plan: Plan, state: State): Promise<void> => {
  const first = await context.sys(plan.follow ? "stat" : "lstat", context.path(root))
  const pending: Array<{ readonly entry: Entry; readonly leaving: boolean }> = []
  const push = (entry: Entry, leaving = false) => pending.push({ entry, leaving })
  const name = root.replace(/(.)\/+$/, "$1").replace(/^.*\/(?=.)/s, "")
  push({ path: root, name, root, depth: 0, stat: first })
  while (pending.length > 0 && !state.quit) {
    const { entry, leaving } = pending.pop()!
    const tick = context.tick()
    if (tick !== undefined) await tick
    const counts = entry.depth >= plan.minDepth
    state.pruned = false
    if (counts && (leaving || !plan.depthFirst)) await plan.test(entry)
    if (
      leaving || entry.stat.type !== "directory" || entry.depth >= plan.maxDepth || (state.pruned && !plan.depthFirst)
    ) {
      if (!leaving && counts && plan.depthFirst) await plan.test(entry)
      continue
    }
    if (plan.depthFirst) push(entry, true)
    try {
      const below = await context.sys("readdirStat", context.path(entry.path))
      const prefix = entry.path.endsWith("/") ? entry.path : `${entry.path}/`
      for (const each of below.slice().reverse()) {
        push({ path: prefix + each.name, name: each.name, root, depth: entry.depth + 1, stat: each.stat })
      }
    } catch (error) {
      await context.blame(quoted(entry.path), error)
      state.status = 1
    }
  }
}

export const find: Program = async (context) => {
  const words = context.args.slice()
  let follow = false
  while (/^-[HLP]$/.test(words[0] ?? "")) follow = words.shift() === "-L"
  const start = words.findIndex((word) => /^(?:-.|[()!,])/.test(word))
  const roots = words.slice(0, start < 0 ? words.length : start)
  const state = new State()
  const parser = new Parser(context, start < 0 ? [] : words.slice(start), state, await context.sys("now"))
  const parsed = parser.parse()
  const test: Test = state.hasAction ? parsed : async (entry) => {
    if (!await parsed(entry)) return false
    await context.stdout.line(entry.path)
    return true
  }
  const { depthFirst, finish, maxDepth, minDepth } = state
  const plan: Plan = { test, maxDepth, minDepth, depthFirst, follow, finish }
  for (const root of roots.length === 0 ? ["."] : roots) {
    if (state.quit) break
    try {
      await visit(context, root, plan, state)
    } catch (error) {
      await context.blame(quoted(root), error)
      state.status = 1
    }
  }
  for (const run of finish) await run()
  return state.status
}
