/** Actions of find: printing, deleting, running commands. */
import type { ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import type { Entry, State, Test, Words } from "./find-expression.ts"
import { formatEntry } from "./find-printf.ts"
import { allocated } from "./human.ts"
import { modeText } from "./status.ts"
import { confirm } from "./targets.ts"

/** Arguments of one command that gets many. */
const BATCH = 2_000
const BATCH_CHARACTERS = 128 * 1024

const printTo = (
  context: ProgramContext,
  state: State,
  name: string | undefined,
  show: (entry: Entry) => Promise<string> | string
): Test => {
  if (name === undefined) {
    return async (entry) => {
      await context.stdout.write(await show(entry))
      return true
    }
  }
  const target = context.create(name)
  target.catch(() => {})
  state.finish.push(async () => (await target).close())
  return async (entry) => {
    await (await target).writer.write(await show(entry))
    return true
  }
}

const remove = async (context: ProgramContext, state: State, { own, path }: Entry): Promise<boolean> => {
  if (path === ".") return true
  try {
    await context.sys(own.type === "directory" ? "rmdir" : "unlink", context.path(path))
    return true
  } catch (error) {
    await context.blame(`cannot delete ${context.quote(path)}`, error)
    state.status = 1
    return false
  }
}

const start = async (
  context: ProgramContext,
  argv: ReadonlyArray<string>,
  cwd: string | undefined
): Promise<number> => {
  const inside = cwd === undefined ? undefined : await context.sys("realpath", cwd)
  const status = await context.run(argv, { cwd: inside })
  if (status >= 0) return status
  await context.complain(
    `${context.quote(argv[0])}: ${status === -127 ? "No such file or directory" : "Permission denied"}`
  )
  return -status
}

const directoryOf = (context: ProgramContext, path: string): string => context.path(path.replace(/[^/]*$/, "") || ".")

const execMany = (context: ProgramContext, state: State, argv: ReadonlyArray<string>, inside: boolean): Test => {
  let paths: Array<string> = []
  let size = 0
  let cwd: string | undefined
  const run = async () => {
    if (paths.length === 0) return
    const batch = paths
    paths = []
    size = 0
    if (await start(context, [...argv, ...batch], cwd) !== 0) state.status = 1
  }
  state.finish.push(run)
  return async ({ name, path }) => {
    const directory = inside ? directoryOf(context, path) : undefined
    if (directory !== cwd) {
      await run()
      cwd = directory
    }
    paths.push(inside ? `./${name}` : path)
    size += path.length + 1
    if (paths.length >= BATCH || size >= BATCH_CHARACTERS) await run()
    return true
  }
}

const exec = (context: ProgramContext, state: State, word: string, words: Words): Test => {
  const inside = word.endsWith("dir")
  const argv: Array<string> = []
  for (;;) {
    const next = words.next()
    if (next === undefined) throw new ProgramFailure(`missing argument to \`${word}'`)
    if (next === ";") break
    if (next === "+" && argv[argv.length - 1] === "{}") return execMany(context, state, argv.slice(0, -1), inside)
    argv.push(next)
  }
  if (argv.length === 0) throw new ProgramFailure(`missing argument to \`${word}'`)
  return async ({ name, path }) => {
    const given = inside ? `./${name}` : path
    const command = argv.map((each) => each.replaceAll("{}", () => given))
    if (word.startsWith("-ok") && !await confirm(context, `< ${argv[0]} ... ${path} > ?`.slice(0, -2))) return false
    return await start(context, command, inside ? directoryOf(context, path) : undefined) === 0
  }
}

const listed = async (context: ProgramContext, { own, path, stat }: Entry): Promise<string> => {
  const { identity } = context.machine
  const name = (id: number, mine: number) => (id === 0 ? "root" : id === mine ? identity.user : String(id)).padEnd(8)
  const target = own.type === "symlink" ? ` -> ${await context.sys("readlink", context.path(path))}` : ""
  const time = formatTime("%b %e %H:%M", stat.mtimeMs, context.zone)
  const size = String(stat.size).padStart(8)
  return `${String(stat.ino).padStart(9)} ${String(allocated(stat) / 1024).padStart(6)} ${modeText(stat)} ${
    String(stat.nlink).padStart(3)
  } ${name(stat.uid, identity.uid)} ${name(stat.gid, identity.gid)} ${size} ${time} ${path}${target}\n`
}

/** The action of a word, if it is one. */
export const makeAction = (context: ProgramContext, state: State, word: string, words: Words): Test | undefined => {
  const base = word.startsWith("-fprint") || word === "-fls" ? `-${word.slice(2)}` : word
  const file = () => base === word ? undefined : words.take(word)
  switch (base) {
    case "-print":
      state.hasAction = true
      return printTo(context, state, file(), ({ path }) => `${path}\n`)
    case "-print0":
      state.hasAction = true
      return printTo(context, state, file(), ({ path }) => `${path}\0`)
    case "-printf": {
      state.hasAction = true
      const name = file()
      const format = words.take(word)
      return printTo(context, state, name, (entry) => formatEntry(format, entry, context))
    }
    case "-ls":
      state.hasAction = true
      return printTo(context, state, file(), (entry) => listed(context, entry))
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
      return (entry) => remove(context, state, entry)
    case "-exec":
    case "-execdir":
    case "-ok":
    case "-okdir":
      state.hasAction = true
      return exec(context, state, word, words)
    default:
      return undefined
  }
}
