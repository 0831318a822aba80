/** Differences in formats of the user's own: `--old-line-format` and its relatives, `--changed-group-format` and its. */
import type { CommandLine } from "../options.ts"
import type { Change } from "./edit-script.ts"
import type { Content } from "./formats.ts"

const lineKinds = ["old", "new", "unchanged"] as const
const groupKinds = [...lineKinds, "changed"] as const

/** Long options as the parser takes them. */
export const customOptions: Readonly<Record<string, string>> = Object.fromEntries([
  ["line-format=", "line-format"],
  ...lineKinds.map((kind) => [`${kind}-line-format=`, `${kind}-line-format`]),
  ...groupKinds.map((kind) => [`${kind}-group-format=`, `${kind}-group-format`])
])

export const isCustom = (line: CommandLine): boolean => Object.values(customOptions).some((name) => line.has(name))

/** Lines `[from, to)` of the one file that stand against `[start, end)` of the other. */
interface Group extends Change {
  readonly kind: typeof groupKinds[number]
}

const groupsOf = (left: Content, right: Content, changes: ReadonlyArray<Change>): Array<Group> => {
  const groups: Array<Group> = []
  let [from, start] = [0, 0]
  for (const change of [...changes, undefined]) {
    const [to, end] = change === undefined ? [left.lines.length, right.lines.length] : [change.from, change.start]
    if (to > from || end > start) groups.push({ kind: "unchanged", from, to, start, end })
    if (change === undefined) break
    const kind = change.from === change.to ? "new" : change.start === change.end ? "old" : "changed"
    groups.push({ ...change, kind })
    ;[from, start] = [change.to, change.end]
  }
  return groups
}

const directive = /%(?:c'(\\[0-7]{1,3}|[^])'|(-?\d*)([doxX])([a-zA-Z])|([<>=%lL]))/g

const numbered = (value: number, width: string, base: string): string => {
  const text = base === "d" ? String(value) : value.toString(base === "o" ? 8 : 16)
  const cased = base === "X" ? text.toUpperCase() : text
  if (width.startsWith("-")) return cased.padEnd(Number(width.slice(1)))
  return cased.padStart(Number(width || 0), width.startsWith("0") ? "0" : " ")
}

/** Puts what a directive stands for in its place; one that means nothing here stays. */
const fill = (format: string, text: (letter: string) => string | undefined, number: (letter: string) => number) =>
  format.replace(directive, (whole, char?: string, width?: string, base?: string, letter?: string, plain?: string) => {
    if (char !== undefined) {
      return char.length > 1 && char.startsWith("\\") ? String.fromCharCode(Number.parseInt(char.slice(1), 8)) : char
    }
    if (plain === "%") return "%"
    if (plain !== undefined) return text(plain) ?? whole
    const value = number(letter!)
    return Number.isNaN(value) ? whole : numbered(value, width!, base!)
  })

/** The whole of both files in the formats that the options give. */
export const customized = (
  options: CommandLine,
  left: Content,
  right: Content,
  changes: ReadonlyArray<Change>
): string => {
  const lineFormat = (kind: typeof lineKinds[number]): string =>
    options.get(`${kind}-line-format`) ?? options.get("line-format") ?? "%l\n"
  const lines = (content: Content, from: number, to: number, kind: typeof lineKinds[number]): string => {
    const format = lineFormat(kind)
    return content.lines.slice(from, to).map((text, index) => {
      const end = content.unterminated && from + index === content.lines.length - 1 ? "" : "\n"
      return fill(
        format,
        (letter) => ({ l: text, L: text + end })[letter],
        (letter) => letter === "n" ? from + index + 1 : NaN
      )
    }).join("")
  }
  const groupFormat = (kind: Group["kind"]): string => {
    const given = options.get(`${kind}-group-format`)
    if (given !== undefined) return given
    if (kind === "changed") return groupFormat("old") + groupFormat("new")
    const changed = kind === "unchanged" ? undefined : options.get("changed-group-format")
    if (changed !== undefined) return changed
    return { old: "%<", new: "%>", unchanged: "%=" }[kind]
  }
  return groupsOf(left, right, changes).map(({ end, from, kind, start, to }) =>
    fill(
      groupFormat(kind),
      (letter) => {
        if (letter === "<") return lines(left, from, to, "old")
        if (letter === ">") return lines(right, start, end, "new")
        return letter === "=" ? lines(left, from, to, "unchanged") : undefined
      },
      (letter) =>
        ({
          e: from,
          f: from + 1,
          l: to,
          m: to + 1,
          n: to - from,
          E: start,
          F: start + 1,
          L: end,
          M: end + 1,
          N: end - start
        })[letter] ?? NaN
    )
  ).join("")
}
