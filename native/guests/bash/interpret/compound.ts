/** Compound commands. */
import type * as Ast from "unbash"
import { ShellFailure } from "../errors.ts"
import { arithmetic, expandPattern, expandText, expandWords } from "../expand/expand.ts"
import { Pattern } from "../expand/pattern.ts"
import { compileWord } from "../parse/compile.ts"
import type { Shell } from "../state/shell.ts"
import { isName } from "../state/variables.ts"
import { runConditional } from "./conditional.ts"
import { startCoprocess } from "./coprocess.ts"
import { waitForeground } from "./foreground.ts"
import { forkShell } from "./fork.ts"
import { printJob } from "./print.ts"
import { redirect, restore } from "./redirect.ts"
import { checkpoint, runChild, runList } from "./run.ts"
import { runSelect } from "./select.ts"
import { trace } from "./trace.ts"
import { debugTrap } from "./traps.ts"

export const runCompound = async (shell: Shell, node: Exclude<Ast.CommandNode, Ast.Command>): Promise<number> => {
  shell.isTail = false
  switch (node.type) {
    case "If":
      return runIf(shell, node)
    case "For":
      return runFor(shell, node)
    case "ArithmeticFor":
      return runArithmeticFor(shell, node)
    case "While":
      return runWhile(shell, node)
    case "Case":
      return runCase(shell, node)
    case "Select":
      return runSelect(shell, node)
    case "BraceGroup":
      return runList(shell, node.body.commands)
    case "Subshell":
      return runSubshell(shell, node)
    case "TestCommand":
      return conditional(shell, node)
    case "ArithmeticCommand":
      return arithmeticCommand(shell, node)
    case "Redirected":
      return runRedirected(shell, node)
    case "Function":
      return define(shell, node)
    case "Coproc":
      return startCoprocess(shell, node)
  }
}

const runRedirected = async (shell: Shell, node: Ast.Redirected): Promise<number> => {
  shell.position = node.redirects[0]?.pos ?? node.pos
  const made = await redirect(shell, node.redirects)
  if (made === undefined) return 1
  let status: number
  try {
    status = await runCompound(shell, node.command)
  } catch (error) {
    await made.undo().catch(() => {})
    throw error
  }
  return await restore(shell, made, node.command.type) ? status : 1
}

const define = async (shell: Shell, node: Ast.Function): Promise<number> => {
  const name = node.name.value
  if (/[$`\s]/.test(name)) {
    await shell.complain(`\`${name}': not a valid identifier`)
    return 1
  }
  shell.functions.set(name, { name, node, unit: shell.unit, file: shell.file })
  return 0
}

/** What a subshell does, in the process that is there for it. */
export const runInside = (child: Shell, node: Ast.Subshell): Promise<number> => {
  const [only] = node.body.commands
  if (node.body.commands.length !== 1 || only.command.type !== "Command" || only.background === true) {
    return runList(child, node.body.commands)
  }
  child.isTail = true
  return runChild(child, only.command)
}

const runSubshell = async (shell: Shell, node: Ast.Subshell): Promise<number> => {
  shell.position = node.pos
  shell.running(node)
  const text = shell.unit.source.slice(node.pos, node.end)
  const group = shell.jobControl ? "own" : undefined
  const process = await forkShell(shell, { command: text, group }, (child) => runInside(child, node))
  const { source } = shell.unit
  const [status] = await waitForeground(shell, {
    processes: [process],
    group: group === undefined ? undefined : process.pid,
    commands: () => [printJob(source, node)]
  })
  return status
}

/** The condition of `if` and `while`: a failure in it is an answer. */
const test = async (shell: Shell, list: Ast.CompoundList): Promise<number> => {
  shell.conditionDepth++
  try {
    return await runList(shell, list.commands)
  } finally {
    shell.conditionDepth--
  }
}

const runIf = async (shell: Shell, node: Ast.If): Promise<number> => {
  const branches = [{ clause: node.clause, then: node.then }, ...node.elif]
  for (const { clause, then } of branches) {
    const status = await test(shell, clause)
    if (shell.flow !== undefined) return status
    if (status === 0) return runList(shell, then.commands)
  }
  return node.else === undefined ? 0 : runList(shell, node.else.commands)
}

/** After one round of a loop's body: whether the loop goes on. */
const goesOn = (shell: Shell): boolean => {
  const { flow } = shell
  if (flow === undefined) return true
  if (flow.kind === "return") return false
  if (--flow.levels > 0) return false
  shell.flow = undefined
  return flow.kind === "continue"
}

const inLoop = async (shell: Shell, run: () => Promise<number>): Promise<number> => {
  shell.loopDepth++
  try {
    return await run()
  } finally {
    shell.loopDepth--
  }
}

/** A compound command, or a round of a loop, is about to begin: for BASH_COMMAND and the DEBUG trap. */
export const begins = async (shell: Shell, node: Ast.CommandNode, head?: string): Promise<void> => {
  shell.running(node, head)
  if (shell.traps.has("DEBUG")) await debugTrap(shell)
}

const runFor = async (shell: Shell, node: Ast.For): Promise<number> => {
  shell.position = node.pos
  const name = node.name.value
  const words = node.wordlist === undefined ? shell.parameters : await expandWords(shell, node.wordlist)
  if (!isName(name)) {
    await shell.complain(`\`${node.name.text}': not a valid identifier`)
    return 1
  }
  const list = node.wordlist === undefined ? " \"$@\"" : node.wordlist.map(({ text }) => ` ${text}`).join("")
  let status = 0
  return inLoop(shell, async () => {
    for (const word of words) {
      shell.position = node.pos
      await begins(shell, node, `for ${name} in${list}`)
      if (shell.options.has("xtrace")) await trace(shell, `for ${name} in${list}`)
      assignLoop(shell, name, word)
      status = await runList(shell, node.body.commands)
      if (!goesOn(shell)) break
    }
    return shell.flow === undefined ? status : shell.status
  })
}

const assignLoop = (shell: Shell, name: string, word: string): void => {
  const own = shell.variables.own(name)
  if (own?.nameref === true) shell.variables.put(name, { ...own, value: word })
  else shell.variables.set(name, word)
}

const part = (shell: Shell, node: Ast.ArithmeticExpression | undefined): string | undefined =>
  node === undefined ? undefined : shell.unit.source.slice(node.pos, node.end)

const runArithmeticFor = async (shell: Shell, node: Ast.ArithmeticFor): Promise<number> => {
  const [initialize, condition, update] = [node.initialize, node.test, node.update].map((each) => part(shell, each))
  const evaluate = async (text: string | undefined) => {
    if (text === undefined) return 1
    shell.position = node.pos
    await begins(shell, node, `((${text}))`)
    if (shell.options.has("xtrace")) await trace(shell, `((${text} ))`)
    return arithmetic(shell, text)
  }
  try {
    let status = 0
    await evaluate(initialize)
    return await inLoop(shell, async () => {
      while (Number(await evaluate(condition)) !== 0) {
        await checkpoint(shell)
        status = await runList(shell, node.body.commands)
        if (!goesOn(shell)) break
        await evaluate(update)
      }
      return shell.flow === undefined ? status : shell.status
    })
  } catch (error) {
    if (!(error instanceof ShellFailure) || error.exitStatus !== undefined) throw error
    await shell.complain(`((: ${error.message}`)
    return 1
  }
}

const runWhile = (shell: Shell, node: Ast.While): Promise<number> =>
  inLoop(shell, async () => {
    let status = 0
    for (;;) {
      await checkpoint(shell)
      const outcome = await test(shell, node.clause)
      if (shell.flow !== undefined) {
        if (!goesOn(shell)) break
        continue
      }
      if ((outcome === 0) !== (node.kind === "while")) break
      status = await runList(shell, node.body.commands)
      if (!goesOn(shell)) break
    }
    return shell.flow === undefined ? status : shell.status
  })

const runCase = async (shell: Shell, node: Ast.Case): Promise<number> => {
  shell.position = node.pos
  await begins(shell, node, `case ${node.word.text} in `)
  const subject = await expandText(shell, compileWord(node.word))
  if (shell.options.has("xtrace")) await trace(shell, `case ${node.word.text} in`)
  let status = 0
  let falls = false
  for (const item of node.items) {
    if (!falls && !await matches(shell, subject, item)) continue
    status = await runList(shell, item.body.commands)
    if (shell.flow !== undefined || item.terminator === ";;" || item.terminator === undefined) return status
    falls = item.terminator === ";&"
  }
  return status
}

const matches = async (shell: Shell, subject: string, item: Ast.CaseItem): Promise<boolean> => {
  const ignoreCase = shell.options.has("nocasematch")
  for (const word of item.pattern) {
    const pattern = await expandPattern(shell, compileWord(word))
    if (new Pattern(pattern, { extended: true, ignoreCase }).matches(subject)) return true
  }
  return false
}

const conditional = async (shell: Shell, node: Ast.TestCommand): Promise<number> => {
  shell.position = node.pos
  await begins(shell, node)
  try {
    return await runConditional(shell, node.expression) ? 0 : 1
  } catch (error) {
    if (!(error instanceof ShellFailure) || error.exitStatus !== undefined) throw error
    await shell.complain(error.message.startsWith("[[") ? error.message : `[[: ${error.message}`)
    return 2
  }
}

const arithmeticCommand = async (shell: Shell, node: Ast.ArithmeticCommand): Promise<number> => {
  shell.position = node.pos
  await begins(shell, node)
  if (shell.options.has("xtrace")) await trace(shell, `((${node.body} ))`)
  try {
    return Number(await arithmetic(shell, node.body)) === 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof ShellFailure) || error.exitStatus !== undefined) throw error
    await shell.complain(`((: ${error.message}`)
    return 1
  }
}

export { goesOn, inLoop }
