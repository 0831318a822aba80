/** What `bind` and an init file have changed of the editor: keys and variables. A value, which each change makes anew. */
import { emacsDefaults } from "./functions.ts"
import { ANY_OTHER } from "./sequences.ts"
import type { Variables } from "./variables.ts"

/** What a key sequence does: a function, more keys, or a command of the shell. */
export type Binding =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "macro"; readonly keys: string }
  | { readonly kind: "command"; readonly text: string }

/** By key sequence; nothing stands for one that does nothing any more. */
export type Changes = ReadonlyMap<string, Binding | undefined>

export type KeymapName = "emacs" | "vi-insert" | "vi-command"

export interface Readline {
  readonly keymaps: Readonly<Record<KeymapName, Changes>>
  readonly variables: Variables
  /** Whether lines were skipped around each `$if` that is open, and whether they are now. */
  readonly conditions: ReadonlyArray<boolean>
  readonly skips: boolean
}

/** Key sequences that can be changed, and bytes of one, and of a macro or a command. */
const MAX_CHANGES = 2_000
const MAX_SEQUENCE = 64
const MAX_TEXT = 4_096

export const unchanged: Readline = {
  keymaps: { emacs: new Map(), "vi-insert": new Map(), "vi-command": new Map() },
  variables: new Map(),
  conditions: [],
  skips: false
}

/** A keymap by any of its names: some are what follows a key of another. */
export const keymapOf = (name: string): { readonly map: KeymapName; readonly prefix: string } => {
  switch (name.toLowerCase()) {
    case "emacs-meta":
      return { map: "emacs", prefix: "\x1b" }
    case "emacs-ctlx":
      return { map: "emacs", prefix: "\x18" }
    case "vi-insert":
      return { map: "vi-insert", prefix: "" }
    case "vi":
    case "vi-move":
    case "vi-command":
      return { map: "vi-command", prefix: "" }
    default:
      return { map: "emacs", prefix: "" }
  }
}

/** With other bindings of key sequences; undefined when they are too many or too long. */
export const withBindings = (
  readline: Readline,
  keymap: string,
  changes: Iterable<readonly [sequence: string, binding: Binding | undefined]>
): Readline | undefined => {
  const { map, prefix } = keymapOf(keymap)
  const next = new Map(readline.keymaps[map])
  for (const [rest, binding] of changes) {
    const sequence = prefix + rest
    const text = binding?.kind === "macro" ? binding.keys : binding?.kind === "command" ? binding.text : ""
    if (sequence.length > MAX_SEQUENCE || text.length > MAX_TEXT) return undefined
    if (rest !== "") next.set(sequence, binding)
  }
  return next.size > MAX_CHANGES ? undefined : { ...readline, keymaps: { ...readline.keymaps, [map]: next } }
}

const isPrefix = (sequences: Iterable<string>): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const sequence of sequences) for (let end = 1; end < sequence.length; end++) found.add(sequence.slice(0, end))
  return found
}

/** All bindings of a keymap, in the order of a list. */
export const bindings = (
  readline: Readline,
  keymap: string
): ReadonlyArray<readonly [sequence: string, binding: Binding]> => {
  const { map, prefix } = keymapOf(keymap)
  const all = new Map<string, Binding | undefined>()
  if (map === "emacs") { for (const [sequence, name] of emacsDefaults()) all.set(sequence, { kind: "function", name }) }
  for (const [sequence, binding] of readline.keymaps[map]) all.set(sequence, binding)
  const prefixes = isPrefix(all.keys())
  const found: Array<readonly [string, Binding]> = []
  for (const [sequence, binding] of all) {
    if (binding === undefined || !sequence.startsWith(prefix) || sequence === prefix) continue
    found.push([sequence.slice(prefix.length) + (prefixes.has(sequence) ? ANY_OTHER : ""), binding])
  }
  return found.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
}

/** What changed sequences make of keys: a tree by bytes. */
export interface KeyTree {
  readonly binding?: Binding | "none"
  readonly next: ReadonlyMap<number, KeyTree>
}

interface Growing {
  binding?: Binding | "none"
  readonly next: Map<number, Growing>
}

const trees = new WeakMap<Changes, KeyTree>()

/** Made once for what is changed. */
export const keyTree = (changes: Changes): KeyTree => {
  const known = trees.get(changes)
  if (known !== undefined) return known
  const root: Growing = { next: new Map() }
  for (const [sequence, binding] of changes) {
    let node = root
    for (let at = 0; at < sequence.length; at++) {
      const code = sequence.charCodeAt(at)
      let next = node.next.get(code)
      if (next === undefined) node.next.set(code, next = { next: new Map() })
      node = next
    }
    node.binding = binding ?? "none"
  }
  trees.set(changes, root)
  return root
}
