/**
 * Paths as the kernel resolves them: `..` behind a link, behind what is no directory and behind what is not there; a slash
 * or a dot at the end; the empty path.
 */
import type { Groups } from "./types.ts"

export const paths: Groups = {
  "directories by text and by links": [
    "mkdir -p a/b c; echo up > a/f; echo here > f; ln -s a/b link; cat link/../f; cat link/./../f; cd link; cat ../f; cat < ../f; head -1 ../f; echo ${PWD##*/}; pwd -P | sed 's,.*/,,'; cd ..; ls",
    "mkdir -p a/b; ln -s a/b link; top=$PWD; cd link/..; [ \"$PWD\" = \"$top\" ] && echo same; cd -P link/..; [ \"$PWD\" = \"$top/a\" ] && echo in a; cd nothere/..; echo $?; touch f; cd f/..; echo $?; cd ..; cd link; cd ../a; echo $?; [ \"$PWD\" = \"$top/a\" ] && echo logical; cd \"$top/link\"; cd ../b; echo $?; echo ${PWD#$top}",
    "mkdir -p a/b; cd a/b; rmdir ../b; cd ..; echo $?; echo ${PWD##*/}; ls",
    "mkdir -p a/b; ln -s a/b link; cd link; pushd ../ > /dev/null; echo ${PWD##*/} | wc -l; ls; popd > /dev/null; cd -P .; echo ${PWD##*/}; cd ../..; ls",
    "mkdir -p p/sub q; ln -s q p/sub/l; CDPATH=p cd sub > /dev/null; echo ${PWD##*/}; cd - > /dev/null; cd ./p/sub/../; echo ${PWD##*/}; cd -L ..; cd -P p/sub/l/..; echo $?; mkdir p/q; pushd p/sub/.. > /dev/null; echo ${PWD##*/}; dirs -p | wc -l; popd > /dev/null; cd p//sub/.//..; echo ${PWD##*/}; cd /; cd ..; pwd; cd /..; pwd; cd ///tmp/../; pwd; (cd nothere/../..; pwd); (cd /etc/passwd/..; pwd)"
  ],
  "paths that the shell opens and runs": [
    "cat /etc/hostname/../passwd; echo $?; ls /nothere/../etc; echo $?; cat /etc/../etc/hostname > /dev/null; echo $?; /bin/../bin/echo hi; /nothere/../bin/echo hi; echo $?; /bin/echo/ hi; echo $?; /bin/echo/../echo hi; echo $?; PATH=/nothere/..:/bin/../bin:/usr/../bin; hash -r; echo ok | cat; type cat; command -v cat",
    "mkdir -p a/b; ln -s a/b link; echo 'echo script $0' > a/s; chmod +x a/s; link/../s; . link/../s | sed 's/ .*//'; bash link/../s; cd link; ../s; bash ../s; . ../s | cut -c1-6; source ../nothere; ../../s; echo $?",
    "mkdir -p a/b a/c; ln -s a/b link; touch a/c/x a/c/y; echo link/../c/*; cd link; echo ../c/*; echo ../*; for f in ../c/?; do echo $f; done; cd ../a/c; pwd | grep -o 'a/c'",
    "mkdir -p a/b; ln -s a/b link; printf '#!/bin/bash\\necho \"script $(basename $0) $# $1\"\\n' > a/s; chmod +x a/s; link/../s one; cd link; ../s two; PATH=..:$PATH; s three; ./../s four",
    "touch file; mkdir d; echo file/* d/* */ file/; shopt -s nullglob; echo file/* nothere/../* d/../f* */..; echo d/./../f*; shopt -u nullglob; ls d/../f*; compgen -f d/../f; compgen -d nothere/../",
    "mkdir -p a/b; ln -s a/b link; echo 'x=1' > a/lib; . link/../lib; echo $x; echo hist > a/h; history -r link/../h; history | tail -1 | grep -o hist; mapfile < link/../lib; echo ${MAPFILE[0]}; echo $(< link/../lib); exec 3< link/../lib; read -u 3 y; echo $y; exec 4> link/../out; echo o >&4; ls a; set -C; echo x > link/../out; echo $?; [[ link/../out -nt nothere/../x ]]; echo $?; [[ a/out -ef link/../out ]]; echo $?; test -d a/b/../..; echo $?"
  ],
  "names at the end of a path": [
    "echo x > file; cat file/; echo $?; cat file/../file; echo $?; cat file/.; cat nothere/../file; echo $?; ls nothere/../.; ls file/; ls file/..; ls -d file/; stat -c %n file/; stat file/..; wc file/; head file/",
    "mkdir d; > d/; echo $?; > new/; echo $?; echo x > file; > file/; echo $?; < file/; < d/ cat; >> file/; exec 3<> file/; echo $?; ls",
    "mkdir d; echo x > file; touch file/; touch d/; touch new/; echo $?; mkdir n/ m//; mkdir file/; rmdir n/ m/.; rmdir file/; rm file/; rm d/; rm -r d/; rm -f file/; echo $?; ls",
    "echo x > file; mkdir d; mv file d/; mv d/file x/; echo $?; mv d/file y; mv y/ z; cp y/ z; cp y z/; cp y d/; cp -r d e/; cp -r d/ f; mv f/ g; mv g h/; find . | sort",
    "mkdir d; ln -s d l; echo x > file; ln -s file fl; rm l/; rm -r l/; rmdir l/; ls -d l/; ls -ld l/ | cut -c1; cat fl/; [ -e fl/ ]; echo $?; [ -L l/ ]; echo $?; [ -d l/ ]; echo $?; [ -L l ]; echo $?; readlink l; readlink l/; echo $?; stat -c %F l l/; test -f file/; echo $?; test -e file/.; echo $?; test -e file/..; echo $?; test -e none/..; echo $?",
    "mkdir d; cd d; rm -r .; rm -r ..; rm -r ./; rmdir .; rmdir ./; echo $?; mkdir .; mkdir ..; mkdir ./; mv . x; mv .. x; cp -r . ../e; ls ..; mkdir ../n/.; echo $?; mkdir ../n/..; touch .; touch ..; echo $?",
    "ls -a .; ls -d . .. ./ ../ | head -1; mkdir d; ls -d d/. d/..; ls -a d/.; stat -c '%n %F' . d/. d/..; cat .; cat d; cat d/; cat ./; [ . -ef d/.. ]; echo $?; find ./d; find d/; find d/.",
    "echo x > file; echo a > file/x; ls file/x; touch file/x; mkdir file/x; rm file/x; rm -f file/x; echo $?; rmdir file/x; ln -s a file/x; mv file file/x; cp file file/x; cat file/x; cd file/x; cd file; chmod 600 file/; chmod 600 file/x; ln file file/; ln -s x new/; ln -s x d/; readlink file/",
    "rm ''; echo $?; touch ''; ls ''; stat ''; mkdir ''; rmdir ''; cp '' x; mv '' x; ln -s '' x; ln -s x ''; find ''; chmod 600 ''; readlink ''; realpath ''; head ''; grep x ''; [ -e '' ]; echo $?; > ''; < ''; cd ''; echo $?; sed p ''",
    "mkdir -p t/in; echo 1 > t/in/f; echo 2 > t/g; tar -cf x.tar -C t/ in g; tar -tf x.tar; mkdir out; tar -xf x.tar -C out/; find out | sort; ln -s t/in l; tar -cf y.tar -C l/.. g; tar -tf y.tar; tar -cf z.tar -C t/ -C in f; tar tf z.tar; mkdir o; ln -s out ol; tar -xf x.tar -C ol; tar -xf x.tar -C ol/../o; find o | sort; tar -cf w.tar t/; tar tf w.tar | sort",
    "mkdir -p d/e; touch d/f d/e/g; ln -s d l; rm -rv l/ | sort; echo $?; ls d; ln -s d l2; rm -rf l2/; echo $?; ls d; rm -r l2; ls; rm -rf d/../d/e/..; echo $?; rm -rf d/e/; ls d; rmdir d/; ls",
    "mkdir -p d/e; mv d d/e; mv d d/../d/z; echo $?; ln -s d l; mv d l/y; echo $?; cp -r d/. new/; cp -r d q/../r; echo $?; ls"
  ],
  "programs through links": [
    "mkdir -p a/b; ln -s a/b link; cd link; echo new > ../made; mkdir ../dir; touch ../touched; cp ../made ../copied; mv ../made ../moved; ln -s x ../sym; ls ..; rm ../copied; rmdir ../dir; cd ..; find . | sort",
    "realpath -s link/../f | sed 's,.*/,,'; mkdir -p a/b; ln -s a/b link; realpath link/.. | sed 's,.*/,,'; realpath -m nothere/../x | sed 's,.*/,,'; realpath -e nothere/..; readlink -f link/../x | sed 's,.*/,,'; readlink -e link/../x; echo $?; readlink -m q/../x | sed 's,.*/,,'; touch f; realpath f/; realpath f/..; realpath -m f/.. | wc -l; realpath -L link/.. | wc -l",
    "mkdir -p a/b; ln -s a/b link; echo 1 > a/f; grep 1 link/../f; sed -n p link/../f; sort link/../f; awk 1 link/../f; tail -1 link/../f; wc -c link/../f; sed -i s/1/2/ link/../f; cat a/f; tee link/../g <<< hi; cat a/g; cmp a/f link/../f; diff a/f link/../f; find link/.. | sort; find link/../f; du -a link/.. | cut -f2 | sort; grep -r 2 link/..; ls link/..; stat -c '%n %F' link/..",
    "mkdir -p a/b; ln -s a/b link; mkdir -p link/../c/d; mkdir -p link/../new/../other; ls a; mkdir -p f/../g; ls; touch x; mkdir -p x/../y; echo $?; mkdir -p x/; mkdir x/y; rmdir -p link/../c/d; ls a; install -D /dev/null link/../i/j; find a | sort",
    "mkdir -p a/b; ln -s a/b link; echo 1 > a/f; chmod 600 link/../f; stat -c %a a/f; ln link/../f link/../h; ls a; mv link/../h link/../i; ls a; cp link/../i link/../j; ls a; cp -r link/.. copy; find copy | sort; rm link/../j; ls a; rm -r link/..; echo $?; rm -r link/../b; echo $?; ls a",
    "mkdir -p a/b; ln -s a/b link; touch a/x; find link/.. -name x -execdir pwd \\; | sed 's,.*/,,'; find a/ -name x -execdir sh -c 'pwd' \\; | sed 's,.*/,,'; find link/.. -type d; find link/ -maxdepth 0; find a/../a -newer link/.. ; env -C link/.. pwd | sed 's,.*/,,'; env -C nothere pwd; echo $?; env -C a/x pwd; echo $?; env -C link/ pwd | sed 's,.*/,,'; env -C '' pwd; echo $?",
    "mkdir -p a/b c; ln -s a/b link; echo 1 > a/f; ln -sr link/../f c/r; readlink c/r; ln -sr a/f link/../s; readlink a/s; ln -f a/f link/../f; echo $?; cat a/f; ln a/f a/g; ln -f a/f link/../g; echo $?; ls a; mv a/f link/../f; echo $?; cp a/f link/../f; echo $?; cp --remove-destination a/f link/../f; echo $?; cat a/f; mv a/g link/../f; ls a",
    "mkdir -p a/b; ln -s a/b link; echo '{\"k\":1}' > a/j; jq .k link/../j; cp link/../j j.json; zip -q z.zip link/../j 2>/dev/null; unzip -l z.zip 2>/dev/null | grep -c j; gzip -k link/../j; ls a; gunzip -c link/../j.gz; split -b 3 link/../j link/../part; ls a; dd if=link/../j of=link/../k status=none; cat a/k; md5sum link/../j | cut -c34-; install -m 600 link/../j link/../inst; stat -c %a a/inst; mktemp -p link/.. tXXX | grep -c link; rm a/t???; du -s link/.. > /dev/null; tee -a link/../k < j.json; truncate -s 2 link/../k; cat a/k; echo; file/../x; mkfifo link/../fifo; ls a",
    "d=$PWD; mkdir -p a/b; cd a; ls -d $d/../${d##*/}/a | grep -c a; cat ../nothere/../x; cat ./../a/./b/../../a/../nofile; rm ../nothere/../x; mv ../nothere/../x y; cp ../nothere/../x y; touch ../nothere/../x; mkdir ../nothere/../x; ln -s x ../nothere/../x; chmod 600 ../nothere/../x; stat ../nothere/../x; readlink -v ../nothere/../x; head ../nothere/../x; wc ../nothere/../x; sed p ../nothere/../x; sort ../nothere/../x; grep x ../nothere/../x; diff ../nothere/../x .; find ../nothere/../x; du ../nothere/../x; : > ../nothere/../x; . ../nothere/../x; bash ../nothere/../x; tail ../nothere/../x",
    "echo 1 > a; ln a b; mv a b; echo $?; ln -s a l; mkdir d; cp -d l d/../l; echo $?; cp -a l ./l; echo $?; mv l d/../l; echo $?; cp --remove-destination a d/../a; echo $?; ls; cp --remove-destination a b; echo $?; ls; ln -f b d/../b; echo $?; ln -sf b d/../b; echo $?; ls"
  ]
}
