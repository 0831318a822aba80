### a pool of workers
set -u
mkdir -p out
declare -A name_of=()
max=3 failed=() pids=()
work() { # sleeps a little, now and then fails
  local id=$1 pause=$2
  : > "out/busy.$id"
  set -- out/busy.*; echo "$#" >> peaks
  sleep "$pause"
  echo "result of $id" > "out/$id"
  rm "out/busy.$id"
  (( id % 4 )) || return $(( id + 10 ))
}
slot() { while (( $(jobs -rp | wc -l) >= max )); do sleep 0.01; done; }
for id in {1..9}; do
  slot
  work "$id" "0.0$(( (id * 7) % 5 ))" &
  pids+=($!) name_of[$!]=$id
done
for pid in "${pids[@]}"; do
  wait "$pid" || failed+=("${name_of[$pid]}:$?")
  unset "name_of[$pid]"
done
echo "left ${#name_of[@]}, never more than $max: $(awk -v m="$max" '$1 > m { bad = 1 } END { print bad ? "no" : "yes" }' peaks)"
rm peaks
printf '%s\n' "${failed[@]}" | sort -t: -k1,1n
cat out/* | sort -k3,3n | paste -sd,
wait -n 2>/dev/null; echo "nothing to wait for: $?"
wait 99999 2>/dev/null; echo "no child: $?"
( exit 3 ) & first=$!; ( exit 4 ) & second=$!
wait "$second"; echo "second $?"; wait "$first"; echo "first $?"; wait "$first" "$second"; echo "again $?"
true & wait "$!" && echo "waited"
sleep 5 & kill "$!"; wait "$!" 2>/dev/null; echo "killed: $?"
{ sleep 0.01; exit 9; } & wait %1 2>/dev/null; echo "by job number: $?"
seq 6 | xargs -P3 -I{} sh -c 'echo "item {}" > out/x{}; exit 0'; cat out/x* | wc -l
(sleep 0.05; echo late) & (echo early); wait; echo "all done"
### a server behind two pipes
set -u
mkfifo requests answers
server() {
  local id verb rest
  declare -A store=()
  while read -r id verb rest; do
    case $verb in
      SET) store[${rest%% *}]=${rest#* }; echo "$id OK" ;;
      GET) if [[ -v store[$rest] ]]; then echo "$id VALUE ${store[$rest]}"; else echo "$id MISSING $rest"; fi ;;
      DEL) unset "store[$rest]"; echo "$id OK" ;;
      KEYS) echo "$id KEYS $(printf '%s\n' "${!store[@]}" | sort | paste -sd' ')" ;;
      ADD) (( store[${rest%% *}] += ${rest#* } )); echo "$id VALUE ${store[${rest%% *}]}" ;;
      QUIT) echo "$id BYE ${#store[@]}"; return 7 ;;
      *) echo "$id ERROR unknown <$verb>" ;;
    esac
  done
  echo "input ended" >&2
}
server < requests > answers &
pid=$!
exec {to}> requests {from}< answers
next=0
call() { local id=$(( ++next )) reply; echo "$id $*" >&"$to"; IFS= read -r reply <&"$from"; [[ ${reply%% *} == "$id" ]] || echo "out of step"; printf '%-22s -> %s\n' "$*" "${reply#* }"; (( next = id )); }
call SET colour deep blue
call SET 'count 41'
call GET colour
call ADD count 1
call GET nothing
call KEYS
call DEL colour
call SET 'a*b x  y'
call KEYS
call NOOP
call GET 'a*b'
call QUIT
wait "$pid"; echo "server ended with $?"
read -r -t 0.1 extra <&"$from"; echo "read gives $? at the end"
exec {to}>&- {from}<&-
rm requests answers
mkfifo one; { echo "$(< one)" & cat > one <<< "through the pipe"; wait; }; [[ -p one ]] && echo "still a pipe"
( exec 3<> one; echo "a b" >&3; echo "c d" >&3; read -r x y <&3; read -r z <&3; echo "$y|$z|$x" )
### a coprocess that counts
coproc COUNTER { n=0; while read -r what by; do case $what in add) (( n += by )) ;; show) echo "$n" ;; text) echo "n is $n" ;; stop) exit "$n" ;; esac; done; echo "end of input: $n"; }
pid=$COUNTER_PID
echo "add 5" >&"${COUNTER[1]}"
echo "add 7" >&"${COUNTER[1]}"
echo show >&"${COUNTER[1]}"
read -r answer <&"${COUNTER[0]}"; echo "answer $answer"
printf '%s\n' 'add -2' text show >&"${COUNTER[1]}"
for i in 1 2; do read -r line <&"${COUNTER[0]}"; echo "line $i: $line"; done
echo stop >&"${COUNTER[1]}"
wait "$pid"; echo "status $?"
coproc bc -l
pid=$COPROC_PID
echo 'scale=5; 22/7' >&"${COPROC[1]}"; read -r pi <&"${COPROC[0]}"; echo "$pi"
echo "2^64" >&"${COPROC[1]}"; read -r big <&"${COPROC[0]}"; echo "$big"
eval "exec ${COPROC[1]}>&-"
wait "$pid"; echo "bc ended with $?"
coproc SORT { sort -n; }
in=${SORT[1]} out=${SORT[0]}
exec 5<&"$out"
printf '%s\n' 10 9 100 1 >&"$in"
exec {in}>&-
paste -sd' ' <&5; exec 5<&-
wait
f() { coproc INNER { tr a-z A-Z; }; exec 6<&"${INNER[0]}"; echo "from a function" >&"${INNER[1]}"; eval "exec ${INNER[1]}>&-"; cat <&6; exec 6<&-; }
f; wait
exec 7< <(for i in a b c; do echo "$i"; done); while read -r -u 7 l; do printf '<%s>' "$l"; done; echo; exec 7<&-
exec 8> >(sed 's/^/log: /' > log); echo one >&8; echo two >&8; exec 8>&-; until [[ $(wc -l < log) == 2 ]]; do sleep 0.02; done; cat log
tee >(wc -l > lines) >(tr -d '\n' | wc -c > chars) < <(seq 10) > last; until [[ -s lines && -s chars ]]; do sleep 0.02; done; tail -1 last; cat lines chars
paste <(seq 3) <(seq 4 6) <(echo x; echo y); diff <(sort <<< $'b\na') <(printf 'a\nc\n'); cat < <(echo "read from") - <<< here
### signals between parent and children
exec 2>&1
log() { echo "$*" >> events; }
child() {
  local count=0
  trap '(( ++count )); log "child USR1 $count"; kill -USR2 $parent' USR1
  trap 'log "child TERM"; exit 21' TERM
  trap 'log "child leaves after $count"' EXIT
  log "child ready"; : > ready
  while :; do sleep 0.02; done
}
parent=$$ got=0
trap '(( ++got ))' USR2
child & pid=$!
until [[ -e ready ]]; do sleep 0.02; done
for want in 1 2 3; do
  kill -USR1 "$pid"
  until (( got >= want )); do sleep 0.02; done
done
kill -0 "$pid" && echo "alive"
kill -TERM "$pid"
wait "$pid"; echo "child gave $?"
kill -0 "$pid" 2> /dev/null || echo "gone"
cat events; echo "parent got $got"
trap 'echo "caught TERM while waiting"' TERM
sleep 30 & sleeper=$!
( sleep 0.1; kill -TERM $$ ) &
wait "$sleeper"; echo "wait was cut short with $?"
kill "$sleeper"; wait "$sleeper"; echo "sleeper $?"
trap - TERM
( trap '' INT; bash -c 'kill -INT $$; echo "INT is ignored below"' )
bash -c 'set -m; sleep 10 & kill -STOP %1; sleep 0.1; jobs; kill -CONT %1; kill %1; wait %1; echo "job $?"' 2> /dev/null | sed 's/  */ /g'
{ kill -l 15; kill -l TERM; kill -l 130; kill -l HUP QUIT; } | paste -sd' '
kill -NOPE $$; echo "status $?"; kill; echo "status $?"; kill -0 999999; echo "status $?"
( kill -PIPE $BASHPID ); echo "pipe $?"; { ( kill -s ALRM $BASHPID ); echo "alarm $?"; bash -c 'kill -9 $$'; echo "nine $?"; } 2> /dev/null
trap 'echo "exit sees $?"' EXIT; ( exit 5 )
### one writer at a time
set -eu
echo 0 > total; : > order
bump() { # lock by flock on a descriptor
  local n
  exec 9>> lock
  flock 9
  n=$(< total); sleep 0.00$(( RANDOM % 3 )); echo $(( n + $1 )) > total
  echo "$1" >> order
  exec 9>&-
}
for by in 1 2 3 4 5; do ( for i in 1 2 3; do bump "$by"; done ) & done
wait
echo "total $(< total), turns $(wc -l < order)"
sort order | uniq -c | sed 's/^ *//' | paste -sd';'
by_directory() {
  local tries=0
  until mkdir lock.d 2>/dev/null; do (( ++tries < 500 )) || return 1; sleep 0.01; done
  trap 'rmdir lock.d' RETURN
  echo "$1 in" >> log; sleep 0.01; echo "$1 out" >> log
}
for w in a b c; do by_directory "$w" & done; wait
awk '{ if ($2 == "in") { if (open != "") bad = 1; open = $1 } else { if (open != $1) bad = 1; open = "" } } END { print (bad ? "mixed" : "never two at once"), NR }' log
( flock -n 9 && { ( flock -n 9 || echo "held by another" ) 9< lock; flock -u 9; ( flock -n 9 && echo "free again" ) 9< lock; } ) 9> lock
( flock -s 8; ( flock -s -n 8 && echo "readers together" ) 8< lock; ( flock -x -n 8 || echo "no writer with a reader" ) 8< lock ) 8< lock
flock -w 0.05 lock true && echo "lock file"; flock lock -c 'echo "by a shell"; exit 6' || echo "status $?"
flock -E 99 -n lock sh -c 'flock -E 98 -n lock true || echo "inner $?"' || echo "outer $?"
ln -s "holder-$$" link.lock && ! ln -s other link.lock 2>/dev/null && echo "link lock held"
pid=$(readlink link.lock); [[ ${pid#holder-} == "$$" ]] && kill -0 "${pid#*-}" && echo "by this process"
rm -rf link.lock; [[ -d lock.d ]] || echo "all unlocked"
semaphore=3; mkfifo slots; exec {slots}<> slots; for (( i = 0; i < semaphore; i++ )); do echo >&"$slots"; done
mkdir active; : > peaks
for t in {1..8}; do
  read -r -u "$slots" _
  ( : > "active/$t"; set -- active/*; echo $# >> peaks; sleep 0.02; rm "active/$t"; echo >&"$slots" ) &
done
wait; exec {slots}>&-; (( $(sort -n peaks | tail -1) <= 3 )) && echo "never more than three"; rm slots log order peaks
### output of several children kept apart
set -u
stage() { local tag=$1 status; shift; { { "$@" 2>&3; echo $? > status; } | sed "s/^/[$tag] /" > "$tag.out"; } 3>&1 | sed "s/^/[$tag!] /" > "$tag.err"; status=$(< status); echo "$tag: $status"; }
noisy() { local i; for (( i = 1; i <= $1; i++ )); do echo "line $i"; (( i % 2 )) || echo "problem $i" >&2; done; return "$1"; }
stage a noisy 3; stage b noisy 4
cat {a,b}.out {a,b}.err
echo "== swapped"
{ noisy 2 3>&1 1>&2 2>&3 3>&- | sed 's/^/was stderr: /'; } 2>&1 | sort
echo "== both and status"
result=$( { { noisy 2; echo "st=$?" >&3; } 2>&1 | tr a-z A-Z; } 3>&1 ); sort <<< "$result"
capture() { # out, err and status into three variables
  local -n _out=$1 _err=$2 _status=$3; shift 3
  { IFS= read -rd '' _out; IFS= read -rd '' _status; } < <(printf '%s\0%d\0' "$( { "$@"; s=$?; } 2> err.tmp; printf 'x'; exit "$s" )" $?)
  _err=$(< err.tmp); rm err.tmp
  _out=${_out%x}; return 0
}
capture o e s noisy 2; printf 'out=%q err=%q status=%s\n' "$o" "$e" "$s"
echo "== numbered"
for n in 3 4 5; do eval "exec $n> file$n"; done
for n in 3 4 5; do echo "to $n" >&$n; done
exec 3>&- 4>&- 5>&-
tail -n +1 file{3..5}
echo "== read and write at once"
printf '0123456789\nabcdef\n' > rw; exec 6<> rw; read -r -n 4 -u 6 head; echo -n "XX" >&6; cat <&6; exec 6>&-; cat rw; echo "$head"
exec 4>&1; v=$(echo captured; echo "shown" >&4); exec 4>&-; echo "$v"
{ echo a; echo b >&2; } &> both; { echo c; echo d >&2; } &>> both; { echo e; echo f >&2; } >> both 2>&1; sort both | paste -sd' '
{ echo lost; } 2>&1 > /dev/null; { echo "to stderr" >&2; } 2>&1 > /dev/null | cat
for f in 1 2; do echo "in loop $f"; done > loop; while read -r l; do echo "$l" | tr a-z A-Z; done < loop > loop2; cat loop2; if true; then cat; fi < loop | wc -l
echo "x" | { read -r a; echo "$a" > >(cat); }; wait; echo | cat <(echo first) - <(echo last); cat <&- 2>/dev/null; echo "closed $?"
### deadlines and watchdogs
exec 2>&1
with_deadline() { # seconds command...: kills it when its time is over, tells how it went
  local limit=$1 status; shift
  "$@" & local pid=$!
  ( sleep "$limit"; kill -TERM "$pid" 2>/dev/null ) & local dog=$!
  wait "$pid"; status=$?
  kill "$dog" 2>/dev/null; wait "$dog"
  return "$status"
}
with_deadline 1 true; echo "quick: $?"
with_deadline 1 bash -c 'exit 3'; echo "quick failure: $?"
with_deadline 0.1 sleep 20; echo "too slow: $?"
stubborn() { trap 'echo "not so fast"; trap - TERM' TERM; local i; for i in {1..40}; do sleep 0.05; done; echo never; }
with_deadline 0.2 stubborn > stubborn.log & waiter=$!
sleep 0.4; kill -0 "$waiter" && echo "went on after TERM"; pkill_children() { kill -KILL "$waiter"; }; pkill_children; wait "$waiter" 2> /dev/null; echo "watchdog killed: $?"
read -r -t 0.05 line < <(sleep 0.3; echo late); echo "read timed out: $(( $? > 128 ))"
read -r -t 5 line < <(echo prompt); echo "read in time: $? $line"
while read -r -t 0.2 l; do echo "got $l"; done < <(echo 1; echo 2; sleep 0.6; echo 3); echo "then silence"
heartbeat() { local n=0; trap 'echo "stopped after some beats: $(( n > 0 ))"; exit 0' TERM; while :; do (( ++n )); : > beat; sleep 0.02; done; }
heartbeat & h=$!; until [[ -e beat ]]; do sleep 0.02; done; kill "$h"; wait "$h"; echo "heart $?"
timeout 0.2 bash -c 'trap "echo asked to stop; exit 5" TERM; while :; do sleep 0.02; done' 2> /dev/null; echo "timeout $?"
{ timeout -k 0.1 0.1 bash -c 'trap "" TERM; while :; do sleep 0.02; done'; echo "killed in the end $?"; } 2> /dev/null
( sleep 20 & sleep 20 & trap 'kill $(jobs -p); wait; echo "group is gone"' EXIT; exit 4 ) 2>/dev/null; echo "status $?"
seconds() { local -i s=$SECONDS; sleep 0; echo $(( SECONDS - s < 3 )); }; seconds; SECONDS=100; (( SECONDS >= 100 && SECONDS < 110 )) && echo "counts from 100"
until_file() { local n=0; until [[ -e $1 ]]; do (( ++n > 200 )) && return 1; sleep 0.02; done; }; ( sleep 0.05; echo data > .tmp && mv .tmp arrived ) & until_file arrived && cat arrived; wait
rm -f beat arrived stubborn.log
