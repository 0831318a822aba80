/**
 * A shell as data, and back: what outlives a command of a shell session. What is tied to a process does not: descriptors
 * that `exec` has opened, jobs, coprocesses, remembered paths of programs.
 */
import type { CompletionSpec } from "../completion/specs.ts"
import { type HistoryEntry, MAX_ENTRIES } from "../history/history.ts"
import { setTrap } from "../interpret/traps.ts"
import { Options } from "./options.ts"
import { type LimitValues, ResourceLimits } from "./resource-limits.ts"
import { type FunctionText, restoreFunction, saveFunction } from "./saved-function.ts"
import type { GetoptsState, Shell } from "./shell.ts"
import { AssociativeArray, type Attributes, IndexedArray, plain, type Value } from "./values.ts"

type SavedValue =
  | string
  | {
    readonly kind: "indexed"
    readonly keys: ReadonlyArray<number>
    readonly values: ReadonlyArray<string>
    readonly isUnset?: boolean
  }
  | {
    readonly kind: "associative"
    readonly keys: ReadonlyArray<string>
    readonly values: ReadonlyArray<string>
    readonly isUnset?: boolean
  }

interface SavedVariable {
  readonly name: string
  /** None: declared, and not set. */
  readonly value?: SavedValue | undefined
  /** Those that are not as in a plain variable. */
  readonly attributes?: Partial<Attributes> | undefined
}

type SavedCompletion = Omit<CompletionSpec, "options"> & { readonly options: ReadonlyArray<string> }

type Copied =
  | "cwd"
  | "umask"
  | "status"
  | "pipeStatus"
  | "lastArgument"
  | "parameters"
  | "directoryStack"
  | "startedAt"
  | "random"
  | "isPosix"

/** All of it is JSON. */
export interface SessionState extends Readonly<Pick<Shell, Copied>> {
  readonly variables: ReadonlyArray<SavedVariable>
  /** Computed variables that have not been unset. */
  readonly dynamic: ReadonlyArray<string>
  readonly functions: ReadonlyArray<FunctionText>
  readonly exportedFunctions: ReadonlyArray<string>
  readonly options: ReadonlyArray<string>
  readonly traps: ReadonlyArray<readonly [name: string, action: string]>
  readonly aliases: ReadonlyArray<readonly [name: string, text: string]>
  readonly completions: ReadonlyArray<readonly [name: string, spec: SavedCompletion]>
  readonly getopts: GetoptsState
  readonly limits: LimitValues
  /** `$!`: the process may run still. */
  readonly lastPid?: number | undefined
  readonly history: { readonly base: number; readonly entries: ReadonlyArray<HistoryEntry> }
}

const saveValue = (value: Value): SavedValue | undefined =>
  value instanceof IndexedArray
    ? { kind: "indexed", keys: value.keys(), values: value.values(), ...(value.isUnset && { isUnset: true }) }
    : value instanceof AssociativeArray
    ? { kind: "associative", keys: value.keys(), values: value.values(), ...(value.isUnset && { isUnset: true }) }
    : value

const restoreValue = (saved: SavedValue | undefined): Value => {
  if (saved === undefined || typeof saved === "string") return saved
  if (saved.kind === "indexed") {
    const array = new IndexedArray()
    array.isUnset = saved.isUnset === true
    for (const [at, key] of saved.keys.entries()) array.set(key, saved.values[at])
    return array
  }
  const array = new AssociativeArray()
  array.isUnset = saved.isUnset === true
  // of keys that share a bucket the latest is shown first
  for (let at = saved.keys.length - 1; at >= 0; at--) array.set(saved.keys[at], saved.values[at])
  return array
}

const saveAttributes = ({ exported, integer, letters, nameref, readonly }: Attributes): Partial<Attributes> => ({
  ...(exported && { exported }),
  ...(readonly && { readonly }),
  ...(integer && { integer }),
  ...(nameref && { nameref }),
  ...(letters !== undefined && { letters })
})

const stateOf = (shell: Shell): SessionState => ({
  cwd: shell.cwd,
  umask: shell.umask,
  status: shell.status,
  pipeStatus: shell.pipeStatus,
  lastArgument: shell.lastArgument,
  parameters: shell.parameters,
  directoryStack: shell.directoryStack,
  startedAt: shell.startedAt,
  random: shell.random,
  isPosix: shell.isPosix,
  variables: shell.variables.entries().map(([name, variable]) => ({
    name,
    value: saveValue(variable.value),
    attributes: saveAttributes(variable)
  })),
  dynamic: Array.from(shell.variables.dynamic.keys()),
  functions: Array.from(shell.functions.values(), saveFunction),
  exportedFunctions: Array.from(shell.exportedFunctions),
  options: shell.options.list(),
  traps: Array.from(shell.traps),
  aliases: Array.from(shell.aliases),
  completions: Array.from(
    shell.completions,
    ([name, spec]) => [name, { ...spec, options: Array.from(spec.options) }] as const
  ),
  getopts: shell.getopts,
  limits: shell.process.limits.list(),
  lastPid: shell.jobs.lastPid,
  history: { base: shell.history.base, entries: shell.history.entries() }
})

/** The characters of all texts in a value, or some number above the bound. */
const charactersOf = (value: unknown, bound: number): number => {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return 1
  let total = 0
  for (const each of Array.isArray(value) ? value : Object.values(value)) {
    total += charactersOf(each, bound - total)
    if (total > bound) break
  }
  return total
}

/** The shell as bytes; nothing when they are more than so many. */
export const saveShell = (shell: Shell, maxBytes: number): Uint8Array | undefined => {
  const state = stateOf(shell)
  // a text is made only of what can be expected to fit
  if (charactersOf(state, maxBytes) > maxBytes) return undefined
  const bytes = new TextEncoder().encode(JSON.stringify(state))
  return bytes.length > maxBytes ? undefined : bytes
}

/** Makes a shell that nothing has happened in what `saveShell` has written. */
export const restoreShell = (shell: Shell, bytes: Uint8Array): void => {
  const state = JSON.parse(new TextDecoder().decode(bytes)) as SessionState
  const { cwd, directoryStack, isPosix, lastArgument, parameters, pipeStatus, random, startedAt, status, umask } = state
  Object.assign(shell, {
    cwd,
    directoryStack,
    isPosix,
    lastArgument,
    parameters,
    pipeStatus,
    random,
    startedAt,
    status,
    umask
  })
  restoreVariables(shell, state)
  for (const saved of state.functions) shell.functions.set(saved.name, restoreFunction(saved))
  for (const name of state.exportedFunctions) shell.exportedFunctions.add(name)
  shell.options = new Options(state.options)
  shell.jobControl = shell.options.has("monitor")
  shell.variables.exportAll = shell.options.has("allexport")
  shell.aliases = new Map(state.aliases)
  for (const [name, spec] of state.completions) {
    shell.completions.set(name, { ...spec, options: new Set(spec.options) })
  }
  shell.getopts = state.getopts
  shell.process.limits = ResourceLimits.from(state.limits)
  shell.jobs.lastPid = state.lastPid
  for (const { line, time } of state.history.entries) shell.history.add(line, time, MAX_ENTRIES)
  shell.history.base = state.history.base
  for (const [name, action] of state.traps) setTrap(shell, name, action)
}

const restoreVariables = ({ variables }: Shell, state: SessionState): void => {
  for (const { attributes, name, value } of state.variables) {
    variables.put(name, { ...plain, ...attributes, value: restoreValue(value) })
  }
  const kept = new Set(state.dynamic)
  for (const name of Array.from(variables.dynamic.keys())) if (!kept.has(name)) variables.dynamic.delete(name)
}
