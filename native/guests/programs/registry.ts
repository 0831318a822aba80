/** The programs by name. */
import { runNested, runShellProgram } from "../bash/interpret/nested.ts"
import { commandNames } from "../shell/command-names.ts"
import { find } from "./files/find.ts"
import { ln, stat } from "./files/status.ts"
import { basename, dirname, mkdir, rm, rmdir, touch } from "./files/tree.ts"
import type { Program } from "./program.ts"
import { date } from "./system/date.ts"
import { env, nice, nohup, printenv, sleep, time, timeout, xargs } from "./system/run.ts"
import { cut, paste, tr } from "./text/columns.ts"
import { head, tail } from "./text/ends.ts"
import { grep } from "./text/grep.ts"
import { sort, uniq } from "./text/sort.ts"
import { cat, nl, rev, seq, tac, tee, wc, yes } from "./text/stream.ts"
import { wrapped } from "./wrapped.ts"

const shell: Program = (context) => runShellProgram(context.exec, [context.name, ...context.args])

/** A builtin of the shell as a program of its own. */
const builtin: Program = (context) =>
  runNested(context.exec, {
    kind: "command",
    name: context.name,
    source: `builtin ${context.name} "$@"`,
    parameters: context.args
  })

const own: Readonly<Record<string, Program>> = {
  bash: shell,
  sh: shell,
  basename,
  cat,
  cut,
  date,
  dirname,
  egrep: grep,
  env,
  fgrep: grep,
  find,
  grep,
  head,
  mkdir,
  ln,
  nice,
  nl,
  nohup,
  paste,
  printenv,
  rev,
  rm,
  rmdir,
  seq,
  sleep,
  sort,
  stat,
  tac,
  tail,
  tee,
  time,
  timeout,
  touch,
  tr,
  uniq,
  wc,
  xargs,
  yes
}

const builtins = ["[", "alias", "echo", "false", "help", "history", "kill", "printf", "pwd", "test", "true", "unalias"]

export const programs: ReadonlyMap<string, Program> = new Map([
  ...commandNames.map((name) => [name, wrapped] as const),
  ...["sha512sum"].map((name) => [name, wrapped] as const),
  ...builtins.map((name) => [name, builtin] as const),
  ...Object.entries(own)
])
