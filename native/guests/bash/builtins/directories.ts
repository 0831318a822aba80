/** cd, pwd and the directory stack. */
import { SystemCallError } from "../../shell/client.ts"
import { foldPath, resolvePath } from "../../shell/paths.ts"
import type { Shell } from "../state/shell.ts"
import type { Builtin, BuiltinCall } from "./builtin.ts"
import { invalidOption, parseFlags, print, refuse } from "./builtin.ts"

/** Why a directory cannot be gone to, if so. */
const obstacle = async (shell: Shell, path: string): Promise<string | undefined> => {
  try {
    const { mode, type, uid } = await shell.process.block(shell.machine.sys("stat", path))
    if (type !== "directory") return "Not a directory"
    const own = shell.machine.identity.uid
    const bit = own === 0 ? 0o111 : uid === own ? 0o100 : 0o001
    return (mode & bit) === 0 ? "Permission denied" : undefined
  } catch (error) {
    if (error instanceof SystemCallError && error.code !== "ECANCELED") return error.reason
    throw error
  }
}

const isDirectory = async (shell: Shell, path: string): Promise<boolean> => {
  const problem = await obstacle(shell, path)
  return problem === undefined || problem === "Permission denied"
}

/** The path that the text means by itself; undefined when it goes up from what is no directory. */
const logicalPath = async (shell: Shell, path: string): Promise<string | undefined> => {
  const up = /(?:^|\/)\.\.(?=\/|$)/g
  for (let found = up.exec(path); found !== null; found = up.exec(path)) {
    const before = foldPath("/", path.slice(0, found.index))
    if (before !== "/" && !await isDirectory(shell, before)) return undefined
  }
  return foldPath("/", path)
}

/** Where a directory is, and why it cannot be gone to, if so. What the text means comes first, if it may. */
const locate = async (
  shell: Shell,
  target: string,
  physical: boolean
): Promise<{ readonly path: string; readonly problem: string | undefined }> => {
  const given = target === "" ? shell.cwd : resolvePath(shell.cwd, target)
  const path = physical ? undefined : await logicalPath(shell, given)
  const problem = path === undefined ? undefined : await obstacle(shell, path)
  if (path !== undefined && problem === undefined) return { path, problem }
  const other = path === given ? problem : await obstacle(shell, given)
  if (other === undefined) {
    return { path: await shell.process.block(shell.machine.sys("realpath", given)), problem: undefined }
  }
  // out of a directory that is no more, there is a way up all the same
  const above = foldPath(shell.cwd, target)
  const isLost = path === undefined && !await isDirectory(shell, shell.cwd)
  return { path: above, problem: isLost ? await obstacle(shell, above) : problem ?? other }
}

/** Goes to a directory; the reason when that cannot be. */
const enter = async (shell: Shell, target: string, physical: boolean): Promise<string | undefined> => {
  const { path, problem } = await locate(shell, target, physical)
  if (problem !== undefined) return problem
  shell.variables.set("OLDPWD", shell.variables.get("PWD") ?? shell.cwd)
  shell.cwd = path
  shell.machine.notify({ _tag: "chdir", pid: shell.process.pid, cwd: path })
  shell.variables.set("PWD", path)
  return undefined
}

const alongCdpath = async (shell: Shell, target: string, physical: boolean): Promise<string | undefined> => {
  const paths = shell.variables.get("CDPATH")
  if (paths === undefined || /^\.{0,2}(?:\/|$)/.test(target)) return undefined
  for (const base of paths.split(":")) {
    if (base === "" || base === ".") continue
    if (await enter(shell, `${base}/${target}`, physical) === undefined) return shell.cwd
  }
  return undefined
}

const cd: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags, rest } = parseFlags(call.args, "LPe@")
  if (bad !== undefined) return invalidOption(call, bad)
  if (rest.length > 1) return refuse(call, "too many arguments")
  const physical = flags.has("P") || shell.options.has("physical")
  let [target] = rest
  let shows = false
  if (target === undefined) {
    const home = shell.variables.get("HOME")
    if (home === undefined) return refuse(call, "HOME not set")
    target = home
  } else if (target === "-") {
    const old = shell.variables.get("OLDPWD")
    if (old === undefined) return refuse(call, "OLDPWD not set")
    target = old
    shows = true
  }
  const found = await alongCdpath(shell, target, physical)
  if (found !== undefined) {
    await print(shell, `${found}\n`)
    return 0
  }
  const problem = await enter(shell, target, physical)
  if (problem !== undefined) return refuse(call, `${target}: ${problem}`)
  if (shows) await print(shell, `${shell.cwd}\n`)
  return 0
}

const pwd: Builtin = async (call) => {
  const { shell } = call
  const { bad, flags } = parseFlags(call.args, "LP")
  if (bad !== undefined) return invalidOption(call, bad)
  const path = flags.has("P") ? await shell.process.block(shell.machine.sys("realpath", shell.cwd)) : shell.cwd
  await print(shell, `${path}\n`)
  return 0
}

const short = (shell: Shell, path: string): string => {
  const home = shell.variables.get("HOME") ?? ""
  return home !== "" && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path
}

const showStack = (shell: Shell): Promise<void> =>
  print(shell, `${[shell.cwd, ...shell.directoryStack].map((path) => short(shell, path)).join(" ")}\n`)

const indexOf = (call: BuiltinCall, spec: string): number | undefined => {
  const size = call.shell.directoryStack.length + 1
  const place = Number(spec.slice(1))
  const index = spec.startsWith("+") ? place : size - 1 - place
  return index >= 0 && index < size ? index : undefined
}

const pushd: Builtin = async (call) => {
  const { shell } = call
  const quiet = call.args[0] === "-n"
  const [target] = quiet ? call.args.slice(1) : call.args
  const stack = [shell.cwd, ...shell.directoryStack]
  if (target === undefined) {
    if (stack.length < 2) return refuse(call, "no other directory")
    const problem = await enter(shell, stack[1], false)
    if (problem !== undefined) return refuse(call, `${stack[1]}: ${problem}`)
    shell.directoryStack = [stack[0], ...stack.slice(2)]
  } else if (/^[+-]\d+$/.test(target)) {
    const index = indexOf(call, target)
    if (index === undefined) return refuse(call, `${target}: directory stack index out of range`)
    const rotated = [...stack.slice(index), ...stack.slice(0, index)]
    const problem = await enter(shell, rotated[0], false)
    if (problem !== undefined) return refuse(call, `${rotated[0]}: ${problem}`)
    shell.directoryStack = rotated.slice(1)
  } else {
    const problem = quiet ? undefined : await enter(shell, target, false)
    if (problem !== undefined) return refuse(call, `${target}: ${problem}`)
    shell.directoryStack = quiet ? [target, ...shell.directoryStack] : stack
  }
  await showStack(shell)
  return 0
}

const popd: Builtin = async (call) => {
  const { shell } = call
  const [target = "+0"] = call.args.filter((arg) => arg !== "-n")
  if (shell.directoryStack.length === 0) return refuse(call, "directory stack empty")
  const index = /^[+-]\d+$/.test(target) ? indexOf(call, target) : undefined
  if (index === undefined) return refuse(call, `${target}: invalid argument`)
  if (index === 0) {
    const problem = await enter(shell, shell.directoryStack[0], false)
    if (problem !== undefined) return refuse(call, `${shell.directoryStack[0]}: ${problem}`)
    shell.directoryStack = shell.directoryStack.slice(1)
  } else shell.directoryStack = shell.directoryStack.filter((_, at) => at !== index - 1)
  await showStack(shell)
  return 0
}

const dirs: Builtin = async (call) => {
  const { shell } = call
  const stack = [shell.cwd, ...shell.directoryStack]
  const place = call.args.find((arg) => /^[+-]\d+$/.test(arg))
  const letters = call.args.filter((arg) => /^-[clpv]+$/.test(arg)).join("")
  if (letters.includes("c")) {
    shell.directoryStack = []
    return 0
  }
  const shown = letters.includes("l") ? stack : stack.map((path) => short(shell, path))
  if (place !== undefined) {
    const index = indexOf(call, place)
    if (index === undefined) {
      return refuse(
        call,
        shell.directoryStack.length === 0 ? "directory stack empty" : `${place}: directory stack index out of range`
      )
    }
    await print(shell, `${shown[index]}\n`)
  } else if (letters.includes("v")) {
    for (const [index, path] of shown.entries()) await print(shell, `${String(index).padStart(2)}  ${path}\n`)
  } else await print(shell, letters.includes("p") ? `${shown.join("\n")}\n` : `${shown.join(" ")}\n`)
  return 0
}

export const directoryBuiltins: Readonly<Record<string, Builtin>> = { cd, pwd, pushd, popd, dirs }
