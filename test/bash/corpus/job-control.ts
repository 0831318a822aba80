/** Job control: groups, stopped jobs, and what the shell says of them. */
import type { Groups } from "./types.ts"

export const jobControl: Groups = {
  "job-control": [
    "exec 2>&1; set -m; sleep 100 & kill -STOP %1; sleep 0.1; jobs; kill -CONT %1; sleep 0.1; jobs; kill %1; sleep 0.2; jobs",
    "exec 2>&1; set -m; sleep 0.2 & fg; echo \"fg $?\"; sleep 0.2 & bg; echo \"bg $?\"; fg %3",
    "exec 2>&1; set -m; bash -c 'kill -STOP $$; echo resumed'; echo \"status $?\"; jobs; fg; echo \"fg $?\"; jobs",
    "exec 2>&1; set -m; bash -c 'kill -STOP $$; sleep 0.1; echo resumed'; jobs; bg; echo \"bg $?\"; wait; jobs",
    "exec 2>&1; set -m; bash -c 'kill -STOP $$; exit 3'; fg; echo $?; bash -c 'kill -STOP $$; kill -STOP $$; exit 4'; fg; echo $?; fg; echo $?",
    "exec 2>&1; set -m; sleep 100 & kill %1; sleep 0.2; true; echo after; jobs",
    "exec 2>&1; set -m; (sleep 0.1; kill -TSTP $BASHPID; echo r); echo $?; jobs; disown 2> x; sed 's/group .*//' x; rm x; jobs",
    "exec 2>&1; set -m; sleep 0.1 | bash -c 'kill -STOP $$; echo r' | cat & sleep 0.4; jobs; kill -CONT %1; wait; jobs",
    "exec 2>&1; sleep 1 & jobs; bg; fg; suspend; kill %1; kill %5; fg %3; disown %4; wait %7; echo $?; wait; echo $?",
    "exec 2>&1; set -m; sleep 2 & sleep 3 & jobs -p | wc -l; jobs -r; jobs -s; jobs -n; kill %1 %2; jobs %3; wait 2>/dev/null",
    "exec 2>&1; set -m; sleep 2 & kill -- -$!; sleep 0.2; echo x; kill -- -99999; sleep 0.1 | cat & wait",
    "exec 2>&1; f() { sleep 0.2; echo f; }; set -m; f & jobs; wait; { sleep 0.2; echo g; } & jobs; wait",
    "exec 2>&1; set -m; for i in 1 2; do sleep 0.2; done & (sleep 0.2;   echo \"x  y\") & if true; then sleep 0.2; fi & jobs; wait",
    "exec 2>&1; set -m; [[ -n a ]] && sleep 0.2 | cat & case a in a) sleep 0.2;; esac & sleep 0.2 2>&1 >/dev/null & ! sleep 0.2 & jobs; wait 2>/dev/null",
    "exec 2>&1; set -m; while sleep 0.1; false; do :; done & wait; until sleep 0.1; do :; done & wait; f() { sleep 0.1; }; f a b & wait; x=1 sleep 0.1 & wait",
    "exec 2>&1; mkdir d; set -m; sleep 0.2 & cd d; jobs | sed 's/wd: .*)/wd)/'; fg | sed 's/wd: .*)/wd)/'",
    "exec 2>&1; set -m; true & sleep 0.1; false & sleep 0.1; (exit 3) & sleep 0.2; jobs; echo --; jobs",
    "exec 2>&1; true & sleep 0.1; false & sleep 0.1; jobs; echo --; sleep 9 & kill $!; sleep 0.1; jobs; echo end",
    "exec 2>&1; set -m; (sleep 0.1 & jobs; wait); (set -m; sleep 9 & sleep 0.1; kill %1; sleep 0.1; jobs)",
    "exec 2>&1; bash -c 'set -m; bash -c \"trap \\\"echo hup; exit\\\" HUP; kill -STOP \\$\\$; echo resumed\" & sleep 0.2; echo parent ends; kill -9 $$' 2>&1 | sed 's/^.*Killed.*//'; sleep 0.5",
    "exec 2>&1; setsid -w bash -c 'kill -TSTP $$; echo not stopped'; setsid -w bash -c 'exit 5'; echo $?",
    "exec 2>&1; set -m; setsid sleep 0.1; setsid -w false; echo $?; setsid -w sleep 0; echo $?",
    "exec 2>&1; timeout 0.2 bash -c '(sleep 0.6; echo survived) & exec sleep 9'; echo $?; sleep 0.7",
    "exec 2>&1; sh -c 'kill -TERM $$'; bash -c 'kill -INT $$'; echo $?; bash -c 'kill -PIPE $$'; echo $?",
    "trap 'echo chld' CHLD; sleep 0.1; /bin/true; echo x | cat; (exit 3); sleep 0.1 & wait; echo end",
    "exec 2>&1; set -m; trap 'echo chld' CHLD; sleep 0.1; (exit 3); sleep 0.1 & wait $!; echo \"end $?\"",
    "trap 'echo chld $?' CHLD; (exit 3) & wait $!; echo $?",
    "set -m; sleep 9 & kill -STOP $!; wait $!; echo $?; kill -9 $!; sleep 0.1; wait $! 2>/dev/null; echo $?",
    "set -m; a=$(ps -o pgid= -p $$ | tr -d ' '); sleep 9 & b=$(ps -o pgid= -p $! | tr -d ' '); [ $b = $! ] && echo own; kill $!; wait 2>/dev/null; sleep 9 | sleep 9 & c=$(ps -o pgid= -p $! | tr -d ' '); [ $c = $! ] || echo leader; kill %+; wait 2>/dev/null; [ $a = $c ] || echo other",
    "sleep 9 & a=$(ps -o pgid= -p $! | tr -d ' '); b=$(ps -o pgid= -p $$ | tr -d ' '); [ $a = $b ] && echo shared; kill $!; wait 2>/dev/null; set -m; (echo $(ps -o pgid= -p $BASHPID)) > x; [ $(< x) = $b ] || echo own; rm x",
    "set -m; sleep 0.2 & sleep 0.1 & wait -n; echo $?; wait; echo $?; sleep 0.1 & p=$!; wait -f $p; echo $?",
    "bash -c 'trap \"\" INT; kill -INT $$; echo on'; (trap 'echo i' INT; kill -INT $BASHPID; echo j); kill -STOP $BASHPID & sleep 0.1; kill -TERM $!; kill -0 $! && echo held; kill -CONT $!; wait $!; echo $?",
    "set -m; jobs -x echo a b; sleep 2 & jobs -x test %1 = $! && echo same; kill %sleep; kill %?lee 2>/dev/null; wait 2>/dev/null; disown -a; jobs",
    "exec 2>&1; set -m; sleep 5 & sleep 6 & sleep 7 & jobs; kill %2; sleep 0.1; jobs; kill %%; sleep 0.1; jobs; kill %1; sleep 0.1; jobs",
    "(sleep 0.3; echo a; sleep 0.3; printf b; sleep 0.3; echo c) | bash -c 'trap \"echo u\" USR1; (sleep 0.15; kill -USR1 $$; sleep 0.6; kill -USR1 $$) & while read l; do echo \"<$l>\"; done; echo bye; wait'",
    "(sleep 0.3; echo late) | (read -t 0.1 x; echo $?; read y; echo \"<$y>\")"
  ],
  "interactive without a terminal": [
    "export HOME=$PWD PS1='$ '; printf '%s\\n' 'echo hi' 'false' 'echo $?; echo $-' 'if true' 'then echo yes' 'fi' '${x?bad}' 'echo after' 'set -o | grep -E \"monitor|emacs|history|histexp\"' 'history' 'read y' 'data' 'echo $y' 'echo \"!!\"' '!nosuch' 'nosuch' 'kill -TERM $$' 'PS1=\"\\w> \"' 'echo a \\' b 'echo )' 'fg' 'exit 3' > f; setsid -w bash --norc -i < f 2>&1; echo $?; cat .bash_history",
    "export HOME=$PWD PS1='$ '; printf '%s\\n' 'cat <<E' here E 'read -p ask: x' answer 'echo $x' | setsid -w bash --norc -i > o 2> e; cat o; cat e; rm .bash_history",
    "export HOME=$PWD PS1='$ '; echo 'PS1=\"P> \"; PROMPT_COMMAND=\"echo pc\"; PS0=run; PS2=\"more \"' > rc; printf 'echo \"a\\nb\"\\necho 1\\n' | setsid -w bash --rcfile rc -i 2>&1; echo $?",
    "export HOME=$PWD PS1='$ '; setsid -w bash --norc -ic 'echo hi; echo $-; false' 2>&1; echo $?; echo 'echo $-' > s; setsid -w bash --norc -i s 2>&1; rm -f .bash_history",
    "export HOME=$PWD PS1='$ '; setsid -w bash --norc -is a b 2>&1 <<< 'echo $1'; setsid -w bash --posix -i 2>&1 <<< 'echo $-'; setsid -w bash --norc --noediting -i 2>&1 <<< 'echo $-; set -o | grep emacs'; echo",
    "export HOME=$PWD PS1='$ '; setsid -w bash --norc -i 2>&1 < /dev/null; echo $?; printf 'echo no newline' | setsid -w bash --norc -i 2>&1",
    "export HOME=$PWD PS1='$ '; printf '%s\\n' 'sleep 0.05 &' 'wait' 'echo ok' '(exit 3)' 'trap \"echo bye\" EXIT' 'set -u; echo $nope' 'echo still' 'set -e; false' 'echo no' | setsid -w bash --norc -i > o 2> e; echo $?; cat o; sed -i 's/\\[1\\] [0-9]*/[1] N/' e",
    "export HOME=$PWD PS1='$ '; printf '%s\\n' 'alias x=\"echo aliased\"' 'x' 'f() { echo f; }' 'f' 'for i in 1 2' 'do echo $i' 'done' 'set -x' 'echo t' | setsid -w bash --norc -i 2>&1; echo 'echo from rc; PS1=\"rc> \"' > .bashrc; echo 'echo $PS1' | setsid -w bash -i 2>&1 | tail -3",
    "export HOME=$PWD PS1='$ '; printf '%s\\n' 'suspend' 'echo $(tty)' 'bg' 'logout' 'jobs' 'fc -l' | setsid -w bash --norc -i 2>&1; printf 'set -o ignoreeof\\n' | setsid -w bash --norc -i 2>&1 | grep -c Use"
  ]
}
