/** The programs by name. */
import { runNested, runShellProgram } from "../bash/interpret/nested.ts"
import { mkfifo } from "./files/fifo.ts"
import { find } from "./files/find.ts"
import { rm } from "./files/remove.ts"
import { ln, stat } from "./files/status.ts"
import { basename, dirname, mkdir, rmdir, touch } from "./files/tree.ts"
import type { OwnName } from "./names.ts"
import { builtinNames, wrappedNames } from "./names.ts"
import { seq } from "./numbers/seq.ts"
import type { Program } from "./program.ts"
import { date } from "./system/date.ts"
import { env, nice, printenv, sleep, time, timeout } from "./system/run.ts"
import { xargs } from "./system/xargs.ts"
import { cut, paste, tr } from "./text/columns.ts"
import { head, tail } from "./text/ends.ts"
import { grep } from "./text/grep.ts"
import { nl } from "./text/nl.ts"
import { rev, tac } from "./text/reverse.ts"
import { sort } from "./text/sort.ts"
import { cat, tee, yes } from "./text/stream.ts"
import { uniq } from "./text/uniq.ts"
import { wc } from "./text/wc.ts"
import { agentos } from "./tools/agentos.ts"

/** A program whose code is loaded when it is first run. */
const lazily = (load: () => Promise<Program>): Program => async (context) => (await load())(context)

/** Programs of one file under their names. */
const from = <Export extends string, Name extends string>(
  load: () => Promise<Readonly<Record<Export, Program>>>,
  names: Readonly<Record<Name, Export>>
): Readonly<Record<Name, Program>> => {
  const entries = Object.entries<Export>(names).map(([name, key]) => [name, lazily(async () => (await load())[key])])
  return Object.fromEntries(entries) as Record<Name, Program>
}

/** Programs by the file that has them. */
const late = {
  ...from(() => import("./archives/gzip.ts"), { gunzip: "gzip", gzip: "gzip", zcat: "gzip" }),
  ...from(() => import("./archives/zgrep.ts"), {
    zcmp: "zdiff",
    zdiff: "zdiff",
    zegrep: "zgrep",
    zfgrep: "zgrep",
    zgrep: "zgrep"
  }),
  ...from(() => import("./archives/tar.ts"), { tar: "tar" }),
  ...from(() => import("./awk/awk.ts"), { awk: "awk", gawk: "awk" }),
  ...from(() => import("./binary/digest.ts"), {
    b2sum: "digest",
    cksum: "cksum",
    md5sum: "digest",
    sha1sum: "digest",
    sha224sum: "digest",
    sha256sum: "digest",
    sha384sum: "digest",
    sha512sum: "digest",
    sum: "sum"
  }),
  ...from(() => import("./binary/encode.ts"), { base32: "baseCoding", base64: "baseCoding" }),
  ...from(() => import("./binary/hexdump.ts"), { hd: "hexdump", hexdump: "hexdump" }),
  ...from(() => import("./binary/od.ts"), { od: "od" }),
  ...from(() => import("./binary/xxd.ts"), { strings: "strings", xxd: "xxd" }),
  ...from(() => import("./compare/cmp.ts"), { cmp: "cmp" }),
  ...from(() => import("./compare/diff.ts"), { diff: "diff" }),
  ...from(() => import("./compare/patch.ts"), { patch: "patch" }),
  ...from(() => import("./archives/unzip.ts"), { unzip: "unzip" }),
  ...from(() => import("./archives/zip.ts"), { zip: "zip" }),
  ...from(() => import("./files/copy.ts"), { cp: "cp" }),
  ...from(() => import("./files/directory-tree.ts"), { tree: "tree" }),
  ...from(() => import("./files/dd.ts"), { dd: "dd" }),
  ...from(() => import("./files/file.ts"), { file: "file" }),
  ...from(() => import("./files/links.ts"), { readlink: "readlink", realpath: "realpath" }),
  ...from(() => import("./files/list.ts"), { ls: "ls" }),
  ...from(() => import("./files/modes.ts"), { chgrp: "chgrp", chmod: "chmod", chown: "chown" }),
  ...from(() => import("./files/move.ts"), { install: "install", link: "link", mv: "mv", unlink: "unlink" }),
  ...from(() => import("./files/space.ts"), { df: "df", du: "du" }),
  ...from(() => import("./files/temporary.ts"), { mktemp: "mktemp", truncate: "truncate" }),
  ...from(() => import("./jq/jq.ts"), { jq: "jq" }),
  ...from(() => import("./numbers/bc.ts"), { bc: "bc" }),
  ...from(() => import("./numbers/expr.ts"), { expr: "expr" }),
  ...from(() => import("./numbers/factor.ts"), { factor: "factor" }),
  ...from(() => import("./sed/sed.ts"), { sed: "sed" }),
  ...from(() => import("./system/flock.ts"), { flock: "flock" }),
  ...from(() => import("./system/identity.ts"), {
    arch: "arch",
    getconf: "getconf",
    groups: "groups",
    hostname: "hostname",
    id: "id",
    logname: "logname",
    nproc: "nproc",
    tty: "tty",
    uname: "uname",
    whoami: "whoami"
  }),
  ...from(() => import("./system/machine.ts"), {
    clear: "clear",
    free: "free",
    sync: "sync",
    uptime: "uptime",
    watch: "watch",
    which: "which"
  }),
  ...from(() => import("./system/sqlite.ts"), { sqlite3: "sqlite" }),
  ...from(() => import("./system/stty.ts"), { stty: "stty" }),
  ...from(() => import("./system/session.ts"), { setsid: "setsid" }),
  ...from(() => import("./system/nohup.ts"), { nohup: "nohup" }),
  ...from(() => import("./system/processes.ts"), { pgrep: "pgrep", pkill: "pkill", ps: "ps", top: "top" }),
  ...from(() => import("./text/column.ts"), { column: "column" }),
  ...from(() => import("./text/fmt.ts"), { fmt: "fmt" }),
  ...from(() => import("./text/merge.ts"), { comm: "comm", join: "join" }),
  ...from(() => import("./text/numfmt.ts"), { numfmt: "numfmt" }),
  ...from(() => import("./text/split.ts"), { shuf: "shuf", split: "split" }),
  ...from(() => import("./text/tsort.ts"), { envsubst: "envsubst", tsort: "tsort" }),
  ...from(() => import("./text/width.ts"), { expand: "expand", fold: "fold", unexpand: "unexpand" })
}

const shell: Program = (context) => runShellProgram(context.exec, [context.name, ...context.args])

/** A builtin of the shell as a program of its own. */
const builtin: Program = (context) =>
  runNested(context.exec, {
    kind: "command",
    name: context.name,
    source: `builtin ${context.name} "$@"`,
    parameters: context.args,
    startup: "none"
  })

const own: Readonly<Record<OwnName, Program>> = {
  agentos,
  ...late,
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
  mkfifo,
  ln,
  nice,
  nl,
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

const wrapped = lazily(async () => (await import("./just-bash/wrapped.ts")).wrapped)

export const programs: ReadonlyMap<string, Program> = new Map([
  ...wrappedNames.map((name) => [name, wrapped] as const),
  ...builtinNames.map((name) => [name, builtin] as const),
  ...Object.entries(own)
])
