/**
 * What guests are told of the tools: a catalog for the command, declarations for languages, instructions for a model.
 *
 * @since 0.1.0
 */
import type { VmTools } from "../wire/Control.ts"
import type { BoundKit, BoundTool } from "./BoundTool.ts"
import { pythonStub, typeScriptDeclaration } from "./Declarations.ts"
import type { FlagSchema } from "./Flags.ts"
import { flagsOf } from "./Flags.ts"
import type { JsonSchema } from "./InputSchema.ts"

/**
 * One tool, as its command knows it.
 *
 * @since 0.1.0
 * @category models
 */
export interface CatalogTool {
  readonly name: string
  readonly description: string
  readonly sideEffect: string
  /** Whether somebody may have to agree to a call. */
  readonly approval: boolean
  readonly input: JsonSchema
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Catalog {
  readonly kits: ReadonlyArray<{
    readonly name: string
    readonly description: string
    readonly tools: ReadonlyArray<CatalogTool>
  }>
}

/**
 * Characters of all that a VM is told of its tools: it goes to the sidecar in one message.
 *
 * @since 0.1.0
 * @category constants
 */
export const CATALOG_CHARACTERS = 384 * 1024

/** Where declarations are. */
const DIRECTORY = "/usr/share/tools"

const nameOf = (tool: BoundTool): string => tool.name.slice(tool.name.indexOf(":") + 1)

const catalogOf = (kits: ReadonlyArray<BoundKit>): Catalog => ({
  kits: kits.map(({ description, name, tools }) => ({
    name,
    description,
    tools: Object.values(tools).map((tool) => ({
      name: nameOf(tool),
      description: tool.description,
      sideEffect: tool.sideEffect,
      approval: tool.approval !== "none",
      input: tool.inputSchema
    }))
  }))
})

const usage = (kit: string, { input, name }: CatalogTool): string => {
  const flags = flagsOf(input as FlagSchema).map(({ flag, kind, required }) => {
    const text = kind === "boolean" ? `--[no-]${flag}` : `--${flag} <${kind}>${kind === "array" ? "..." : ""}`
    return required ? text : `[${text}]`
  })
  return [`agentos ${kit} ${name}`, ...flags].join(" ")
}

/**
 * A section of Markdown that tells a model which tools there are and how to call them.
 *
 * @since 0.1.0
 * @category conversions
 */
export const instructions = (kits: ReadonlyArray<BoundKit>): string => {
  const { kits: listed } = catalogOf(kits)
  const lines = [
    "## Tools of the host",
    "",
    "These commands call functions outside of this machine. `agentos list-tools` lists them, `--help` tells their flags,",
    "`--json '{...}'` or `--json-file PATH` gives the whole input. A call prints `{\"ok\":true,\"result\":...}` and exits",
    "with 0, or prints `{\"ok\":false,\"error\":{\"code\":...,\"message\":...}}` and exits with 1."
  ]
  for (const { description, name, tools } of listed) {
    lines.push("", `### ${name}`, "", description, "")
    for (const tool of tools) {
      const approval = tool.approval ? " May wait for an approval." : ""
      lines.push(`- \`${usage(name, tool)}\`: ${tool.description}${approval}`)
    }
  }
  return `${lines.join("\n")}\n`
}

/**
 * All that a VM is told of its kits.
 *
 * @since 0.1.0
 * @category conversions
 */
export const vmToolsOf = (kits: ReadonlyArray<BoundKit>): VmTools => {
  const catalog = catalogOf(kits)
  return {
    kits: catalog.kits.map(({ name, tools }) => ({ name, tools: tools.map((tool) => tool.name) })),
    catalog: JSON.stringify(catalog),
    files: [
      { path: `${DIRECTORY}/README.md`, text: instructions(kits) },
      ...kits.flatMap((kit) => [
        { path: `${DIRECTORY}/${kit.name}.d.ts`, text: typeScriptDeclaration(kit) },
        { path: `${DIRECTORY}/${kit.name}.pyi`, text: pythonStub(kit) }
      ])
    ]
  }
}
