### a cache that forgets what was used least
declare -A value=() stamp=()
clock=0 capacity=3 hits=0 misses=0 evicted=()
get() {
  local key=$1
  (( clock++ ))
  if [[ -v value[$key] ]]; then
    stamp[$key]=$clock; (( ++hits )); REPLY=${value[$key]}; return 0
  fi
  (( ++misses )); REPLY=; return 1
}
put() {
  local key=$1 k oldest= least=
  (( clock++ ))
  if [[ ! -v value[$key] ]] && (( ${#value[@]} >= capacity )); then
    for k in "${!stamp[@]}"; do
      if [[ -z $least ]] || (( stamp[$k] < least )); then least=${stamp[$k]} oldest=$k; fi
    done
    unset -v "value[$oldest]" "stamp[$oldest]"
    evicted+=("$oldest")
  fi
  value[$key]=$2 stamp[$key]=$clock
}
expensive() { get "$1" || { REPLY=$(( $1 * $1 )); put "$1" "$REPLY"; }; printf '%s ' "$REPLY"; }
for n in 2 3 2 4 5 2 3 5 5 2; do expensive "$n"; done; echo
echo "hits $hits, misses $misses, evicted ${evicted[*]}"
put 'two words' 'a value' ; put '$dollar' "it's"; put 'quote"d' 'b\c'
for k in 'two words' '$dollar' 'quote"d'; do get "$k" && echo "$k -> $REPLY"; done
printf '%s\n' "${!value[@]}" | sort
declare -A copy; for k in "${!value[@]}"; do copy[$k]=${value[$k]}; done
unset "copy[two words]"; echo "${#copy[@]} ${#value[@]}"
declare -A lit=([a]=1 ["b c"]=2 [d]="x y"); lit+=([a]=9 [e]=); for k in a 'b c' d e f; do printf '%s=%s|' "$k" "${lit[$k]-unset}"; done; echo
[[ -v lit[e] ]] && echo "e is set" ; [[ -n ${lit[e]} ]] || echo "and empty"; echo "${lit[@]@Q}" | tr ' ' '\n' | sort | paste -sd' '
declare -A pairs=(one 1 two 2 three 3); for k in one two three; do printf '%s:%s ' "$k" "${pairs[$k]}"; done; echo
i=0; declare -a seq=([i++]=a [i++]=b [i+=5]=c); declare -p seq i; seq[-1]=last; seq[i+1]=beyond; echo "${!seq[@]} ${seq[-1]}"
arr=(1 2 3); (( arr[1] += 10, arr[2]++, arr[arr[0]]--, i = arr[0] * 5 )); echo "${arr[@]} $i"; k=0; (( arr[k++] = arr[k] + 100 )); echo "${arr[@]} $k"
n=0; (( lit[a] += 5 )); (( counts[n++]++ )); (( counts[n++] |= 6 )); echo "${lit[a]} $n ${counts[*]}"
### shortest ways through a graph
declare -A edge=() dist=() from=() done_=()
INF=$(( 1 << 30 ))
while read -r a b w; do edge[$a,$b]=$w edge[$b,$a]=$w; done <<'G'
A B 7
A C 9
A F 14
B C 10
B D 15
C D 11
C F 2
D E 6
E F 9
G H 1
G
mapfile -t nodes < <(printf '%s\n' "${!edge[@]}" | tr , '\n' | sort -u)
dijkstra() {
  local source=$1 n u best alt
  for n in "${nodes[@]}"; do dist[$n]=$INF; unset "from[$n]" "done_[$n]"; done
  dist[$source]=0
  while :; do
    u= best=$INF
    for n in "${nodes[@]}"; do
      [[ -z ${done_[$n]-} ]] && (( dist[$n] < best )) && { best=${dist[$n]}; u=$n; }
    done
    [[ -n $u ]] || break
    done_[$u]=1
    for n in "${nodes[@]}"; do
      [[ -v edge[$u,$n] ]] || continue
      alt=$(( dist[$u] + edge[$u,$n] ))
      if (( alt < dist[$n] )); then dist[$n]=$alt from[$n]=$u; fi
    done
  done
}
route() { local to=$1 path=$1; while [[ -n ${from[$to]:-} ]]; do to=${from[$to]}; path="$to>$path"; done; echo "$path"; }
dijkstra A
for n in "${nodes[@]}"; do
  if (( dist[$n] == INF )); then echo "$n: no way"; else printf '%s: %3d  %s\n' "$n" "${dist[$n]}" "$(route "$n")"; fi
done
bfs() {
  local -a queue=("$1"); local -A seen=([$1]=0); local n u order=()
  while (( ${#queue[@]} )); do
    u=${queue[0]}; queue=("${queue[@]:1}"); order+=("$u${seen[$u]}")
    for n in "${nodes[@]}"; do
      if [[ ${edge[$u,$n]+yes} && ! ${seen[$n]+yes} ]]; then seen[$n]=$(( seen[$u] + 1 )); queue+=("$n"); fi
    done
  done
  echo "${order[*]}"
}
bfs A; bfs G
components=0; declare -A part=()
visit() { local n; part[$1]=$2; for n in "${nodes[@]}"; do [[ -v edge[$1,$n] && ! -v part[$n] ]] && visit "$n" "$2"; done; return 0; }
for n in "${nodes[@]}"; do [[ -v part[$n] ]] || visit "$n" $(( ++components )); done; echo "$components parts; H in ${part[H]}"
total=0; for e in "${!edge[@]}"; do (( total += edge[$e] )); done; echo "weight $(( total / 2 )) of $(( ${#edge[@]} / 2 )) edges"
### packages in the order of their needs
declare -A needs=([app]="lib web" [web]="http json" [http]="net tls" [tls]="crypto" [json]="" [lib]="json net" [net]="" [crypto]="" [docs]="app")
declare -A colour=(); order=() cycle=
visit() {
  local p=$1 trail=$2 d
  case ${colour[$p]:-white} in
    black) return 0 ;;
    grey) cycle="${trail#*"$p "}"; cycle="$p $cycle$p"; return 1 ;;
  esac
  [[ -v needs[$p] ]] || { echo "unknown package: $p (wanted by ${trail##*[! ]*( )})" | sed 's/ (.*//'; return 2; }
  colour[$p]=grey
  for d in ${needs[$p]}; do visit "$d" "$trail$p " || return; done
  colour[$p]=black
  order+=("$p")
}
resolve() { colour=() order=() cycle=; local p s=0; for p; do visit "$p" "" || { s=$?; break; }; done; (( s == 1 )) && echo "cycle: $cycle" || echo "${order[*]}"; return "$s"; }
resolve docs; resolve web lib
needs[crypto]=http; resolve app; echo "status $?"
needs[crypto]="rng"; resolve app; echo "status $?"
needs[crypto]=; mapfile -t names < <(printf '%s\n' "${!needs[@]}" | sort)
for p in "${names[@]}"; do for d in ${needs[$p]}; do echo "$d $p"; done; done | tsort | head -0
levels() {
  local -A level=(); local changed=1 p d want
  for p in "${names[@]}"; do level[$p]=0; done
  while (( changed )); do
    changed=0
    for p in "${names[@]}"; do for d in ${needs[$p]}; do
      want=$(( level[$d] + 1 ))
      if (( level[$p] < want )); then (( level[$p] = want, changed = 1 )); fi
    done; done
  done
  local -a rows=()
  for p in "${names[@]}"; do rows[level[$p]]+="${rows[level[$p]]:+ }$p"; done
  for p in "${!rows[@]}"; do echo "$p: ${rows[p]}"; done
}
levels
who_needs() { local p=$1 q out=(); for q in "${names[@]}"; do [[ " ${needs[$q]} " == *" $p "* ]] && out+=("$q"); done; (IFS=,; echo "$p <- ${out[*]:-nobody}"); }
for p in net json docs; do who_needs "$p"; done
{ echo "digraph {"; for p in "${names[@]}"; do [[ ${needs[$p]} ]] && printf '  %s -> {%s};\n' "$p" "${needs[$p]}"; done; echo "}"; } | sed 's/ -> {\([a-z]*\)}/ -> \1/'
### matrices and determinants
declare -A M
show() { local -n m=$1; local r c line; for (( r = 0; r < $2; r++ )); do line=; for (( c = 0; c < $3; c++ )); do printf -v line '%s%5d' "$line" "${m[$r,$c]}"; done; echo "$line"; done; }
fill() { local -n m=$1; local cols=$2 i=0; shift 2; for v; do m[$(( i / cols )),$(( i % cols ))]=$v; (( ++i )); done; }
multiply() {
  local -n a=$1 b=$2 out=$3; local n=$4 i j k
  for (( i = 0; i < n; i++ )); do for (( j = 0; j < n; j++ )); do
    out[$i,$j]=0
    for (( k = 0; k < n; k++ )); do (( out[$i,$j] += a[$i,$k] * b[$k,$j] )); done
  done; done
}
declare -A I T P
fill M 3 2 0 1 1 3 2 1 1 4
fill I 3 1 0 0 0 1 0 0 0 1
multiply M M P 3; show P 3 3
power() { local n=$1; fill T 3 1 0 0 0 1 0 0 0 1; while (( n-- )); do declare -A X=(); multiply T M X 3; for key in "${!X[@]}"; do T[$key]=${X[$key]}; done; done; show T 3 3; }
power 5
det() { # rows as "a b c" words
  local n=$# r c sign=1 sum=0 first row minor; local -a f rows
  (( n == 1 )) && { echo "$1"; return; }
  read -ra f <<< "$1"; shift
  for (( c = 0; c < n; c++ )); do
    rows=()
    for r; do read -ra row <<< "$r"; unset 'row[c]'; rows+=("${row[*]}"); done
    minor=$(det "${rows[@]}")
    (( sum += sign * f[c] * minor, sign = -sign ))
  done
  echo "$sum"
}
det "2 0 1" "1 3 2" "1 1 4"; det "1 2 3 4" "5 6 7 8" "2 6 4 8" "3 1 1 2"
transpose() { awk '{ for (i = 1; i <= NF; i++) a[NR, i] = $i } END { for (i = 1; i <= NF; i++) { for (j = 1; j <= NR; j++) printf "%s%s", a[j, i], (j < NR ? OFS : ORS) } }' "$@"; }
printf '%s\n' '1 2 3' '4 5 6' | transpose | transpose OFS=,
spiral() {
  local n=$1 x=0 y=0 dx=1 dy=0 i t; local -a g=()
  for (( i = 1; i <= n * n; i++ )); do
    g[y*n+x]=$i
    (( x + dx < 0 || x + dx >= n || y + dy < 0 || y + dy >= n || ${g[(y + dy) * n + x + dx]:-0} )) && (( t = dx, dx = -dy, dy = t ))
    (( x += dx, y += dy ))
  done
  for (( y = 0; y < n; y++ )); do printf '%3d' "${g[@]:y*n:n}"; echo; done
}
spiral 4
magic=(); n=3; i=0 j=1; for (( k = 1; k <= n * n; k++ )); do magic[i*n+j]=$k; a=$(( (i + n - 1) % n )) b=$(( (j + 1) % n )); (( magic[a*n+b] )) && (( i = (i + 1) % n )) || (( i = a, j = b )); done; echo "${magic[@]}"
### sorted in the shell, five ways
shopt -s extglob
lcg=42
random() { (( lcg = (lcg * 1103515245 + 12345) & 0x7fffffff )); REPLY=$(( lcg >> 16 & 0x3f )); }
data=(); for i in {1..12}; do random; data+=("$REPLY"); done; echo "data ${data[*]}"
quick() { # sorts the array named $1 in place, between $2 and $3
  local -n q=$1; local lo=$2 hi=$3 p i j t
  (( lo < hi )) || return 0
  p=${q[(lo + hi) / 2]} i=$lo j=$hi
  while (( i <= j )); do
    while (( q[i] < p )); do (( i++ )); done
    while (( q[j] > p )); do (( j-- )); done
    (( i <= j )) && { t=${q[i]} q[i]=${q[j]} q[j]=$t; (( i++, j-- )); }
  done
  quick "$1" "$lo" "$j"; quick "$1" "$i" "$hi"
}
a=("${data[@]}"); quick a 0 $(( ${#a[@]} - 1 )); echo "quick ${a[*]}"
merge_sort() {
  (( $# < 2 )) && { OUT=("$@"); return; }
  local half=$(( $# / 2 )); local -a left right merged=()
  merge_sort "${@:1:half}"; left=("${OUT[@]}")
  merge_sort "${@:half+1}"; right=("${OUT[@]}")
  while (( ${#left[@]} && ${#right[@]} )); do
    if (( left[0] <= right[0] )); then merged+=("${left[0]}"); left=("${left[@]:1}")
    else merged+=("${right[0]}"); right=("${right[@]:1}"); fi
  done
  OUT=("${merged[@]}" "${left[@]}" "${right[@]}")
}
merge_sort "${data[@]}"; echo "merge ${OUT[*]}"
insertion() { local out=() x i; for x; do for (( i = ${#out[@]}; i > 0 && out[i-1] > x; i-- )); do out[i]=${out[i-1]}; done; out[i]=$x; done; echo "insert ${out[*]}"; }; insertion "${data[@]}"
counting() { local c=() x; for x; do (( c[x]++ )); done; for x in "${!c[@]}"; do while (( c[x]-- > 0 )); do printf ' %d' "$x"; done; done; echo; }; printf count; counting "${data[@]}"
heap=(); push() { local i=${#heap[@]} p t; heap+=("$1"); while (( i > 0 && heap[p=(i-1)/2] > heap[i] )); do t=${heap[p]} heap[p]=${heap[i]} heap[i]=$t i=$p; done; }
pop() { local i=0 c n t; TOP=${heap[0]}; n=$(( ${#heap[@]} - 1 )); heap[0]=${heap[n]}; unset "heap[n]"; while (( (c = 2 * i + 1) < n )); do (( c + 1 < n && heap[c+1] < heap[c] && c++ )); (( heap[i] <= heap[c] )) && break; t=${heap[i]} heap[i]=${heap[c]} heap[c]=$t i=$c; done; }
for x in "${data[@]}"; do push "$x"; done; printf heap; while (( ${#heap[@]} )); do pop; printf ' %d' "$TOP"; done; echo
by() { local cmp=$1; shift; local -a r=("$@"); local i j t; for (( i = 0; i < ${#r[@]}; i++ )); do for (( j = i + 1; j < ${#r[@]}; j++ )); do if "$cmp" "${r[j]}" "${r[i]}"; then t=${r[i]}; r[i]=${r[j]}; r[j]=$t; fi; done; done; printf '%s ' "${r[@]}"; echo; }
shorter() { (( ${#1} < ${#2} )) || { (( ${#1} == ${#2} )) && [[ $1 < $2 ]]; }; }
natural() { local a=${1%%+([0-9])} b=${2%%+([0-9])}; [[ $a < $b ]] || { [[ $a == "$b" ]] && (( 10#${1#"$a"} < 10#${2#"$b"} )); }; }
by shorter pear fig apple kiwi date; by natural f10 f9 f08 e11 e1
mapfile -t viasort < <(printf '%s\n' "${data[@]}" | sort -n); [[ "${viasort[*]}" == "${a[*]}" && "${a[*]}" == "${OUT[*]}" ]] && echo "all agree"
### JSON written and read by the shell alone
json_string() { local s=$1 c out= i; for (( i = 0; i < ${#s}; i++ )); do c=${s:i:1}; case $c in '"'|\\) out+="\\$c" ;; $'\n') out+='\n' ;; $'\t') out+='\t' ;; [[:cntrl:]]) printf -v c '\\u%04x' "'$c"; out+=$c ;; *) out+=$c ;; esac; done; printf '"%s"' "$out"; }
TEXT= POS=0 depth=0
fail() { echo "error at $POS: $1" >&2; exit 1; }
space() { while [[ ${TEXT:POS:1} == [[:space:]] ]]; do (( ++POS )); done; }
string() { # leaves what was read in S
  local c; S=; (( ++POS ))
  while c=${TEXT:POS:1}; [[ $c != '"' ]]; do
    [[ -n $c ]] || fail "unfinished string"
    if [[ $c == \\ ]]; then
      (( ++POS )); c=${TEXT:POS:1}
      case $c in n) c=$'\n' ;; t) c=$'\t' ;; u) printf -v c "\\u${TEXT:POS+1:4}"; (( POS += 4 )) ;; esac
    fi
    S+=$c; (( ++POS ))
  done
  (( ++POS ))
}
value() { # tells each scalar with its path
  local path=$1 key i=0 rest
  space
  case ${TEXT:POS:1} in
    '{') (( ++POS )); space
      [[ ${TEXT:POS:1} == '}' ]] && { (( ++POS )); echo "$path={}"; return; }
      while :; do
        space; [[ ${TEXT:POS:1} == '"' ]] || fail "a name is expected"
        string; key=$S; space; [[ ${TEXT:POS:1} == : ]] || fail "a colon is expected"; (( ++POS ))
        value "$path.$key"; space
        case ${TEXT:POS++:1} in ,) ;; '}') return ;; *) fail "object goes wrong" ;; esac
      done ;;
    '[') (( ++POS )); space
      [[ ${TEXT:POS:1} == ']' ]] && { (( ++POS )); echo "$path=[]"; return; }
      while :; do
        value "$path[$(( i++ ))]"; space
        case ${TEXT:POS++:1} in ,) ;; ']') return ;; *) fail "array goes wrong" ;; esac
      done ;;
    '"') string; printf '%s=%q\n' "$path" "$S" ;;
    *) rest=${TEXT:POS}
      [[ $rest =~ ^(true|false|null|-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?) ]] || fail "what is '${rest:0:5}'"
      echo "$path=${BASH_REMATCH[1]}"; (( POS += ${#BASH_REMATCH[1]} )) ;;
  esac
}
parse() ( TEXT=$1 POS=0; value '$'; space; (( POS == ${#TEXT} )) || fail "something behind the end" )
doc='{ "name": "Zo\u00eb \"Z\"", "tags": ["a,b", "", [], {}], "n": -12.5e+3, "on": true, "deep": {"er": [{"x": null}, [1,[2]]]} }'
parse "$doc"; echo "status $?"
parse '[1, 2' 2>&1; parse '{"a" 1}' 2>&1; parse '[tru]' 2>&1; parse '"abc' 2>&1; parse '1 2' 2>&1; parse '{1:2}' 2>&1
json_string $'tab\there "q" \\ nl\n bell\a é'; echo
declare -A h=([b]=2 [a]='x "y"' [c]=$'l1\nl2'); { sep=; printf '{'; for k in $(printf '%s\n' "${!h[@]}" | sort); do printf '%s%s:%s' "$sep" "$(json_string "$k")" "$(json_string "${h[$k]}")"; sep=,; done; echo '}'; } | tee h.json | jq -c 'map_values(length)'
diff <(parse "$(< h.json)") <(jq -r 'to_entries[] | "$.\(.key)=\(.value)"' h.json) | grep -c '^[<>]'
### games of chance with a seed
seed=2024
next() { (( seed = (seed * 1664525 + 1013904223) % 4294967296 )); REPLY=$(( (seed >> 8) % $1 )); }
deck=({2..9} T J Q K A)
cards=(); for s in S H D C; do cards+=("${deck[@]/%/$s}"); done
for (( i = ${#cards[@]} - 1; i > 0; i-- )); do next $(( i + 1 )); t=${cards[i]} cards[i]=${cards[REPLY]} cards[REPLY]=$t; done
echo "top ${cards[*]:0:5} of ${#cards[@]}"
rank() {
  local -A n=() s=(); local c v kinds
  for c; do (( n[${c%?}]++, s[${c: -1}]++ )); done
  kinds=$(printf '%s\n' "${n[@]}" | sort -rn | tr -d '\n')
  case $kinds in 41) echo four ;; 32) echo "full house" ;; 311) echo three ;; 221) echo "two pair" ;; 2111) echo pair ;; *) (( ${#s[@]} == 1 )) && echo flush || echo "high card" ;; esac
}
for (( h = 0; h < 8; h++ )); do hand=("${cards[@]:h*5:5}"); printf '%s: %s\n' "${hand[*]}" "$(rank "${hand[@]}")"; done
rank AS AH AD KC KD; rank 2S 4S 9S JS KS
board=(. . . . . . . . .)
lines=("0 1 2" "3 4 5" "6 7 8" "0 3 6" "1 4 7" "2 5 8" "0 4 8" "2 4 6")
winner() { local l a b c; for l in "${lines[@]}"; do read -r a b c <<< "$l"; [[ ${board[a]} != . && ${board[a]}${board[b]} == "${board[b]}${board[c]}" ]] && { W=${board[a]}; return 0; }; done; return 1; }
finish() { local me=$1 l i; for l in "${lines[@]}"; do set -- $l; local row="${board[$1]}${board[$2]}${board[$3]}"; case $row in "$me$me.") MOVE=$3 ;; "$me.$me") MOVE=$2 ;; ".$me$me") MOVE=$1 ;; *) continue ;; esac; return 0; done; return 1; }
turn=X moves=
while ! winner && [[ ${board[*]} == *.* ]]; do
  other=$([[ $turn == X ]] && echo O || echo X)
  if ! finish "$turn" && ! finish "$other"; then
    if [[ ${board[4]} == . ]]; then MOVE=4; else free=(); for i in "${!board[@]}"; do [[ ${board[i]} == . ]] && free+=("$i"); done; next "${#free[@]}"; MOVE=${free[REPLY]}; fi
  fi
  board[MOVE]=$turn moves+=$MOVE turn=$other
done
printf '%s %s %s\n' "${board[@]}"; echo "moves $moves, ${W:-nobody} wins"
rows=6 cols=10; declare -A live=(); for c in 1,2 2,3 3,1 3,2 3,3; do live[$c]=1; done
step() { local -A new=(); local r c dr dc n; for (( r = 0; r < rows; r++ )); do for (( c = 0; c < cols; c++ )); do n=0; for dr in -1 0 1; do for dc in -1 0 1; do (( dr || dc )) && (( n += ${live[$(( (r + dr + rows) % rows )),$(( (c + dc + cols) % cols ))]:-0} )); done; done; (( n == 3 || (n == 2 && ${live[$r,$c]:-0}) )) && new[$r,$c]=1; done; done; live=(); for c in "${!new[@]}"; do live[$c]=1; done; }
for g in 1 2 3 4; do step; done; for (( r = 0; r < rows; r++ )); do line=; for (( c = 0; c < cols; c++ )); do line+=${live[$r,$c]:+#}; [[ -v live[$r,$c] ]] || line+=.; done; echo "$line"; done
declare -i heads=0; for (( i = 0; i < 100; i++ )); do next 2; heads+=REPLY; done; echo "heads $heads"; RANDOM=7; a=$RANDOM; RANDOM=7; (( a == RANDOM )) && echo "same again"
