### xargs starts before its input ends
{ echo made; while [ ! -e made ]; do sleep 0.01; done; echo seen; } | xargs -n1 touch; ls
### xargs -I line by line
{ echo one; until [ -e one.d ]; do sleep 0.01; done; echo 'two words'; } | xargs -I{} mkdir {}.d; ls -d *.d
### xargs -0 and -L
printf 'a b\0c\nd\0' | xargs -0 -n1 printf '[%s]\n'; printf 'a b\nc d\ne\n' | xargs -L2 echo; printf 'a \nb\n\nc\n' | xargs -L1 echo; printf 'a b\nc\n' | xargs -l echo x
### xargs quotes
printf '%s\n' "a 'b c' \"d e\" f\\ g" | xargs -n1 echo; echo "it's" | xargs; echo $?; echo "it's" | xargs -d '\n' echo; printf 'x\\\ny z\n' | xargs -n1 echo
### xargs statuses
echo 1 2 3 | xargs -n1 sh -c 'exit $0'; echo $?; echo 3 255 | xargs -n1 sh -c 'echo $0; exit $0'; echo $?; echo a | xargs nosuch; echo $?; echo a | xargs sh -c 'kill -9 $$'; echo $?; echo a | xargs sh -c 'exit 130'; echo $?; echo x | xargs sh -c 'exit 126'; echo $?
### xargs without items
xargs echo none < /dev/null; xargs -r echo none < /dev/null; echo $?; xargs -I% echo % < /dev/null; printf '' | xargs -n2 echo x; printf '\n\n' | xargs echo blank
### xargs -E, -t, -s, -a
printf 'a b STOP c\n' | xargs -E STOP echo; echo a b | xargs -t -n1 echo 2>&1; seq 20 | xargs -s 20 echo; echo x y > l; xargs -a l -n1 echo; echo aaaaaaaaaaaaaaaaaaaaaaaaaa | xargs -s 10 echo; echo $?; xargs -n 0 echo < l; echo $?; xargs -n x echo < l; echo $?
### xargs in parallel
seq 6 | xargs -P3 -n1 sh -c 'echo $0' | sort; seq 4 | xargs -P2 -n1 --process-slot-var=SLOT sh -c 'echo $SLOT' | sort -u; printf '1\n2\n3\n' | xargs -P0 -I{} sh -c 'echo {}' | sort
### xargs and many words
seq 30000 | xargs echo | wc -l; seq 100000 | xargs -n 5000 | tail -1 | cut -c1-20; find / -maxdepth 0 -print0 | xargs -0 ls -d; printf 'a;b;c' | xargs -d';' -n1 echo; printf 'a,b\n' | xargs -d, echo; echo '{}' | xargs -I{} echo '{} {}'; echo a b c | xargs -n2 -I{} echo '<{}>'; echo a | xargs -I{} -n1 echo '<{}>'; printf 'a
b
' | xargs -I{} -n2 echo '[{}]'; echo 3 | xargs -n2 -L1 echo; echo 3 | xargs -L1 -n2 echo; echo 3 | xargs -P -1 echo
