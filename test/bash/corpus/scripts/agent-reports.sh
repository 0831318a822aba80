### orders, customers and prices joined
set -euo pipefail
cat > customers.tsv <<'T'
c3	Cara	Oslo
c1	Ann	Bern
c2	Bob	Rome
c9	Zoe	Kyiv
T
cat > orders.csv <<'T'
id,customer,sku,qty
101,c1,apple,3
102,c2,pear,10
103,c1,fig,1
104,c3,apple,7
105,c7,kiwi,2
106,c2,apple,1
T
printf '%s\n' apple:120 pear:80 fig:999 > prices
tail -n +2 orders.csv | tr , '\t' | sort -t$'\t' -k2,2 -k1,1n > o.tsv
sort -k1,1 customers.tsv > c.tsv
echo "== joined"
join -t $'\t' -1 2 -2 1 -o 1.1,2.2,2.3,1.3,1.4 o.tsv c.tsv | sort -n | tee joined | column -t -s $'\t'
echo "== orders of nobody"
join -t $'\t' -1 2 -2 1 -v 1 o.tsv c.tsv | paste -sd'|'
echo "== who never ordered"
comm -13 <(cut -f2 o.tsv | sort -u) <(cut -f1 c.tsv) | sed 's/^/- /'
echo "== cost"
awk -F'\t' 'BEGIN { while ((getline line < "prices") > 0) { split(line, p, ":"); price[p[1]] = p[2] } }
  { cost = $5 * price[$4]; sum[$2] += cost; printf "%-4s %-6s %8.2f\n", $1, $4, cost / 100 }
  END { for (n in sum) printf "total %s %.2f\n", n, sum[n] / 100 | "sort"; close("sort") }' joined
echo "== outer"
join -t: -a 1 -a 2 -e none -o 0,1.2,2.2 <(sort prices) <(printf 'apple:red\nkiwi:green\n')
echo "== quantities"
cut -d, -f3,4 orders.csv | sed 1d | sort | awk -F, '$1 != last { if (last) print last, n; n = 0; last = $1 } { n += $2 } END { print last, n }'
rm -f o.tsv c.tsv
### a log told by hour and by fault
cat > app.log <<'L'
2024-03-01T08:59:58Z INFO  [web-1] req=a1 path=/ ms=12
2024-03-01T09:00:01Z WARN  [web-2] req=a2 path=/login ms=340 msg="slow, but fine"
2024-03-01T09:10:44Z ERROR [db-1] req=a2 code=E42 msg="deadlock found"
2024-03-01T09:59:59Z INFO  [web-1] req=a3 path=/img/logo.png ms=3
2024-03-01T10:00:00Z ERROR [web-1] req=a4 code=E17 msg="no route to \"db-1\""
    at connect (net.js:10)
    at main (app.js:3)
2024-03-01T10:20:00Z INFO  [web-2] req=a5 path=/ ms=44
2024-03-01T10:20:01Z ERROR [db-1] req=a5 code=E42 msg="deadlock found"
L
echo "== levels by hour"
awk '/^[0-9]/ { h = substr($1, 12, 2); n[h, $2]++; hours[h]; levels[$2] }
  END { for (h in hours) for (l in levels) if ((h, l) in n) print h, l, n[h, l] }' app.log | sort
echo "== errors with what follows them"
sed -n '/ ERROR /{:more
N
/\n[0-9][^\n]*$/!{$!b more
}
s/\n[0-9][^\n]*$//
p
}' app.log
echo "== codes"
grep -o 'code=E[0-9]*' app.log | sort | uniq -c | sort -rn | sed -E 's/^ *([0-9]+) code=(.*)/\2: \1/'
echo "== requests seen by more than one"
grep -oE '\[[a-z0-9-]+\] req=[a-z0-9]+' app.log | tr -d '[]' | sed 's/req=//' | awk '{ by[$2] = by[$2] (by[$2] == "" ? "" : ",") $1; c[$2]++ } END { for (r in c) if (c[r] > 1) print r, by[r] }' | sort
echo "== milliseconds"
sed -nE 's/.* ms=([0-9]+).*/\1/p' app.log | sort -n | awk '{ v[NR] = $1; s += $1 } END { printf "n=%d mean=%.2f p50=%d max=%d\n", NR, s / NR, v[int((NR + 1) / 2)], v[NR] }'
echo "== messages"
while IFS= read -r line; do
  if [[ $line =~ ^([^ ]+)\ +(ERROR|WARN)\ +\[([^]]+)\].*msg=\"(.*)\"$ ]]; then
    text=${BASH_REMATCH[4]//\\\"/\'}
    printf '%s %-5s %-6s %s\n' "${BASH_REMATCH[1]:11:8}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" "$text"
  fi
done < app.log
echo "== seconds between errors"
prev=
while read -r stamp; do
  now=$(date -u -d "$stamp" +%s)
  [[ -n $prev ]] && echo $(( now - prev ))
  prev=$now
done < <(awk '$2 == "ERROR" { print $1 }' app.log)
grep -c ERROR app.log; grep -A1 -n E17 app.log | cut -c1-30; grep -vc '^[0-9]' app.log
### a table of comma separated values with quotes
cat > people.csv <<'C'
name,note,amount
"Smith, John","said ""hi""",10.5
Ann,,3
"Zoë ""Zed"" Q","a
b",-2.25
Bob,plain,1e2
C
parse_csv() { # reads one record into the array FIELDS, over lines if need be
  local line char next field='' quoted=0 i
  FIELDS=()
  while IFS= read -r line || [[ -n $line ]]; do
    for (( i = 0; i < ${#line}; i++ )); do
      char=${line:i:1}
      if (( quoted )); then
        if [[ $char == '"' ]]; then
          next=${line:i+1:1}
          if [[ $next == '"' ]]; then field+='"'; (( i++ )); else quoted=0; fi
        else
          field+=$char
        fi
      else
        case $char in
          '"') quoted=1 ;;
          ,) FIELDS+=("$field"); field= ;;
          *) field+=$char ;;
        esac
      fi
    done
    if (( quoted )); then field+=$'\n'; continue; fi
    FIELDS+=("$field")
    return 0
  done
  return 1
}
quote_json() {
  local s=$1
  s=${s//\\/\\\\}; s=${s//\"/\\\"}; s=${s//$'\n'/\\n}
  printf '"%s"' "$s"
}
{
  parse_csv
  header=("${FIELDS[@]}")
  out=()
  while parse_csv; do
    row='' sep=''
    for i in "${!header[@]}"; do
      row+="$sep$(quote_json "${header[i]}"):$(quote_json "${FIELDS[i]}")"
      sep=,
    done
    out+=("{$row}")
  done
} < people.csv
( IFS=,; printf '[%s]\n' "${out[*]}" ) > people.json
cat people.json
jq -r '.[] | select(.note != "") | "\(.name): \(.note | @json)"' people.json
jq -c 'map(.amount |= tonumber) | {sum: map(.amount) | add, most: max_by(.amount).name, names: [.[].name | ascii_upcase]}' people.json
jq -r '(.[0] | keys_unsorted) as $k | $k, (.[] | [.[$k[]]]) | @csv' people.json > again.csv
cmp <(jq -r '.[].name' people.json) <(printf '%s\n' 'Smith, John' Ann 'Zoë "Zed" Q' Bob) && echo same names
wc -l < again.csv
jq -r '.[] | [.name, .amount] | @tsv' people.json | awk -F'\t' '{ printf "%s=%g\n", $1, $2 }'
### settings of three files laid over each other by jq
cat > base.json <<'J'
{"server": {"host": "0.0.0.0", "port": 80, "tls": {"on": false}}, "tags": ["a", "b"], "limits": null}
J
cat > prod.json <<'J'
{"server": {"port": 443, "tls": {"on": true, "cert": "/etc/cert"}}, "tags": ["prod"]}
J
printf '%s' '{"limits": {"cpu": 2.50, "mem": "1Gi"}, "server": {"host": null}}' > local.json
jq -s 'reduce .[] as $f ({}; . * $f)' base.json prod.json local.json > merged.json
cat merged.json
echo "== paths"
jq -r 'paths(scalars) as $p | "\($p | map(tostring) | join("."))=\(getpath($p))"' merged.json | sort
echo "== environment"
jq -r '[paths(type == "number" or type == "string" or type == "boolean")] as $ps | . as $d | $ps[] | . as $p | "export \(map(tostring | ascii_upcase) | join("_"))=\($d | getpath($p) | tostring | @sh)"' merged.json > env.sh
cat env.sh
( set -a; . ./env.sh; echo "$SERVER_PORT $SERVER_TLS_CERT ${LIMITS_MEM}" )
echo "== changed"
diff <(jq -S . base.json) <(jq -S . merged.json) | grep '^[<>]' || true
echo "== walk"
jq -c 'walk(if type == "object" then with_entries(select(.value != null)) else . end)' merged.json
jq -c 'del(.server.tls.cert, .tags[0]) | .server |= (to_entries | sort_by(.key) | from_entries)' merged.json
jq -e '.server.tls.on' merged.json > /dev/null && echo "tls on"
jq -e '.nothing' merged.json > /dev/null; echo "status $?"
jq --arg v 9000 --argjson n '{"x":[1,2]}' -n '{port: ($v | tonumber), n: $n.x | length}' -c
jq -r 'def depth: if type == "object" or type == "array" then 1 + ([.[] | depth] | max // 0) else 0 end; depth' merged.json
jq -c '[.. | strings]' merged.json; jq -c 'leaf_paths' merged.json 2>&1 | head -2
jq '.server.port.x' merged.json 2> /dev/null; echo "status $?"
### a report of words in a text, wrapped and centred
cat > text <<'T'
The quick brown fox jumps over the lazy dog; the dog, being lazy,
does not jump. "Why," asks the fox, "should a dog not jump?"

In the end it's all the same: foxes jump -- dogs don't.
A self-evident truth (or is it?), said 3 times in 2024.
T
words() { tr -cs "[:alnum:]'-" '\n' < text | tr '[:upper:]' '[:lower:]' | sed "s/^['-]*//; s/['-]*\$//; /^\$/d"; }
echo "== most frequent"
words | sort | uniq -c | sort -k1,1nr -k2,2 | head -5 | while read -r n w; do
  printf '%-8s %s %d\n' "$w" "$(printf '%*s' "$n" '' | tr ' ' '#')" "$n"
done
echo "== lengths"
words | awk '{ n[length($0)]++ } END { for (l in n) print l, n[l] }' | sort -n | paste -sd' '
echo "== once only"
words | sort | uniq -u | fmt -w 40
echo "== centred"
width=50
fold -s -w 44 text | while IFS= read -r line; do
  line=${line%"${line##*[![:space:]]}"}
  pad=$(( (width - ${#line}) / 2 ))
  printf '|%*s%s%*s|\n' "$pad" '' "$line" $(( width - pad - ${#line} )) ''
done
echo "== sentences"
tr '\n' ' ' < text | sed 's/\([.?!]\)["]* */\1\n/g' | sed '/^ *$/d' | nl -w2 -s'. ' -ba | cut -c1-48
echo "== initials"
sed -E 's/\b([[:alpha:]])[[:alpha:]'"'"']*/\1/g; s/[^[:alnum:]]+//g' text
echo "== letters"
tr -dc '[:alpha:]' < text | tr '[:upper:]' '[:lower:]' | fold -w1 | sort | uniq -c | sort -k1nr -k2 | awk 'NR <= 6 { printf "%s%s%d", sep, $2, $1; sep = " " } END { print "" }'
wc text; head -c 9 text | od -An -c; expand -t 4 <<< $'a\tb\t\tc' ; rev <<< "stressed"; tac text | head -1 | cut -d' ' -f2-3
grep -n -o -i -w 'the' text | awk -F: '{ n[$1]++ } END { for (l = 1; l <= 5; l++) printf "%d:%d ", l, n[l]; print "" }'
### a ledger reconciled with the bank
cat > ledger <<'L'
2024-01-31 rent -950.00
2024-01-15 salary 3000.00
2024-02-01 food -82.10
2024-02-03 books -19.99
2024-02-15 salary 3000.00
2024-02-29 rent -950.00
2024-03-02 food -101.05
L
cat > bank <<'B'
15.01.2024;SALARY;3.000,00
31.01.2024;RENT;-950,00
01.02.2024;FOOD;-82,10
15.02.2024;SALARY;3.000,00
29.02.2024;RENT;-950,00
02.03.2024;FOOD;-101,50
B
norm() {
  local IFS=';' day what amount d
  while read -r day what amount; do
    IFS=. read -ra d <<< "$day"
    amount=${amount//./}; amount=${amount/,/.}
    echo "${d[2]}-${d[1]}-${d[0]} ${what,,} $amount"
  done
}
cents() { local v=${1/./}; [[ $v == -* ]] && echo "-$(( 10#${v#-} ))" || echo $(( 10#$v )); }
money() { local sign=''; local -i c=$1; (( c < 0 )) && { sign=-; c=-c; }; printf '%s%d.%02d' "$sign" $(( c / 100 )) $(( c % 100 )); }
norm < bank | sort > b; sort ledger > l
echo "== only in the ledger"; comm -23 l b
echo "== only at the bank"; comm -13 l b
echo "== both: $(comm -12 l b | wc -l)"
declare -A month=() kind=()
declare -i balance=0
while read -r day what amount; do
  c=$(cents "$amount")
  balance+=c
  (( month[${day%-*}] += c, kind[\$what] += c )) || :
  printf '%s %-8s %12s %12s\n' "$day" "$what" "$(money "$c")" "$(money balance)"
done < l
for m in "${!month[@]}"; do echo "$m $(money "${month[$m]}")"; done | sort
for k in "${!kind[@]}"; do echo "${#kind[@]} $k"; done | sort
bc <<< "scale=2; $(awk '{ printf "%s%s", (NR > 1 ? " + " : ""), "(" $3 ")" } END { print "" }' l)"
awk '{ s[substr($1, 1, 7)] += $3 } END { for (m in s) printf "%s %.2f\n", m, s[m] }' l | sort -k2,2n
sdiff -s l b 2>/dev/null | wc -l | awk '{ print ($1 >= 0) ? "done" : "odd" }'
diff --unchanged-line-format= --old-line-format='-%L' --new-line-format='+%L' l b
### markdown made from data, and HTML from markdown
cat > notes.md <<'M'
# Title of *all*

Some **bold** text with `code <b>` and a [link](http://x.y/?a=1&b=2).
Second line.

## List & more

- one
- two **2**
- three

```
raw <tag> **not bold**
```
Last words.
M
escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
inline() { sed -E 's/\*\*([^*]+)\*\*/<b>\1<\/b>/g; s/\*([^*]+)\*/<i>\1<\/i>/g; s/`([^`]+)`/<code>\1<\/code>/g; s/\[([^]]+)\]\(([^)]+)\)/<a href="\2">\1<\/a>/g'; }
to_html() {
  local mode= para=() line
  flush() {
    case $mode in
      ul) echo "</ul>" ;;
      p) printf '<p>%s</p>\n' "$(printf '%s\n' "${para[@]}" | escape | inline | paste -sd' ')"; para=() ;;
    esac
    mode=
  }
  while IFS= read -r line; do
    if [[ $mode == pre ]]; then
      [[ $line == '```' ]] && { echo "</pre>"; mode=; continue; }
      escape <<< "$line"; continue
    fi
    case $line in
      '') flush ;;
      '```') flush; mode=pre; echo "<pre>" ;;
      '#'*) flush; local hashes=${line%%[!#]*}; local n=${#hashes}
        printf '<h%d>%s</h%d>\n' "$n" "$(escape <<< "${line#"$hashes "}" | inline)" "$n" ;;
      '- '*) [[ $mode == ul ]] || { flush; mode=ul; echo "<ul>"; }
        echo "  <li>$(escape <<< "${line:2}" | inline)</li>" ;;
      *) [[ $mode == p ]] || { flush; mode=p; }; para+=("$line") ;;
    esac
  done
  flush
}
to_html < notes.md | tee notes.html
echo "== contents"
grep -n '^#' notes.md | while IFS=: read -r no head; do
  level=${head%% *} text=${head#* }
  slug=$(tr '[:upper:] ' '[:lower:]-' <<< "$text" | tr -cd 'a-z0-9\n-' | sed 's/-\{2,\}/-/g; s/-$//')
  printf '%*s* [%s](#%s) line %d\n' $(( (${#level} - 1) * 2 )) '' "$text" "$slug" "$no"
done
echo "== table"
{ echo "name|size"; echo "---|---:"; find . -name 'notes.*' -type f -printf '%f|%s\n' | sort; } | sed 's/^/|/; s/$/|/'
grep -c '<li>' notes.html; sed -n '/<pre>/,/<\/pre>/p' notes.html | sed '1d;$d'
### fixed columns, transposed and summed
set -- 1 3 5
cat > grid <<'G'
Name      Q1   Q2   Q3   Q4
North    120   80  -10   40
South      5   15   25   35
East West  1    2    3    4
G
echo "== by position"
while IFS= read -r line; do
  name=${line:0:9}; rest=${line:9}
  name=${name%"${name##*[! ]}"}
  set -f; set -- $rest; set +f
  printf '%s;%s;%s;%s;%s\n' "$name" "$@"
done < grid | tee grid.csv
echo "== transposed"
awk -F';' '{ for (i = 1; i <= NF; i++) cell[i, NR] = $i; if (NF > max) max = NF }
  END { for (i = 1; i <= max; i++) { row = cell[i, 1]; for (j = 2; j <= NR; j++) row = row "\t" cell[i, j]; print row } }' grid.csv
echo "== sums"
tail -n +2 grid.csv | {
  sum=(0 0 0 0)
  while IFS=';' read -r name a b c d; do
    i=0 total=0
    for v in "$a" "$b" "$c" "$d"; do (( sum[i++] += v, total += v )); done
    printf '%-10s%6d%8.1f\n' "$name" "$total" "$(bc <<< "scale=1; $total / 4")"
  done
  printf '%-10s' All; printf '%6d' "${sum[@]}"; echo
}
echo "== pasted"
cut -d';' -f1 grid.csv > n; cut -d';' -f4- grid.csv > v
paste -d= n v | sed -n '2,$p' | sort -t= -k2,2n
paste -s -d',\n' n
cut -c1-5,10-14 grid; cut -d';' -f2 --complement grid.csv | head -2; cut -d';' --output-delimiter=' / ' -f1,3 grid.csv
echo "== columns of one stream"
seq 12 | pr -3 -t -l4 2>/dev/null | tr -s ' \t' ' ' | head -0
seq 12 | paste - - - - | column -t
seq 1 12 | xargs -n4 | awk '{ $2 = ""; print NF, $0 }' OFS=-
tr ' ' '\n' <<< "b a c a" | sort -u | tr '\n' ' ' | sed 's/ $/\n/'
numfmt --field=2- --to=si <<< "a 1500 20000"; printf '%s\n' {a..c}{1..2} | paste -sd'  \n' ; seq -s, -w 8 11; seq 5 -2 -1 | tac | paste -sd+ | tee /dev/stderr 2>/dev/null | bc
