### values
ulimit -n 64; ulimit -c; ulimit -n; ulimit -Hn; ulimit -Sn 32; ulimit -Sn; ulimit -Hn; ulimit -n abc; echo $?; ulimit -Hn 16; echo $?; ulimit -Sn 65; echo $?; ulimit -Sn hard; ulimit -n; ulimit -p 5; ulimit -p; ulimit -Z; echo $?; ulimit -f 10; ulimit; ulimit -c -f; ulimit -s soft; ulimit -s; ulimit -n 20 30; echo $?; ulimit -n; ulimit -Sc 5; ulimit -c; ulimit -a | head -5; ulimit -n -5; ulimit -n5; ulimit -n
### the size of files
(ulimit -f 1; yes | head -c 5000 > f); echo $?; stat -c %s f; (ulimit -f 1; trap '' XFSZ; head -c 5000 /dev/zero > f; echo $?); stat -c %s f
### a write that is cut short
(ulimit -f 1; printf '%5000d' 1 > f; echo no); echo $?; stat -c %s f; (ulimit -f 2;  for i in 1 2 3 4; do printf '%1000d' 1 >> f2; done; echo $?); echo $?; stat -c %s f2
### a trap of XFSZ
(ulimit -f 1; trap 'echo too large' XFSZ; printf '%3000d' 1 > f; echo $?); stat -c %s f; bash -c 'ulimit -f 1; dd if=/dev/zero of=g bs=512 count=3 2>/dev/null'; echo $?; stat -c %s g
### time of the processor
(ulimit -t 1; while :; do :; done); echo $?; (ulimit -St 1; trap 'echo cpu; exit 3' XCPU; while :; do :; done); echo $?
### open files
(ulimit -n 8; exec 7>x; exec 8>y; echo $?; exec 5>a 6>b; echo $?;exec 3>c 4>d;  exec 9<x; cat < a; echo $?; exec {q}>g); (ulimit -n 7; exec 6>a; echo $?; exec 7>&1)
### inherited; blocks under posix
ulimit -n 50; (ulimit -n; ulimit -n 40; bash -c 'ulimit -n'); ulimit -n; bash -c 'ulimit -Hn'; set -o posix; ulimit -f 4; ulimit -f; set +o posix; ulimit -f
### too many words
x=$(head -c 3000000 /dev/zero | tr '\0' a); echo $x | wc -c; /bin/echo $x; echo $?; env "$x"; echo $?; exec /bin/echo "$x"
### an environment too large
export x=$(head -c 3000000 /dev/zero | tr '\0' a); true; ls; echo $?; unset x; ls; echo $?; (true; exec ls -d /); echo $?
