/** Scripts about the programs that work on files: their options, messages and exit codes. */
import type { Groups } from "./types.ts"

export const fileTools: Groups = {
  "ls": [
    "touch b a .h; mkdir d; ls; ls -a; ls -A; ls -1; ls -r; ls -d; ls -d *; ls nofile; echo $?",
    "mkdir d e; touch d/x e/y f; ls d e; ls d e f; ls -R; ls -d d; ls f d",
    "touch -d '2020-01-02 03:04' a; touch -d '2021-05-06 07:08' b; chmod 644 a b; ls -l --time-style=long-iso a b | cut -d' ' -f1,2,6-; ls -t; ls -tr; ls --full-time a | cut -d' ' -f6-",
    "printf 123 > a; printf 1234567 > b; : > c; ls -S; ls -Sr; ls -s c; ls -lS | sed 1d | awk '{print $5, $NF}'; ls -1s c",
    "ln -s a l; mkdir d; touch x; chmod +x x; ls -F; ls -p; ls --file-type; ls --indicator-style=slash; ls -lF | sed 1d | awk '{print $1, $9, $10, $11}'",
    "touch 'a b' \"c'd\"; ls; ls -Q; ls -b; ls --quoting-style=shell; ls --quoting-style=shell-escape; ls -m; ls -N; ls --quoting-style=literal",
    "touch a1 a2 a10 a9 b-1.2.txt b-1.10.txt; ls -v; ls -v -r; ls -U | sort; ls -X; ls --sort=size | sort; ls --sort=version",
    "touch f1.c f2.h f3.c f4; ls -I '*.c'; ls --hide='*.h'; ls -B; ls -X; ls --group-directories-first; mkdir z; ls --group-directories-first",
    "seq -f file%g 30 | xargs touch; ls -C; ls -x; ls -w 40 -C; ls -m; COLUMNS=60 ls -C",
    "ls -l nofile; ls nofile1 nofile2; mkdir d; touch d/a; ls d/a nofile; echo $?; ls -z; echo $?; ls --badopt; echo $?; ls --sort=bad 2>&1 | head -1",
    "mkdir d; touch d/f; ln -s d l; ls l; ls l/; ls -d l; ls -l l | awk '{print $1,$9,$10,$11}'; ls -H l; ls -lL l | awk '{print $1, $9}'; ln -s none x; ls x; ls -L x",
    "touch f; ln f g; ls -l f | awk '{print $2}'; ls -i f g | awk '{print $1}' | uniq | wc -l; ls -n f | awk '{print NF}'; ls -g f | awk '{print NF}'; ls -o f | awk '{print NF}'; ls -G -l f | awk '{print NF}'",
    "truncate -s 1500 a; truncate -s 15000 b; truncate -s 1500000 c; ls -lh | sed 1d | awk '{print $5,$9}'; ls -l --si | sed 1d | awk '{print $5,$9}'; ls -l --block-size=1K | sed 1d | awk '{print $5,$9}'; ls -l --block-size=K | sed 1d | awk '{print $5,$9}'",
    "touch é ü a; ls; ls -1 | wc -l; mkdir ''; ls ''; ls -- -x; touch -- -x; ls -- -x; ls ./-x",
    "touch x; ls --color=always x; mkdir d; ls --color=always -d d; ls --color=never x; ls --color=auto x; chmod +x x; ls --color=always x"
  ],
  "cp": [
    "echo 1 > a; cp a b; cat b; cp a nodir/x; echo $?; cp; echo $?; cp a; echo $?; cp nofile b; echo $?; mkdir d; cp d e; echo $?; cp a b d; ls d; cp a b c; echo $?; cp a b nod/; echo $?",
    "mkdir -p s/t; echo x > s/f; echo y > s/t/g; cp -r s d; find d | sort; cp -r s d; find d | sort; cp -R s/. e; find e | sort; cp -rT s d2; find d2 | sort; cp -a s f; find f | sort",
    "echo 1 > a; chmod 751 a; touch -d '2020-01-01 UTC' a; cp a b; stat -c '%a' b; cp -p a c; stat -c '%a %Y' c; umask 077; cp a d; stat -c %a d; cp --preserve=mode a e; stat -c %a e; cp -a a f; stat -c '%a %Y' f; cp --no-preserve=mode a g; stat -c %a g",
    "echo 1 > a; echo 2 > b; cp -n a b; cat b; cp -v a b; cp -u a b; cat b; touch -d '2030-01-01' b; echo 3 > b; touch -d '2030-01-01' b; cp -u a b; cat b; cp -f a b; cat b; cp --remove-destination a b; cat b",
    "echo 1 > a; ln -s a l; cp l m; ls -l m | cut -c1; cp -P l n; readlink n; cp -d l o; readlink o; mkdir d; ln -s ../a d/l; cp -r d e; readlink e/l; cp -rL d f; cat f/l; cp -a d g; readlink g/l",
    "echo 1 > a; cp a a; echo $?; cp a ./a; mkdir d; mkdir d/a; cp a d; echo $?; touch f; cp -r d f; echo $?; cp a f/; echo $?",
    "echo 1 > a; echo 2 > b; cp -b a b; cat b b~; cp --backup=numbered a b; ls; cp --backup=numbered a b; ls; cp -S .old a b; ls; cp -bS .bak a b; ls",
    "echo 1 > a; cp -l a b; stat -c %h a; cp -s a c; readlink c; cp -lv a d; cp -sv a e; cp -s a c; echo $?; cp -sf a c; echo $?",
    "mkdir d e; echo 1 > d/x; cp -t e d/x; ls e; cp -t nod d/x; echo $?; cp --target-directory=e d/x; cp -T d/x e/z; ls e; cp -T d e; echo $?; cp -rT d e; echo $?; cp -tx; echo $?",
    "mkdir -p a/b; echo 1 > a/b/c; mkdir d; cp --parents a/b/c d; find d | sort; cp --parents a/b/c nod; echo $?; echo y | cp -i a/b/c d/a/b/c; echo n | cp -iv a/b/c d/a/b/c; cp -vr a d2 | sort",
    "echo 1 > a; cp a b 2>/dev/null; cp -z a b; echo $?; cp --bad a b; echo $?; cp -- a -x; cat ./-x; cp /dev/null n; wc -c < n; cp a /dev/null; echo $?; ln -s none dl; cp a dl; echo $?",
    "echo 1 > a; ln a b; mkdir s; ln a s/x; ln a s/y; cp -a s t; stat -c %h t/x; cp -r s u; stat -c %h u/x; chmod 000 a; chmod 644 a; touch s/z; cp s/* t; ls t; cp s/x s/y s/z .; ls"
  ],
  "mv": [
    "echo 1 > a; mv a b; ls; mv nofile x; echo $?; mv; mv b; echo $?; mkdir d; mv b d; ls d; mv d/b .; ls; mv b d/c; ls d; mv d e; ls; mv -v e f; mv f/c f/g; ls f",
    "echo 1 > a; echo 2 > b; mv -n a b; cat a b; mv -f a b; ls; cat b; echo 3 > c; mv -b c b; cat b b~; echo 4 > d; mv --backup=t d b; ls; echo 5 > e; mv -u e b; cat b; touch -d 2001-01-01 old; mv -u old b; ls",
    "mkdir d e; touch d/x; mv d e; ls e; mkdir d; mv -T d e; echo $?; touch f; mv d f; echo $?; mv f d; ls d; mkdir -p g/f; mv d/f g; echo $?; mv g g/h; echo $?; mv e e; echo $?; touch z; mv z z; echo $?",
    "touch a b c; mkdir d; mv a b c d; ls d; mv -t . d/a d/b; ls; mv a b nod; echo $?; mv a b c2; echo $?; mv a nod/; echo $?; mv -vt d a b; ls d; mv -z; echo $?; mv d/* .; ls",
    "mkdir -p a/x b/a/y; mv a b; echo $?; ls b/a; mkdir -p c/a; mv a c; ls c/a; touch -- -f; mv -- -f g; ls; ln -s g l; mv l m; readlink m; echo n | mv -i g m; echo y | mv -i g m; ls; mv --strip-trailing-slashes c/ k; ls"
  ],
  "rm": [
    "touch a b; rm a; ls; rm nofile; echo $?; rm -f nofile; echo $?; rm; echo $?; rm -f; echo $?; mkdir d; rm d; echo $?; rm -d d; ls; mkdir -p d/e; touch d/f; rm -d d; echo $?; rm -r d; ls; rm -rf d; echo $?",
    "touch a b c; rm -v a b; mkdir d; touch d/x; rm -rv d; rm -z; echo $?; rm --bad; echo $?; touch -- -x; rm -x; rm -- -x; ls; touch 'a b'; rm 'a b'; ls; rm . ..; echo $?; rm -r .; echo $?",
    "mkdir d; touch d/a d/b; rm d/*; ls d; rmdir d; rmdir d; echo $?; mkdir -p a/b/c; rmdir a; echo $?; rmdir -p a/b/c; ls; mkdir -p a/b; touch a/x; rmdir -p a/b; echo $?; ls a; rmdir --ignore-fail-on-non-empty a; echo $?; rmdir -v a/b; rmdir; echo $?; mkdir v; rmdir -v v",
    "ln -s nowhere l; rm l; ls; mkdir d; touch d/f; ln -s d l; rm l/; echo $?; rm -r l; ls d; touch f; rm f/; echo $?; ls f; unlink f; ls; unlink f; echo $?; unlink; echo $?; unlink a b; echo $?"
  ],
  "mkdir and touch": [
    "mkdir a; mkdir a; echo $?; mkdir x/y; echo $?; mkdir -p x/y/z; ls -d x/y/z; mkdir -p x; echo $?; mkdir -v n; mkdir -pv m/o; mkdir; echo $?; touch f; mkdir f; echo $?; mkdir -p f/g; echo $?; mkdir 'a b'; ls -d 'a b'; mkdir -z; echo $?",
    "mkdir -m 700 a; stat -c %a a; mkdir -m u=rwx,go= b; stat -c %a b; mkdir -m 1777 c; stat -c %a c; mkdir -m a+w d; stat -c %a d; umask 077; mkdir e; stat -c %a e; mkdir -p g/h; stat -c '%a %n' g g/h; mkdir -p -m 755 i/j; stat -c '%a %n' i i/j; mkdir -m bad k; echo $?",
    "touch a; touch -d 2020-01-02 b; stat -c %Y b; touch -t 202001020304.05 c; stat -c %Y c; touch -r b d; stat -c %Y d; touch -a -d 2019-01-01 b; stat -c '%X %Y' b; touch -m -d 2018-01-01 b; stat -c '%X %Y' b; touch -c none; ls; touch; echo $?; touch x/y; echo $?; touch -d bad z; echo $?; touch -t 99 z; echo $?; touch -d @100 e; stat -c %Y e",
    "mkdir d; touch -d 2020-01-01 d; stat -c %Y d; touch 'a b' é; ls; touch -r nofile x; echo $?; touch -h a; touch -z; echo $?; touch -t 01020304 y; stat -c %y y | cut -c6-16; touch d/; echo $?; touch f/; echo $?"
  ],
  "modes": [
    "touch f; for m in 644 u+x g-r o=w a+x ug=rw,o= +x -x u=g go-rwx a=r u+s g+s +t 0 7777 =; do chmod $m f; stat -c \"$m %a\" f; done",
    "touch f; chmod 999 f; echo $?; chmod; echo $?; chmod 644; echo $?; chmod 644 nofile; echo $?; chmod u+z f; echo $?; chmod -z f; chmod -v 600 f; chmod -v 600 f; chmod -c 600 f; chmod -c 644 f; chmod -f 644 nofile; echo $?; chmod --reference=f f; chmod u+ f; chmod bad f; echo $?",
    "mkdir -p d/e; touch d/f d/e/g; chmod -R 700 d; find d -printf '%m %p\\n' | sort; chmod -R u=rwX,go=rX d; find d -printf '%m %p\\n' | sort; chmod 2755 d; chmod 700 d; stat -c %a d; chmod -R -x d/f; ln -s f l; chmod 600 l; chmod +X d/f; stat -c %a d/f; chmod u+x,+X d/f; stat -c %a d/f",
    "umask 027; touch f; chmod +w f; stat -c %a f; chmod +x f; stat -c %a f; chmod -r f; stat -c %a f; chmod a+r f; stat -c %a f; chmod go= f; stat -c %a f; chmod u-w,g+w f; stat -c %a f; chmod ug+rw,o-rwx f; stat -c %a f; chmod -- -w f; stat -c %a f",
    "touch f; chown; echo $?; chown x; echo $?; chown nosuchuser f; echo $?; chown :nosuchgroup f; echo $?; chown $(id -u) f; echo $?; chown $(id -u):$(id -g) f; echo $?; chown $(id -u) nofile; echo $?; chgrp nosuch f; echo $?; chgrp $(id -g) f; echo $?; chgrp; echo $?"
  ],
  "links": [
    "echo x > t; ln -s t l; readlink l; readlink t; echo $?; readlink -f l | sed 's|.*/||'; readlink nofile; echo $?; readlink -v nofile; readlink -f nofile | sed 's|.*/||'; readlink -e nofile; echo $?; readlink -m a/b/c | sed 's|.*/a|a|'; readlink -n l; echo; readlink -z l | od -c; readlink; echo $?",
    "mkdir -p a/b; ln -s a/b c; realpath c | sed 's|.*/a|a|'; realpath -s c | sed 's|.*/||'; realpath --relative-to=a c; realpath --relative-to=. a/b/../b; realpath nofile | sed 's|.*/||'; echo $?; realpath -e nofile; echo $?; realpath a/x/y; echo $?; realpath -m a/x/y | sed 's|.*/a|a|'; realpath; echo $?; realpath -q nodir/x; echo $?; realpath ''; echo $?",
    "ln -s a b; ln -s b a; readlink -f a; echo $?; realpath a; echo $?; cat a; echo $?; ln -s / r; readlink -f r/usr; readlink -f r/../r | head -c 1; echo; ln; echo $?; ln nofile x; echo $?; ln -s x; readlink x; echo t > t; ln t h; ln t h; echo $?; ln -f t h; ln -s t h; echo $?; ln -sf t h; readlink h",
    "mkdir d; echo 1 > f; ln -s ../f d; readlink d/f; ln -s f g; ln -sfn d g; readlink g; ln -sfT f g; readlink g; ln -v f k; ln -sv f m; ln -t d k; ls d; ln -r -s f d/rel; readlink d/rel; ln d e; echo $?; link f n; stat -c %h f; link f n; echo $?; link; echo $?; link a; echo $?; ln f k zz; echo $?"
  ],
  "space": [
    "mkdir -p d/e; truncate -s 5000 d/a; truncate -s 10 d/e/b; du -b d/a; du -b d/a d/e/b; du -ba d | sort | grep -v /e$ | grep -v 'd$'; du -bs d/a; du nofile; echo $?; du -bc d/a d/e/b | tail -1; du --apparent-size -h d/a; du -b -d 0 d | cut -f2; du -z; echo $?; du -as d; echo $?; du -b --max-depth=1 d | cut -f2; du --max-depth=x d; echo $?",
    "seq 1000 > a; du -h a; du -k a; du -m a; du a; du -B 1 a; du -BK a; du --block-size=M a; du -bh a; du -a . | cut -f2 | sort; du -ab --exclude=b . | cut -f2 | sort; du -0b a | od -c | tail -2 | head -1; du -bt 100 a; du -bt -100 a; du -bS . | cut -f2",
    "df . > /dev/null; echo $?; df nofile; echo $?; df -h / | wc -l; df -P / | head -1 | tr -s ' '; df -T / | head -1 | awk '{print $2}'; df -i / | head -1 | awk '{print $2}'; df -z; echo $?; df --output=pcent / 2>/dev/null | wc -l"
  ],
  "mktemp, truncate and install": [
    "mktemp -u xXXX | sed 's/^x[A-Za-z0-9]*$/ok/'; mktemp -d dXXXXXX | wc -c; mktemp ab; echo $?; mktemp aXX; echo $?; mktemp -t fooXXXXXX | sed 's/XXX.*//; s/foo.*/foo/'; mktemp --suffix=.txt fXXXX | sed 's/f..../f/'; mktemp x/aXXXX | sed 's/a....\\(.\\)/aXXXX\\1/'; mktemp a b; echo $?; TMPDIR=/nope mktemp 2>&1 | wc -l; mktemp -p . aXXXX | cut -c1-3; stat -c %a $(mktemp fXXXX) $(mktemp -d dXXXX); mktemp -q nodir/XXXX; echo $?; rm -r a* d* f*",
    "truncate -s 10 a; stat -c %s a; truncate -s +5 a; stat -c %s a; truncate -s -3 a; stat -c %s a; truncate -s '<5' a; stat -c %s a; truncate -s '>7' a; stat -c %s a; truncate -s %5 a; stat -c %s a; truncate -s /4 a; stat -c %s a; truncate -s 1K a; stat -c %s a; truncate -r a b; stat -c %s b; truncate; echo $?; truncate -s x a; echo $?; truncate -s 1; echo $?; truncate -c -s 1 none; ls; mkdir d; truncate -s 1 d; echo $?; truncate -s 1MB a; stat -c %s a; truncate -s 1KiB a; stat -c %s a",
    "echo x > s; install s d; stat -c %a d; install -m 644 s e; stat -c %a e; install -d p/q r; ls -d p/q r; install -D s u/v/w; cat u/v/w; install -t p s; ls p; install -m u=rw s f; stat -c %a f; install; echo $?; install s; echo $?; install nofile x; echo $?; install -d; echo $?; mkdir k; install k x; echo $?; install -v s z; install -m bad s x; echo $?; install s d e; echo $?; install -vd a1/b1"
  ],
  "find": [
    "mkdir -p a/b/c; touch a/1.txt a/b/2.txt a/b/c/3.md; find a -name '*.txt' | sort; find a -type d | sort; find a -maxdepth 1 | sort; find a -mindepth 2 | sort; find a -path '*/b/*' | sort; find a -not -name '*.txt' -type f; find a -name '*.md' -o -name '1*' | sort; find a \\( -name 1.txt -o -name 3.md \\) -print | sort; find a -iname '*.TXT' | sort",
    "mkdir d; printf 12345 > d/f; : > d/e; find d -size 5c; find d -size +3c -type f; find d -size -1; find d -empty; find d -type f -size 0; find d -printf '%f %s %y %d %m\\n' | sort | grep -v '^d'; find d -type f -printf '%P|%h|%p\\n' | sort; find d -perm 644 -type f | sort; find d -perm -u+w | sort; find d -perm /111 | sort; find d -type l",
    "mkdir -p a/b; touch a/x a/b/y; find a -type f -exec echo {} \\; | sort; find a -type f -exec echo {} + | wc -w; find a -type f -execdir echo {} \\; | sort; find a -name b -prune -o -print | sort; find a -type f -delete; find a | sort; find a -depth; find nodir; echo $?; find a -bad; echo $?; find a -name; echo $?; find a -type q; echo $?; find a -exec false {} \\; ; echo $?; find a -exec nosuch {} \\;; echo $?; find a '(' -name x; echo $?",
    "touch -d '3 days ago' old; touch new; find . -mtime +1 -type f; find . -mtime -1 -type f; find . -mmin -5 -type f; find . -newermt '2 days ago' -type f; find . -name 'n*' -print -quit; find . -regex '.*/ol.' ; find . -iregex '.*/NEW'; find . -type f -print0 | tr '\\0' '\\n' | sort; find . ! -newer old -type f; find -maxdepth 0; find . -maxdepth 1 -type f -name '[!o]*'; find . -true -false; find . -links 1 -type f | sort",
    "mkdir d; ln -s d l; touch d/f; find l; find -L l | sort; find l/ | sort; find -H l | sort; find . -type l; find . -lname d; find -L . -type f | sort; find . -xtype d | sort; find . -samefile d/f; ln -s none b; find . -xtype l; find . -type l,d | sort; find d l -maxdepth 0; find . -name d -printf '%p %l\\n'; find . -type l -printf '%f -> %l\\n' | sort; find . -wholename ./d/f; find . -name 'f' -ls | awk '{print $NF}'; find . -readable -name f; find . -executable -type d | wc -l"
  ],
  "stat": [
    "printf hello > f; chmod 640 f; stat -c '%n %s %a %A %F %h' f; stat -c '%b %B %o' f; stat --format=%s f; stat --printf='%s\\n%n\\n' f; stat -c %N f; ln -s f l; stat -c '%N %F' l; stat -Lc %F l; mkdir d; stat -c '%F %a' d; stat nofile; echo $?; stat; echo $?; : > e; stat -c %F e; stat -c '%s%%' f; stat -c '[%10s] [%-10s] [%05s]' f; stat -t f | awk '{print $1, $2}'; stat -z; echo $?",
    "touch -d '2020-01-02 03:04:05.123456789 UTC' f; stat -c '%y' f; stat -c %Y f; stat -c '%.3Y' f; stat -c '%x' f | cut -c1-10; stat -c '%U' / ; stat -c '%u %g' /; stat -f -c %T / > /dev/null; echo $?; stat f | sed -n '1p;2p' | sed 's/Blocks.*IO/IO/'; stat f | grep -c Birth; stat -c %F /dev/null; stat -c %f f"
  ],
  "dd": [
    "seq 100 > f; dd if=f bs=10 count=2 status=none; dd if=f bs=10 skip=1 count=1 status=none; dd if=f of=o bs=1 count=5 2>/dev/null; cat o; dd if=f of=o bs=4 seek=1 count=1 conv=notrunc status=none; cat o; echo; printf abcdef > p; printf XY | dd of=p bs=1 seek=2 conv=notrunc status=none; cat p; echo; printf XY | dd of=p bs=1 seek=2 status=none; cat p; echo",
    "echo hello | dd conv=ucase status=none; echo HELLO | dd conv=lcase status=none; printf abcd | dd conv=swab status=none; echo; dd if=/dev/zero bs=1k count=3 status=none | wc -c; dd if=/dev/zero of=z bs=1M count=1 2>&1 | head -2; dd if=nofile; echo $?; dd of=nodir/x </dev/null; echo $?; dd bad=1; echo $?; dd bs=x </dev/null; echo $?; dd conv=bad </dev/null; echo $?; printf abc | dd bs=5 conv=sync status=none | od -c",
    "printf 'a\\nbc\\n' | dd cbs=4 conv=block status=none; echo; printf 'a   bc  ' | dd cbs=4 conv=unblock status=none; seq 10 | dd bs=3 2>&1 >/dev/null | head -2; echo x | dd status=noxfer 2>&1 | tail -2; dd if=/dev/zero bs=10 count=0 status=none | wc -c; dd if=/dev/zero count=2 status=none | wc -c; seq 5 | dd ibs=2 obs=4 2>&1 >/dev/null | head -2; yes | dd bs=100 count=3 iflag=fullblock status=none | wc -c; seq 1000 | dd bs=1000 skip=2 iflag=skip_bytes count=1 status=none | head -1"
  ]
}
