### two directories made the same
set -euo pipefail
mkdir -p src/{docs,bin,.hidden} dst/{docs,old/deep}
echo one > src/docs/a.txt; echo two > 'src/docs/b c.txt'; printf '#!/bin/sh\necho hi\n' > src/bin/run; chmod 755 src/bin/run
echo secret > src/.hidden/key; chmod 600 src/.hidden/key; ln -s ../docs/a.txt src/bin/link; : > src/empty
echo one > dst/docs/a.txt; echo OLD > 'dst/docs/b c.txt'; echo gone > dst/old/deep/x; echo stays > dst/keep.me
touch -d '2021-05-01' src/docs/* dst/docs/*; touch -d '2022-01-01' 'src/docs/b c.txt'
listing() { (cd "$1" && find . -mindepth 1 \( -type f -printf 'f %m %s %P\n' -o -type d -printf 'd %m - %P\n' -o -type l -printf 'l - - %P -> %l\n' \) | sort -k4); }
plan() { # what has to happen: + new, * changed, - superfluous
  local from=$1 to=$2 path
  while IFS= read -r -d '' path; do
    if [[ ! -e $to/$path && ! -L $to/$path ]]; then echo "+ $path"
    elif [[ -f $from/$path && ! -L $from/$path ]] && ! cmp -s "$from/$path" "$to/$path"; then echo "* $path"; fi
  done < <(cd "$from" && find . -mindepth 1 -printf '%P\0' | sort -z)
  while IFS= read -r -d '' path; do
    [[ -e $from/$path || -L $from/$path ]] || echo "- $path"
  done < <(cd "$to" && find . -mindepth 1 ! -name '*.me' -printf '%P\0' | sort -zr)
}
apply() {
  local op path
  while read -r op path; do
    case $op in
      [+*]) if [[ -d $1/$path && ! -L $1/$path ]]; then mkdir -p "$2/$path"; else cp -pP "$1/$path" "$2/$path"; fi ;;
      -) rm -df "$2/$path" ;;
    esac
    echo "did $op $path"
  done
}
plan src dst | tee plan.txt
apply src dst < plan.txt | tail -2
plan src dst | wc -l
diff -r src dst || echo "diff says $?"
diff <(listing src) <(listing dst | grep -v keep.me) && echo "listings agree"
stat -c '%a %n' dst/.hidden/key dst/bin/run; readlink dst/bin/link; [[ dst/docs/a.txt -nt 'dst/docs/b c.txt' ]] || echo "times are kept"
cp -a src copy; cp -ru src/. dst; cp -r --no-preserve=mode src/bin copy2 2>/dev/null || true; stat -c %a copy/bin/run
find dst -type f -newermt 2021-06-01 ! -newermt 2022-06-01 | sort; find . -path ./src -prune -o -name 'b*.txt' -print | sort; find src -perm -100 -type f -o -empty -type f | sort
find . -depth -type d -empty -exec echo rmdir {} \; ; find src -name '*.txt' -exec sh -c 'printf "%s:%s " "$(basename "$1" .txt)" "$(wc -c < "$1")"' _ {} \; | tr ' ' '\n' | sort | paste -sd' '
rm -rf copy copy2; du -a --apparent-size -b dst/docs/a.txt | cut -f1; ls -1AF dst; ls -R src/bin
### checksums in a manifest, and damage found
set -u
mkdir -p pkg/lib pkg/share; for i in 1 2 3; do seq "$i" "$(( i * 10 ))" > "pkg/lib/m$i.txt"; done; printf 'bin\0ary\xff' > pkg/share/blob; echo 'odd name' > $'pkg/share/new\nline'; echo x > 'pkg/share/back\slash'
(cd pkg && find . -type f ! -name MANIFEST -print0 | sort -z | xargs -0 sha256sum) > MANIFEST.all
grep -c '^\\' MANIFEST.all; cut -c1-12 MANIFEST.all
(cd pkg && sha256sum -c --quiet ../MANIFEST.all) && echo intact
echo tampered >> pkg/lib/m2.txt; rm pkg/lib/m3.txt
(cd pkg && sha256sum -c ../MANIFEST.all 2> ../warnings); echo "status $?"; cat warnings
(cd pkg && sha256sum -c --ignore-missing --status ../MANIFEST.all); echo "status $?"
verify() {
  local -A want=(); local sum name bad=0
  while read -r sum name; do [[ $sum == \\* ]] || want[${name#./}]=$sum; done < MANIFEST.all
  for name in $(printf '%s\n' "${!want[@]}" | grep -v ' ' | sort); do
    if [[ ! -f pkg/$name ]]; then echo "missing  $name"; (( ++bad ))
    elif [[ $(sha256sum < "pkg/$name") != "${want[$name]}  -" ]]; then echo "modified $name"; (( ++bad )); else echo "ok       $name"; fi
  done
  return "$bad"
}
verify; echo "bad: $?"
for tool in md5sum sha1sum sha224sum sha512sum b2sum cksum sum; do printf '%s ' "$tool"; $tool < pkg/lib/m1.txt | cut -c1-20; done
md5sum --tag pkg/lib/m1.txt | tee tag; md5sum -c tag; cksum pkg/lib/m1.txt pkg/share/blob; md5sum -b pkg/lib/m1.txt | cut -c33-
echo "zz  not hex" > broken; cat broken MANIFEST.all | (cd pkg && sha256sum -c --warn 2>&1 | grep -v OK); sha256sum -c /dev/null 2>&1; echo "status $?"
tree_hash() { (cd "$1" && find . -type f -print0 | sort -z | while IFS= read -r -d '' f; do printf '%q %s\n' "$f" "$(md5sum < "$f" | cut -c1-8)"; done | md5sum | cut -c1-8); }
before=$(tree_hash pkg); [[ $before == "$(tree_hash pkg)" ]] && echo "the same twice"; touch pkg/lib/m1.txt; [[ $before == "$(tree_hash pkg)" ]] && echo "times do not matter"; : > pkg/new; [[ $before == "$(tree_hash pkg)" ]] || echo "a new file does"
crc() { local s=$1 crc=$(( 0xffffffff )) i b c; for (( i = 0; i < ${#s}; i++ )); do printf -v c '%d' "'${s:i:1}"; (( crc ^= c )); for b in {1..8}; do (( crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1 )); done; done; printf '%08x\n' $(( crc ^ 0xffffffff )); }; crc 123456789
printf 123456789 | gzip -nc | tail -c 8 | od -An -tx4 -N4 --endian=little | tr -d ' '; base64 -w 20 pkg/share/blob; base64 < pkg/share/blob | base64 -d | cmp - pkg/share/blob && echo "base64 returns"; xxd -p pkg/share/blob | xxd -r -p | od -c | head -1; printf 'a b\n' | base32; echo aGk= | base64 -d; echo; echo '!!' | base64 -d 2>&1; echo "status $?"
### archives packed, listed, changed and unpacked
set -e
mkdir -p proj/{src,build,doc}; for f in src/main.c src/util.c doc/read.me build/out.o; do echo "content of $f" > "proj/$f"; done; ln -s src/main.c proj/latest; ln proj/src/util.c proj/src/hard.c; chmod 640 proj/doc/read.me; touch -d '2020-02-03 04:05:06' proj/src/* proj/doc/* proj/build/*
tar -C proj -cf all.tar . ; tar tf all.tar | sort
tar -czf src.tgz --exclude='*.o' --exclude=doc proj; tar tzf src.tgz | sort | paste -sd' '
tar -cf part.tar -C proj/src main.c -C ../doc read.me; tar tvf part.tar | awk '{ print $1, $3, $4, $5, $6 }'
mkdir out; tar xf all.tar -C out; diff -r proj out && echo "the same tree"; stat -c '%a %Y' out/doc/read.me; [[ out/src/hard.c -ef out/src/util.c ]] && echo "one file, two names"; readlink out/latest
tar xzf src.tgz --strip-components=2 -C out --wildcards '*/src/*.c' 2>/dev/null || tar xzf src.tgz --strip-components=2 -C out; ls out | paste -sd' '
echo more > proj/doc/more
tar cf more.tar -C proj ./doc
tar xf more.tar -O ./doc/read.me ./doc/more | sort
tar cf - -C proj src | (mkdir piped && tar xf - -C piped); ls piped/src; tar cf - proj | gzip -9 | gunzip | tar tf - | wc -l
printf '%s\n' proj/src/main.c proj/doc/more > list; tar cf listed.tar -T list; tar tf listed.tar; tar xf listed.tar missing/file 2>&1 || echo "not there: $?"
tar cf renamed.tar --transform='s,^proj,release-1.0,' proj/src; tar tf renamed.tar | sort; tar tf nothing.tar 2>&1 | sed -n 1p; echo "status ${PIPESTATUS[0]}"
gzip -k proj/doc/read.me; gzip -l proj/doc/read.me.gz | awk 'NR > 1 { print $2 }'
zcat proj/doc/read.me.gz
gzip proj/doc/read.me 2>&1 < /dev/null || echo "refused $?"
gzip -f proj/doc/read.me; ls proj/doc
gzip -d < proj/doc/read.me.gz > plain
gzip -dcf plain proj/doc/read.me.gz | wc -l
cat <(gzip -c <<< one) <(gzip -c <<< two) > multi.gz; zcat multi.gz; gunzip -c multi.gz | wc -l
gzip -tv multi.gz 2>&1 | tr -s '\t ' ' '
(cd proj && zip -qr ../p.zip . -x 'build/*'); unzip -Z1 p.zip | sort; unzip -p p.zip src/main.c; unzip -qo p.zip -d unz 'src/*'; find unz -type f | sort; zip -q p.zip list; unzip -l p.zip | tail -1 | awk '{ print $2 }'; zip -dq p.zip list; unzip -tq p.zip
split -b 1000 -d -a 3 all.tar piece.; ls piece.* | head -3 | paste -sd' '; cat piece.* | cmp - all.tar && echo rejoined; rm piece.*
### a patch series kept like a stack
set -eu
mkdir tree series; printf '%s\n' alpha beta gamma delta epsilon zeta eta theta > tree/greek; printf 'int main() {\n  return 0;\n}\n' > tree/main.c; cp -r tree orig
new_patch() { # name, then commands that change the tree
  local name=$1; shift; rm -rf before; cp -r tree before
  "$@"
  diff -ruN --label "a/$1" --label "b/$1" before tree > /dev/null || true
  (diff -ruN before tree || [[ $? == 1 ]]) | sed -E 's/^(---|\+\+\+) ([^\t]*)\t.*/\1 \2/; /^diff /d' > "series/$name.patch"
  echo "$name: $(grep -c '^[-+][^-+]' "series/$name.patch") lines"
}
edit1() { sed -i 's/beta/BETA/; $a iota' tree/greek; }
edit2() { sed -i '/return/i\  puts("hi");' tree/main.c; printf 'new\nfile\n' > tree/added; }
edit3() { sed -i -e '/gamma/,/epsilon/d' -e '1i first' tree/greek; rm tree/added; }
new_patch 1-upper edit1; new_patch 2-hello edit2; new_patch 3-cut edit3; cat series/3-cut.patch
push() { (cd "$1" && patch -p1 -s < "../series/$2.patch"); }
pop() { (cd "$1" && patch -p1 -R -s < "../series/$2.patch"); }
cp -r orig work; for p in 1-upper 2-hello 3-cut; do push work "$p" && echo "applied $p"; done; diff -r tree work && echo "as made"
pop work 3-cut; cat work/greek | paste -sd' '; pop work 2-hello; pop work 1-upper; diff -r orig work && echo "all undone"
sed -i '1,2d' work/greek; (cd work && patch -p1 < ../series/1-upper.patch 2>&1) || echo "conflict $?"; cat work/greek.rej 2>/dev/null | grep -c '^[-+]'; rm -f work/*.rej work/*.orig
cp orig/greek work/greek; sed -i '1i zero\nzero and a half' work/greek; (cd work && patch -p1 < ../series/1-upper.patch); tail -1 work/greek
(cd work && patch -p1 --dry-run -R < ../series/1-upper.patch); (cd work && patch -p1 -N -r - < ../series/1-upper.patch 2>&1) || echo "already there $?"
diff -u --label old --label new <(printf '1\n2\n3\n') <(printf '1\n3\n4') | tee noeol || true; diff -y -W 30 orig/greek tree/greek || true; diff orig/greek tree/greek | grep '^[0-9]' || true; diff -e orig/greek tree/greek || true
diff -c orig/main.c tree/main.c | sed '1,2d' || true; diff -qr orig tree || true; diff -i <(echo A) <(echo a) && diff -w <(echo 'a  b') <(echo ' a b') && diff -B <(printf 'a\n\nb\n') <(printf 'a\nb\n') && echo "no differences that count"; diff --color=never -U0 orig/greek tree/greek | grep '^@' || true
cmp orig/greek tree/greek || true; cmp -l <(echo abc) <(echo axc) || true; comm -3 <(sort orig/greek) <(sort tree/greek); rm -rf before
### a release with its number and its changelog
set -euo pipefail
cat > history <<'H'
a1b2c3 feat(api): list users (#12)
b2c3d4 fix: crash on empty input
c3d4e5 docs: typo
d4e5f6 feat!: drop the old format
e5f6a7 fix(ui): wrong colour [skip ci]
f6a7b8 chore(deps): bump x from 1.2 to 1.3
a7b8c9 Merge branch 'main'
H
echo '{"name":"demo","version":"1.9.12","private":true}' > package.json; printf 'VERSION = "1.9.12"\n__version__ = VERSION  # 1.9.12 of demo\n' > demo.py
valid() { [[ $1 =~ ^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-([0-9A-Za-z.-]+))?(\+([0-9A-Za-z.-]+))?$ ]]; }
bump() { valid "$1" || return 2; local a=${BASH_REMATCH[1]} b=${BASH_REMATCH[2]} c=${BASH_REMATCH[3]} pre=${BASH_REMATCH[5]}; case $2 in major) echo $(( a + 1 )).0.0 ;; minor) echo "$a.$(( b + 1 )).0" ;; patch) [[ $pre ]] && echo "$a.$b.$c" || echo "$a.$b.$(( c + 1 ))" ;; pre) if [[ $pre =~ ^(.*\.)([0-9]+)$ ]]; then echo "$a.$b.$c-${BASH_REMATCH[1]}$(( BASH_REMATCH[2] + 1 ))"; else echo "$a.$b.$(( c + 1 ))-rc.0"; fi ;; esac; }
compare() { # -1, 0 or 1 as semver orders them
  local a=${1%%+*} b=${2%%+*} i x y; local -a p q; IFS=.- read -ra p <<< "${a%%-*}"; IFS=.- read -ra q <<< "${b%%-*}"
  for i in 0 1 2; do (( p[i] == q[i] )) || { (( p[i] < q[i] )) && echo -1 || echo 1; return; }; done
  [[ $a == *-* ]] || { [[ $b == *-* ]] && echo 1 || echo 0; return; }; [[ $b == *-* ]] || { echo -1; return; }
  IFS=. read -ra p <<< "${a#*-}"; IFS=. read -ra q <<< "${b#*-}"
  for (( i = 0; i < ${#p[@]} || i < ${#q[@]}; i++ )); do
    x=${p[i]-} y=${q[i]-}; [[ $x == "$y" ]] && continue; [[ -z $x ]] && { echo -1; return; }; [[ -z $y ]] && { echo 1; return; }
    if [[ $x$y != *[!0-9]* ]]; then (( x < y )) && echo -1 || echo 1; elif [[ $x != *[!0-9]* ]]; then echo -1; elif [[ $y != *[!0-9]* ]]; then echo 1; elif [[ $x < $y ]]; then echo -1; else echo 1; fi; return
  done; echo 0
}
for v in 1.9.12 2.0.0-rc.9 1.0.0-alpha 01.2.3 1.2 0.0.9+b.5; do printf '%s:' "$v"; for k in major minor patch pre; do printf ' %s' "$(bump "$v" "$k" || echo invalid)"; done; echo; done
for pair in '1.0.0 1.0.0' '1.0.0-alpha 1.0.0' '1.0.0-alpha 1.0.0-alpha.1' '1.0.0-alpha.beta 1.0.0-alpha.1' '1.0.0-rc.11 1.0.0-rc.2' '1.10.0 1.9.9' '1.0.0+a 1.0.0+b'; do echo "$pair $(compare $pair)"; done
printf '%s\n' 1.10.0 1.9.9 1.9.10 v2 1.2-rc1 1.2 | sort -V | paste -sd' '; sort -t. -k1,1n -k2,2n -k3,3nr <<< $'1.10.2\n1.9.1\n1.10.11' | paste -sd' '
kind=patch; re='^([a-f0-9]+) ([a-z]+)(\(([a-z]+)\))?(!?): (.*)$'; declare -A notes=()
while IFS= read -r line; do
  [[ $line =~ $re ]] || { echo "left out: ${line#* }" >&2; continue; }
  type=${BASH_REMATCH[2]} scope=${BASH_REMATCH[4]} text=${BASH_REMATCH[6]}
  text=$(sed -E 's/ *\[[^]]*\]//g; s/\(#([0-9]+)\)/([#\1](issues\/\1))/' <<< "$text")
  [[ ${BASH_REMATCH[5]} ]] && { kind=major; type=breaking; }; [[ $type == feat && $kind == patch ]] && kind=minor
  notes[$type]+="- ${scope:+**$scope**: }${text^} (${BASH_REMATCH[1]:0:4})"$'\n'
done < history 2> skipped
old=$(jq -r .version package.json); new=$(bump "$old" "$kind"); echo "$old -> $new ($kind)"; cat skipped
jq --arg v "$new" '.version = $v' package.json > tmp && mv tmp package.json; sed -i "s/^VERSION = .*/VERSION = \"$new\"/; s/${old//./\\.}/$new/g" demo.py; cat package.json demo.py
{ printf '# Changes\n\n## %s (%s)\n' "$new" "$(date -u -d '2024-02-29 +1 year' +%F)"; for t in breaking:Breaking feat:Added fix:Fixed; do [[ ${notes[${t%:*}]-} ]] && printf '\n### %s\n\n%s' "${t#*:}" "${notes[${t%:*}]}"; done; } > new.md; printf '## 1.9.12\n\n- old\n' > CHANGELOG.md; sed -i -e '1{h;r new.md' -e 'g;N}' CHANGELOG.md; cat new.md; awk '/^### Fixed/ { on = 1; next } /^#/ { on = 0 } on && NF' new.md; grep -n old CHANGELOG.md
### schedules, dates and durations
set -u
field() { # expression, low, high -> the numbers it means
  local part lo hi step out=(); local -a parts; IFS=, read -ra parts <<< "$1"
  for part in "${parts[@]}"; do
    step=1; [[ $part == */* ]] && { step=${part#*/}; part=${part%/*}; }
    case $part in '*') lo=$2 hi=$3 ;; *-*) lo=${part%-*} hi=${part#*-} ;; *) lo=$part; [[ $step == 1 ]] && hi=$part || hi=$3 ;; esac
    [[ $lo$hi$step =~ ^[0-9]+$ ]] && (( lo >= $2 && hi <= $3 && lo <= hi && step > 0 )) || { echo "bad field $1" >&2; return 1; }
    for (( ; lo <= hi; lo += step )); do out+=("$lo"); done
  done
  printf '%s\n' "${out[@]}" | sort -nu | paste -sd' '
}
runs() { # expression, start, how many: the next times, minute by minute is too slow, so by days
  set -f; local -a f=($1); set +f; local minutes hours days months weekdays t=$2 n=$3 day h m
  (( ${#f[@]} == 5 )) || { echo "five fields, not ${#f[@]}"; return 1; }
  minutes=$(field "${f[0]}" 0 59) && hours=$(field "${f[1]}" 0 23) && days=$(field "${f[2]}" 1 31) && months=$(field "${f[3]}" 1 12) && weekdays=$(field "${f[4]//7/0}" 0 6) || return
  for (( day = t / 86400 * 86400; n > 0; day += 86400 )); do
    read -r Y M D W < <(date -u -d "@$day" '+%Y %-m %-d %w')
    [[ " $months " == *" $M "* ]] || continue
    if [[ ${f[2]} != '*' && ${f[4]} != '*' ]]; then [[ " $days " == *" $D "* || " $weekdays " == *" $W "* ]] || continue; else [[ " $days " == *" $D "* && " $weekdays " == *" $W "* ]] || continue; fi
    for h in $hours; do for m in $minutes; do (( day + h * 3600 + m * 60 >= t && n-- > 0 )) && date -u -d "@$(( day + h * 3600 + m * 60 ))" '+%a %F %R'; done; done
  done
}
start=$(date -u -d '2024-02-27 22:50' +%s)
for e in '*/20 * * * *' '0 9 * * 1-5' '30 4 29 2-3 *' '0 0 1,15 * 5' '5,50 23 * 2-3/1 *'; do echo "-- $e"; runs "$e" "$start" 2; done
runs '60 * * * *' 0 1 2>&1; runs '* *' 0 1; runs '1-x * * * *' 0 1 2>&1
duration() { local s=$1 out= u; for u in 604800w 86400d 3600h 60m 1s; do (( s >= ${u%?} )) && { out+=$(( s / ${u%?} ))${u: -1}; (( s %= ${u%?} )); }; done; echo "${out:-0s}"; }
for s in 0 59 3661 90061 1209600; do printf '%s ' "$(duration $s)"; done; echo
seconds() { local t=0 s=$1; while [[ $s =~ ^([0-9]+)([wdhms]) ]]; do case ${BASH_REMATCH[2]} in w) (( t += BASH_REMATCH[1] * 604800 )) ;; d) (( t += BASH_REMATCH[1] * 86400 )) ;; h) (( t += BASH_REMATCH[1] * 3600 )) ;; m) (( t += BASH_REMATCH[1] * 60 )) ;; s) (( t += BASH_REMATCH[1] )) ;; esac; s=${s:${#BASH_REMATCH}}; done; [[ -z $s ]] && echo "$t" || { echo "left over: $s"; return 1; }; }; seconds 1h30m; seconds 2w1s; seconds 5x
for d in '2024-01-31 +1 month' '2024-02-29 -1 year' '2023-12-31 23:59:59 UTC +1 second' '2024-03-10 next monday' '1 Jan 2024 last friday' '2024-06-15 12:00 +0530' '2024-W10' '@1e3' 'Jan 5, 2024 3pm' '20240229T101112' '2024/02/03' '2 weeks ago' ; do [[ $d == *ago || $d == @1e3 || $d == *W10 ]] && { date -u -d "$d" +%F > /dev/null 2>&1; echo "status $?"; continue; }; date -u -d "$d" '+%F %T %a %j %V %u'; done
date -d @0 '+%c|%x|%X|%p|%I|%y|%C|%e|%k|%s|%N|%::z'
date -u -d @1709210096 -Iseconds; date -u -d @1709210096 --rfc-3339=ns; date -u -R -d @0; date -u -d 2024-02-30 2>&1; LC_ALL=C printf '%(%Y-%m-%d %H:%M:%S)T\n' 86399; printf '%(%A %d %B)T|%5d\n' 951782400 7
age() { local -i y=${2%%-*}-${1%%-*}; [[ ${2#*-} < ${1#*-} ]] && y+=-1; echo $y; }; age 1990-05-20 2024-05-19; age 1990-05-20 2024-05-20; days() { echo $(( ($(date -u -d "$2" +%s) - $(date -u -d "$1" +%s)) / 86400 )); }; days 2024-01-01 2024-12-31; days 2000-02-28 2000-03-01; easter() { local Y=$1 a b c d e f g h i k l m; (( a=Y%19, b=Y/100, c=Y%100, d=b/4, e=b%4, f=(b+8)/25, g=(b-f+1)/3, h=(19*a+b-d-g+15)%30, i=c/4, k=c%4, l=(32+2*e+2*i-h-k)%7, m=(a+11*h+22*l)/451 )); printf '%d-%02d-%02d\n' $Y $(( (h+l-7*m+114)/31 )) $(( (h+l-7*m+114)%31+1 )); }; easter 2024; easter 2025
calendar() { local y=$1 m=$2 first n d; first=$(date -u -d "$y-$m-1" +%u) n=$(date -u -d "$y-$m-1 +1 month -1 day" +%d); date -u -d "$y-$m-1" '+%B %Y' | sed 's/^/    /'; echo "Mo Tu We Th Fr Sa Su"; printf '%*s' $(( (first - 1) * 3 )) ''; for (( d = 1; d <= 10#$n; d++ )); do printf '%2d%s' "$d" "$( (( (d + first - 1) % 7 == 0 || d == 10#$n )) && echo $'\n.' || echo ' .')" | sed 's/\.$//'; done | tr -d '\r'; }; calendar 2024 2
