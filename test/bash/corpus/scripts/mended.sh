### the status of a substitution in the words that follow
echo "$(exit 2)" $?; false; echo $(true) $?; x=$(exit 3) ; echo $?; printf '%s\n' "$(exit 4)" "$?"
### a slash in a bracket expression
t=/; [[ $t == [/%] ]] && echo yes; [[ / == [^a] ]] && echo yes2; case / in [/]) echo yes3;; esac; [[ $t == [/%] && 0 == 0 ]] && echo yes4; x=a/b; echo "${x//[\/]/-}" "${x//[\/%]/-}" "${x%%[/]*}"; [[ a/b == a[/]b ]] && echo yes5; [[ a/b == a[!x]b ]] && echo yes6
### empty words of default and alternative values
set -u; echo "${nothing-default}" "${nothing:+set}" "x"; declare -A calls=(); echo a "${calls[zz]-none}" "${calls[zz]:+set}" b; set -- "${n:+x}" ; echo $#; echo "${n+x}" y
### EXIT sees what is local to the function that exits
main() { local tmp=x; trap 'echo "tmp=$tmp $FUNCNAME"' EXIT; exit 3; }; main
### EXIT under set -e
main() { local tmp=x; trap 'echo "tmp=$tmp"' EXIT; set -e; false; }; main
### EXIT in a subshell, from a function
f() ( local t=y; trap 'echo "t=$t"' EXIT; g() { local t=z; exit 2; }; g ); f; echo $?
### a file substituted that is missing
set -E; trap 'echo "ERR $? $BASH_COMMAND"' ERR; x=$(< missing); echo "$? $x"; [[ $(< missing) == x ]]; echo $(< missing) ok; x=$(cat missing); echo $?
### DEBUG before compound commands
trap 'echo "D $BASH_COMMAND"' DEBUG; (exit 7); for i in x y; do :; done; [[ a == a ]]; (( 1 )); case x in x) : ;; esac; { :; }; if true; then :; fi; while false; do :; done; select x in a; do break; done <<< 1; for ((i=0;i<1;i++)); do :; done; ( : ; true )
### BASH_COMMAND of what fails
trap 'echo "E $? $BASH_COMMAND"' ERR; ! true; (exit 7); true; { false; }; (true; false); for x in 1; do false; done; case x in x) false;; esac; ((0)); [[ a == b ]]; f() { return 3; }; f; f | f; false | true; true | false
### return in a trap of a signal
h() { trap 'echo "got"; return 8' USR1; kill -USR1 $BASHPID; echo "not reached"; }; h; echo "h $?"; k() { kill -USR1 $BASHPID; echo no; }; trap 'return 5' USR1; k; echo $?
### lines in traps
trap 'echo "exit $LINENO"' EXIT
trap 'echo "usr $LINENO"' USR1
kill -USR1 $$
f() {
  kill -USR1 $$
  (exit 3)
}
trap 'echo "err $LINENO"' ERR
f
false
### what an expansion that fails ends with
( : "${x:?is}" ) 2>/dev/null; echo $?; (echo ${x?no}; echo never) 2>/dev/null; echo $?; y=$(: "${x:?is}") 2>/dev/null; echo $?; f() { : "${x:?}"; }; (f) 2>/dev/null; echo $?; bash -c ': "${x:?a}"' 2>/dev/null; echo $?; bash -c '(: "${x:?a}"); echo $?; set -u; (: $z); echo $?; (readonly q=1; q=2; echo never); echo $?; f() { echo $z; }; : | f; echo ${PIPESTATUS[*]}; : $z' 2>/dev/null; echo $?; : "${x:?a}"
### errors of arithmetic
for e in '2 ** -1' '9#9' '1 + 08 + 2' '2 ** -10' '3 ** (1 - 2)' '0x' '1.5' '1 / 0 + 3' '5 % (2-2)' '37#x' '99#1' '7 = 3' '1 ? 2' '4 5'; do ( echo $(( $e )) ) 2>&1 | sed 's/^.*line [0-9]*: //'; done
### subscripts with side effects
x=5; echo $(( x += x *= 2 )) $x $(( x = x++ + x )) $x; a=(1 2 3); i=0; (( a[i++] += 5 )); echo $i ${a[*]}; (( a[i++]++ )); (( ++a[i++] )); (( a[i--] = i )); echo $i ${a[*]}; i=0; (( a[i++] = a[i++] = 9 )); echo $i ${a[*]}; declare -A m; k=z; (( m[$k]+=2, m[q]++ )); echo ${m[z]} ${m[q]}; i=0; let 'a[i+=1]*=3'; echo $i ${a[*]}; echo $(( a[i++] + i )) ; i=0; : $(( a[a[i++]=2]++ )); echo $i ${a[*]}
### widths of printf are in bytes
printf '[%5s][%-5s][%.2s][%3.1s]\n' é é éàü éàü; printf '%5s|\n' 日本; /usr/bin/printf '[%5s][%.2s]\n' é éàü; printf '%c|%5c|\n' é é; printf '%5b|\n' é; printf '%8q|\n' 'é x'; printf -v z '%4s' é; echo "[$z]"; awk 'BEGIN { printf "%5s|%.1s|%c\n", "ab", "xy", "z" }'
### tildes in words like assignments
HOME=/h; echo a=~ a=~/x b=x:~/y --p=~/x a=b=~ "a"=~ a='~' 1=~ a=~:~ export=~/z a+=~; export z=~/q; echo $z; declare y=~; echo $y; x=~:~/b; echo $x; env v=~/w printenv v; set -o posix; echo a=~
### bc answers line by line
coproc bc; echo '2+3' >&${COPROC[1]}; read -r -t 3 x <&${COPROC[0]}; echo "$x"; echo '4*5' >&${COPROC[1]}; read -r -t 3 x <&${COPROC[0]}; echo "$x"
### lists in words of alternative values
a=(); set -- "${a[@]+"${a[@]}"}"; echo $#; set -- "${a[@]+x}"; echo $#; set --; set -- "${@+x}"; echo $#; set -- "${@:+x}"; echo $#; set -- "${@-}"; echo $#; set -- "${x-}"; echo $#; set --; set -- "${x-$@}"; echo $#; set --; set -- "${*+x}"; echo $#; set -- ${1+"$@"}; echo $#; set -- "a b" c; set -- ${1+"$@"}; echo $#
### forms of dates
for d in '2024-03-01T08:59:58Z' '2024-03-01T08:59:58.5Z' '2024-03-01T08:59:58+02:00' '2024-03-01 08:59Z' 'Jan 5, 2024 3pm' '2024/02/03' '3pm' '2024-01-05 3 pm' '12am 2024-01-05' '2024-02-30' '2024-13-01' '24:00' '2024-06-15 12:00 +0530' '2024-01-31 +1 month' '5 March 2024 10:00:05 am' '2024-01-01 10:00 UTC + 2 hours' 'Fri, 05 Jan 2024 10:00:00 GMT' 'Fri Jan  5 10:00:00 UTC 2024' '2024-01-05 12:00 PM' '20240105 10:00' '2024-01-05T10:00:00.123+00:00' '2/29/2023' '31 apr 2024'; do date -u -d "$d" '+%F %T %N' > o 2>&1; if [[ $d == 3pm || $d == 24:00 ]]; then wc -l < o; else cat o; fi; done; date -d @0 '+%::z %:z'; date -u -d @5 --rfc-3339=ns; date -u -d @5 --rfc-3339=seconds; date -u -d 2024-02-30; echo $?; date -d ''  > /dev/null; echo $?
### numfmt keeps columns
numfmt --field=2- --to=si <<< "a 1500 20000"; numfmt --to=iec <<< "   2048 x"; numfmt --field=2 --to=si <<< $'a\t1500\tx'; numfmt --field=1,3 --to=si <<< "1000 2000 3000000 z"; numfmt --to=si 1000 ; numfmt --field=2 --from=si <<< "x  5K y"; numfmt --field=2 --from=si <<< "x 5K y"; numfmt --field=3 --to=iec <<< "-rw 1 1048576 f"
### diff in formats of one's own
printf '%s\n' a b c d e > x; printf '%s\n' a B c e f > y; diff --unchanged-line-format= --old-line-format='-%L' --new-line-format='+%L' x y; echo $?; diff --line-format='%l|%dn;' x y; echo; diff --changed-group-format='<<<%<===%>>>>%dF-%dL,%de %dn%c'"'"'!'"'"'%%
' --unchanged-group-format='' x y; diff --old-group-format='gone %dn from %df:
%<' --unchanged-line-format='  %3dn %L' x y; diff --new-line-format='' --old-line-format='' --unchanged-line-format=%L x y; diff --unchanged-line-format= x x; echo $?; printf 'a\nb' > z; diff --old-line-format='[%l]' --new-line-format='{%L}' x z; diff -q --line-format=%L x y
### tar goes from directory to directory
mkdir -p a/b c; echo 1 > a/b/x; echo 2 > a/y; echo 3 > c/z; echo 4 > w; tar cf t.tar w -C a y -C b x -C ../../c z; tar tf t.tar; tar cf u.tar -C a -C b x; tar tf u.tar; tar cf v.tar -C none x 2>/dev/null; echo $?
### patch -N
printf '1\n2\n3\n' > f; printf '1\n2\nX\n3\n' > g; diff -u --label a --label b f g > p; patch -N f p; patch -N f p; echo $?; cat f; ls; rm f.rej; patch -N -r - f p; echo $?; ls; patch -N --dry-run f p; patch -R f p; patch -R -N f p; cat f; rm f.rej
### tar changes names
mkdir -p p/q; echo 1 > p/q/a.txt; echo 2 > p/b.txt; tar cf t.tar --transform='s,^p/,v1/,' p/q/a.txt p/b.txt; tar tf t.tar; tar cf u.tar --transform 's/[aeiou]/<&>/g;s/t/T/' p/q/a.txt; tar tf u.tar; tar cf w.tar --xform='s|\(.*\)/\(.*\)|\2/\1|' p/b.txt; tar tf w.tar; tar cf x.tar --transform='s#P/([a-z])#\1\1/#xi' p/b.txt; tar tf x.tar; tar xf t.tar --transform='s/v1/out/'; find out | sort; tar cf y.tar --transform='nonsense' p 2>/dev/null; echo $?; rm -f y.tar
### cmp -l is as wide as places may be
printf 'abcdefghijkl' > f; printf 'abcXefghijkY' > g; cmp -l f g; cmp -l f - < g; cmp -l -n 5 f g; cmp -lb f g; cmp -l <(cat f) g; cmp -l <(cat f) <(cat g)
### gzip -f passes what is not compressed
echo plain > p; echo packed | gzip > q.gz; gzip -dcf p q.gz; gzip -cd p 2>&1; echo $?; cp q.gz r.gz; echo old > r; gunzip r.gz 2>&1 < /dev/null; echo $?; cat r; echo y | gunzip r.gz 2>&1; echo $?; gunzip -f r.gz; cat r; zcat -f p
