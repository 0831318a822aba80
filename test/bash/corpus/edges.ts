/** What scripts seldom do: signals without a name, numbers of jobs, corners of builtins. */
import type { Groups } from "./types.ts"

/** Without the numbers of processes. */
const told = "t() { sed 's/^\\(.*line [0-9]*:\\) *[0-9]* /\\1 /'; }"

/** A few files, one without a last newline and one empty. */
const tree = "mkdir -p t/sub; printf 'one\\ntwo\\nthree' > t/a; printf 'a.b\\n*\\nattt\\n' > t/b; : > t/empty; " +
  "printf 'caf\\303\\251\\none two\\n' > t/sub/c; printf 'one\\r\\n\\n\\ntwo\\n' > t/sub/d; "

export const edges: Groups = {
  "grep through trees": [
    tree +
    "grep -r '^one$' t | sort; grep -rx one t | sort; grep -rw two t | sort; grep -r '^' t | wc -l; grep -r '' t | wc -l",
    tree +
    "grep -rc nothing t | sort; grep -rl three t | sort; grep -rL three t | sort; grep -r nothing t; echo $?; grep -rq one t; echo $?",
    tree +
    "grep -rF -e 'a.b' -e '*' t | sort; grep -rF 'one$' t; echo $?; grep -ri ONE t | sort; grep -rE 'on[^x]|t{2}' t | sort",
    tree +
    "grep -rE -e '(o)n\\1' -e three t | sort; grep -rn -A1 two t | sort; grep -rv one t | sort; grep -rE '[^a]$' t | sort",
    tree +
    "grep -r 'e.t' t; echo $?; grep -rE '^(two|three)' t | sort; grep -ro 'o' t | sort | uniq -c; grep -rh '.\\{3\\}$' t | sort",
    tree +
    "grep -r 'one\\`' t; grep -r '\\`one' t | sort; grep -rE '\\bthree|\\Bw' t | sort; grep -r $'caf\\u00e9' t; grep -rb three t | sort",
    "mkdir t; for i in {1..100}; do echo \"line $i\" > t/$i; done; grep -rh '7$' t | sort -V; grep -rl '^line 99$' t; rm t/6; ln -s gone t/6; grep -r 'line 7$' t",
    tree +
    "printf 'one\\n\\0two\\n' > t/binary; head -c 100000 /dev/zero | tr '\\0' x > t/large; echo one >> t/large; grep -rc one t | sort; grep -r two t | sort; grep -rl 'x$' t"
  ],
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
  ],
  "patches that do not fit": [
    "seq 20 > f; sed \"5s/.*/five/;15s/.*/fifteen/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; cp f o; patch f p; cmp f g && echo ok; patch -R f p; cmp f o && echo back; ls",
    "seq 20 > f; sed \"5s/.*/five/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; patch -R f < p; echo $?; cat f.rej; ls",
    "seq 20 > f; sed \"5s/.*/five/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; cp g f; patch f < p; echo $?; ls; patch -f f < p; echo $?; patch -t f < p; echo $?; patch -N f < p; echo $?; ls; cat f.rej; patch -R f p; echo $?",
    "seq 20 > f; sed \"5s/.*/five/;15s/.*/ff/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; seq 14 > f; patch f p; echo $?; cat f f.rej; ls; cat f.orig | wc -l",
    "seq 20 > f; sed \"5s/.*/five/;15s/.*/ff/\" f > g; diff -c f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; seq 14 > f; patch f p; echo $?; cat f.rej; ls; seq 20 > f; patch < p; cmp f g; patch -R < p; echo $?",
    "seq 20 > f; sed \"5s/.*/five/;15s/.*/ff/\" f > g; diff f g > p; seq 14 > f; patch f p; echo $?; cat f.rej; ls; seq 20 > f; patch f p; cmp f g; patch -R f p; echo $?",
    "seq 20 > f; sed \"10s/.*/ten/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; (echo new; echo new2; seq 20) > f; patch f p; echo $?; ls; seq 5 20 > f; patch f p; echo $?; ls; sed 8s/.*/x/ <(seq 20) > f; patch f p; ls; sed \"8s/.*/x/;9s/.*/y/\" <(seq 20) > f; patch f p; ls; sed \"7s/.*/x/;8s/.*/y/;9s/.*/z/\" <(seq 20) > f; patch f p; echo $?; ls; patch -F 3 f p; echo $?; patch -F0 --dry-run f p; echo $?",
    "seq 20 > f; sed \"5s/.*/five/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; patch --dry-run f p; echo $?; cmp f g; ls; patch --dry-run -R g p; seq 3 > f; patch --dry-run f p; echo $?; ls; patch --dry-run -s f p; echo $?; patch -s f p; echo $?; ls",
    "mkdir a b; seq 5 > a/f; seq 6 > b/f; echo x > b/new; seq 3 > a/old; diff -ruN a b > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; cd a; patch -p1 < ../p; echo $?; ls; patch -p1 -R < ../p; echo $?; ls; cd ..; patch -p0 < p; echo $?; patch -p5 < p; echo $?",
    "seq 5 > f; printf \"garbage\\n\" > p; patch f p; echo $?; : > p; patch f p; echo $?; patch f nofile; echo $?; patch -p1 < /dev/null; echo $?; printf -- \"--- a/f\\n+++ b/f\\n@@ -1,3 +1,3 @@\\n 1\\n-2\\n+two\\n\" > p; patch -p1 < p; echo $?; cat f; ls",
    "seq 5 > f; printf -- \"--- nope\\n+++ nope2\\n@@ -1,3 +1,3 @@\\n 1\\n-2\\n+two\\n 3\\n\" > p; patch < p; echo $?; patch -f < p; echo $?; patch -p1 < p; echo $?; patch -i p f; echo $?; cat f; patch -b f p < /dev/null; echo $?; ls",
    "seq 20 > f; sed \"5s/.*/five/;15s/.*/ff/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; seq 8 > f; patch -o out f p; echo $?; ls; chmod 644 out; cat out; seq 8 > f; patch -r rej f p; echo $?; ls; patch -r - f p; echo $?; ls; patch -b -z .bak f p > /dev/null; ls; seq 20 > f; patch -b -V numbered f p; ls; seq 20 > f; patch -B pre- f p; ls; rm -f *orig*; seq 20 > f; patch --no-backup-if-mismatch f p; ls",
    "printf \"a\\nb\\nc\" > f; printf \"a\\nB\\nc\" > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; patch f p; cmp f g; patch -R f p; tail -c 2 f | od -c; printf \"a\\nb\\nc\\n\" > f; patch f p; echo $?; cat f; cat f.rej; ls",
    "seq 5 > f; cp f g; echo 6 >> g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; patch f p; patch -R f p; patch -R -f f p; echo $?; cat f.rej; patch f p > /dev/null; patch -E f p; echo $?",
    "seq 30 > f; sed \"5s/.*/five/;15s/.*/ff/;25s/.*/tf/\" f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; sed \"15s/.*/other/\" f > h; cp h f; patch f p; echo $?; cat f.rej; cp h f; patch -u f p > /dev/null; diff f g; sed -i 1,2d p; patch f < p; echo $?; patch -l f p",
    "mkdir d; seq 5 > d/f; sed s/3/three/ d/f > d/g; diff -u d/f d/g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; patch -d d < p; echo $?; cat d/f; patch -R -p1 -d d -i ../p; cat d/f; patch -p0 -R < p; echo $?; ls d; patch d/f p; ls d",
    "seq 3 > f; chmod 755 f; sed s/2/two/ f > g; diff -u f g > p; sed -i \"s,20[0-9-]* [0-9:.]* +0000,2020-01-01 00:00:00.000000000 +0000,\" p; patch f p; ls -l f | cut -c1-10; printf -- \"--- /dev/null\\n+++ b/x/y\\n@@ -0,0 +1,2 @@\\n+a\\n+b\\n\" > q; patch -p1 < q; cat x/y; patch -p1 < q; echo $?; ls x; patch -p1 -R < q; ls; echo z > x2; printf -- \"--- x2\\n+++ /dev/null\\n@@ -1 +0,0 @@\\n-z\\n\" > r; patch < r; ls; echo w > x2; patch < r; echo $?; ls"
  ],
  "archives that grow": [
    "echo a > a; echo b > b; touch -d 2020-01-01 a b; tar cf t a; tar rvf t b; echo $?; tar tf t; wc -c < t; echo a2 > a; touch -d 2021-01-01 a; tar uvf t a b; tar tf t; tar xf t; cat a; wc -c < t; rm t",
    "echo a > a; tar rf new a; tar tf new; wc -c < new; tar czf t.gz a; tar rf t.gz a; echo $?; tar rzf t.gz a; echo $?; tar uf none nofile; echo $?; ls; : > e; tar rf e a; tar tf e; rm -f none t.gz e new",
    "mkdir -p d/e; echo 1 > d/1; echo 2 > d/e/2; tar cf t d; echo 3 > d/3; tar uf t d/3 d/1; tar tf t | sort; seq 5000 > big; tar rf t big; tar rf t --exclude=1 d/1 d/3; tar tf t | tail -2; tar xOf t big | tail -1; tar --delete -f t big > /dev/null 2>&1; n=$(printf \"%0120d\" 7); echo x > $n; tar rf t $n; tar rf t big; tar tf t | tail -2; rm t",
    "echo a > a; for f in gnu oldgnu pax posix ustar v7; do tar --format=$f -cf u a; echo $?; tar tf u; tail -c +258 u | head -c 8 | od -An -c; done; tar --format=bad -cf u2 a; echo $?; tar --posix -cf u a; tar tvf u | cut -c1-10; rm u"
  ],
  "compressed files": [
    "printf \"one\\ntwo\\n\" > a; printf \"two\\nthree\\n\" > b; gzip -k a b; zgrep two a.gz b.gz; echo $?; zgrep -c t a.gz; zgrep -n two a.gz; zgrep -H one a.gz; zgrep -h two a.gz b.gz; zgrep two a b.gz; zgrep none a.gz; echo $?; cat a.gz | zgrep one; zgrep -i ONE < a.gz; zgrep one - < a.gz; ls; rm *.gz",
    "printf \"one\\ntwo\\n\" > a; printf \"two\\nthree\\n\" > b; gzip -k a b; zgrep -l two a.gz b.gz; zgrep -l one a.gz b.gz; echo $?; zgrep -L one a.gz b.gz; echo $?; zgrep -q two a.gz; echo $?; zgrep -e one -e three a.gz b.gz; zgrep -A1 one a.gz; zgrep -A 1 one a.gz; zgrep -vin ONE a.gz; zgrep -E \"o(n|x)e\" a.gz; zgrep -F -- two a.gz; echo three > p; zgrep -f p b.gz; zgrep -m1 t b.gz; zgrep --color=never -o t.o a.gz; zegrep \"one|two\" a.gz; zfgrep two a.gz; rm *.gz",
    "printf \"one\\ntwo\\n\" > a; gzip -k a; zgrep one nofile.gz 2>&1; echo $?; zgrep one nofile.gz a.gz 2>&1; echo $?; zgrep > /dev/null 2>&1; echo $?; zgrep -r one . > /dev/null 2>&1; echo $?; echo \"one in two\" > q; zgrep \"one in\" q; zgrep -w one -- a.gz q; zgrep -x one a.gz; zgrep -c one a.gz q; rm *.gz",
    "printf \"one\\ntwo\\n\" > a; printf \"one\\n2\\n\" > b; gzip -k a b; zdiff a.gz b.gz; echo $?; zdiff a b.gz; echo $?; zdiff a.gz a.gz; echo $?; zdiff -q a.gz a > /dev/null; echo $?; zcmp -s a.gz b.gz; echo $?; zcmp a a.gz; echo $?; zdiff a 2> /dev/null; echo $?; zdiff nofile a.gz > /dev/null 2>&1; echo $?; zcat -f a b.gz; zcat a.gz b.gz | wc -l; cat a.gz b.gz | zcat; zcat nofile.gz 2>&1; zdiff -u a.gz b.gz | tail -n +3; rm *.gz"
  ]
}
