/** Variables whose values are made when they are read. */
import { printJob } from "../interpret/print.ts"
import type { Shell } from "./shell.ts"
import { IndexedArray } from "./values.ts"

const nextRandom = (shell: Shell): number => {
  // The generator of bash: Park and Miller's, with the upper half folded in.
  const high = Math.trunc(shell.random / 127773)
  const low = shell.random % 127773
  let next = 16807 * low - 2836 * high
  if (next < 0) next += 0x7fffffff
  shell.random = next
  return ((next >>> 16) ^ (next & 0xffff)) & 0x7fff
}

/** The file that a function comes from, as BASH_SOURCE names it. */
const sourceName = (shell: Shell, file: string): string => {
  if (shell.origin === "input" && file === shell.name) return "main"
  return shell.origin === "command" && file === "main" ? "environment" : file
}

/** What the list ends with: the script, if it is a file. */
const topSource = (shell: Shell): ReadonlyArray<string> => shell.origin === "script" ? [shell.name] : []

export const installDynamic = (shell: Shell): void => {
  const { dynamic } = shell.variables
  const ignore = () => {}
  dynamic.set("LINENO", { get: () => String(shell.line), set: ignore })
  dynamic.set("RANDOM", {
    get: () => String(nextRandom(shell)),
    set: (value) => {
      shell.random = (Number.parseInt(value, 10) || 0) & 0x7fffffff || 123459876
    }
  })
  dynamic.set("SRANDOM", { get: () => String(crypto.getRandomValues(new Uint32Array(1))[0]), set: ignore })
  dynamic.set("SECONDS", {
    get: () => String(Math.floor((Date.now() - shell.startedAt) / 1000)),
    set: (value) => {
      shell.startedAt = Date.now() - (Number.parseInt(value, 10) || 0) * 1000
    }
  })
  dynamic.set("EPOCHSECONDS", { get: () => String(Math.floor(Date.now() / 1000)), set: ignore })
  dynamic.set("EPOCHREALTIME", { get: () => `${(Date.now() / 1000).toFixed(3)}000`, set: ignore })
  dynamic.set("BASHPID", { get: () => String(shell.process.pid), set: ignore })
  dynamic.set("BASH_SUBSHELL", { get: () => String(shell.subshellLevel), set: ignore })
  dynamic.set("BASH_COMMAND", {
    get: () =>
      shell.command === undefined
        ? ""
        : shell.command.head ?? printJob(shell.command.unit.source, shell.command.node),
    set: ignore
  })
  dynamic.set("SHELLOPTS", { get: () => shell.options.shellopts() })
  dynamic.set("BASHOPTS", { get: () => shell.options.bashopts() })
  dynamic.set("_", { get: () => shell.lastArgument, set: ignore })
  dynamic.set("PIPESTATUS", { get: () => IndexedArray.of(shell.pipeStatus.map(String)), set: ignore })
  dynamic.set("DIRSTACK", { get: () => IndexedArray.of([shell.cwd, ...shell.directoryStack]), set: ignore })
  dynamic.set("GROUPS", { get: () => IndexedArray.of([String(shell.machine.identity.gid)]), set: ignore })
  dynamic.set("FUNCNAME", {
    get: () =>
      shell.calls.length === 0
        ? undefined
        : IndexedArray.of([...shell.calls.map(({ name }) => name), ...(shell.origin === "script" ? ["main"] : [])]),
    set: ignore
  })
  dynamic.set("BASH_SOURCE", {
    get: () =>
      shell.calls.length > 0
        ? IndexedArray.of([...shell.calls.map(({ file }) => sourceName(shell, file)), ...topSource(shell)])
        : shell.origin === "script"
        ? IndexedArray.of([shell.name])
        : undefined,
    set: ignore
  })
  dynamic.set("BASH_LINENO", {
    get: () =>
      IndexedArray.of([
        ...shell.calls.map(({ line }) => String(line)),
        ...(shell.origin === "script" || shell.calls.length === 0 ? ["0"] : [])
      ]),
    set: ignore
  })
}
