/** The functions of readline by name, and the keys that its Emacs mode has for them: as `bind -l` and `bind -p` list them. */
import { parseSequence } from "./sequences.ts"

const names = `
  abort accept-line alias-expand-line arrow-key-prefix backward-byte backward-char backward-delete-char
  backward-kill-line backward-kill-word backward-word beginning-of-history beginning-of-line bracketed-paste-begin
  call-last-kbd-macro capitalize-word character-search character-search-backward clear-display clear-screen
  complete complete-command complete-filename complete-hostname complete-into-braces complete-username
  complete-variable copy-backward-word copy-forward-word copy-region-as-kill dabbrev-expand delete-char
  delete-char-or-list delete-horizontal-space digit-argument display-shell-version do-lowercase-version
  downcase-word dump-functions dump-macros dump-variables dynamic-complete-history edit-and-execute-command
  emacs-editing-mode end-kbd-macro end-of-history end-of-line exchange-point-and-mark fetch-history
  forward-backward-delete-char forward-byte forward-char forward-search-history forward-word glob-complete-word
  glob-expand-word glob-list-expansions history-and-alias-expand-line history-expand-line history-search-backward
  history-search-forward history-substring-search-backward history-substring-search-forward insert-comment
  insert-completions insert-last-argument kill-line kill-region kill-whole-line kill-word magic-space
  menu-complete menu-complete-backward next-history next-screen-line non-incremental-forward-search-history
  non-incremental-forward-search-history-again non-incremental-reverse-search-history
  non-incremental-reverse-search-history-again old-menu-complete operate-and-get-next overwrite-mode
  possible-command-completions possible-completions possible-filename-completions possible-hostname-completions
  possible-username-completions possible-variable-completions previous-history previous-screen-line
  print-last-kbd-macro quoted-insert re-read-init-file redraw-current-line reverse-search-history revert-line
  self-insert set-mark shell-backward-kill-word shell-backward-word shell-expand-line shell-forward-word
  shell-kill-word shell-transpose-words skip-csi-sequence spell-correct-word start-kbd-macro tab-insert
  tilde-expand transpose-chars transpose-words tty-status undo universal-argument unix-filename-rubout
  unix-line-discard unix-word-rubout upcase-word vi-append-eol vi-append-mode vi-arg-digit vi-bWord
  vi-back-to-indent vi-backward-bigword vi-backward-word vi-bword vi-change-case vi-change-char vi-change-to
  vi-char-search vi-column vi-complete vi-delete vi-delete-to vi-eWord vi-edit-and-execute-command vi-editing-mode
  vi-end-bigword vi-end-word vi-eof-maybe vi-eword vi-fWord vi-fetch-history vi-first-print vi-forward-bigword
  vi-forward-word vi-fword vi-goto-mark vi-insert-beg vi-insertion-mode vi-match vi-movement-mode vi-next-word
  vi-overstrike vi-overstrike-delete vi-prev-word vi-put vi-redo vi-replace vi-rubout vi-search vi-search-again
  vi-set-mark vi-subst vi-tilde-expand vi-undo vi-unix-word-rubout vi-yank-arg vi-yank-pop vi-yank-to yank
  yank-last-arg yank-nth-arg yank-pop
`

/** In the order of a list. */
export const functionNames: ReadonlyArray<string> = names.trim().split(/\s+/)

/** Of two names that differ in case, the first. */
const byLowerCase = new Map(Array.from(functionNames).reverse().map((name) => [name.toLowerCase(), name]))

/** Names that stand for the same. */
const synonyms: Readonly<Record<string, string>> = { "insert-last-argument": "yank-last-arg" }

/** The name under which what a name stands for is kept; upper case counts for nothing. */
export const functionNamed = (name: string): string | undefined => {
  const found = byLowerCase.get(name.toLowerCase())
  return found === undefined ? undefined : synonyms[found] ?? found
}

/** By what they do; key sequences as `bind` shows them, with a blank between them. */
const emacsKeys: Readonly<Record<string, string>> = {
  abort: String.raw`\C-g \C-x\C-g \e\C-g`,
  "accept-line": String.raw`\C-j \C-m`,
  "backward-char": String.raw`\C-b \eOD \e[D`,
  "backward-delete-char": String.raw`\C-h \C-?`,
  "backward-kill-line": String.raw`\C-x\C-?`,
  "backward-kill-word": String.raw`\e\C-h \e\C-?`,
  "backward-word": String.raw`\e[1;3D \e[1;5D \eb`,
  "beginning-of-history": String.raw`\e<`,
  "beginning-of-line": String.raw`\C-a \eOH \e[H`,
  "bracketed-paste-begin": String.raw`\e[200~`,
  "call-last-kbd-macro": String.raw`\C-xe`,
  "capitalize-word": String.raw`\ec`,
  "character-search": String.raw`\C-]`,
  "character-search-backward": String.raw`\e\C-]`,
  "clear-display": String.raw`\e\C-l`,
  "clear-screen": String.raw`\C-l`,
  complete: String.raw`\C-i \e\e`,
  "complete-command": String.raw`\e!`,
  "complete-filename": String.raw`\e/`,
  "complete-hostname": String.raw`\e@`,
  "complete-into-braces": String.raw`\e{`,
  "complete-username": String.raw`\e~`,
  "complete-variable": String.raw`\e$`,
  "delete-char": String.raw`\C-d \e[3~`,
  "delete-horizontal-space": String.raw`\e\\`,
  "digit-argument": String.raw`\e- \e0 \e1 \e2 \e3 \e4 \e5 \e6 \e7 \e8 \e9`,
  "display-shell-version": String.raw`\C-x\C-v`,
  "downcase-word": String.raw`\el`,
  "dynamic-complete-history": String.raw`\e\C-i`,
  "edit-and-execute-command": String.raw`\C-x\C-e`,
  "end-kbd-macro": String.raw`\C-x)`,
  "end-of-history": String.raw`\e>`,
  "end-of-line": String.raw`\C-e \eOF \e[F`,
  "exchange-point-and-mark": String.raw`\C-x\C-x`,
  "forward-char": String.raw`\C-f \eOC \e[C`,
  "forward-search-history": String.raw`\C-s`,
  "forward-word": String.raw`\e[1;3C \e[1;5C \ef`,
  "glob-complete-word": String.raw`\eg`,
  "glob-expand-word": String.raw`\C-x*`,
  "glob-list-expansions": String.raw`\C-xg`,
  "history-expand-line": String.raw`\e^`,
  "history-search-backward": String.raw`\e[5~`,
  "history-search-forward": String.raw`\e[6~`,
  "insert-comment": String.raw`\e#`,
  "insert-completions": String.raw`\e*`,
  "kill-line": String.raw`\C-k`,
  "kill-word": String.raw`\e[3;5~ \ed`,
  "next-history": String.raw`\C-n \eOB \e[B`,
  "non-incremental-forward-search-history": String.raw`\en`,
  "non-incremental-reverse-search-history": String.raw`\ep`,
  "operate-and-get-next": String.raw`\C-o`,
  "overwrite-mode": String.raw`\e[2~`,
  "possible-command-completions": String.raw`\C-x!`,
  "possible-completions": String.raw`\e= \e?`,
  "possible-filename-completions": String.raw`\C-x/`,
  "possible-hostname-completions": String.raw`\C-x@`,
  "possible-username-completions": String.raw`\C-x~`,
  "possible-variable-completions": String.raw`\C-x$`,
  "previous-history": String.raw`\C-p \eOA \e[A`,
  "quoted-insert": String.raw`\C-q \C-v`,
  "re-read-init-file": String.raw`\C-x\C-r`,
  "reverse-search-history": String.raw`\C-r`,
  "revert-line": String.raw`\e\C-r \er`,
  "set-mark": String.raw`\C-@ \e\040`,
  "shell-backward-word": String.raw`\e\C-b`,
  "shell-expand-line": String.raw`\e\C-e`,
  "shell-forward-word": String.raw`\e\C-f`,
  "shell-kill-word": String.raw`\e\C-d`,
  "shell-transpose-words": String.raw`\e\C-t`,
  "spell-correct-word": String.raw`\C-xs`,
  "start-kbd-macro": String.raw`\C-x(`,
  "tilde-expand": String.raw`\e&`,
  "transpose-chars": String.raw`\C-t`,
  "transpose-words": String.raw`\et`,
  undo: String.raw`\C-x\C-u \C-_`,
  "unix-line-discard": String.raw`\C-u`,
  "unix-word-rubout": String.raw`\C-w`,
  "upcase-word": String.raw`\eu`,
  yank: String.raw`\C-y`,
  "yank-last-arg": String.raw`\e. \e_`,
  "yank-nth-arg": String.raw`\e\C-y`,
  "yank-pop": String.raw`\ey`
}

const printable = function*(): Iterable<string> {
  for (let code = 0x20; code < 0x100; code++) if (code !== 0x7f) yield String.fromCharCode(code)
}

let table: ReadonlyMap<string, string> | undefined

/** What each key sequence of the Emacs mode does before anybody changes it. Made when it is first asked for. */
export const emacsDefaults = (): ReadonlyMap<string, string> => {
  if (table !== undefined) return table
  const made = new Map<string, string>()
  for (const char of printable()) made.set(char, "self-insert")
  for (let code = 0x41; code <= 0x5a; code++) {
    const letter = String.fromCharCode(code)
    if (letter !== "O") made.set(`\x1b${letter}`, "do-lowercase-version")
    made.set(`\x18${letter}`, "do-lowercase-version")
  }
  for (const [name, sequences] of Object.entries(emacsKeys)) {
    for (const sequence of sequences.split(" ")) made.set(parseSequence(sequence), name)
  }
  return table = made
}
