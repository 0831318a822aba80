### factorial recursion
f() { if (( $1 <= 1 )); then echo 1; else echo $(( $1 * $(f $(( $1 - 1 ))) )); fi; }; f 10; f 1
### fibonacci
a=0 b=1; for ((i=0;i<20;i++)); do printf '%d ' $a; t=$((a+b)); a=$b; b=$t; done; echo
### primes sieve
n=50; declare -a c; for ((i=2;i<=n;i++)); do [ "${c[i]}" ] && continue; printf '%d ' $i; for ((j=i*i;j<=n;j+=i)); do c[j]=1; done; done; echo
### gcd and lcm
gcd() { local a=$1 b=$2; while ((b)); do local t=$((a%b)); a=$b; b=$t; done; echo $a; }; g=$(gcd 48 36); echo $g $((48*36/g)); gcd 17 5
### bubble sort
a=(5 3 9 1 7); n=${#a[@]}; for ((i=0;i<n;i++)); do for ((j=0;j<n-i-1;j++)); do if ((a[j]>a[j+1])); then t=${a[j]}; a[j]=${a[j+1]}; a[j+1]=$t; fi; done; done; echo "${a[@]}"
### binary search
a=(1 3 5 7 9 11 13); find() { local lo=0 hi=$((${#a[@]}-1)) m; while ((lo<=hi)); do m=$(((lo+hi)/2)); ((a[m]==$1)) && { echo $m; return; }; ((a[m]<$1)) && lo=$((m+1)) || hi=$((m-1)); done; echo -1; return 1; }; find 7; find 4; echo $?
### tower of hanoi
h() { (( $1 == 0 )) && return; h $(($1-1)) $2 $4 $3; echo "$1:$2>$3"; h $(($1-1)) $4 $3 $2; }; h 3 A C B
### fizzbuzz
for i in {1..15}; do o=; ((i%3)) || o+=Fizz; ((i%5)) || o+=Buzz; echo "${o:-$i}"; done
### collatz
n=27; c=0; while ((n!=1)); do ((n=n%2?3*n+1:n/2)); ((++c)); done; echo $c
### base conversion
for n in 5 255 4096; do b=; m=$n; while ((m)); do b=$((m%2))$b; ((m/=2)); done; echo "$n $b $(printf '%x' $n) $((2#$b))"; done; echo $((16#ff)) $((8#17)) $((36#zz)) $((0x1F)) $((017))
### bit operations
echo $((5&3)) $((5|3)) $((5^3)) $((~5)) $((1<<10)) $((-16>>2)); x=0; ((x|=4,x|=1)); echo $x; ((x&=~1)); echo $x
### integer edge cases
echo $((2**62)) $((9223372036854775807)) $((9223372036854775807+1)) $((-7/2)) $((-7%2)) $((7/-2)); echo $((10/3*3)) $((2**0)); echo $((1/0)) 2>/dev/null; echo after
### operators and precedence
echo $((1+2*3)) $(((1+2)*3)) $((2**3**2)) $((!0)) $((!5)) $((1<2&&2<3)) $((1?2:3)) $((1,2,3)) $((5>3==1)); a=5; echo $((a+=2)) $((a*=3)) $((a%=4)) $((a<<=3)) $a
### matrix multiply
declare -A m n; for i in 0 1; do for j in 0 1; do m[$i,$j]=$((i*2+j+1)); n[$i,$j]=$((i+j)); done; done; for i in 0 1; do for j in 0 1; do s=0; for k in 0 1; do ((s+=m[$i,$k]*n[$k,$j])); done; printf '%d ' $s; done; echo; done
### stack
s=(); push() { s+=("$1"); }; pop() { local n=${#s[@]}; ((n)) || return 1; v=${s[n-1]}; unset "s[n-1]"; }; push a; push 'b c'; push d; pop; echo $v; pop; echo $v; pop; pop || echo empty
### queue
q=(); q+=(1); q+=(2); q+=(3); while ((${#q[@]})); do echo "${q[0]}"; q=("${q[@]:1}"); done
### rpn calculator
rpn() { local -a s=(); local t a b; for t in $1; do case $t in [0-9]*) s+=($t);; *) b=${s[-1]}; unset 's[-1]'; a=${s[-1]}; unset 's[-1]'; s+=($((a $t b)));; esac; done; echo "${s[0]}"; }; rpn '3 4 + 2 -'; set -f; rpn '5 1 2 + 4 * + 3 -'
### balanced brackets
ok() { local s=$1 st= c i; for ((i=0;i<${#s};i++)); do c=${s:i:1}; case $c in '('|'['|'{') st+=$c;; ')') [[ $st == *'(' ]] || return 1; st=${st%?};; ']') [[ $st == *'[' ]] || return 1; st=${st%?};; '}') [[ $st == *'{' ]] || return 1; st=${st%?};; esac; done; [[ -z $st ]]; }; for t in '([]{})' '([)]' '((' ''; do ok "$t" && echo yes || echo no; done
### game of life step
g=('.....' '..#..' '..#..' '..#..' '.....'); for ((r=0;r<5;r++)); do o=; for ((c=0;c<5;c++)); do n=0; for dr in -1 0 1; do for dc in -1 0 1; do ((dr||dc)) || continue; ((r+dr<0||r+dr>4||c+dc<0||c+dc>4)) && continue; [[ ${g[r+dr]:c+dc:1} == '#' ]] && ((++n)); done; done; [[ ${g[r]:c:1} == '#' ]] && ((n==2||n==3)) && o+='#' && continue; ((n==3)) && [[ ${g[r]:c:1} == . ]] && o+='#' || o+=.; done; echo $o; done
### permutations
p() { local pre=$1 rest=$2 i; [[ -z $rest ]] && { echo "$pre"; return; }; for ((i=0;i<${#rest};i++)); do p "$pre${rest:i:1}" "${rest:0:i}${rest:i+1}"; done; }; p '' abc
### subsets
a=(x y z); for ((m=0;m<8;m++)); do s=; for i in 0 1 2; do ((m>>i&1)) && s+="${a[i]} "; done; echo "{${s% }}"; done
### date arithmetic
date -d '2026-03-01 -1 day' +%F; date -d '2024-02-28 +1 day' +%F; date -d @0 +%FT%TZ; date -d '2026-11-20' +%j; s=$(date -d 2026-01-01 +%s); e=$(date -d 2026-12-31 +%s); echo $(( (e-s)/86400 ))
### leap years
leap() { (( $1%4==0 && ($1%100!=0 || $1%400==0) )); }; for y in 1900 2000 2023 2024; do leap $y && echo "$y leap" || echo "$y not"; done
### calendar week day
dow() { local y=$1 m=$2 d=$3 t=(0 3 2 5 0 3 5 1 4 6 2 4); ((m<3)) && ((y--)); echo $(( (y+y/4-y/100+y/400+t[m-1]+d)%7 )); }; dow 2026 11 20; dow 2000 1 1
### duration format
f() { local s=$1; printf '%02d:%02d:%02d\n' $((s/3600)) $((s%3600/60)) $((s%60)); }; f 3661; f 59; f 86399
### temperature table
for c in -40 0 37 100; do echo "$c $(echo "scale=1; $c*9/5+32" | bc)"; done
### bc arithmetic
echo '2^64; 10/3; scale=4; 10/3; sqrt(2)' | bc; echo 'ibase=16; FF' | bc; echo 'obase=2; 10' | bc; echo '(1+2)*3-4' | bc
### expr
expr 3 + 4; expr 10 / 3; expr 10 % 3; expr 3 \* 4; expr length hello; expr substr hello 2 3; expr index hello l; expr abc : 'a\(.\)c'; expr 1 \> 2; echo $?
### getopts program
p() { local OPTIND o v=0 out= ; while getopts ':vo:n:' o; do case $o in v) ((v++));; o) out=$OPTARG;; n) n=$OPTARG;; :) echo "need $OPTARG"; return 2;; \?) echo "bad $OPTARG"; return 2;; esac; done; shift $((OPTIND-1)); echo "v=$v out=$out rest=$*"; }; p -v -o f a b; p -vvo x; p -z; echo $?; p -o; p -- -v; p a -v
### long options
parse() { local a=(); while (($#)); do case $1 in --name=*) n=${1#*=};; --name) n=$2; shift;; --flag) fl=1;; --) shift; a+=("$@"); break;; -*) echo "unknown $1" >&2; return 1;; *) a+=("$1");; esac; shift; done; echo "n=$n fl=$fl a=${a[*]}"; }; parse --name=x --flag p q; n= fl=; parse --name y -- --flag; parse --bad 2>&1; echo $?
### usage and exit codes
main() { [ $# -ge 1 ] || { echo "usage: main FILE" >&2; return 64; }; [ -f "$1" ] || { echo "no file: $1" >&2; return 66; }; wc -l < "$1"; }; main 2>&1; echo $?; main none 2>&1; echo $?; seq 3 > f; main f
### menu by select
echo 2 | { select x in apple pear; do echo "got $x $REPLY"; break; done; } 2>/dev/null
### config with source
cat > c.sh <<'X'
NAME=demo
LIST=(a b)
greet() { echo "hi $NAME ${LIST[*]} $1"; }
X
. ./c.sh; greet x; source c.sh y; greet "$1"; . ./none 2>/dev/null; echo $?
### library guard
cat > l.sh <<'X'
[ -n "$L_LOADED" ] && return 0
L_LOADED=1
echo loaded
X
. ./l.sh; . ./l.sh; echo done
### plugin directory
mkdir p; for n in 10-a 20-b 05-c; do echo "echo run $n" > p/$n.sh; done; for f in p/*.sh; do . "$f"; done
### dispatch table
cmd_add() { echo $(($1+$2)); }; cmd_hello() { echo "hello $1"; }; run() { local c=$1; shift; if declare -F "cmd_$c" >/dev/null; then "cmd_$c" "$@"; else echo "no command $c"; return 127; fi; }; run add 2 3; run hello bob; run zzz; echo $?
### callbacks
map() { local f=$1 x; shift; for x in "$@"; do "$f" "$x"; done; }; sq() { echo $(($1*$1)); }; map sq 1 2 3; filter() { local f=$1 x; shift; for x in "$@"; do "$f" "$x" && echo "$x"; done; }; even() { (($1%2==0)); }; filter even 1 2 3 4
### name references
swap() { local -n a=$1 b=$2; local t=$a; a=$b; b=$t; }; x=1 y=2; swap x y; echo $x $y; fill() { local -n r=$1; r=(a b c); }; fill arr; echo ${#arr[@]}; declare -n ref=x; ref=9; echo $x
### return values by stdout
add() { local r=$(( $1 + $2 )); printf '%s' "$r"; }; t=$(add 2 $(add 3 4)); echo "$t"; read -r a b < <(echo 1 2); echo "$b$a"
### local scope
x=global; f() { local x=local; g; echo "f $x"; }; g() { echo "g $x"; x=changed; }; f; echo $x; h() { y=new; }; h; echo $y; (y=sub); echo $y
### dynamic variables
for n in a b; do declare "v_$n=val $n"; done; echo "$v_a|$v_b"; k=v_a; echo "${!k}"; printf -v "v_c" '%03d' 7; echo $v_c; eval "v_d=\$v_a"; echo "$v_d"
### associative counter
s='mississippi'; declare -A c; for ((i=0;i<${#s};i++)); do ((c[${s:i:1}]++)); done; for k in "${!c[@]}"; do echo "$k${c[$k]}"; done | sort | tr '\n' ' '; echo; unset 'c[s]'; echo ${#c[@]}; [[ -v c[m] ]] && echo has; [[ -v c[s] ]] || echo no
### array operations
a=(a b c d e); echo "${a[@]:1:3}" "${a[@]: -2}" "${#a[@]}"; a=("${a[@]:0:2}" X "${a[@]:2}"); echo "${a[@]}"; unset 'a[1]'; echo "${!a[@]}"; a=("${a[@]}"); echo "${!a[@]}"; echo "${a[@]/X/Y}" "${a[@]#a}"; b=("${a[@]}" "${a[@]}"); echo ${#b[@]}
### array with spaces and newlines
a=('one two' $'three\nfour' '' '*'); echo ${#a[@]}; printf '<%s>\n' "${a[@]}"; for i in "${!a[@]}"; do echo "$i:${#a[i]}"; done
### array join and contains
join() { local IFS=$1; shift; echo "$*"; }; join , a b c; join - x; has() { local n=$1 e; shift; for e; do [[ $e == "$n" ]] && return 0; done; return 1; }; has b a b c && echo yes; has z a b || echo no
### array sort unique
a=(pear apple fig apple); mapfile -t s < <(printf '%s\n' "${a[@]}" | sort -u); echo "${s[@]}"; IFS=$'\n' r=($(sort -r <<< "${a[*]}")); echo "${r[0]}"
### string building
s=; for i in {1..5}; do s+="$i,"; done; echo "${s%,}"; printf -v line '%*s' 10 ''; echo "${line// /=}"; echo "$(printf 'ab%.0s' {1..3})"
### string tests
s=hello; [[ $s == h* ]] && echo prefix; [[ $s == *lo ]] && echo suffix; [[ $s == *ell* ]] && echo mid; [[ $s =~ ^h(.)l+(.)$ ]] && echo "${BASH_REMATCH[1]}${BASH_REMATCH[2]}"; [[ a < b ]] && echo lt; [[ -z '' && -n x ]] && echo zn
### regex captures
l='2026-11-20T13:45:00Z level=warn code=42'; re='^([0-9-]+)T([0-9:]+)Z level=([a-z]+) code=([0-9]+)$'; [[ $l =~ $re ]] && printf '%s|' "${BASH_REMATCH[@]:1}"; echo; [[ abc =~ b+ ]] && echo ${#BASH_REMATCH[@]}; [[ 'a.c' =~ a\.c ]] && echo dot; [[ axc =~ a\.c ]] || echo nodot
### case patterns
for x in a.txt IMG.JPG 42 -v --long '' 'a b'; do case $x in *.txt) echo text;; *.[jJ][pP][gG]) echo image;; [0-9]*) echo number;; --*) echo long;; -*) echo short;; '') echo empty;; *\ *) echo space;; esac; done
### case fallthrough
f() { case $1 in a) echo A;& b) echo B;; c) echo C;;& [cd]) echo CD;; *) echo other;; esac; }; f a; f b; f c; f d; f z
### while read with counters
printf '%s\n' 'ok a' 'bad b' 'ok c' > r; ok=0 bad=0; while read -r s n; do case $s in ok) ((ok++));; bad) ((bad++));; esac; done < r; echo "$ok/$bad"; n=0; cat r | while read -r _; do ((n++)); done; echo $n; shopt -s lastpipe; cat r | while read -r _; do ((n++)); done; echo $n
### retry loop
n=0; try() { ((++n >= 3)); }; until try; do echo "attempt $n failed"; ((n<5)) || break; done; echo "ok after $n"
### timeout and exit codes
timeout 5 echo fast; echo $?; timeout 0.1 sleep 5; echo $?; timeout 1 false; echo $?; timeout -s KILL 0.1 sleep 5; echo $?
### producer and consumer
mkfifo p; (for i in 1 2 3; do echo item $i; done > p) & while read -r l; do echo "got $l"; done < p; wait; rm p
### coprocess
coproc C { while read -r x; do echo "$((x*2))"; done; }; echo 21 >&"${C[1]}"; read -r y <&"${C[0]}"; echo $y; exec {C[1]}>&-; wait $C_PID; echo $?
### parallel jobs
for i in 3 1 2; do (sleep 0.$i; echo $i) & done; wait; echo all; (exit 3) & wait $!; echo $?; sleep 0.01 & p=$!; wait $p; echo $?
### job results in order
for i in 1 2 3; do (echo "out $i"; exit $i) > o.$i & p[i]=$!; done; for i in 1 2 3; do wait ${p[i]}; echo "$i -> $? $(cat o.$i)"; done
### semaphore of jobs
run() { echo "start $1" >> log; sleep 0.01; echo "end $1" >> log; }; for i in 1 2 3 4; do while (( $(jobs -rp | wc -l) >= 2 )); do wait -n; done; run $i & done; wait; grep -c start log; grep -c end log; rm log
### kill a background job
sleep 100 & p=$!; kill $p; wait $p 2>/dev/null; echo $?; (trap 'echo term; exit 7' TERM; while :; do sleep 0.01; done) & p=$!; sleep 0.1; kill $p; wait $p; echo $?; kill -0 $p 2>/dev/null || echo dead
### signal between processes
trap 'echo usr1' USR1; kill -USR1 $$; (sleep 0.02; kill -USR1 $$) & wait; wait; echo end
### exit trap order
trap 'echo bye $?' EXIT; trap 'echo err' ERR; false; true; (exit 4); echo go; exit 3
### err trap with line
set -E; trap 'echo "failed: $BASH_COMMAND"' ERR; f() { false; }; f; ls none 2>/dev/null; true && false; echo end
### errexit rules
(set -e; false; echo never); echo $?; (set -e; false || true; echo a; if false; then :; fi; echo b; ! true; echo c); (set -e; x=$(false); echo never); echo $?; (set -e; f() { false; echo in; }; f || echo caught); (set -e; false | true; echo piped)
### pipefail
set -o pipefail; false | true; echo $?; true | false | true; echo $? "${PIPESTATUS[@]}"; set +o pipefail; false | true; echo $?; (exit 3) | (exit 5) | true; echo "${PIPESTATUS[*]}"
### nounset
set -u; (echo "$none") 2>/dev/null; echo $?; echo "${none:-d}"; a=(); echo "${#a[@]}" "${a[@]}"; (echo ${1}) 2>/dev/null; echo $?
### debug trace
PS4='+ '; set -x; x=1; echo "$x a" 2>&1; set +x 2>/dev/null; { set -x; true 'a b'; } 2>&1; set +x 2>/dev/null
### ignore failures list
for c in true false 'exit 3' nonesuch; do (eval "$c") 2>/dev/null; echo "$c: $?"; done
### cleanup stack
at_exit=(); defer() { at_exit+=("$1"); }; run_all() { local i; for ((i=${#at_exit[@]}-1;i>=0;i--)); do eval "${at_exit[i]}"; done; }; trap run_all EXIT; defer 'echo first'; defer 'echo second'; echo body
### here string and doc pipes
tr a-z A-Z <<< 'here string'; cat <<X | sort
b $((1+1))
a
X
while read -r a b; do echo "$b-$a"; done <<X
1 2
3 4
X
### generate a script and run it
cat > gen.sh <<X
#!/usr/bin/env bash
# generated $(echo now)
for i in 1 2; do echo "item \$i"; done
X
chmod +x gen.sh; ./gen.sh; bash gen.sh | tail -1; sh -n gen.sh && echo valid; echo 'if' > bad.sh; bash -n bad.sh 2>/dev/null || echo invalid
### argument quoting through layers
set -- 'a b' "c'd" 'e"f' '$g'; sh -c 'printf "<%s>" "$@"; echo' _ "$@"; printf '%q ' "$@"; echo; eval "set -- $(printf '%q ' "$@")"; echo $# "$2"; bash -c "echo $(printf %q 'x  y')"
### environment passing
A=1 sh -c 'echo $A'; echo "[$A]"; export B=2; sh -c 'echo $B'; env C=3 sh -c 'echo $C'; env -i D=4 /bin/sh -c 'echo $D$B'; (unset B; sh -c 'echo "[$B]"'); B=5 eval 'echo $B'; env | grep -c '^B='
### subshell isolation
x=1; (x=2; cd /; set -- a b; echo $x $#); echo $x $#; { x=3; }; echo $x; y=$(x=4; echo $x); echo $x $y; ( exit 9 ); echo $?
### recursion over arguments
sum() { (($#==0)) && { echo 0; return; }; local h=$1; shift; echo $((h + $(sum "$@"))); }; sum 1 2 3 4; rev() { (($#)) || return 0; local f=$1; shift; rev "$@"; printf '%s ' "$f"; }; rev a b c; echo
### simple state machine
state=start; for t in open write close write; do case $state:$t in start:open) state=opened;; opened:write) echo writing;; opened:close) state=closed;; *) echo "bad $t in $state";; esac; done; echo $state
### makefile like
build() { local t=$1 s=$2; if [ ! -e "$t" ] || [ "$s" -nt "$t" ]; then echo "build $t"; cp "$s" "$t"; touch "$t"; else echo "$t up to date"; fi; }; echo 1 > s; touch -d '2026-01-01' s; build t s; build t s; touch -d '2030-01-01' s; build t s
### topological sort
printf '%s\n' 'a b' 'b c' 'a c' 'd d' | tsort
### json by hand
esc() { local s=$1; s=${s//\\/\\\\}; s=${s//\"/\\\"}; s=${s//$'\n'/\\n}; printf '"%s"' "$s"; }; printf '{"k":%s}\n' "$(esc $'a"b\\c\nd')"
### jq basics
echo '{"a":[1,2,{"b":"x"}],"n":null}' > j; jq -c .a j; jq -r '.a[2].b' j; jq '.a|length' j; jq -c '[.a[]|numbers]|add' j; jq -r 'keys|join(",")' j; jq -e .n j; echo $?
### jq transforms
echo '[{"n":"a","v":2},{"n":"b","v":5}]' > j; jq -r '.[]|"\(.n)=\(.v)"' j; jq 'map(.v)|add' j; jq -c 'map(select(.v>2))' j; jq -c 'sort_by(-.v)|.[0]' j; jq -c '{t:(map(.v)|max)}' j; jq -r '.[]|[.n,.v]|@csv' j
### inventory report
cat > inv.csv <<'X'
sku,name,qty,price
A1,bolt,100,0.25
B2,nut,250,0.10
C3,gear,4,12.5
X
{ echo "Inventory"; echo "========="; tail -n +2 inv.csv | while IFS=, read -r sku name qty price; do printf '%-6s%-8s%5d%8.2f\n' "$sku" "$name" "$qty" "$price"; done; awk -F, 'NR>1{t+=$3*$4} END{printf "total %.2f\n", t}' inv.csv; } > report.txt; cat report.txt
### test runner
t() { local n=$1; shift; if "$@"; then echo "ok - $n"; ((++pass)); else echo "not ok - $n"; ((++fail)); fi; }; pass=0 fail=0; t equal [ 1 = 1 ]; t differ [ 1 = 2 ]; t grep grep -q b <<< abc; echo "1..$((pass+fail)) # $pass passed, $fail failed"; [ $fail -eq 0 ]
### progress by carriage return
for i in 25 50 100; do printf '\r%3d%%' $i; done | tr '\r' '|'; echo
### memoised function
declare -A memo; calls=0; fib() { local n=$1; if [[ -v memo[$n] ]]; then R=${memo[$n]}; return; fi; ((++calls)); if ((n<2)); then R=$n; else fib $((n-1)); local a=$R; fib $((n-2)); R=$((a+R)); fi; memo[$n]=$R; }; fib 40; echo $R $calls
### string to array of chars
s='héllo'; a=(); while IFS= read -rn1 c; do [ -n "$c" ] && a+=("$c"); done <<< "$s"; echo ${#a[@]} "${a[1]}"
### pad and align unicode
for w in a éé 日本; do printf '%s|%d\n' "$w" ${#w}; done; printf '%-5s|\n' ab
### random in range
for i in 1 2 3; do r=$((RANDOM%6+1)); ((r>=1&&r<=6)) && echo ok; done; RANDOM=5; a=$RANDOM; RANDOM=5; [ $a = $RANDOM ] && echo same
### seconds and dates
s=$SECONDS; sleep 0.01; ((SECONDS-s<3)) && echo quick; [[ $(date +%s) =~ ^[0-9]{10}$ ]] && echo ts; [[ $EPOCHSECONDS =~ ^[0-9]+$ ]] && echo epoch
### directory stack
mkdir -p a/b; pushd a >/dev/null; pushd b >/dev/null; dirs -p | wc -l; basename "$PWD"; popd >/dev/null; basename "$PWD"; popd >/dev/null; ls; cd a/b; cd - >/dev/null; ls
### history of positional parameters
set -- a b c d; shift; echo $*; shift 2; echo $# $1; shift 5 2>/dev/null; echo $?; set --; echo $#; set -- -x; echo $1
### arithmetic for loops
for ((i=10;i>0;i-=3)); do printf '%d ' $i; done; for ((;;)); do ((++k>=3)) && break; done; echo $k; for i in {10..0..-5}; do printf '%d ' $i; done; echo
### nested functions and unset
f() { g() { echo inner; }; g; }; f; g; unset -f g; g 2>/dev/null; echo $?; f() { echo redefined; }; f; declare -F f
### read options
echo 'a,b,c' | { IFS=, read -r x y; echo "$x|$y"; }; echo abc | { read -n2 z; echo $z; }; printf 'a:b' | { read -d: w; echo $w; }; echo 'a\tb' | { read v; echo "$v"; }; read -t 0.01 q < /dev/null; echo $?; echo x y z | { read -a arr; echo ${arr[2]}; }
### printf to variables and dates
printf -v d '%(%Y-%m-%d)T' 0; echo $d; printf '%(%H:%M)T\n' 3600; printf '%s %s\n' only; printf '%%|%5s|%-5s|\n' a b; printf '%s\n' "$(printf '\u00e9\x41')"; printf '%d\n' "'A" 0x10 010
