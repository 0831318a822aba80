/** What scripts seldom do: signals without a name, numbers of jobs, corners of builtins. */
import type { Groups } from "./types.ts"

/** Without the numbers of processes. */
const told = "t() { sed 's/^\\(.*line [0-9]*:\\) *[0-9]* /\\1 /'; }"

export const edges: Groups = {
  signals: [
    "kill -l; trap -l; kill -l 1 2 15 34 35 49 50 63 64; kill -L | tail -1",
    "exec 2>&1; for s in 137 0 32 33 128 129 162 192 193 255 256 65 RTMIN RTMIN+3 rtmin+1 SIGRTMIN+15 RTMIN+16 RTMIN+30 RTMIN+31 RTMAX RTMAX-2 RTMAX-14 RTMAX-15 SIG RTMIN- EXIT exit 9 KILL sigkill IOT 32x; do kill -l $s; echo $?; done; kill -l ''; kill -l 1 99 3; echo $?",
    "trap 'echo got' RTMIN+3; kill -RTMIN+3 $$; kill -s SIGRTMIN+3 $$; kill -37 $$; kill -n 37 $$; trap -p; trap 'echo e' 40 SIGRTMAX RTMAX-1 USR1 ERR; trap -p; trap - RTMAX; trap -p RTMAX 40; trap x 65; echo $?",
    "exec 2>&1; t() { sed 's/^\\(.*line [0-9]*:\\) *[0-9]* /\\1 /'; }; (sleep 5 & kill -RTMIN+3 $!; wait $!; echo $?; sleep 5 & kill -64 $!; wait $!; echo $?) 2>&1 | t; bash -c 'exec 2>&1; bash -c \"kill -RTMIN \\$\\$\"; (kill -40 $BASHPID); echo $?' | t",
    "exec 2>&1; sleep 1 & kill -RTMIN+99 $!; kill -SIGFOO $!; kill -s NOPE $!; kill -s; kill -RTMAX; kill $!; compgen -A signal SIGRTMA"
  ],
  "numbers of jobs": [
    "exec 2>&1; sleep 0.1 & wait; sleep 0.1 & jobs; wait; sleep 1 & jobs; kill %1; wait; jobs; sleep 0.2 & jobs",
    "exec 2>&1; true & sleep 0.1; true & sleep 0.1; sleep 1 & jobs; echo --; sleep 1 & jobs; kill %3 %4",
    "exec 2>&1; set -m; true & sleep 0.1; sleep 1 & jobs; sleep 0.1 & sleep 0.3; sleep 1 & jobs",
    "exec 2>&1; sleep 0.1 & sleep 1 & sleep 0.3; jobs; sleep 1 & jobs; kill %1; kill %2 %3",
    "exec 2>&1; sleep 0.8 & sleep 0.1 & sleep 0.3; jobs; sleep 1.5 & jobs; wait %1; echo $?; wait %1; echo $?; sleep 0.3 & jobs; kill %2",
    "exec 2>&1; for i in 1 2 3; do sleep 0.05 & done; wait -n; sleep 0.3 & jobs | tail -1; wait; sleep 0.1 & jobs; for i in 1 2 3; do sleep 0.05 & wait; done; sleep 0.1 & jobs",
    "exec 2>&1; for i in 1 2 3; do (exit $i) & done; sleep 0.2; jobs; sleep 0.2 & jobs; wait; jobs; wait %1; echo $?",
    "exec 2>&1; sleep 0.3 & disown; sleep 0.3 & jobs; disown %1; sleep 0.3 & jobs; sleep 0.2 & disown -h; jobs",
    "exec 2>&1; true & wait $!; true & wait $!; true & wait $!; sleep 0.3 & jobs; false & p=$!; sleep 0.1; wait $p; echo $?; coproc cat; jobs | tail -1; kill $COPROC_PID; wait"
  ],
  "deaths of jobs": [
    `${told}; { sleep 9 & kill -9 $!; wait $!; echo $?; sleep 9 & kill -9 %1; wait %1; echo $?; sleep 9 & kill $!; wait; jobs; sleep 9 & kill -9 $!; wait; jobs; } 2>&1 | t`,
    `${told}; { sleep 9 & kill -9 $!; sleep 0.1; echo x; jobs; echo y; sleep 9 & kill $!; sleep 0.1; echo x; jobs; echo y; } 2>&1 | t`,
    `${told}; { sleep 9 & p=$!; sleep 9 & q=$!; kill -9 $p; kill -SEGV $q; wait $p $q; echo $?; sleep 9 | sleep 9 & kill -9 %%; wait; echo $?; jobs; } 2>&1 | t | sed 's/^ *[0-9]* *|/|/'`,
    `${told}; exec 2> e; set -m; sleep 9 & kill -9 %1; wait %1; echo $?; jobs; sleep 9 & kill %1; wait; jobs; sleep 9 & jobs; kill -INT %1; wait %1; echo $?; t < e; rm e`,
    `${told}; { f() { sleep 9 & kill -9 $!; wait $!; echo $?; }; f; (sleep 9 & kill -9 $!; wait $!; echo $?); x=$(sleep 9 & kill -9 $!; wait $!; echo $?); echo $x; y=$(bash -c 'kill -9 $$'; true); z=$( (bash -c 'kill -9 $$'; true) ); } 2>&1 | t`,
    `${told}; { bash -c 'kill -9 $$'; bash -c 'kill -TERM $$'; bash -c 'kill -INT $$'; bash -c 'kill -PIPE $$'; bash -c 'kill -HUP $$'; bash -c 'kill -9 $$' | cat; ! bash -c 'kill -9 $$'; if bash -c 'kill -ABRT $$'; then :; fi; (bash -c 'kill -9 $$'; true); } 2>&1 | t`
  ],
  "corners of builtins": [
    "exec 2>&1; set -e; if x=$(< missing); then echo y; else echo \"n $?\"; fi; x=$(< missing) || echo \"or $?\"; ! x=$(< missing); echo ok; while y=$(< missing); do :; done; echo $(< missing) z; x=$(< missing); echo not",
    "exec 2>&1; set -e; trap \"echo err \\$? \\$BASH_COMMAND\" ERR; x=$(< missing) && echo a; echo b; f() { x=$(< missing); echo in; }; f || echo c; f; echo no",
    "exec 2>&1; trap \"echo E: \\$BASH_COMMAND\" ERR; eval false; eval \"true; false\"; eval \"(exit 3)\"; eval \"false | true; ! true\"; f() { return 3; }; eval f; eval \"nosuchcmd a b\"; eval \"eval false\"",
    "exec 2>&1; trap \"echo D: \\$BASH_COMMAND\" DEBUG; eval \"echo a; echo b\"; eval false; echo \"$BASH_COMMAND\"",
    "exec 2>&1; set -e; trap \"echo X: \\$BASH_COMMAND \\$?\" EXIT; eval \"echo a; false\"; echo no",
    "exec 2>&1; set -e; trap \"echo X: \\$BASH_COMMAND \\$?\" EXIT; eval false",
    "exec 2>&1; printf \"%y\\n\" a; printf \"%-5.3Q|\\n\" a; printf \"a%z\" 1; printf \"%l\" 1; printf \"%\"; printf \"a%5\"; printf \"%!x\" 1; printf \"%\\n\"; printf \"%é\" 1; printf \"%k %s\\n\" 1 2; echo $?; printf \"%(%F)s\\n\" 0; printf \"%hhd %lld %jd %zd %td\\n\" 1 2 3 4 5; printf \"%w\"; printf \"%*y\\n\" 3 4; printf \"%. \\n\"",
    "exec 2>&1; declare -c x=hELLO; echo $x; declare -p x; declare -c y; y=\"wORLD fOO\"; echo \"$y\"; x+=BAR; echo $x; declare -cl z=AB; declare -p z; declare -cu w=ab; declare -p w; declare +c x; x=abC; echo $x; declare -p x; declare -ca arr=(aB cD); echo \"${arr[@]}\"; local -c q; declare -lu v=Ab; declare -p v; f() { local -c m=xYZ; echo $m; }; f; declare -c e=éA; echo $e; typeset -c t=tT; echo $t; readonly -c",
    "exec 2>&1; set +B; echo {a,b} {1..3}; echo $-; set -o | grep brace; set -B; echo {a,b}; set +o braceexpand; echo {1..2}; x={a,b}; echo $x; set -o braceexpand; echo $- {c,d}; bash +B -c \"echo {a,b}\"; bash -B -c \"echo {a,b}\"; set +B; eval \"echo {x,y}\"; f() { echo {p,q}; }; set -B; f; (set +B; echo {1,2}); echo {1,2}; for i in {1..2}; do echo $i; set +B; done; for i in {1..2}; do echo $i; done",
    "exec 2>&1; declare -a a; declare -p a; declare -A m; declare -p m; declare -ai n; declare -p n; declare -ax e; declare -p e; a=(); declare -p a; unset \"a[0]\"; declare -p a; declare x; declare -p x; declare -i y; declare -p y; export z; declare -p z; local w; declare -p nosuch; echo $?; f() { local -a l; local -A k; local s; declare -p l k s; }; f; declare -p a m x | sort; declare -r r; declare -p r; declare -n ref; declare -p ref; declare -a b; b[3]=q; declare -p b; unset \"b[3]\"; declare -p b; set | grep -E \"^(a|m|x|b)=\"",
    "exec 2>&1; set -o history; echo one; echo two; history; set +o history; echo three; history; history -c; history; set -o history; history",
    "exec 2>&1; unset HISTFILE; set -o history; echo a\necho b\nfor i in 1 2; do\necho $i\ndone\nhistory\nfc -l\nset +o history\necho hidden\nhistory | wc -l",
    "set -e; trap \"echo bye \\$?\" EXIT; f() { local x=$(< missing); echo in; }; f || echo c; echo d",
    "set -e; (x=$(< missing) || echo in); echo out",
    "set -e; x=$(y=$(< missing); echo hi); echo \"$x\"; for i in $(< missing); do :; done; echo after",
    "echo false > s; trap 'echo \"E: $BASH_COMMAND\"' ERR; source ./s; . ./s | cat; f() { false; }; f; set -e; trap 'echo \"X: $BASH_COMMAND\"' EXIT; . ./s",
    "cat > s <<'E'\nset -o history\necho a\nif true; then\n  echo 'multi\nline'\nfi\necho a; echo b\necho a \\\n  cont\n# comment\n\nfalse && true ||\n  echo or\nhistory\nHISTCONTROL=ignoredups\necho dup\necho dup\n history 3\nfc -ln -2\nhistory -d 1\neval 'echo inside'\n. ./none\nset +o history\necho hidden\nset -o history\nhistory\nE\nbash s 2>&1; bash < s 2>&1 | tail -3",
    "unset HISTFILE; set -o history; history\nf() {\n  echo f # c\n}\nf; for i in a; do\n echo $i; done; fc -l\nhistory -s added\nhistory 3"
  ]
}
