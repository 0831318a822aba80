### report of an access log
set -euo pipefail
cat > access.log <<'LOG'
10.0.0.1 - [01/Mar/2024:10:00:01] "GET /index.html" 200 512 12
10.0.0.2 - [01/Mar/2024:10:00:02] "GET /missing" 404 0 3
10.0.0.1 - [01/Mar/2024:10:01:07] "POST /api/orders" 201 64 145
10.0.0.3 - [01/Mar/2024:10:02:11] "GET /api/orders" 500 0 2001
10.0.0.2 - [01/Mar/2024:11:15:00] "GET /index.html" 200 512 9
LOG
echo "== by status"
awk '{ n[$6]++ } END { for (s in n) print s, n[s] }' access.log | sort
echo "== by client"
cut -d' ' -f1 access.log | sort | uniq -c | sort -k1,1nr -k2 | awk '{ printf "%-10s %3d\n", $2, $1 }'
echo "== slow"
while read -r ip _ time method path status bytes ms; do
  (( ms > 100 )) && printf '%s %s %s (%d ms)\n' "$ip" "${method#\"}" "${path%\"}" "$ms"
done < access.log || true
declare -A hours=()
while IFS= read -r line; do
  [[ $line =~ :([0-9]{2}):[0-9]{2}:[0-9]{2}\] ]] && hours[${BASH_REMATCH[1]}]=$(( ${hours[${BASH_REMATCH[1]}]:-0} + 1 ))
done < access.log
for h in $(printf '%s\n' "${!hours[@]}" | sort); do echo "hour $h: ${hours[$h]}"; done
### sales of a CSV by region
cat > sales.csv <<'CSV'
date,region,product,units,price
2024-01-03,North,Widget,10,2.50
2024-01-04,South,Gadget,3,19.99
2024-02-10,North,Gadget,1,19.99
2024-02-11,East,Widget,40,2.25
CSV
declare -A units revenue
{
  read -r header
  IFS=, read -ra columns <<< "$header"
  echo "columns: ${#columns[@]} (${columns[*]})"
  while IFS=, read -r date region product n price; do
    cents=$(( n * 10#${price/./} ))
    (( units[$region] += n, 1 ))
    (( revenue[$region] += cents, 1 ))
  done
} < sales.csv
printf '%-8s|%6s|%10s\n' region units revenue
printf -- '--------+------+----------\n'
for r in North South East; do
  printf '%-8s|%6d|%7d.%02d\n' "$r" "${units[$r]}" $(( revenue[$r] / 100 )) $(( revenue[$r] % 100 ))
done
total=0
for v in "${revenue[@]}"; do (( total += v )); done
echo "total ${total%??}.${total: -2}"
sort -t, -k4,4nr sales.csv | grep -v ^date | head -1 | cut -d, -f3
### a configuration rewritten in place
cat > app.conf <<'CONF'
# settings
[server]
host = localhost
port = 8080
;debug = no
[client]
port = 9000
CONF
set_option() {
  local file=$1 section=$2 key=$3 value=$4
  awk -v s="[$section]" -v k="$key" -v v="$value" '
    function put() { if (inside && !done) { print k " = " v; done = 1 } }
    /^\[/ { put(); inside = ($0 == s) }
    inside && $0 ~ "^[;#]?[ ]*" k "[ ]*=" { if (!done) print k " = " v; done = 1; next }
    { print }
    END { put(); if (!done) print s "\n" k " = " v }
  ' "$file" > "$file.new" && mv "$file.new" "$file"
}
set_option app.conf server port 80
set_option app.conf server debug yes
set_option app.conf client timeout 30
set_option app.conf cache size 64M
cat app.conf
grep -c '=' app.conf
sed -n '/^\[client\]/,/^\[/p' app.conf
### backups rotated
keep=3
rotate() {
  local file=$1 i
  [[ -e $file.$keep ]] && rm "$file.$keep"
  for (( i = keep - 1; i >= 1; i-- )); do
    [[ -e $file.$i ]] && mv "$file.$i" "$file.$((i + 1))"
  done
  cp -p "$file" "$file.1"
}
for round in 1 2 3 4 5; do
  echo "content of round $round" > data.txt
  rotate data.txt
done
for f in data.txt*; do echo "$f: $(< "$f")"; done
[[ -e data.txt.4 ]] || echo "no fourth"
tar czf all.tgz data.txt* && tar tzf all.tgz | sort
rm data.txt.?
ls
### tried again with backoff
attempts=0
flaky() {
  (( ++attempts ))
  (( attempts >= $1 )) || { echo "attempt $attempts failed" >&2; return 75; }
  echo "worked at attempt $attempts"
}
retry() {
  local max=$1 delay=1 n=1 status; shift
  until "$@"; do
    status=$?
    if (( n >= max )); then
      echo "gave up after $n: status $status"
      return "$status"
    fi
    echo "waiting $delay"
    (( n++, delay = delay * 2 > 5 ? 5 : delay * 2 ))
  done
}
retry 5 flaky 3 2> err.txt
echo "status $?"; cat err.txt
attempts=0
retry 4 flaky 99 2> err.txt
echo "status $?"; wc -l < err.txt
### options by getopts
usage() { printf 'usage: %s [-v] [-n NUM] [-o FILE] NAME...\n' tool >&2; exit "${1:-2}"; }
main() (
  verbose=0 count=1 out=-
  OPTIND=1
  while getopts ':vn:o:h' opt; do
    case $opt in
      v) (( ++verbose )) ;;
      n) [[ $OPTARG =~ ^[0-9]+$ ]] || { echo "bad number: $OPTARG"; exit 3; }; count=$OPTARG ;;
      o) out=$OPTARG ;;
      h) usage 0 ;;
      :) echo "-$OPTARG needs a value"; exit 4 ;;
      \?) echo "unknown -$OPTARG"; usage ;;
    esac
  done
  shift $(( OPTIND - 1 ))
  (( $# )) || usage
  [[ $out == - ]] || exec > "$out"
  for name; do for (( i = 0; i < count; i++ )); do echo "hello $name$([[ $verbose -gt 1 ]] && echo " ($i)")"; done; done
)
main -vv -n2 ann bob; echo "$?"
main -o out.txt -- -x; echo "$?"; cat out.txt
main -n; echo "$?"
main -n two x; echo "$?"
main -q x 2>&1; echo "$?"
main 2>&1; echo "$?"
main -h 2>&1; echo "$?"
### cleaned up whatever happens
work() (
  set -e
  tmp=work.$1; mkdir "$tmp"
  trap 'status=$?; rm -rf "$tmp"; echo "cleaned $tmp (status $status)"' EXIT
  trap 'echo "error at a command"' ERR
  trap 'echo told to stop; exit 143' TERM
  echo data > "$tmp/file"
  case $1 in
    ok) cat "$tmp/file" ;;
    fail) false; echo never ;;
    exit) exit 9 ;;
    term) kill -TERM "$BASHPID"; echo never ;;
  esac
)
for how in ok fail exit term; do
  work "$how"
  echo "$how: $?"
done
ls -d work.* 2>/dev/null || echo "nothing left"
### a lock by a directory
acquire() { mkdir lock 2>/dev/null; }
release() { rmdir lock; }
worker() {
  local i
  for i in 1 2 3 4 5; do
    until acquire; do sleep 0.01; done
    n=$(< counter)
    echo $(( n + 1 )) > counter
    release
  done
}
echo 0 > counter
worker & worker & worker &
wait
cat counter
[[ -d lock ]] && echo locked || echo free
### several at once
mkdir -p done
job() { sleep "0.0$1"; echo "job $1" > "done/$1"; return "$(( $1 % 3 == 0 ? 1 : 0 ))"; }
pids=() failed=0
for n in 1 2 3 4 5 6; do job "$n" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid" || (( ++failed )); done
cat done/*
echo "failed $failed"
jobs | wc -l
### a template filled
cat > page.tmpl <<'T'
Dear {{name}},
your order {{ order }} of {{items}} items comes to {{total}}.
{{unknown}}
T
declare -A vars=([name]="Ann & Bob" [order]=A/17 [items]=3 [total]='$12.50')
render() {
  local line key out
  while IFS= read -r line || [[ -n $line ]]; do
    out=
    while [[ $line =~ ^([^{]*)\{\{[[:space:]]*([a-z]+)[[:space:]]*\}\}(.*)$ ]]; do
      key=${BASH_REMATCH[2]}
      out+=${BASH_REMATCH[1]}
      if [[ -v vars[$key] ]]; then out+=${vars[$key]}; else out+="<no $key>"; fi
      line=${BASH_REMATCH[3]}
    done
    printf '%s\n' "$out$line"
  done
}
render < page.tmpl
name=World envsubst '$name' <<< 'Hello $name, $other'
### text beyond ASCII
words=(naïve Ärger straße 日本語 😀 Ωmega)
for w in "${words[@]}"; do
  printf '%d %s %s|%s\n' "${#w}" "${w^^}" "${w:0:2}" "${w: -1}"
done
printf '%s\n' "${words[@]}" | sort
printf '%s\n' "${words[@]}" | grep -c '[äöüï]'
s="a→b→c"; echo "${s//→/-}" "${s#*→}" "${s%%→*}"; IFS=→ read -r a rest <<< "x:y"; echo "$a"
echo 'héllo' | wc -mc; echo 'héllo' | rev; echo 'ÄÖ' | sed 's/Ö/O/'; echo 'naïve' | tr -d 'a'
[[ 日本 =~ ^.{2}$ ]] && echo two; case é in [[:alpha:]]) echo letter;; esac
### a service list through jq
cat > services.json <<'J'
{"services":[{"name":"web","port":80,"deps":["api"]},{"name":"api","port":8080,"deps":["db","cache"]},{"name":"db","port":5432,"deps":[]},{"name":"cache","port":6379,"deps":[]}]}
J
declare -A state
start() {
  local name=$1 dep
  [[ ${state[$name]:-} == up ]] && return
  [[ ${state[$name]:-} == starting ]] && { echo "cycle at $name"; return 1; }
  state[$name]=starting
  while IFS= read -r dep; do [[ -n $dep ]] && start "$dep"; done < <(jq -r --arg n "$name" '.services[] | select(.name == $n) | .deps[]' services.json)
  state[$name]=up
  echo "started $name on $(jq --arg n "$name" '.services[] | select(.name == $n).port' services.json)"
}
start web
jq -r '.services | sort_by(.port) | .[] | [.name, .port, (.deps | length)] | @csv' services.json
jq '[.services[].deps[]] | group_by(.) | map({(.[0]): length}) | add' -c services.json
jq --argjson p 8443 '(.services[] | select(.name == "web") | .port) = $p' services.json > new.json
diff <(jq -S . services.json) <(jq -S . new.json)
### a change carried by diff and patch
mkdir old new
printf 'one\ntwo\nthree\nfour\nfive\n' > old/a; printf 'one\n2\nthree\nfour\nfive\nsix\n' > new/a
echo same | tee old/b > new/b
echo gone > old/c; echo fresh > new/d
diff -ruN old new | grep -v '^\(---\|+++\|diff\)' ; diff -rq old new
(cd old && diff -uN a ../new/a | patch -s a) ; cmp old/a new/a && echo equal
diff -u old/a new/a > p; wc -c < p
diff old/b new/b && echo "b the same"
diff --brief old/c new/d | head -1
### a machine of states
input='start load load pause resume stop start fail reset'
state=idle
declare -A next=([idle,start]=ready [ready,load]=busy [busy,load]=busy [busy,pause]=paused [paused,resume]=busy [busy,stop]=idle [failed,reset]=idle)
trace=()
for event in $input; do
  to=${next[$state,$event]:-}
  if [[ -z $to ]]; then
    if [[ $event == fail ]]; then to=failed; else trace+=("$state!$event"); continue; fi
  fi
  trace+=("$state-$event->$to")
  state=$to
done
printf '%s\n' "${trace[@]}"
echo "ends $state after ${#trace[@]}"
### trees and recursion
mkdir -p t/a/b/c t/d; touch t/a/1 t/a/b/2 t/a/b/c/3 t/d/4
show() {
  local dir=$1 indent=$2 entry
  for entry in "$dir"/*; do
    [[ -e $entry ]] || continue
    echo "$indent${entry##*/}$([[ -d $entry ]] && echo /)"
    [[ -d $entry ]] && show "$entry" "$indent  "
  done
  return 0
}
show t ''
depth() { local max=0 d e; for e in "$1"/*/; do [[ -d $e ]] && { d=$(depth "${e%/}"); (( d > max )) && max=$d; }; done; echo $(( max + 1 )); }
depth t
find t -type f | sort | while read -r f; do echo "$f $(( $(tr -cd / <<< "$f" | wc -c) ))"; done
ack() { (( $1 == 0 )) && { echo $(( $2 + 1 )); return; }; (( $2 == 0 )) && { ack $(( $1 - 1 )) 1; return; }; ack $(( $1 - 1 )) "$(ack "$1" $(( $2 - 1 )))"; }
ack 2 3
### a queue through a FIFO
mkfifo queue
producer() { for i in 1 2 3 4 5; do echo "task $i $(( i * i ))"; done > queue; }
consumer() {
  local kind n value sum=0
  while read -r kind n value; do
    (( sum += value ))
    echo "did $kind $n"
  done < queue
  echo "sum $sum"
}
producer &
consumer
wait
exec 3<> queue; echo left >&3; read -r -t 1 word <&3; echo "$word"; exec 3>&-
rm queue
pending=(c a b) ; while (( ${#pending[@]} )); do head=${pending[0]}; pending=("${pending[@]:1}"); echo "$head (${#pending[@]} left)"; [[ $head == a ]] && pending+=(z); done
### here-documents of every kind
name=World; list=(1 2 3)
cat <<A
Hello $name, $(echo sub), $((6 * 7)), ${list[*]}, \$name, \\ `echo old`
A
cat <<'B'
Hello $name, $(echo sub), \$x, `no`
B
cat <<-C
	tabs gone
		twice $name
	C
cat << "D E"
spaced end $name
D E
paste - - <<< $'a\nb\nc\nd'
cat <<X; cat <<Y
first
X
second
Y
f() { cat; }; f <<< "to a function"; while read -r l; do echo "[$l]"; done <<Z
one
  two
Z
sh <<'S'
echo "from sh $0"; exit 3
S
echo $?
### numbers made readable
human() { local n=$1 u=(B K M G T) i=0; while (( n >= 1024 && i < 4 )); do (( n /= 1024, i++ )); done; echo "$n${u[i]}"; }
for n in 0 512 2048 5000000 7516192768; do human "$n"; done
numfmt --to=iec 5000000; printf '%05.2f|%-6s|%+d|%x|%o|%e\n' 3.14159 ab 5 255 8 12345.678
commas() { local s=$1 out=; while (( ${#s} > 3 )); do out=,${s: -3}$out; s=${s%???}; done; echo "$s$out"; }
commas 1; commas 1234; commas 1234567890
roman() { local n=$1 r= i; local -a v=(1000 900 500 400 100 90 50 40 10 9 5 4 1) s=(M CM D CD C XC L XL X IX V IV I); for i in "${!v[@]}"; do while (( n >= v[i] )); do r+=${s[i]}; (( n -= v[i] )); done; done; echo "$r"; }
roman 1994; roman 2024; roman 4; bc <<< 'scale=3; 10/3; 2^20'; echo "$(( 16#ff + 2#101 + 010 ))"
### duplicates by content
mkdir files; printf a > files/1; printf b > files/2; printf a > files/3; printf c > files/4; printf b > 'files/5 x'; printf a > files/6
declare -A seen
while IFS= read -r -d '' f; do
  sum=$(sha256sum < "$f" | cut -c1-8)
  seen[$sum]+="${seen[$sum]:+|}${f#files/}"
done < <(find files -type f -print0 | sort -z)
for sum in "${!seen[@]}"; do [[ ${seen[$sum]} == *'|'* ]] && echo "${seen[$sum]}"; done | sort
find files -type f -exec md5sum {} + | sort | uniq -w32 -D | awk '{ print substr($0, 35) }' | sort
find files -name '* *' -print0 | xargs -0 -n1 basename
### arrays turned about
a=(delta alpha "two words" charlie alpha)
declare -A count=(); for x in "${a[@]}"; do (( ++count[$x] )); done
for k in "${!count[@]}"; do printf '%s=%d\n' "$k" "${count[$k]}"; done | sort
mapfile -t sorted < <(printf '%s\n' "${a[@]}" | sort -u); declare -p sorted
rev=(); for (( i = ${#a[@]} - 1; i >= 0; i-- )); do rev+=("${a[i]}"); done; echo "${rev[@]}"
unset 'a[1]'; echo "${!a[@]}" "${#a[@]}"; a=("${a[@]}"); echo "${!a[@]}"
echo "${a[@]:1:2}" "${a[@]/#/x-}" "${a[@]^}" "${a[@]#*l}"
b=([5]=five [2]=two); b+=(six); echo "${!b[@]} ${b[*]}"; local_copy() { local -n ref=$1; ref+=(more); echo "${#ref[@]}"; }; local_copy b; echo "${b[@]}"
### a build that makes only what is old
cat > rules <<'R'
app: main.o util.o
main.o: main.c
util.o: util.c util.h
R
touch -d '2020-01-01' main.c util.c util.h
declare -A deps; while IFS=': ' read -r target rest; do deps[$target]=$rest; done < rules
build() {
  local t=$1 d stale=0
  [[ -n ${deps[$t]:-} ]] || return 0
  for d in ${deps[$t]}; do build "$d"; [[ ! -e $t || $d -nt $t ]] && stale=1; done
  if (( stale )); then echo "make $t"; cat ${deps[$t]} > "$t"; touch -d "${stamp:-2020-01-02}" "$t"; fi
}
build app; echo --; build app; echo --; touch -d '2020-01-03' util.h; stamp=2020-01-04 build app; echo "$(find . -name '*.o' | wc -l) objects"
