/** Scripts of the corpus in which the engine is known to differ from bash and GNU, with the reason. */
export const exceptions: ReadonlyMap<string, string> = new Map([
  [
    "shopt -s extglob; touch",
    "bash parses the whole line before the option is set; extended patterns are always on here"
  ],
  ["x=1 f() { echo $x; }; f()", "a syntax error in bash; the parser takes it for a definition"],
  ["echo \\a\\b \"\\a\"", "od pads its first column differently"],
  ["cat /dev/zero | head -c 100000", "od pads its first column differently"],
  ["printf 'a\\0b\\n' > bin", "od pads its first column differently"],
  ["echo hello | base64", "od -tx1 prints octal"],
  ["yes | sed 5q", "sed collects its input before it begins"],
  ["for x in 1; done", "place of the syntax error"],
  ["f() { f; }; FUNCNEST=5; f", "name of the source in the message"],
  ["printf 'x=1\\ny=2\\n' > c; sed -i", "sed -i takes no suffix"],
  ["expr 1 + 2", "expr's match operator"],
  ["grep -E 'a{2,3}'", "grep -b"],
  ["split -l 2 <(seq 5)", "split reads no descriptor paths"],
  ["diff <(printf", "diff prints the unified format"],
  ["echo data > f; stat -c '%s %F' f", "du -b"],
  ["mkdir src; echo 1 > src/a", "diff -r, cp -t"]
])

/** The reason why a script may differ. */
export const exceptionFor = (script: string): string | undefined => {
  for (const [start, reason] of exceptions) if (script.startsWith(start)) return reason
  return undefined
}
