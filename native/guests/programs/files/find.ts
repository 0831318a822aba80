/** find: the walk. */
import type { GuestStat } from "../../protocol.ts"
import type { Program, ProgramContext } from "../program.ts"
import { Informed } from "../program.ts"
import type { Entry, Test } from "./find-expression.ts"
import { Expression, State } from "./find-expression.ts"

/** The status to test: of what a link leads to, if links are followed and it leads somewhere. */
const statusOf = async (context: ProgramContext, path: string, own: GuestStat, follow: boolean): Promise<GuestStat> =>
  follow && own.type === "symlink" ? context.sys("stat", context.path(path)).catch(() => own) : own

/** The directories above an entry, nearest first. */
interface Above {
  readonly entry: Entry
  readonly above: Above | undefined
}

interface Pending {
  readonly entry: Entry
  readonly above: Above | undefined
  /** What is below has been seen. */
  readonly leaving: boolean
}

class Walk {
  private readonly pending: Array<Pending> = []

  constructor(private readonly context: ProgramContext, private readonly state: State, private readonly test: Test) {}

  private async consider(entry: Entry): Promise<void> {
    if (entry.depth < this.state.minDepth) return
    const result = this.test(entry)
    if (typeof result !== "boolean") await result
  }

  private async descend(entry: Entry, above: Above | undefined): Promise<void> {
    const { context, pending, state } = this
    const chain: Above = { entry, above }
    try {
      const path = context.path(entry.path)
      const below = await context.sys("readdirStat", path)
      const prefix = entry.path.endsWith("/") ? entry.path : `${entry.path}/`
      for (const each of below.slice().reverse()) {
        const child = prefix + each.name
        const stat = state.follow ? await statusOf(context, child, each.stat, true) : each.stat
        pending.push({
          entry: { path: child, name: each.name, root: entry.root, depth: entry.depth + 1, stat, own: each.stat },
          above: chain,
          leaving: false
        })
      }
    } catch (error) {
      await context.blame(context.quote(entry.path), error)
      state.status = 1
    }
  }

  /** Looks at one starting point and everything below it, without recursion. */
  async run(root: string, follows: boolean): Promise<void> {
    const { context, pending, state } = this
    const own = await context.sys("lstat", context.path(root))
    const stat = await statusOf(context, root, own, follows || state.follow || root.endsWith("/"))
    const name = root.replace(/(.)\/+$/, "$1").replace(/^.*\/(?=.)/s, "")
    pending.push({ entry: { path: root, name, root, depth: 0, stat, own }, above: undefined, leaving: false })
    while (pending.length > 0 && !state.quit) {
      const { above, entry, leaving } = pending.pop()!
      const tick = context.tick()
      if (tick !== undefined) await tick
      if (leaving) {
        await this.consider(entry)
        continue
      }
      state.pruned = false
      if (!state.depthFirst) await this.consider(entry)
      const enters = entry.stat.type === "directory" && entry.depth < state.maxDepth && !state.pruned
        && !(state.follow && await this.loops(entry, above))
      if (state.depthFirst) {
        if (enters) pending.push({ entry, above, leaving: true })
        else await this.consider(entry)
      }
      if (enters && !state.quit) await this.descend(entry, above)
    }
  }

  /** Whether a link leads back to a directory that it is in. */
  private async loops({ path, stat }: Entry, above: Above | undefined): Promise<boolean> {
    for (let each = above; each !== undefined; each = each.above) {
      if (each.entry.stat.ino !== stat.ino || each.entry.stat.dev !== stat.dev) continue
      const [link, directory] = [path, each.entry.path].map((name) => this.context.quote(name))
      await this.context.complain(
        `File system loop detected; ${link} is part of the same file system loop as ${directory}.`
      )
      this.state.status = 1
      return true
    }
    return false
  }
}

export const find: Program = async (context) => {
  const words = context.args.slice()
  if (words.length === 1 && (words[0] === "--help" || words[0] === "--version")) {
    throw new Informed(words[0] === "--help" ? "help" : "version", { short: "HLP" })
  }
  const state = new State()
  let follows = false
  while (/^-(?:[HLP]|O\d)$/.test(words[0] ?? "")) {
    const word = words.shift()
    state.follow = word === "-L"
    follows = word === "-H"
  }
  const start = words.findIndex((word) => /^(?:-.|[()!,])/.test(word))
  const roots = words.slice(0, start < 0 ? words.length : start)
  const expression = new Expression(context, start < 0 ? [] : words.slice(start), state, await context.sys("now"))
  const parsed = expression.parse()
  const test: Test = state.hasAction ? parsed : (entry) => {
    const result = parsed(entry)
    const print = (holds: boolean) => {
      const pending = holds ? context.stdout.line(entry.path) : undefined
      return pending === undefined ? holds : pending.then(() => true)
    }
    return typeof result === "boolean" ? print(result) : result.then(print)
  }
  const walk = new Walk(context, state, test)
  for (const root of roots.length === 0 ? ["."] : roots) {
    if (state.quit) break
    try {
      await walk.run(root, follows)
    } catch (error) {
      await context.blame(context.quote(root), error)
      state.status = 1
    }
  }
  for (const run of state.finish) await run()
  return state.status
}
