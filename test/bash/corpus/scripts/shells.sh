### a trap of RETURN is not for functions called
trap "echo R \$?" RETURN; f() { echo in; return 3; }; f; trap -p RETURN
### a trap of RETURN that a function sets
f() { trap "echo R \$FUNCNAME \$?" RETURN; return 3; }; f; echo out $?; trap -p RETURN; g() { echo g; }; g; f2() { trap -p RETURN; }; f2
### functrace
set -T; trap "echo R \$FUNCNAME" RETURN; f() { g; }; g() { :; }; f; echo "echo s" > src; . ./src
### RETURN of a sourced file
trap "echo R" RETURN; echo "echo s; return 4" > src; . ./src; echo $?
### a RETURN trap inside and outside
f() { trap "echo R1" RETURN; g; echo endf; }; g() { echo g; }; f; f
### a RETURN trap set in a function stays
echo "echo s" > src; trap "echo outer" RETURN; f() { trap "echo inner" RETURN; }; f; trap -p RETURN; . ./src
### caller of -c
f() { caller; caller 0; caller 1; echo $?; g; }; g() { caller; caller 0; caller 1; caller x; caller 0 1; caller -x; }; f; caller; echo $?
### caller of a script, of a pipe, of a sourced file
printf 'f() {\n caller\n caller 0\n g\n}\ng() {\n caller 0\n caller 1\n caller 2 || echo no\n echo "${BASH_SOURCE[@]} ${FUNCNAME[@]} ${BASH_LINENO[@]}"\n}\nf\ncaller; echo $?\n. ./s2\n' > s1; printf 'caller\ncaller 0\nf\n' > s2; bash s1; bash < s1
### subshells are one process
echo $-; echo "$BASH_COMMAND"; (echo $BASH_SUBSHELL) | cat; (echo $BASH_SUBSHELL) & wait; { echo $BASH_SUBSHELL; } & wait; { (echo $BASH_SUBSHELL); } | cat; ( (echo $BASH_SUBSHELL) ); ( echo $BASH_SUBSHELL ) > /dev/stdout | cat
### how a shell was started
echo 'echo $-; echo $0' | bash; echo 'echo $- $*; shopt login_shell' | bash -ls a b; bash --posix -c 'set -o | grep posix; echo $POSIXLY_CORRECT'; bash -o posix -c 'set -o | grep posix'
### read takes the next lines of the script
printf 'read -r a b\nfirst line here\necho "$a|$b"\nwhile read -r x; do echo "[$x]"; done\nl1\nl2\n' | bash
### a program takes the rest of the script
printf 'echo one\ncat\nthe rest\ngoes to cat\n' > s; bash < s
### commands of many lines
printf 'if true; then\n  echo "a\n b"\nfi\nf() {\n  cat <<E\ndone } fi\nE\n}\nf\ncase x in\n x) echo x;;\nesac\necho a \\\n  b |\n  tr a-z A-Z\nfor i in 1 2\ndo\n  echo $i\ndone\na=(1\n 2)\necho ${#a[@]} $(echo\necho sub)\n' | bash
### line numbers
printf 'echo $LINENO\n\n# c\necho $LINENO\nf() {\n echo $LINENO\n}\nf\nfalse\n\n' | bash; echo $?
### exit leaves the rest
printf 'echo a\nexit 3\nread x\n' | { bash; echo $?; cat; }
### unfinished and wrong
printf 'echo a\nif true; then\n echo b\n' | bash 2>&1; echo $?; printf 'echo a\n)\necho c\n' | bash 2>&1; echo $?
### the last line without an end; two here-documents
printf 'echo hi\necho "$1-$2"' | bash -s one two; printf 'cat <<A <<B\nx\nA\ny\nB\necho end\n' | bash
### set -e; no source file
printf 'set -e\necho a\nfalse\necho b\n' | bash; echo $?; echo 'echo $BASH_SOURCE; f() { echo ${BASH_SOURCE[0]} ${FUNCNAME[1]}; }; f' | bash
### exec takes another script
printf 'exec < other\necho not\n' > s; printf 'echo from other\n' > other; bash < s
### aliases
printf 'alias e=echo\ne hi\n' | bash 2>/dev/null; echo $?; printf 'shopt -s expand_aliases\nalias e=echo\ne hi\n' | bash
### BASH_ENV
echo 'echo env $1' > be; BASH_ENV=./be bash -c 'echo main' x y; BASH_ENV='$PWD/be' bash -c 'echo main'; echo 'echo s' > s; BASH_ENV=./be bash s q; BASH_ENV=./be sh -c 'echo no'
### profiles and rc files
echo 'echo profile; return 3; echo no' > ~/.bash_profile; echo 'echo rc' > ~/.bashrc; echo 'echo dot' > ~/.profile; bash -lc 'echo a $?; shopt login_shell'; bash -ic 'echo b; shopt expand_aliases' 2>/dev/null; bash --noprofile -lc 'echo c'; bash --norc -ic 'echo d' 2>/dev/null; rm ~/.bash_profile; bash --login -c 'echo e'; echo 'echo mine' > r; bash --rcfile r -ic 'echo f; echo $-' 2>/dev/null; rm -f ~/.bashrc ~/.profile
### wrong options
bash --foo 2>&1 | head -1; bash -c 2>&1; bash -O nullglob -c 'echo x*y; shopt nullglob'; bash -O nope -c : 2>&1; echo $?; bash +O cmdhist -c 'shopt cmdhist'
### select of three
PS3='? '; printf '2\n' | { select x in alpha beta gamma; do echo "$x $REPLY"; break; done; } 2>&1
### select of thirteen
printf '12\n' | { select x in one two three four five six seven eight nine ten eleven twelve thirteen; do echo "$x"; break; done; } 2>&1
### select in forty columns
COLUMNS=40; printf '1\n\n9\n' | { select x in one two three four five six seven eight nine ten; do echo "[$x]"; [ -z "$x" ] || [ $REPLY = 9 ] && break; done; } 2>&1
### select without input
select x in a b; do echo "$x"; done 2>&1 < /dev/null; echo $?
### read -n counts characters
printf 'héllo wörld' | { read -rn2 a; read -rN3 b; IFS= read -r c; echo "$a|$b|$c"; }
### a trap in a job
(trap 'echo got' USR1; for i in 1 2 3 4 5 6 7 8; do sleep 0.05; done; echo end) & sleep 0.1; kill -USR1 $!; wait; echo $?
### a subshell is the job
(exec sleep 5) & p=$!; kill $p; wait $p; echo $?; (sleep 0.01; exit 4) & wait $!; echo $?; (false) | cat; echo ${PIPESTATUS[@]}; (exit 3) > o | cat; echo ${PIPESTATUS[@]}
### BASH_COMMAND in a trap of EXIT
trap 'echo "exit: $BASH_COMMAND"' EXIT; [[ a == b ]]; exit 3
### BASH_COMMAND in a trap of ERR
trap 'echo "err $BASH_COMMAND"' ERR; [[ a == b ]]; ((0)); false || true; x=$(false); ls nope 2>/dev/null
### descriptors in elements of an array
declare -a F; exec {F[2]}> out; echo hi >&${F[2]}; exec {F[2]}>&-; cat out; exec {nope}>&-; echo $?
### backslashes in here-documents
cat <<E
a\\b \x \" ' \
c
E
cat <<-E
	a\
	b
	E
cat <<'E'
a\\b\
c
E
x=1; cat <<E
\$x $x \`\\
E
