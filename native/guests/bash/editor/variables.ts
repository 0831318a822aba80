/** The variables of readline. All are kept and listed; what of them the editor heeds, it asks for. */

/** Switches, in the order of a list, and whether they are on before anybody sets them. */
const switches: Readonly<Record<string, boolean>> = {
  "bind-tty-special-chars": true,
  "blink-matching-paren": false,
  "byte-oriented": false,
  "colored-completion-prefix": false,
  "colored-stats": false,
  "completion-ignore-case": false,
  "completion-map-case": false,
  "convert-meta": false,
  "disable-completion": false,
  "echo-control-characters": true,
  "enable-active-region": true,
  "enable-bracketed-paste": true,
  "enable-keypad": false,
  "enable-meta-key": true,
  "expand-tilde": false,
  "history-preserve-point": false,
  "horizontal-scroll-mode": false,
  "input-meta": true,
  "mark-directories": true,
  "mark-modified-lines": false,
  "mark-symlinked-directories": false,
  "match-hidden-files": true,
  "menu-complete-display-prefix": false,
  "meta-flag": true,
  "output-meta": true,
  "page-completions": true,
  "prefer-visible-bell": true,
  "print-completions-horizontally": false,
  "revert-all-at-newline": false,
  "show-all-if-ambiguous": false,
  "show-all-if-unmodified": false,
  "show-mode-in-prompt": false,
  "skip-completed-text": false,
  "visible-stats": false
}

/** The others; those without a value are not listed. */
const texts: Readonly<Record<string, string | undefined>> = {
  "active-region-end-color": undefined,
  "active-region-start-color": undefined,
  "bell-style": "audible",
  "comment-begin": "#",
  "completion-display-width": "-1",
  "completion-prefix-display-length": "0",
  "completion-query-items": "100",
  "editing-mode": "emacs",
  "emacs-mode-string": "@",
  "history-size": "0",
  "isearch-terminators": undefined,
  keymap: "emacs",
  "keyseq-timeout": "500",
  "vi-cmd-mode-string": "(cmd)",
  "vi-ins-mode-string": "(ins)"
}

/** Characters of a value. */
const MAX_VALUE = 4096

export type Variables = ReadonlyMap<string, string>

export const isSwitch = (name: string): boolean => Object.hasOwn(switches, name.toLowerCase())

export const isVariable = (name: string): boolean => isSwitch(name) || Object.hasOwn(texts, name.toLowerCase())

export const variable = (variables: Variables, name: string): string | undefined =>
  variables.get(name) ?? (isSwitch(name) ? (switches[name] ? "on" : "off") : texts[name])

export const isOn = (variables: Variables, name: string): boolean => variable(variables, name) === "on"

const integer = (value: string): number => Number(/^\s*([-+]?\d{1,9})/.exec(value)?.[1] ?? 0)

const bells: Readonly<Record<string, string>> = {
  "": "audible",
  none: "none",
  off: "none",
  audible: "audible",
  on: "audible",
  visible: "visible"
}

const keymaps: ReadonlySet<string> = new Set([
  "emacs",
  "emacs-standard",
  "emacs-meta",
  "emacs-ctlx",
  "vi",
  "vi-move",
  "vi-command",
  "vi-insert"
])

export const isKeymap = (name: string): boolean => keymaps.has(name.toLowerCase())

/** What of a value is kept; undefined for one that is none. */
const accepted: Readonly<Record<string, (value: string) => string | undefined>> = {
  "bell-style": (value) => bells[value.toLowerCase()],
  "comment-begin": (value) => value === "" ? undefined : value,
  "completion-display-width": (value) => value === "" ? "-1" : String(integer(value)),
  "completion-prefix-display-length": (value) => String(Math.max(0, integer(value))),
  "completion-query-items": (value) => value === "" ? "100" : String(Math.max(0, integer(value))),
  "editing-mode": (value) => /^(?:vi|emacs)$/i.test(value) ? value.toLowerCase() : undefined,
  "history-size": (value) => String(integer(value)),
  keymap: (value) => isKeymap(value) ? value.toLowerCase() : undefined,
  "keyseq-timeout": (value) => String(Math.max(0, integer(value)))
}

/** The variables with one of them set; undefined where the value is none of it. */
export const withVariable = (variables: Variables, given: string, value: string): Variables | undefined => {
  const name = given.toLowerCase()
  if (value.length > MAX_VALUE) return undefined
  const kept = isSwitch(name)
    ? (/^(?:on|1|)$/i.test(value) ? "on" : "off")
    : name in accepted
    ? accepted[name](value)
    : value
  if (kept === undefined) return undefined
  const next = new Map(variables).set(name, kept)
  // two names of one
  if (name === "meta-flag") next.set("input-meta", kept)
  if (name === "input-meta") next.set("meta-flag", kept)
  if (name === "editing-mode") next.set("keymap", kept === "vi" ? "vi-insert" : "emacs")
  return next
}

/** All that have a value, in the order of a list. */
export const listed = (variables: Variables): ReadonlyArray<readonly [name: string, value: string]> =>
  [...Object.keys(switches), ...Object.keys(texts)].flatMap((name) => {
    const value = variable(variables, name)
    return value === undefined ? [] : [[name, value] as const]
  })
