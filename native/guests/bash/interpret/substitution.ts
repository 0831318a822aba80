/** Command and process substitution. */
import type { Command, ParsedScript } from "unbash"
import { SystemCallError } from "../../shell/client.ts"
import { Exit, ShellFailure } from "../errors.ts"
import { expandText } from "../expand/expand.ts"
import type { OpenFile } from "../io/open-file.ts"
import { readChunk } from "../io/open-file.ts"
import { makePipe } from "../io/pipe.ts"
import { MAX_EVALUATION_DEPTH, MAX_TEXT } from "../limits.ts"
import { compileWord } from "../parse/compile.ts"
import { syntaxProblem, Unit } from "../parse/script.ts"
import type { CommandSegment, ProcessSegment } from "../parse/word-model.ts"
import type { Process } from "../processes/process.ts"
import { exitStatus } from "../state/jobs.ts"
import type { Shell } from "../state/shell.ts"
import { decodeText } from "../text.ts"
import { forkShell } from "./fork.ts"
import { openForReading } from "./open.ts"
import { runList } from "./run.ts"

/** Everything that comes out of a file, decoded. */
export const readAll = async (file: OpenFile, process: Process): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for (;;) {
    const chunk = await readChunk(file, process)
    if (chunk.length === 0) break
    size += chunk.length
    if (size > MAX_TEXT) throw new ShellFailure("cannot allocate memory")
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
}

const withoutLineEnds = (bytes: Uint8Array): string => {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 10) end--
  const text = decodeText(bytes.subarray(0, end))
  return text.includes("\0") ? text.replaceAll("\0", "") : text
}

/** `$(<file)`. */
const fileOnly = (script: ParsedScript): Command | undefined => {
  const [statement] = script.commands
  if (script.commands.length !== 1 || statement.command.type !== "Command" || statement.background === true) {
    return undefined
  }
  const { command } = statement
  const [redirect] = command.prefix
  const isFile = command.name === undefined && command.prefix.length === 1 && command.suffix.length === 0
    && redirect.type === "Redirect" && redirect.operator === "<" && redirect.descriptor === undefined
  return isFile ? command : undefined
}

/** A file that cannot be read is no reason to give the command up, but with `set -e`, wherever it stands. */
const openOrTell = async (shell: Shell, path: string): Promise<OpenFile | undefined> => {
  try {
    return await openForReading(shell, path)
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code === "ECANCELED") throw error
    await shell.complain(`${path}: ${error.reason}`)
    if (shell.options.has("errexit")) throw new Exit(1)
    return undefined
  }
}

const enter = async (child: Shell, script: ParsedScript, source: string | undefined): Promise<number> => {
  child.evaluationDepth++
  if (child.evaluationDepth > MAX_EVALUATION_DEPTH) throw new ShellFailure("maximum nesting exceeded")
  if (source !== undefined) child.unit = new Unit(source, child.line)
  const [error] = script.errors ?? []
  if (error !== undefined) {
    const { line, messages } = syntaxProblem(child.unit, error)
    for (const message of messages) {
      await child.tell(`${child.prefix}: command substitution: line ${line}: ${message}\n`)
    }
    return 2
  }
  return runList(child, script.commands)
}

export const substitute = async (shell: Shell, segment: CommandSegment): Promise<string> => {
  const { script } = segment
  if (script === undefined) throw new ShellFailure(`${segment.text}: bad substitution`)
  const single = fileOnly(script)
  if (single?.prefix[0]?.type === "Redirect" && single.prefix[0].target !== undefined) {
    const path = await expandText(shell, compileWord(single.prefix[0].target))
    const file = await openOrTell(shell, path)
    shell.status = file === undefined ? 1 : 0
    shell.substitutionStatus = shell.status
    if (file === undefined) return ""
    try {
      return withoutLineEnds(await readAll(file, shell.process))
    } finally {
      void file.release()
    }
  }
  const { reader, writer } = makePipe()
  const descriptors = shell.process.descriptors.copy()
  void descriptors.set(1, writer)
  const errexit = shell.options.has("inherit_errexit") || shell.isPosix
  const process = await forkShell(shell, { command: segment.text, descriptors }, (child) => {
    if (!errexit) child.options.set("errexit", false)
    child.loopDepth = 0
    child.isSubstitution = true
    return enter(child, script, segment.source)
  })
  try {
    const bytes = await readAll(reader, shell.process)
    // `$?` in the words that follow is this one's
    shell.status = exitStatus(await shell.process.block(process.ended))
    shell.substitutionStatus = shell.status
    return withoutLineEnds(bytes)
  } finally {
    void reader.release()
  }
}

/** Starts the script and gives a path that leads to its input or output. */
export const processSubstitution = async (shell: Shell, segment: ProcessSegment): Promise<string> => {
  const { script } = segment
  if (script === undefined) throw new ShellFailure(`${segment.text}: bad substitution`)
  const { reader, writer } = makePipe()
  const isInput = segment.direction === "<"
  const descriptors = shell.process.descriptors.copy()
  void descriptors.set(isInput ? 1 : 0, isInput ? writer : reader)
  const process = await forkShell(
    shell,
    { command: segment.text, descriptors },
    (child) => enter(child, script, undefined)
  )
  shell.jobs.lastPid = process.pid
  let fd = 63
  while (shell.process.descriptors.get(fd) !== undefined) fd--
  void shell.process.descriptors.set(fd, isInput ? reader : writer)
  shell.substitutions.push({ fd, process })
  return `/dev/fd/${fd}`
}

/** Closes the descriptors of process substitutions that the command which has ended was given. */
export const closeSubstitutions = async (shell: Shell, from: number): Promise<void> => {
  for (const { fd } of shell.substitutions.splice(from)) {
    const closing = shell.process.descriptors.set(fd, undefined)
    if (closing !== undefined) await closing
  }
}
