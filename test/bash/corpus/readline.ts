/** bind and init files where nothing is edited: what is kept, listed and refused. */
import type { Groups } from "./types.ts"

const start = "exec 2>&1; export INPUTRC=/dev/null TERM=xterm-256color; "
/** The warning that each `bind` begins with is compared by one script alone. */
const quiet = `${start}b() { bind "$@" 2>&1 | grep -av 'editing not enabled'; }; `

export const readline: Groups = {
  readline: [
    `${start}bind -q abort; bind; echo $?; bind -l | wc -l; type -t bind`,
    `${start}bind -z; echo $?; bind -f; echo $?; bind -m; bind -m nope -p; echo $?`,
    `${quiet}b -l; b -lp | head -200`,
    `${quiet}b -p; b -m emacs-ctlx -p; b -m emacs-meta -p | head -40`,
    `${quiet}b -P; b -v; b -V`,
    `${start}bind -q nope; echo $?; bind -u nope; echo $?; bind -q abort; bind -u abort; echo $?; bind -q Abort; echo $?; bind -r '\\C-a' 2> /dev/null; bind -q beginning-of-line; bind -q self-insert`,
    `${start}{ bind '"\\C-t": "te\\x41\\101\\"q\\C-a\\\\\\e\\n\\t\\C-?"'; bind -s; bind -S; bind "\\"\\C-xt\\" : 'a b' more"; bind -s; bind '"\\C-t": "é\\""'; bind -s; bind -q transpose-chars; } 2> /dev/null`,
    `${start}{ bind -x '"\\C-t": echo hi'; bind -X; bind -s; bind -x '"\\eq":"ls \\"-l"'; bind -x "\\"\\C-xq\\":'ls' foo"; bind -X; bind -r '\\C-t'; bind -X; } 2> /dev/null`,
    `${start}bind -x foo; echo $?; bind -x '\\C-t: foo'; bind -x '"\\C-t" foo'; bind -x '"abc: foo'; bind -x "\\"\\C-t\\": 'a"; echo $?`,
    `${start}bind nope; echo $?; bind '"abc: foo'; bind '"a": "foo'; bind ': foo'; bind 'Control-q: nope'; bind -q quoted-insert; bind 'qqq: abort'; bind -q abort`,
    `${start}bind set; bind 'set nope on'; echo $?; bind 'set bell-style loud'; bind 'set editing-mode ed'; bind 'set keymap foo'; bind 'set comment-begin'; bind 'set completion-query-items x'; bind -v | grep items`,
    `${quiet}for v in '' 1 yes On Off 'on # x' ' on'; do bind "set completion-ignore-case $v" 2> /dev/null; b -v | grep ignore-case; done; bind 'set BELL-Style none' 2> /dev/null; b -v | grep bell; bind 'set comment-begin "a b" c' 2> /dev/null; bind 'set emacs-mode-string  x y ' 2> /dev/null; b -v | grep -e comment -e string`,
    `${start}{ bind 'Space: yank'; bind 'C-M-y: kill-line'; bind 'TAB: kill-line'; bind 'M-Rubout: kill-word'; bind '"\\M-x": kill-word'; bind '"\\M-\\C-a": yank-pop'; bind '"\\C-\\M-b":yank-pop';  for f in yank kill-line kill-word yank-pop; do bind -q $f; done; } 2> /dev/null`,
    `${start}{ bind '"\\eb": "one"'; bind '"\\ebb": "two"'; bind '"\\ebc": abort'; bind -s; bind -q abort; bind -q backward-word; bind '"\\e\\C-g": nope'; bind -q abort; } 2> /dev/null`,
    `${start}bind '$if mode=vi'; bind '"\\C-t": abort'; bind 'set nope'; bind '$else'; bind '"\\C-xt": abort'; bind '$endif'; bind -q abort; bind '$endif'; bind '$else'; bind '$foo bar'; bind '$include /nope'; bind '# x'; bind ''`,
    `${start}printf '%s\\n' '# x' 'set bell-style none' '  "\\C-t": "macro"' '$if Bash' '"\\C-xa": abort' '$else' '"\\C-xb": abort' '$endif' '$if term=xterm' '"\\C-xc": abort' '$endif' '$if mode=emacs' '$if nope' '"\\C-xd": abort' '$else' '"\\C-xe": abort' '$endif' '$else' '"\\C-xf": abort' '$endif' > rc; bind -f rc; echo $?; bind -s; bind -q abort`,
    `${start}printf '%s\\n' '$if version >= 8.0' '"\\C-xa": abort' '$endif' '$if version > 8.2' '"\\C-xb": abort' '$endif' '$if version==8.2' '"\\C-xc": abort' '$endif' '$if bell-style=audible' '"\\C-xd": abort' '$endif' '$if completion-ignore-case == on' '"\\C-xe": abort' '$endif' '$if version 8' '$endif' '$if version' '$endif' '$if bell-style != none' '"\\C-xf": yank' '$endif' > rc; bind -f rc; bind -q abort; bind -q yank`,
    `${start}printf '%s\\n' nope '"\\C-x": nope' '"abc' '$foo' 'set bell-style loud' '$include sub' nope > rc; printf '%s\\n' '"\\C-xs": abort' bad > sub; bind -f rc; bind -q abort; bind -f /nope; echo $?; bind -f .; echo $?`,
    `printf '%s\\n' '"\\C-xs": abort' bad > .inputrc; export TERM=xterm HOME=$PWD; bind -q abort 2>&1; export INPUTRC=$PWD/other; echo '"\\C-xo": abort' > other; bash -c 'bind -q abort' 2>&1; (bind '"\\C-xp": abort'; bind -q abort) 2> /dev/null; bind -q abort 2> /dev/null`,
    `${start}printf '%s\\n' 'set keymap vi-command' '"z": abort' 'set keymap emacs' '"\\C-xz": abort' 'set keymap emacs-ctlx' '"y": abort' > rc; bind -f rc; bind -v | grep keymap; bind -q abort; bind -m emacs -q abort; bind -m emacs-meta '"\\C-xw": yank'; bind -m emacs -q yank`
  ]
}
