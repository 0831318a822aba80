/**
 * Scripts in two parts: what the first leaves in the shell, the second finds, whether the shell has run both at once or as
 * two commands of a session.
 */
export type Parts = readonly [first: string, second: string]

export const sessionScripts: Readonly<Record<string, ReadonlyArray<Parts>>> = {
  "directories": [
    ["mkdir -p a/b; cd a", "basename \"$PWD\"; basename \"$OLDPWD\" | wc -l; cd b; basename \"$(pwd)\""],
    ["mkdir a b; cd a; cd ../b", "cd - >/dev/null; basename \"$PWD\""],
    [
      "mkdir a b; pushd a >/dev/null; pushd ../b >/dev/null",
      "dirs -v | wc -l; popd >/dev/null; basename \"$PWD\"; popd >/dev/null"
    ],
    ["mkdir a; cd a; rmdir ../a", "echo x > f; echo $?; cd ..; ls"],
    ["mkdir -p x/y; CDPATH=x", "cd y >/dev/null; basename \"$PWD\""]
  ],
  "variables": [
    ["x=1; y='two words'; z=$'tab\\tnl\\n'", "declare -p x y z; echo \"$x|$y|$z\""],
    ["export E=1; F=2", "declare -p E F; env | grep -c '^[EF]='"],
    ["a=(1 'b c' [7]=x)", "declare -p a; echo ${#a[@]} ${!a[@]}; a+=(y); declare -p a"],
    ["a=(1 2 3); unset 'a[1]'", "declare -p a; echo \"${a[@]}\"; a[1]=n; echo \"${a[@]}\""],
    [
      "declare -A m=([k]=v ['a b']='c d' [z]=1 [y]=2 [x]=3)",
      "declare -p m; for k in \"${!m[@]}\"; do echo \"$k=${m[$k]}\"; done"
    ],
    ["declare -A m; for i in {1..400}; do m[k$i]=$i; done; unset 'm[k7]'", "echo \"${!m[@]}\"; echo \"${m[@]}\""],
    [
      "declare -i n=5; declare -l low=ABC; declare -u up=abc",
      "n+=2; low+=XYZ; up=q; echo $n $low $up; declare -p n low up"
    ],
    ["readonly r=1; declare -rx s=2", "(r=2) 2>/dev/null; echo $? $r; declare -p r s; unset r 2>/dev/null; echo $?"],
    ["t=1; declare -n ref=t", "ref=5; echo $t $ref ${!ref}; declare -p ref"],
    [
      "declare d; declare -a e; declare -A f; export g",
      "declare -p d g; echo ${d-unset} ${#e[@]}; f[a]=b; echo ${f[a]}"
    ],
    ["x=1; unset x; unset HOME", "echo ${x-gone} ${HOME-gone}"],
    ["s=$(printf 'a\\xffb'); p=$'\\u00e9\\U1F600'", "printf '%s' \"$s\" | od -An -tx1; echo \"$p ${#p}\""],
    [
      "printf -v v '%05d' 42; read -r one two <<< 'a b c'; mapfile -t lines <<< $'1\\n2'",
      "echo $v $one $two ${lines[1]}"
    ],
    ["IFS=:; set -f", "x='a:b:*'; printf '<%s>' $x; echo"],
    ["RANDOM=42; a=$RANDOM", "echo $a $RANDOM $RANDOM"],
    ["SECONDS=1000", "(( SECONDS >= 1000 && SECONDS < 1010 )) && echo counts"],
    ["unset RANDOM SECONDS", "echo \"${RANDOM-none}|${SECONDS-none}\"; RANDOM=7; echo $RANDOM"],
    ["set -a; later=1; set +a; not=2", "env | grep -c '^later='; env | grep -c '^not='; true"],
    ["set -a", "made=1; env | grep '^made='"],
    ["PATH=/usr/bin:/bin:/nowhere", "echo $PATH"],
    ["for i in 1 2 3; do :; done; ((j = i * 2)); let k=j+1", "echo $i $j $k"],
    ["f() { local l=1; g=2; declare -g h=3; }; f", "echo ${l-none} $g $h"],
    ["OPTIND=1; getopts ab: o -a -b x", "echo $o $OPTIND; getopts ab: o -a -b x; echo $o $OPTARG $OPTIND"],
    ["getopts abc o -abc", "getopts abc o -abc; echo $o; getopts abc o -abc; echo $o"]
  ],
  "functions": [
    ["greet() { echo \"hi $1\"; return 3; }", "greet you; echo $?; declare -f greet"],
    ["fact() { (( $1 <= 1 )) && echo 1 || echo $(( $1 * $(fact $(($1 - 1))) )); }", "fact 6"],
    ["h() { cat <<EOF\nhere $1\nEOF\n}", "h doc; declare -f h"],
    ["k() { cat; } <<EOF\nbehind $((1 + 1))\nEOF", "k"],
    ["cat > /dev/null <<A; m() { cat; } <<B\nfor the other\nA\nfor m\nB", "m"],
    ["s() ( cd /; x=inner; echo $x ); x=outer", "s; echo $x"],
    ["c() if [[ $1 == y* ]]; then echo yes; else echo no; fi", "c yup; c nope"],
    ["function dashed-name { echo dashed; }; function :: { echo colons; }", "dashed-name; ::"],
    ["outer() { inner() { echo in $1; }; }; outer", "inner x; declare -F | wc -l"],
    ["e() { echo exported; }; export -f e", "bash -c e"],
    ["u() { :; }; unset -f u", "type u 2>/dev/null || echo gone"],
    ["eval 'v() { echo from eval; }'; . /dev/stdin <<< 'w() { echo sourced; }'", "v; w"],
    ["l() { echo $LINENO; }\n\n\n", "declare -f l | head -1"],
    ["ls() { echo mine; }; cd() { builtin cd \"$@\" && echo moved; }", "ls; cd /; command ls / > /dev/null; echo $?"],
    ["command_not_found_handle() { echo \"no $1\"; return 9; }", "nosuchthing; echo $?"],
    [
      "r() { local n=$1; (( n == 0 )) && return 7; r $((n - 1)); }; trap 'echo ret' RETURN",
      "r 2; echo $?; trap - RETURN"
    ],
    [
      "q() { printf '%s\\n' \"$@\" | sort | while read -r l; do case $l in a) echo A;; *) echo \"[$l]\";; esac; done; }",
      "q b a 'c d'"
    ]
  ],
  "settings": [
    ["set -o pipefail -u", "false | true; echo $?; echo $-; (echo $nothing) 2>/dev/null; echo $?"],
    ["set -e", "echo before; false; echo after"],
    ["set -f -C", "echo *; echo x > f; (echo y > f) 2>/dev/null; echo $?; cat f"],
    [
      "shopt -s nullglob dotglob extglob globstar; shopt -u sourcepath",
      "echo *.none; shopt nullglob dotglob extglob globstar sourcepath"
    ],
    ["shopt -s expand_aliases; alias say='echo said' ll='ls -l'", "alias; say it"],
    ["alias a=b c=d; unalias a", "alias"],
    ["set -- one 'two three' four; shift", "echo $# \"$1\" \"$@\""],
    ["set --", "echo $#"],
    ["umask 027", "umask; touch f; ls -l f | cut -c1-10"],
    ["ulimit -n 40; ulimit -S -f 10", "ulimit -n; ulimit -Hn; ulimit -f"],
    ["shopt -s nocasematch", "[[ ABC == abc ]] && echo same"],
    ["set -o noglob; set +o noglob; set -o posix", "set -o | grep posix; echo $SHELLOPTS | grep -c posix"],
    ["history -s one; history -s two", "history | awk '{ print $2 }'"],
    ["complete -W 'a b' cmd; complete -F f -o nospace other", "complete -p cmd; complete -p other"]
  ],
  "traps": [
    ["trap 'echo usr' USR1; trap '' INT", "trap; kill -USR1 $$; kill -INT $$; echo alive"],
    ["trap 'echo failed $?' ERR", "(exit 4); true; false"],
    ["trap 'echo d' DEBUG; trap - DEBUG; trap 'x=1' EXIT; trap - EXIT", "trap; echo ${x-none}"],
    ["set -E; trap 'echo err in ${FUNCNAME[0]-top}' ERR; f() { false; }", "f"],
    ["trap 'echo \"it is $x\"' TERM; x=1", "x=2; kill -TERM $$"]
  ],
  "what the last command left": [
    ["false", "echo $?"],
    ["(exit 42)", "echo $?"],
    ["true | false | (exit 3)", "echo ${PIPESTATUS[@]} $?"],
    ["echo one two > /dev/null", "echo $_"],
    ["[[ abc =~ (b)(c) ]]", "echo ${BASH_REMATCH[@]}"],
    ["! true", "echo $?"],
    ["f() { return 5; }; f", "echo $?"],
    ["x=$(exit 6)", "echo $?"],
    ["", "echo $?"]
  ]
}
