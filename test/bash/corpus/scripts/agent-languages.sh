### a calculator: tokens, precedence, postfix
declare -A prec=(['+']=1 ['-']=1 ['*']=2 ['/']=2 ['%']=2 ['~']=3 ['^']=4) right=(['^']=1 ['~']=1)
tokens() { # expression -> the array TOKENS; fails at what is no token
  local s=$1 last=op t
  TOKENS=()
  local re='^[[:space:]]*([0-9]+(\.[0-9]+)?|[a-z]+|[-+*/%^()=,])'
  while [[ $s =~ [^[:space:]] ]]; do
    [[ $s =~ $re ]] || { echo "bad character: ${s:0:1}"; return 1; }
    t=${BASH_REMATCH[1]}
    s=${s:${#BASH_REMATCH[0]}}
    [[ $t == - && $last == op ]] && t='~'
    case $t in [0-9a-z]*|')') last=value ;; *) last=op ;; esac
    TOKENS+=("$t")
  done
}
postfix() {
  local t top; local -a ops=(); OUT=()
  for t in "${TOKENS[@]}"; do
    case $t in
      [0-9a-z]*) OUT+=("$t") ;;
      '(') ops+=('(') ;;
      ')')
        while (( ${#ops[@]} )) && [[ ${ops[-1]} != '(' ]]; do OUT+=("${ops[-1]}"); unset 'ops[-1]'; done
        (( ${#ops[@]} )) || { echo "too many )"; return 1; }
        unset 'ops[-1]' ;;
      *)
        while (( ${#ops[@]} )); do
          top=${ops[-1]}
          [[ $top != '(' ]] && (( prec[$top] > prec[$t] || (prec[$top] == prec[$t] && !${right[$t]:-0}) )) || break
          OUT+=("$top"); unset 'ops[-1]'
        done
        ops+=("$t") ;;
    esac
  done
  for (( t = ${#ops[@]} - 1; t >= 0; t-- )); do [[ ${ops[t]} == '(' ]] && { echo "missing )"; return 1; }; OUT+=("${ops[t]}"); done
}
declare -A vars=([ten]=10 [pi]=3)
run() {
  local t a b; local -a st=()
  for t in "${OUT[@]}"; do
    case $t in
      [0-9]*) st+=("${t%.*}") ;;
      [a-z]*) [[ -v vars[$t] ]] || { echo "unknown $t"; return 1; }; st+=("${vars[$t]}") ;;
      '~') (( ${#st[@]} >= 1 )) || { echo "nothing to negate"; return 1; }; st[-1]=$(( -st[-1] )) ;;
      *) (( ${#st[@]} >= 2 )) || { echo "too few values for $t"; return 1; }
        b=${st[-1]} a=${st[-2]}; unset 'st[-1]'
        [[ $t == [/%] && $b == 0 ]] && { echo "division by zero"; return 1; }
        case $t in '^') st[-1]=$(( a ** b )) ;; *) st[-1]=$(( a $t b )) ;; esac ;;
    esac
  done
  (( ${#st[@]} == 1 )) || { echo "left over: ${st[*]}"; return 1; }
  RESULT=${st[0]}
}
calc() { local out; if out=$(tokens "$1" && postfix && run && printf '%s = %s' "${OUT[*]}" "$RESULT"); then echo "$1 -> $out"; else echo "$1 -> error: $out"; fi; }
while IFS= read -r e; do calc "$e"; done <<'E'
1 + 2 * 3
(1+2)*3
2 ^ 3 ^ 2
-2 ^ 2
2 * -3 - -4
ten % pi * (ten - 7)
10 / (5 - 5)
(1 + 2
1 + )
3 $ 4
unknown + 1
1 2
E
for e in '2+3*4' '(2+3)*4' '2^10' '7/2' '-7/2' '1.5*2'; do echo "bc says $(bc -l <<< "scale=2; $e")"; done
### settings in sections, with lists and references
cat > conf.toml <<'T'
# top
title = "Demo \"quoted\" # not a comment"   # a comment
debug=true
ports = [ 80, 443,8080 ]

[owner]
name = 'raw \n string'
born = 1979-05-27

[db.primary]
host = "${owner.name}.local"
url = "pg://${db.primary.host}:${db.port:-5432}/x"
names = ["a b", "c,d", 'e']
empty = ""
bad line here
[broken
T
declare -A conf=() kind=(); errors=()
trim() { local s=$1; s=${s#"${s%%[![:space:]]*}"}; s=${s%"${s##*[![:space:]]}"}; REPLY=$s; }
scalar() { # sets REPLY and TYPE; fails if it is no value
  local v=$1
  if [[ $v =~ ^\"(([^\"\\]|\\.)*)\"[[:space:]]*(#.*)?$ ]]; then REPLY=${BASH_REMATCH[1]//\\\"/\"} TYPE=string
  elif [[ $v =~ ^\'([^\']*)\'[[:space:]]*(#.*)?$ ]]; then REPLY=${BASH_REMATCH[1]} TYPE=raw
  else
    trim "${v%%#*}"; v=$REPLY
    case $v in
      true|false) TYPE=bool ;;
      [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) TYPE=date ;;
      *[!0-9_+-]*|'') return 1 ;;
      *) TYPE=int REPLY=${v//_/} ;;
    esac
  fi
}
list() {
  local s=${1#\[} n=0 item; s=${s%\]*}
  while trim "$s"; s=$REPLY; [[ -n $s ]]; do
    [[ $s =~ ^(\"[^\"]*\"|\'[^\']*\'|[^,]+)[[:space:]]*(,|$) ]] || return 1
    item=${BASH_REMATCH[1]}; s=${s:${#BASH_REMATCH[0]}}
    trim "$item"; scalar "$REPLY" || return 1
    conf[$2.$n]=$REPLY kind[$2.$n]=$TYPE; (( n++ ))
  done
  conf[$2.#]=$n kind[$2.#]=list
}
section= no=0
while IFS= read -r line || [[ $line ]]; do
  (( ++no )); trim "$line"; line=$REPLY
  case $line in
    ''|'#'*) continue ;;
    \[*\]) section=${line:1:-1}; continue ;;
    \[*) errors+=("$no: unclosed section"); continue ;;
  esac
  if [[ $line =~ ^([A-Za-z_][A-Za-z0-9_-]*)[[:space:]]*=[[:space:]]*(.*)$ ]]; then
    key=${section:+$section.}${BASH_REMATCH[1]} raw=${BASH_REMATCH[2]}
    if [[ $raw == \[* ]]; then list "$raw" "$key" || errors+=("$no: bad list"); continue; fi
    if scalar "$raw"; then conf[$key]=$REPLY kind[$key]=$TYPE; else errors+=("$no: bad value <$raw>"); fi
  else errors+=("$no: not understood: $line"); fi
done < conf.toml
expand() { local v=$1 name dflt depth=${2:-0}; (( depth < 5 )) || { REPLY="<too deep>"; return; }; while [[ $v =~ \$\{([a-z.]+)(:-([^}]*))?\} ]]; do name=${BASH_REMATCH[1]} dflt=${BASH_REMATCH[3]}; local whole=${BASH_REMATCH[0]}; expand "${conf[$name]-$dflt}" $(( depth + 1 )); v=${v/"$whole"/"$REPLY"}; done; REPLY=$v; }
for k in $(printf '%s\n' "${!conf[@]}" | sort); do expand "${conf[$k]}"; printf '%-18s %-6s %s\n' "$k" "${kind[$k]}" "$REPLY"; done
printf 'line %s\n' "${errors[@]}"
mapfile -t all < <(for i in $(seq 0 $(( ${conf[db.primary.names.#]} - 1 ))); do echo "${conf[db.primary.names.$i]}"; done); declare -p all
declare -p kind | tr ' ' '\n' | grep -c string; printf '%s\n' "${conf[title]@Q}" "${conf[owner.name]@Q}"; echo "${conf[owner.name]}" | od -An -c | head -1
### a small language interpreted
cat > fib.toy <<'T'
let a = 0
let b = 1
let n = 0
label loop
if n >= 10 goto end
print a
let t = a + b
let a = b
let b = t
let n = n + 1
goto loop
label end
print "done with " n " numbers"
gosub shout
push 5
push 7
gosub add
pop r
print "5 + 7 is " r
stop
label shout
print "sub called"
return
label add
pop x
pop y
let s = x + y
push s
return
T
interpret() {
  local -a program=() stack=() calls=() words
  local -A label=() var=()
  local line pc=0 steps=0 op rest text re='^[[:space:]]*("([^"]*)"|[a-z0-9]+)'
  while read -r line; do
    [[ $line == label\ * ]] && label[${line#label }]=${#program[@]}
    program+=("$line")
  done < "$1"
  value() { [[ $1 =~ ^-?[0-9]+$ ]] && REPLY=$1 || REPLY=${var[$1]:?"variable $1 is not set (line $(( pc )))"}; }
  jump() { [[ -v label[$1] ]] || { echo "no label $1"; return 1; }; pc=${label[$1]}; }
  while (( pc < ${#program[@]} )); do
    (( ++steps > 500 )) && { echo "too many steps"; return 3; }
    line=${program[pc++]}
    op=${line%% *} rest=${line#* }
    case $op in
      let) words=($rest); value "${words[2]}"; local v=$REPLY
        if [[ ${words[3]-} ]]; then value "${words[4]}"; v=$(( v ${words[3]} REPLY )); fi
        var[${words[0]}]=$v ;;
      print) text=; while [[ $rest =~ $re ]]; do
          if [[ ${BASH_REMATCH[1]} == \"* ]]; then text+=${BASH_REMATCH[2]}; rest=${rest:${#BASH_REMATCH[0]}}; else local m=${#BASH_REMATCH[0]}; value "${BASH_REMATCH[1]}"; text+=$REPLY; rest=${rest:m}; fi
        done; echo "$text" ;;
      if) words=($rest); value "${words[0]}"; local l=$REPLY; value "${words[2]}"
        (( l ${words[1]} REPLY )) && { jump "${words[4]}" || return; } ;;
      goto) jump "$rest" || return 2 ;;
      gosub) calls+=("$pc"); jump "$rest" || return 2 ;;
      return) (( ${#calls[@]} )) || return 4; pc=${calls[-1]}; unset 'calls[-1]' ;;
      push) value "$rest"; stack=("$REPLY" "${stack[@]}") ;;
      pop) var[$rest]=${stack[0]?empty stack}; stack=("${stack[@]:1}") ;;
      label) ;;
      stop) echo "($steps steps)"; return 0 ;;
      *) echo "line $pc: what is '$op'"; return 5 ;;
    esac
  done
}
interpret fib.toy | paste -sd' '
try() { printf '%s\n' "$@" > t.toy; ( interpret t.toy ) 2>&1 | sed -E 's/^.*line [0-9]+: //'; echo "status ${PIPESTATUS[0]}"; }
try 'goto nowhere'; try 'label a' 'goto a'; try 'return'; try 'frob 1'; try 'let x = 2 * 21' 'print x' 'print "and" y'
brain() { local p=$1 in=${2-} i=0 ptr=0 depth out= c; local -a t=(0); while (( i < ${#p} )); do c=${p:i:1}; case $c in '>') (( ++ptr )) ;; '<') (( --ptr )) ;; +) (( t[ptr] = (${t[ptr]:-0} + 1) % 256 )) ;; -) (( t[ptr] = (${t[ptr]:-0} + 255) % 256 )) ;; .) printf -v c '\\x%02x' "${t[ptr]}"; printf -v c "$c"; out+=$c ;; ,) printf -v 't[ptr]' '%d' "'${in:0:1}"; in=${in:1} ;; '[') if (( ! ${t[ptr]:-0} )); then depth=1; while (( depth )); do case ${p:++i:1} in '[') (( ++depth )) ;; ']') (( --depth )) ;; esac; done; fi ;; ']') if (( ${t[ptr]:-0} )); then depth=1; while (( depth )); do case ${p: --i:1} in ']') (( ++depth )) ;; '[') (( --depth )) ;; esac; done; fi ;; esac; (( ++i )); done; printf '%s\n' "$out"; }
brain '++++++++[>++++++++<-]>+.+.+.' ; brain ',+.,-.' Az
### options long and short, in every form
usage() {
  cat <<-END
	usage: ${0##*/} [OPTION]... FILE...
	  -v, --verbose      say more (again for even more)
	  -o, --output=FILE  write there$([[ ${output-} ]] && printf ' (now %s)' "$output")
	  -D NAME[=VALUE]    define
	END
}
parse() {
  verbose=0 output= color=auto rest=() dry=no; declare -gA defines=()
  need() { (( $2 > 1 )) || { echo "$1 needs a value" >&2; return 1; }; }
  while (( $# )); do
    case $1 in
      -h|--help) usage; return 10 ;;
      --verbose) (( verbose += 1 )) ;;
      --no-dry-run|--dry-run) [[ $1 == --no-* ]] && dry=no || dry=yes ;;
      -o|--output) need "$1" $# || return 2; output=$2; shift ;;
      --output=*) output=${1#*=} ;;
      -o?*) output=${1#-o} ;;
      --color) color=always ;; --color=*) color=${1##*=} ;;
      -D) need -D $# || return 2; set -- "-D$2" "${@:3}"; continue ;;
      -D?*) local d=${1:2}; defines[${d%%=*}]=$([[ $d == *=* ]] && echo "${d#*=}" || echo 1) ;;
      --) shift; rest+=("$@"); break ;;
      -|[!-]*) rest+=("$1") ;;
      --*) echo "unknown option $1" >&2; return 3 ;;
      -??*) set -- "${1:0:2}" "-${1:2}" "${@:2}"; continue ;;
      -v) (( ++verbose )) ;;
      -n) dry=yes ;;
      *) echo "unknown option $1" >&2; return 3 ;;
    esac
    shift
  done
}
tell() {
  printf '$ '; printf '%q ' "$@"; echo
  local k; parse "$@" 2>&1; local s=$?
  (( s )) && { echo "  status $s"; return; }
  printf '  v=%d o=%s c=%s dry=%s' "$verbose" "${output:-none}" "$color" "$dry"
  for k in $(printf '%s\n' "${!defines[@]}" | sort); do printf ' %s=<%s>' "$k" "${defines[$k]}"; done
  printf ' [%d]' "${#rest[@]}"; (( ${#rest[@]} )) && printf ' <%s>' "${rest[@]}"; echo
}
tell -vvn file; tell -vofile.txt a b; tell --output='a b' -- -v --help; tell -D A -DB=2 -D 'C=x = y' -D E=
tell --color --color=never - x; tell -nvx; tell --outptu=1; tell -o; tell a --dry-run b --no-dry-run ''; tell --output out.txt --help
by_getopts() {
  local OPTIND=1 OPTARG o; local -a seen=()
  while getopts ':ab:c-:' o "$@"; do
    case $o in
      -) case $OPTARG in long) seen+=(long) ;; key=*) seen+=("key:${OPTARG#*=}") ;; val) seen+=("val:${!OPTIND}"); (( OPTIND++ )) ;; *) seen+=("unknown--$OPTARG") ;; esac ;;
      :) seen+=("no value for $OPTARG") ;; \?) seen+=("unknown -$OPTARG") ;; *) seen+=("$o${OPTARG+=$OPTARG}") ;;
    esac
  done
  shift $(( OPTIND - 1 )); echo "${seen[*]@Q} rest $# $*"
}
by_getopts -ab1 -b '2 3' -c x -a; by_getopts --long --key=v --val w -z -b; by_getopts -cab -- -a; by_getopts; by_getopts --nope -cc y
set -- -q one; while getopts q opt 2>&1; do echo "$opt $OPTIND"; done; getopts xy o -z 2>&1; echo "$o $?"; OPTERR=0; OPTIND=1; getopts xy o -z; echo "$o <${OPTARG-unset}>"
select choice in "first one" second quit; do case $REPLY in 1|2) echo "took $choice" ;; 3) break ;; *) echo "no such: ${REPLY@Q}" ;; esac; done 2>&1 <<< $'1\n9\n\n2\n3'
PS3='pick> '; select x in {a..c}; do echo "$REPLY=$x"; done 2>&1 < <(echo 2); echo "status $?"
### templates, three engines
cat > page.tpl <<'T'
<h1>{{title}}</h1>
{{#each items}}
  <li class="{{@index}}">{{name}}: {{price}}{{#if sale}} SALE!{{/if}}</li>
{{/each}}
{{#if footer}}
<footer>{{footer}}</footer>
{{else}}
<!-- no footer -->
{{/if}}
{{{raw}}} & {{missing}}
T
declare -A ctx=([title]='Fish & <Chips>' [raw]='<b>"x"</b>' [items]=3 [items.0.name]=Cod [items.0.price]='£5' [items.1.name]='Peas & mint' [items.1.price]='$1' [items.1.sale]=1 [items.2.name]='\back' [items.2.price]='`2`')
html() { local s=$1; s=${s//&/\&amp;}; s=${s//</\&lt;}; s=${s//>/\&gt;}; REPLY=${s//\"/\&quot;}; }
get() { REPLY=${ctx[$2$1]-${ctx[$1]-}}; [[ $1 == @index ]] && { REPLY=${2#*.}; REPLY=${REPLY%.}; }; }
inline() { # line, prefix
  local s=$1 out= key
  while [[ $s =~ \{\{#if\ ([a-z]+)\}\}(.*)\{\{/if\}\} ]]; do local whole=${BASH_REMATCH[0]} body=${BASH_REMATCH[2]}; get "${BASH_REMATCH[1]}" "$2"; s=${s/"$whole"/${REPLY:+"$body"}}; done
  while [[ $s =~ \{\{(\{?)([@a-z]+)\}?\}\} ]]; do
    key=${BASH_REMATCH[2]}; local before=${s%%"${BASH_REMATCH[0]}"*} raw=${BASH_REMATCH[1]}
    s=${s#*"${BASH_REMATCH[0]}"}
    get "$key" "$2"; [[ $raw ]] || html "$REPLY"
    out+=$before$REPLY
  done
  printf '%s%s\n' "$out" "$s"
}
render() {
  local prefix=$1; shift; local -a l=("$@"); local i=0 j depth
  while (( i < ${#l[@]} )); do
    case ${l[i]} in
      '{{#each '*) local name=${l[i]#* }; name=${name%\}\}}; j=$i
        while [[ ${l[++j]} != '{{/each}}' ]]; do :; done
        local n; for (( n = 0; n < ctx[$name]; n++ )); do render "$name.$n." "${l[@]:i+1:j-i-1}"; done
        i=$j ;;
      '{{#if '*'}}') local cond=${l[i]#* }; get "${cond%\}\}}" "$prefix"; local yes=$REPLY else=; j=$i
        while [[ ${l[++j]} != '{{/if}}' ]]; do [[ ${l[j]} == '{{else}}' ]] && else=$j; done
        if [[ $yes ]]; then render "$prefix" "${l[@]:i+1:${else:-$j}-i-1}"; elif [[ $else ]]; then render "$prefix" "${l[@]:else+1:j-else-1}"; fi
        i=$j ;;
      *) inline "${l[i]}" "$prefix" ;;
    esac
    (( ++i ))
  done
}
mapfile -t lines < page.tpl
render '' "${lines[@]}"; ctx[footer]='(c) "us"'; render '' "${lines[@]:4:5}"
echo "== by sed"; : > script.sed; for k in title raw; do printf 's%s{{*%s}}*%s%s%sg\n' $'\x01' "$k" $'\x01' "$(sed 's/[&\\]/\\&/g' <<< "${ctx[$k]}")" $'\x01' >> script.sed; done; sed -f script.sed page.tpl | sed -n '1p;$p'
echo "== by envsubst"; export NAME='A $NAME & "B"' EMPTY=; envsubst <<< 'Hi ${NAME}, $EMPTY|$UNSET|$$NAME|\$NAME'; envsubst '$EMPTY ${NAME}' <<< '$NAME $OTHER ${EMPTY}.'; envsubst -v '$A ${B} $c'
echo "== by eval"; t='Dear $NAME, ${#NAME} letters, $(( 6 * 7 )), `echo tick`, \$5, "quoted"'; eval "cat <<END_OF_IT
$t
END_OF_IT"; printf -v q '%q' "$NAME"; eval "echo $q"; cat <<-'X' | while read -r k v; do declare "cfg_$k=$v"; echo "$k -> $(eval "printf %s \"\$cfg_$k\"")"; done
	a one  two
	b $(date) "q"
	X
### quoting of every kind
exec 2>&1
show() { printf '%d:' "$#"; printf '<%s>' "$@"; echo; }
a='it'\''s' b="say \"hi\" \$5 \\ \`x\`" c=$'tab\there\x41\u00e9\101\'\"' d='$HOME \n'
show "$a" "$b" "$c" "$d"
show $a $d "$a"b'c'd\ e
x='a  b	c'; show $x "$x" ${x} "${x}"; y='*'; touch f1 f2; show $y "$y" '*' \* f?
IFS=:; p=/a::b:; show $p "$p" $p"$p"; set -- 1 '2 3' ''; show "$*" $* "$@"x; IFS=' '; show "$*"; IFS=; show "$*" $*; unset IFS
show ${undefined} "${undefined}" "" '' ${undefined:-'a b'} "${undefined:-'a b'}" ${undefined:-"a b" c}
show "${x:+"in 'ner'"}" "${x/b/"*"}" "${x//[[:space:]]/_}" "${x@Q}" "$(echo "$(echo "deep \"q\"")")" "`echo \`echo back\``"
show {a,b}{1,2} {1..3}x "{a,b}" {a,'b c',"d"} a{,b} {x} {a..c..2} {10..1..-3} {01..3}
eval 'show "$a" '"'"'$a'"'"' \$a'; cmd='show "a b" c'; $cmd; eval "$cmd"; args=(show "a b" 'c"d' "" '$x'); "${args[@]}"; printf -v joined '%q ' "${args[@]}"; echo "$joined"; eval "$joined"
bash -c 'echo "$0|$1|$#"' zero 'one two' three; bash -c "echo '$a' \"$a\"" 2> /dev/null || echo "unbalanced $?"; bash -c "$(printf 'echo %q' "$b")"
ssh_like() { bash -c "$*"; }; ssh_like echo "a   b" '"c   d"' "'\$HOME'"; ssh_like "$(declare -f show); show 'f  1'"
cat <<E"O"F; cat <<\X; cat <<-'Y'
$a \$b `echo no`
EOF
$a $(echo no)
X
	tab kept? $a
	Y
cat << A; cat <<B
"quotes" 'stay' \\ \" \$ \x ${a:-"d"} ${undefined:-"e 'f'"} $((1+1)) a\
b
A
$(cat <<C
nested ${x#a} "$b"
C
)
B
echo 'a
b' "c
d" $'e\nf' \
 g; echo a\
b; echo "a\
b" 'a\
b'; # a comment with 'quote
echo a#b #c
echo "$(echo ')' "(" ; # a comment )
echo "x)")" "${a:0:1}${#a}" "$((${#a}+1))" "${args[*]:1:2}" "${args[@]/a/A}"
case "a b" in a\ b) echo m1 ;;& "a"*) echo m2 ;;& a?b) echo m3 ;& nope) echo fell ;; esac; case '*' in \*) echo star ;; esac; case x in "*") echo no ;; $y) echo pattern ;; esac
[[ "a b" == a* && $y == '*' && "$y" == \* && abc == "a"?c ]] && echo patterns; [[ a.c =~ ^a\.c$ && abc =~ a.c && 'a b' =~ a\ b && ! abc =~ "a.c" ]] && echo regexes
read -r r1 r2 <<< 'a\b  c\ d '; show "$r1" "$r2"; read r1 r2 <<< 'a\ b c\\d'; show "$r1" "$r2"; IFS=, read -ra f <<< 'a,,"b,c", d ,'; show "${f[@]}"; IFS= read -r l <<< '  keep  '; show "$l"
printf '%s|%b|%q|%5s|%-5s|%05d|%x|%c|%%\n' 'a\tb' 'a\tb' "a b'c" é é 42 255 hello; printf '%s-%s\n' 1 2 3; printf '[%s]' "${f[@]@Q}"; echo; printf '%q\n' '' $'\e[1m' 'ünï' "~x" 'a=b' '{a,b}' $'a\nb'; echo -e 'a\\b\0101\x42\cX'; echo; echo -n -e 'x\ty\n'; echo -E 'a\tb'
alias hi='echo "aliased $a"'; shopt -s expand_aliases; eval 'hi there'; f() { echo "$FUNCNAME ${1-none} ${@: -1}"; }; f "a b" 'last one'; "f" x; \f y; 'f' z; v=f; $v w; ${v} "$@"
echo ~ "~" ~/x '~/x' x~ a=~ | sed "s,$HOME,HOME,g"; t=~/y; echo "${t/#$HOME/HOME}"; echo "unterminated' here" "and \` tick"; eval 'echo "oops' ; echo "status $?"
### numbers in every base, and big ones
to_base() { local n=$1 b=$2 d=0123456789abcdefghijklmnopqrstuvwxyz out= neg=; (( n < 0 )) && neg=- n=$(( -n )); while :; do out=${d:n%b:1}$out; (( n /= b )) || break; done; echo "$neg$out"; }
for n in 0 7 255 -4096 9223372036854775807; do echo "$n: $(to_base "$n" 2 | rev | cut -c1-12 | rev) $(to_base "$n" 8) $(to_base "$n" 16) $(to_base "$n" 36)"; done
echo $(( 2#1011 )) $(( 16#fF )) $(( 36#z )) $(( 64#_ )) $(( 0x1F )) $(( 017 )) $(( 10#017 )) $(( 62#Z ))
echo $(( 7 / -2 )) $(( -7 % 3 )) $(( 2 ** 62 * 2 )) $(( 1 << 63 )) $(( -1 >> 1 )) $(( ~5 )) $(( 5 & 3 | 4 ^ 1 )) $(( !5 )) $(( 5 > 3 ? 5 < 3 ? 1 : 2 : 3 )) $(( 1, 2, 3 ))
x=5; echo $(( x++ + ++x )) $x $(( x-- - --x )) $x $(( x += x *= 2 )) $(( x <<= 1, x |= 1 )) $(( -x ** 2 )) $(( +x - -x )) $(( x = y = 3 )) $x$y
a=b b=c c=42; echo $(( a )) $(( a + 1 )) $(( ${a}${a} + 0 )); e='2 + 3'; echo $(( e * 2 )) $(( $e * 2 )) $(( (e) * 2 ))
declare -i i; i='3 * 4'; echo $i; i+=5; echo $i; i=abc; echo $i; declare -ir k=7; k=8 2>/dev/null; echo "$k"
primes() { local n=$1 i j; local -a s=(); for (( i = 2; i <= n; i++ )); do (( s[i] )) && continue; printf '%d ' "$i"; for (( j = i * i; j <= n; j += i )); do s[j]=1; done; done; echo; }; primes 60
factors() { local n=$1 f=2 out=(); while (( n > 1 )); do while (( n % f == 0 )); do out+=($f); (( n /= f )); done; (( f * f > n )) && (( n > 1 )) && { out+=($n); break; }; (( f++ )); done; (IFS='*'; echo "$1=${out[*]}"); }
for n in 2 97 360 1001 65536; do factors $n; done; factor 360 1001 18446744073709551617
gcd() { local a=$1 b=$2 t; while (( b )); do (( t = a % b, a = b, b = t )); done; echo "${a#-}"; }; gcd 1071 462; powmod() { local r=1 b=$(( $1 % $3 )) e=$2; while (( e )); do (( e & 1 )) && (( r = r * b % $3 )); (( b = b * b % $3, e >>= 1 )); done; echo $r; }; powmod 3 200 1000007
big_add() { local a=$1 b=$2 out= carry=0 s; while [[ $a$b || $carry != 0 ]]; do s=$(( ${a: -1} + ${b: -1} + carry )); out=$(( s % 10 ))$out carry=$(( s / 10 )); a=${a%?} b=${b%?}; done; echo "${out:-0}"; }
a=1 b=1; for (( i = 2; i < 100; i++ )); do t=$(big_add $a $b); a=$b b=$t; done; echo "fib 100 = $b"; big_add 999 1; bc <<< "a=0;b=1;for(i=0;i<100;i++){t=a+b;a=b;b=t};a"
bc <<'B'
scale=10
define f(n) { if (n <= 1) return (1); return (n * f(n - 1)); }
f(25); sqrt(2); 1/3; -7/2; 7%3; 2^100; obase=16; 255; obase=2; 10; obase=10; ibase=16; FF; ibase=A
x = 5; x += 2; x; x++; ++x; length(12345); scale(1.234); if (x > 3 && x < 100) "yes
"; while (x > 6) { x -= 2 }; x; last
B
printf '%d %i %o %X %#x %+d % d %5d|%-5d|%05d|%.3d\n' 42 0x1f 8 255 255 5 5 42 42 42 7; printf '%.2f %8.3f %e %g %G %g\n' 3.14159 2.5 12345.678 0.0001 1e-10 1000000; printf '%d\n' "'A" "'é" 010 -0x10; printf '%d\n' 12abc 2>&1; echo $?; printf '%s\n' $(( 3 > 2 )) $(( 08 )) 2>&1 | tail -1 | sed 's/.*: 0/0/'
for e in '1 / 0' '5 %' '2 ** -1' '1 +* 2' '9#9' 'x y' '(1'; do ( echo $(( $e )) ) 2>&1 | sed 's/^.*line [0-9]*: //'; done; let 'z = 4' 'z *= 3' z++; echo "$z $?"; let z=0; echo $?; (( z )) || echo falsy; seq -f '%03g' 8 2 12 | paste -sd,; seq 1 0.25 2 | paste -sd' '; expr 7 '*' 6; expr length abc : 1 2>/dev/null; expr abc : 'a\(.\)'; expr 3 '<' 10 '&' a '<' b
