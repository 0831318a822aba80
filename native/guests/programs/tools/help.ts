/** What `agentos` says of tool kits, tools and their flags. */
import type { Catalog, CatalogTool } from "../../../../src/tools/Catalog.ts"
import { type Flag, type FlagSchema, flagsOf } from "../../../../src/tools/Flags.ts"

type Kit = Catalog["kits"][number]

const columns = (rows: ReadonlyArray<readonly [string, string]>): string => {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd() + "\n").join("")
}

const toolRows = (tools: ReadonlyArray<CatalogTool>) =>
  tools.map(({ description, name }) => [name, description] as const)

export const list = (kits: ReadonlyArray<Kit>): string =>
  kits.length === 0
    ? "No tools.\n"
    : kits.map((kit) => `${kit.name}: ${kit.description}\n${columns(toolRows(kit.tools))}`).join("\n")

export const commandHelp = ({ kits }: Catalog): string =>
  "Usage: agentos <kit> <tool> [flags]\n" +
  "       agentos list-tools [kit]\n" +
  "       agentos <kit> --help\n" +
  (kits.length === 0 ? "" : `\nKits:\n${columns(kits.map(({ description, name }) => [name, description]))}`)

export const kitHelp = (kit: Kit): string =>
  `${kit.description}\n\nUsage: agentos ${kit.name} <tool> [flags]\n\nTools:\n${columns(toolRows(kit.tools))}`

const left = ({ flag, item, kind, schema }: Flag): string => {
  if (kind === "boolean") return `--${flag}, --no-${flag}`
  const values = schema.enum?.map(String).join("|")
  const value = values ?? (kind === "array" ? item : kind)
  return `--${flag} <${value}>${kind === "array" ? " (may be repeated)" : ""}`
}

const right = ({ required, schema }: Flag): string => {
  const notes = [required ? "required" : "", "default" in schema ? `default ${JSON.stringify(schema.default)}` : ""]
  const told = notes.filter((note) => note !== "").join(", ")
  return [schema.description ?? "", told === "" ? "" : `(${told})`].filter((part) => part !== "").join(" ")
}

export const toolHelp = (kit: string, tool: CatalogTool): string => {
  const flags = flagsOf(tool.input as FlagSchema)
  const rows: Array<readonly [string, string]> = flags.map((flag) => [left(flag), right(flag)])
  rows.push(["--json <text>", "the whole input as JSON"], ["--json-file <path>", "the whole input from a file"])
  const notes = [
    tool.sideEffect === "none" ? "" : `side effect: ${tool.sideEffect.replace("_", " ")}`,
    tool.approval ? "may wait for an approval" : ""
  ].filter((note) => note !== "")
  return `${tool.description}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}\n\n` +
    `Usage: agentos ${kit} ${tool.name} [flags]\n\nFlags:\n${columns(rows)}`
}
