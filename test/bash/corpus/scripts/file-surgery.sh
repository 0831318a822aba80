### rename by pattern
touch img_1.jpeg img_2.jpeg; for f in *.jpeg; do mv -- "$f" "${f%.jpeg}.jpg"; done; ls
### rename with zero padding
touch 1.t 2.t 10.t; for f in *.t; do n=${f%.t}; mv "$f" "$(printf '%03d.t' "$n")"; done; ls
### spaces in names
touch 'a b.txt' 'c  d.txt' $'tab\there.txt'; for f in *.txt; do echo "<$f>"; done; find . -name '*.txt' -print0 | sort -z | xargs -0 -n1 echo | wc -l
### leading dash names
touch -- -n --help; ls -- -n; rm -- -n; rm ./--help; ls | wc -l
### backup before edit
echo v1 > conf; cp conf conf.bak; sed -i 's/v1/v2/' conf; diff conf.bak conf; [ conf -nt conf.bak ] || [ ! conf -ot conf.bak ] && echo ok
### in place with suffix
printf 'a\nb\n' > f; sed -i.orig 's/a/X/' f; cat f f.orig; ls
### bulk replace
mkdir -p s/t; echo 'foo=1' > s/a.cfg; echo 'foo=2 foo' > s/t/b.cfg; grep -rl foo s | sort | xargs sed -i 's/foo/bar/g'; cat s/a.cfg s/t/b.cfg
### tree copy
mkdir -p src/a/b; echo 1 > src/x; echo 2 > src/a/y; echo 3 > src/a/b/z; cp -r src dst; find dst -type f | sort; cmp src/a/b/z dst/a/b/z && echo same
### copy into existing
mkdir -p src dst; echo 1 > src/f; cp -r src dst; ls dst; cp -r src/. dst; ls dst
### copy many
touch a b c; mkdir d; cp a b c d; ls d; cp -t d a; mkdir e; mv d/* e; ls e; ls d | wc -l
### move directory
mkdir -p a/b; touch a/b/c; mv a/b x; ls x; ls a | wc -l; mv x a; ls a/x
### remove empty directories
mkdir -p t/a/b t/c; touch t/c/keep; find t -type d -empty -delete; find t | sort
### remove by pattern
touch a.o b.o c.c; rm -f *.o *.none; ls; rm none 2>/dev/null; echo $?; rm -f none; echo $?
### rm directory rules
mkdir d; rm d 2>/dev/null; echo $?; rmdir d; mkdir -p d/e; rmdir d 2>/dev/null; echo $?; rm -r d; ls | wc -l
### find by name and type
mkdir -p p/q; touch p/a.sh p/q/b.sh p/q/c.txt; ln -s a.sh p/l; find p -name '*.sh' | sort; find p -type d | sort; find p -type l; find p -maxdepth 1 -type f; find p -mindepth 2 -name '*.txt'
### find with exec
mkdir d; echo 12345 > d/a; echo 1 > d/b; find d -type f -exec wc -c {} \; | sort; find d -type f -exec echo {} + | tr ' ' '\n' | sort; find d -size -3c -type f
### find logic
touch a.c b.h c.o d.c; find . -name '*.c' -o -name '*.h' | sort; find . -type f ! -name '*.c' | sort; find . \( -name 'a*' -o -name 'd*' \) -print | sort; find . -type f -not -name '*.o' -printf '%f\n' | sort
### find prune
mkdir -p r/node_modules r/src; touch r/node_modules/x.js r/src/y.js; find r -name node_modules -prune -o -name '*.js' -print
### find newer and times
touch -d '2026-01-01 00:00' old; touch -d '2026-06-01 00:00' new; find . -newer old -type f; find . -type f -newermt '2026-03-01'; stat -c '%n %Y' old
### largest files
head -c 300 /dev/zero > a; head -c 100 /dev/zero > b; head -c 200 /dev/zero > c; ls -S; find . -type f -printf '%s %f\n' | sort -rn | head -2
### disk usage by hand
mkdir -p d/e; head -c 10 /dev/zero > d/a; head -c 20 /dev/zero > d/e/b; find d -type f -printf '%s\n' | awk '{s+=$1} END{print s}'
### duplicate finder
echo same > a; echo same > b; echo other > c; md5sum * | sort | awk '{c[$1]=c[$1]" "$2; n[$1]++} END{for(k in n) if(n[k]>1) print c[k]}'
### sync newer
mkdir a b; echo 1 > a/f; echo 2 > a/g; echo old > b/f; touch -d '2020-01-01' b/f; cp -u a/* b/; cat b/f b/g
### hard links
echo x > a; ln a b; stat -c %h a; echo y >> b; cat a; rm a; stat -c %h b; [ -e a ] || echo gone
### symbolic links
echo t > real; ln -s real link; cat link; readlink link; [ -L link ] && echo L; rm real; [ -e link ] || echo dangling; ls -l link | awk '{print $(NF-2), $(NF-1), $NF}'
### links to directories
mkdir d; touch d/f; ln -s d l; ls l/; ls -d l; cd l; pwd | sed 's|.*/||'; pwd -P | sed 's|.*/||'; cd ..; rm l; ls
### relative link chains
mkdir -p a/b; echo deep > a/b/f; ln -s b/f a/l1; ln -s a/l1 l2; cat l2; readlink -f l2 | sed 's|.*/a/|a/|'; realpath l2 | sed 's|.*/a/|a/|'; ln -sf none l2; cat l2 2>/dev/null; echo $?
### link force and no dereference
mkdir d1 d2; ln -s d1 cur; ln -sfn d2 cur; readlink cur; ln -s x y; ln -s z y 2>/dev/null; echo $?
### permissions
touch f; chmod 640 f; stat -c %a f; chmod u+x,g-r,o=rw f; stat -c %a f; chmod a-w f; stat -c %A f; chmod -R 700 .; stat -c %a f
### umask
umask 077; touch a; mkdir b; stat -c '%a' a b; umask 022; touch c; stat -c %a c; umask; umask -S
### not readable
echo s > f; chmod 000 f; [ "$(id -u)" != 0 ] && [ -r f ] && echo r; [ "$(id -u)" = 0 ] || cat f 2>/dev/null; stat -c %a f; chmod 644 f; cat f
### executable script
printf '#!/bin/sh\necho "args: $#: $1"\n' > s; chmod +x s; ./s 'a b' c; ./none 2>/dev/null; echo $?; chmod -x s; ./s 2>/dev/null; echo $?
### temp files
t=$(mktemp); echo x > "$t"; cat "$t"; rm "$t"; d=$(mktemp -d); touch "$d/a"; ls "$d"; rm -r "$d"; mktemp -u x.XXXX | grep -cE '^x\.[A-Za-z0-9]{4}$'
### cleanup by trap
t=./work.$$; mkdir "$t"; ( trap 'rm -rf "$t"; echo cleaned' EXIT; touch "$t/a"; ls "$t" ); [ -d "$t" ] || echo gone
### atomic write
write() { local t; t=$(mktemp "$1.XXXXXX") && cat > "$t" && mv "$t" "$1"; }; echo one | write f; echo two | write f; cat f; ls | wc -l
### lock directory
lock() { mkdir l 2>/dev/null && echo got || echo busy; }; lock; lock; rmdir l; lock
### append log rotation
for i in 1 2 3; do [ -f log.2 ] && rm log.2; [ -f log.1 ] && mv log.1 log.2; [ -f log ] && mv log log.1; echo "run $i" > log; done; head log*
### truncate and size
echo 1234567890 > f; truncate -s 4 f; cat f; echo; stat -c %s f; truncate -s 8 f; od -An -c f | tr -s ' '; : > f; stat -c %s f
### dd blocks
printf 'abcdefghij' > f; dd if=f bs=2 skip=1 count=2 2>/dev/null; echo; printf XX | dd of=f bs=1 seek=3 conv=notrunc 2>/dev/null; cat f; echo
### here document to file
n=5; cat > a <<X
value $n $(echo sub) \$raw
X
cat > b <<'X'
value $n $(echo sub)
X
cat a b; cat <<-X
	indented
	  two
	X
### concatenate with headers
echo 1 > a; echo 2 > b; for f in a b; do echo "== $f"; cat "$f"; done > all; cat all; head -n1 a b
### insert line at
printf '1\n2\n3\n' > f; sed -i '2i inserted' f; cat f; sed -i '$a last' f; tail -1 f; sed -i '1d' f; head -1 f
### delete range
seq 10 > f; sed -i '3,8d' f; cat f; sed -i '/9/,$d' f; cat f
### prepend
printf 'b\n' > f; { echo a; cat f; } > g && mv g f; cat f; printf '%s\n' 'z' "$(cat f)" > f; cat f
### edit config value
printf 'port=80\nhost=a\n' > c; set_value() { if grep -q "^$1=" c; then sed -i "s|^$1=.*|$1=$2|" c; else echo "$1=$2" >> c; fi; }; set_value port 8080; set_value user bob; cat c
### toggle comments
printf '#a\nb\n' > c; sed -i -e '/^#a/s/^#//' -e '/^b/s/^/#/' c; cat c
### line counts of tree
mkdir -p p/q; seq 3 > p/a.ts; seq 5 > p/q/b.ts; seq 7 > p/c.md; find p -name '*.ts' -exec cat {} + | wc -l; find p -type f | sed 's/.*\.//' | sort | while read -r e; do echo "$e $(find p -name "*.$e" -exec cat {} + | wc -l)"; done
### tar round trip
mkdir -p t/u; echo a > t/x; echo b > t/u/y; tar cf a.tar t; rm -r t; tar tf a.tar | sort; tar xf a.tar; cat t/x t/u/y
### tar gzip and paths
mkdir d; echo hi > d/f; tar czf d.tgz d; mkdir out; tar xzf d.tgz -C out; cat out/d/f; tar xzf d.tgz -O d/f
### gzip
echo data > f; gzip f; ls; gunzip -c f.gz; gzip -d f.gz; ls; echo pipe | gzip | gzip -d; echo x | gzip -c | wc -c | awk '{print ($1>15)}'
### checksum list
echo 1 > a; echo 2 > b; sha256sum a b > s; sha256sum -c s; echo 3 > b; sha256sum -c s 2>/dev/null; echo $?
### cmp
echo abc > a; echo abd > b; cmp a b; echo $?; cmp -s a a; echo $?; cmp a none 2>/dev/null; echo $?
### patch
printf 'a\nb\nc\n' > f; cp f g; sed -i 's/b/B/' g; diff -u f g > p; patch f < p; cmp f g && echo same; patch -R f < p; sed -n 2p f; rm p
### which and type
type cd | head -1; type -t ls | grep -c file; command -v sed | grep -c sed; type nonesuch 2>/dev/null; echo $?; f() { :; }; type -t f
### test operators on files
touch e; echo x > n; mkdir d; for f in e n d none; do for o in e f d s; do test -$o $f && printf '%s%s ' $f $o; done; done; echo; [ e -ef ./e ] && echo same
### glob order and brackets
touch a1 a2 a10 b1 A1; echo a*; echo [ab]1; echo a[!1]*; echo ?1; echo [[:upper:]]*
### nested brace directories
mkdir -p p/{src/{a,b},test}; find p -type d | sort; touch p/src/{a,b}/f{1,2}; find p -type f | wc -l
### walk without find
mkdir -p w/x/y; touch w/1 w/x/2 w/x/y/3; walk() { local f; for f in "$1"/*; do [ -e "$f" ] || continue; echo "$f"; [ -d "$f" ] && walk "$f"; done; }; walk w
### read file with no newline
printf 'a\nb' > f; while read -r l; do echo "<$l>"; done < f; while read -r l || [ -n "$l" ]; do echo "[$l]"; done < f; wc -l < f
### process file in chunks
seq 1 10 > f; mapfile -t -n 3 a < f; echo "${a[@]}"; mapfile -t -s 7 b < f; echo "${b[@]}"; mapfile -t all < f; echo ${#all[@]}
### two files in step
printf '1\n2\n3\n' > a; printf 'x\ny\nz\n' > b; while read -r -u3 l && read -r -u4 r; do echo "$l$r"; done 3< a 4< b
### descriptor writes
exec 3> out; echo one >&3; echo two >&3; exec 3>&-; cat out; exec 4< out; read -r l <&4; read -r m <&4; echo "$m $l"; exec 4<&-
### read write descriptor
printf 'hello\n' > f; exec 3<> f; read -r -n 2 x <&3; printf XX >&3; exec 3>&-; cat f; echo "$x"
### swap stdout and stderr
f() { echo out; echo err >&2; }; f 3>&1 1>&2 2>&3 3>&- 2>/dev/null; f 2>&1 >/dev/null; f > both 2>&1; cat both; f &> b2; wc -l < b2
### noclobber
set -o noclobber; echo 1 > f; echo 2 > f 2>/dev/null; echo $?; cat f; echo 3 >| f; cat f
### empty globs
for f in *.none; do [ -e "$f" ] || { echo none; continue; }; echo "$f"; done; shopt -s nullglob; for f in *.none; do echo never; done; shopt -s failglob; echo *.none 2>/dev/null; echo $?
### basename and dirname
for p in /a/b/c.txt a/ / . c ../x/; do echo "$(basename "$p") $(dirname "$p")"; done; basename -s .txt x.txt; basename a.b.c .c
### install
echo x > f; install -m 750 f g; stat -c %a g; install -d p/q; install -D f r/s/t; find . -type f | sort; find . -type d | sort
### stat formats
printf 12345 > f; chmod 604 f; stat -c '%s %a %F %n' f; mkdir d; stat -c '%F' d; ln -s f l; stat -c '%F %N' l
### touch times
touch -t 202601020304.05 f; stat -c %Y f; touch -r f g; stat -c %Y g; date -r f '+%F %T'; touch -c none; ls
### comm of listings
mkdir a b; touch a/1 a/2 b/2 b/3; comm -3 <(ls a) <(ls b) | tr '\t' '>'; diff <(ls a) <(ls b); echo $?
### cp preserve
echo x > a; chmod 600 a; touch -d '2026-02-03' a; cp -p a b; stat -c '%a %Y' b; ln -s a l; cp -P l m; readlink m; cp l n; [ -L n ] || echo file
### rm with confirmation input
touch a b; echo y | rm -i a 2>/dev/null; echo n | rm -i b 2>/dev/null; ls
### mkdir modes and errors
mkdir -m 700 d; stat -c %a d; mkdir d 2>/dev/null; echo $?; mkdir -p d; echo $?; mkdir a/b/c 2>/dev/null; echo $?; mkdir -pv x/y
### move no clobber
echo 1 > a; echo 2 > b; mv -n a b; cat a b; mv a b; cat b; mv none x 2>/dev/null; echo $?
### shuffle deterministic
seq 5 | shuf | sort -n | tr '\n' ' '; seq 100 | shuf -n 3 | wc -l; shuf -i 1-3 | sort | tr -d '\n'; shuf -e a b c | sort | tr -d '\n'; echo
### xargs forms
printf '%s\n' a b c d | xargs -n2 echo; printf '%s\n' a b | xargs -I{} echo '<{}>'; printf 'a b\0c\0' | xargs -0 -n1 echo; echo 'x "y z" w' | xargs -n1 echo; printf '' | xargs echo empty; printf '' | xargs -r echo never
### xargs exit codes
printf '%s\n' 1 2 | xargs -n1 sh -c 'exit $0'; echo $?; echo a | xargs nonesuch 2>/dev/null; echo $?; printf '1\n2\n' | xargs -P2 -n1 echo | sort
### du and df shape
mkdir d; head -c 5000 /dev/zero > d/f; du -sb d/f | cut -f1; du -a d | wc -l; df . | tail -1 | awk '{print NF}'
### wc forms
printf 'a b\nc\n' > f; wc f | tr -s ' '; wc -l f; wc -w < f; wc -c f f | tail -1 | tr -s ' '; wc -m <<< 'é'; wc -L <<< 'abc'
### file types listing
mkdir d; touch f; ln -s f l; chmod +x f; ls -F; ls -p; ls -A | wc -l; ls -l | awk 'NR>1{print substr($1,1,1), $NF}'
### cat options
printf 'a\tb\n\n\nc\n' > f; cat -A f; cat -s f | wc -l; cat -b f | tr -s ' \t' ' '; cat f - < f | wc -l
### seq forms
seq 3; seq 2 4; seq 1 2 7; seq -s, 1 5; seq -w 8 11; seq 5 -2 1; seq 0.5 0.5 2; seq 3 1 | wc -l
### od strings
printf 'text\0bin\xff' > f; od -c f | head -1 | tr -s ' '; strings f 2>/dev/null | head -1; grep -c text f; tr -d '\0' < f | wc -c
