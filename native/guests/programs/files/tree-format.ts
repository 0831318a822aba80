/** How tree shows an entry: as a line, or as an object of JSON. */
import type { GuestStat } from "../../protocol.ts"
import type { ProgramContext } from "../program.ts"
import { formatTime } from "../text/strftime.ts"
import type { LocalZone } from "../time/local-zone.ts"
import { modeText } from "./status.ts"
import type { TreeOptions } from "./tree-options.ts"
import type { Users } from "./users.ts"
import { readUsers } from "./users.ts"

export interface TreeEntry {
  readonly name: string
  readonly path: string
  readonly stat: GuestStat
  /** Where a symbolic link leads, and what is there. */
  readonly target?: string | undefined
  readonly leads?: GuestStat | undefined
  /** What is in it, where that was looked at beforehand. */
  children?: ReadonlyArray<TreeEntry> | undefined
}

/** Links to directories count as such. */
export const isDirectory = ({ leads, stat }: TreeEntry): boolean => (leads ?? stat).type === "directory"

const HALF_YEAR_MS = 6 * 31 * 24 * 60 * 60 * 1000

/** As `4.0K`: the whole units below it are cut off before the last division. */
const forPeople = (bytes: number, base: 1000 | 1024): string => {
  const units = base === 1000 ? "BkMGTPEZY" : "BKMGTPEZY"
  let size = bytes
  let index = bytes < base ? 0 : 1
  while (size >= base * base) {
    index++
    size = Math.floor(size / base)
  }
  if (index === 0) return String(size)
  return `${(size / base).toFixed(size / base >= 10 ? 0 : 1)}${units[index]}`
}

const marks: Readonly<Record<string, string>> = { directory: "/", fifo: "|", socket: "=" }

const markOf = ({ mode, type }: GuestStat): string =>
  marks[type] ?? (type === "file" && (mode & 0o111) !== 0 ? "*" : "")

/** One field of what is said of an entry: for a line, and for JSON. */
interface Field {
  readonly text: string
  readonly json: Readonly<Record<string, string | number>>
}

const jsonTypes: Readonly<Record<string, string>> = {
  symlink: "link",
  character: "char",
  block: "block",
  fifo: "fifo",
  socket: "socket",
  directory: "directory",
  file: "file"
}

export class TreeFormat {
  private constructor(
    private readonly options: TreeOptions,
    private readonly users: Users | undefined,
    private readonly now: number,
    private readonly zone: LocalZone
  ) {}

  static async make(context: ProgramContext, options: TreeOptions): Promise<TreeFormat> {
    const named = options.has("u") || options.has("g")
    return new TreeFormat(options, named ? await readUsers(context) : undefined, await context.sys("now"), context.zone)
  }

  private time(stat: GuestStat): string {
    const { has, timeFormat } = this.options
    const time = has("c") ? stat.ctimeMs : stat.mtimeMs
    if (timeFormat !== undefined) return formatTime(timeFormat, time, this.zone)
    return formatTime(time > this.now || time + HALF_YEAR_MS < this.now ? "%b %e  %Y" : "%b %e %H:%M", time, this.zone)
  }

  private size({ size }: GuestStat): Field {
    const { has } = this.options
    if (!has("h") && !has("si")) return { text: String(size).padStart(11), json: { size } }
    const text = forPeople(size, has("si") ? 1000 : 1024)
    return { text: text.padStart(4), json: { size: text } }
  }

  private fields(stat: GuestStat): ReadonlyArray<Field> {
    const { has } = this.options
    const fields: Array<Field> = []
    if (has("inodes")) fields.push({ text: String(stat.ino).padStart(7), json: { inode: stat.ino } })
    if (has("device")) fields.push({ text: String(stat.dev).padStart(3), json: { dev: stat.dev } })
    if (has("p")) {
      const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0")
      fields.push({ text: modeText(stat), json: { mode, prot: modeText(stat) } })
    }
    const user = this.users?.userName(stat.uid) ?? String(stat.uid)
    const group = this.users?.groupName(stat.gid) ?? String(stat.gid)
    if (has("u")) fields.push({ text: user.padEnd(8), json: { user } })
    if (has("g")) fields.push({ text: group.padEnd(8), json: { group } })
    if (has("s") || has("h") || has("si")) fields.push(this.size(stat))
    if (has("D")) fields.push({ text: this.time(stat), json: { time: this.time(stat) } })
    return fields
  }

  private spell(name: string): string {
    const { has } = this.options
    const odd = has("N")
      ? name
      : name.replace(
        /[\x00-\x1f\x7f]/g,
        (char) => has("q") ? "?" : `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`
      )
    return has("Q") ? `"${odd}"` : odd
  }

  /** What stands on an entry's line, without the branches before it. */
  line({ leads, stat, target }: TreeEntry, shown: string): string {
    const fields = this.fields(stat).map(({ text }) => text)
    const marked = (of: GuestStat) => this.options.has("F") && !this.options.has("d") ? markOf(of) : ""
    const head = `${fields.length === 0 ? "" : `[${fields.join(" ")}]  `}${this.spell(shown)}`
    if (target === undefined) return `${head}${marked(stat)}`
    return `${head} -> ${this.spell(target)}${leads === undefined ? "" : marked(leads)}`
  }

  /** An entry as an object of JSON, which is still open. */
  object({ stat, target }: TreeEntry, shown: string): string {
    const members = {
      type: jsonTypes[stat.type],
      name: shown,
      ...(target === undefined ? {} : { target }),
      ...Object.assign({}, ...this.fields(stat).map(({ json }) => json)) as Record<string, string | number>
    }
    return JSON.stringify(members).slice(0, -1)
  }
}
