/**
 * sort. Lines are sorted in memory up to a size; more of them go to temporary files of sorted runs, which are merged.
 */
import type { CommandLine } from "../options.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader, Writer } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import type { Item, Ordering } from "./sort-keys.ts"
import { orderingOf } from "./sort-keys.ts"

const spec = {
  short: "bcCdfghik:mMno:rRsS:t:T:uVzy::",
  long: {
    "ignore-leading-blanks": "b",
    "check[=": "check",
    "dictionary-order": "d",
    "ignore-case": "f",
    "general-numeric-sort": "g",
    "human-numeric-sort": "h",
    "ignore-nonprinting": "i",
    "key=": "k",
    merge: "m",
    "month-sort": "M",
    "numeric-sort": "n",
    "output=": "o",
    "random-source=": "random-source",
    "random-sort": "R",
    reverse: "r",
    "sort=": "sort",
    stable: "s",
    "field-separator=": "t",
    unique: "u",
    "version-sort": "V",
    "zero-terminated": "z",
    "parallel=": "parallel",
    "buffer-size=": "S",
    "temporary-directory=": "T",
    "batch-size=": "batch-size",
    "compress-program=": "compress-program",
    "files0-from=": "files0-from",
    debug: "debug"
  },
  status: 2
}

/** Lines sorted without a turn for others. */
const RUN = 20_000
/** Characters held in memory before they go to a file. */
const IN_MEMORY = 48 * 1024 * 1024

type Compare = (left: Item, right: Item) => number

interface Job {
  readonly ordering: Ordering
  readonly compare: Compare
  readonly unique: boolean
  readonly end: string
  readonly delimiter: number
}

const NO_VALUES: ReadonlyArray<string> = []

const itemOf = ({ valuesOf }: Ordering, text: string): Item => ({ text, values: valuesOf?.(text) ?? NO_VALUES })

const merge = async (
  context: ProgramContext,
  left: ReadonlyArray<Item>,
  right: ReadonlyArray<Item>,
  compare: Compare
) => {
  const merged: Array<Item> = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    merged.push(compare(left[i], right[j]) <= 0 ? left[i++] : right[j++])
    if ((merged.length & 1023) === 0) {
      const tick = context.tick()
      if (tick !== undefined) await tick
    }
  }
  while (i < left.length) merged.push(left[i++])
  while (j < right.length) merged.push(right[j++])
  return merged
}

/** Sorts in runs, so that others get their turns, and merges them. */
const sortItems = async (
  context: ProgramContext,
  items: ReadonlyArray<Item>,
  compare: Compare
): Promise<ReadonlyArray<Item>> => {
  let runs: Array<ReadonlyArray<Item>> = []
  for (let index = 0; index < items.length; index += RUN) {
    runs.push(items.slice(index, index + RUN).sort(compare))
    const tick = context.tick()
    if (tick !== undefined) await tick
  }
  while (runs.length > 1) {
    const next: Array<ReadonlyArray<Item>> = []
    for (let index = 0; index < runs.length; index += 2) {
      next.push(
        runs[index + 1] === undefined ? runs[index] : await merge(context, runs[index], runs[index + 1], compare)
      )
    }
    runs = next
  }
  return runs[0] ?? []
}

/** Something that gives items in order. */
interface Source {
  readonly next: () => Promise<Item | undefined>
}

class FileSource implements Source {
  private batch: Array<string> = []
  private at = 0
  private readonly lines
  constructor(readonly reader: Reader, private readonly job: Job) {
    this.lines = reader.lines(job.delimiter)
  }
  async next(): Promise<Item | undefined> {
    if (this.at >= this.batch.length) {
      const batch = await this.lines.next()
      if (batch === undefined) return undefined
      this.batch = batch
      this.at = 0
    }
    return itemOf(this.job.ordering, this.batch[this.at++])
  }
}

class ListSource implements Source {
  private at = 0
  constructor(private readonly items: ReadonlyArray<Item>) {}
  async next(): Promise<Item | undefined> {
    return this.items[this.at++]
  }
}

class Output {
  private before: Item | undefined
  private text: Array<string> = []
  constructor(private readonly writer: Writer, private readonly job: Job) {}

  put(item: Item): Promise<void> | undefined {
    const { job } = this
    if (job.unique) {
      if (this.before !== undefined && job.ordering.byKeys(this.before, item) === 0) return undefined
      this.before = item
    }
    this.text.push(item.text)
    return this.text.length >= 256 ? this.flush() : undefined
  }

  flush(): Promise<void> | undefined {
    if (this.text.length === 0) return undefined
    const text = this.text.join(this.job.end) + this.job.end
    this.text = []
    return this.writer.write(text)
  }
}

const mergeSources = async (
  context: ProgramContext,
  sources: ReadonlyArray<Source>,
  output: Output,
  compare: Compare
) => {
  const heads: Array<{ item: Item; readonly source: Source }> = []
  for (const source of sources) {
    const item = await source.next()
    if (item !== undefined) heads.push({ item, source })
  }
  for (let count = 1; heads.length > 0; count++) {
    let best = 0
    for (let index = 1; index < heads.length; index++) {
      if (compare(heads[index].item, heads[best].item) < 0) best = index
    }
    const pending = output.put(heads[best].item)
    if (pending !== undefined) await pending
    const next = await heads[best].source.next()
    if (next === undefined) heads.splice(best, 1)
    else heads[best].item = next
    const tick = context.tick()
    if (tick !== undefined) await tick
  }
  await output.flush()
}

const open = (context: ProgramContext, name: string): Promise<Reader> =>
  context.open(name).catch((error: unknown) => {
    throw new ProgramFailure(`cannot read: ${name}: ${context.reason(error)}`, 2)
  })

/** Sorted runs in files; removed when it is over. */
class Spill {
  private readonly names: Array<string> = []
  constructor(
    private readonly context: ProgramContext,
    private readonly directory: string,
    private readonly job: Job
  ) {}

  async add(items: ReadonlyArray<Item>): Promise<void> {
    const { context, job } = this
    const name = `${this.directory}/sort${context.process.pid}.${this.names.length}`
    this.names.push(name)
    const { close, writer } = await context.create(name)
    const output = new Output(writer, { ...job, unique: false })
    for (const item of await sortItems(context, items, job.compare)) {
      const pending = output.put(item)
      if (pending !== undefined) await pending
    }
    await output.flush()
    await close()
  }

  get isEmpty(): boolean {
    return this.names.length === 0
  }

  async sources(): Promise<Array<Source>> {
    const sources: Array<Source> = []
    for (const name of this.names) sources.push(new FileSource(await open(this.context, name), this.job))
    return sources
  }

  async remove(): Promise<void> {
    for (const name of this.names) await this.context.sys("unlink", this.context.path(name)).catch(() => {})
  }
}

const sortAll = async (
  context: ProgramContext,
  names: ReadonlyArray<string>,
  job: Job,
  spill: Spill,
  target: () => Promise<Writer>
) => {
  let items: Array<Item> = []
  let size = 0
  for (const name of names) {
    const reader = await open(context, name)
    const lines = reader.lines(job.delimiter)
    try {
      for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
        for (const text of batch) {
          items.push(itemOf(job.ordering, text))
          size += text.length + 40
        }
        if (size > IN_MEMORY) {
          await spill.add(items)
          items = []
          size = 0
        }
      }
    } catch (error) {
      throw new ProgramFailure(`read failed: ${name}: ${context.reason(error)}`, 2)
    }
    await reader.close()
  }
  const sorted = await sortItems(context, items, job.compare)
  const output = new Output(await target(), job)
  if (!spill.isEmpty) {
    return mergeSources(context, [...await spill.sources(), new ListSource(sorted)], output, job.compare)
  }
  for (const item of sorted) {
    const pending = output.put(item)
    if (pending !== undefined) await pending
  }
  await output.flush()
}

const check = async (context: ProgramContext, name: string, job: Job, quiet: boolean): Promise<number> => {
  const source = new FileSource(await open(context, name), job)
  let before: Item | undefined
  for (let number = 1;; number++) {
    const item = await source.next()
    if (item === undefined) return 0
    if (before !== undefined) {
      const order = job.compare(before, item)
      if (order > 0 || (order === 0 && job.unique)) {
        if (!quiet) await context.complain(`${name}:${number}: disorder: ${item.text}`)
        return 1
      }
    }
    before = item
  }
}

const inputs = async (context: ProgramContext, line: CommandLine): Promise<ReadonlyArray<string>> => {
  const list = line.get("files0-from")
  if (list === undefined) return line.operands.length === 0 ? ["-"] : line.operands
  if (line.operands.length > 0) {
    throw new ProgramFailure(
      `extra operand ${
        context.quote(line.operands[0])
      }\nfile operands cannot be combined with --files0-from\nTry 'sort --help' for more information.`,
      2
    )
  }
  const lines = (await open(context, list)).lines(0)
  const names: Array<string> = []
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) names.push(...batch)
  if (names.length === 0) throw new ProgramFailure(`no input from ${context.quote(list)}`, 2)
  return names
}

export const sort: Program = async (context) => {
  const line = parseOptions(context, spec)
  const ordering = orderingOf(context, line)
  const unique = line.has("u")
  const job: Job = {
    ordering,
    unique,
    compare: unique || line.has("s") ? ordering.byKeys : ordering.byAll,
    end: line.has("z") ? "\0" : "\n",
    delimiter: line.has("z") ? 0 : 10
  }
  const names = await inputs(context, line)
  const checks = line.has("c") || line.has("C") || line.has("check")
  if (checks) {
    if (names.length > 1) {
      throw new ProgramFailure(
        `extra operand ${context.quote(names[1])} not allowed with -${line.has("C") ? "C" : "c"}`,
        2
      )
    }
    return check(context, names[0], job, line.has("C") || /^(?:quiet|silent)$/.test(line.get("check") ?? ""))
  }
  for (const name of names) {
    if (name !== "-" && !name.startsWith("/dev/")) {
      await context.sys("stat", context.path(name)).catch((error: unknown) => {
        throw new ProgramFailure(`cannot read: ${name}: ${context.reason(error)}`, 2)
      })
    }
  }
  let target: Awaited<ReturnType<ProgramContext["create"]>> | undefined
  const writer = async (): Promise<Writer> => {
    const output = line.get("o")
    if (output === undefined) return context.stdout
    target = await context.create(output).catch((error: unknown) => {
      throw new ProgramFailure(`open failed: ${output}: ${context.reason(error)}`, 2)
    })
    return target.writer
  }
  const spill = new Spill(context, line.get("T") ?? context.env.get("TMPDIR") ?? "/tmp", job)
  try {
    if (line.has("m") && !names.includes(line.get("o") ?? "")) {
      const sources: Array<Source> = []
      for (const name of names) sources.push(new FileSource(await open(context, name), job))
      await mergeSources(context, sources, new Output(await writer(), job), job.compare)
    } else await sortAll(context, names, job, spill, writer)
  } finally {
    await spill.remove()
  }
  await target?.close()
  return 0
}
