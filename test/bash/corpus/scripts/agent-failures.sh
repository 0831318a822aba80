### a deployment that rolls back
set -Eeuo pipefail
log() { printf '%-5s %s\n' "$1" "${*:2}"; }
undo=()
push_undo() { undo=("$(printf '%q ' "$@")" "${undo[@]}"); }
roll_back() {
  local status=$1 line=$2 command=$3 step
  log ERROR "status $status at: $command (in ${FUNCNAME[1]:-main})"
  for step in "${undo[@]}"; do log UNDO "$step"; eval "$step" || log WARN "undo failed"; done
  exit "$status"
}
mkdir -p releases/{1,2} shared; echo v1 > releases/1/app; echo v2 > releases/2/app
ln -s releases/1 current
deploy() (
  undo=()
  trap 'roll_back $? $LINENO "$BASH_COMMAND"' ERR
  trap 'log EXIT "left with $?, current is $(readlink current)"' EXIT
  local version=$1 health=$2
  log INFO "deploying $version"
  push_undo ln -sfn "$(readlink current)" current
  ln -sfn "releases/$version" current
  mkdir "shared/lock file"
  push_undo rmdir "shared/lock file"
  check() { local want=$1; [[ $(< current/app) == "$want" ]]; }
  check "$health"
  rmdir "shared/lock file"
  log INFO "healthy"
)
set +e
deploy 2 broken; echo "-> $?"
deploy 9 v9 2>/dev/null; echo "-> $?"
deploy 2 v2; echo "-> $?"
set -e
ls shared | wc -l; readlink current
if ! ( set -e; trap 'echo "trap in a condition"' ERR; false; echo "goes on" ); then echo no; fi
( set +e; trap 'echo "ERR $? $BASH_COMMAND"' ERR; false; false || true; ! true; (exit 7); if false; then :; fi; grep -q x <<< y; true )
f() { false; echo "after in f"; }; ( set +E; trap 'echo "ERR outside"' ERR; f; true ) || echo "left with $?"
### statuses of every stage
run() { printf '%s' "$1 => "; eval "$1"; local s=("${PIPESTATUS[@]}") r=$?; echo "[${s[*]}]"; }
run 'true | false | (exit 3)'
run '(exit 1) | (exit 2) | cat'
run '! false | true'
run 'seq 100000 | head -1 > /dev/null'
run 'yes | head -2 | wc -l'
run 'no_such_command_x 2> /dev/null | cat'
run 'cat missing 2>&1 | sed "s/.*: //"'
set -o pipefail
false | true; echo "pipefail $?"
true | (exit 4) | (exit 5) | true; echo "last failure $?"
! false | true; echo "negated $?"
yes | head -1; echo "${PIPESTATUS[0]} ${PIPESTATUS[1]}"
x=$(false | echo text); echo "$x $?"
if echo a | grep -q b | cat; then echo found; else echo "not found ${PIPESTATUS[*]}"; fi
set +o pipefail
false | tee out | wc -c; echo "${PIPESTATUS[@]}"
{ echo a; exit 6; } | cat; echo "${PIPESTATUS[0]}"
f() { return 9; }; f | f; echo "${PIPESTATUS[*]} ${#PIPESTATUS[@]}"
kill -TERM $BASHPID | :; echo "after a pipe"
( kill -KILL $BASHPID ) 2>/dev/null; echo "killed $?"
bash -c 'kill -TERM $$'; echo "terminated $?"
sh -c 'exit 300'; echo "$?"; (exit -1); echo "$?"
shopt -s lastpipe; set +m
echo "a b" | read -r one two; echo "lastpipe: $one,$two"
seq 3 | while read -r n; do (( total += n )); done; echo "total $total"
printf '%s\n' x y | mapfile -t lines; echo "${#lines[@]} ${PIPESTATUS[*]}"
wait; timeout 5 true; echo "$?"; timeout 0.1 sleep 5; echo "$?"; timeout -s KILL 0.1 sleep 5; echo "$?"
timeout 1 bash -c 'exit 17'; echo "$?"; timeout --preserve-status -s TERM 0.1 sleep 5; echo "$?"; timeout -k 1 5 no-such-program 2> /dev/null; echo "$?"
env false; echo "$?"; nice true; echo "$?"; command -v nothing-here; echo "$?"; ./none 2>/dev/null; echo "$?"; touch plain; ./plain 2>/dev/null; echo "$?"; mkdir d; ./d 2>/dev/null; echo "$?"
### traps of every kind, in order
exec 2>&1
out() { echo "[$BASH_SUBSHELL] $*"; }
trap 'out EXIT outer $?' EXIT
( trap 'out EXIT inner $?' EXIT; out body; exit 3 ); out "after $?"
( out "no trap inherited"; trap -p EXIT )
trap 'out USR1' USR1; kill -USR1 $$; out "after USR1"
trap '' USR2; kill -USR2 $$; out "USR2 ignored"; trap -p USR2
( trap -p USR1; trap - USR1; kill -USR2 $BASHPID; out "still ignored below" )
trap - USR1 USR2
depth=0
trap '(( depth++ < 4 )) && out "DEBUG $BASH_COMMAND"' DEBUG
a=1
echo "two $a"
for i in x y; do :; done
trap - DEBUG
g() { trap 'out "RETURN of ${FUNCNAME[0]}"' RETURN; out "in g"; return 5; }
g; out "g gave $?"; trap - RETURN
h() { local s=local; trap 'out "INT with $s"; trap - INT; return 8' INT; kill -INT $BASHPID; out "not reached"; }
( h; out "h gave $?" )
set -o errtrace
trap 'out "ERR $? from <$BASH_COMMAND>"' ERR
k() { false; return 2; }
k || out "guarded"
k; out "unguarded $?"
out "sub: $(false; echo done)"
[[ a == b ]]; (( 0 )); let 0; test -e nothing
while false; do :; done; until true; do :; done
case x in x) false ;; esac
trap - ERR
trap 'out first' EXIT; trap 'out "second $?"; exit 4' EXIT
bash -c 'trap "echo child exit" EXIT; trap "echo child term; exit 9" TERM; kill $$; echo not here'; out "child $?"
bash -c 'trap "echo only hup" HUP; exec true'; out "exec $?"
trap 'out "bye"' 0; trap -p EXIT; trap -l | head -1 | cut -c1-20
trap bad-signal NOSUCH; out "status $?"
(trap 'echo "line $LINENO"' EXIT; exit 2); exit 6
### tried again, each time longer
set -u
clock=0
fake_sleep() { clock=$(awk -v c="$clock" -v d="$1" 'BEGIN { printf "%g", c + d }'); }
declare -A calls=()
retry() {
  local -i tries=3 n=0; local wait=0.5 factor=2 only='' quiet=0 status OPTIND opt
  while getopts 'n:w:f:o:q' opt; do
    case $opt in
      n) tries=$OPTARG ;; w) wait=$OPTARG ;; f) factor=$OPTARG ;; o) only=$OPTARG ;; q) quiet=1 ;;
      *) return 64 ;;
    esac
  done
  shift $(( OPTIND - 1 ))
  (( $# )) || { echo "retry: no command" >&2; return 64; }
  while :; do
    n+=1
    if "$@"; then (( quiet )) || echo "ok after $n (clock $clock)"; return 0; else status=$?; fi
    if [[ -n $only && " ${only//,/ } " != *" $status "* ]]; then echo "status $status is not tried again"; return "$status"; fi
    (( n >= tries )) && { echo "gave up after $n (clock $clock), status $status"; return "$status"; }
    fake_sleep "$wait"
    wait=$(bc <<< "$wait * $factor")
  done
}
flaky() { local key=$1 good=$2 status=${3:-1}; (( calls[$key] = ${calls[$key]:-0} + 1 )); (( calls[$key] >= good )) || return "$status"; }
retry flaky a 1; retry flaky b 3; retry flaky c 9 7; echo "status $?"
retry -n 5 -w 1 -f 3 flaky d 5
retry -o 75,111 flaky e 2 75; retry -o 75,111 flaky f 2 1; echo "status $?"
retry -q -n 2 flaky g 2; echo "quiet $?"
retry 2>&1; echo "status $?"; retry -z x 2>&1; echo "status $?"
for k in $(printf '%s\n' "${!calls[@]}" | sort); do printf '%s=%d ' "$k" "${calls[$k]}"; done; echo
circuit=closed failures=0
guarded() {
  [[ $circuit == open ]] && { echo "refused"; return 1; }
  if "$@"; then failures=0; else (( ++failures >= 3 )) && circuit=open; return 1; fi
}
for i in {1..5}; do guarded false && echo yes || echo "no ($circuit, $failures)"; done
circuit=half; guarded true && circuit=closed; echo "$circuit $failures"
deadline() { local end=$(( SECONDS + $1 )); shift; until "$@"; do (( SECONDS >= end )) && return 124; sleep 0.02; done; }
( sleep 0.1; touch ready ) & deadline 10 test -e ready; echo "ready $?"; wait
deadline 0 test -e never; echo "never $?"
( unset nothing; echo "${nothing}" ) 2>/dev/null; echo "unset $?"; echo "${nothing-default}" "${nothing:+set}" "${calls[zz]-none}"
### files written whole or not at all
set -eu
write_atomic() {
  local target=$1 mode=${2:-644} tmp
  tmp=$(mktemp "${target%/*}/.tmp.XXXXXX")
  trap 'rm -f "$tmp"' RETURN
  if ! cat > "$tmp"; then return 1; fi
  [[ -s $tmp ]] || { echo "refusing to empty $target" >&2; return 2; }
  chmod "$mode" "$tmp"
  if [[ -e $target ]] && cmp -s "$tmp" "$target"; then echo "unchanged $target"; return 0; fi
  [[ ! -e $target ]] || cp -p "$target" "$target.orig"
  mv -f "$tmp" "$target"
  echo "wrote $target ($(stat -c '%a %s' "$target"))"
}
mkdir -p etc
echo "a=1" | write_atomic etc/app.conf 600
echo "a=1" | write_atomic etc/app.conf 600
echo "a=2" | write_atomic etc/app.conf
: | write_atomic etc/app.conf 2>&1 || echo "status $?"
ls -A etc; cat etc/app.conf etc/app.conf.orig
set -o noclobber
echo new > etc/app.conf 2>/dev/null || echo "not overwritten"
echo forced >| etc/other; cat etc/other
( set -C; echo $$ > etc/lock ) 2>/dev/null && echo "lock taken"
( set -C; echo $$ > etc/lock ) 2>/dev/null || echo "lock is held"
set +o noclobber
exec {lock}> etc/flock
flock -n "$lock" && echo "flock"
( flock -n 9 || echo "second has to wait" ) 9> etc/flock
flock -u "$lock"; ( flock -n 9 && echo "second has it" ) 9> etc/flock
exec {lock}>&-
if true >&"$lock"; then echo open; else echo "descriptor closed"; fi
umask 077; (umask 027; mkdir etc/private; : > etc/private/key); stat -c '%a %n' etc/private etc/private/key; umask
install -m 640 -D etc/app.conf etc/deep/er/app.conf; stat -c %a etc/deep/er/app.conf
ln etc/app.conf etc/hard; write_atomic etc/hard <<< "a=3"; cat etc/app.conf; stat -c %h etc/app.conf
cp --backup=numbered etc/other etc/app.conf; cp --backup=numbered etc/hard etc/app.conf; mv -b etc/other etc/app.conf; ls etc | sort | paste -sd' '
truncate -s 3 etc/app.conf; od -c etc/app.conf | head -1; echo "end" >> etc/app.conf; sync; cat etc/app.conf
rm -r etc/private etc/deep; find etc -type f -newer etc/flock | wc -l > /dev/null; rm -f etc/lock
### logs that turn over
LOG=run/app.log MAX=60 KEEP=3
mkdir -p run
rotate() {
  local i
  [[ -f $LOG ]] || return 0
  rm -f "$LOG.$KEEP.gz"
  for (( i = KEEP; i > 1; i-- )); do
    [[ -f $LOG.$((i - 1)).gz ]] && mv "$LOG.$((i - 1)).gz" "$LOG.$i.gz"
  done
  gzip -c "$LOG" > "$LOG.1.gz" && : > "$LOG"
}
exec {logfd}>> "$LOG"
tick=0
log() {
  local level=$1; shift
  printf '%s %-5s %s\n' "$(date -u -d "@$(( 1700000000 + tick++ * 3600 ))" '+%FT%TZ')" "$level" "$*" >&$logfd
  if (( $(stat -c %s "$LOG") > MAX )); then rotate; fi
}
for n in {1..7}; do
  case $(( n % 3 )) in 0) log WARN "turn $n is odd" ;; 1) log INFO "turn $n" ;; *) log DEBUG "turn $n: $(( n * n ))" ;; esac
done
exec {logfd}>&-
for f in run/*; do
  printf '%s: ' "${f##*/}"
  case $f in *.gz) zcat "$f" | wc -l ;; *) wc -l < "$f" ;; esac
done
zcat $(ls -r run/*.gz) | cat - "$LOG" | cut -d' ' -f1,2 | sed 's/T.*Z//' | uniq -c | sed 's/^ *//'
zcat run/*.gz | grep WARN | awk '{ print $NF }'
gzip -l run/app.log.1.gz | awk 'NR == 2 { print $2, $4 }'
gzip -t run/*.gz && echo sound
gunzip -k run/app.log.2.gz && cmp run/app.log.2 <(zcat run/app.log.2.gz) && echo same
printf 'damaged' > run/bad.gz; gzip -t run/bad.gz 2>&1; echo "status $?"; gunzip run/none.gz 2>&1; echo "status $?"
tail -n +2 run/app.log.2 | head -c 20; echo; tail -c 9 run/app.log.2
find run -name '*.gz' -size -1k -o -name 'bad*' | sort; find run -name '*.log.[0-9]' -exec sh -c 'for f; do mv "$f" "${f%.*}-old.${f##*.}"; done' _ {} +
rm run/*.gz; ls run
### what was begun is put back, newest first
cleanups=()
defer() { cleanups+=("$(printf '%q ' "$@")"); }
run_deferred() {
  local status=$? i
  for (( i = ${#cleanups[@]} - 1; i >= 0; i-- )); do
    eval "${cleanups[i]}" || echo "cleanup failed: ${cleanups[i]}"
  done
  cleanups=()
  return "$status"
}
say() { printf '<%s>' "$@"; echo; }
task() (
  trap run_deferred EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  dir=$(mktemp -d ./work.XXXX); defer rm -rf "$dir"
  exec {fd}> "$dir/file"; defer say "closing" "the file's descriptor"
  echo "content" >&$fd
  defer say 'a "quoted"' '$HOME' $'tab\there' '' '*'
  case $1 in
    good) say "work done" ;;
    exit) exit 12 ;;
    error) set -e; false; say never ;;
    unset) set -u; say "${undefined_variable}" ;;
    missing) nothing-like-it ;;
    term) kill -TERM $BASHPID; say never ;;
    int) kill -INT $BASHPID; say never ;;
    nested) ( trap 'say "inner cleanup"' EXIT; exit 3 ); say "inner gave $?" ;;
    readonly) readonly constant=1; constant=2; say never ;;
    badcleanup) defer false; defer no-such-cleanup ;;
    arith) set -e; (( 1 / zero )); say never ;;
    required) : "${needed:?is required}"; say never ;;
    syntax) eval 'if then'; say "went on with $?" ;;
  esac
)
for how in good exit error unset missing term int nested readonly badcleanup arith required syntax; do
  echo "-- $how"
  task "$how" 2> errors
  echo "status $?"
  sed -E 's/^.*line [0-9]+: //' errors | head -2
done
ls
### a test framework of its own
exec 2>&1
pass=0 fail=0 skipped=0 failures=()
assert_eq() { [[ $1 == "$2" ]] || { printf '    want <%q>\n    got  <%q>\n' "$2" "$1"; return 1; }; }
assert_match() { [[ $1 =~ $2 ]] || { echo "    <$1> is not like <$2>"; return 1; }; }
assert_status() { local want=$1 got; shift; "$@" > /dev/null 2>&1; got=$?; (( got == want )) || { echo "    status $got of '$*', not $want"; return 1; }; }
assert_output() { local want; want=$(cat); assert_eq "$("$@" 2>&1)" "$want"; }
skip() { echo "    skipped: $*"; exit 77; }
setup() { fixture=$(mktemp -d); cd "$fixture" || return; echo data > file; }
teardown() { cd / && rm -rf "$fixture"; }
test_addition() { assert_eq $(( 2 + 2 )) 4; }
test_string_with_blanks() { assert_eq "a b" "a  b"; }
test_file_is_there() { assert_status 0 test -f file && assert_status 1 test -d file; }
test_regex() { assert_match "v1.22.3-rc1" '^v([0-9]+)\.([0-9]+)'; assert_eq "${BASH_REMATCH[2]}" 22; }
test_output() { assert_output printf '%s-%s\n' a b c <<< $'a-b\nc-'; }
test_errexit_inside() { set -e; false; echo "    not here"; }
test_skipped() { skip "no network"; }
test_leaks_nothing() { leaked=1; cd /; exit 0; }
test_missing_command() { no-such-command-xyz; }
test_control_characters() { assert_eq $'tab\tnl\n\x01é' $'tab\tnl\n\x02é'; }
run_test() {
  local name=$1 output status
  output=$( set -u; trap teardown EXIT; setup; "$name" )
  status=$?
  case $status in
    0) (( ++pass )); printf 'ok   %s\n' "${name#test_}" ;;
    77) (( ++skipped )); printf 'skip %s\n' "${name#test_}" ;;
    *) (( ++fail )); failures+=("$name"); printf 'FAIL %s (status %d)\n' "${name#test_}" "$status" ;;
  esac
  [[ -z $output ]] || sed -E 's/bash: line [0-9]+: //' <<< "$output"
}
mapfile -t tests < <(compgen -A function test_ | sort)
echo "1..${#tests[@]}"
for t in "${tests[@]}"; do run_test "$t"; done
echo "$pass passed, $fail failed, $skipped skipped; leaked=${leaked-no} in ${PWD##*/}" | sed 's/ in .*//'
printf '%s\n' "${failures[@]/#test_/- }"
declare -f test_regex | head -3; type -t assert_eq test_addition skip true cd if | sort | uniq -c | sed 's/^ *//'
(( fail == 0 ))
