### word frequency
cat > t.txt <<'X'
the quick brown fox jumps over the lazy dog
the dog barks and the fox runs
a quick dog is a happy dog
X
tr -s ' ' '\n' < t.txt | sort | uniq -c | sort -k1,1nr -k2 | head -5
### longest line
printf '%s\n' short 'a much longer line' mid > f
max=0; while IFS= read -r l; do (( ${#l} > max )) && { max=${#l}; keep=$l; }; done < f; echo "$max $keep"
### column sum per key
printf '%s\n' 'a 1' 'b 2' 'a 3' 'c 4' 'b 5' > d
declare -A s; while read -r k v; do (( s[$k] += v )); done < d
for k in $(printf '%s\n' "${!s[@]}" | sort); do echo "$k=${s[$k]}"; done
### awk group by
printf '%s\n' 'north,3' 'south,9' 'north,4' 'east,5' > s.csv
awk -F, '{t[$1]+=$2} END {for (k in t) print k, t[k]}' s.csv | sort
### csv to table
printf '%s\n' 'id,name,qty' '1,apple,10' '2,pear,7' > t.csv
while IFS=, read -r id name qty; do printf '%-4s|%-8s|%4s\n' "$id" "$name" "$qty"; done < t.csv
### reverse words
echo 'one two three four' | { read -ra w; for ((i=${#w[@]}-1; i>=0; i--)); do printf '%s ' "${w[i]}"; done; echo; }
### reverse characters
s='hello world'; r=; for ((i=${#s}-1; i>=0; i--)); do r+=${s:i:1}; done; echo "$r"
### palindrome test
for w in level hello racecar; do [ "$w" = "$(echo "$w" | rev)" ] && echo "$w yes" || echo "$w no"; done
### rot13
echo 'Hello, World!' | tr 'A-Za-z' 'N-ZA-Mn-za-m'
### paragraph join
printf 'a\nb\n\nc\nd\n' | awk 'BEGIN{RS=""; ORS="\n---\n"} {gsub(/\n/," "); print}'
### number lines
printf 'x\n\ny\n' | cat -n; printf 'x\n\ny\n' | nl -ba | tr '\t' '>'
### drop duplicate lines keeping order
printf '%s\n' b a b c a | awk '!seen[$0]++'
### strip comments and blanks
printf '%s\n' '# c' 'a=1 # x' '' '  ' 'b=2' | sed -e 's/[[:space:]]*#.*$//' -e '/^[[:space:]]*$/d'
### trim
x='   padded text  '; x="${x#"${x%%[![:space:]]*}"}"; x="${x%"${x##*[![:space:]]}"}"; echo "[$x]"
### capitalise words
echo 'the end of days' | { read -ra w; echo "${w[@]^}"; }
### count characters by class
s='Hello, World 123'; l=${s//[^[:alpha:]]/}; d=${s//[^[:digit:]]/}; echo "${#l} ${#d} ${#s}"
### fixed width fields
printf '%s\n' 'ABC  123' 'DE    45' | cut -c1-3,6-8; printf '%s\n' 'ABC  123' | awk '{print substr($0,1,3) "|" substr($0,6)}'
### swap columns
printf '1 a\n2 b\n' | awk '{print $2, $1}'; printf '1 a\n2 b\n' | sed -E 's/(\S+) (\S+)/\2 \1/'
### every third line
seq 1 12 | awk 'NR%3==0'; seq 1 12 | sed -n '0~4p'
### between markers
printf '%s\n' a BEGIN b c END d BEGIN e END | sed -n '/BEGIN/,/END/{/BEGIN\|END/!p}'
### last field
printf '%s\n' 'a b c' 'd e' | awk '{print $NF, NF}'; x='a/b/c'; echo "${x##*/}"
### join lines with comma
printf '%s\n' a b c | paste -sd,; printf '%s\n' a b c | tr '\n' ',' | sed 's/,$/\n/'
### split on delimiter
IFS=: read -ra p <<< 'usr:local:bin'; printf '<%s>' "${p[@]}"; echo " ${#p[@]}"
### histogram
for n in 3 1 4; do printf '%2d %s\n' "$n" "$(printf '#%.0s' $(seq 1 $n))"; done
### centre text
w=20; s=title; l=$(( (w-${#s})/2 )); printf '%*s%s%*s|\n' $l '' "$s" $((w-l-${#s})) ''
### wrap text
echo 'the quick brown fox jumps over the lazy dog again and again' | fold -s -w 20 | sed 's/ *$//'
### fmt paragraph
echo 'the quick brown fox jumps over the lazy dog again and again until the night' | fmt -w 30
### transpose
printf '1 2 3\n4 5 6\n' | awk '{for(i=1;i<=NF;i++) m[i]=m[i] (NR>1?" ":"") $i} END{for(i=1;i<=NF;i++) print m[i]}'
### running total
printf '%s\n' 5 3 -2 10 | awk '{s+=$1; print NR": "s}'
### average min max
printf '%s\n' 4 8 15 16 23 42 | awk 'NR==1{min=max=$1} {s+=$1; if($1<min)min=$1; if($1>max)max=$1} END{printf "%.2f %d %d\n", s/NR, min, max}'
### median
printf '%s\n' 5 1 3 2 4 | sort -n | awk '{a[NR]=$1} END{print (NR%2) ? a[(NR+1)/2] : (a[NR/2]+a[NR/2+1])/2}'
### join two files
printf 'a 1\nb 2\nc 3\n' > l; printf 'a x\nc y\nd z\n' > r; join l r; echo -; join -a1 -a2 -e none -o 0,1.2,2.2 l r
### comm sets
printf 'a\nb\nc\n' > x; printf 'b\nc\nd\n' > y; comm -12 x y; echo -; comm -3 x y | tr '\t' '>'
### diff summary
printf 'a\nb\nc\n' > x; printf 'a\nB\nc\nd\n' > y; diff x y; echo $?; diff -u x y | tail -n +3; diff -q x y
### extract urls
printf '%s\n' 'see http://a.example/x?y=1 and' 'also https://b.example/z.' | grep -oE 'https?://[^ ]+' | sed 's/\.$//'
### extract mail names
echo 'from: bob@x.org, amy@y.net; none' | grep -oE '[a-z]+@[a-z.]+[a-z]' | cut -d@ -f1 | sort
### mask numbers
echo 'card 1234-5678-9012-3456 ok' | sed -E 's/[0-9]{4}-[0-9]{4}-[0-9]{4}-([0-9]{4})/****-****-****-\1/'
### sed multiple edits
printf '%s\n' one two three | sed -e '1s/^/> /' -e '$s/$/ </' -e '/two/i before' -e '/two/a after'
### sed hold space reverse
seq 5 | sed -n '1!G;h;$p'
### sed append next
printf 'a\\\nb\nc\n' | sed -e ':a' -e '/\\$/N; s/\\\n//; ta'
### sed y and numbers
echo abcabc | sed 'y/abc/xyz/; s/x/X/2'; echo aaa | sed 's/a/b/2g'
### sed quit and print
seq 10 | sed -n '3,5p;7q'; seq 10 | sed '5,$d'; seq 5 | sed '2!d'
### grep context
seq 1 20 | grep -n -A1 -B1 -E '^(5|12)$'; seq 5 | grep -c .; echo abc | grep -q b; echo $?
### grep variants
printf '%s\n' foo Foo 'foo bar' barfoo > g; grep -i '^foo$' g; grep -w foo g; grep -v foo g; grep -x 'foo bar' g; grep -e Foo -e bar g; grep -F -- 'o b' g
### tr classes
echo 'Mixed CASE 42' | tr '[:upper:]' '[:lower:]'; echo 'a  b   c' | tr -s ' '; echo 'x1y2' | tr -d '[:digit:]'; echo abc | tr -c 'b\n' '-'
### sort keys
printf '%s\n' 'b 10' 'a 9' 'c 100' 'a 10' > k; sort k; echo; sort -k2n k; echo; sort -k1,1 -k2,2nr k; echo; sort -r -k2 k
### sort special
printf '%s\n' 10K 2M 1G 900 | sort -h; printf '%s\n' v1.10 v1.2 v1.9 | sort -V; printf '%s\n' b A a B | sort -f; printf '%s\n' 3 1 2 1 | sort -nu
### uniq forms
printf '%s\n' a a b c c c d > u; uniq -d u; uniq -u u; uniq -c u | sed 's/^ *//'; printf '%s\n' A a B | uniq -i
### head and tail forms
seq 10 > n; head -n 3 n; head -n -7 n; tail -n 2 n; tail -n +9 n; head -c 4 n; tail -c 3 n
### cut forms
echo 'a:b:c:d' | cut -d: -f2,4; echo 'a:b:c:d' | cut -d: -f2-; echo 'a:b:c:d' | cut -d: --complement -f1; echo abcdef | cut -c2-4; echo 'no delim' | cut -d: -f2; echo 'no delim' | cut -s -d: -f2
### paste forms
printf '1\n2\n3\n' > a; printf 'x\ny\n' > b; paste a b | tr '\t' '>'; paste -d, a b; paste -s -d'-+' a; seq 6 | paste - - | tr '\t' ' '
### column of ls
mkdir d; touch d/b d/a d/c; ls d; ls -1 d | wc -l; ls -r d | head -1; ls d/*
### tac and rev
seq 3 | tac; echo abc | rev; printf 'no newline' | rev; echo; printf 'a\nb' | tac; echo
### expand and unexpand
printf 'a\tb\n' | expand -t4; printf '    x\n' | unexpand -t4 | tr '\t' '>'
### printf reuse
printf '%s-%s\n' a b c; printf '%d %x %o %e\n' 255 255 8 12345.678; printf '%5.1f|%-6s|%06d|%+d\n' 3.14159 ab 42 7; printf '%c%c\n' hello world; printf '%b' 'a\tb\n'; printf '%q\n' "it's a test"
### number formatting
numfmt --to=iec 1048576; numfmt --to=si 1500; numfmt --from=iec 2K; printf "%'d\n" 12; printf '%.3s\n' abcdef
### roman numerals
r() { local n=$1 o= i; local -a v=(1000 900 500 400 100 90 50 40 10 9 5 4 1) s=(M CM D CD C XC L XL X IX V IV I); for i in "${!v[@]}"; do while (( n >= v[i] )); do o+=${s[i]}; (( n -= v[i] )); done; done; echo "$o"; }; for n in 4 9 14 1994 2026; do r $n; done
### caesar
c() { local s=$1 k=$2 o= i ch n; for ((i=0;i<${#s};i++)); do ch=${s:i:1}; if [[ $ch == [a-z] ]]; then n=$(( ($(printf '%d' "'$ch") - 97 + k) % 26 + 97 )); ch=$(printf "\\$(printf %03o $n)"); fi; o+=$ch; done; echo "$o"; }; c 'hello xyz' 3; c "$(c 'round trip' 5)" 21
### levels of indentation
printf '%s\n' 'a:' '  b: 1' '  c:' '    d: 2' | while IFS= read -r l; do t="${l#"${l%%[! ]*}"}"; echo "$(( (${#l}-${#t})/2 )) $t"; done
### key value to json
printf '%s\n' 'name=ann' 'age=30' | awk -F= 'BEGIN{printf "{"} {printf "%s\"%s\":\"%s\"", (NR>1?",":""), $1, $2} END{print "}"}'
### template fill
cat > t.tpl <<'X'
Dear {{name}}, you owe {{sum}}.
X
name=Ann sum=10; sed -e "s/{{name}}/$name/" -e "s/{{sum}}/$sum/" t.tpl
### envsubst
export WHO=world; echo 'hello $WHO ${WHO}' | envsubst; echo '$A $WHO' | envsubst '$WHO'
### log levels
cat > l.log <<'X'
2026-01-01 10:00:01 INFO start
2026-01-01 10:00:02 WARN disk
2026-01-01 10:01:00 ERROR net
2026-01-01 10:02:00 INFO stop
2026-01-01 10:02:01 ERROR db
X
cut -d' ' -f3 l.log | sort | uniq -c | awk '{print $2"="$1}'; grep ERROR l.log | awk '{print $2, $4}'; awk '$3!="INFO"{c[substr($2,1,5)]++} END{for(k in c) print k, c[k]}' l.log | sort
### access log top
cat > a.log <<'X'
10.0.0.1 - - [x] "GET /a HTTP/1.1" 200 10
10.0.0.2 - - [x] "GET /b HTTP/1.1" 404 20
10.0.0.1 - - [x] "POST /a HTTP/1.1" 500 30
X
awk '{print $1}' a.log | sort | uniq -c | sort -rn | awk '{print $1, $2}'; awk '{s[$8]+=$9} END {for (k in s) print k, s[k]}' a.log | sort; grep -oP '"\K[A-Z]+' a.log
### ini reader
cat > c.ini <<'X'
[db]
host = localhost
port=5432
; comment
[web]
port = 80
X
get() { awk -F' *= *' -v s="[$1]" -v k="$2" '$0==s{f=1;next} /^\[/{f=0} f&&$1==k{print $2}' c.ini; }; get db host; get db port; get web port; get web none | wc -l
### markdown headings
printf '%s\n' '# A' 'text' '## B' '### C' | sed -nE 's/^(#+) (.*)/\1|\2/p' | while IFS='|' read -r h t; do printf '%*s- %s\n' $(( (${#h}-1)*2 )) '' "$t"; done
### markdown links
echo 'See [one](http://a) and [two](b.md).' | grep -oE '\[[^]]+\]\([^)]+\)' | sed -E 's/\[(.*)\]\((.*)\)/\1 -> \2/'
### html tags out
echo '<p>Hello <b>bold</b> &amp; more</p>' | sed -e 's/<[^>]*>//g' -e 's/&amp;/\&/g'
### tsv and empty fields
printf 'a\t\tc\n\tb\t\n' > t; awk -F'\t' '{print NF": "$1"|"$2"|"$3}' t; cut -f2 t; while IFS=$'\t' read -r x y z; do echo "<$x><$y><$z>"; done < t
### quoted csv with awk
printf '%s\n' '"a, b",1' 'c,2' | awk -v FPAT='([^,]*)|("[^"]+")' '{print NR}' | tail -1; printf '%s\n' '"x y",1' | tr -d '"' | cut -d, -f1
### zero padding
for i in 1 10 100; do printf 'file%03d.txt\n' $i; done; for i in {08..11}; do echo $((10#$i)); done
### acronyms
echo 'Portable Network Graphics' | sed -E 's/([A-Z])[a-z]*( |$)/\1/g'
### vowels
s='programming language'; v=${s//[^aeiou]/}; echo "${#v} $(echo "$v" | grep -o . | sort | uniq -c | awk '{printf "%s%s ", $2, $1}')"
### anagrams
key() { grep -o . <<< "$1" | sort | tr -d '\n'; }; for w in listen silent enlist google; do echo "$(key $w) $w"; done | sort | awk '{a[$1]=a[$1]" "$2} END{for(k in a) print k":"a[k]}' | sort
### od and hex
printf 'AZ\n' | od -An -tx1; printf 'AZ\n' | xxd -p; printf '\x00\xff' | od -An -tu1; printf 'hi' | base64; echo aGk= | base64 -d; echo
### checksums
printf abc | md5sum; printf abc | sha1sum | cut -d' ' -f1; printf abc | sha256sum | cut -c1-16; printf abc | cksum
### line ending conversion
printf 'a\r\nb\r\n' > dos; tr -d '\r' < dos | od -c | head -2 | tr -s ' '; sed 's/\r$//' dos | wc -c
### bom removal
printf '\xef\xbb\xbfhead\n' > b; tail -c +4 b | wc -c; head -c3 b | od -An -tx1
### multi char delimiter
s='a--b--c'; while [[ $s == *--* ]]; do echo "${s%%--*}"; s=${s#*--}; done; echo "$s"; echo 'a--b' | awk -F-- '{print $2}'
### awk printf table
printf '%s\n' 'tea 3.5' 'coffee 12' | awk '{printf "%-10s%6.2f\n", $1, $2; t+=$2} END {printf "%-10s%6.2f\n", "total", t}'
### awk functions and arrays
awk 'function f(n) { return n<2?n:f(n-1)+f(n-2) } BEGIN { for(i=0;i<10;i++) printf "%d ", f(i); print ""; n=split("a:b:c",p,":"); print n, p[3]; print toupper("abc"), length("hello"), index("hello","ll"), substr("hello",2,3); s="aXbX"; gsub(/X/,"-",s); print s; print match("foobar",/o+/), RSTART, RLENGTH }'
### awk with two files
printf 'a 1\nb 2\n' > m; printf 'b\na\nc\n' > q; awk 'NR==FNR{v[$1]=$2;next} {print $1, ($1 in v)?v[$1]:"-"}' m q
### awk getline and pipes
printf '1\n2\n3\n' | awk 'NR==1{getline x; print "next", x; next} {print}'; awk 'BEGIN{"echo hi" | getline v; print v; while(("printf \"a\\nb\\n\"" | getline l)>0) print "got", l}'
### awk output redirection
printf '%s\n' 'a 1' 'b 2' 'a 3' | awk '{print $2 > ($1 ".txt")}'; cat a.txt b.txt; ls
### awk uninitialised and compare
awk 'BEGIN{print x+0, x"" , (x=="")?"e":"n"; print ("10"<"9"), (10<9), ("abc"<"abd"); print 7%3, 2^10, -7%3, int(3.9), 1e3; print 1==1.0, "a" "b"}'
### tee to many
echo data | tee x y > z; cat x y z; echo more | tee -a x >/dev/null; wc -l < x
### split and reassemble
seq 1 25 > big; split -l 10 big part_; wc -l part_* | awk '{print $1,$2}'; cat part_* | cmp - big && echo same
### look up table
declare -A cap=([fr]=Paris [de]=Berlin [it]=Rome); for k in fr xx it; do echo "$k ${cap[$k]:-unknown}"; done; echo "${#cap[@]}"
### spell out digits
w=(zero one two three four five six seven eight nine); n=2026; for ((i=0;i<${#n};i++)); do printf '%s ' "${w[${n:i:1}]}"; done; echo
### compare versions
ver() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -1)" = "$1" ] && [ "$1" != "$2" ]; }; ver 1.2.9 1.2.10 && echo lt; ver 2.0 1.9 || echo ge; ver 1 1 || echo eq
### slug
echo 'Hello, World! This is  a Test' | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9]+/-/g; s/^-|-$//g'
### camel and snake
echo 'someVariableName' | sed -E 's/([A-Z])/_\L\1/g'; echo 'some_variable_name' | sed -E 's/_(.)/\U\1/g'
### title of files
mkdir t; echo '# One' > t/1.md; echo '# Two' > t/2.md; for f in t/*.md; do printf '%s: %s\n' "${f##*/}" "$(head -1 "$f" | cut -c3-)"; done
### count by extension
touch a.txt b.txt c.md d e.tar.gz; for f in *; do case $f in *.*) echo "${f##*.}";; *) echo none;; esac; done | sort | uniq -c | awk '{print $2, $1}'
