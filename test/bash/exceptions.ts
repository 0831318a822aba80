/** Scripts whose answer depends on a program's version, with the one whose answer is on record. Others are not asked. */
export const versions: ReadonlyMap<string, readonly [program: string, version: string]> = new Map([
  ["jq -nc '\"nan\" | tonumber? // \"none\" | type'", ["jq", "jq-1.7"]]
])

/** Scripts of the corpus in which the engine is known to differ from bash and GNU, each whole, with the reason. */
export const exceptions: ReadonlyMap<string, string> = new Map([
  [
    "shopt -s extglob; touch aa ab bb abc; echo @(aa|bb) !(a*) +(a)* ?(a)b*",
    "bash parses the whole line before the option is set; extended patterns are always on here"
  ],
  [
    "x=1 f() { echo $x; }; f() { echo \"x=$x\"; }; x=7 f; echo \"after ${x-none}\"",
    "a syntax error in bash; the parser takes it for a definition"
  ],
  [
    "touch -d '2020-01-02 03:04:05.123456789 UTC' f; stat -c '%y' f; stat -c %Y f; stat -c '%.3Y' f; stat -c '%x' f | cut -c1-10; stat -c '%U' / ; stat -c '%u %g' /; stat -f -c %T / > /dev/null; echo $?; stat f | sed -n '1p;2p' | sed 's/Blocks.*IO/IO/'; stat f | grep -c Birth; stat -c %F /dev/null; stat -c %f f",
    "times have the precision of a double"
  ]
])
