/** Redirections: opened in order, put into a descriptor table, and undone where they were only for one command. */
import type * as Ast from "unbash"
import { SystemCallError } from "../../shell/client.ts"
import { RedirectFailure, ShellFailure } from "../errors.ts"
import { expandNode, expandText } from "../expand/expand.ts"
import type { DescriptorTable } from "../io/descriptors.ts"
import { BytesFile } from "../io/devices.ts"
import type { OpenFile } from "../io/open-file.ts"
import { compileHereBody, compileText, compileWord } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { encodeText } from "../text.ts"
import { isProtected, openForReading, openForUpdate, openForWriting } from "./open.ts"

interface Saved {
  readonly fd: number
  readonly file: OpenFile | undefined
}

/** First descriptor that `{name}>…` gives out. */
const FIRST_NAMED = 10

/** What redirections have changed in the shell's own table. */
export class Redirections {
  private readonly saved: Array<Saved> = []

  constructor(private readonly table: DescriptorTable) {}

  put(fd: number, file: OpenFile | undefined): void {
    if (file !== undefined && fd >= this.table.limit) {
      void file?.release()
      throw new RedirectFailure(`${fd}: Bad file descriptor`)
    }
    this.saved.push({ fd, file: this.table.replace(fd, file) })
  }

  /** Puts everything back; the first failure to write what was held back is thrown after that. */
  async undo(): Promise<void> {
    let failure: unknown
    for (const { fd, file } of this.saved.reverse()) {
      const closing = this.table.replace(fd, file)?.release()
      if (closing === undefined) continue
      try {
        await closing
      } catch (error) {
        failure ??= error
      }
    }
    this.saved.length = 0
    if (failure !== undefined) throw failure
  }

  /** The redirections stay. */
  async keep(): Promise<void> {
    for (const { file } of this.saved.splice(0)) {
      const closing = file?.release()
      if (closing !== undefined) await closing
    }
  }

  get isEmpty(): boolean {
    return this.saved.length === 0
  }
}

const defaultDescriptor = (operator: string): number => operator.startsWith("<") ? 0 : 1

const single = async (shell: Shell, node: Ast.Word | undefined): Promise<string> => {
  if (node === undefined) throw new RedirectFailure("syntax error")
  const word = compileWord(node)
  if (word.literal !== undefined) return word.literal
  const words: Array<string> = []
  await expandNode(shell, node, words)
  if (words.length !== 1) throw new RedirectFailure(`${node.text}: ambiguous redirect`)
  return words[0]
}

const hereText = async (shell: Shell, node: Ast.HereDoc | Ast.HereString): Promise<string> => {
  if (node.type === "HereString") {
    return `${node.target === undefined ? "" : await expandText(shell, compileWord(node.target))}\n`
  }
  if (node.closing === undefined) {
    const wanted = node.delimiter?.value ?? ""
    const line = shell.unit.line(node.pos)
    await shell.tell(
      `${
        shell.where(shell.unit.lines)
      }warning: here-document at line ${line} delimited by end-of-file (wanted \`${wanted}')\n`
    )
  }
  const text = await expandText(
    shell,
    compileHereBody(node.body, node.delimiter?.quoted === true, node.operator === "<<-")
  )
  return node.closing === undefined && !text.endsWith("\n") ? `${text}\n` : text
}

const openFile = async (shell: Shell, operator: string, name: string): Promise<OpenFile> => {
  // opened under the lowest number that is free, before it gets the one that is wanted
  if (shell.process.descriptors.free(0) === undefined) throw new RedirectFailure(`${name}: Too many open files`)
  try {
    switch (operator) {
      case "<":
        return await openForReading(shell, name)
      case "<>":
        return await openForUpdate(shell, name)
      case ">>":
      case "&>>":
        return await openForWriting(shell, name, true)
      default:
        if (operator === ">" && shell.options.has("noclobber") && await isProtected(shell, name)) {
          throw new RedirectFailure(`${name}: cannot overwrite existing file`)
        }
        return await openForWriting(shell, name, false)
    }
  } catch (error) {
    if (error instanceof SystemCallError && error.code !== "ECANCELED") {
      throw new RedirectFailure(`${name}: ${error.reason}`)
    }
    throw error
  }
}

const descriptorFor = (shell: Shell, node: Ast.Redirection): number => {
  const { descriptor } = node
  if (descriptor === undefined) return defaultDescriptor(node.operator)
  if (descriptor.type === "FileDescriptor") return descriptor.value
  const free = shell.process.descriptors.free(FIRST_NAMED)
  if (free === undefined) throw new RedirectFailure("redirection error: cannot duplicate fd: Too many open files")
  shell.variables.set(descriptor.name, String(free))
  return free
}

/** The descriptor whose number a variable holds, or an element of an array. */
const namedDescriptor = async (shell: Shell, name: string): Promise<number> => {
  const text = /^\w+\[/.test(name) ? await expandText(shell, compileText(`\${${name}}`)) : shell.variables.get(name)
  if (text === undefined || !/^\d+$/.test(text)) throw new RedirectFailure(`${name}: ambiguous redirect`)
  return Number(text)
}

/** `N>&M`, `N>&-`, `N>&M-`, and `>&name`. */
const duplicate = async (shell: Shell, node: Ast.Redirect, out: Redirections): Promise<void> => {
  const { descriptors } = shell.process
  const target = await single(shell, node.target)
  if (target === "-") {
    const { descriptor } = node
    const named = descriptor?.type === "FileDescriptorVariable"
      ? await namedDescriptor(shell, descriptor.name)
      : undefined
    return out.put(
      named ?? (descriptor?.type === "FileDescriptor" ? descriptor.value : defaultDescriptor(node.operator)),
      undefined
    )
  }
  const match = /^(\d+)(-?)$/.exec(target)
  if (match === null) {
    if (node.operator === "<&" || node.descriptor !== undefined) {
      throw new RedirectFailure(`${node.target?.text}: ambiguous redirect`)
    }
    const file = await openFile(shell, ">", target)
    out.put(1, file)
    return out.put(2, file.retain())
  }
  const source = Number(match[1])
  const file = descriptors.get(source)
  if (file === undefined) throw new RedirectFailure(`${target}: Bad file descriptor`)
  const fd = descriptorFor(shell, node)
  if (fd >= descriptors.limit) throw new RedirectFailure(`${target}: Bad file descriptor`)
  out.put(fd, file.retain())
  if (match[2] === "-" && fd !== source) out.put(source, undefined)
}

const applyOne = async (shell: Shell, node: Ast.Redirection, out: Redirections): Promise<void> => {
  if (node.type !== "Redirect") {
    const text = await hereText(shell, node)
    return out.put(descriptorFor(shell, node), new BytesFile(encodeText(text), "pipe:[1]"))
  }
  if (node.operator === ">&" || node.operator === "<&") return duplicate(shell, node, out)
  const name = await single(shell, node.target)
  const file = await openFile(shell, node.operator, name)
  if (node.operator === "&>" || node.operator === "&>>") {
    out.put(1, file)
    return out.put(2, file.retain())
  }
  out.put(descriptorFor(shell, node), file)
}

/** Makes redirections in the shell's table. On failure what had been made is undone and the message told. */
export const redirect = async (
  shell: Shell,
  nodes: ReadonlyArray<Ast.Redirection>
): Promise<Redirections | undefined> => {
  const made = new Redirections(shell.process.descriptors)
  try {
    for (const node of nodes) await applyOne(shell, node, made)
    return made
  } catch (error) {
    await made.undo().catch(() => {})
    if (error instanceof RedirectFailure) {
      await shell.complain(error.message)
      return undefined
    }
    if (error instanceof ShellFailure && error.exitStatus === undefined) {
      await shell.complain(error.message)
      return undefined
    }
    throw error
  }
}

/** Undoes redirections; false, with a message, when what was written could not be kept. */
export const restore = async (shell: Shell, made: Redirections, command: string): Promise<boolean> => {
  if (made.isEmpty) return true
  try {
    await made.undo()
    return true
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    await shell.complain(`${command}: write error: ${error.reason}`)
    return false
  }
}
