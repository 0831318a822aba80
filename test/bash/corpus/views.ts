/** Scripts about the programs that show things: tree, column and file. */
import type { Groups } from "./types.ts"

const made =
  "mkdir -p a/b/c d .h; touch a/x a/b/y.txt .h/z 'sp ace' $'nl\\nx'; printf 123456 > f.c; ln -s a l; ln -s none bad; " +
  "chmod 755 a/x; chmod 644 a/b/y.txt f.c 'sp ace'; mkfifo -m 644 p"

export const views: Groups = {
  "tree": [
    `${made}; tree; tree -a; tree -d; tree -L 1; tree -L 2 -d`,
    `${made}; tree -f; tree -i; tree -fi; tree a -f; tree -f a/; tree -aif --noreport`,
    `${made}; tree -h a f.c; tree -p a d; tree -ph a; tree -s a | grep -v '4096'; tree --si -s a/b | tail -3; truncate -s 15000 e; truncate -s 1500000 g; tree -h -P 'e|g'; tree -h --si -P '[eg]'`,
    `${made}; touch -d '2020-01-02 03:04' a/x; tree -D a/x a -P x | head -3 | tail -1 | tr -d ' '; tree -D --timefmt %Y-%m -P 'x|zz' a | tail -3 | cut -c1-24; tree --timefmt=%d -D a | grep -c 02`,
    `${made}; tree -I '*.c|d'; tree -P '*.txt'; tree -P '*.txt' --prune; tree -I 'b/' a; tree --ignore-case -P '*.TXT' --prune; tree -a -I '.*' -L 1; tree -P 'x|y*' a; tree -L 1 --prune; tree --prune -I '*'`,
    `${made}; tree --dirsfirst; tree --filesfirst; tree -r; tree -r --dirsfirst -L 1; touch a1 a10 a9; tree -v -L 1 -P 'a*'; tree -L 1 -P 'a*'; tree --sort=version -L 1 -P 'a*'; tree --sort=size -P '*.c' -L 1; touch -d 2003-01-01 * a; touch -d 2001-01-01 a9; touch -d 2002-01-01 a10; tree -t -P 'a?*' -L 1; tree -tr -P 'a?*' -L 1; tree --sort bad > /dev/null 2>&1; echo $?`,
    `${made}; tree -J; tree -J a d; tree -J --noreport d; tree -Jf a; tree -Jp a; tree -J -s a/b/c f.c | tail -3; tree -dJ -L 1; tree -P '*.txt' --prune -J; tree -iJ a; tree -J -h -L 1 d | tail -4`,
    `${made}; tree -F; tree -F -d a; tree -Q; tree -N -L 1; tree -q -L 1; tree -Q -q -L 1; tree -C a > /dev/null; echo $?; tree -n a`,
    `${made}; tree a d; tree d; tree nofile; echo $?; tree f.c; echo $?; tree a nofile d; echo $?; tree -L 0; echo $?; tree -L x; echo $?; tree -L; echo $?; tree -P; echo $?; tree -- a; tree -Ld 1`,
    `${made}; tree -z 2>&1 | head -1; tree --zzz 2>&1 | head -1; tree -z > /dev/null 2>&1; echo $?; tree --filelimit 2; tree --filelimit=3 -L 2; tree --charset ascii; LC_ALL=C tree a; LC_ALL= LANG=C tree a; tree --charset=utf-8 -L 1; tree a -o out; echo $?; cat out`,
    `${made}; tree -l; mkdir e; ln -s ../a/b e/lb; tree -l e; tree e; tree -l -L 2 e; ln -s .. e/up; tree -l e; tree -dl e`,
    "mkdir -p p/src/lib p/test; touch p/README.md p/src/main.ts p/src/lib/{a,b}.ts p/test/a.test.ts; mkdir -p p/node_modules/x; touch p/node_modules/x/index.js; cd p; tree -I node_modules; tree -I 'node_modules|test' --dirsfirst; tree -P '*.ts' -I node_modules --prune --noreport; tree -d; tree -L 1 -a; tree src | head -3; tree -fi --noreport src | sort",
    "mkdir é 日本; touch é/ü 日本/x 'a\"b' 'a\\b' \"a'b\"; tree; tree -Q; tree -J | head -4; mkdir -p deep/$(seq -s/ 60 | sed 's|/$||'); tree deep | tail -5; seq -f d%g 200 | xargs mkdir; tree -d --noreport | wc -l; tree | tail -1"
  ],
  "column": [
    "printf 'a bb ccc\\ndddd e\\n\\nf  g\\n' > f; column f; column -t f; column -x f; column -c 20 f; column -x -c 20 f; column -t -L f; column -L f; column < f; cat f | column -t",
    "printf 'a bb ccc\\ndddd e\\n\\nf  g\\n' > f; column -t -s b f; column -t -o '|' f; column -t -o '' f; column -t -N A,B,C f; column -t -N A,B,C -R 2 f; column -t -N A,B,C -R C,A f; column -t -N A,B,C -d f; column -t -R 1,2 f; column -t -R 0 f; column -t -R 3 f; column -t -N A f",
    "printf 'a bb ccc\\ndddd e\\n\\nf  g\\n' > f; column -t -N A,B,C -H B f; column -t -H 1 f; column -t -N A,B,C -O C,A f; column -t -O 3,1 f; column -t -l 2 f; column -t -l 1 f; column -t -e f; column -t -N X,Y,Z,W f; column --table --table-columns=A,B,C --table-right=A --table-hide C f",
    "printf 'a:b::c\\n:x:y\\n' | column -t -s:; printf 'a:b::c\\n:x:y\\n' | column -ts: -o:; printf 'a,b;c\\n' | column -t -s ',;'; printf ' a:b \\n' | column -t -s:; printf '  a  b \\n c\\n' | column -t; printf 'a b\\tc \\n' | column -t; printf 'x\\ty z\\n' | column -t -s $'\\t'; cut -d: -f1,3,6 /etc/passwd | head -1 | column -t -s :; echo 'a b' | column -t -s ''",
    "printf 'a bb\\ndddd e\\n' | column -J -N X,y; printf 'a:b::c\\n:x:y\\n' | column -s: -n tab -J -N a,b,c,d; printf 'a \"b\\\\ é\\n' | column --json --table-columns x,y,z --table-name 'q\"'; printf 'a b c\\n' | column -J -N x,y; echo $?; column -J < /dev/null; echo $?; column -J -N x < /dev/null; printf 'a\\n' | column -N X,Y -J -H X; printf 'a b\\n\\nc\\n' | column -N x,y -J -L",
    "seq 30 | column; seq 30 | column -x; seq 30 | column -c 30; seq 30 | column -c 30 -x; seq 100 110 | COLUMNS=40 column; seq 3 | column -c 4; seq 3 | column -x -c 4; seq 3 | column -c 0; printf '%s\\n' a-longer-word b c another-longer-word | column; printf '%s\\n' a-longer-word b c another-longer-word | column -c 40 -x; ls / > /dev/null; seq 997 1003 | column -c 17; seq 1000 | column -c 200 | md5sum",
    "printf 'é ü\\naa b\\n漢字 x\\n' > f; column -t f; column f; column -t -R 1 f; printf 'a\\tb\\n' | column; printf 'a\\n\\nb\\n' | column -L; printf 'a b' > g; column -t g g f; column g nofile f; echo $?; column nofile; echo $?; column < /dev/null; column -t -N A,B < /dev/null; printf '\\n\\n' | column -t",
    "column -z; echo $?; column -c x; echo $?; column --bad; echo $?; echo a | column -t -R zz; echo $?; echo a | column -R 1; echo $?; echo a | column -x -t; echo $?; echo a | column -t -l 0; echo $?; echo a | column -c; echo $?; echo a | column -t -l x; echo $?; column --help > /dev/null; echo $?",
    "printf 'name,size,note\\nalpha,10,x y\\nb,2000,\\n' | column -t -s, ; printf 'name,size,note\\nalpha,10,x y\\nb,2000,\\n' | column -t -s, -R 2 -o ' | '; env | grep ^HOME | cut -d= -f1 | column; for i in 1 22 333; do echo $i $((i * i)); done | column -t -N n,square -R n,square; mount 2> /dev/null | head -0 | column -t; printf '%s\\n' {a..z} | column -c 50"
  ]
}
