/** awk, by what mawk and gawk agree on. */
import type { Groups } from "./types.ts"

const staff = "printf 'Beth 4.00 0\\nDan 3.75 0\\nKathy 4.00 10\\nMark 5.00 20\\nMary 5.50 22\\nSusie 4.25 18\\n' > d; "
const table = "printf 'id,name,city,amount\\n1,Anna,Oslo,10.5\\n2,Bo,Rome,7\\n3,Cy,Oslo,3.25\\n4,\"Di\",,0\\n' > c; "
const requests =
  "printf '10:00:01 GET /a 200 12\\n10:00:02 GET /b 404 3\\n10:00:02 POST /a 200 45\\n10:00:05 GET /a 500 9\\n' > log; "

export const awk: Groups = {
  "awk patterns": [
    `${staff}awk '$3 > 0 { print $1, $2 * $3 }' d; awk '$3 == 0' d; awk 'END { print NR, NF, $0 }' d; awk '/^M/,/^S/' d; awk 'NR==2,NR==4{print NR": "$1}' d`,
    `${staff}awk 'NR % 2' d; awk '!($2 >= 5)' d; awk '$1 ~ /^(Beth|Dan)$/ || $3 > 20' d; awk '$1 !~ /a/' d; awk 'length($1) > 4 { print length }' d`,
    `${staff}awk 'BEGIN { print "NAME RATE"; print "" } { print } END { print "done" }' d; awk 'BEGIN{print "only"}' none; awk 'NR==1{next} {print $1} NR==3{exit} END{print "end", NR}' d`,
    `${staff}awk '{ $2 = ""; print }' d; awk '{ $5 = "x"; print NF ": " $0 }' d | head -2; awk '{ NF = 2; print }' d | head -1; awk '{ $0 = "a b"; print $2, NF }' d | head -1; awk '{ print $NF, $(NF-1) }' d; awk '{ $3 += 1; print $0 }' OFS=: d`,
    "printf 'a b\\n\\n c  d \\n' | awk '{ print NF \"|\" $0 \"|\" $1 \"|\" $2 }'; echo ' x ' | awk '{$1=$1; print \"[\" $0 \"]\"}'; echo 'a:b' | awk -F: '{print $2 $1}'; echo 'a1b22c' | awk -F'[0-9]+' '{print $1 $2 $3, NF}'; echo 'a|b' | awk -F'|' '{print $2}'; printf 'a\\tb c\\n' | awk -F'\\t' '{print $2}'",
    "awk 'NF { n++ } END { print n + 0 }' /dev/null; printf 'a\\nb\\n' | awk '1; 0; \"x\"'; printf 'x\\ny' | awk '{print NR, $0}'; printf 'a b c' | awk '{print $2}'; awk 'END{print NR}' /dev/null"
  ],
  "awk expressions": [
    "awk 'BEGIN { print 1+2*3, (1+2)*3, 2^3^2, -2^2, 7%3, -7%3, 1/4, 10/5; print 1==1.0, \"a\"<\"b\", 2<10, \"2\"<\"10\", \"abc\"<1 }'",
    "awk 'BEGIN { x = 5; x += 2; print x++ + ++x, x, x--, --x; y = x = 3; print y; x ^= 2; print x; x %= 4; print x; print !x, !\"\", !0, !\"a\", -\"3x\" }'",
    "awk 'BEGIN { print 1 \" \" 2 3, 1 2 + 3, \"a\" (1 < 2) \"b\", 2 * 3 4; print 1,2 ; print(1,2); print (1)(2); print \"x\" > \"/dev/stdout\" }'",
    "awk 'BEGIN { a = \"10\"; b = 9; print (a > b), (a+0 > b); print (1 > 2) ? \"y\" : \"n\"; print 1 in x, length(x); x[1]; print 1 in x, \"1\" in x }'",
    "echo '10 9 abc 1e2' | awk '{ print ($1 > $2), ($1 < $3), ($4 == 100), $1 $2; x = $1; print (x > $2), (x \"\" > $2) }'",
    "awk 'BEGIN { print 100000 * 1000, 2^30, 0.1 + 0.2, 1e6, 1e5 / 3, 123456789.123, 1e-5, 3.0, \"3.0\" + 0; OFMT = \"%.2f\"; print 3.14159, 17; CONVFMT = \"%.3f\"; x = 3.14159 \"\"; print x; print 12 \"\" }'",
    "awk 'BEGIN { print substr(\"hello\", 2, 3), substr(\"hello\", 2), substr(\"hello\", 5, 9), \"[\" substr(\"hello\", 9) \"]\", \"[\" substr(\"hello\", 2, 0) \"]\", index(\"hello\", \"l\"), index(\"x\", \"y\"), length(\"hello\"), length(12345), toupper(\"aBc\"), tolower(\"AbC\") }'",
    "awk 'BEGIN { print int(3.9), int(-3.9), int(\"4x\"), sqrt(16), exp(0), log(1), sin(0), cos(0), atan2(0, -1); printf \"%.4f %.4f\\n\", exp(1), atan2(1, 1) * 4; srand(1); a = rand(); srand(1); print (a == rand()), (a < 1), srand(7), srand() }'",
    "awk 'BEGIN { if (!(\"a\" in m)) print \"no\"; m[\"a\"]; if (\"a\" in m) print \"yes\"; m[1,2] = 3; if ((1,2) in m) print m[1,2]; for (k in m) n++; print n; delete m[1,2]; print length(m); delete m; print length(m) }'",
    "awk 'BEGIN { $0 = \"3 4\"; print $1 + $2, $1 * $2; i = 1; print $i++, i, $i; print -$1, !$1, $1^2, $1$2; print $(1)+1; print NF; print length }'",
    "awk 'BEGIN { x[\"a\"] = 1; f(x); print x[\"a\"], x[\"b\"]; g(z); print z[1]; print fact(10), fib(15); print h() \"|\" } function f(a) { a[\"a\"]++; a[\"b\"] = 2 } function g(a) { a[1] = \"set\" } function fact(n) { return n <= 1 ? 1 : n * fact(n - 1) } function fib(n) { return n < 2 ? n : fib(n-1) + fib(n-2) } function h(l) { l = 5 }'",
    "awk 'BEGIN { print 1e3 \"\", 1., .5, 1e+2; print \"a\\tb\\\\c\\\"d\\101\"; print \"x\" \"y\"; print 1; print 2 } END { }' /dev/null",
    "awk 'BEGIN { a[1]; a[2]; a[3]; for (k in a) delete a[k]; print length(a); print (1 2 == 12), 1 2 == 12; u = u + 0; print u, v \"\", v + 0, (v == 0), (v == \"\") }'"
  ],
  "awk statements": [
    "awk 'BEGIN { for (i = 0; i < 3; i++) { if (i == 1) continue; print i }; while (j < 2) print \"j\" j++; do { k++; if (k > 3) break } while (1); print k; for (;;) { if (++n > 4) break }; print n; if (n) ; else print \"no\" }'",
    "awk 'BEGIN {\n  if (1)\n    print \"a\"\n  else\n    print \"b\"\n  for (i = 1;\n       i <= 2; i++)\n    print i,\n      i * 2\n  x = 1 &&\n    0 ||\n    1\n  print x # comment\n  print \"a\" \\\n    \"b\"\n}'",
    "printf '1\\n2\\n3\\n4\\n' | awk '{ s += $1 } $1 == 2 { next } { print } END { print s, s / NR; exit 3 } END { print \"not\" }'; echo $?; awk 'BEGIN { exit 4 } END { print \"end\" }'; echo $?; awk 'BEGIN { exit } '; echo $?; awk 'BEGIN { f() } function f() { exit 5 }'; echo $?",
    "printf 'a 1\\nb 2\\na 3\\n' | awk '{ s[$1] += $2; c[$1]++ } END { for (k in s) print k, s[k], c[k] | \"sort\"; close(\"sort\"); print \"after\" }'",
    "printf 'x\\ny\\nx\\nz\\ny\\n' | awk '!seen[$0]++'; seq 5 | awk '{ a[NR] = $0 } END { for (i = NR; i > 0; i--) printf \"%s \", a[i]; print \"\" }'; seq 10 | awk 'NR > 3 && NR <= 6'; seq 3 | awk '{ printf \"%s%s\", sep, $0; sep = \",\" } END { print \"\" }'",
    "printf 'k v\\na b\\n' > p; printf 'a 1\\nb 2\\na 3\\n' > q; awk 'NR == FNR { m[$1] = $2; next } $1 in m { print $0, m[$1], FILENAME, FNR, NR }' p q; awk '{ print FILENAME, x, FNR }' x=1 p x=2 q; awk 'BEGIN { print ARGC, ARGV[1], ARGV[2] }' p y=2; awk 'BEGIN { ARGV[1] = \"\" } { print }' none p",
    "awk -v 'a=x\\ty' -v n=3 'BEGIN { print a, n + 1, (n == 3), (n < 10) }'; A='e v' awk 'BEGIN { print ENVIRON[\"A\"] }'; printf '#!/usr/bin/awk -f\\nBEGIN { print \"script\", ARGV[1] }\\n' > s.awk; awk -f s.awk z; printf 'function t(x) { return x * 2 }\\n' > l.awk; printf 'BEGIN { print t(4) }\\n' > m.awk; awk -f l.awk -f m.awk; echo 'a b' | awk -- '{ print $2 }'"
  ],
  "awk matching": [
    "awk 'BEGIN { s = \"aaa bbb\"; print sub(/a/, \"x\", s), s; print gsub(/b/, \"[&]\", s), s; print gsub(/x/, \"\\\\&\", s), s; t = \"hello\"; gsub(/l*/, \"-\", t); print t; v = \"a.b.c\"; gsub(\".\", \"x\", v); print v; w = \"a.b.c\"; gsub(\"[.]\", \"x\", w); print w }'",
    "echo 'foo bar foo' | awk '{ print gsub(/foo/, \"baz\"), $0, $1 }'; echo 'foo bar' | awk '{ sub(/o+/, \"0\", $1); print; print NF }'; echo 'a/b' | awk '{ gsub(/\\//, \"-\"); print }'; echo 'a+b' | awk '{ gsub(/[+]/, \" plus \"); print }'",
    "awk 'BEGIN { print match(\"foobar\", /o+/), RSTART, RLENGTH; print match(\"x\", /y/), RSTART, RLENGTH; print match(\"abc\", \"c$\"); n = split(\"a:b:c\", p, \":\"); print n, p[1] p[3]; n = split(\"\", p); print n, length(p); n = split(\" a  b \", p); print n, p[1], p[2]; n = split(\"a1b2c\", p, /[0-9]/); print n, p[2]; n = split(\"abc\", p, \"\"); print n, p[2]; print split(\"a b\", q, \" \"), split(\"a.b\", q, \".\") }'",
    "printf 'abc\\nABC\\na.c\\n' | awk '/a.c/'; printf 'a.c\\nabc\\n' | awk '/a\\.c/'; printf 'ab\\nabb\\n' | awk '/^ab$/'; printf 'a]b\\na-b\\na^b\\n' | awk '/[]]/; /[a]-/; /[\\^]/'; printf 'tab\\there\\n' | awk '/\\t/ { print \"tab\" }'; printf 'x1\\nx\\n' | awk '/[[:digit:]]/'; printf 'aXb\\n' | awk '/a(X|Y)b/ && $0 ~ \"^a\" { print \"m\" }'",
    "awk 'BEGIN { printf \"%d %i %5d|%-5d|%05d %x %X %o %c%c %s %5s|%-5s|%.2s %e %.3e %f %.2f %g %G %%\\n\", 3.9, -3.9, 42, 42, 42, 255, 255, 8, 65, \"hey\", \"s\", \"ab\", \"ab\", \"abc\", 12345.678, 0.00012, 3.14159, 2.345, 0.0001, 1e10 }'",
    "awk 'BEGIN { printf \"%*d|%-*d|%.*f\\n\", 5, 42, 5, 42, 1, 3.14159; printf \"%s %s\\n\", \"a\", 1.0; printf \"no newline\"; printf \"\\n%+d % d %+.1f %.1f %.0f %.0f %.2e %.3g\\n\", 5, 5, 2.25, 2.35, 0.5, 1.5, 1.125, 1.0005; printf(\"%s-%s\\n\", \"p\", \"q\"); x = sprintf(\"%03d\", 7); print x; printf \"%5.1f|%-8.3s|\\n\", 3.14159, \"abcdef\" }'",
    "awk 'BEGIN { print length(\"a\\nb\"), \"a\\nb\" ~ /a.b/, \"a\\nb\" ~ /^b/; print \"ab\" ~ /(a)(b)/; print toupper(substr(\"word\", 1, 1)) substr(\"word\", 2); print \"A\" ~ /[[:upper:]]/ }'"
  ],
  "awk input and output": [
    "printf 'a\\nb\\n\\nc\\nd\\n' | awk 'BEGIN { RS = \"\" } { print NR \": \" $1 \"-\" $2, NF }'; printf '\\n\\na b\\nc\\n\\n\\n\\nd\\n' | awk 'BEGIN { RS = \"\"; FS = \"\\n\" } { print NR, $1, NF }'; printf 'a;b;c' | awk 'BEGIN { RS = \";\" } { print NR, $0 }'; printf 'a1b2c' | awk 'BEGIN { RS = \"[0-9]\" } { print $0 }'",
    "printf '1\\n2\\n3\\n' > f; awk 'BEGIN { while ((getline line < \"f\") > 0) s = s line; print s; close(\"f\"); getline < \"f\"; print $0, NR; print (getline x < \"none\"); \"echo hi there\" | getline; print $2; \"echo a; echo b\" | getline v; print v; while ((\"seq 3\" | getline n) > 0) t += n; print t }'",
    "seq 6 | awk 'NR == 2 { getline; print \"got \" $0, NR; next } NR == 5 { getline x; print \"x\" x, $0, NR; next } { print }'; seq 2 | awk '{ while ((getline l) > 0) last = l } END { print last, NR }'",
    "awk 'BEGIN { print \"one\" > \"o\"; print \"two\" > \"o\"; print \"three\" >> \"o\"; close(\"o\"); while ((getline l < \"o\") > 0) print l; printf \"%s\\n\", \"p\" | \"cat\"; close(\"cat\"); print \"b\\na\" | \"sort\"; close(\"sort\"); print \"x\" | \"cat 1>&2\" }' 2>&1; cat o; printf 'a 1\\nb 2\\n' | awk '{ print $2 > ($1 \".out\") }'; cat a.out b.out",
    "awk 'BEGIN { r = system(\"echo out; exit 3\"); print r; system(\"\"); print system(\"true\"), close(\"nothing\"); print \"err\" > \"/dev/stderr\" }' 2>/dev/null; awk 'BEGIN { printf \"a\"; system(\"printf b\"); printf \"c\\n\" }'; echo in | awk '{ system(\"cat /dev/null\"); print }'",
    "awk 'BEGIN { ORS = \"|\"; OFS = \"-\"; print 1, 2; print 3 } END { }' /dev/null; echo; echo 'a b' | awk '{ OFS = \":\"; $1 = $1; print; print $1, $2 }'; seq 4 | awk 'ORS = NR % 2 ? \" \" : \"\\n\"'; echo 'a b c' | awk '{ $2 = \"\"; print; print NF }'; seq 10000 | awk '{ s += $1 } END { print s }'; yes | head -1000 | awk 'END { print NR }'; seq 1000000 | awk 'NR == 5 { print; exit }'",
    "seq 3 | awk '{ print | \"sort -r\" } END { close(\"sort -r\"); print \"done\" }'; awk 'BEGIN { cmd = \"date +%Y\"; cmd | getline y; close(cmd); print (y > 2000) }'; awk 'BEGIN { while ((\"printf \\\"a b\\\\nc\\\\n\\\"\" | getline) > 0) print NF, $0 }'"
  ],
  "awk programs": [
    `${table}awk -F, 'NR > 1 { sum[$3] += $4; n[$3]++ } END { for (c in sum) printf "%-6s %6.2f %d\\n", (c == "" ? "-" : c), sum[c], n[c] }' c | sort; awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) h[$i] = i; next } { print $h["name"], $h["amount"] }' c; awk -F, -v OFS='\\t' '{ $1 = $1 } 1' c | head -2; awk -F, '{ gsub(/"/, "", $2); print $2 }' c`,
    "printf 'the quick brown fox\\njumps over the lazy dog\\nthe end\\n' > t; awk '{ for (i = 1; i <= NF; i++) w[$i]++ } END { for (x in w) print w[x], x }' t | sort -k1,1nr -k2 | head -3; awk '{ for (i = NF; i > 0; i--) printf \"%s%s\", $i, (i > 1 ? OFS : ORS) }' t; awk '{ if (length > max) { max = length; line = $0 } } END { print max, line }' t; awk '{ n += NF; c += length + 1 } END { print NR, n, c }' t",
    `${requests}awk '{ c[$4]++; t[$3] += $5; if ($5 > m) { m = $5; w = $0 } } END { for (s in c) print s, c[s]; for (p in t) print p, t[p]; print m, w }' log | sort; awk '$4 >= 400 { print $1, $3 }' log; awk '{ split($1, p, ":"); b[p[1] ":" p[2]]++ } END { for (k in b) print k, b[k] }' log; awk 'match($3, /[a-z]$/) { print substr($3, RSTART, RLENGTH) }' log`,
    "awk 'BEGIN { n = 30; for (i = 2; i <= n; i++) if (!c[i]) { printf \"%d \", i; for (j = i * i; j <= n; j += i) c[j] = 1 }; print \"\" }'; awk 'function gcd(a, b) { while (b) { t = a % b; a = b; b = t }; return a } BEGIN { print gcd(48, 36), gcd(17, 5) }'; awk 'function rev(s) { return length(s) <= 1 ? s : rev(substr(s, 2)) substr(s, 1, 1) } BEGIN { print rev(\"stressed\") }'; awk 'function qs(a, l, r,   i, last, t) { if (l >= r) return; last = l; for (i = l + 1; i <= r; i++) if (a[i] < a[l]) { last++; t = a[last]; a[last] = a[i]; a[i] = t }; t = a[l]; a[l] = a[last]; a[last] = t; qs(a, l, last - 1); qs(a, last + 1, r) } BEGIN { n = split(\"5 3 9 1 7\", v); qs(v, 1, n); for (i = 1; i <= n; i++) printf \"%s \", v[i]; print \"\" }'",
    "printf 'a 1 2\\nb 3 4\\n' | awk '{ for (i = 1; i <= NF; i++) m[NR, i] = $i; if (NF > w) w = NF } END { for (i = 1; i <= w; i++) { for (j = 1; j <= NR; j++) printf \"%s%s\", m[j, i], j < NR ? \" \" : \"\\n\" } }'; printf 'x=1\\ny = 2\\n# c\\n' | awk -F' *= *' '!/^#/ { print $1 \"->\" $2 }'; printf 'a\\nb\\nc\\n' | awk 'NR > 1 { print prev } { prev = $0 }'; printf '3\\n1\\n2\\n' | awk '{ a[NR] = $1 } END { for (i = 1; i <= NR; i++) for (j = i + 1; j <= NR; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t } for (i = 1; i <= NR; i++) print a[i] }'",
    "awk 'BEGIN { s = \"The Cat\"; for (i = 1; i <= length(s); i++) { c = substr(s, i, 1); n[tolower(c)]++ }; print n[\"t\"], n[\"c\"]; while (match(s, /[A-Z]/)) { printf \"%s\", substr(s, RSTART, 1); s = substr(s, RSTART + 1) }; print \"\" }'; echo '2024-03-05' | awk -F- '{ printf \"%s/%s/%s\\n\", $3, $2, $1 }'; printf 'ip 10.0.0.1\\nip 10.0.0.20\\n' | awk '{ n = split($2, o, \".\"); print o[n], $2 }' | sort -n; awk 'BEGIN { while (i++ < 3) { s = s i; print s } }'",
    "cat > big.awk <<'E'\nfunction max(a, b) { return a > b ? a : b }\nfunction pad(s, n) { while (length(s) < n) s = s \" \"; return s }\nBEGIN { FS = \":\" ; OFS = \" | \" }\n/^#/ { next }\nNF < 2 { bad++; next }\n{\n  rows++\n  name[rows] = $1; val[rows] = $2\n  w = max(w, length($1))\n}\nEND {\n  for (i = 1; i <= rows; i++) print pad(name[i], w), val[i]\n  print \"rows\", rows, \"bad\", bad + 0\n}\nE\nprintf '# c\\nlong name:1\\nx:22\\nbad\\n' | awk -f big.awk"
  ],
  "awk failures": [
    "awk 'BEGIN { f() }' 2>/dev/null; echo $(( $? > 0 )); awk '{ print }' none 2>/dev/null; echo $?; awk -f none 2>/dev/null; echo $?; awk 'BEGIN { x[1] = 1; print x + 1 }' 2>/dev/null; echo $(( $? > 0 )); printf 'a\\n' | awk 'BEGIN { getline; print \"[\" $0 \"]\" } END { print NR }'; echo ok | awk '{ print $1 }' | cat; awk 'BEGIN { print 1 ' 2>/dev/null; echo $(( $? > 0 ))"
  ]
}
