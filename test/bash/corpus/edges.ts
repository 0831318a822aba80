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
  ]
}
