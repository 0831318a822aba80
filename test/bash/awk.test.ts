/** awk where implementations part: by gawk 5.2, whose answers these are. */
import { assert, describe, it } from "@effect/vitest"
import { runOnEngine } from "./support/compare.ts"

const scripts: Readonly<Record<string, string>> = {
  "gawk 'BEGIN { print 100000 * 100000, 2^31, 2^53 * 4, 1e30, -0; print 5e9 \"\" }'":
    "10000000000 2147483648 36028797018963968 1000000000000000019884624838656 0\n5000000000\n",
  "gawk 'BEGIN { print gensub(/(a)(b)/, \"\\\\2\\\\1\", \"g\", \"abab\"), gensub(/b/, \"X\", 2, \"abab\"); $0 = \"q\"; print gensub(/q/, \"[&]\", 1), $0 }'":
    "baba abaX\n[q] q\n",
  "gawk 'BEGIN { if (match(\"foo123bar\", /([a-z]+)([0-9]+)/, m)) print m[0], m[1], m[2], m[2, \"start\"], m[2, \"length\"]; print length(m) }'":
    "foo123 foo 123 4 3\n9\n",
  "gawk 'BEGIN { n = split(\"a1b22c\", p, /[0-9]+/, s); print n, s[1], s[2]; print patsplit(\"a,b\", q, /[a-z]/), q[2] }'":
    "3 1 22\n2 b\n",
  "gawk 'BEGIN { a[3] = \"c\"; a[1] = \"b\"; a[2] = \"a\"; n = asort(a, b); print n, b[1], b[2], b[3]; n = asorti(a, c); print c[1], c[3]; PROCINFO[\"sorted_in\"] = \"@ind_num_desc\"; for (k in a) printf \"%s \", k; PROCINFO[\"sorted_in\"] = \"@val_str_asc\"; for (k in a) printf \"%s \", a[k]; print \"\" }'":
    "3 a b c\n1 3\n3 2 1 a b c \n",
  "gawk 'BEGIN { print strftime(\"%Y-%m-%d %H:%M:%S\", 86400), mktime(\"1970 01 02 00 00 00\"), (systime() > 1e9), strtonum(\"0x1F\"), strtonum(\"017\"), and(12, 10), or(12, 10), xor(12, 10), lshift(1, 4), rshift(16, 2) }'":
    "1970-01-02 00:00:00 86400 1 31 15 8 14 6 16 4\n",
  "gawk 'BEGIN { print typeof(x), typeof(1), typeof(\"a\"); a[1]; print typeof(a), isarray(a), isarray(z) }'":
    "untyped number string\narray 1 0\n",
  "printf '3 x\\n' | gawk '{ print typeof($1), typeof($2), typeof($9) }'": "strnum string unassigned\n",
  "gawk 'BEGIN { switch (3) { case 1: print \"one\"; break; case /3/: print \"three\"; default: print \"more\" } switch (\"q\") { case \"p\": print \"p\"; break; default: print \"d\" } }'":
    "three\nmore\nd\n",
  "printf 'a,\"b,c\",d\\n' | gawk 'BEGIN { FPAT = \"([^,]+)|(\\\"[^\\\"]+\\\")\" } { print NF; print $2 }'":
    "3\n\"b,c\"\n",
  "printf 'a,,b,\\n' | gawk 'BEGIN { FPAT = \"[^,]*\" } { print NF; for (i = 1; i <= NF; i++) printf \"[%s]\", $i; print \"\" }'":
    "4\n[a][][b][]\n",
  "printf 'abcdef\\n' | gawk 'BEGIN { FIELDWIDTHS = \"1 2 3\" } { print $1, $2, $3 }'": "a bc def\n",
  "printf 'a1b22c' | gawk 'BEGIN { RS = \"[0-9]+\" } { print $0 \"<\" RT \">\" }'": "a<1>\nb<22>\nc<>\n",
  "printf 'ABC\\nabd\\n' | gawk 'BEGIN { IGNORECASE = 1 } /^ab/ { n++ } END { print n }'": "2\n",
  "printf '1\\n' > a; printf '2\\n3\\n' > b; gawk 'BEGINFILE { print \"begin\", FILENAME } ENDFILE { print \"end\", FNR } { print }' a b; gawk 'BEGINFILE { if (ERRNO) nextfile } FNR == 1 { print FILENAME; nextfile }' a b":
    "begin a\n1\nend 1\nbegin b\n2\n3\nend 2\na\nb\n",
  "gawk 'BEGIN { print length(\"héé\"), index(\"héx\", \"x\"), toupper(\"é\"), substr(\"héx\", 2, 1) }'": "3 3 É é\n",
  "gawk 'BEGIN { print \"a\" ~ /\\<a\\>/, \"ab\" ~ /a\\y/, \"x y\" ~ /\\s/, \"x\" ~ /\\W/; print \"aab\" ~ /^a{2}b$/ }'":
    "1 0 1 0\n1\n",
  "gawk -F: -v OFS=- '{ $1 = $1 } 1' <<< a:b:c; gawk -e 'BEGIN { print \"e\" }'; gawk 'BEGIN { printf \"%c\", 256 }' | od -An -tx1":
    "a-b-c\ne\n c4 80\n",
  "seq 5 | gawk 'NR == 2, NR == 4 { next } { print } END { print $0 }'; gawk 'BEGIN { while ((\"echo a b; echo c\" | getline line) > 0) n += split(line, w); print n }'":
    "1\n5\n5\n3\n",
  "gawk 'function f(a, i) { a[i] = i; if (i < 3) f(a, i + 1) } BEGIN { f(x, 1); print length(x), x[3] }'": "3 3\n",
  "printf 'a,b\\nc,d\\n\\ne,f\\n' | gawk -F, 'BEGIN { RS = \"\" } { print $1, $3, NF }'": "a c 4\ne  2\n",
  "gawk 'BEGIN { x[\"a\"]; if (\"a\" in x && !(\"b\" in x)) print \"in\"; print !(\"b\" in x); print 1 in x }'; echo 'a b' | gawk '{ print NF > \"/dev/stdout\" }'; gawk 'BEGIN { printf \"%s\\n\" , 1 == 1 ? \"t\" : \"f\"; print length }' < /dev/null":
    "in\n1\n0\n2\nt\n0\n",
  "gawk 'BEGIN { n = \"x\"; n = n n n; gsub(/x/, \"&-&\", n); print n; s = \"aXbX\"; print gsub(/X/, \"\\\\\\\\&\", s), s; print gsub(\"b\", \"\\\\&\", s), s }'":
    "x-xx-xx-x\n2 a\\Xb\\X\n1 a\\X&\\X\n"
}

describe("awk as gawk has it", () => {
  for (const [script, stdout] of Object.entries(scripts)) {
    it(script, async () => {
      const outcome = await runOnEngine(script)
      assert.deepStrictEqual([outcome.stdout, outcome.stderr], [stdout, ""])
    })
  }
})
