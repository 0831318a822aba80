/** `agentos`, and the commands named after tool kits: flags in, a call of the host, its JSON out. */
import type { Catalog, CatalogTool } from "../../../../src/tools/Catalog.ts"
import * as Flags from "../../../../src/tools/Flags.ts"
import * as Texts from "../../../../src/tools/Texts.ts"
import type { Program, ProgramContext } from "../program.ts"
import { commandHelp, kitHelp, list, toolHelp } from "./help.ts"

type Kit = Catalog["kits"][number]

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const isHelp = (word: string | undefined): boolean => word === "--help" || word === "-h"

const say = async (context: ProgramContext, text: string): Promise<number> => {
  await context.stdout.write(text)
  return 0
}

/** Ends the command with a message. */
class Refusal {
  constructor(readonly message: string) {}
}

/** Says what is wrong as it stands, without the program's name in front: scripts compare it. */
const refuse = async (context: ProgramContext, message: string): Promise<number> => {
  await context.stderr.write(`${message}\n`)
  return 1
}

/** No tool takes more. */
const MAX_BYTES = 16 * 1024 * 1024

/** A file, a pipe, or with `-` standard input, as any program reads it. */
const readAll = async (context: ProgramContext, path: string): Promise<Uint8Array> => {
  const reader = await context.open(path)
  const chunks: Array<Uint8Array> = []
  let size = 0
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Refusal(Texts.invalidJson("file", "File too large"))
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const jsonFile = async (context: ProgramContext, path: string): Promise<Uint8Array> => {
  try {
    const bytes = await readAll(context, path)
    JSON.parse(decoder.decode(bytes))
    return bytes
  } catch (error) {
    if (error instanceof Refusal) throw error
    const reason = error instanceof SyntaxError ? error.message : context.reason(error)
    throw new Refusal(Texts.invalidJson("file", reason))
  }
}

/** The message of a failure, which the host has put into the JSON. */
const messageOf = (json: string): string => {
  try {
    const { error } = JSON.parse(json) as { readonly error?: { readonly message?: unknown } }
    return typeof error?.message === "string" ? error.message : json
  } catch {
    return json
  }
}

const call = async (context: ProgramContext, tool: string, input: Uint8Array): Promise<number> => {
  let step = await context.sys("tool", tool, input)
  while (step._tag === "progress") {
    await context.stderr.write(`${step.text}\n`)
    await context.stderr.flush()
    step = await context.sys("toolNext", step.call)
  }
  for (const piece of step.output) await context.stdout.write(piece)
  if (step.status === "ok") return 0
  await context.stdout.flush()
  return refuse(context, messageOf(step.output.map((piece) => decoder.decode(piece, { stream: true })).join("")))
}

const runTool = async (context: ProgramContext, kit: Kit, args: ReadonlyArray<string>): Promise<number> => {
  const [name, ...rest] = args
  if (name === undefined || isHelp(name)) return say(context, kitHelp(kit))
  const tool: CatalogTool | undefined = kit.tools.find((one) => one.name === name)
  if (tool === undefined) {
    return refuse(context, Texts.unknownTool(kit.name, name, kit.tools.map((one) => one.name)))
  }
  const full = `${kit.name}:${tool.name}`
  const parsed = Flags.parse(tool.input as Flags.FlagSchema, rest)
  switch (parsed._tag) {
    case "Refused":
      return refuse(context, parsed.message)
    case "Help":
      return say(context, toolHelp(kit.name, tool))
    case "Input":
      return call(context, full, encoder.encode(parsed.json))
    case "File":
      return call(context, full, await jsonFile(context, parsed.path))
  }
}

const kitNamed = ({ kits }: Catalog, name: string): Kit => {
  const found = kits.find((kit) => kit.name === name)
  if (found !== undefined) return found
  throw new Refusal(Texts.unknownToolKit(name, kits.map((kit) => kit.name)))
}

const dispatch = async (context: ProgramContext, catalog: Catalog): Promise<number> => {
  const { args, name } = context
  if (name !== "agentos") {
    return runTool(context, kitNamed(catalog, name.startsWith("agentos-") ? name.slice("agentos-".length) : name), args)
  }
  const [word, ...rest] = args
  if (word === undefined || isHelp(word)) return say(context, commandHelp(catalog))
  if (word !== "list-tools") return runTool(context, kitNamed(catalog, word), rest)
  if (isHelp(rest[0])) return say(context, commandHelp(catalog))
  if (rest.length > 1) return refuse(context, Texts.unexpectedArgument(rest[1]))
  return say(context, list(rest[0] === undefined ? catalog.kits : [kitNamed(catalog, rest[0])]))
}

const catalogOf = async (context: ProgramContext): Promise<Catalog> => JSON.parse(await context.sys("tools")) as Catalog

export const agentos: Program = async (context) => {
  const { vm } = context.machine
  const catalog = vm.catalog ??= await catalogOf(context)
  try {
    return await dispatch(context, catalog)
  } catch (error) {
    if (error instanceof Refusal) return refuse(context, error.message)
    throw error
  }
}
